#!/usr/bin/env python3
"""
test_run_faults.py: runs in a world that fails: full disks, writes and syncs that go wrong, nobody
who reads the output, programs that print without end.
"""
import os
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'support'))
from harness import (LONG, PROGRAM, UNDER_VALGRIND, Skip, case, contains, equal,  # noqa: E402
                     main, wait_until)

COMMAND = ['--minimize', 'loss', '--study', 's', '--', './t.sh', '{x: 0 1}']


def peak_kb(pid):
    """The most memory that a process has had."""
    try:
        with open(f'/proc/{pid}/status', encoding='utf-8') as file:
            for line in file:
                if line.startswith('VmHWM:'):
                    return int(line.split()[1])
    except OSError:
        pass
    return 0


@case
def a_flood_of_output_is_taken_in_bounded_memory(box):
    size = 100 << 20
    box.script('t.sh', f'head -c {size} /dev/zero | tr "\\0" "x"\necho\necho loss=1\n')
    run = box.start('run', '-n', '1', *COMMAND)
    most = 0
    while run.process.poll() is None:
        most = max(most, peak_kb(run.pid))
        try:
            run.process.wait(0.05)
        except subprocess.TimeoutExpired:
            pass
    run.wait(0)
    shown = box.json('show', '0')
    equal(shown['trial']['values'], {'loss': 1})
    log = box.path('caviar.trials', 's', '0', 'output.log')
    assert os.path.getsize(log) < (64 << 20) + 200, os.path.getsize(log)
    with open(log, 'rb') as file:
        file.seek(-100, os.SEEK_END)
        contains(file.read().decode(), 'more bytes were not kept')
    if not UNDER_VALGRIND:
        assert 0 < most < 300 << 10, f'{most} KB'  # a sanitizer takes its share


@case
def output_that_is_no_text_is_kept_and_shown_as_text(box):
    box.script('t.sh', 'head -c 100000 /dev/urandom\nprintf "\\033[2J\\n\\000loss=2\\n"\n')
    box.caviar('run', '-n', '1', *COMMAND)
    shown = box.json('show', '0')
    equal(shown['trial']['values'], {'loss': 2})
    assert '\033' not in shown['output'] and '\0' not in shown['output']
    assert '\033' not in box.caviar('show', '0').out
    assert os.path.getsize(box.path('caviar.trials', 's', '0', 'output.log')) > 100000


@case
def a_million_short_lines_are_read(box):
    count = 1000000 if LONG else 100000
    box.script('t.sh', f'yes "nothing here" | head -n {count}\necho loss=3\n')
    box.caviar('run', '-n', '1', *COMMAND)
    equal(box.trials()[0]['values'], {'loss': 3})


@case
def a_reader_that_goes_away_does_not_stop_the_run(box):
    box.script('t.sh', 'echo loss=$1\n')
    words = box.words(['run', '-n', '20', *COMMAND])
    run = box.start_words(['sh', '-c', '"$@" | head -n 1', 'sh'] + words)
    run.wait(0)
    equal({trial['state'] for trial in box.trials()}, {'complete'})
    equal(len(box.trials()), 20)


@case
def output_that_cannot_be_written_is_an_error(box):
    box.bowl()
    box.caviar('run', 'bowl.yaml')
    for words in (['trials'], ['export'], ['show', '0'], ['help'], ['studies', '--json']):
        run = box.start_words(['sh', '-c', '"$@" > /dev/full', 'sh'] + box.words(words))
        contains(run.wait(1).err, 'cannot write the output')


@case
def closed_standard_streams_do_no_harm(box):
    box.script('t.sh', 'echo loss=$1\n')
    words = box.words(['run', '-n', '4', *COMMAND])
    run = box.start_words(['sh', '-c', '"$@" <&- >&-', 'sh'] + words)
    run.wait()
    equal({trial['state'] for trial in box.trials()}, {'complete'})
    equal(len(box.trials()), 4)
    contains(box.caviar('doctor').out, 'is sound')


def mounted(box, size):
    """A small disk of its own, in memory."""
    folder = box.path('disk')
    os.mkdir(folder)
    if os.geteuid() != 0:
        raise Skip('only root may mount a small disk')
    mount = subprocess.run(['mount', '-t', 'tmpfs', '-o', f'size={size}', 'tmpfs', folder],
                           capture_output=True, text=True, check=False)
    if mount.returncode:
        raise Skip(f'no small disk can be mounted: {mount.stderr.strip()}')
    return folder


