#!/usr/bin/env python3
"""
cluster.py: what many workers get through on one store, beside the server's own limit and a peer.

    bench/cluster/cluster.py [--build build] [--seconds 5] [--processes 1,4,16,64]
                             [--json] [--quick] [--no-peer]

Starts a PostgreSQL server of its own, with all its syncs. Each figure is a pair: a trial asked for
(and safe on the server's disk) and its result told (and safe). The peer is Optuna's RDBStorage on
the same server, where Python can import optuna and psycopg2 (/usr/bin/python3 has them on Debian).
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, 'tests', 'support'))
import postgres  # noqa: E402
from program import built, call  # noqa: E402

PEER = """
import sys, time, optuna
optuna.logging.set_verbosity(optuna.logging.ERROR)
url, end = sys.argv[1], time.monotonic() + float(sys.argv[2])
study = optuna.load_study(study_name='bench', storage=url, sampler=optuna.samplers.RandomSampler())
pairs, longest = 0, 0
while time.monotonic() < end:
    start = time.monotonic()
    trial = study.ask()
    trial.suggest_float('lr', 1e-5, 1, log=True)
    trial.suggest_int('units', 16, 1024, log=True)
    trial.suggest_categorical('act', ['relu', 'tanh', 'gelu'])
    middle = time.monotonic()
    study.tell(trial, 1.0)
    longest = max(longest, middle - start, time.monotonic() - middle)
    pairs += 1
print(pairs, longest)
"""
PEER_MAKE = """
import sys, optuna
optuna.logging.set_verbosity(optuna.logging.ERROR)
optuna.create_study(study_name='bench', storage=sys.argv[1])
"""


def peer(server, processes, seconds):
    python = '/usr/bin/python3'
    name = f'peer{processes}'
    server.sql(f'CREATE DATABASE {name}')
    url = f'postgresql+psycopg2://caviar@127.0.0.1:{server.port}/{name}'
    made = subprocess.run([python, '-c', PEER_MAKE, url], capture_output=True, check=False)
    if made.returncode:
        return None
    start = time.monotonic()
    running = [subprocess.Popen([python, '-c', PEER, url, str(seconds)], stdout=subprocess.PIPE,
                                text=True) for _ in range(processes)]
    answers = [one.communicate()[0].split() for one in running]
    took = time.monotonic() - start
    answers = [answer for answer in answers if len(answer) == 2]
    pairs = sum(int(answer[0]) for answer in answers)
    # its processes count for themselves, so what they took to start is left out
    return {'per_second': pairs / seconds, 'took': took,
            'longest_ms': 1e3 * max(float(answer[1]) for answer in answers)}


def measure(program, counts, seconds, with_peer):
    rows = []
    with postgres.Server(durable=True) as server:
        for count in counts:
            server.sql(f'CREATE DATABASE ours{count}')
            url = server.url(database=f'ours{count}')
            row = {'processes': count, 'load': os.getloadavg()[0]}
            row['limit'] = call(program, 'limit', url, count, seconds)
            row['postgresql'] = call(program, 'work', url, count, seconds)
            row['optuna'] = peer(server, count, seconds) if with_peer else None
            with tempfile.TemporaryDirectory() as folder:
                row['sqlite'] = call(program, 'work', os.path.join(folder, 'a.db'), count, seconds)
            rows.append(row)
    return rows


def show(rows):
    print('ask and tell, pairs a second (longest wait of one, ms)')
    print(f'{"processes":>9} {"limit":>8} {"PostgreSQL":>18} {"of limit":>9} {"Optuna":>18} '
          f'{"times":>6} {"SQLite":>18} {"load":>5}')
    for row in rows:
        limit, mine, other, file = (row[key] for key in ['limit', 'postgresql', 'optuna', 'sqlite'])

        def cell(one):
            return f'{one["per_second"]:9.0f} ({one["longest_ms"]:6.0f})' if one else '-'
        slow = other and other['per_second'] > 0
        times = f'{mine["per_second"] / other["per_second"]:.1f}' if slow else '-'
        print(f'{row["processes"]:9} {limit["per_second"]:8.0f} {cell(mine):>18} '
              f'{mine["per_second"] / limit["per_second"]:9.2f} {cell(other):>18} {times:>6} '
              f'{cell(file):>18} {row["load"]:5.1f}')


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[1])
    parser.add_argument('--build', default=os.path.join(ROOT, 'build'))
    parser.add_argument('--seconds', type=float, default=5)
    parser.add_argument('--processes', default='1,4,16,64')
    parser.add_argument('--json', action='store_true')
    parser.add_argument('--quick', action='store_true')
    parser.add_argument('--no-peer', action='store_true')
    given = parser.parse_args()
    counts = [1, 4] if given.quick else [int(count) for count in given.processes.split(',')]
    rows = measure(built(given.build), counts,
                   1 if given.quick else given.seconds, not given.no_peer)
    if given.json:
        print(json.dumps(rows, indent=1))
    else:
        show(rows)


main()
