#!/usr/bin/env python3
"""
test_import.py: caviar import, from files of other tuners: those written by hand from the published
schema, and those that Optuna itself wrote where it is here.
"""
import json
import os
import random
import sqlite3
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'support'))
from harness import case, contains, equal, main, wait_until  # noqa: E402
import optuna_files  # noqa: E402

LR = ('FloatDistribution', {'low': 1e-5, 'high': 1.0, 'log': True, 'step': None})
OPT = ('CategoricalDistribution', {'choices': ['sgd', 'adam', None]})
MOMENTUM = ('FloatDistribution', {'low': 0.5, 'high': 0.9, 'log': False, 'step': 0.1})
LAYERS = ('IntDistribution', {'low': 1, 'high': 3, 'log': False, 'step': 1})
UNITS = ('IntDistribution', {'low': 8, 'high': 64, 'log': True, 'step': 1})


def some(box, name='optuna.db', **rest):
    """Two complete trials, a pruned, a failed, a running and a waiting one."""
    file = optuna_files.File(box.path(name), **rest)
    study = file.study('mnist')
    file.trial(study, params={'lr': (*LR, 0.125), 'opt': (*OPT, 0), 'momentum': (*MOMENTUM, 0.7)},
               values=[0.25], reports=[(0, 3.0), (1, 2.5)], user={'who': 'me'})
    file.trial(study, params={'lr': (*LR, 0.0625), 'opt': (*OPT, 2)}, values=[0.125])
    file.trial(study, 'PRUNED', params={'lr': (*LR, 0.5), 'opt': (*OPT, 1)}, reports=[(0, 9.0)])
    file.trial(study, 'FAIL', params={'lr': (*LR, 1.0), 'opt': (*OPT, 1)})
    file.trial(study, 'RUNNING', params={'lr': (*LR, 0.25), 'opt': (*OPT, 1)}, end=None)
    file.trial(study, 'WAITING', system={'fixed_params': {'lr': 0.03125, 'opt': None}}, end=None)
    return file, study


@case
def a_study_of_optuna_comes_with_all_its_trials(box):
    some(box)[0].close()
    done = box.json('import', 'optuna.db')
    equal({key: done[key] for key in ('study', 'complete', 'pruned', 'failed', 'waiting')},
          {'study': 'mnist', 'complete': 2, 'pruned': 1, 'failed': 2, 'waiting': 1})
    trials = box.trials()
    equal([trial['state'] for trial in trials],
          ['complete', 'complete', 'pruned', 'failed', 'failed', 'waiting'])
    equal(trials[0]['config'], {'lr': 0.125, 'opt': 'sgd', 'momentum': 0.7})
    equal(trials[1]['config'], {'lr': 0.0625, 'opt': 'None'})
    equal([trial['values'] for trial in trials[:3]],
          [{'value': 0.25}, {'value': 0.125}, {'value': 9.0}])
    equal([trial['origin'] for trial in trials[:3]], ['optuna:0', 'optuna:1', 'optuna:2'])
    equal(trials[0]['seconds'], 9.75)
    contains(box.caviar('show', '0').out, 'from 3 (step 0) to 2.5 (step 1)',
             'user attribute who = "me"')
    contains(box.caviar('doctor').out, 'sound')


@case
def the_times_are_those_of_the_trials_in_local_time(box):
    some(box)[0].close()
    box.caviar('import', 'optuna.db', TZ='America/New_York')
    equal(box.trials()[0]['started'], '2024-03-01T17:00:00Z')


@case
def nothing_is_stored_where_the_definition_cannot_be_written(box):
    some(box)[0].close()
    box.file('mnist.json', 'mine')
    contains(box.caviar('import', 'optuna.db', '-o', 'mnist.json', status=1).err, '--force')
    assert not os.path.exists(box.path('caviar.db'))


@case
def an_imported_study_goes_on(box):
    some(box)[0].close()
    box.caviar('import', 'optuna.db', '-o', 'mnist.json')
    study = json.loads(box.read('mnist.json'))
    study['command'] = ['sh', '-c', 'echo value=0.5']
    box.file('mnist.json', json.dumps(study))
    box.caviar('run', 'mnist.json', '-n', '3')
    trials = box.trials()
    equal(len(trials), 8)  # the one that waited, and two more: imports are not counted
    equal({key: trials[5]['config'][key] for key in ('lr', 'opt')}, {'lr': 0.03125, 'opt': 'None'})
    equal(trials[5]['state'], 'complete')


