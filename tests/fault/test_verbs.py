#!/usr/bin/env python3
"""
test_verbs.py: whatever a verb asks of the system may be refused: memory, files, writes, syncs,
locks, processes, threads, sockets. It then ends with a documented status and a sentence, leaves
nothing running, and the store is sound.

One table: a verb, what there is before, its words. The program is run once with a preloaded library
(support/fault_calls.c) that lists from where each call is made; then once for each of some places,
where that call fails, or where it and all of its kind that follow do: three a verb in a short run,
sixty with CAVIAR_TEST_LONG, every one with CAVIAR_TEST_FAULTS=all. This for a store in SQLite, and
again, with a third of the places, for one on a PostgreSQL server: test_verbs.py postgresql.
"""
import atexit
import concurrent.futures
import itertools
import os
import shutil
import signal
import subprocess
import sys
import urllib.error
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'support'))
import optuna_files  # noqa: E402
import postgres  # noqa: E402
from harness import (ALARMS, CASES, LONG, PROGRAM, UNDER_VALGRIND, Box, Skip,  # noqa: E402
                     environment, main, read)

LIBRARY = os.environ.get('CAVIAR_FAULT_CALLS', '')
STATUSES = {0, 1, 4, 130}  # as the manual has them; 2 and 3 have other reasons than a fault
ON_POSTGRESQL = sys.argv[1:2] == ['postgresql']
PLACES = os.environ.get('CAVIAR_TEST_FAULTS',  # of each verb
                        ('20' if LONG else '1') if ON_POSTGRESQL else '60' if LONG else '3')
# The loader itself ends a program for which it finds no memory for the variables of a thread that a
# library has (libpq's libraries have some).
ENDED_BY_LOADER = 'cannot allocate memory for thread-local data: ABORT'
TIME = 200  # seconds that a run may take under a fault
# What is waited for a minute or two where it goes on failing: a lock, and a server.
LASTING = {'lock', 'connect', 'network'} if ON_POSTGRESQL else {'lock'}

STUDY = """study: s
command: ./trial.sh {x} {y}
metric: loss
seed: 3
sampler: random
scheduler: none
steps: {min: 1, max: 3}
budget: {trials: 4}
space:
  x: {type: float, low: 0, high: 1, live: true}
  y: {type: categorical, choices: [a, b]}
"""

# Reports by its output and by its socket.
TRIAL = """echo "step=1 loss=$1"
caviar report --step 2 loss="$1" >/dev/null || exit 0
echo "step=3 loss=$1"
"""

LR = ('FloatDistribution', {'low': 0, 'high': 1.0, 'log': False, 'step': None})

STORE = 'STORE'  # stands in the table for the store of the case
PIPE = """{"cmd":"init","space":{"x":{"type":"float","low":0,"high":1}},"metric":"loss"}
{"cmd":"ask"}
{"cmd":"report","id":0,"step":1,"value":0.5}
{"cmd":"tell","id":0,"value":0.25}
{"cmd":"ask"}
"""


# ---- What there is before --------------------------------------------------------------------

def nothing(box):
    box.script('trial.sh', TRIAL)
    box.file('study.yaml', STUDY)


def finished(box):
    """A study whose budget is spent."""
    nothing(box)
    box.caviar('run', 'study.yaml', '--quiet')


def many(box):
    """Enough trials for a model."""
    nothing(box)
    box.caviar('run', 'study.yaml', '--quiet', '-n', '20')


def unfinished(box):
    """One with more to do."""
    finished(box)
    box.caviar('resume', '--only', '-n', '6')


def asked(box):
    """A trial that was handed out, has reported, and can be changed."""
    unfinished(box)
    box.caviar('ask')
    os.mkdir(box.path('caviar.trials', 's', '4'))
    for step in (1, 2):
        box.caviar('report', '--trial', '4', '--can', 'changes,restore', '--step', step, 'loss=0.5')


