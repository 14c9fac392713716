#!/usr/bin/env python3
"""
test_cli_words.py: what verbs say of studies that have something to be said about: each clause of
show, plan, importance, advise, report and nudge that takes a study of its own kind.
"""
import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'support'))
from harness import case, contains, equal, main  # noqa: E402


WHERE = ['--store', 'words.db']


def told(box, study, trials=()):
    """A study, to which trials came as a table: [(parameters, value)]."""
    box.file('study.json', json.dumps(study))
    if trials:
        names = list(study['space'])
        rows = [[*(config.get(name, '') for name in names), value] for config, value in trials]
        box.file('runs.csv', '\n'.join(','.join(map(str, row)) for row in [[*names, 'loss'], *rows])
                 + '\n')
        box.caviar('import', 'runs.csv', '--space', 'study.json', *WHERE)
    else:
        answer = box.caviar('pipe', *WHERE, stdin=json.dumps({'cmd': 'init', **study}) + '\n').out
        assert 'error' not in answer, answer


@case
def show_tells_the_whole_of_a_study(box):
    told(box, {
        'study': 's', 'metric': 'loss', 'steps': 9, 'parallel': 2, 'seed': 3,
        'budget': {'trials': 20, 'time': '90m', 'steps': 400}, 'sampler': 'random',
        'space': {
            'opt': {'type': 'categorical', 'choices': ['sgd', 'adam']},
            'lr': {'type': 'float', 'scale': 'log', 'low': 1e-4, 'high': 1, 'special': [0, 2]},
            'momentum': {'type': 'float', 'low': 0, 'high': 0.9, 'when': {'opt': 'sgd'}},
            'units': {'type': 'int', 'low': 1, 'high': 64, 'tier': 'fixed', 'default': 32}},
        'constraints': ['lr < 0.5 or units < 64']},
        [({'opt': 'adam', 'lr': 0.125, 'units': 32}, 1.0)])
    contains(box.caviar('show', *WHERE).out,
             's: minimize loss; 20 trials; 1h30m; 400 steps in all; 2 at a time',
             'sampler random, scheduler', 'seed 3', '\n1 trial\n', 'trials go to step 9\n',
             'opt       categorical sgd | adam', 'lr        float log 0.0001 to 1, or 0, 2',
             'momentum  float linear 0 to 0.9; only by opt', 'units     int fixed at 32',
             'constraint lr < 0.5 or units < 64')
    contains(box.caviar('show', '0', *WHERE).out, 'loss = 1', 'lr     0.125')
    contains(box.caviar('show', '0', '--definition', *WHERE, status=1).err,
             '--definition is the study\'s')


@case
def show_says_how_well_an_earlier_study_tells_this_one(box):
    space = {name: {'type': 'float', 'low': 0, 'high': 1} for name in ('x', 'y')}
    points = [((7 * i % 16 + 0.5) / 16, (5 * i % 16 + 0.5) / 16) for i in range(16)]

    def trials(loss, count):
        return [({'x': x, 'y': y}, loss(x, y)) for x, y in points[:count]]

    here = {'metric': 'loss', 'space': space, 'budget': {'trials': 40}, 'seed': 1}
    told(box, {**here, 'study': 'before'}, trials(lambda x, y: x + 0.1 * y, 16))
    for study, loss, count, words in (
            ('few', lambda x, y: x, 2, ['too few trials yet to tell how well it orders them']),
            ('alike', lambda x, y: x + 0.2 * y, 12,
             ['orders 12 trials with a rank correlation of 1.00', 'weight now',
              'of its best configurations tried here'])):
        told(box, {**here, 'study': study, 'from': 'before'}, trials(loss, count))
        contains(box.caviar('show', '--study', study, *WHERE).out, 'Learns from earlier studies:',
                 'before: 16 trials, 2 of its parameters are varied here', *words)
        earlier = box.json('show', '--study', study, *WHERE)['earlier'][0]
        equal((earlier['study'], earlier['trials'], earlier['shared']), ('before', 16, 2))


@case
def plan_says_what_a_single_run_or_a_population_would_do(box):
    box.bowl(keys='steps: 30')
    one = ['bowl.yaml', '--step', '40s', '--cores', '2', '--threads', '2', '--deadline', '30m']
    contains(box.caviar('plan', *one).out, 'panda: 1 run, nursed, of 30 steps', 'panda: auto',
             'budget: {trials: 1}')
    contains(box.caviar('plan', *one[:-4], '--cores', '1', '--deadline', '21m').out,
             'of a training are to spare')
    contains(box.caviar('plan', *one[:3], '--cores', '3', '--deadline', '25m').out, 'panda: 2 runs',
             '1 worker would have nothing to do')
    many = ['bowl.yaml', '--step', '40s', '--cores', '16', '--deadline', '30m']
    contains(box.caviar('plan', *many).out, 'a population (pbt) of 16',
             'scheduler: {type: pbt, population: 16}')
    equal(box.json('plan', *many)['study']['scheduler'], {'type': 'pbt', 'population': 16})
    contains(box.caviar('plan', *many, '--threads', '17', status=1).err,
             'a trial uses 17 cores, and a machine has 16')
    contains(box.caviar('plan', *many[:-1], '1m', status=1).err, 'there is time for 1 step')


