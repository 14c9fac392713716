#!/usr/bin/env python3
"""
test_upgrade.py: PostgreSQL stores of other schema versions. Those of SQLite: test_sqlite_store.c.
"""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'support'))
import postgres  # noqa: E402
from harness import ROOT, Skip, case, contains, equal, main, read  # noqa: E402

VERSIONS = [1, 2, 3, 4]  # of the schema of which a store is kept
LOSSES = [0.032033394129, 0.69970450256, 0.0064667407854, 0.058402793802, 0.024697481563,
          0.57761942687]  # what is in each


def server():
    if not postgres.binaries():
        raise Skip('there is no PostgreSQL server here (package postgresql)')
    return postgres.Server()


def kept(version):
    return read(os.path.join(ROOT, 'tests', 'fixtures', f'store_v{version}.postgresql.sql'))


def is_read_and_run_on(box, version):
    with server() as at:
        at.sql(kept(version))
        store = ['--store', at.url()]
        rows = box.trials(*store)
        equal([row['values'].get('loss') for row in rows], LOSSES + [None])
        equal([row['state'] for row in rows], ['complete'] * 6 + ['waiting'])
        equal(rows[5]['config'], {'x': 0.57761942687, 'n': 5, 'act': 'relu'})
        contains(box.caviar('doctor', *store).out, 'is sound')
        box.caviar('resume', '-n', '9', *store)
        rows = box.trials(*store)
        equal([row['state'] for row in rows], ['complete'] * 9)
        equal([row['values']['loss'] for row in rows[:7]], LOSSES + [0.5])
        contains(box.caviar('doctor', *store).out, 'is sound')


@case
def a_store_of_each_schema_is_read_and_run_on(box):
    for version in VERSIONS:
        is_read_and_run_on(box, version)


@case
def a_store_of_a_later_schema_is_refused_and_left_alone(box):
    with server() as at:
        at.sql(kept(VERSIONS[-1]))
        at.sql('UPDATE caviar_schema SET version = 99')
        told = box.caviar('trials', '--store', at.url(), status=1)
        contains(told.err, 'newer Caviar (schema 99')
        equal(at.sql('SELECT count(*) FROM caviar_trials').strip(), '7')
        equal(at.sql('SELECT version FROM caviar_schema').strip(), '99')


main()
