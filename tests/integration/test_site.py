#!/usr/bin/env python3
"""
test_site.py: the site is built from the pages, the help and the header; a link that leads nowhere
is an error. What stands on the pages is run by test_pages.py.
"""
import html
import os
import re
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'support'))
from harness import (PATIENCE, PROGRAM, ROOT, Skip, case, contains, environment,  # noqa: E402
                     main, read)


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
