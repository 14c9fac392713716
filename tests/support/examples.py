"""
examples.py: what the tests of the examples share: the command that stands in an example's opening,
and an interpreter that has the modules which it needs.
"""
import os
import re
import shlex
import shutil
import subprocess
import sys

from harness import PATIENCE, PROGRAM, ROOT, Skip, environment, read

INTERPRETERS = [sys.executable, '/usr/bin/python3']  # Debian's has what Debian has


def example(*names):
    return os.path.join(ROOT, 'examples', *names)


def command(*names):
    """The words of the `caviar run` that is shown in the opening of an example."""
    text = re.sub(r'^# ?', '', read(example(*names)), flags=re.M)
    shown = re.search(r'^    (caviar run (?:.*\\\n)*.*)$', text, flags=re.M).group(1)
    return shlex.split(re.sub(r'\\+\n', ' ', shown))


def interpreter(*modules):
    """A Python that can import these; skips the case where there is none."""
    for program in dict.fromkeys(INTERPRETERS):
        if not os.path.exists(program):
            continue
        found = subprocess.run([program, '-c', f'import {", ".join(modules)}'],
                               stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE,
                               check=False)
        if found.returncode == 0:
            return program
    raise Skip(f'{" and ".join(modules)} cannot be imported')


def surroundings(box, python=None):
    """The environment of an example: a store in the box, and `python3` is this interpreter."""
    path = os.path.dirname(PROGRAM) + ':' + os.environ.get('PATH', '/usr/bin')
    if python:
        folder = box.path('bin')
        os.makedirs(folder, exist_ok=True)
        if not os.path.exists(os.path.join(folder, 'python3')):
            os.symlink(python, os.path.join(folder, 'python3'))
        path = f'{folder}:{path}'
    return environment(PATH=path, CAVIAR_STORE=box.path('caviar.db'),
                       PYTHONPATH=os.path.join(ROOT, 'python'), PYTHONDONTWRITEBYTECODE='1')


def run(box, words, env, status=0):
    """Runs a program in the folder of the sources, to its end."""
    done = subprocess.run(words, cwd=ROOT, env=env, stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, timeout=4 * PATIENCE, check=False)
    assert done.returncode == status, f'{shlex.join(words)}\n{done.stdout}\n{done.stderr}'
    return done.stdout


def with_trials(words, count):
    """A command with so many trials in place of those it has."""
    at = words.index('-n')
    return words[:at + 1] + [str(count)] + words[at + 2:]


def has(program):
    return shutil.which(program) is not None
