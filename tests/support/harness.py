"""
harness.py: cases for tests that drive the real program as a person would. They speak TAP.

    import harness
    from harness import case

    @case
    def a_study_is_run_from_a_file(box):
        box.study('tune.yaml', trials=3)
        box.caviar('run', 'tune.yaml')

    harness.main()

Each case has a folder of its own. At its end what it started is ended, by process id, and nothing
of a trial may be left running. Arguments of a test program are pieces of names: only those cases
are run. CAVIAR names the program; CAVIAR_TEST_VALGRIND says that it runs under valgrind.
"""
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PROGRAM = os.path.abspath(os.environ.get('CAVIAR', os.path.join(ROOT, 'build-check/src/caviar')))
BINARY = PROGRAM.replace('/under-valgrind/', '/')  # itself, where PROGRAM is a script around it
UNDER_VALGRIND = bool(os.environ.get('CAVIAR_TEST_VALGRIND'))
LONG = bool(os.environ.get('CAVIAR_TEST_LONG'))
PATIENCE = 300 if UNDER_VALGRIND else 120  # seconds until something is given up
ALARMS = ('AddressSanitizer', 'runtime error:', 'LeakSanitizer', '== Invalid', 'uninitialised')

CASES = []

signal.signal(signal.SIGHUP, signal.SIG_DFL)  # under nohup, too, programs begin as they usually do


# A program to tune: a bowl whose least value, 0, lies at x = 1, y = 0.01.
BOWL = """awk -v x="$1" -v y="$2" 'BEGIN {
    print "loss=" (x - 1) ^ 2 + (log(y / 0.01)) ^ 2 }'
"""
BOWL_SPACE = """space:
  x: {type: float, low: -2, high: 2}
  y: {type: float, scale: log, low: 1e-4, high: 1}
"""


class Skip(Exception):
    """The case cannot be held here, and why."""


def case(function):
    CASES.append(function)
    return function


class Outcome:
    """What a program did: its status as a shell has it, and what it printed."""

    def __init__(self, words, status, out, err):
        self.words, self.status, self.out, self.err = words, status, out, err

    def json(self):
        return json.loads(self.out)

    def __str__(self):
        return (f"{' '.join(self.words)}\nstatus {self.status}\n--- out\n{self.out[-3000:]}\n"
                f"--- err\n{self.err[-3000:]}")


class Started:
    """A program that is running, with its output in files."""

    def __init__(self, box, words, env, stdin):
        self.box, self.words = box, words
        count = len(box.started)
        self.paths = [box.path(f'.out{count}'), box.path(f'.err{count}')]
        with open(self.paths[0], 'wb') as out, open(self.paths[1], 'wb') as err:
            self.process = subprocess.Popen(words, cwd=box.folder, env=env, stdin=stdin,
                                            stdout=out, stderr=err)
        self.pid = self.process.pid

    def signal(self, number):
        self.process.send_signal(number)

    def has_ended(self):
        return self.process.poll() is not None

    def out(self):
        return read(self.paths[0])

    def err(self):
        return read(self.paths[1])

    def wait(self, status=None):
        code = self.process.wait(PATIENCE)
        outcome = Outcome(self.words, 128 - code if code < 0 else code, self.out(), self.err())
        return check(outcome, status)


def check(outcome, status):
    """Fails for a status that was not expected, and for whatever a sanitizer has to say."""
    if any(alarm in outcome.err for alarm in ALARMS):
        raise AssertionError(f'a defect was reported:\n{outcome}')
    if status is not None and outcome.status != status:
        raise AssertionError(f'status {status} was expected:\n{outcome}')
    return outcome


def read(path):
    with open(path, encoding='utf-8', errors='replace') as file:
        return file.read()


def environment(**changes):
    """A plain environment; None takes a variable away."""
    env = {name: value for name, value in os.environ.items()
           if not name.startswith(('CAVIAR', 'XDG_', 'LC_', 'LANG', 'NO_COLOR'))}
    env['LC_ALL'] = 'C.UTF-8'
    env['PATH'] = os.path.dirname(PROGRAM) + ':' + env.get('PATH', '/usr/bin')
    env.update({name: value for name, value in changes.items() if value is not None})
    return {name: value for name, value in env.items() if changes.get(name, '') is not None}


