#!/usr/bin/env python3
"""
test_workers.py: workers on one store, that are killed, and whose server goes down. Whatever
happens: every trial of the budget has one result, and no result is lost or counted twice.

A server of the test's own is started for the cases of a PostgreSQL store; where there is no
PostgreSQL these are skipped.
"""
import os
import random
import signal
import socket
import sqlite3
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'support'))
import postgres  # noqa: E402
from harness import (LONG, PATIENCE, UNDER_VALGRIND, Skip, case, contains,  # noqa: E402
                     equal, main, read, wait_until)

SEED = int(os.environ.get('CAVIAR_TEST_SEED', '4711'))
SCALE = 5 if LONG else 1

# Each trial leaves a line in a log of its own before it answers.
TRIAL = """echo "$CAVIAR_TRIAL $1" >>"$3/ran.log"
sleep "$2"
echo "loss=$1"
"""


def server(durable=False, settings=''):
    if not postgres.binaries():
        raise Skip('there is no PostgreSQL server here (package postgresql)')
    return postgres.Server(durable=durable, settings=settings)


def study(box, trials, keys='', nap='0.02'):
    box.script('trial.sh', TRIAL)
    return box.file('study.yaml',
                    f'study: many\ncommand: ./trial.sh {{x}} {nap} {box.folder}\nmetric: loss\n'
                    f'seed: 5\nsampler: random\nscheduler: none\nbudget: {{trials: {trials}}}\n'
                    f'{keys}\nspace:\n  x: {{type: float, low: 0, high: 1}}\n')


def check_results(box, trials, *store):
    """Every trial is complete, with the value of its own parameter."""
    rows = box.trials(*store, '--study', 'many')
    equal([row['id'] for row in rows], list(range(trials)))
    for row in rows:
        equal((row['state'], row['values']['loss']), ('complete', row['config']['x']))
    contains(box.caviar('doctor', *store).out, 'is sound')
    return rows


def start_workers(box, count, *store):
    return [box.start('worker', '--study', 'many', '--quiet', '--log', f'log{i}', *store)
            for i in range(count)]


def check_logs(box, count, rows):
    """No attempt of a trial was given to two workers."""
    ran = [line.split()[0] for line in box.read('ran.log').splitlines()]
    equal(sorted(set(int(number) for number in ran)), [row['id'] for row in rows])
    return len(ran)


def kill_at_random(box, workers, kills, *store):
    """Kills a worker without warning, and lets another come, again and again."""
    print(f'# seed {SEED}')
    choose = random.Random(SEED)
    for _ in range(kills):
        time.sleep(choose.uniform(0.05, 0.25))
        victim = choose.randrange(len(workers))
        workers[victim].signal(signal.SIGKILL)
        workers[victim].process.wait()
        workers[victim] = start_workers(box, 1, *store)[0]


def run_with_kills(box, trials, count, kills, *store):
    # lost four times, a trial would fail; more often than that nobody is killed on the same one
    box.caviar('run', study(box, trials, keys='retry: 50'), '-n', '1', *store)
    box.caviar('resume', 'many', '-n', str(trials), '--only', *store)
    workers = start_workers(box, count, *store)
    kill_at_random(box, workers, kills, *store)
    for worker in workers:
        worker.wait(status=0)
    rows = check_results(box, trials, *store)
    assert check_logs(box, count, rows) >= trials


@case
def workers_of_an_sqlite_file_share_a_budget_and_may_be_killed(box):
    run_with_kills(box, 60 * SCALE, 4, 8 * SCALE, '--store', 'caviar.db')


@case
def sixteen_workers_of_a_postgresql_study_may_be_killed(box):
    with server() as at:
        run_with_kills(box, 120 * SCALE, 16, 12 * SCALE, '--store', at.url())


