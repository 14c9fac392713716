#!/usr/bin/env python3
"""
test_import_csv.py: caviar import of a table: what Caviar's own export, pandas, Optuna, W&B and
others write.
"""
import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'support'))
import postgres  # noqa: E402
from harness import BOWL, BOWL_SPACE, Skip, case, contains, equal, main  # noqa: E402

TABLE = """lr,units,act,loss
0.001,16,relu,0.5
0.01,32,tanh,0.25
0.1,64,relu,0.125
1.0,128,tanh,
"""


def imported(box, text, *words, name='runs.csv', status=0, **env):
    """Imports a table; answers the definition of the study that it makes."""
    box.file(name, text)
    box.caviar('import', name, *words, '-o', 'made.json', '--force', status=status, **env)
    return json.loads(box.read('made.json'))


@case
def a_table_becomes_a_study_with_a_trial_for_each_row(box):
    study = imported(box, TABLE, '--minimize', 'loss')
    equal(study['study'], 'runs')
    equal(study['metrics'], [{'name': 'loss', 'direction': 'minimize'}])
    equal(study['space'], {
        'lr': {'type': 'float', 'scale': 'log', 'low': 0.001, 'high': 1},
        'units': {'type': 'int', 'scale': 'log', 'low': 16, 'high': 128},
        'act': {'type': 'categorical', 'choices': ['relu', 'tanh']}})
    trials = box.trials()
    equal([trial['state'] for trial in trials], ['complete'] * 3 + ['failed'])
    equal([trial['config'] for trial in trials[:2]],
          [{'lr': 0.001, 'units': 16, 'act': 'relu'}, {'lr': 0.01, 'units': 32, 'act': 'tanh'}])
    equal([trial['values']['loss'] for trial in trials[:3]], [0.5, 0.25, 0.125])
    equal(trials[2]['origin'], 'csv:2')
    contains(box.caviar('best').out, '0.125')


@case
def what_caviar_exports_comes_back(box):
    box.file('bowl.sh', BOWL)
    box.file('bowl.yaml', 'study: bowl\ncommand: sh bowl.sh {x} {y}\nmetric: loss\nseed: 3\n'
             'budget: {trials: 12}\nsampler: random\n' + BOWL_SPACE)
    box.caviar('run', 'bowl.yaml')
    box.caviar('export', '-o', 'bowl.csv')
    def kept(trials):
        return [[trial[key] for key in ('state', 'config', 'values', 'started')]
                for trial in trials]
    there = kept(box.trials())
    guessed = imported(box, box.read('bowl.csv'), '--minimize', 'loss', '--store', 'a.db')
    equal([(name, of['type'], of.get('scale')) for name, of in guessed['space'].items()],
          [('x', 'float', None), ('y', 'float', 'log')])
    equal(kept(box.trials('--store', 'a.db')), there)
    box.caviar('import', 'bowl.csv', '--space', 'bowl.yaml', '--store', 'b.db')
    equal(kept(box.trials('--store', 'b.db')), there)
    box.caviar('run', 'bowl.yaml', '-n', '2', '--store', 'b.db')  # it is the same study
    equal(len(box.trials('--store', 'b.db')), 14)


