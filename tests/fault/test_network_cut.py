#!/usr/bin/env python3
"""
test_network_cut.py: workers whose network to the database fails them: nothing arrives for a while,
everything arrives late and some of it not, answers are lost, the server is gone and nobody was
told. Whatever happens: every trial of the budget has one result, no result is lost or counted
twice, and nobody waits for ever.

The server and the workers are on two machines of the test's own (support/wire.py).
"""
import atexit
import functools
import os
import signal
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'support'))
import postgres  # noqa: E402
import wire as network  # noqa: E402
from harness import LONG, Skip, case, contains, equal, main, wait_until  # noqa: E402

SEED = int(os.environ.get('CAVIAR_TEST_SEED', '4711'))
SCALE = 10 if LONG else 1

# A dead network is noticed in two seconds, not in half a minute.
IMPATIENT = '?tcp_user_timeout=2000&keepalives_idle=1&keepalives_interval=1&connect_timeout=2'

# Each attempt of a trial leaves a line in a log of its own, and so does its end.
TRIAL = """echo "$CAVIAR_TRIAL" >>"$3/ran.log"
sleep "$2"
echo "$CAVIAR_TRIAL" >>"$3/ended.log"
echo "loss=$1"
"""


class Place:
    """The two machines and the server, for all cases."""

    def __init__(self):
        if os.getuid() != 0:
            raise Skip('only root may make network namespaces')
        if not postgres.binaries():
            raise Skip('there is no PostgreSQL server here (package postgresql)')
        print(f'# seed {SEED}')
        self.wire = network.Wire(SEED)
        self.server = postgres.Server(durable=True,
                                      settings=f"listen_addresses = '{network.SERVER}'\n")
        with open(os.path.join(self.server.data, 'pg_hba.conf'), 'a', encoding='utf-8') as file:
            file.write(f'host all all {network.WORKER}/32 trust\n')
        atexit.register(self.close)
        self.wire.__enter__()
        self.start_server()

    def start_server(self):
        with self.wire.at_server():
            self.server.start()

    def close(self):
        self.server.__exit__()
        self.wire.__exit__()


@functools.cache
def place():
    return Place()


class Lab:
    """A study in a database of its own, and workers on the other machine."""

    def __init__(self, box, options=''):
        self.box, self.place = box, place()
        self.wire, self.server = self.place.wire, self.place.server
        self.name = f'case{time.monotonic_ns()}'
        self.server.sql(f'CREATE DATABASE {self.name}')
        self.near = ('--store', self.server.url(database=self.name))  # by the server's own socket
        self.far = ('--store', f'postgresql://caviar@{network.SERVER}:{self.server.port}/'
                    f'{self.name}{options}')

    def sql(self, text):
        return self.server.sql(text, database=self.name)

    def study(self, trials, nap):
        """A study of so many trials, of which the first has been run."""
        self.box.script('trial.sh', TRIAL)
        file = self.box.file(
            'study.yaml', f'study: cut\ncommand: ./trial.sh {{x}} {nap} {self.box.folder}\n'
            f'metric: loss\nseed: 5\nsampler: random\nbudget: {{trials: {trials}}}\n'
            'space:\n  x: {type: float, low: 0, high: 1}\n')
        self.box.caviar('run', file, '-n', '1', *self.near)
        self.box.caviar('resume', 'cut', '-n', str(trials), '--only', *self.near)

    def worker(self, *words):
        with self.wire.at_worker():
            return self.box.start('worker', '--study', 'cut', *words, *self.far)

    def ran(self, name='ran.log'):
        """The numbers of the trials that were begun, in order."""
        return [int(line) for line in self.box.read(name).splitlines()]

    def wait_for_trials(self, count, name='ran.log'):
        wait_until(f'{count} trials are in {name}', lambda: len(self.ran(name)) >= count)

    def rows(self):
        return self.box.trials(*self.near, '--study', 'cut')

    def check(self, trials):
        """Every trial is complete, with the value of its own parameter."""
        rows = self.rows()
        equal([row['id'] for row in rows], list(range(trials)))
        for row in rows:
            equal((row['state'], row['values']['loss']), ('complete', row['config']['x']))
        contains(self.box.caviar('doctor', *self.near).out, 'is sound')
        return rows

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.wire.mend()
        self.wire.delay = self.wire.loss = 0


