#!/usr/bin/env python3
"""
test_export.py: caviar export for other tools: what comes out is read back by Optuna where it is
here, by caviar import, and by Python's own CSV reader.
"""
import csv
import glob
import io
import json
import os
import shutil
import sqlite3
import struct
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'support'))
from harness import Skip, case, contains, equal, main, read  # noqa: E402
import event_file  # noqa: E402
import optuna_files  # noqa: E402

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


KEPT = {}  # the stores that were made, by what the study files had more


def tuned(box, more=''):
    """A study of eight trials, of which one failed and one waits, in caviar.db."""
    if more in KEPT:
        with open(box.path('caviar.db'), 'wb') as file:
            file.write(KEPT[more])
        return
    box.script('t.sh', PROGRAM)
    box.file('study.yaml', f'study: tuned\ncommand: ./t.sh {{layers}}.{{trial}}\nseed: 3\n{more}'
                           f'metric: {{name: loss, direction: maximize}}\nbudget: {{trials: 8}}\n'
                           + SPACE)
    box.caviar('run', 'study.yaml', status=None)
    box.caviar('add', 'lr=0.5', 'act=relu')
    with sqlite3.connect(box.path('caviar.db')) as db:
        db.execute('PRAGMA wal_checkpoint(TRUNCATE)')
    db.close()
    with open(box.path('caviar.db'), 'rb') as file:
        KEPT[more] = file.read()


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
    optuna_files.python()
    tuned(box)
    ours = box.trials()
    best = box.json('best')['trial']
    for form in ('optuna', 'optuna-journal'):
        box.caviar('export', '--format', form, '-o', 'out', '--force', TZ='UTC')
        os.environ['TZ'] = 'UTC'
        theirs = optuna_files.run(box, READS, form)
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


def float32(value):
    return struct.unpack('<f', struct.pack('<f', value))[0]


@case
def tensorboard_gets_scalars_and_parameters_of_every_trial(box):
    tuned(box)
    box.caviar('export', '--format', 'tensorboard', '-o', 'runs')
    trials = [trial for trial in box.trials() if trial['state'] != 'waiting']
    equal(sorted(os.listdir(box.path('runs'))), sorted(f"trial-{trial['id']}" for trial in trials))
    for trial in trials:
        path, = glob.glob(box.path('runs', f"trial-{trial['id']}", 'events.out.tfevents.*'))
        with open(path, 'rb') as file:
            scalars, parameters, status = event_file.read(file.read())
        equal(parameters, trial['config'])
        equal(status, 2 if trial['state'] == 'failed' else 1)
        curve = [] if trial['state'] == 'failed' else [
            (step, float32(float(f"{trial['config']['layers']}.{trial['id']}{step}")))
            for step in (1, 2, 3)]
        equal([(step, value) for _, step, _, value in scalars], curve)
        equal({tag for tag, _, _, _ in scalars}, {'loss'} if curve else set())