@case
def optunas_frame_has_its_parameters_under_a_prefix(box):
    study = imported(box, """,number,value,datetime_start,datetime_complete,duration,\
params_layers,params_lr,params_units_2,user_attrs_who,state
0,0,0.5,2024-03-01 12:00:00.250000,2024-03-01 12:00:10.250000,0 days 00:00:10,1,0.001,,me,COMPLETE
1,1,0.25,2024-03-01 12:00:10,2024-03-01 12:00:12,0 days 00:00:02,2,0.01,64.0,me,COMPLETE
2,2,0.75,2024-03-01 12:00:12,2024-03-01 12:00:14,0 days 00:00:02,2,0.1,32.0,me,PRUNED
3,3,,2024-03-01 12:00:14,2024-03-01 12:00:16,0 days 00:00:02,1,1.0,,me,FAIL
4,4,,2024-03-01 12:00:14,,,1,0.5,,me,RUNNING
""")
    equal(study['space'], {
        'layers': {'type': 'int', 'low': 1, 'high': 2},
        'lr': {'type': 'float', 'scale': 'log', 'low': 0.001, 'high': 1},
        'units_2': {'type': 'int', 'low': 32, 'high': 64,
                    'when': {'layers': {'low': 2, 'high': 2}}}})
    trials = box.trials()
    equal([trial['state'] for trial in trials],
          ['complete', 'complete', 'pruned', 'failed', 'failed'])
    equal([trial['seconds'] for trial in trials[:3]], [10, 2, 2])
    equal(trials[0]['config'], {'layers': 1, 'lr': 0.001})
    equal(trials[1]['config'], {'layers': 2, 'lr': 0.01, 'units_2': 64})


@case
def several_metrics_each_have_their_direction(box):
    two = 'x,loss,accuracy\n1.5,0.5,0.75\n2.5,0.25,0.5\n'
    study = imported(box, two, '--minimize', 'loss', '--maximize', 'accuracy')
    equal(study['metrics'], [{'name': 'loss', 'direction': 'minimize'},
                             {'name': 'accuracy', 'direction': 'maximize'}])
    equal(box.trials()[0]['values'], {'loss': 0.5, 'accuracy': 0.75})
    equal(list(study['space']), ['x'])
    optuna = 'number,values_0,values_1,params_x,state\n0,1,2,0.5,COMPLETE\n1,3,4,0.75,COMPLETE\n'
    study = imported(box, optuna, '--store', 'two.db')
    equal([metric['name'] for metric in study['metrics']], ['values_0', 'values_1'])


@case
def a_page_of_wandb_is_told_which_columns_are_parameters(box):
    page = """"Name","State","Notes","User","Tags","Created","Runtime","Sweep","lr","dropout",\
"_step","epoch","val/loss"
"calm-sea","finished","-","me","","2024-03-01T12:00:00.000Z","90","abc","0.01","0.1","9","1","0.5"
"odd-hill-1","crashed","-","me","","2024-03-01T12:00:00.000Z","10","abc","0.9","0.2","9","10",""
"""
    study = imported(box, page, '--minimize', 'val/loss', '--parameters', 'lr,dropout')
    equal(list(study['space']), ['lr', 'dropout'])
    equal(study['metrics'][0]['name'], 'val_loss')
    equal([(trial['state'], trial['seconds']) for trial in box.trials()],
          [('complete', 90), ('failed', 10)])
    box.caviar('delete', '--yes')
    notes = box.caviar('import', 'runs.csv', '--minimize', 'val/loss', '--parameters', 'lr').err
    contains(notes, 'left out: Name, Notes, User, Tags, Sweep, dropout, _step, epoch')


@case
def the_search_of_scikit_learn_and_the_results_of_ray_are_known(box):
    study = imported(box, """mean_fit_time,param_C,param_kernel,params,mean_test_score
0.1,0.1,rbf,"{'C': 0.1, 'kernel': 'rbf'}",0.75
0.1,10,linear,"{'C': 10, 'kernel': 'linear'}",0.875
""")
    equal((list(study['space']), study['metrics']),
          (['C', 'kernel'], [{'name': 'mean_test_score', 'direction': 'maximize'}]))
    study = imported(box, """loss,training_iteration,trial_id,date,config/lr,config/act
0.5,4,ab_0,2024-03-01_12-00-00,0.5,relu
0.25,8,ab_1,2024-03-01_12-00-00,0.25,tanh
""", '--minimize', 'loss', '--store', 'ray.db')
    equal(list(study['space']), ['lr', 'act'])
    equal([trial['step'] for trial in box.trials('--store', 'ray.db')], [4, 8])