@case
def an_imported_study_goes_on_with_the_command_behind_it(box):
    some(box)[0].close()
    box.caviar('import', 'optuna.db', '-o', 'mnist.json')
    box.caviar('run', 'mnist.json', '-n', '3', '--', 'sh', '-c', 'echo value=$1', 'sh', '{lr}')
    trials = box.trials()
    equal(len(trials), 8)
    equal(trials[5]['values']['value'], trials[5]['config']['lr'])
    wrong = box.caviar('run', 'mnist.json', '--', 'sh', '{rate}', status=None)
    assert wrong.status and '{rate} is neither a parameter nor set' in wrong.err, wrong


@case
def parameters_that_some_trials_have_get_a_condition(box):
    file = optuna_files.File(box.path('deep.db'))
    study = file.study('deep')
    draw = random.Random(7)
    for _ in range(30):
        layers = draw.randint(1, 3)
        params = {'layers': (*LAYERS, layers)}
        for layer in range(layers):
            params[f'units_{layer}'] = (*UNITS, draw.randint(8, 64))
        file.trial(study, params=params, values=[draw.random()])
    file.close()
    box.caviar('import', 'deep.db', '-o', 'deep.json')
    space = json.loads(box.read('deep.json'))['space']
    equal([space[f'units_{layer}'].get('when') for layer in range(3)],
          [None, {'layers': {'low': 2, 'high': 3}}, {'layers': {'low': 3, 'high': 3}}])
    equal(len(box.trials()), 30)


@case
def trials_that_no_condition_explains_are_left_out_and_counted(box):
    file, study = some(box)
    file.trial(study, params={'lr': (*LR, 0.5)}, values=[1.0])
    file.close()
    done = box.json('import', 'optuna.db')
    equal((done['complete'], done['left_out']), (2, 1))
    contains(' '.join(done['notes']), '1 trial is left out: opt is not there')


@case
def files_of_earlier_versions_are_read(box):
    file = optuna_files.File(box.path('old.db'), typed=False)
    study = file.study('old', directions=['MAXIMIZE'])
    file.trial(study, params={
        'a': ('UniformDistribution', {'low': 0.0, 'high': 1.0}, 0.5),
        'b': ('LogUniformDistribution', {'low': 0.1, 'high': 10.0}, 1.0),
        'c': ('DiscreteUniformDistribution', {'low': 0.0, 'high': 1.0, 'q': 0.25}, 0.75),
        'd': ('IntUniformDistribution', {'low': 0, 'high': 10, 'step': 5}, 5),
        'e': ('IntLogUniformDistribution', {'low': 1, 'high': 100, 'step': 1}, 10)},
               values=[2.0], reports=[(3, 1.0)])
    file.close()
    box.caviar('import', 'old.db', '-o', 'old.json')
    equal(box.trials()[0]['config'], {'a': 0.5, 'b': 1.0, 'c': 0.75, 'd': 5, 'e': 10})
    study = json.loads(box.read('old.json'))
    equal(study['metrics'][0]['direction'], 'maximize')
    equal([study['space'][name].get('scale') for name in 'be'], ['log', 'log'])
    equal([study['space'][name].get('step') for name in 'cd'], [0.25, 5])


@case
def several_objectives_and_values_that_are_not_finite(box):
    file = optuna_files.File(box.path('two.db'))
    study = file.study('two', directions=['MINIMIZE', 'MAXIMIZE'])
    file.db.execute('INSERT INTO study_system_attributes (study_id, key, value_json) VALUES '
                    "(?, 'study:metric_names', ?)", (study, json.dumps(['val loss', 'acc'])))
    file.trial(study, params={'lr': (*LR, 0.5)}, values=[1.0, 2.0])
    file.trial(study, params={'lr': (*LR, 0.25)}, values=[float('inf'), 2.0])
    file.close()
    box.caviar('import', 'two.db')
    trials = box.trials()
    equal(trials[0]['values'], {'val_loss': 1.0, 'acc': 2.0})
    equal((trials[1]['state'], trials[1]['reason']), ('failed', 'not-finite'))


