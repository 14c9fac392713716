#!/usr/bin/env python3
"""
soak.py: a study that runs for hours with faults at random, and what it takes meanwhile.

    CAVIAR=build/src/caviar bench/soak/soak.py --minutes 60 [--workers 8] [--viewers 8] [--seed 1]

One study with a scheduler that stops trials early; workers, of which one is killed (or asked to
stop, or stopped for a while) now and then and another takes its place; a dashboard, whose viewers
look at it all the time, and which is not restarted. A line every half minute: trials, what the
oldest worker and the dashboard have of memory and open files, how long a look takes. At the end:
every announced trial is there once, the store is sound, and first and last measurements side by
side. It ends with 1 where something is lost, or where open files have grown by more than a half
from a quarter of the time on; and where a process does not end that was asked to, after it has
written where that one stands.
"""
import argparse
import json
import os
import random
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

PROGRAM = os.path.abspath(os.environ.get('CAVIAR', 'build/src/caviar'))
STUDY = """study: soak
command: ./trial.sh {x} {y}
metric: loss
seed: 1
sampler: random
scheduler: asha
steps: {min: 1, max: 9}
parallel: 1
retry: 1000
space:
  x: {type: float, low: 0, high: 1}
  y: {type: float, scale: log, low: 1e-4, high: 1}
"""
STATES = ['waiting', 'running', 'paused', 'complete', 'pruned', 'failed']

# Some fail at first, some hang for a while, some print a lot.
TRIAL = """#!/bin/sh
case $CAVIAR_TRIAL in
*7) if ! test -e "$CAVIAR_DIR/again"; then touch "$CAVIAR_DIR/again"; exit 1; fi ;;
*13) head -c 1000000 /dev/zero ;;
*29) sleep 5 ;;
esac
for step in 1 2 3 4 5 6 7 8 9; do echo "step=$step loss=$1$step"; sleep 0.02; done
"""


def kept_by(pid):
    """Memory in kB and open files of a process."""
    try:
        with open(f'/proc/{pid}/status', encoding='utf-8') as file:
            memory = next(int(line.split()[1]) for line in file if line.startswith('VmRSS:'))
        return memory, len(os.listdir(f'/proc/{pid}/fd'))
    except (OSError, StopIteration):
        return 0, 0


def read(path):
    try:
        with open(path, encoding='utf-8', errors='replace') as file:
            return file.read()
    except OSError as problem:
        return f'({problem})'


def answer_of(*words):
    """What another program says, where there is one."""
    if not shutil.which(words[0]):
        return f'(no {words[0]})'
    try:
        done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)
        return done.stdout + done.stderr
    except subprocess.TimeoutExpired:
        return f'({words[0]} does not answer)'


def where_it_stands(process, output):
    """What can be said of a process that does not end. The output is the path of its own."""
    pid, at = str(process.pid), f'/proc/{process.pid}'
    parts = {'its state': read(f'{at}/status'), 'it waits in': read(f'{at}/wchan'),
             'its stack in the kernel': read(f'{at}/stack'),
             'its threads': answer_of('gdb', '-p', pid, '-batch', '-ex', 'thread apply all bt'),
             'the end of its output': '\n'.join(read(output).splitlines()[-20:]),
             'the processes': answer_of('ps', '-eo', 'pid,ppid,stat,wchan:24,etimes,args'),
             'the load': read('/proc/loadavg')}
    return '\n'.join(f'---- {name}\n{text.rstrip()}' for name, text in parts.items())


class Process(subprocess.Popen):
    """A running `caviar`; what it says on standard error goes to a file."""

    def __init__(self, folder, number, words, **rest):
        self.output = os.path.join(folder, f'output-{number}')
        with open(self.output, 'w', encoding='utf-8') as file:
            super().__init__([PROGRAM, *words], cwd=folder, text=True, stderr=file,
                             **{'stdout': file, **rest})

    def end(self, number, within):
        """Asks it to end by a signal, or has asked it already (None), and waits for its end."""
        if number is not None:
            self.send_signal(number)
        try:
            self.wait(within)
        except subprocess.TimeoutExpired:
            asked = signal.Signals(number).name if number else "'caviar stop'"
            sys.exit(f'{self.args} has not ended within {within} s of {asked}\n'
                     f'{where_it_stands(self, self.output)}')


