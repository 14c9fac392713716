#!/usr/bin/env python3
"""
test_hostile_trials.py: trials that do what no trial should, by mistake or on purpose: to their
tuner, their socket, their folder, their numbers. The tuner stays up, bounded in memory, says what
happened, and other trials are none the worse.
"""
import os
import signal
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'support'))
from harness import (LONG, UNDER_VALGRIND, Skip, case, contains, equal, main,  # noqa: E402
                     wait_until)

COMMAND = ['--minimize', 'loss', '--study', 's', '--', './t.sh', '{x: 0 1}']
PYTHON = '#!/usr/bin/env python3\nimport json, os, socket, sys, time\n'
CONNECT = """
def connect(path=os.environ['CAVIAR_SOCKET']):
    link = socket.socket(socket.AF_UNIX)
    link.settimeout(20)
    link.connect(path)
    return link
first = os.environ['CAVIAR_TRIAL'] == '0'
"""


def python(box, text):
    """The trial as a program in Python: what it does first if it is trial 0, then a result."""
    box.file('t.sh', PYTHON + CONNECT + text + '\nprint("loss=" + sys.argv[1])\n', executable=True)


def run(box, trials=3, *words, **env):
    outcome = box.caviar('run', '-n', trials, '--sampler', 'random', *words, *COMMAND, **env)
    contains(box.caviar('doctor').out, 'is sound')
    return outcome


def check_good(box, trials=3, first='complete'):
    """All but the first trial are complete."""
    equal([trial['state'] for trial in box.trials()], [first] + ['complete'] * (trials - 1))


def most_memory_kb(pid):
    try:
        with open(f'/proc/{pid}/status', encoding='utf-8') as file:
            return max([int(line.split()[1]) for line in file if line.startswith('VmHWM:')] + [0])
    except OSError:
        return 0


# ---- Reports ---------------------------------------------------------------------------------

@case
def a_flood_of_reports_is_taken_in_bounded_memory(box):
    count = 1000000 if LONG else 30000
    box.script('t.sh', f'seq {count} | sed "s/.*/caviar: step=& loss=&/"\n')
    # what a sanitizer keeps of freed memory, to see who still uses it, does not count
    options = os.environ.get('ASAN_OPTIONS', '') + ':quarantine_size_mb=8'
    started = box.start('run', '-n', '1', *COMMAND, ASAN_OPTIONS=options)
    peak = 0

    def is_over():
        nonlocal peak
        peak = max(peak, most_memory_kb(started.pid))
        return started.has_ended()
    wait_until('it has ended', is_over, 3000 if LONG else 300)
    started.wait(0)
    trial = box.trials()[0]
    equal((trial['state'], trial['values']['loss']), ('complete', count))
    if not UNDER_VALGRIND:
        assert 0 < peak < (1500 << 10 if LONG else 200 << 10), f'{peak} KB'
    contains(box.caviar('doctor').out, 'is sound')


@case
def reports_of_absurd_steps_and_values_do_no_harm(box):
    lines = ['step=99999999999999999999 loss=1', 'step=-5 loss=1', 'step=1e308 loss=1',
             'step=9223372036854775807 loss=1', 'step=0.5 loss=1', 'step=1 loss=1e999',
             'step= loss=', 'step=1 loss=0x1p-1074', 'step=2 loss=--1', 'step=2',
             'loss=1 loss=2 loss=3',
             'step=3 ' + 'y' * 5000 + '=1 loss=1', 'step=1 step=2 loss=1', '=', '==', 'step',
             ' '.join(f'm{i}={i}' for i in range(5000))]
    box.file('lines', ''.join(f'caviar: {line}\n' for line in lines))
    box.script('t.sh', 'if test "$CAVIAR_TRIAL" = 0; then cat lines; fi; echo loss=$1\n')
    run(box)
    states = [trial['state'] for trial in box.trials()]
    assert states[0] in ('complete', 'failed'), states
    equal(states[1:], ['complete'] * 2)


@case
def steps_that_run_backwards_are_branches_that_were_given_up(box):
    box.script('t.sh', 'for i in 9 8 7 6 5 4 3 2 1 1 1; do echo "caviar: step=$i loss=$1"; done\n')
    run(box)
    check_good(box)
    equal(len(box.json('show', '0')['curve']), 1)


# ---- The socket ------------------------------------------------------------------------------

@case
def rubbish_on_the_socket_is_answered_or_cut_off(box):
    python(box, r"""
if first:
    for rubbish in (b'\0' * 1000 + b'\n', b'{' * 100000 + b'\n', b'[' * 5000 + b']' * 5000 + b'\n',
                    b'{"cmd":' + b'"x' * 9 + b'\n', b'\xff\xfe\n', b'{}\n' * 2000,
                    b'null\n1\n"a"\n',
                    b'{"cmd":"report","step":1e400,"value":1}\n', b'x' * (2 << 20),
                    b'{"cmd":"report","step":-1,"metrics":{"loss":{}}}\n',
                    b'{"cmd":"tell","state":"complete","metrics":{"\\u0000":1}}\n'):
        link = connect()
        try:
            link.sendall(rubbish)
            link.shutdown(socket.SHUT_WR)
            while link.recv(65536):
                pass
        except OSError:
            pass
""")
    run(box)
    check_good(box)