@case
def a_run_goes_on_through_restarts_of_the_server(box):
    with server(durable=True) as at:
        store = ('--store', at.url())
        trials = 160 * SCALE
        run = box.start('run', study(box, trials, nap='0.05'), '-j', '4', '--quiet', *store)
        wait_until('the study is there', lambda: os.path.exists(box.path('ran.log')))
        worker = start_workers(box, 1, *store)[0]
        wait_until('the worker is there', lambda: os.path.exists(box.path('log0')))
        for mode in ['fast', 'immediate'] * SCALE:
            before = len(read(box.path('ran.log')))
            wait_until('trials run', lambda: len(read(box.path('ran.log'))) > before + 200)
            at.stop(mode)
            time.sleep(0.3)
            at.start()
        run.wait(status=0)
        worker.wait(status=0)
        rows = check_results(box, trials, *store)
        equal(check_logs(box, 2, rows), trials)  # none was run again


@case
def what_was_told_is_on_the_disk_when_the_server_is_killed(box):
    late = 'wal_writer_delay = 10000ms\nwal_writer_flush_after = 1GB'  # it writes nothing by itself
    with server(durable=True, settings=late) as at:
        store = ('--store', at.url())
        box.caviar('run', study(box, 6, nap='0'), '-j', '1', '--quiet', *store)
        at.stop('immediate')
        at.start()
        check_results(box, 6, *store)


@case
def trials_stay_with_their_workers_when_the_server_was_away_longer_than_their_leases(box):
    with server(durable=True) as at:
        store = ('--store', at.url())
        run = box.start('run', study(box, 6, nap='1'), '-j', '2', '--quiet', *store)
        wait_until('two trials run', lambda: os.path.exists(box.path('ran.log'))
                   and len(read(box.path('ran.log')).splitlines()) == 2)
        run.signal(signal.SIGSTOP)  # it is the last one to come back
        at.sql("UPDATE caviar_trials SET lease_ms = 1 WHERE state = 'running'")
        at.stop()
        at.start()
        worker = start_workers(box, 1, *store)[0]
        wait_until('another one works', lambda: len(read(box.path('ran.log')).splitlines()) > 2)
        run.signal(signal.SIGCONT)
        run.wait(status=0)
        worker.wait(status=0)
        equal(check_logs(box, 2, check_results(box, 6, *store)), 6)  # none was run again


def lose_the_server(box, at, url=None):
    """A run with two running trials, whose server has just gone."""
    run = box.start('run', study(box, 8, nap='0.5'), '-j', '2', '--quiet', '--store',
                    url or at.url())
    wait_until('trials run', lambda: os.path.exists(box.path('ran.log'))
               and len(read(box.path('ran.log')).splitlines()) >= 4)
    at.stop('fast')
    return run


def check_all_is_run_in_the_end(box, at):
    at.start()
    box.caviar('resume', 'many', '--quiet', '--store', at.url())
    check_results(box, 8, '--store', at.url())
    equal(box.processes(), [])


@case
def a_run_whose_server_is_gone_says_so_and_ends_by_ctrl_c(box):
    with server(durable=True) as at:
        run = lose_the_server(box, at)
        wait_until('it says so', lambda: 'does not answer' in run.err())
        contains(run.err(), 'waited for, for', 'Ctrl-C twice')
        run.signal(signal.SIGINT)
        wait_until('it says how to go on', lambda: 'Ctrl-C once more' in run.err())
        assert not run.has_ended()
        run.signal(signal.SIGINT)
        began = time.monotonic()
        run.wait(status=1)
        assert time.monotonic() - began < 60, 'it waited for the server all the same'
        contains(run.err(), 'waited for no longer', 'the server is gone')
        check_all_is_run_in_the_end(box, at)


@case
def a_run_whose_server_is_gone_ends_at_once_when_it_is_told_to(box):
    with server(durable=True) as at:
        run = lose_the_server(box, at)
        wait_until('it says so', lambda: 'does not answer' in run.err())
        run.signal(signal.SIGTERM)
        run.wait(status=1)
        check_all_is_run_in_the_end(box, at)