@case
def what_a_study_has_not_here_is_said_in_notes(box):
    file = optuna_files.File(box.path('optuna.db'))
    study = file.study('mnist', ['NOT_SET'], team='a')
    file.trial(study, params={'größe 1': (*MOMENTUM, 0.7), 'gr__e_1': (*MOMENTUM, 0.6)},
               values=[1.0])
    file.close()
    notes = ' '.join(box.json('import', 'optuna.db')['notes'])
    contains(notes, 'no direction; it is minimised', "the study's attribute team is left out",
             "'größe 1' is called gr__e_1 here", "'gr__e_1' is called gr__e_1_2 here")
    equal(box.trials()[0]['config'], {'gr__e_1': 0.7, 'gr__e_1_2': 0.6})


@case
def one_of_several_studies_is_named(box):
    file, _ = some(box)
    study = file.study('other')
    file.trial(study, params={'x': (*LR, 0.5)}, values=[1.0])
    file.close()
    contains(box.caviar('import', 'optuna.db', status=1).err, 'mnist, other', '--from')
    box.caviar('import', 'optuna.db', '--from', 'other', '--study', 'mine')
    equal([study['study'] for study in box.json('studies')], ['mine'])
    contains(box.caviar('import', 'optuna.db', '--from', 'none', status=1).err, "'none'")


@case
def a_study_is_not_imported_twice(box):
    some(box)[0].close()
    box.caviar('import', 'optuna.db')
    contains(box.caviar('import', 'optuna.db', status=1).err, 'in the store already', '--study')
    equal(len(box.trials()), 6)


@case
def an_import_that_is_killed_leaves_nothing_that_is_in_the_way(box):
    file = optuna_files.File(box.path('big.db'))
    study = file.study('big')
    for number in range(2000):
        file.trial(study, params={'lr': (*LR, 0.5 / (number + 1))}, values=[number],
                   reports=[(step, 1.0) for step in range(5)])
    file.close()
    for delay in (0, 0.02, 0.1):
        started = box.start('import', 'big.db')
        wait_until('the store is there', lambda: os.path.exists(box.path('caviar.db')))
        time.sleep(delay)  # somewhere in it, or after it
        started.signal(9)
        if started.wait().status == 0:
            break
        trials = box.caviar('trials', '--json', status=None)
        assert trials.status != 0 or trials.json() == [], 'a part of it is there'
    else:
        box.caviar('import', 'big.db')
    equal(len(box.trials()), 2000)
    contains(box.caviar('doctor').out, 'sound')


@case
def what_is_wrong_with_a_file_is_said_and_nothing_is_stored(box):
    contains(box.caviar('import', 'none.db', status=1).err, 'none.db')
    box.file('text.db', 'just text\n')
    contains(box.caviar('import', 'text.db', status=1).err, 'text.db', '--format')
    contains(box.caviar('import', 'text.db', '--format', 'optun', status=1).err, "'optuna'")
    sqlite3.connect(box.path('empty.db')).execute('CREATE TABLE t (x)').connection.close()
    contains(box.caviar('import', 'empty.db', status=1).err, 'empty.db', 'no such table: studies')
    faults = {
        'no index': {'y': ('CategoricalDistribution', {'choices': ['a']}, 3)},
        'low and high': {'x': ('FloatDistribution', {'low': 2, 'high': 1}, 3)},
        'no distribution': {'x': ('OddDistribution', {}, 3)},
    }
    for name, (words, params) in enumerate(faults.items()):
        file, study = some(box, f'{name}.db')
        file.trial(study, params=params, values=[1.0])
        file.close()
        contains(box.caviar('import', f'{name}.db', status=1).err, f'{name}.db',
                 'table trial_params: trial 6: parameter', words)
    odd = {
        'objectives': ("UPDATE study_directions SET objective = 3", 'study_directions',
                       'not numbered from 0'),
        'none': ("DELETE FROM study_directions", 'study_directions', 'the study has 0 objectives'),
        'state': ("UPDATE trials SET state = 'ODD' WHERE number = 1", 'trials',
                  "trial 1 has the unknown state 'ODD'"),
        'objective': ("UPDATE trial_values SET objective = 4", 'trial_values',
                      'trial 0 has a value of objective 4'),
        'fixed': ("UPDATE trial_system_attributes SET value_json = '{' WHERE key = 'fixed_params'",
                  'trial_system_attributes', ''),
        'index': ("UPDATE trial_params SET param_value = 9 WHERE param_name = 'opt'",
                  'trial_params', '9 is no index of its 3 choices'),
        'finite': ("UPDATE trial_params SET param_value = 9e999 WHERE param_name = 'lr'",
                   'trial_params', 'has no finite value'),
        'twice': ("INSERT INTO trial_params (trial_id, param_name, param_value, distribution_json) "
                  "SELECT trial_id, param_name, param_value, distribution_json FROM trial_params",
                  'trial_params', 'has two values'),
        'choices': ("UPDATE trial_params SET distribution_json = "
                    "'{\"name\": \"CategoricalDistribution\", \"attributes\": {\"choices\": []}}'",
                    'trial_params', 'no choices'),
        'step': ("UPDATE trial_params SET distribution_json = replace(distribution_json, "
                 "'\"log\": true, \"step\": null', '\"log\": false, \"step\": -1')",
                 'trial_params', 'a negative step'),
        'words': ("UPDATE trial_params SET distribution_json = '{'", 'trial_params',
                 'its distribution'),
    }
    for name, (statement, table, words) in odd.items():
        file, study = some(box, f'{name}.db')
        file.db.execute(statement)
        file.close()
        contains(box.caviar('import', f'{name}.db', status=1).err, f'{name}.db',
                 f'table {table}: ', words)
    with open(box.path('0.db'), 'r+b') as damaged:
        damaged.seek(4096 * 3)
        damaged.write(bytes(range(256)) * 16)
    contains(box.caviar('import', '0.db', status=1).err, '0.db: table')
    assert not os.path.exists(box.path('caviar.db'))