@case
def scales_are_those_on_which_the_values_lie_most_evenly(box):
    def scale(values):
        rows = ''.join(f'{value},{i}.5\n' for i, value in enumerate(values))
        study = imported(box, 'p,loss\n' + rows, '--minimize', 'loss', '--store', 's.db')
        os.remove(box.path('s.db'))
        return study['space']['p'].get('scale')
    equal(scale([10 ** (-5 + 5 * i / 19) for i in range(20)]), 'log')
    equal(scale([i / 19 for i in range(20)]), None)
    equal(scale([1 + i for i in range(20)]), None)
    equal(scale([1 - 10 ** (-1 - 2 * i / 19) for i in range(20)]), 'reverse-log')
    equal(scale([16, 32, 64, 128, 256]), 'log')
    equal(scale([-1, 0.001, 1000.0]), None)


@case
def booleans_numbers_among_words_and_one_value_are_what_they_look_like(box):
    study = imported(box, """bias,gamma,seed,loss
True,scale,7,0.5
False,0.125,7,0.25
True,auto,7,0.75
""", '--minimize', 'loss')
    equal(study['space'], {
        'bias': {'type': 'categorical', 'choices': [True, False]},
        'gamma': {'type': 'categorical', 'choices': ['scale', 0.125, 'auto']},
        'seed': {'type': 'constant', 'value': 7}})
    equal(box.trials()[1]['config'], {'bias': False, 'gamma': 0.125, 'seed': 7})


@case
def semicolons_tabs_quotes_marks_and_line_ends_are_taken_as_they_come(box):
    plain = 'x,word,loss\n1.5,"a, ""b""\nc",0.5\n2.5,d,0.25\n'
    for number, text in enumerate([
            plain, '\ufeff' + plain, plain.replace('\n', '\r\n'), plain + '\n\n',
            plain.replace('x,word,loss', 'x;word;loss').replace('1.5,', '1.5;').replace(
                '",0.5', '";0.5').replace('2.5,d,', '2.5; d ;'),
            plain.replace('x,word,loss', 'x\tword\tloss').replace('1.5,', '1.5\t').replace(
                '",0.5', '"\t0.5').replace('2.5,d,', '2.5\td\t')]):
        store = f'{number}.db'
        imported(box, text, '--minimize', 'loss', '--store', store)
        words = [trial['config']['word'] for trial in box.trials('--store', store)]
        equal([word.replace('\r', '') for word in words], ['a, "b"\nc', 'd'])


SPACE = """study: mnist
command: echo {lr} {act} {momentum}
metric: {name: loss, direction: minimize}
space:
  lr: {type: float, scale: log, low: 1e-5, high: 1}
  act: {type: categorical, choices: [relu, tanh]}
  momentum: {type: float, low: 0, high: 1, when: {act: tanh}}
  bias: {type: categorical, choices: [true, false], default: true}
"""


@case
def a_study_file_says_what_the_columns_are(box):
    box.file('mnist.yaml', SPACE)
    box.file('runs.csv', 'who,params_lr,act,momentum,bias,loss\n'
             'me,0.01,tanh,0.5,True,0.5\nme,0.02,relu,0.75,False,0.25\nme,3,relu,,True,0.125\n')
    done = box.json('import', 'runs.csv', '--space', 'mnist.yaml')
    equal((done['study'], done['complete'], done['left_out']), ('mnist', 2, 1))
    contains(' '.join(done['notes']), 'left out: who', 'a value lies outside of its range')
    equal([trial['config'] for trial in box.trials()], [
        {'lr': 0.01, 'act': 'tanh', 'momentum': 0.5, 'bias': True},
        {'lr': 0.02, 'act': 'relu', 'bias': False}])
    box.file('less.csv', 'lr,act,momentum,loss\n0.5,relu,,1\n')
    box.caviar('import', 'less.csv', '--space', 'mnist.yaml', '--study', 'less')
    equal(box.trials('--study', 'less')[0]['config'], {'lr': 0.5, 'act': 'relu', 'bias': True})


