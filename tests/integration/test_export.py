#!/usr/bin/env python3
"""
test_export.py: caviar export for other tools: what comes out is read back by Optuna where it is
here, by caviar import, and by Python's own CSV reader.
"""
import csv
import io
import os
import sqlite3
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'support'))
from harness import case, contains, equal, main  # noqa: E402
import optuna  # noqa: E402

SPACE = """space:
  lr: {type: float, scale: log, low: 1e-5, high: 1}
  momentum: {type: float, scale: reverse-log, low: 0.9, high: 0.999}
  decay: {type: float, scale: log, low: 1e-6, high: 0.1, special: [0]}
  batch: {type: int, scale: log, low: 16, high: 256, step: x2}
  layers: {type: int, low: 1, high: 4}
  drop: {type: float, low: 0, high: 0.5, step: 0.125}
  act: [relu, tanh, 3, true]
  units: {type: int, low: 8, high: 64, when: {layers: {low: 2}}}
  gpus: 2
"""
PROGRAM = """
if [ "$CAVIAR_TRIAL" = 3 ]; then exit 5; fi
for step in 1 2 3; do echo "caviar: step=$step loss=$1$step"; done
"""


def tuned(box, more=''):
    """A study of eight trials, of which one failed and one waits, in caviar.db."""
    box.script('t.sh', PROGRAM)
    box.file('study.yaml', f'study: tuned\ncommand: ./t.sh {{layers}}.{{trial}}\nseed: 3\n{more}'
                           f'metric: {{name: loss, direction: maximize}}\nbudget: {{trials: 8}}\n'
                           + SPACE)
    box.caviar('run', 'study.yaml', status=None)
    box.caviar('add', 'lr=0.5', 'act=relu')


READS = """
STORE = (optuna.storages.JournalStorage(optuna.storages.JournalFileStorage('out'))
         if sys.argv[1] == 'optuna-journal' else 'sqlite:///out')
study = optuna.load_study(study_name='tuned', storage=STORE)
print(json.dumps({
    'best': [study.best_trial.number, study.best_value], 'direction': study.direction.name,
    'trials': [[t.number, t.state.name.lower(), t.params, t.value, t.intermediate_values,
                t.datetime_start and t.datetime_start.timestamp(), t.system_attrs]
               for t in study.trials],
    'outside': [[t.number, name] for t in study.trials for name, value in t.params.items()
                if not t.distributions[name]._contains(
                    t.distributions[name].to_internal_repr(value))],
    'attributes': study.trials[3].user_attrs}))
study.optimize(lambda trial: trial.suggest_float('lr', 1e-5, 1, log=True), n_trials=2)
assert len(study.trials) >= 10
"""


@case
def optuna_reads_what_is_written_for_it(box):
    optuna.python()
    tuned(box)
    ours = box.trials()
    best = box.json('best')['trial']
    for form in ('optuna', 'optuna-journal'):
        box.caviar('export', '--format', form, '-o', 'out', '--force', TZ='UTC')
        os.environ['TZ'] = 'UTC'
        theirs = optuna.run(box, READS, form)
        equal(theirs['best'], [best['id'], best['values']['loss']])
        equal(theirs['direction'], 'MAXIMIZE')
        equal(theirs['outside'], [])
        equal(theirs['attributes']['reason'], 'exit')
        for mine, yours in zip(ours, theirs['trials']):
            state = {'failed': 'fail'}.get(mine['state'], mine['state'])
            params = {} if state == 'waiting' else mine['config']
            equal(yours[:4], [mine['id'], state, params, mine['values'].get('loss')])
            reports = {} if state in ('fail', 'waiting') else {
                str(step): float(f"{params['layers']}.{mine['id']}{step}") for step in (1, 2, 3)}
            equal(yours[4], reports)
            if state == 'waiting':
                equal(yours[6]['fixed_params'], mine['config'])


@case
def what_optuna_has_no_place_for_is_said(box):
    tuned(box, 'constraints: ["lr < 1"]\n')
    said = box.caviar('export', '--format', 'optuna', '-o', 'out').err
    contains(said, 'momentum is linear there: Optuna has no reverse-log scale',
             'decay is linear there', 'the constraints are left out')


