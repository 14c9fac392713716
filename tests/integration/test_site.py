#!/usr/bin/env python3
"""
test_site.py: docs/tutorial.md and the first result of README.md are run as they stand, and the site
is built from the pages, the help and the header; a link that leads nowhere is an error.
"""
import html
import os
import re
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'support'))
from harness import (PATIENCE, PROGRAM, ROOT, Skip, case, contains, environment,  # noqa: E402
                     equal, main, read)


def blocks(page):
    """The blocks of a page: (language, the file's name or None, text)."""
    found = re.findall(r'^```(\w+)(?: title=(\S+))?\n(.*?)^```$', read(page), flags=re.M | re.S)
    return [(language, name or None, text) for language, name, text in found]


@case
def the_tutorial_does_what_it_says(box):
    commands = 0
    for language, name, text in blocks(os.path.join(ROOT, 'docs', 'tutorial.md')):
        if name:
            box.file(name, text)
            continue
        equal(language, 'sh')
        for command in text.replace('\\\n', ' ').strip().split('\n'):
            # the only study, until there are two
            study = 'train' if 'line' not in command and os.path.exists(box.path('line.yaml')) \
                else None
            done = subprocess.run(['sh', '-c', command], cwd=box.folder, capture_output=True,
                                  text=True, timeout=PATIENCE, check=False,
                                  env=environment(CAVIAR_STUDY=study))
            assert done.returncode == 0, f'{command}\n{done.stdout}\n{done.stderr}'
            commands += 1
    assert commands >= 8, commands
    trials = box.trials('--study', 'train')
    equal(len(trials), 20)
    assert box.json('best', '--study', 'train')['trial']['values']['loss'] < 0.05
    line = box.trials('--study', 'line')
    equal(len(line), 40)
    assert any(trial['state'] == 'pruned' for trial in line), 'nothing was stopped early'
    contains(box.read('report.html'), '<html')


@case
def the_first_result_of_the_readme_is_found(box):
    text, = [text for language, _, text in blocks(os.path.join(ROOT, 'README.md'))
             if language == 'sh']
    done = subprocess.run(['sh', '-e', '-c', text], cwd=box.folder, capture_output=True, text=True,
                          timeout=PATIENCE, check=False, env=environment())
    assert done.returncode == 0, f'{text}\n{done.stdout}\n{done.stderr}'
    best = box.json('best')['trial']
    assert abs(best['config']['x'] - 1) < 0.25 and abs(best['config']['y'] - 2) < 0.25, best


def words_of(path):
    """What a page says, without its markup."""
    return html.unescape(re.sub(r'<[^>]+>', '', read(path)))


@case
def the_site_is_built_with_a_reference_of_everything(box):
    if not shutil.which('mkdocs'):
        raise Skip('no mkdocs here')
    done = subprocess.run([sys.executable, os.path.join(ROOT, 'tools', 'site.py'), PROGRAM,
                           box.path('site')], cwd=box.folder, env=environment(),
                          capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    commands = words_of(box.path('site', 'reference', 'commands.html'))
    for verb in box.json('help'):
        contains(commands, f"Usage: caviar {verb['verb']}",
                 *['--' + flag['name'] for flag in verb['flags']])
    library = words_of(box.path('site', 'reference', 'library.html'))
    header = read(os.path.join(ROOT, 'include', 'caviar.h'))
    code = re.sub(r'/\*.*?\*/', '', header, flags=re.S)
    contains(library, *re.findall(r'\b(caviar_\w+)\(', code))
    pages = [name for _, _, files in os.walk(box.path('site')) for name in files]
    for name in os.listdir(os.path.join(ROOT, 'docs')):
        if name.endswith('.md'):
            assert name.replace('.md', '.html') in pages, name


main()
