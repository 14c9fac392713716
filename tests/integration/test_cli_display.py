#!/usr/bin/env python3
"""
test_cli_display.py: the live display of `caviar run` in a real terminal, which tmux plays: what it
shows, that it fits whatever the size, in plain characters and without colours where asked.
"""
import os
import re
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'support'))
from harness import (PATIENCE, Skip, case, contains, environment, equal, main,  # noqa: E402
                     wait_until)

# A trial that reports a falling loss, step by step, until it may end.
CURVE = """s=1
while [ $s -le 400 ] && ! test -e end; do
    echo "caviar: step=$s loss=$((1000 - 2 * s)).$CAVIAR_TRIAL"
    s=$((s + 1))
    sleep 0.05
done
echo "loss=$((10 - CAVIAR_TRIAL))"
"""
SPARKS = '▁▂▃▄▅▆▇█'
NAMES = ['a_rather_long_name_of_a_parameter', 'another_one_that_is_long', 'momentum', 'units']


class Terminal:
    """A terminal of a given size in which a shell command runs."""

    def __init__(self, box, columns, rows, command, **env):
        if not shutil.which('tmux'):
            raise Skip('there is no tmux')
        self.socket = box.path('tmux')
        self.env = environment(TERM='xterm-256color', **env)
        box.file('command.sh', f'trap : INT\n{command}\nprintf "status %s\\n" $?\n'
                               'exec sleep 1000\n')
        utf8 = 'UTF-8' in self.env.get('LC_ALL', '')
        self.tmux(*(['-u'] if utf8 else []), '-f', '/dev/null', 'new-session', '-d',
                  '-x', str(columns), '-y', str(rows), '-c', box.folder, 'sh command.sh')

    def tmux(self, *words):
        run = subprocess.run(['tmux', '-S', self.socket, *words], env=self.env, text=True,
                             capture_output=True, timeout=PATIENCE, check=False, errors='replace')
        if run.returncode:
            raise AssertionError(f'tmux {words}: {run.stderr}')
        return run.stdout

    def screen(self, *flags):
        """Its lines; what was wrapped is one line."""
        return self.tmux('capture-pane', '-p', '-J', *flags).rstrip('\n').split('\n')

    def text(self):
        return '\n'.join(self.screen())

    def type(self, key):
        self.tmux('send-keys', key)

    def resize(self, columns, rows):
        self.tmux('resize-window', '-x', str(columns), '-y', str(rows))

    def wait_for(self, pattern):
        try:
            return wait_until(pattern, lambda: re.search(pattern, self.text()))
        except AssertionError as error:
            raise AssertionError(f'{error}, on the screen:\n{self.text()}') from None

    def end(self):
        subprocess.run(['tmux', '-S', self.socket, 'kill-server'], env=self.env, check=False,
                       capture_output=True)


def study(box, parallel=2):
    box.script('t.sh', CURVE)
    space = ''.join(f'  {name}: {{type: float, low: 0, high: 1}}\n' for name in NAMES)
    box.file('s.yaml', f'study: shown\ncommand: ./t.sh\nmetric: loss\nbudget: {{trials: 6}}\n'
                       f'parallel: {parallel}\nseed: 1\nspace:\n{space}')


def expect_fit(lines, columns):
    wide = [line for line in lines if len(line.rstrip()) > columns]
    equal(wide, [])


def shown(box, columns, rows, action, command='caviar run s.yaml', parallel=2, **env):
    """Runs the study in a terminal, and the action while the picture lives; then to the end."""
    study(box, parallel)
    terminal = Terminal(box, columns, rows, command, **env)
    try:
        terminal.wait_for(r'/min, \d running')
        action(terminal)
        box.file('end', '')
        terminal.wait_for('status 0')
        return terminal.screen()
    finally:
        terminal.end()


@case
def progress_curves_and_values_are_shown_at_80_columns(box):
    def look(terminal):
        terminal.wait_for(rf'[{SPARKS}]{{8}}')
        lines = terminal.screen()
        expect_fit(lines, 80)
        progress = next(line for line in lines if 'running' in line)
        contains(progress, 'shown ', '0 of 6 trials', '2 running', '/min')
        rows = [line for line in lines if re.search(f'[{SPARKS}]', line)]
        equal([int(line.split()[0]) for line in rows], [0, 1])
        for line in rows:
            values = re.search(r'(\d+\.?\d*) +(\d+(\.\d+)?)(ms|s) ', line)
            assert values and 200 <= float(values.group(1)) < 1000, line
        equal(terminal.text().count('shown '), 1)
    end = shown(box, 80, 24, look)
    contains('\n'.join(end), '6 complete', 'best  loss=')
    expect_fit(end, 80)
    assert not [line for line in end if 'running' in line], 'the picture is taken away'