def narrower(kind, **attributes):
    return (kind, {'log': False, 'step': None, **attributes})


@case
def ranges_that_changed_between_trials_become_one_that_holds_them_all(box):
    """Optuna lets a script suggest from another range in each trial."""
    file = optuna_files.File(box.path('optuna.db'))
    study = file.study('mnist')
    for x, step, y, n, z in ((0.25, 0.25, 1e-3, (2, 8, 2), (1, 9)),
                             (3.0, 0.25, 0.5, (4, 16, 2), (0, 4))):
        file.trial(study, values=[x], params={
            'x': (*narrower('FloatDistribution', low=x - 0.25, high=x, step=step), x),
            'y': (*narrower('FloatDistribution', low=y, high=1.0, log=y < 0.1), y),
            'n': (*narrower('IntDistribution', low=n[0], high=n[1], step=n[2]), n[0]),
            'z': (*narrower('IntDistribution', low=z[0], high=z[1], step=3 if z[0] else 4), z[0])})
    # one that waits has the values that its creator gave, of which some may not be known here
    file.trial(study, 'WAITING', system={'fixed_params': {'x': 0.5, 'n': 'many', 'new': 1}},
               end=None)
    file.close()
    box.caviar('import', 'optuna.db', '-o', 'study.json')
    space = json.loads(box.read('study.json'))['space']
    equal([(space['x'][key]) for key in ('low', 'high', 'step')], [0, 3, 0.25])
    equal((space['y']['low'], space['y']['high'], space['y'].get('scale', 'linear')),
          (1e-3, 1, 'linear'))
    equal((space['n']['low'], space['n']['high'], space['n'].get('step')), (2, 16, 2))
    equal((space['z']['low'], space['z']['high'], space['z'].get('step', 1)), (0, 9, 1))
    waiting = box.trials()[2]
    equal((waiting['state'], waiting['config']['x']), ('waiting', 0.5))


@case
def a_parameter_that_changed_its_kind_cannot_be_imported(box):
    for name, other, words in (
            ('type', narrower('IntDistribution', low=0, high=1, step=1), 'another type'),
            ('choices', ('CategoricalDistribution', {'choices': ['a', 'c']}), 'other choices')):
        file = optuna_files.File(box.path(f'{name}.db'))
        study = file.study('mnist')
        first = (narrower('FloatDistribution', low=0, high=1) if name == 'type'
                 else ('CategoricalDistribution', {'choices': ['a', 'b']}))
        file.trial(study, values=[1.0], params={'p': (*first, 0)})
        file.trial(study, values=[1.0], params={'p': (*other, 0)})
        file.close()
        contains(box.caviar('import', f'{name}.db', status=1).err, "parameter 'p' has " + words)
        assert not os.path.exists(box.path('caviar.db'))