def nudged(box):
    """The same, with a nudge that was delivered."""
    asked(box)
    box.caviar('nudge', '4', 'x=0.25')
    box.caviar('report', '--trial', '4', '--step', '3', 'loss=0.5')


def ended(box):
    """The same, at its end."""
    nudged(box)
    box.caviar('tell', '4', 'loss=0.5')


def of_optuna(box):
    file = optuna_files.File(box.path('optuna.db'))
    study = file.study('mnist')
    for i in range(4):
        file.trial(study, values=[i / 4], params={'lr': (*LR, i / 4)})
    file.close()


# ---- How a verb is driven --------------------------------------------------------------------

def plainly(process):
    """Waits for its end; answers what it printed, as all of these do."""
    return process.communicate(timeout=TIME)[0]


def with_input(text):
    def drive(process):
        return process.communicate(text.encode(), timeout=TIME)[0]
    return drive


def with_visitors(process):
    """Visits the dashboard, as far as there is one, and ends it."""
    url = line_of(process)
    for path in ('', 'api/1/studies', 'api/1/studies/s', 'api/1/studies/s/trials/0',
                 'api/1/studies/s/importance'):
        try:
            with urllib.request.urlopen(url + path, timeout=10) as answer:
                answer.read()
        except (OSError, ValueError, urllib.error.URLError):
            pass
    process.send_signal(signal.SIGTERM)
    return process.communicate(timeout=TIME)[0]


def line_of(process):
    line = process.stdout.readline().decode(errors='replace')
    return line.split('"url":"')[1].split('"')[0] if '"url":"' in line else ''


# verb, set-up, words behind it, how it is driven
TABLE = [
    ('run', nothing, ['study.yaml', '-j', '2', '--log', 'log'], plainly),
    ('resume', unfinished, ['-j', '2'], plainly),
    ('plan', finished, ['--deadline', '2h'], plainly),
    ('worker', unfinished, ['--study', 's'], plainly),
    ('pause', unfinished, ['s'], plainly),
    ('stop', unfinished, ['s'], plainly),
    ('ask', unfinished, [], plainly),
    ('report', asked, ['--trial', '4', '--step', '3', 'loss=0.25'], plainly),
    ('tell', asked, ['4', 'loss=0.25'], plainly),
    ('pipe', nothing, ['--store', STORE], with_input(PIPE)),
    ('add', unfinished, ['x=0.5', 'y=a'], plainly),
    ('studies', finished, [], plainly),
    ('workers', unfinished, ['--all'], plainly),
    ('trials', finished, ['--sort', 'value'], plainly),
    ('show', finished, ['0'], plainly),
    ('best', finished, ['--config'], plainly),
    ('watch', finished, ['--once'], plainly),
    ('serve', finished, ['--port', '0', '--json', '--token-file', 'token'], with_visitors),
    ('advise', finished, [], plainly),
    ('importance', many, [], plainly),
    ('nudge', asked, ['4', 'x=0.25'], plainly),
    ('rollback', nudged, ['4'], plainly),
    ('fork', ended, ['4', 'x=0.75', '--from', '1'], plainly),
    ('replay', ended, ['4'], plainly),
    ('update', unfinished, ['x.high=2', '--note', 'why not'], plainly),
    ('export', finished, ['--html', '-o', 'report.html'], plainly),
    ('import', of_optuna, ['optuna.db'], plainly),
    ('doctor', finished, [], plainly),
    ('delete', finished, ['s', '--yes'], plainly),
    ('completion', nothing, ['bash'], plainly),
    ('help', nothing, ['samplers'], plainly),
]


def content(path):
    """The bytes of a file; none where it is not there."""
    if not os.path.exists(path):
        return b''
    with open(path, 'rb') as file:
        return file.read()