@case
def what_is_wrong_is_said_with_line_and_column_and_nothing_is_stored(box):
    box.file('mnist.yaml', SPACE)
    faults = [
        ('x,loss\n1,0.5\n2,low\n', ('--minimize', 'loss'), "bad.csv:3: column 'loss': 'low' is no"),
        ('x,loss\n1,0.5\n2\n', ('--minimize', 'loss'), 'bad.csv:3: the row has 1 cell, and'),
        ('x,loss\n1,"0.5\n2,1\n', ('--minimize', 'loss'), 'bad.csv:2: a cell begins with a quote'),
        ('x,x,loss\n1,2,3\n', ('--minimize', 'loss'), "bad.csv:1: there are two columns 'x'"),
        ('x,loss\ninf,3\n', ('--minimize', 'loss'), "bad.csv:2: column 'x': inf is no value"),
        ('x,loss\n1,3\n', (), 'which column is the metric', '(columns: x, loss)'),
        ('x,loss\n1,3\n', ('--minimize', 'los'), "no column for the metric 'los'", "'loss'?"),
        ('x,loss\n1,3\n', ('--minimize', 'loss', '--parameters', 'loss'), 'two things'),
        ('x,state,loss\n1,odd,3\n', ('--minimize', 'loss'), "bad.csv:2: column 'state': 'odd'"),
        ('x,loss\n' + ''.join(f'{i}.5,{i}\n' for i in range(20)) + 'y,3\n',
         ('--minimize', 'loss'), "bad.csv:22: column 'x': 'y' is no number, and 20 other"),
        ('lr,loss\n1,3\n', ('--space', 'mnist.yaml'), "no column for the parameter 'act'"),
        ('lr,act,momentum,loss\n1,gelu,,3\n', ('--space', 'mnist.yaml'),
         "bad.csv:2: column 'act': parameter 'act': 'gelu' is none of its choices"),
        ('lr,loss\n1,3\n', ('--space', 'mnist.yaml', '--minimize', 'loss'), '--space: the study'),
        ('note,loss\n,3\n', ('--minimize', 'loss', '--parameters', 'note'), "'note' is empty"),
        ('loss,more\n1,\n', ('--minimize', 'loss'), 'has no trial with parameters'),
    ]
    for text, words, *said in faults:
        box.file('bad.csv', text)
        contains(box.caviar('import', 'bad.csv', *words, status=1).err, *said)
    with open(box.path('latin.csv'), 'wb') as latin:
        latin.write(b'x,loss\n\xe9,1\n')
    contains(box.caviar('import', 'latin.csv', '--minimize', 'loss', status=1).err, 'UTF-8')
    box.file('sweep.yaml', 'program: a.py\nparameters:\n  x: {min: 0, max: 1}\n')
    contains(box.caviar('import', 'sweep.yaml', '--minimize', 'loss', status=1).err, 'for tables')
    assert not os.path.exists(box.path('caviar.db'))


GERMAN = """sep=;
lr;units;Runtime;Created;loss
0,001;16;10,5;01.03.2024 12:00:00;0,5
0,01;32;00:01:02,5;01.03.2024 13:00;0,25
1,234;64;;;1e-3
"""