JOURNAL = """{"op_code": 0, "worker_id": "a", "study_name": "j", "directions": [2]}
{"op_code": 4, "worker_id": "a", "study_id": 0, "datetime_start": "2024-03-01T12:00:00.250000"}
{"op_code": 5, "worker_id": "a", "trial_id": 0, "param_name": "x", "param_value_internal": 0.5, \
"distribution": "{\\"name\\": \\"FloatDistribution\\", \\"attributes\\": {\\"low\\": 0, \
\\"high\\": 1, \\"log\\": false, \\"step\\": null}}"}
{"op_code": 7, "worker_id": "a", "trial_id": 0, "step": 2, "intermediate_value": NaN}
{"op_code": 7, "worker_id": "a", "trial_id": 0, "step": 1, "intermediate_value": 4.5}
{"op_code": 7, "worker_id": "a", "trial_id": 0, "step": 0, "intermediate_value": 6.5}
{"op_code": 6, "worker_id": "a", "trial_id": 0, "state": 1, "values": [0.75], \
"datetime_complete": "2024-03-01T12:00:01"}
{"op_code": 6, "worker_id": "b", "trial_id": 0, "state": 3, "values": null, \
"datetime_complete": "2024-03-01T12:00:02"}
"""


@case
def a_journal_is_replayed(box):
    box.file('journal.log', JOURNAL + '{"op_code": 4, "wor')
    done = box.json('import', 'journal.log')
    equal(done['complete'], 1)
    contains(' '.join(done['notes']), 'line 9 is not whole')
    equal(box.trials()[0]['config'], {'x': 0.5})
    equal(box.trials()[0]['values'], {'value': 0.75})
    contains(box.caviar('show', '0').out, 'from 6.5 (step 0) to 4.5 (step 1)')


@case
def what_is_wrong_with_a_journal_is_said_with_its_line(box):
    box.file('journal.log', JOURNAL + '{"op_code": 12}\n')
    contains(box.caviar('import', 'journal.log', status=1).err, 'journal.log:9: "op_code"')
    box.file('journal.log', JOURNAL + 'what?\n')
    contains(box.caviar('import', 'journal.log', status=1).err, 'journal.log:9: ')
    for more, words in {
            '{"op_code": 0, "directions": [1]}': '"study_name": a text',
            '{"op_code": 0, "study_name": "k", "directions": []}': '"directions": a list',
            '{"op_code": 1, "study_id": -1}': '"study_id": a whole number from 0',
            '{"op_code": 1, "study_id": 7}': '"study_id": there is no 7',
            '{"op_code": 2, "user_attr": {"a": 1}}': '"study_id"',
            '{"op_code": 3, "study_id": "0"}': '"study_id"',
            '{"op_code": 4, "study_id": null}': '"study_id"',
            '{"op_code": 4, "study_id": 0, "state": 9}': '"state": a number from 0 to 4',
            '{"op_code": 4, "study_id": 0, "params": {"x": 1}}':
                '"params": a number with a distribution',
            '{"op_code": 4, "study_id": 0, "state": 1, "intermediate_values": {"1": "no"}}':
                '"intermediate_values"',
            '{"op_code": 4, "study_id": 0, "state": 1, "value": "no"}': '"value": a number',
            '{"op_code": 4, "study_id": 0, "state": 1, "values": ["no"]}': '"values"',
            '{"op_code": 6, "trial_id": "0"}': '"trial_id"'}.items():
        box.file('journal.log', JOURNAL + more + '\n')
        contains(box.caviar('import', 'journal.log', status=1).err, 'journal.log:9: ', words)
    begun = JOURNAL + '{"op_code": 4, "study_id": 0}\n'
    for more, words in {
            '"op_code": 5, "param_name": "x"': '"distribution": a text',
            '"op_code": 5, "distribution": "{}"': '"param_name": a text',
            '"op_code": 5, "param_name": "x", "distribution": "{}", "param_value_internal": "a"':
                '"param_value_internal": a number',
            '"op_code": 6, "state": 5': '"state"',
            '"op_code": 7, "intermediate_value": 1': '"step": a whole number',
            '"op_code": 7, "step": 1, "intermediate_value": []': '"intermediate_value": a number',
    }.items():
        box.file('journal.log', begun + f'{{"trial_id": 1, {more}}}\n')
        contains(box.caviar('import', 'journal.log', status=1).err, 'journal.log:10: ', words)
    assert not os.path.exists(box.path('caviar.db'))


