#!/usr/bin/env python3
"""
limits.py: what 100 to 100,000 workers of one study ask of a PostgreSQL server.

    bench/cluster/limits.py [--build build] [--minutes 1,10,60] [--each 1,16] [--json]

Measures, on a server of its own, what one operation costs: processor time of the server (which
other work on the machine does not lengthen, as it would a clock's), memory of a connection, and how
long a write holds the study's row of counters. From these follows what so many workers ask for,
each a process with so many trials at a time that take so many minutes; and a simulation of them at
that row, which lets one write pass after the other, tells how long they wait for it.
"""
import argparse
import heapq
import json
import os
import random
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, 'tests', 'support'))
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import join  # noqa: E402
import postgres  # noqa: E402
from program import built, call  # noqa: E402

TICKS = os.sysconf('SC_CLK_TCK')
BEAT_S = 20    # between two heartbeats of a worker: a third of the lease
LOOK_S = 5     # between two looks at what is wanted of the study, where nothing was told
WRITES = 2     # of a pair: a trial is made, and its result is told
CHANGES = 2    # of a pair, that every worker reads
ROWS = 200000  # that are read, to find what a row costs
ASKS = 101     # of bench_cluster join, beside them
TIMES = 3000   # that a statement is run, to find what it costs
COUNTS = [100, 1000, 10000, 100000]

STATEMENTS = {
    'beat': "UPDATE caviar_trials SET lease_ms = (extract(epoch FROM clock_timestamp()) * 1000)"
            "::bigint + 60000 WHERE study = 1 AND state = 'running' AND owner = 'nobody';",
    'look': 'SELECT control, definition FROM caviar_studies WHERE id = 1;',
}
SETTINGS = """
synchronous_commit = off
shared_preload_libraries = 'pg_stat_statements'
"""


def spent(server):
    """Processor seconds of the server and of all its processes that have ended."""
    with open(f'/proc/{server.pid()}/stat', encoding='utf-8') as file:
        cells = file.read().rsplit(')', 1)[1].split()
    return sum(int(cell) for cell in cells[11:15]) / TICKS


def cost_of(server, what, times):
    """Processor seconds of the server for each of so many times that `what` does something."""
    time.sleep(0.3)
    before = spent(server)
    what()
    time.sleep(0.3)  # so that its processes have ended
    return (spent(server) - before) / times


def run_statement(server, text):
    path = os.path.join(server.folder, 'statement.sql')
    with open(path, 'w', encoding='utf-8') as file:
        file.write(text + '\n')
    server.run('pgbench', '-n', '-M', 'prepared', '-t', str(TIMES), '-f', path, '-h',
               server.folder, '-p', str(server.port), '-U', 'caviar', 'postgres')


def connection_bytes(server, program):
    """Memory of the server's process for a worker that nothing else shares."""
    with subprocess.Popen([program, 'work', server.url(), '1', '3'],
                          stdout=subprocess.DEVNULL) as worker:
        time.sleep(2)
        pid = server.sql("SELECT pid FROM pg_stat_activity WHERE application_name = 'caviar' "
                         'ORDER BY query_start DESC LIMIT 1').strip()
        with open(f'/proc/{pid}/smaps_rollup', encoding='utf-8') as file:
            private = sum(int(line.split()[1]) for line in file if line.startswith('Private_'))
        worker.wait()
    return private * 1024


def write_seconds(server):
    """How long a write holds the row of counters, where nothing else delays it: the mean of two."""
    return float(server.sql("SELECT avg(min_exec_time) / 1000 FROM pg_stat_statements WHERE calls "
                            "> 100 AND query LIKE 'WITH c AS (UPDATE caviar_counters%'"))


def measure(program):
    with postgres.Server(settings=SETTINGS) as server:
        server.sql('CREATE EXTENSION pg_stat_statements')
        place = server.url()
        pairs = {}
        costs = {'pair': cost_of(server, lambda: pairs.update(
            call(program, 'work', place, 1, 4)), 1)}
        costs['pair'] /= pairs['pairs']
        costs['write'] = write_seconds(server)
        costs['connection_bytes'] = connection_bytes(server, program)
        for name, text in STATEMENTS.items():
            costs[name] = cost_of(server, lambda text=text: run_statement(server, text), TIMES)
        join.fill_postgresql(server, ROWS)
        joined = cost_of(server, lambda: call(program, 'join', place, 'bench'), 1)
        costs['row'] = (joined - ASKS * costs['pair']) / ROWS
        costs['row_bytes'] = int(server.sql(
            'SELECT avg(length(t::text)) FROM caviar_trials t').split('.')[0])
        return costs