@case
def decimal_commas_and_times_are_read_as_spreadsheets_write_them(box):
    for name, text in (('semicolons', GERMAN), ('tabs', GERMAN.replace(';', '\t'))):
        study = imported(box, text, '--minimize', 'loss', name=f'{name}.csv',
                         TZ='CET-1CEST,M3.5.0,M10.5.0/3')
        equal(study['space']['lr'], {'type': 'float', 'scale': 'log', 'low': 0.001, 'high': 1.234})
        equal(study['space']['units']['type'], 'int')
        trials = box.trials('--study', name)
        equal([trial['values']['loss'] for trial in trials], [0.5, 0.25, 0.001])
        equal([trial['started'] for trial in trials[:2]],
              ['2024-03-01T11:00:00Z', '2024-03-01T12:00:00Z'])
        equal([trial['seconds'] for trial in trials[:2]], [10.5, 62.5])
    box.file('mnist.yaml', SPACE.replace('[relu, tanh]', "['64,32', '128,64']").replace(
        'act: tanh', "act: '64,32'"))
    box.file('lists.csv', 'lr;act;momentum;loss\n0,5;64,32;0,25;1,5\n')
    box.caviar('import', 'lists.csv', '--space', 'mnist.yaml')
    equal(box.trials('--study', 'mnist')[0]['config'],
          {'lr': 0.5, 'act': '64,32', 'momentum': 0.25, 'bias': True})


@case
def numbers_and_times_that_may_mean_two_things_are_refused_with_their_place(box):
    for text, *said in [
            ('x;loss\n1,234;1\n', "bad.csv:2: column 'x': '1,234' may have a decimal comma, or"),
            ('x;loss\n0,5;1\n1.5;1\n', "bad.csv:2: column 'x': '0,5' seems to have a decimal",
             "'1.5' (line 3, column 'x')", 'in brackets: [0,5]'),
            ('x;loss\n64,32;0.5\n', "'64,32' seems to have", "'0.5' (line 2, column 'loss')"),
            ('x;loss\n1.234,5;1\n', "bad.csv:2: column 'x': '1.234,5' has marks between thousands"),
            ('x;loss\n1,234,567.5;1\n', "'1,234,567.5' has marks between thousands"),
            ('x;started;loss\n1;3/4/2024 12:00;1\n',
             "bad.csv:2: column 'started': '3/4/2024 12:00' is no time", '2024-03-01 12:30:00'),
            ('x;started;seconds;loss\n1;2024-03-01 12:00:00;12:30;1\n',
             "bad.csv:2: column 'seconds': '12:30' is no duration", '1:02:03')]:
        box.file('bad.csv', text)
        contains(box.caviar('import', 'bad.csv', '--minimize', 'loss', status=1).err, *said)
    assert not os.path.exists(box.path('caviar.db'))
    # with commas between the cells, and in text that is no number, a comma is a comma
    study = imported(box, 'x,units,loss\n0.5,"64,32",1\n0.25,"32,16",2\n', '--minimize', 'loss')
    equal(study['space']['units']['choices'], ['64,32', '32,16'])
    study = imported(box, 'x;units;loss\n0.5;64, 32;1\n0.25;8,16,32;2\n', '--minimize', 'loss',
                     '--study', 'text')
    equal(study['space']['units']['choices'], ['64, 32', '8,16,32'])


@case
def a_column_of_many_words_is_left_out_and_said(box):
    rows = ''.join(f'{i}.5,text {i},{i}\n' for i in range(100))
    box.file('runs.csv', 'x,remark,loss\n' + rows)
    contains(box.caviar('import', 'runs.csv', '--minimize', 'loss').err,
             'column remark is left out')
    equal(len(box.trials()), 100)
    equal(list(box.trials()[0]['config']), ['x'])


@case
def more_rows_than_a_server_answers_at_a_time_come_back_as_they_are(box):
    if not postgres.binaries():
        raise Skip('there is no PostgreSQL server here (package postgresql)')
    count = 10500  # an answer has 10,000
    box.file('runs.csv', 'x,loss\n' + ''.join(f'{i / count},{(i * 7919) % count}\n'
                                              for i in range(count)))
    with postgres.Server() as server:
        where = ['--store', server.url()]
        box.caviar('import', 'runs.csv', '--minimize', 'loss', *where)
        trials = box.trials(*where)
        equal(len(trials), count)
        assert all(trial['values']['loss'] == (i * 7919) % count for i, trial in enumerate(trials))
        equal(box.json('best', *where)['trial']['id'], 0)


main()