@case
def a_journal_says_the_same_thing_twice_and_what_counts_is_the_last(box):
    distribution = json.loads(JOURNAL.splitlines()[2])['distribution']
    lines = [
        {'op_code': 0, 'study_name': 'j', 'directions': [1]},
        {'op_code': 0, 'study_name': 'j', 'directions': [2]},
        {'op_code': 0, 'study_name': 'gone', 'directions': [1]},
        {'op_code': 1, 'study_id': 1},
        {'op_code': 4, 'study_id': 1},  # of one that is gone: no trial
        {'op_code': 2, 'study_id': 0, 'user_attr': {'team': 'a'}},
        {'op_code': 3, 'study_id': 0, 'system_attr': {'study:metric_names': ['loss']}},
        {'op_code': 4, 'study_id': 0, 'state': 4},
        {'op_code': 9, 'trial_id': 0, 'system_attr': {'fixed_params': {'x': 0.75}}},
        {'op_code': 6, 'trial_id': 0, 'state': 0, 'datetime_start': '2024-03-01T12:00:00'},
        *({'op_code': 5, 'trial_id': 0, 'param_name': 'x', 'param_value_internal': x,
           'distribution': distribution} for x in (0.25, 0.5)),
        *({'op_code': 7, 'trial_id': 0, 'step': 1, 'intermediate_value': x} for x in (3, 2.5)),
        {'op_code': 7, 'trial_id': 0, 'step': 2, 'intermediate_value': 2},
        {'op_code': 8, 'trial_id': 0, 'user_attr': {'who': 'me'}},
        {'op_code': 6, 'trial_id': 0, 'state': 1, 'values': [1.5]},
        {'op_code': 6, 'trial_id': 9, 'state': 1, 'values': [1.5]},  # of no trial: ignored
        {'op_code': 4, 'study_id': 0, 'state': 4, 'system_attrs': {'fixed_params': {'x': 0.125}}},
    ]
    box.file('journal.log', ''.join(json.dumps(line) + '\n' for line in lines))
    done = box.json('import', 'journal.log')
    contains(' '.join(done['notes']), "the attribute team of study 'j' is left out")
    trials = box.trials()
    equal([(trial['state'], trial['config']['x']) for trial in trials],
          [('complete', 0.5), ('waiting', 0.125)])
    equal(trials[0]['values'], {'loss': 1.5})
    contains(box.caviar("show", "0").out, "from 2.5 (step 1) to 2 (step 2)",
             'user attribute who = "me"')


WRITES = """
def objective(trial):
    x = trial.suggest_float('x', 1e-3, 10, log=True)
    kind = trial.suggest_categorical('kind', ['a', 'b', True, 3, 0.5])
    step = trial.suggest_float('step', 0, 1, step=0.125)
    deep = trial.suggest_int('deep', 2, 64, log=True) if kind == 'a' else 0
    trial.set_user_attr('note', kind)
    trial.report(x + 1, 1)
    trial.report(x, 2)
    if trial.number % 7 == 3:
        raise optuna.TrialPruned()
    return x + step + deep

STORE = (optuna.storages.JournalStorage(optuna.storages.JournalFileStorage('journal.log'))
         if sys.argv[1] == 'journal' else 'sqlite:///optuna.db')
study = optuna.create_study(storage=STORE, study_name='own', direction='maximize',
                            sampler=optuna.samplers.RandomSampler(seed=1))
study.optimize(objective, n_trials=40)
print(json.dumps([[t.state.name, t.params, t.value] for t in study.trials]))
"""


@case
def what_optuna_wrote_comes_as_it_was(box):
    for kind, name in (('sqlite', 'optuna.db'), ('journal', 'journal.log')):
        theirs = optuna_files.run(box, WRITES, kind)
        box.caviar('import', name, '--store', f'{kind}.db')
        ours = box.trials('--store', f'{kind}.db')
        equal([[trial['state'].upper(), trial['config'], trial['values']['value']]
               for trial in ours], theirs)
        best = max((one for one in theirs if one[0] == 'COMPLETE'), key=lambda one: one[2])
        equal(box.json('best', '--config', '--store', f'{kind}.db'), best[1])


# --- W&B ------------------------------------------------------------------------------------------

SWEEP = """program: train.py
method: {method}
metric: {{name: val/loss, goal: maximize}}
parameters:
{parameters}
"""


def sweep(box, parameters, method='random', more=''):
    """Imports a sweep with these parameters; answers the definition of the study that it makes."""
    lines = ''.join(f'  {name}: {text}\n' for name, text in parameters.items())
    box.file('sweep.yaml', SWEEP.format(method=method, parameters=lines) + more)
    notes = box.caviar('import', 'sweep.yaml', '-o', 'study.yaml', '--force').err
    study = box.read('study.yaml').replace('command: [', 'command: [echo, val_loss=1, ')
    box.file('study.yaml', study)
    box.caviar('pipe', '--store', 'sweep.db', stdin='{"cmd":"init","study":"study.yaml"}')
    found = box.json('export', '--store', 'sweep.db')
    os.remove(box.path('sweep.db'))
    return found['study'], notes