def spread(count, close, loss):
    """Trials that are spread over a cube, with every `close`-th one in a corner of it."""
    trials = []
    for i in range(1, count + 1):
        a, x, y = (2 * (i * step % 1) - 1 for step in (0.8191725, 0.6710436, 0.5497005))
        if i % close == 0:
            a, x, y = 0.9 + a / 50, 0.9 + x / 50, 0.9 + y / 50
        trials.append(({'a': a, 'x': x, 'y': y}, loss(a, x, y)))
    return trials


@case
def importance_says_what_two_do_together_and_what_the_tiers_say(box):
    space = {'a': {'type': 'float', 'low': -1, 'high': 1, 'tier': 'most'},
             'x': {'type': 'float', 'low': -1, 'high': 1, 'tier': 'least'},
             'y': {'type': 'float', 'low': -1, 'high': 1}}
    study = {'metric': 'loss', 'space': space, 'seed': 1}
    told(box, {**study, 'study': 'two'}, spread(80, 1000, lambda a, x, y: 4 * x * y + 0.01 * a))
    words = ['importance', '--study', 'two', *WHERE, '--method', 'fanova', '--pairs']
    contains(box.caviar(*words).out, 'x with y', 'The model explains',
             'What two do together, beyond what each does alone (fANOVA):')
    assert {'x', 'y'} <= set(box.json(*words)['pairs'][0].values())
    told(box, {**study, 'study': 'one'}, spread(120, 2, lambda a, x, y: abs(x) + 0.01 * a))
    contains(box.caviar('importance', '--study', 'one', *WHERE).out, 'they count as',
             'that are spread evenly', 'Against the tiers: here x (tier least) matters more')


@case
def advise_says_what_it_cannot_tell_yet(box):
    space = {'x': {'type': 'float', 'low': 0, 'high': 1}}
    flat = [({'x': (i + 0.5) / 40}, 7 * i % 40) for i in range(40)]
    told(box, {'study': 'few', 'metric': 'loss', 'space': space, 'seed': 1}, flat[:2])
    told(box, {'study': 'fine', 'metric': 'loss', 'space': space, 'seed': 1}, flat)
    out = box.caviar('advise', '--study', 'few', '--from', 'fine', *WHERE).out
    contains(out, 'space: ', 'transfer: ')
    found = box.json('advise', '--study', 'few', '--from', 'fine', *WHERE)
    equal((found['space'], found['transfer']), (None, None))
    contains(box.caviar('advise', '--study', 'few', '--apply', *WHERE, status=1).err, 'trials')
    contains(box.caviar('advise', '--study', 'fine', *WHERE).out,
             'speak for no other scale or range')
    contains(box.caviar('advise', '--study', 'fine', '--apply', *WHERE, status=1).err,
             'there is no advice to apply: 40 trials')


@case
def a_report_says_what_can_be_restored_and_hears_what_has_changed(box):
    told(box, {'study': 's', 'metric': 'loss', 'steps': 9, 'seed': 1, 'scheduler': 'none',
               'space': {'x': {'type': 'float', 'low': 0, 'high': 1}}})
    token = box.json('ask', *WHERE)['id']
    words = ['report', *WHERE, '--trial', token, 'loss=1']
    keeps = ['--can', 'changes,restore', '--checkpoints']
    for list, status in (('1,,2', 1), ('-1', 1), ('one', 1), ('1' * 40, 1), ('1', 0)):
        outcome = box.caviar(*words, '--step', 1, *keeps, list, status=status)
        if status:
            contains(outcome.err, '--checkpoints: steps such as 3,4,5 are expected')
    contains(box.caviar(*words, '--step', 1, '--can', 'fly', status=1).err, "not 'fly'")
    contains(box.caviar(*words, status=2).err, '--step is needed')
    box.caviar('nudge', '0', 'x=0.5', '--note', 'why not', *WHERE)
    equal(box.caviar(*words, '--step', 2, *keeps, '1,2').out, 'x=0.5\n')
    box.caviar('nudge', '0', 'x=0.25', *WHERE)
    equal(box.json(*words, '--step', 3), {'verdict': 'continue', 'changes': {'x': 0.25}})
    contains(box.caviar('show', '0', *WHERE).out, 'x=0.5', 'why not')
    box.caviar('rollback', '0', '--to', '1', *WHERE)
    contains(box.caviar('show', '0', *WHERE).out, 'next       back to step 1')
    contains(box.caviar(*words, '--step', 4).out, 'restore 1')
    box.caviar('rollback', '0', '--to', '1', *WHERE)
    equal(box.json(*words, '--step', 5)['step'], 1)