@case
def a_full_disk_is_said_and_loses_no_result(box):
    folder = mounted(box, '1m')
    try:
        box.script('t.sh', 'echo loss=$1\nhead -c 3000 /dev/urandom | od | head -c 8000\n')
        store = os.path.join(folder, 'c.db')
        outcome = box.caviar('run', '-n', '1000', '--sampler', 'random', '--store', store, *COMMAND,
                             status=1)
        contains(outcome.err, 'caviar: ')
        assert any(word in outcome.err for word in ('full', 'No space')), outcome
        finished = [line for line in outcome.out.splitlines() if line.startswith('trial ')]
        for name in os.listdir(folder):
            if name.endswith('.trials'):
                shutil.rmtree(os.path.join(folder, name))
        equal(box.json('doctor', '--store', store), {'problems': []})
        complete = {trial['id'] for trial in box.trials('--store', store, '--state', 'complete')}
        for line in finished:
            assert int(line.split()[1]) in complete, line
        box.caviar('run', '-n', str(len(complete) + 3), '--sampler', 'random', '--store', store,
                   *COMMAND)
    finally:
        subprocess.run(['umount', '-l', folder], check=False)


def traced(box, inject, *words):
    """Runs the program with system calls that fail."""
    if not shutil.which('strace'):
        raise Skip('there is no strace')
    trace = ['strace', '-f', '-o', box.path('trace'), '-e', f'trace={inject.split(":")[0]}',
             '-e', f'inject={inject}']
    probe = subprocess.run(trace + ['true'], capture_output=True, text=True, check=False)
    if probe.returncode or 'strace:' in probe.stderr:
        raise Skip(f'strace cannot work here: {probe.stderr.strip()[:80]}')
    options = os.environ.get('ASAN_OPTIONS', '') + ':detect_leaks=0'
    run = box.start_words(trace + [PROGRAM, *words], ASAN_OPTIONS=options)
    return run.wait()


def complete_of(box, store):
    """The complete trials of a store, which must be sound, or not begun."""
    if not os.path.exists(box.path(store)) or os.path.getsize(box.path(store)) == 0:
        return set()
    equal(box.json('doctor', '--store', store), {'problems': []})
    if not box.json('studies', '--store', store):
        return set()
    return {trial['id'] for trial in box.trials('--store', store, '--state', 'complete')}


def fails_cleanly(box, call, error, numbers):
    """The n-th call of a run fails: what was announced is there, and the store is sound."""
    box.script('t.sh', 'echo loss=$1\n')
    failed = 0
    for n in numbers:
        store = f'{call}{n}.db'
        words = ['run', '-n', '4', '--sampler', 'random', '--store', store, *COMMAND]
        outcome = traced(box, f'{call}:error={error}:when={n}', *words)
        assert outcome.status in (0, 1), outcome
        if outcome.status == 1:
            failed += 1
            contains(outcome.err, 'caviar: ')
        announced = {int(line.split()[1]) for line in outcome.out.splitlines()
                     if line.startswith('trial ') and 'loss=' in line}
        assert announced <= complete_of(box, store), (n, announced)
        box.caviar(*words)
        equal(len(box.trials('--store', store, '--state', 'complete')), 4)
    assert failed, 'no run has noticed anything'


@case
def a_write_to_the_store_that_fails_is_a_clean_error(box):
    numbers = range(1, 60) if LONG else (1, 2, 3, 5, 8, 13, 21)
    fails_cleanly(box, 'pwrite64', 'ENOSPC', numbers)


@case
def a_sync_that_fails_is_a_clean_error(box):
    fails_cleanly(box, 'fdatasync', 'EIO', range(1, 20) if LONG else (1, 2, 3, 5))


@case
def a_program_that_cannot_be_started_for_want_of_processes_is_put_back(box):
    box.script('t.sh', 'echo loss=$1\n')
    words = box.words(['run', '-n', '50', '-j', '40', *COMMAND])
    run = box.start_words(['sh', '-c', 'ulimit -n 60; exec "$@"', 'sh'] + words)
    outcome = run.wait()
    if outcome.status:
        contains(outcome.err, 'caviar: ')
    assert not box.trials('--state', 'running') and not box.trials('--state', 'failed')
    wait_until('nothing is left', lambda: not box.processes())


main()