@case
def one_that_never_reads_its_answers_is_cut_off(box):
    python(box, r"""
if first:
    link = connect()
    try:
        for i in range(200000):
            link.sendall(b'{"cmd":"hello","version":1}\n')
        print('was not cut off')
    except OSError:
        print('was cut off')
""")
    run(box)
    check_good(box)
    contains(box.json('show', '0')['output'], 'was cut off')


@case
def a_crowd_of_connections_does_not_take_the_tuners_files(box):
    python(box, r"""
if first:
    links = []
    try:
        for i in range(500):
            links.append(connect())
            links[-1].sendall(b'{"cmd"')
    except OSError:
        pass
    time.sleep(1)
""")
    words = box.words(['run', '-n', '4', '-j', '2', '--sampler', 'random', *COMMAND])
    outcome = box.start_words(['sh', '-c', 'ulimit -n 100; exec "$@"', 'sh'] + words).wait()
    if outcome.status:  # a trial could not be started: it is said, and put back
        contains(outcome.err, 'caviar: ')
    contains(box.caviar('doctor').out, 'is sound')
    box.caviar('resume')
    check_good(box, 4)


@case
def a_socket_that_is_taken_away_is_only_the_trials_own_loss(box):
    python(box, """
if first:
    os.unlink(os.environ['CAVIAR_SOCKET'])
    open(os.environ['CAVIAR_SOCKET'], 'w').write('mine')
""")
    run(box, 3, '-j', '1')
    check_good(box)


@case
def what_an_earlier_attempt_says_is_refused(box):
    python(box, """
again = os.path.exists(os.environ['CAVIAR_DIR'] + '/again')
if first and not again:
    open(os.environ['CAVIAR_DIR'] + '/again', 'w').close()
    if os.fork() == 0: # lives on in a session and with an environment of its own
        os.setsid()
        time.sleep(3)
        try:
            connect().sendall(b'{"cmd":"tell","metrics":{"loss":-99}}\\n')
        except OSError:
            pass
        os._exit(0)
    sys.exit(1)
""")
    run(box, 3, '--retry', '2')
    check_good(box)
    assert all(trial['values']['loss'] >= 0 for trial in box.trials())


# ---- Its tuner, its folder, itself -----------------------------------------------------------

@case
def a_trial_that_kills_its_tuner_is_told_of_when_it_is_resumed(box):
    box.script('t.sh', 'if test "$CAVIAR_TRIAL" = 1 && ! test -e once; then touch once; '
                       'kill -9 $PPID; sleep 100; fi\necho loss=$1\n')
    started = box.start('run', '-n', '4', '--sampler', 'random', *COMMAND)
    started.process.wait(60)
    equal(started.process.returncode, -signal.SIGKILL)
    box.caviar('resume')
    check_good(box, 4)
    equal(box.processes(), [])
    contains(box.caviar('doctor').out, 'is sound')


@case
def a_trial_that_stops_itself_is_ended_by_its_time_out(box):
    box.script('t.sh', 'trap "" TERM; if test "$CAVIAR_TRIAL" = 0; then kill -STOP $$; fi\n'
                       'echo loss=$1\n')
    box.file('s.yaml', 'study: s\ncommand: ./t.sh {x}\nmetric: loss\nbudget: {trials: 3}\n'
                       'timeout: 1s\ngrace: 1s\nretry: 0\n'
                       'space: {x: {type: float, high: 1, low: 0}}\n')
    box.caviar('run', 's.yaml')
    check_good(box, first='failed')
    equal(box.trials()[0]['reason'], 'timeout')


@case
def a_trial_that_removes_its_folder_can_still_give_a_result(box):
    box.script('t.sh', 'if test "$CAVIAR_TRIAL" = 0; then rm -rf "$CAVIAR_DIR"; '
                       'touch "$CAVIAR_DIR"; fi\necho loss=$1\n')
    run(box)
    check_good(box)


@case
def a_fork_bomb_that_is_bounded_leaves_nothing(box):
    box.script('t.sh', 'if test "$CAVIAR_TRIAL" = 0; then for i in $(seq 100); do '
                       '(sleep 300 & setsid sleep 300 &) ; done; fi\necho loss=$1\n')
    run(box)
    check_good(box)
    equal(box.processes(), [])


# ---- The world -------------------------------------------------------------------------------

@case
def a_clock_that_runs_backwards_takes_no_result_away(box):
    library = os.environ.get('CAVIAR_ODD_CLOCK')
    if not library or UNDER_VALGRIND:
        raise Skip('the odd clock cannot be loaded here')
    box.script('t.sh', 'echo "caviar: step=1 loss=$1"; echo "caviar: step=2 loss=$1"\n')
    options = os.environ.get('ASAN_OPTIONS', '') + ':verify_asan_link_order=0'
    run(box, 10, '-j', '3', LD_PRELOAD=library, ASAN_OPTIONS=options)
    check_good(box, 10)
    for trial in box.trials():
        equal((trial['attempt'], trial['values']['loss']), (1, trial['config']['x']))
        assert trial.get('seconds', 0) >= 0, trial


main()