class Box:
    """The folder of a case, and what is done in it."""

    def __init__(self):
        self.folder = os.path.realpath(tempfile.mkdtemp(prefix='caviar-test-'))
        self.started = []

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def file(self, name, text, executable=False):
        with open(self.path(name), 'w', encoding='utf-8') as file:
            file.write(text)
        if executable:
            os.chmod(self.path(name), 0o755)
        return self.path(name)

    def script(self, name, text):
        """A program in the language of the shell."""
        return self.file(name, '#!/bin/sh\n' + text, executable=True)

    def read(self, *names):
        return read(self.path(*names))

    def bowl(self, name='bowl.yaml', command='./bowl.sh {x} {y}', keys='budget: {trials: 6}'):
        """A study file that tunes the bowl, and the program."""
        self.script('bowl.sh', BOWL)
        return self.file(name, f'study: bowl\ncommand: {command}\nmetric: loss\nseed: 7\n'
                               f'{keys}\n{BOWL_SPACE}')

    def words(self, words):
        return [PROGRAM] + [str(word) for word in words]

    def caviar(self, *words, status=0, stdin=None, **env):
        """Runs the program to its end. `status` None: whatever it may be."""
        words = self.words(words)
        run = subprocess.run(words, cwd=self.folder, env=environment(**env), timeout=PATIENCE,
                             input=stdin, stdin=subprocess.DEVNULL if stdin is None else None,
                             capture_output=True, text=True, errors='replace', check=False)
        code = run.returncode
        outcome = Outcome(words, 128 - code if code < 0 else code, run.stdout, run.stderr)
        return check(outcome, status)

    def json(self, verb, *words, **rest):
        return self.caviar(verb, '--json', *words, **rest).json()

    def start(self, *words, **env):
        return self.start_words(self.words(words), **env)

    def start_words(self, words, stdin=subprocess.DEVNULL, **env):
        self.started.append(Started(self, words, environment(**env), stdin))
        return self.started[-1]

    def trials(self, *words):
        return self.json('trials', *words)

    def processes(self):
        """The processes that belong to a trial of this case: (pid, command line)."""
        found = []
        needle = f'CAVIAR_DIR={self.folder}/'.encode()
        for entry in os.listdir('/proc'):
            if not entry.isdigit():
                continue
            try:
                with open(f'/proc/{entry}/environ', 'rb') as file:
                    mine = needle in file.read()
                with open(f'/proc/{entry}/cmdline', 'rb') as file:
                    line = file.read().replace(b'\0', b' ').decode(errors='replace')
            except OSError:
                continue
            if mine and line:
                found.append((int(entry), line))
        return found

    def end(self):
        """Ends what was started; answers what was left running of trials."""
        for started in self.started:
            if started.process.poll() is None:
                started.process.kill()
                started.process.wait(PATIENCE)
        left = self.processes()
        for pid, _ in left:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        shutil.rmtree(self.folder, ignore_errors=True)
        return left


def wait_until(what, condition, seconds=PATIENCE):
    """Waits until the condition holds; answers what it answered."""
    end = time.monotonic() + seconds
    while True:
        answer = condition()
        if answer:
            return answer
        if time.monotonic() > end:
            raise AssertionError(f'waited in vain until {what}')
        time.sleep(0.02)


def contains(text, *pieces):
    for piece in pieces:
        assert piece in text, f'{piece!r} is not in:\n{text[-3000:]}'


def equal(found, expected):
    assert found == expected, f'{found!r}, where {expected!r} was expected'


def run_case(number, function):
    name = function.__name__.replace('_', ' ')
    box, fault, reason = Box(), None, None
    try:
        function(box)
    except Skip as skip:
        reason = skip
    except Exception:  # pylint: disable=broad-except
        fault = traceback.format_exc(limit=-3)
    left = box.end()
    if left and not fault:
        fault = f'left running: {left}'
    print(f"{'not ok' if fault else 'ok'} {number} - {name}{f' # SKIP {reason}' if reason else ''}")
    for line in (fault or '').splitlines():
        print(f'# {line}')
    sys.stdout.flush()
    return not fault


def main():
    chosen = [function for function in CASES
              if len(sys.argv) < 2 or any(piece in function.__name__ for piece in sys.argv[1:])]
    print(f'1..{len(chosen)}', flush=True)
    held = [run_case(number, function) for number, function in enumerate(chosen, 1)]
    sys.exit(0 if all(held) else 1)