@case
def every_distribution_of_a_sweep_has_its_range_and_scale(box):
    study, notes = sweep(box, {
        'uniform': '{min: 0.0, max: 0.5}', 'int': '{min: 1, max: 5}',
        'quantized': '{distribution: q_uniform, min: 0, max: 1, q: 0.25}',
        'log': '{distribution: log_uniform, min: -2, max: 0}',
        'log_values': '{distribution: log_uniform_values, min: 0.01, max: 1}',
        'q_log': '{distribution: q_log_uniform_values, min: 32, max: 256, q: 8}',
        'inverse': '{distribution: inv_log_uniform_values, min: 0.9, max: 0.999}',
        'inverse_exponent': '{distribution: inv_log_uniform, min: 0, max: 2}',
        'normal': '{distribution: normal, mu: 1, sigma: 0.25}',
        'beta': '{distribution: beta, a: 1, b: 3}',
        'choice': '{values: [relu, 3, yes]}', 'one': '{value: 7}'})
    space = study['space']
    equal({name: (of['type'], of.get('scale'), of['low'], of['high'], of.get('step'))
           for name, of in space.items() if 'low' in of}, {
        'uniform': ('float', None, 0, 0.5, None), 'int': ('int', None, 1, 5, None),
        'quantized': ('float', None, 0, 1, 0.25),
        'log': ('float', 'log', 0.1353352832366127, 1, None),
        'log_values': ('float', 'log', 0.01, 1, None), 'q_log': ('int', 'log', 32, 256, 8),
        'inverse': ('float', 'log', 0.9, 0.999, None),
        'inverse_exponent': ('float', 'log', 0.1353352832366127, 1, None),
        'normal': ('float', None, 0, 2, None), 'beta': ('float', None, 0, 1, None)})
    equal(space['choice']['choices'], ['relu', 3, 'True'])
    equal(space['one']['value'], 7)
    equal([space[name]['prior']['value'] for name in ('normal', 'beta')], [1, 0.25])
    contains(notes, "inverse: W&B's inv_log_uniform_values is the log scale", 'reverse-log')


@case
def a_sweep_says_how_it_searches_stops_and_ends(box):
    study, notes = sweep(box, {'x': '{min: 0.0, max: 1.0}'}, method='bayes', more="""
name: my sweep
run_cap: 12
project: p
early_terminate: {type: hyperband, max_iter: 27, s: 2, eta: 3}
""")
    equal((study['study'], study['sampler'], study['budget']), ('my_sweep', 'gp', {'trials': 12}))
    equal(study['metrics'], [{'name': 'val_loss', 'direction': 'maximize'}])
    equal(study['scheduler'], {'type': 'asha', 'eta': '3', 'promote': 'off'})
    equal(study['steps'], {'min': 3, 'max': 27})
    contains(notes, 'project is left out', 'val_loss=')


@case
def the_command_of_a_sweep_is_the_same_command(box):
    study, notes = sweep(box, {'x': '{value: 0.5}', 'on': '{values: [true]}',
                               'in': '{parameters: {y: {value: a}}}'}, more="""
command: ["${env}", "${interpreter}", -u, "${program}", "--d=${envvar:DATA}", "{raw}", "${args}",
          "${args_no_hyphens}", "${args_json}", "${args_json_file}"]
""".replace('"--d=${envvar:DATA}", ', ''))
    equal(study['command'][2:], [
        '/usr/bin/env', 'python3', '-u', 'train.py', '{{raw}}',
        '--x={x}', '--on={on}', '--in.y={in.y}', 'x={x}', 'on={on}', 'in.y={in.y}',
        '{{"x": {x}, "on": "{on}", "in.y": "{in.y}"}}', '{dir}/params.json'])
    contains(notes, 'args_json')
    ran = box.file('sweep.yaml', SWEEP.format(method='grid', parameters='  x: {values: [0.5]}\n') +
                   'command: [printf, "%s\\n", "${args}", "${args_json}", "val_loss=1"]\n')
    box.caviar('import', ran, '-o', 'study.yaml', '--force')
    box.caviar('run', 'study.yaml')
    contains(box.caviar('show', '0').out, '--x=0.5\n', '{"x": 0.5}')