@case
def a_wide_terminal_has_room_for_the_parameters(box):
    def look(terminal):
        terminal.wait_for(rf'[{SPARKS}]{{4}}')
        lines = terminal.screen()
        expect_fit(lines, 200)
        contains('\n'.join(lines), *[f'{name}=0.' for name in NAMES])
    expect_fit(shown(box, 200, 50, look), 200)


@case
def the_picture_follows_the_size_of_the_window(box):
    def look(terminal):
        for columns, rows in ((50, 12), (120, 40), (30, 8), (80, 24)):
            terminal.resize(columns, rows)
            before = terminal.text()
            wait_until('it is drawn again', lambda last=before: terminal.text() != last)
            terminal.wait_for('running|min')
        expect_fit(terminal.screen(), 80)
        terminal.wait_for(r'shown .*2 running')
    contains('\n'.join(shown(box, 80, 24, look)), '6 complete')


@case
def more_trials_than_lines_are_counted(box):
    def look(terminal):
        terminal.wait_for(r'and \d more')
        lines = terminal.screen()
        assert len(lines) <= 8
        expect_fit(lines, 80)
        equal(terminal.text().count('running'), 1)
    shown(box, 80, 8, look, parallel=6)


@case
def without_colour_nothing_but_the_movement_is_an_escape(box):
    def look(terminal):
        terminal.wait_for(rf'[{SPARKS}]{{4}}')
        assert '\033[' not in '\n'.join(terminal.screen('-e'))
    shown(box, 80, 24, look, NO_COLOR='1')


@case
def with_colours_the_best_stands_out(box):
    end = []

    def look(terminal):
        terminal.wait_for(rf'[{SPARKS}]{{4}}')
        end.extend(terminal.screen('-e'))
    shown(box, 80, 24, look)
    assert any('\033[' in line for line in end)


@case
def a_terminal_without_utf_8_gets_plain_characters(box):
    def look(terminal):
        terminal.wait_for(r'/min, 2 running')
        wait_until('there are curves', lambda: len(terminal.screen()) >= 3)
        plain = terminal.text()
        assert plain.isascii(), plain
        expect_fit(terminal.screen(), 80)
    end = shown(box, 80, 24, look, LC_ALL='C')
    assert '\n'.join(end).isascii()


@case
def a_dumb_terminal_gets_plain_lines(box):
    study(box)
    box.file('end', '')
    terminal = Terminal(box, 80, 24, 'TERM=dumb caviar run s.yaml')
    try:
        terminal.wait_for('status 0')
        contains(terminal.text(), 'trial 0', 'trial 5', '6 complete')
        assert 'running' not in terminal.text()
    finally:
        terminal.end()


@case
def an_interrupt_from_the_keyboard_is_told_and_leaves_the_screen_whole(box):
    study(box)
    terminal = Terminal(box, 80, 24, 'caviar run s.yaml')
    try:
        terminal.wait_for(r'2 running')
        terminal.type('C-c')
        terminal.wait_for('letting 2 running trials finish')
        terminal.type('C-c')
        terminal.wait_for('status 130')
        contains(terminal.text(), 'put back')
        expect_fit(terminal.screen(), 80)
    finally:
        terminal.end()
    equal([trial['state'] for trial in box.trials()], ['waiting'] * 2)


@case
def delete_asks_before_it_deletes(box):
    study(box)
    box.file('end', '')
    box.caviar('run', 's.yaml')
    for answer, status in (('n', 1), ('y', 0)):
        terminal = Terminal(box, 80, 24, 'caviar delete')
        try:
            terminal.wait_for(r"Delete study 'shown' with 6 trials.*\[y/N\]")
            terminal.type(answer)
            terminal.type('Enter')
            terminal.wait_for(f'status {status}')
        finally:
            terminal.end()
        equal(len(box.json('studies')), 1 - (answer == 'y'))


@case
def tables_fit_the_terminal(box):
    study(box)
    box.file('end', '')
    box.caviar('run', 's.yaml')
    terminal = Terminal(box, 80, 40, 'caviar trials; caviar studies; caviar best; caviar show 0')
    try:
        terminal.wait_for('status 0')
        contains(terminal.text(), 'PARAMETERS', 'STUDY', 'shown, trial')
        expect_fit(terminal.screen(), 80)
    finally:
        terminal.end()


main()