def expire_leases(lab):
    """As if a minute had passed; in the long run it does."""
    if LONG:
        time.sleep(65)
    else:
        lab.sql("UPDATE caviar_trials SET lease_ms = 1 WHERE state = 'running'")


@case
def a_cut_of_seconds_is_not_even_noticed(box):
    with Lab(box) as lab:
        trials = 30 * SCALE
        lab.study(trials, nap='0.05')
        worker = lab.worker('-j', '2', '--quiet')
        for done in range(SCALE):
            lab.wait_for_trials(5 + 25 * done)
            lab.wire.cut()
            time.sleep(2)
            lab.wire.mend()
        worker.wait(status=0)
        lab.check(trials)
        equal(lab.ran(), sorted(lab.ran()))
        equal(len(lab.ran()), trials)  # none was run again


@case
def a_slow_network_that_loses_packets_costs_nothing_but_time(box):
    with Lab(box) as lab:
        trials = 8 * SCALE
        lab.study(trials, nap='0.01')
        lab.wire.delay, lab.wire.loss = 0.02, 0.05
        worker = lab.worker('-j', '2', '--quiet')
        worker.wait(status=0)
        lab.check(trials)
        equal(len(lab.ran()), trials)


def lose_answer_to(box, needle):
    """The server gets a request, and its answer gets lost, with all that comes after."""
    with Lab(box, IMPATIENT) as lab:
        lab.study(15, nap='0.05')
        worker = lab.worker('-j', '1', '--quiet')
        lab.wait_for_trials(5)
        lab.wire.cut_behind(needle, network.WORKER)
        wait_until('the answer was lost', lab.wire.is_cut)
        time.sleep(3)  # the worker has given the connection up, and the server's end of it may live
        lab.wire.mend()
        worker.wait(status=0)
        lab.check(15)
        equal(len(lab.ran()), 15)


@case
def a_result_whose_receipt_was_lost_is_recorded_once(box):
    lose_answer_to(box, b'TRIAL_MOVE\0')


@case
def a_trial_that_was_made_while_the_answer_was_lost_is_run_once(box):
    lose_answer_to(box, b'TRIAL_ADD\0')


def backends(lab):
    """The server's processes that serve workers."""
    return [int(line) for line in lab.sql(
        "SELECT pid FROM pg_stat_activity WHERE application_name = 'caviar' "
        "AND datname = current_database()").split()]


def restart_unheard(lab):
    """The server goes and comes while the network is cut."""
    lab.wire.cut()
    lab.server.stop('immediate')
    lab.place.start_server()


def stop_answering(lab):
    """The server's machine takes what workers send, and its processes stand still."""
    pids = backends(lab)
    assert pids
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    return pids


@case
def a_server_that_stands_still_is_told_of_and_waited_for(box):
    with Lab(box) as lab:
        lab.study(15, nap='0.05')
        worker = lab.worker('-j', '2', '--quiet')
        lab.wait_for_trials(5)
        pids = stop_answering(lab)
        wait_until('it says so', lambda: 'no answer comes' in worker.err())
        for pid in pids:
            os.kill(pid, signal.SIGCONT)
        worker.wait(status=0)
        lab.check(15)
        equal(len(lab.ran()), 15)


@case
def a_server_that_is_gone_without_a_word_is_found_again(box):
    with Lab(box, IMPATIENT) as lab:
        lab.study(15, nap='0.05')
        worker = lab.worker('-j', '2', '--quiet')
        lab.wait_for_trials(5)
        restart_unheard(lab)
        time.sleep(1)
        lab.wire.mend()
        worker.wait(status=0)
        lab.check(15)
        equal(len(lab.ran()), 15)