class FileBox(Box):
    """A case whose store is a file in its folder; a copy of what there was before, if any."""

    def __init__(self, before=None):
        super().__init__()
        self.before = before
        self.is_new = not before or not content(before.path('caviar.db'))
        if before:
            shutil.copytree(before.folder, self.folder, dirs_exist_ok=True)

    store = 'caviar.db'

    def is_as_before(self):
        """True where the store need not be looked at: it has not been begun or changed."""
        return not content(self.path('caviar.db')) or all(
            content(self.path(name)) == content(self.before.path(name))
            for name in ('caviar.db', 'caviar.db-wal'))


class DatabaseBox(Box):
    """A case whose store is a database of its own on the server of all cases."""
    server = None
    numbers = itertools.count(1)

    def __init__(self, before=None):
        super().__init__()
        self.name = f'case_{next(self.numbers)}'
        self.is_new = not before or not before.has_tables()
        if before:
            shutil.copytree(before.folder, self.folder, dirs_exist_ok=True)
        template = f' TEMPLATE {before.name}' if before else ''
        self.server.sql(f'CREATE DATABASE {self.name}{template}')

    @property
    def store(self):
        return self.server.url(database=self.name)

    def caviar(self, *words, **rest):
        return super().caviar(*words, CAVIAR_STORE=self.store, **rest)

    def has_tables(self):
        return 'caviar' in self.server.sql(
            "SELECT tablename FROM pg_tables WHERE tablename = 'caviar_schema'", self.name)

    def is_as_before(self):
        """It is not known, and looked at."""
        return False

    def end(self):
        self.server.sql(f'DROP DATABASE {self.name} WITH (FORCE)')
        return super().end()


class Run:
    """A run of a verb in a copy of what there was before."""

    def __init__(self, before, verb, words, drive, fault):
        self.fault = fault
        self.box = type(before)(before)
        self.log = self.box.path('.faults')
        options = 'verify_asan_link_order=0:fast_unwind_on_malloc=0'
        if fault == 'list':
            options += ':detect_leaks=0'  # finding out who calls loads a library
        # what the loader and setlocale of libc lose by themselves
        leaks = self.box.file('.leaks', 'leak:dl_open_worker_begin\nleak:_nl_\n')
        env = environment(LD_PRELOAD=LIBRARY, FAULT=fault, FAULT_LOG=self.log,
                          HOME=self.box.folder, LOGNAME='mara', XDG_STATE_HOME=None,
                          CAVIAR_STORE=self.box.store,
                          ASAN_OPTIONS=f"{os.environ.get('ASAN_OPTIONS', '')}:{options}",
                          LSAN_OPTIONS=f'suppressions={leaks}:print_suppressions=0')
        self.words = [verb, *(self.box.store if word is STORE else word for word in words)]
        self.err = self.box.path('.err')
        with open(self.err, 'wb') as err:
            process = subprocess.Popen([PROGRAM, *self.words], cwd=self.box.folder, env=env,
                                       stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=err)
        printed = b''
        try:
            printed = drive(process)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            self.status = 'hangs'
        else:
            self.status = process.returncode
        self.errors = read(self.err)
        self.says_why = 'caviar: ' in self.errors or verb == 'doctor' and printed  # its findings

    def was_hit(self):
        return os.path.exists(self.log) and 'hit ' in read(self.log)

    def places(self):
        """(kind, which call of it) for each place that calls."""
        lines = (line.split() for line in read(self.log).splitlines())
        return [(kind, int(nth)) for kind, nth in lines]

    def defect(self):
        """What is wrong with how it ended; None where nothing is."""
        if any(alarm in self.errors for alarm in ALARMS):
            return 'a defect was reported'
        is_cut_off = self.status == 127 and ENDED_BY_LOADER in self.errors
        if self.status not in STATUSES and not is_cut_off:
            return f'status {self.status}'
        if self.status == 1 and not self.says_why:
            return 'no sentence says why'
        left = self.box.processes()
        if left:
            return f'left running: {left}'
        return self.unsound()

    def unsound(self):
        """What doctor finds in the store."""
        if self.box.is_as_before():
            return None
        found = self.box.caviar('doctor', status=None)
        if found.status == 0 and 'is sound' in found.out:
            return None
        if self.box.is_new and ('is empty' in found.err or 'has no tables' in found.err):
            return None
        return f'doctor says: {found.out}{found.err}'

    def end(self):
        self.box.end()

    def __str__(self):
        return (f"FAULT={self.fault} caviar {' '.join(self.words)}: status {self.status}\n"
                f'{self.errors[-4000:]}')