def simulate(trials, minutes, hold, seed=1, most=200000):
    """
    So many trials at a time that take so many minutes (exponentially distributed), at a row that
    each write holds for `hold` seconds: the share of their time that they wait for it, and the
    longest wait.
    """
    draw = random.Random(seed)
    ready = [(draw.expovariate(1 / (60 * minutes)), WRITES) for _ in range(trials)]
    heapq.heapify(ready)
    free, waited, longest, now = 0.0, 0.0, 0.0, 0.0
    for _ in range(max(most, 4 * trials)):
        now, left = ready[0]
        begin = max(now, free)
        free = begin + hold
        waited += begin - now
        longest = max(longest, begin - now)
        after = (free, left - 1) if left > 1 else (free + draw.expovariate(1 / (60 * minutes)),
                                                   WRITES)
        heapq.heapreplace(ready, after)
    return waited / (now * trials), longest


def demand(costs, trials, minutes, each):
    """What so many trials at a time ask of the server, `each` of them in a process, a second."""
    workers = trials / each
    pairs = trials / (60 * minutes)
    rows = pairs * CHANGES * workers
    lost, longest = simulate(trials, minutes, costs['write'])
    return {
        'trials': trials, 'minutes': minutes, 'each': each, 'pairs_per_s': pairs,
        'cores_pairs': pairs * costs['pair'],
        'cores_beats': workers / BEAT_S * costs['beat'],
        'cores_looks': workers / LOOK_S * costs['look'],
        'cores_reading': rows * costs['row'],
        'read_mb_per_s': rows * costs['row_bytes'] / 1e6,
        'memory_gb': workers * costs['connection_bytes'] / 1e9,
        'row_held': pairs * WRITES * costs['write'],
        'lost_share': lost, 'longest_wait_s': longest,
    }


def show(costs, rows):
    print('measured, of the server: ' + ', '.join(
        f'{name} {costs[name] * 1e6:.1f} us' for name in ['pair', 'write', 'beat', 'look', 'row'])
        + f'; a connection {costs["connection_bytes"] / 1e6:.1f} MB, a row {costs["row_bytes"]} B')
    print(f'{"trials":>8} {"of":>8} {"-j":>3} {"pairs/s":>8} | cores for {"pairs":>6} {"beats":>6} '
          f'{"looks":>6} {"reading":>8} | {"MB/s":>8} {"GB":>7} | {"row held":>8} {"lost":>7} '
          f'{"longest":>9}')
    for one in rows:
        print(f'{one["trials"]:8} {one["minutes"]:4.0f} min {one["each"]:3} '
              f'{one["pairs_per_s"]:8.1f} | '
              f'{"":9} {one["cores_pairs"]:6.2f} {one["cores_beats"]:6.2f} '
              f'{one["cores_looks"]:6.2f} {one["cores_reading"]:8.2f} | '
              f'{one["read_mb_per_s"]:8.1f} {one["memory_gb"]:7.2f} | {one["row_held"]:8.1%} '
              f'{one["lost_share"]:7.2%} {one["longest_wait_s"] * 1e3:6.1f} ms')


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[1])
    parser.add_argument('--build', default=os.path.join(ROOT, 'build'))
    parser.add_argument('--minutes', default='1,10,60', help='that a trial takes')
    parser.add_argument('--each', default='1,16', help='trials at a time of a worker (-j)')
    parser.add_argument('--json', action='store_true')
    given = parser.parse_args()
    costs = measure(built(given.build))
    rows = [demand(costs, trials, float(minutes), int(each))
            for minutes in given.minutes.split(',') for trials in COUNTS
            for each in given.each.split(',')]
    if given.json:
        print(json.dumps({'costs': costs, 'demand': rows}, indent=1))
    else:
        show(costs, rows)


main()