class Silence(socket.socket):
    """Takes connections at a port of the loopback, and never answers."""

    def __init__(self, port=0):
        super().__init__()
        self.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.bind(('127.0.0.1', port))
        self.listen(16)
        self.settimeout(PATIENCE)
        self.port = self.getsockname()[1]


@case
def a_run_whose_server_takes_calls_and_never_answers_hears_all_the_same(box):
    for number in (signal.SIGTERM, signal.SIGINT):
        with server(durable=True) as at:
            url = f'postgresql://caviar@127.0.0.1:{at.port}/postgres?connect_timeout=1000'
            run = lose_the_server(box, at, url)
            with Silence(at.port) as silent:
                held = silent.accept()
                wait_until('it says so', lambda: 'does not answer' in run.err())
                if number == signal.SIGINT:
                    run.signal(number)
                    wait_until('it says how to go on', lambda: 'Ctrl-C once more' in run.err())
                run.signal(number)
                run.wait(status=1)
                held[0].close()
            check_all_is_run_in_the_end(box, at)
        os.remove(box.path('ran.log'))


@case
def a_host_that_never_answers_is_left_out(box):
    with server() as at, Silence() as one, Silence() as other:
        ports = [one.port, other.port, at.port]
        names = ','.join(f'localhost:{port}' for port in ports)
        url = f'postgresql://caviar@{names}/postgres?connect_timeout=2'
        box.caviar('run', study(box, 2, nap='0'), '--store', url)
        check_results(box, 2, '--store', at.url())
        silent = f'postgresql://caviar@127.0.0.1:{one.port}/postgres?connect_timeout=2'
        contains(box.caviar('studies', '--store', silent, status=1).err,
                 f'timeout expired: 127.0.0.1, port {one.port}, does not answer')
        contains(box.caviar('studies', '--store', silent + 's', status=1).err,
                 'connect_timeout is a number of seconds')


@case
def a_service_file_names_hosts_and_how_long_they_are_waited_for(box):
    with server() as at, Silence() as silent:
        path = box.file('services', f'[lab]\nhost=127.0.0.1,{at.folder}\ndbname=postgres\n'
                        f'port={silent.port},{at.port}\nuser=caviar\nconnect_timeout=2\n')
        store = ('--store', 'postgresql://?service=lab')
        box.caviar('run', study(box, 2, nap='0'), *store, PGSERVICEFILE=path)
        check_results(box, 2, '--store', at.url())


@case
def a_run_that_was_told_to_end_while_its_server_was_away_does_so_when_it_is_back(box):
    with server(durable=True) as at:
        run = lose_the_server(box, at)
        wait_until('it says so', lambda: 'does not answer' in run.err())
        run.signal(signal.SIGINT)
        wait_until('it says how to go on', lambda: 'Ctrl-C once more' in run.err())
        at.start()
        run.wait(status=130)
        equal({row['state'] for row in box.trials('--store', at.url(), '--study', 'many')},
              {'complete'})
        box.caviar('resume', 'many', '--quiet', '--store', at.url())
        check_results(box, 8, '--store', at.url())


@case
def a_worker_comes_and_goes_and_its_trial_is_given_back(box):
    with server() as at:
        store = ('--store', at.url())
        box.caviar('run', study(box, 3, nap='0.02'), '-n', '1', *store)
        box.caviar('resume', 'many', '-n', '3', '--only', *store)
        box.file('trial.sh', '#!/bin/sh\n' + TRIAL.replace('"$2"', '100'), executable=True)
        worker = start_workers(box, 1, *store)[0]
        wait_until('a trial runs', lambda: len(read(box.path('ran.log')).splitlines()) == 2)
        listed = box.json('workers', *store)
        equal([(one['process'], one['running']) for one in listed], [(str(worker.pid), [1])])
        assert 0 < listed[0]['lease_left_ms'] <= 60000, listed
        contains(box.caviar('workers', *store).out, str(worker.pid))
        worker.signal(signal.SIGTERM)
        worker.wait(status=130)
        equal(box.json('workers', *store), [])
        equal(sum(one['ended'] for one in box.json('workers', '--all', *store)), 1)
        states = [row['state'] for row in box.trials(*store)]
        equal(states, ['complete', 'waiting'])
        box.script('trial.sh', TRIAL)
        box.caviar('worker', '-j', '2', '--quiet', *store)
        rows = check_results(box, 3, *store)
        equal([row['attempt'] for row in rows], [1, 2, 1])