@case
def a_worker_that_waits_for_an_answer_that_will_never_come_notices(box):
    with Lab(box, '' if LONG else IMPATIENT) as lab:
        lab.study(15, nap='0.05')
        worker = lab.worker('-j', '1', '--quiet')
        lab.wait_for_trials(5)
        stop_answering(lab)
        time.sleep(0.5)  # the request is received by now, so there is nothing to send again
        restart_unheard(lab)
        calls = lab.wire.calls
        wait_until('it tries another connection', lambda: lab.wire.calls > calls)
        lab.wire.mend()
        worker.wait(status=0)
        lab.check(15)
        equal(len(lab.ran()), 15)


@case
def a_result_that_comes_after_another_worker_took_over_is_refused(box):
    with Lab(box, '' if LONG else IMPATIENT) as lab:
        lab.study(4, nap='2')
        late = lab.worker('-j', '1')
        lab.wait_for_trials(2)
        number = lab.ran()[-1]
        lab.wire.cut()
        expire_leases(lab)
        other = box.start('worker', '--study', 'cut', '--quiet', *lab.near)
        wait_until('the other one has it', lambda: lab.ran().count(number) == 2)
        wait_until('it has ended twice', lambda: lab.ran('ended.log').count(number) == 2)
        lab.wire.mend()
        late.wait(status=0)
        other.wait(status=0)
        rows = lab.check(4)
        equal(rows[number]['attempt'], 2)
        contains(late.out() + late.err(), f'trial {number} was taken over', 'comes too late')
        equal(len(lab.ran()), 5)


@case
def a_worker_that_is_cut_off_ends_when_it_is_told_to(box):
    with Lab(box) as lab:
        lab.study(30, nap='0.05')
        worker = lab.worker('-j', '2', '--quiet')
        lab.wait_for_trials(5)
        lab.wire.cut()
        wait_until('it says so', lambda: 'no answer comes' in worker.err())
        worker.signal(signal.SIGTERM)
        worker.wait(status=1)
        contains(worker.err(), 'waited for no longer')
        assert 'timeout expired' not in worker.err()  # nor does it wait for the network's limits
        lab.wire.mend()
        expire_leases(lab)
        box.caviar('worker', '--study', 'cut', '-j', '4', '--quiet', *lab.near)
        lab.check(30)


# It reports, and hears of nudges, which are delivered in a group of writes.
REPORTER = """step=0
while [ $((step += 1)) -lt 600 ]; do
    caviar report --step $step loss=1 >/dev/null || exit 1
    sleep 0.1
done
"""


@case
def a_worker_that_was_cut_off_within_a_group_of_writes_holds_nobody_up_for_ever(box):
    if not LONG:
        raise Skip('the server gives such a group up after half a minute (CAVIAR_TEST_LONG=1)')
    with Lab(box) as lab:
        lab.study(4, nap='0')
        box.script('trial.sh', REPORTER)
        worker = lab.worker('--quiet')
        wait_until('it reports', lambda: len(lab.rows()) > 1 and lab.rows()[1]['step'] > 0)
        lab.wire.cut_behind(b'LOCK\0')
        box.caviar('nudge', 1, 'x=0.5', *lab.near)
        wait_until('it was cut off within the delivery', lab.wire.is_cut)
        began = time.monotonic()
        box.caviar('add', 'x=0.25', *lab.near)
        took = time.monotonic() - began
        assert 5 < took < 60, f'a trial was queued after {took:.0f} s'
        lab.wire.mend()
        wait_until('it is delivered all the same',
                   lambda: box.json('show', 1, *lab.near)['nudges'][0]['state'] == 'active')
        box.caviar('stop', 'cut', '--now', *lab.near)
        worker.wait(status=None)


main()