def spread(places, offset, count):
    """So many faults: every other one of memory, the others of each kind of call in turn."""
    others = sorted({kind for kind, _ in places} - {'alloc'}) or ['alloc']
    for i in range(count):
        kind = 'alloc' if i % 2 == 0 else others[(offset + i // 2) % len(others)]
        own = [nth for other, nth in places if other == kind]
        if own:
            lasts = kind not in LASTING and (offset + i) % 3 == 0
            yield f'{kind}:{own[(2 * i + 1) * len(own) // (2 * count)]}{"+" if lasts else ""}'


def every(places):
    """Each place, once and for good; one for good of those that are waited for."""
    yield from (f'{kind}:{nth}' for kind, nth in places)
    yield from (f'{kind}:{nth}+' for kind, nth in places if kind not in LASTING)
    for kind in LASTING:
        yield from [f'{kind}:{nth}+' for other, nth in places if other == kind][:1]


def attempt(before, verb, words, drive, fault):
    """None, or what is wrong; and whether the fault was met."""
    run = Run(before, verb, words, drive, fault)
    try:
        wrong = run.defect()
        return (f'{wrong}\n{run}' if wrong else None), run.was_hit()
    finally:
        run.end()


def prepared(setup, made={}):  # pylint: disable=dangerous-default-value
    """The box of a set-up, which is made once for all verbs."""
    if setup not in made:
        made[setup] = (DatabaseBox if ON_POSTGRESQL else FileBox)()
        atexit.register(made[setup].end)
        setup(made[setup])
    return made[setup]


def hold(number, verb, setup, words, drive):
    if not LIBRARY or UNDER_VALGRIND:
        raise Skip('the library of faults cannot be loaded here')
    if ON_POSTGRESQL and not DatabaseBox.server:
        raise Skip('PostgreSQL is not installed')
    box = prepared(setup)
    listing = Run(box, verb, words, drive, 'list')
    places = listing.places()
    wrong = listing.defect()
    listing.end()
    assert not wrong and listing.status == 0, f'without a fault: {wrong}\n{listing}'
    faults = sorted(set(every(places) if PLACES == 'all' else spread(places, number, int(PLACES))))
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        ends = list(pool.map(lambda fault: attempt(box, verb, words, drive, fault), faults))
    wrongs = [wrong for wrong, _ in ends if wrong]
    met = sum(hit for _, hit in ends)
    print(f'# {verb}: {len(places)} places, {len(faults)} faults, {met} met')
    assert met > 0, 'no fault was met'
    assert not wrongs, f'{len(wrongs)} of {len(faults)}:\n' + '\n'.join(wrongs[:20])


def add_case(number, verb, setup, words, drive):
    def function(_):
        hold(number, verb, setup, words, drive)
    function.__name__ = f'{verb}_ends_well_whatever_call_of_it_fails'
    CASES.append(function)


def start_server():
    server = postgres.Server()
    atexit.register(server.__exit__)
    DatabaseBox.server = server.__enter__()


if ON_POSTGRESQL:
    del sys.argv[1]
    if LIBRARY and not UNDER_VALGRIND and postgres.binaries():
        start_server()
for index, row in enumerate(TABLE):
    if not ON_POSTGRESQL or row[0] not in ('completion', 'help'):
        add_case(index, *row)

main()
