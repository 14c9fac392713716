#!/usr/bin/env python3
"""
site.py: the documentation as a site. Puts the pages of docs/ together with a reference that is made
from the program's help and from caviar.h, and lets mkdocs (Debian's) build it.

    tools/site.py CAVIAR FOLDER     CAVIAR: the program; FOLDER: where the site goes
"""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

SECTIONS = {
    'Start': {'Caviar': 'index.md', 'Ten minutes': 'tutorial.md',
              'Coming from another tuner': 'coming-from.md'},
    'How to': {'Write a study file': 'study-file.md', 'Report from a program': 'trial-protocol.md',
               'Tune from Python': 'python.md',
               'Train with a framework': 'frameworks.md', 'Search inside Optuna': 'optuna.md',
               'Search with scikit-learn': 'sklearn.md',
               'Look at a study': 'dashboard.md', 'Use many machines': 'cluster.md',
               'Import and export': 'exchange.md', 'Train with caviar-train': 'caviar-train.md'},
    'Reference': {'Commands': 'reference/commands.md', 'C library': 'reference/library.md',
                  'HTTP API': 'http-api.md'},
    'Why': {'A lesson in tuning': 'lesson.md', 'Algorithms': 'algorithms/index.md',
            'Architecture': 'architecture.md', 'Security': 'security.md',
            'Reliability': 'reliability.md', 'Dependencies': 'dependencies.md'},
}


def read(*names):
    with open(os.path.join(ROOT, *names), encoding='utf-8') as file:
        return file.read()


def write(text, *names):
    path = os.path.join(*names)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, 'w', encoding='utf-8') as file:
        file.write(text)


def without_links_outside(text):
    """A link to a file that is not part of the site becomes its text."""
    outside = r'\.\./(?!algorithms)[^)]*|(?:examples|bench|include|python)/[^)]*|[A-Z]+\.md'
    return re.sub(rf'\[([^\]]+)\]\((?:{outside})\)', r'\1', text)


def adapt(text):
    """A page of docs/ for the site."""
    text = re.sub(r'^```(\w+) title=(\S+)$', r'```\1', text, flags=re.M)
    return without_links_outside(text).replace('algorithms/README.md', 'algorithms/index.md')


def commands(program):
    def of(*words):
        return subprocess.run([program, *words], capture_output=True, text=True, check=True).stdout

    verbs = json.loads(of('help', '--json'))
    text = '# Commands\n\nAs `caviar VERB --help` prints it.\n'
    for name in [verb['verb'] for verb in verbs]:
        text += f'\n## {name}\n\n```text\n{of("help", name).strip()}\n```\n'
    for topic in ('samplers', 'schedulers', 'presets'):
        text += f'\n## {topic.capitalize()}\n\n```text\n{of("help", topic).strip()}\n```\n'
    return text


def plain(comment):
    """The text of a comment; what is indented in it stays code."""
    lines = [re.sub(r'^\s*\*? ?', '', line) for line in comment.split('\n')]
    return '\n'.join(lines).strip('\n')


def library():
    """caviar.h from top to bottom: its comments as text, its declarations as code."""
    text = '# C library\n\n'
    pieces = re.compile(r'/\* -{20,}\s*\n \* (?P<part>.+?)\n \* -{20,} \*/|'
                        r'/\*\*(?P<comment>.*?)\*/|'
                        r'(?P<code>[^\n]+\n(?:(?!\n)(?!/\*)[^\n]*\n)*)', re.S)
    header = read('include', 'caviar.h')
    for piece in pieces.finditer(header):
        if piece.group('part'):
            text += f"\n## {piece.group('part')}\n\n"
        elif piece.group('comment'):
            text += plain(piece.group('comment')) + '\n\n'
        elif piece.group('code').strip():
            text += '```c\n' + piece.group('code').rstrip() + '\n```\n\n'
    return text


def gather(program, pages):
    for folder, _, files in os.walk(os.path.join(ROOT, 'docs')):
        for name in files:
            inner = os.path.relpath(folder, os.path.join(ROOT, 'docs'))
            if name.endswith('.md'):
                write(adapt(read('docs', inner, name)), pages, inner,
                      'index.md' if name == 'README.md' else name)
            elif name.endswith(('.svg', '.png')):
                os.makedirs(os.path.join(pages, inner), exist_ok=True)
                shutil.copy(os.path.join(folder, name), os.path.join(pages, inner, name))
    home = re.sub(r'\]\(docs/', '](', read('README.md'))
    write(adapt(home), pages, 'index.md')
    write(commands(program), pages, 'reference', 'commands.md')
    write(library(), pages, 'reference', 'library.md')


def settings(pages, out):
    nav = [{section: [{title: page} for title, page in pages_of.items()]}
           for section, pages_of in SECTIONS.items()]
    listed = {page for pages_of in SECTIONS.values() for page in pages_of.values()}
    more = sorted(name for name in os.listdir(os.path.join(pages, 'algorithms'))
                  if f'algorithms/{name}' not in listed)
    nav[-1]['Why'] += [{name[:-3]: f'algorithms/{name}'} for name in more]
    return json.dumps({  # JSON is YAML
        'site_name': 'Caviar', 'docs_dir': pages, 'site_dir': out, 'nav': nav,
        'theme': {'name': 'mkdocs', 'highlightjs': False},
        'use_directory_urls': False, 'plugins': ['search'], 'strict': True})


def main():
    program, out = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        pages = os.path.join(folder, 'pages')
        gather(program, pages)
        write(settings(pages, os.path.abspath(out)), folder, 'mkdocs.yml')
        done = subprocess.run(['mkdocs', 'build', '--quiet', '-f',
                               os.path.join(folder, 'mkdocs.yml')], check=False)
    sys.exit(done.returncode)


main()