@case
def what_is_wrong_with_a_sweep_is_said_with_its_place(box):
    for parameters, words in {
            '  a: {distribution: unifrom, min: 0, max: 1}': ("sweep.yaml:5:21", "'uniform'"),
            '  a: {min: 3, max: 1}': ('sweep.yaml:5:6', 'low must be less than high'),
            '  a: {max: 1}': ('sweep.yaml:5:6', 'has no min'),
            '  a: [1]': ('sweep.yaml:5:6', 'a map is expected'),
            '  a: {min: 0, max: 1}\ncommand: ["${pogram}"]': ('sweep.yaml:6:11', '${program}'),
            '  a: {min: 0, max: 1}\nearly_terminate: {type: odd}': ('sweep.yaml:6:18', "'odd'"),
            '  a: {min: 0, max: 1}\nearly_terminate: 3': ('sweep.yaml:6:18', 'type: hyperband'),
            '  a: {min: 0, max: 1}\nearly_terminate: {eta: 1}': ('sweep.yaml:6:24', 'from 1.5'),
            '  a: {min: 0, max: 1}\nearly_terminate: {min_iter: x}': ('sweep.yaml:6:29', 'x'),
            '  a: {values: 3}': ('sweep.yaml:5:6', 'values: a list is expected'),
            '  a: {value: [3]}': ('sweep.yaml:5:6', 'value: one value is expected'),
            '  a: {distribution: normal, sigma: 0}': ('sweep.yaml:5:6', 'sigma: more than 0'),
            '  a: {distribution: normal, mu: x}': ('sweep.yaml:5:33', 'mu'),
            '  a: {distribution: beta, a: 0}': ('sweep.yaml:5:6', 'a and b: more than 0'),
            '  a: {distribution: beta, b: x}': ('sweep.yaml:5:30', 'b'),
            '  a: {distribution: q_uniform, min: 0, max: 1, q: 0}': ('sweep.yaml:5:6',
                                                                    'q: more than 0'),
            '  a: {min: 0, max: 1}\ncommand: ["${envvar:1}"]': ('6:11', 'name of a variable'),
            '  a: {min: 0, max: 1}\ncommand: ["${envvar:' + 64 * 'a' + '}"]': ('6:11', 'shorter'),
    }.items():
        box.file('sweep.yaml', SWEEP.format(method='random', parameters=parameters))
        contains(box.caviar('import', 'sweep.yaml', status=1).err, *words)
    for old, new, words in (('metric: {name: val/loss, goal: maximize}', 'metric: loss',
                             'metric: {name: loss, goal: minimize} is expected'),
                            ('goal: maximize', 'goal: upwards', "not 'upwards'"),
                            ('program: train.py\n', 'command: ["${program}"]\n',
                             'the sweep has no program')):
        text = SWEEP.format(method='random', parameters='  a: {min: 0, max: 1}\n')
        assert old in text, text
        box.file('sweep.yaml', text.replace(old, new))
        contains(box.caviar('import', 'sweep.yaml', status=1).err, 'sweep.yaml:', words)


@case
def an_early_end_is_a_ladder_whichever_end_of_it_is_given(box):
    for given, steps in {'{type: hyperband}': {'min': 1, 'max': 81},
                         '{min_iter: 4, eta: 2}': {'min': 4, 'max': 64},
                         '{max_iter: 3, min_iter: 5}': {'min': 5, 'max': 5}}.items():
        study, notes = sweep(box, {'x': '{min: 0.0, max: 1.0}'}, method='evolution',
                             more=f'early_terminate: {given}\n')
        equal(study['steps'], steps)
        equal(study.get('sampler', 'auto'), 'auto')
        contains(notes, "the method 'evolution' is not known here", 'the sweep has no run_cap')


@case
def a_file_that_exists_is_written_over_only_with_force(box):
    box.file('sweep.yaml', SWEEP.format(method='grid', parameters='  x: {values: [1, 2]}\n'))
    box.file('study.yaml', 'mine')
    contains(box.caviar('import', 'sweep.yaml', '-o', 'study.yaml', status=1).err, '--force')
    equal(box.read('study.yaml'), 'mine')
    box.caviar('import', 'sweep.yaml', '-o', 'study.yaml', '--force')
    contains(box.read('study.yaml'), 'sampler: "grid"')


main()