class Soak:
    def __init__(self, wanted):
        self.wanted = wanted
        self.folder = tempfile.mkdtemp(prefix='caviar-soak-')
        self.choose = random.Random(wanted.seed)
        self.looks, self.failed_looks = [], 0
        self.faults = {}
        self.started = 0
        self.is_over = False
        with open(os.path.join(self.folder, 'study.yaml'), 'w', encoding='utf-8') as file:
            file.write(STUDY)
        path = os.path.join(self.folder, 'trial.sh')
        with open(path, 'w', encoding='utf-8') as file:
            file.write(TRIAL)
        os.chmod(path, 0o755)

    def caviar(self, *words):
        done = subprocess.run([PROGRAM, *words], cwd=self.folder, capture_output=True, text=True,
                              check=False)
        if done.returncode:
            sys.exit(f'caviar {" ".join(words)}: {done.returncode}\n{done.stdout}{done.stderr}')
        return done.stdout

    def start(self, *words, **rest):
        self.started += 1
        return Process(self.folder, self.started, words, **rest)

    def start_worker(self):
        return self.start('worker', '--study', 'soak', '--quiet')

    def view(self, url):
        """A viewer: the lists, as the page asks for them, again and again."""
        paths = ['api/1/studies', 'api/1/studies/soak', 'api/1/studies/soak/trials?limit=2000',
                 'api/1/studies/soak/curves?limit=2000']
        while not self.is_over:
            for path in paths:
                begin = time.monotonic()
                try:
                    with urllib.request.urlopen(url + path, timeout=60) as answer:
                        answer.read()
                    self.looks.append(time.monotonic() - begin)
                except OSError:
                    self.failed_looks += 1
            time.sleep(1)

    def harm(self, workers):
        """Does something to a worker; the oldest one is left alone, so that it can be measured."""
        at = self.choose.randrange(1, len(workers))
        kind = self.choose.choice(['killed', 'terminated', 'interrupted', 'stopped'])
        self.faults[kind] = self.faults.get(kind, 0) + 1
        if kind == 'stopped':
            workers[at].send_signal(signal.SIGSTOP)
            time.sleep(1)
            workers[at].send_signal(signal.SIGCONT)
            return
        workers[at].end({'killed': signal.SIGKILL, 'terminated': signal.SIGTERM,
                         'interrupted': signal.SIGINT}[kind], 60)
        workers[at] = self.start_worker()

    def measure(self, began, worker, server):
        looks, self.looks = self.looks, []
        latency = sorted(looks)[len(looks) * 95 // 100] * 1000 if looks else 0
        study = json.loads(self.caviar('studies', '--json'))[0]
        count = sum(study[state] for state in STATES)
        row = (int(time.monotonic() - began), count, *kept_by(worker.pid),
               *kept_by(server.pid), round(latency, 1))
        print('%6d s %7d trials   worker %6d kB %3d files   dashboard %6d kB %3d files   '
              '95 %% of looks within %7.1f ms' % row, flush=True)
        return row

    def run(self):
        self.caviar('run', 'study.yaml', '-n', '1', '--quiet')
        self.caviar('resume', '--only', '-n', '100000000')
        workers = [self.start_worker() for _ in range(self.wanted.workers)]
        server = self.start('serve', '--port', '0', '--json', '--token-file', 'token',
                            stdout=subprocess.PIPE)
        url = json.loads(server.stdout.readline())['url']
        for _ in range(self.wanted.viewers):
            threading.Thread(target=self.view, args=(url,), daemon=True).start()
        began, rows = time.monotonic(), []
        while time.monotonic() - began < self.wanted.minutes * 60:
            end = time.monotonic() + self.wanted.every
            while time.monotonic() < end:
                time.sleep(self.choose.uniform(0.5, 5))
                self.harm(workers)
            rows.append(self.measure(began, workers[0], server))
        self.is_over = True
        self.caviar('stop', 'soak', '--now')
        for worker in workers:
            worker.end(None, 120)
        server.end(signal.SIGTERM, 60)
        return rows

    def judge(self, rows):
        trials = json.loads(self.caviar('trials', '--json'))
        sound = 'is sound' in self.caviar('doctor')
        whole = [trial['id'] for trial in trials] == list(range(len(trials)))
        wrong = [trial['id'] for trial in trials if trial['state'] == 'complete'
                 and abs(trial['values']['loss'] - float(f"{trial['config']['x']!r}9")) > 1e-6]
        lost = [trial['id'] for trial in trials if trial.get('reason') == 'lost']
        early, late = rows[len(rows) // 4], rows[-1]
        print(f'faults {self.faults}; {len(trials)} trials, {len(lost)} given up as lost; '
              f'{self.failed_looks} looks failed')
        print(f'sound: {sound}; every number once: {whole}; wrong results: {len(wrong)}')
        print(f'dashboard from {early[4]} to {late[4]} kB, {early[5]} to {late[5]} files; worker '
              f'from {early[2]} to {late[2]} kB, {early[3]} to {late[3]} files; looks, '
              f'median of the measurements: {statistics.median(row[6] for row in rows)} ms')
        grown = late[5] > 1.5 * early[5] + 8 or late[3] > 1.5 * early[3] + 8
        return sound and whole and not wrong and not grown


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n', maxsplit=2)[1])
    parser.add_argument('--minutes', type=float, default=60)
    parser.add_argument('--workers', type=int, default=8)
    parser.add_argument('--viewers', type=int, default=8)
    parser.add_argument('--every', type=float, default=30, help='seconds between measurements')
    parser.add_argument('--seed', type=int, default=1)
    # A shell without job control has its background processes ignore SIGINT, and theirs; a worker
    # that is interrupted while it starts would not hear of it.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    soak = Soak(parser.parse_args())
    rows = soak.run()
    sys.exit(0 if soak.judge(rows) else 1)


main()