@case
def a_trial_that_somebody_else_has_by_now_is_ended_here(box):
    """Its process hears of it at its next report, by whichever way that comes."""
    for way, words in (('print', 'echo "caviar: step=1 loss=1"'),
                       ('socket', 'caviar report --step 1 loss=1')):
        box.script('t.sh', f'while [ ! -e {box.path("go")} ]; do sleep 0.02; done\n'
                           f'{words}\nexec sleep 60\n')
        store = box.path(f'{way}.db')
        run = box.start('run', '-n', '1', '--steps', '9', '--minimize', 'loss', '--study', way,
                        '--store', store, '--', './t.sh', '{x: 0 1}')
        wait_until('it runs', box.processes)
        with sqlite3.connect(store) as db:
            db.execute("UPDATE trials SET attempt = attempt + 1, owner = 'somebody'")
        db.close()
        box.file('go', '')
        wait_until('it is ended', lambda: not box.processes())
        os.remove(box.path('go'))
        run.signal(signal.SIGINT)
        contains(run.wait().out,
                 'trial 0 was taken over (attempt 1 is over, 2 is the present one)')


@case
def a_stopped_study_stays_stopped_when_a_worker_joins(box):
    box.caviar('run', study(box, 5), '-n', '1')
    box.caviar('resume', 'many', '-n', '5', '--only')
    box.caviar('stop', 'many')
    contains(box.caviar('worker').out, "stopped by 'caviar stop'")
    equal(len(box.trials()), 1)


@case
def a_password_is_seen_nowhere(box):
    with server(settings="log_statement = 'none'") as at:
        at.sql("CREATE ROLE secretive LOGIN SUPERUSER PASSWORD 'open-sesame'")
        with open(os.path.join(at.data, 'pg_hba.conf'), 'w', encoding='utf-8') as file:
            file.write('local all caviar trust\nhost all secretive 127.0.0.1/32 scram-sha-256\n')
        at.sql('SELECT pg_reload_conf()')
        address = f'127.0.0.1:{at.port}/postgres'
        good = f'postgresql://secretive:open-sesame@{address}'
        wrong = box.caviar('studies', '--store', good.replace('open-', 'close-'), status=1)
        contains(wrong.err, 'authentication failed', f'postgresql://secretive@{address}')
        assert 'sesame' not in wrong.err + wrong.out, wrong
        malformed = box.caviar('studies', '--store', good.replace(':' + str(at.port), ':port'),
                               status=1)
        assert 'sesame' not in malformed.err, malformed
        run = box.start('run', study(box, 4, nap='1'), '--store', good, '--log', 'log')
        wait_until('a trial runs', lambda: os.path.exists(box.path('ran.log')))
        with open(f'/proc/{run.pid}/cmdline', 'rb') as file:
            line = file.read()
        if not UNDER_VALGRIND:  # which has a command line of its own
            assert b'secretive' in line and b'sesame' not in line, line
        for pid, _ in box.processes():
            with open(f'/proc/{pid}/environ', 'rb') as file:
                assert b'sesame' not in file.read()
        run.wait(status=0)
        for text in (run.out(), run.err(), box.read('log')):
            assert 'sesame' not in text, text
        check_results(box, 4, '--store', f'{good}')
        page = box.caviar('export', '--format', 'html', '--store', good).out
        assert 'sesame' not in page


main()
