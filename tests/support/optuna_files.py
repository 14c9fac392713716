"""
optuna_files.py: files as Optuna keeps them, written by hand from its schema (of version 3.0, and
what 2.6 had), and Optuna itself where some interpreter here has it.
"""
import json
import os
import sqlite3
import subprocess
import sys

from harness import Skip

TYPED = """
    CREATE TABLE trial_values (trial_value_id INTEGER PRIMARY KEY, trial_id INTEGER,
        objective INTEGER, value FLOAT, value_type VARCHAR(7));
    CREATE TABLE trial_intermediate_values (trial_intermediate_value_id INTEGER PRIMARY KEY,
        trial_id INTEGER, step INTEGER, intermediate_value FLOAT,
        intermediate_value_type VARCHAR(7));
"""
UNTYPED = """
    CREATE TABLE trial_values (trial_value_id INTEGER PRIMARY KEY, trial_id INTEGER,
        objective INTEGER, value FLOAT, step INTEGER);
    CREATE TABLE trial_intermediate_values (trial_intermediate_value_id INTEGER PRIMARY KEY,
        trial_id INTEGER, step INTEGER, intermediate_value FLOAT);
"""
COMMON = """
    CREATE TABLE studies (study_id INTEGER PRIMARY KEY, study_name VARCHAR(512));
    CREATE TABLE study_directions (study_direction_id INTEGER PRIMARY KEY, direction VARCHAR(8),
        study_id INTEGER, objective INTEGER);
    CREATE TABLE study_user_attributes (study_user_attribute_id INTEGER PRIMARY KEY,
        study_id INTEGER, key VARCHAR(512), value_json TEXT);
    CREATE TABLE study_system_attributes (study_system_attribute_id INTEGER PRIMARY KEY,
        study_id INTEGER, key VARCHAR(512), value_json TEXT);
    CREATE TABLE trials (trial_id INTEGER PRIMARY KEY, number INTEGER, study_id INTEGER,
        state VARCHAR(8), datetime_start DATETIME, datetime_complete DATETIME);
    CREATE TABLE trial_user_attributes (trial_user_attribute_id INTEGER PRIMARY KEY,
        trial_id INTEGER, key VARCHAR(512), value_json TEXT);
    CREATE TABLE trial_system_attributes (trial_system_attribute_id INTEGER PRIMARY KEY,
        trial_id INTEGER, key VARCHAR(512), value_json TEXT);
    CREATE TABLE trial_params (param_id INTEGER PRIMARY KEY, trial_id INTEGER,
        param_name VARCHAR(512), param_value FLOAT, distribution_json TEXT);
    CREATE TABLE alembic_version (version_num VARCHAR(32) PRIMARY KEY);
"""


class File:
    """An SQLite file of Optuna's, being written."""

    def __init__(self, path, typed=True):
        self.typed = typed
        self.db = sqlite3.connect(path)
        self.db.executescript(COMMON + (TYPED if typed else UNTYPED))
        self.trials = {}

    def study(self, name, directions=('MINIMIZE',), **attributes):
        study = self.db.execute('INSERT INTO studies (study_name) VALUES (?)', (name,)).lastrowid
        for objective, direction in enumerate(directions):
            self.db.execute('INSERT INTO study_directions (direction, study_id, objective) '
                            'VALUES (?, ?, ?)', (direction, study, objective))
        for key, value in attributes.items():
            self.db.execute('INSERT INTO study_user_attributes (study_id, key, value_json) '
                            'VALUES (?, ?, ?)', (study, key, json.dumps(value)))
        self.trials[study] = 0
        return study

    def trial(self, study, state='COMPLETE', params=None, values=(), reports=(), system=None,
              user=None, start='2024-03-01 12:00:00.250000', end='2024-03-01 12:00:10.000000'):
        """params: {name: (distribution's name, its attributes, internal value)}"""
        number = self.trials[study]
        self.trials[study] += 1
        trial = self.db.execute('INSERT INTO trials (number, study_id, state, datetime_start, '
                                'datetime_complete) VALUES (?, ?, ?, ?, ?)',
                                (number, study, state, start, end)).lastrowid
        for name, (kind, attributes, value) in (params or {}).items():
            self.db.execute('INSERT INTO trial_params (trial_id, param_name, param_value, '
                            'distribution_json) VALUES (?, ?, ?, ?)',
                            (trial, name, value,
                             json.dumps({'name': kind, 'attributes': attributes})))
        for objective, value in enumerate(values):
            self.number('trial_values (trial_id, objective, value', 'value_type',
                        (trial, objective), value)
        for step, value in reports:
            self.number('trial_intermediate_values (trial_id, step, intermediate_value',
                        'intermediate_value_type', (trial, step), value)
        for table, attributes in (('user', user), ('system', system)):
            for key, value in (attributes or {}).items():
                self.db.execute(f'INSERT INTO trial_{table}_attributes (trial_id, key, '
                                'value_json) VALUES (?, ?, ?)', (trial, key, json.dumps(value)))

    def number(self, columns, kind, key, value):
        word = {float('inf'): 'INF_POS', float('-inf'): 'INF_NEG'}.get(value, 'FINITE')
        kept = value if word == 'FINITE' else None
        if value != value:
            kept, word = None, 'NAN'
        if self.typed:
            self.db.execute(f'INSERT INTO {columns}, {kind}) VALUES (?, ?, ?, ?)',
                            (*key, kept, word))
        else:
            self.db.execute(f'INSERT INTO {columns}) VALUES (?, ?, ?)', (*key, value))

    def close(self):
        self.db.commit()
        self.db.close()


def python():
    """An interpreter that has Optuna. Skips the case where none has."""
    for program in (sys.executable, '/usr/bin/python3'):
        if os.path.exists(program) and subprocess.run(
                [program, '-W', 'ignore', '-c', 'import optuna'], capture_output=True,
                check=False).returncode == 0:
            return program
    raise Skip('no Optuna (python3-optuna) here')


def run(box, script, *words):
    """Runs a script with Optuna; answers what it printed, as JSON."""
    program = python()
    box.file('script.py', 'import json, sys, warnings\nwarnings.simplefilter("ignore")\n'
             'import optuna\noptuna.logging.set_verbosity(optuna.logging.ERROR)\n' + script)
    done = subprocess.run([program, 'script.py', *words], cwd=box.folder, capture_output=True,
                          text=True, timeout=120, check=False)
    if done.returncode:
        raise AssertionError(done.stderr)
    return json.loads(done.stdout) if done.stdout.strip() else None
