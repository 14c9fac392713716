#!/usr/bin/env python3
"""
test_completion.py: what a shell makes of a word and the TAB key, in real shells: bash and zsh at a
terminal, fish by its own command. A shell that is not here skips its case.
"""
import os
import pty
import re
import select
import shutil
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'support'))
from harness import PATIENCE, Skip, case, contains, environment, equal, main  # noqa: E402


class Terminal:
    """A shell at a terminal of its own, whose prompt is known."""

    def __init__(self, box, *words, **env):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.chdir(box.folder)
            os.execvpe(words[0], words, environment(TERM='dumb', HOME=box.folder, **env))
        self.text = ''

    def read_until(self, pattern):
        """Reads until the pattern is there; answers what came up to then."""
        end = time.monotonic() + PATIENCE
        while True:
            found = re.search(pattern, self.text)
            if found:
                before, self.text = self.text[:found.end()], self.text[found.end():]
                return before
            if time.monotonic() > end:
                raise AssertionError(f'waited in vain for {pattern!r} in {self.text!r}')
            if select.select([self.fd], [], [], 0.1)[0]:
                self.text += os.read(self.fd, 65536).decode(errors='replace')

    def type(self, text):
        os.write(self.fd, text.encode())

    def end(self):
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.fd)


def shell(name):
    if not shutil.which(name):
        raise Skip(f'no {name} here')
    return name


def studied(box):
    box.bowl()
    box.caviar('run', 'bowl.yaml')
    box.bowl(name='other.yaml')
    box.caviar('run', 'other.yaml', '--study', 'other', '-n', '1')
    os.mkdir(box.path('folder'))


# What is typed before TAB, and what stands there afterwards.
COMPLETED = {
    'caviar imp\t': 'caviar imp',  # import or importance
    'caviar completi\t': 'caviar completion ',
    'caviar run --sch\t': 'caviar run --scheduler ',
    'caviar run --sampler cm\t': 'caviar run --sampler cmaes ',
    'caviar run bow\t': 'caviar run bowl.',
    'caviar export --format optuna-\t': 'caviar export --format optuna-journal ',
    'caviar import --format wa\t': 'caviar import --format wandb ',
    'caviar resume ot\t': 'caviar resume other ',
    'caviar best --study bo\t': 'caviar best --study bowl ',
    'caviar trials --state comp\t': 'caviar trials --state complete ',
    'caviar run --folder fol\t': 'caviar run --folder folder/',
    'caviar help watc\t': 'caviar help watch ',
}


# What the shell has to say, and then its prompt: only then it reads keys itself.
READY = r'READY[\s\S]*NEXT>'


def at_a_terminal(terminal):
    for typed, expected in COMPLETED.items():
        terminal.type(typed)
        terminal.type('#\n')  # a mark behind what was completed
        line = terminal.read_until('#')
        line = re.sub(r'.*?(caviar )', r'\1', line.replace('\x07', ''), count=1, flags=re.S)
        assert line.startswith(expected), f'{typed!r} became {line!r}'
        terminal.type('\x15echo REA""DY\n')
        terminal.read_until(READY)


@case
def bash_completes_at_a_terminal(box):
    shell('bash')
    studied(box)
    box.file('script', box.caviar('completion', 'bash').out)
    terminal = Terminal(box, 'bash', '--norc', '--noprofile', '-i')
    try:
        terminal.type("PS1=NEXT\\>; bind 'set bell-style none'; "
                      "bind 'set enable-bracketed-paste off'; "
                      'source ./script; echo REA""DY\n')
        terminal.read_until(READY)
        at_a_terminal(terminal)
    finally:
        terminal.end()


def bash_offers(box, *words):
    """What the function for bash offers for the last of some words."""
    quoted = ' '.join(f"'{word}'" for word in words)
    done = subprocess.run(
        ['bash', '-c', f'source ./script; COMP_WORDS=({quoted}); COMP_CWORD={len(words) - 1}; '
                       '_caviar; printf "%s\\n" "${COMPREPLY[@]}"'],
        cwd=box.folder, env=environment(), capture_output=True, text=True, check=True)
    return done.stdout.split()


@case
def bash_knows_every_verb_and_flag_that_help_lists(box):
    shell('bash')
    box.file('script', box.caviar('completion', 'bash').out)
    verbs = box.json('help')
    equal(sorted(bash_offers(box, 'caviar', '')),
          sorted([verb['verb'] for verb in verbs] + ['--help', '--version']))
    for verb in verbs:
        equal(sorted(bash_offers(box, 'caviar', verb['verb'], '--')),
              sorted('--' + flag['name'] for flag in verb['flags']))


@case
def bash_takes_a_value_behind_an_equals_sign_and_the_store_that_is_named(box):
    shell('bash')
    studied(box)
    box.file('script', box.caviar('completion', 'bash').out)
    equal(bash_offers(box, 'caviar', 'run', '--sampler', '=', 'so'), ['sobol'])
    equal(bash_offers(box, 'caviar', 'run', '--sampler', '='), bash_offers(
        box, 'caviar', 'run', '--sampler', ''))
    os.rename(box.path('caviar.db'), box.path('moved.db'))
    equal(bash_offers(box, 'caviar', 'best', '--study', ''), [])
    equal(sorted(bash_offers(box, 'caviar', 'best', '--store', 'moved.db', '--study', '')),
          ['bowl', 'other'])
    equal(len(bash_offers(box, 'caviar', 'show', '--store', 'moved.db', '--study', 'bowl', '')), 6)
    contains(' '.join(bash_offers(box, 'caviar', 'run', '--', 'bow')), 'bowl.sh', 'bowl.yaml')


@case
def zsh_completes_at_a_terminal(box):
    shell('zsh')
    studied(box)
    box.file('script', box.caviar('completion', 'zsh').out)
    terminal = Terminal(box, 'zsh', '-f', '-i')
    try:
        terminal.type('PS1=NEXT\\>; unsetopt beep prompt_sp zle_bracketed_paste; '
                      'autoload -U compinit; compinit -D -u; source ./script; echo REA""DY\n')
        terminal.read_until(READY)
        at_a_terminal(terminal)
    finally:
        terminal.end()


@case
def fish_completes(box):
    shell('fish')
    studied(box)
    box.file('script', box.caviar('completion', 'fish').out)
    for typed, expected in COMPLETED.items():
        words = typed.rstrip('\t')
        done = subprocess.run(['fish', '--no-config', '-c',
                               f'source ./script; complete -C "{words}"'], cwd=box.folder,
                              env=environment(HOME=box.folder), capture_output=True, text=True,
                              timeout=PATIENCE, check=True)
        offers = [line.split('\t')[0] for line in done.stdout.splitlines()]
        wanted = expected.strip().split()[-1]
        assert any(offer.startswith(wanted) for offer in offers), f'{words}: {offers}'


@case
def another_shell_is_answered_with_those_that_there_are(box):
    contains(box.caviar('completion', 'tcsh', status=2).err, 'bash, zsh or fish', 'tcsh')


main()