@case
def nudges_say_when_they_arrive_and_what_cannot_be_nudged(box):
    told(box, {'study': 's', 'metric': 'loss', 'steps': 9, 'seed': 1, 'sampler': 'random',
               'space': {'opt': {'type': 'categorical', 'choices': ['sgd', 'adam']},
                         'momentum': {'type': 'float', 'low': 0, 'high': 0.9,
                                      'when': {'opt': 'sgd'}}}})
    box.caviar('add', 'opt=adam', *WHERE)
    contains(box.caviar('nudge', '0', 'momentum=0.5', *WHERE, status=1).err,
             "this trial has no 'momentum': it is not active here")
    contains(box.caviar('show', '5', '--schedule', *WHERE, status=1).err, 'has no trial 5 (it has')
    box.caviar('add', 'opt=sgd', *WHERE)
    contains(box.caviar('nudge', '1', 'momentum=0.5', *WHERE).out,
             'once it runs, at its next report')
    box.json('ask', *WHERE)
    contains(box.caviar('pause', '--trial', '0', *WHERE).out, 'pauses at its first report')
    contains(box.caviar('show', '0', *WHERE).out, 'next       pause')


@case
def what_is_refused_is_said_with_what_would_do(box):
    space = {'x': {'type': 'float', 'low': 0, 'high': 1},
             'fixed': {'type': 'int', 'low': 1, 'high': 9, 'tier': 'fixed', 'default': 3}}
    told(box, {'study': 's', 'metric': 'loss', 'steps': 9, 'seed': 1, 'space': space})
    box.json('ask', *WHERE)
    box.bowl()
    box.file('wide.csv', ','.join(f'c{i}' for i in range(10001)) + '\n')
    box.file('small.csv', 'x,loss\n1,2\n')
    box.file('two.json', json.dumps({'study': 'two', 'metrics': ['a', 'b'], 'space': space}))
    box.caviar('pipe', *WHERE, stdin=json.dumps({'cmd': 'init', 'study': 'two',
                                                 'metrics': ['a', 'b'], 'space': space}) + '\n')
    box.file('from.json', json.dumps({'study': 'f', 'metric': 'loss', 'from': 'two', 'seed': 1,
                                      'space': space, 'command': 'true', 'budget': {'trials': 1}}))
    report = ['report', '--trial', '0', '--step', '1']
    for status, words, pieces in (
            (2, ['run', 'bowl.yaml', '--minimize', 'a', '--maximize', 'b'], ['or --maximize']),
            (2, ['run', 'bowl.yaml', '--set', 'x'], ['--set: NAME=TEXT is expected']),
            (1, ['run', 'from.json', *WHERE], ['of its 2 metrics none is loss']),
            (2, ['run', '--minimize', 'loss', '--', 'true', '{x: ' + '1 ' * 65 + '}'],
             ['too many words']),
            (2, ['ask', '--lease', 'soon', *WHERE], ['soon']),
            (2, ['worker', '-j', '0', *WHERE], ['from 1 to 100000']),
            (2, ['fork', '0', '--from', 'x', *WHERE], ['--from', "'x'"]),
            (2, ['rollback', '0', '--to', 'x', *WHERE], ['--to', "'x'"]),
            (1, ['pause', 'other', '--trial', '0', *WHERE], ["no study 'other'"]),
            (1, ['update', 's', 'x', *WHERE], ['NAME.KEY=VALUE is expected']),
            (1, ['update', 's', '--drop', 'x', *WHERE], ['--drop: NAME=CHOICE is expected']),
            (1, ['update', 's', '--drop', 'y=1', *WHERE], ["'y'"]),
            (1, ['report', '--study', 's', '--trial', '7', '--step', '1', 'loss=1', *WHERE],
             ['no trial 7']),
            (2, [*report, 'a b=1', *WHERE], ["'a b' is no name of a metric"]),
            (2, [*report, 'loss=low', *WHERE], ['a number is expected']),
            (1, ['importance', '--study', 's', '--contour', 'x,fixed', *WHERE],
             ["'fixed' is not varied"]),
            (1, ['import', 'wide.csv'], ['10000 columns at most']),
            (1, ['import', 'small.csv', '--minimize', 'loss', '--parameters', 'x,y'], ["'y'"])):
        contains(box.caviar(*words, status=status).err, *pieces)


main()
