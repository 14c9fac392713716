#!/usr/bin/env python3
"""
test_usage_cli.py: what trials take, processor time and memory, whatever they start and however
often they are started.
"""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'support'))
from harness import case, contains, equal, main, wait_until  # noqa: E402

# What the programs of these trials do; their processor time is their own clock.
TOOLS = """
import json, os, socket, subprocess, sys, time

def burn(seconds):
    end = time.process_time() + seconds
    while time.process_time() < end:
        pass

def in_child(text):
    subprocess.run([sys.executable, '-c', 'from tools import *; ' + text], check=True)

class Tuner:
    def __init__(self):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(os.environ['CAVIAR_SOCKET'])
        self.lines = self.socket.makefile('r')

    def ask(self, **message):
        self.socket.sendall(json.dumps(message).encode() + b'\\n')
        return json.loads(self.lines.readline())
"""
BIG = 300 << 20  # bytes, more than the tuner has


def run(box, program, keys, *words):
    """Runs a study of a program, and answers its trials."""
    prepare(box, program, keys)
    box.caviar('run', 'study.yaml', *words)
    return box.trials()


def prepare(box, program, keys):
    box.file('tools.py', TOOLS)
    box.file('program.py', 'from tools import *\n' + program)
    box.file('study.yaml', f'study: s\ncommand: {sys.executable} {box.path("program.py")}\n'
                           f'metric: loss\nsampler: random\n{keys}\nspace:\n  x: [0, 1]\n')


@case
def what_a_child_took_counts(box):
    trial, = run(box, f"in_child('data = bytearray({BIG}); burn(0.3)'); burn(0.2); print('loss=1')",
                 'budget: {trials: 1}')
    assert trial['cpu_seconds'] >= 0.5, trial
    assert trial['memory_bytes'] >= BIG, trial
    contains(box.caviar('show', '0').out, 's of processor time', ', up to ', 'MB of memory\n')
    shown = box.json('show', '0')['trial']
    exported = box.json('export', '--format', 'json')['trials'][0]
    for each in shown, exported:
        equal((each['cpu_seconds'], each['memory_bytes']),
              (trial['cpu_seconds'], trial['memory_bytes']))


@case
def what_runs_is_looked_at_with_its_reports(box):
    prepare(box, f"""
open('{box.path("begun")}', 'w').close()
held, step = bytearray({BIG}), 0
while not os.path.exists('{box.path("end")}'):
    step += 1
    in_child('burn(0.1)')
    print(f'caviar: step={{step}} loss=1', flush=True)
""", 'budget: {trials: 1}\nscheduler: none')
    running = box.start('run', 'study.yaml')
    wait_until('it runs', lambda: os.path.exists(box.path('begun')))
    seen = wait_until('it was looked at', lambda: [
        trial for trial in box.trials() if 'cpu_seconds' in trial])[0]
    equal(seen['state'], 'running')
    assert seen['cpu_seconds'] >= 0.1 and seen['memory_bytes'] >= BIG, seen
    later = wait_until('it took more', lambda: [
        trial for trial in box.trials() if trial['cpu_seconds'] > seen['cpu_seconds']])[0]
    equal(later['state'], 'running')
    box.file('end', '')
    running.wait(status=0)
    ended, = box.trials()
    assert ended['cpu_seconds'] >= later['cpu_seconds'], (later, ended)


@case
def attempts_add_up(box):
    trial, = run(box, f"""
again = os.path.exists('{box.path("again")}')
open('{box.path("again")}', 'w').close()
data = None if again else bytearray({BIG})
burn(0.4)
if not again:
    sys.exit(1)
print('loss=1')
""", 'budget: {trials: 1}\nretry: 1')
    equal((trial['state'], trial['attempt']), ('complete', 2))
    assert trial['cpu_seconds'] >= 0.8, trial
    assert trial['memory_bytes'] >= BIG, trial
    assert 'cores' not in box.caviar('show', '0').out


@case
def a_trial_that_was_paused_keeps_what_it_took(box):
    trials = run(box, """
tuner, verdict = Tuner(), 'continue'
start = tuner.ask(cmd='hello', version=1)
step = start['from']
while verdict == 'continue' and step < 4:
    step += 1
    burn(0.2)
    verdict = tuner.ask(cmd='report', step=step, value=start['trial'] + 1 / step)['verdict']
""", 'budget: {trials: 4}\nsteps: {min: 1, max: 4}\nscheduler: freeze-thaw\nparallel: 2\nseed: 1')
    again = [trial for trial in trials if trial['attempt'] > 1]
    assert again, trials
    for trial in trials:
        assert trial['cpu_seconds'] >= 0.2 * trial['step'], trial


@case
def a_trial_that_tells_its_result_itself_has_taken_something(box):
    trial, = run(box, f"""
held = bytearray({BIG})
burn(0.3)
print(Tuner().ask(cmd='tell', value=1))
""", 'budget: {trials: 1}')
    equal(trial['state'], 'complete')
    assert trial['cpu_seconds'] >= 0.2, trial  # by the system's clock, which is coarse
    assert trial['memory_bytes'] >= BIG, trial


@case
def of_what_runs_elsewhere_nothing_is_known(box):
    prepare(box, '', 'budget: {trials: 2}')
    lines = ['{"cmd":"init","study":"study.yaml"}', '{"cmd":"ask"}',
             '{"cmd":"report","id":0,"step":1,"value":2}', '{"cmd":"tell","id":0,"value":1}']
    box.caviar('pipe', '--store', 'caviar.db', stdin='\n'.join(lines) + '\n')
    trial, = box.trials()
    equal(trial['state'], 'complete')
    assert 'cpu_seconds' not in trial and 'memory_bytes' not in trial, trial
    told = box.caviar('show', '0').out
    assert 'processor time' not in told and 'of memory' not in told, told


main()