@case
def an_export_for_optuna_comes_back(box):
    tuned(box)
    for form in ('optuna', 'optuna-journal'):
        box.caviar('export', '--format', form, '-o', form)
        box.caviar('import', form, '--store', 'back.db', '--study', form)
        ours = box.trials()
        theirs = box.trials('--store', 'back.db', '--study', form)
        keys = ('state', 'config', 'values', 'started')
        equal([[trial.get(key) for key in keys] for trial in theirs],
              [[trial.get(key) for key in keys] for trial in ours])


@case
def the_file_says_which_schema_it_has(box):
    tuned(box)
    box.caviar('export', '--format', 'optuna', '-o', 'out.db')
    db = sqlite3.connect(box.path('out.db'))
    equal(db.execute('SELECT version_num FROM alembic_version').fetchall(), [('v3.0.0.d',)])
    equal(db.execute('SELECT schema_version FROM version_info').fetchall(), [(12,)])
    equal(db.execute('PRAGMA integrity_check').fetchall(), [('ok',)])
    equal(db.execute('PRAGMA foreign_key_check').fetchall(), [])
    equal(db.execute('SELECT value_json FROM study_system_attributes').fetchall(), [('["loss"]',)])


@case
def hiplot_gets_a_line_for_each_trial_with_a_value(box):
    tuned(box)
    done = box.caviar('export', '--format', 'hiplot')
    rows = list(csv.DictReader(io.StringIO(done.out)))
    kept = [trial for trial in box.trials() if trial['state'] == 'complete']
    equal([int(row['uid']) for row in rows], [trial['id'] for trial in kept])
    equal([float(row['loss']) for row in rows], [trial['values']['loss'] for trial in kept])
    equal([float(row['lr']) for row in rows], [trial['config']['lr'] for trial in kept])
    equal([row['units'] for row in rows],
          [str(trial['config'].get('units', '')) for trial in kept])
    contains(done.err, '2 of 9 trials have no value')


@case
def what_exists_is_written_over_only_with_force(box):
    tuned(box)
    for form in ('csv', 'optuna', 'optuna-journal'):
        box.file('out', 'mine')
        contains(box.caviar('export', '--format', form, '-o', 'out', status=1).err, '--force')
        equal(box.read('out'), 'mine')
        box.caviar('export', '--format', form, '-o', 'out', '--force')
        assert box.read('out') != 'mine'
        equal([name for name in os.listdir(box.folder) if name.endswith('.tmp')], [])


@case
def what_cannot_be_written_is_said_and_nothing_is_left(box):
    tuned(box)
    contains(box.caviar('export', '--format', 'optuna', '-o', 'none/out', status=1).err, 'none/out')
    contains(box.caviar('export', '--format', 'optuna', status=2).err, '--output')
    contains(box.caviar('export', '--format', 'xml', status=2).err, 'csv', 'hiplot', "'xml'")


@case
def lines_of_syne_tune_and_katib_are_heard(box):
    box.script('syne.sh', """
echo '[tune-metric]: {"loss": 0.5, "st_worker_timestamp": 1644311849.6, "st_worker_iter": 0}'
echo '[tune-metric]: {"loss": 0.25, "st_worker_timestamp": 1644311850.6, "st_worker_iter": 1}'
""")
    box.script('katib.sh', """
echo '2024-03-01T12:00:00Z INFO     Epoch[0] Train-accuracy=0.5'
echo '2024-03-01T12:00:01Z INFO     Epoch[0] Validation-accuracy=0.75'
echo '2024-03-01T12:00:02Z INFO     Epoch[1] Validation-accuracy=0.875'
""")
    for name, metric, curve in (('syne', 'loss', [[0, 0.5], [1, 0.25]]),
                                ('katib', 'Validation-accuracy', [[0, 0.75], [1, 0.875]])):
        box.caviar('run', '-n', '1', '--study', name, '--minimize', metric, '--', f'./{name}.sh',
                   '{x: 0 1}')
        found = box.json('best', '--study', name)
        equal([[point['step'], point[metric]] for point in found['curve']], curve)


main()
