#!/usr/bin/env python3
"""
join.py: what it takes to join a large study: to open it, and to ask.

    bench/cluster/join.py [--build build] [--trials 1000000] [--samplers random,tpe] [--json]

Makes a study with so many complete trials in a PostgreSQL server of its own and in an SQLite file,
and opens it there with each of the samplers. Its rows are those of a real trial with parameters and
values of their own.
"""
import argparse
import json
import math
import os
import random
import sqlite3
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, 'tests', 'support'))
import postgres  # noqa: E402
from program import built, call  # noqa: E402


def rows(columns, first, trials):
    """Rows of the trials from 1 on, each like the first but for what is its own."""
    draw = random.Random(1)
    for number in range(1, trials):
        lr, units = 10 ** draw.uniform(-5, 0), draw.randint(16, 1024)
        value = (math.log10(lr) + 2) ** 2 + draw.gauss(0, 0.1)
        params = {'lr': float(f'{lr:.11g}'), 'units': units, 'act': draw.choice(['relu', 'tanh'])}
        own = {'number': number, 'change': number + 1000, 'distinct_key': None,
               'params': json.dumps(params, separators=(',', ':')),
               'metrics': json.dumps({'value': value}, separators=(',', ':'))}
        yield [own.get(name, cell) for name, cell in zip(columns, first)]


def fill_sqlite(path, trials):
    with sqlite3.connect(path) as file:
        file.execute('DELETE FROM trials WHERE number > 0')
        cursor = file.execute('SELECT * FROM trials')
        columns, first = [one[0] for one in cursor.description], cursor.fetchone()
        file.executemany(f'INSERT INTO trials VALUES ({", ".join("?" * len(columns))})',
                         rows(columns, first, trials))
        file.execute('UPDATE studies SET trials = ?, changes = ?', (trials, trials + 1000))
    file.close()


def copied(row):
    """A line as COPY reads it."""
    return '\t'.join('\\N' if cell is None else str(cell) for cell in row) + '\n'


def fill_postgresql(server, trials):
    server.sql('DELETE FROM caviar_trials WHERE number > 0')
    columns = server.sql("SELECT column_name FROM information_schema.columns WHERE table_name = "
                         "'caviar_trials' ORDER BY ordinal_position").split()
    first = server.sql("COPY caviar_trials TO STDOUT").rstrip('\n').split('\t')
    words = server.words('psql', '-X', '-q', '-h', server.folder, '-p', str(server.port), '-U',
                         'caviar', '-d', 'postgres', '-c', 'COPY caviar_trials FROM STDIN')
    with subprocess.Popen(words, cwd='/', stdin=subprocess.PIPE, text=True) as copy:
        for row in rows(columns, first, trials):
            copy.stdin.write(copied(row))
    server.sql(f'UPDATE caviar_counters SET trials = {trials}, changes = {trials + 1000}')
    server.sql('VACUUM ANALYZE')


def choose(server, path, before, after):
    """Gives the study another sampler."""
    change = f"definition = replace(definition, '\"{before}\"', '\"{after}\"')"
    server.sql(f'UPDATE caviar_studies SET {change}')
    with sqlite3.connect(path) as file:
        file.execute(f'UPDATE studies SET {change}')
    file.close()


def measure(program, trials, samplers):
    answers = []
    with postgres.Server() as server, tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, 'a.db')
        for place in [server.url(), path]:
            call(program, 'work', place, 1, 0.2)
        fill_sqlite(path, trials)
        fill_postgresql(server, trials)
        present = 'random'
        for sampler in samplers:
            choose(server, path, present, sampler)
            present = sampler
            for name, place in [('postgresql', server.url()), ('sqlite', path)]:
                answer = call(program, 'join', place, 'bench')
                answers.append({'store': name, 'sampler': sampler, 'load': os.getloadavg()[0],
                                **answer})
    return answers


def show(answers):
    print(f'{"store":12} {"sampler":8} {"trials":>8} {"open s (of CPU)":>16} '
          f'{"first ask ms (of CPU)":>22} {"mean ask ms":>12} {"longest ms":>11} {"load":>5}')
    for one in answers:
        opened = f'{one["open_s"]:.2f} ({one["open_cpu_s"]:.2f})'
        first = f'{one["first_ask_ms"]:.0f} ({one["first_ask_cpu_ms"]:.0f})'
        print(f'{one["store"]:12} {one["sampler"]:8} {one["trials"]:8} {opened:>16} {first:>22} '
              f'{one["mean_ask_ms"]:12.2f} {one["longest_ask_ms"]:11.1f} {one["load"]:5.1f}')


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[1])
    parser.add_argument('--build', default=os.path.join(ROOT, 'build'))
    parser.add_argument('--trials', type=int, default=1000000)
    parser.add_argument('--samplers', default='random,tpe')
    parser.add_argument('--json', action='store_true')
    given = parser.parse_args()
    answers = measure(built(given.build), given.trials,
                      given.samplers.split(','))
    if given.json:
        print(json.dumps(answers, indent=1))
    else:
        show(answers)


if __name__ == '__main__':
    main()