@case
def googles_own_reader_takes_an_event_file(box):
    script = """
import struct, sys
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory, struct_pb2
file = descriptor_pb2.FileDescriptorProto(name='t.proto', package='t', syntax='proto3',
                                          dependency=['google/protobuf/struct.proto'])
def message(name, *fields):
    of = file.message_type.add(name=name)
    for field, number, kind, of_type, many in fields:
        of.field.add(name=field, number=number, type=kind, label=3 if many else 1,
                     type_name=of_type)
message('Plugin', ('name', 1, 9, None, 0), ('content', 2, 12, None, 0))
message('Metadata', ('plugin', 1, 11, '.t.Plugin', 0))
message('Value', ('tag', 1, 9, None, 0), ('simple', 2, 2, None, 0), ('tensor', 8, 12, None, 0),
        ('metadata', 9, 11, '.t.Metadata', 0))
message('Summary', ('value', 1, 11, '.t.Value', 1))
message('Event', ('time', 1, 1, None, 0), ('step', 2, 3, None, 0), ('version', 3, 9, None, 0),
        ('summary', 5, 11, '.t.Summary', 0))
message('Entry', ('key', 1, 9, None, 0), ('value', 2, 11, '.google.protobuf.Value', 0))
message('Start', ('hparams', 1, 11, '.t.Entry', 1), ('seconds', 5, 1, None, 0))
message('Data', ('start', 3, 11, '.t.Start', 0))
pool = descriptor_pool.Default()
pool.Add(file)
get = getattr(message_factory, 'GetMessageClass', None)
get = get or message_factory.MessageFactory().GetPrototype
Event, Data = [get(pool.FindMessageTypeByName('t.' + name)) for name in ('Event', 'Data')]
data, at, events = open(sys.argv[1], 'rb').read(), 0, []
while at < len(data):
    size, = struct.unpack('<Q', data[at:at + 8])
    events.append(Event.FromString(data[at + 12:at + 12 + size]))
    at += 16 + size
start = Data.FromString(events[1].summary.value[0].metadata.plugin.content).start
print(json.dumps({
    'version': events[0].version,
    'hparams': {one.key: getattr(one.value, one.value.WhichOneof('kind')) for one in start.hparams},
    'steps': [event.step for event in events[2:-1]]}))
"""
    program = '/usr/bin/python3' if os.path.exists('/usr/bin/python3') else sys.executable
    if subprocess.run([program, '-c', 'import google.protobuf'], capture_output=True,
                      check=False).returncode:
        raise Skip('no google.protobuf (python3-protobuf) here')
    tuned(box)
    box.caviar('export', '--format', 'tensorboard', '-o', 'runs')
    path, = glob.glob(box.path('runs', 'trial-0', '*'))
    box.file('read.py', 'import json\n' + script)
    done = subprocess.run([program, 'read.py', path], cwd=box.folder, capture_output=True,
                          text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    equal(found, {'version': 'brain.Event:2', 'hparams': box.trials()[0]['config'],
                  'steps': [1, 2, 3]})


def as_printed(value):
    if isinstance(value, bool):
        return str(value).lower()
    return str(int(value) if isinstance(value, float) and value.is_integer() else value)


def yaml_pairs(text):
    """MLflow's meta.yaml is flat."""
    return {key: value.strip("'\"") for key, value in
            (line.split(': ', 1) for line in text.splitlines())}


@case
def mlflow_gets_a_run_for_every_trial(box):
    tuned(box)
    box.caviar('export', '--format', 'mlflow', '-o', 'mlruns')
    experiment = yaml_pairs(box.read('mlruns', '1', 'meta.yaml'))
    equal((experiment['name'], experiment['experiment_id']), ('tuned', '1'))
    trials = {f"trial-{trial['id']}": trial for trial in box.trials()
              if trial['state'] != 'waiting'}
    runs = [name for name in os.listdir(box.path('mlruns', '1')) if name != 'meta.yaml']
    equal(len(runs), len(trials))
    for run in runs:
        meta = yaml_pairs(box.read('mlruns', '1', run, 'meta.yaml'))
        trial = trials[meta['run_name']]
        equal((meta['run_id'], meta['run_uuid'], meta['experiment_id']), (run, run, '1'))
        equal(meta['status'], '4' if trial['state'] == 'failed' else '3')
        folder = box.path('mlruns', '1', run, 'params')
        equal({name: read(os.path.join(folder, name)) for name in os.listdir(folder)},
              {name: as_printed(value) for name, value in trial['config'].items()})
        equal(read(box.path('mlruns', '1', run, 'tags', 'mlflow.runName')), meta['run_name'])
        if trial['state'] == 'failed':
            equal(os.listdir(box.path('mlruns', '1', run, 'metrics')), [])
            continue
        lines = [line.split() for line in
                 box.read('mlruns', '1', run, 'metrics', 'loss').splitlines()]
        equal([(float(value), int(step)) for _, value, step in lines],
              [(float(f"{trial['config']['layers']}.{trial['id']}{step}"), step)
               for step in (1, 2, 3)])
        assert all(int(meta['start_time']) <= int(time) <= int(meta['end_time'])
                   for time, _, _ in lines), (meta, lines)


@case
def what_exists_is_written_over_only_with_force(box):
    tuned(box)
    for form in ('csv', 'optuna', 'optuna-journal', 'tensorboard', 'mlflow'):
        shutil.rmtree(box.path('out'), ignore_errors=True)
        box.file('out', 'mine')
        contains(box.caviar('export', '--format', form, '-o', 'out', status=1).err, '--force')
        equal(box.read('out'), 'mine')
        box.caviar('export', '--format', form, '-o', 'out', '--force')
        assert os.path.isdir(box.path('out')) or box.read('out') != 'mine'
        contains(box.caviar('export', '--format', form, '-o', 'out', status=1).err, '--force')
        box.caviar('export', '--format', form, '-o', 'out', '--force')
        if os.path.isfile(box.path('out')):
            os.remove(box.path('out'))
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
