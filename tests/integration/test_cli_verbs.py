#!/usr/bin/env python3
"""
test_cli_verbs.py: the verbs that look at a study, keep it, and speak to other programs. Of each:
what it does, its --json, its exit status, what it says when something is wrong.
"""
import json
import os
import re
import sqlite3
import sys
import time
from xml.etree import ElementTree

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'support'))
from harness import case, contains, equal, main, read  # noqa: E402


def ran(box, *words):
    """A study of six trials in caviar.db."""
    box.bowl()
    box.caviar('run', 'bowl.yaml', *words)


def extended(box, trials=20):
    """A study that nobody runs, with a budget that leaves something to ask for."""
    box.bowl(command='false', keys=f'budget: {{trials: {trials}}}')
    box.caviar('run', 'bowl.yaml', status=1)  # its first three trials fail


def pipe(box, *messages, status=0, words=()):
    """Speaks with `caviar pipe`; answers its answers."""
    lines = ''.join((one if isinstance(one, str) else json.dumps(one)) + '\n' for one in messages)
    outcome = box.caviar('pipe', *words, stdin=lines, status=status)
    return [json.loads(line) for line in outcome.out.splitlines()]


INIT = {'cmd': 'init', 'space': {'x': {'type': 'float', 'low': 0, 'high': 1}}, 'metric': 'loss',
        'seed': 3, 'budget': {'trials': 3}}


@case
def a_preset_is_a_space_for_programs_that_ask(box):
    answers = pipe(box, {'cmd': 'init', 'preset': 'neural-net', 'metric': 'loss', 'seed': 1},
                   {'cmd': 'ask'})
    equal(answers[1]['config']['beta2'], 0.999)
    equal(sorted(answers[1]['config'])[:4], ['activation', 'batch', 'beta1', 'beta2'])
    contains(pipe(box, {'cmd': 'init', 'preset': 'none'})[0]['error'], "no 'none'", 'neural-net')


# --- looking --------------------------------------------------------------------------------------

@case
def studies_lists_what_is_in_a_store(box):
    ran(box)
    box.caviar('run', 'bowl.yaml', '--study', 'second', '-n', '2')
    found = {study['study']: study for study in box.json('studies')}
    equal(sorted(found), ['bowl', 'second'])
    equal((found['bowl']['complete'], found['bowl']['budget'], found['bowl']['metric']),
          (6, 6, 'loss'))
    equal(found['second']['best'],
          min(trial['values']['loss'] for trial in box.trials('--study', 'second')))
    contains(box.caviar('studies').out, 'STUDY', 'bowl', 'second')
    contains(box.caviar('studies', '--store', 'none.db', status=1).err, 'none.db')
    assert not os.path.exists(box.path('none.db')), 'looking makes no store'


@case
def several_studies_need_a_name(box):
    ran(box)
    box.caviar('run', 'bowl.yaml', '--study', 'second', '-n', '2')
    contains(box.caviar('trials', status=1).err, 'bowl', 'second', '--study')
    contains(box.caviar('trials', '--study', 'secnod', status=1).err, 'secnod')
    equal(len(box.trials('--study', 'second')), 2)


@case
def trials_can_be_sorted_and_chosen(box):
    ran(box)
    values = [trial['values']['loss'] for trial in box.trials('--sort', 'value')]
    equal(values, sorted(values))
    equal(len(box.trials('-n', '2')), 2)
    equal(box.trials('--state', 'failed'), [])
    equal(len(box.trials('--state', 'complete')), 6)
    lines = box.caviar('trials', '--sort', 'value').out.splitlines()
    equal(len(lines), 7)
    contains(lines[0], 'TRIAL', 'STATE', 'loss', 'PARAMETERS')
    contains(box.caviar('trials', '--state', 'compelte', status=2).err, 'compelte', 'complete')
    contains(box.caviar('trials', '--sort', 'x', status=2).err, 'number or value')


@case
def show_has_everything_about_a_trial(box):
    box.script('t.sh', 'for s in 1 2 3; do echo "caviar: step=$s loss=$s.5"; done; echo bye\n')
    box.caviar('run', '-n', '1', '--study', 's', '--minimize', 'loss', '--', './t.sh', '{x: 0 1}')
    answer = box.json('show', '0')
    equal(answer['trial']['state'], 'complete')
    equal(answer['curve'], [{'step': s, 'loss': s + 0.5} for s in (1, 2, 3)])
    contains(answer['output'], 'bye')
    shown = box.caviar('show', '0').out
    contains(shown, 's, trial 0: complete', 'loss = 3.5', 'from 1.5 (step 1) to 3.5 (step 3)',
             '| bye', 'x')
    contains(box.caviar('show', '7', status=1).err, '7')
    contains(box.caviar('show', 'x', status=2).err, "'x' is no trial")
    contains(box.caviar('show').out, 'minimize loss', 'x ', 'float')
    contains(box.caviar('show', '--schedule', status=1).err, "trial's number")


@case
def best_is_the_trial_with_the_best_value(box):
    ran(box)
    least = min(box.trials(), key=lambda trial: trial['values']['loss'])
    answer = box.json('best')
    equal(answer['trial']['id'], least['id'])
    equal(box.json('best', '--config'), least['config'])
    words = dict(pair.split('=') for pair in box.caviar('best', '--config').out.split())
    equal({name: float(value) for name, value in words.items()}, least['config'])
    contains(box.caviar('best').out, f"trial {least['id']}: complete")


# A circle of trials: (error, speed) with the angle in tenths of a quarter turn, and one within.
CIRCLE = [{'cmd': 'init', 'study': 'two', 'space': {'x': {'type': 'float', 'low': 0, 'high': 1}},
           'metrics': ['error', {'name': 'speed', 'direction': 'maximize'}], 'seed': 3,
           'budget': {'trials': 10}}]
for number, values in enumerate([(2, 5), (1, 3), (2, 4), (3, 9), (3, 8), (1, 3)]):
    CIRCLE += [{'cmd': 'ask'}, {'cmd': 'tell', 'id': number, 'values': values}]


@case
def best_of_several_metrics_is_the_front(box):
    pipe(box, *CIRCLE, words=('--store', 'caviar.db'))
    answer = box.json('best')
    equal([trial['id'] for trial in answer['front']], [1, 5, 0, 3])  # equals stay both
    equal(answer['front'][2]['values'], {'error': 2, 'speed': 5})
    assert 'hypervolume' not in answer
    lines = box.caviar('best').out.splitlines()
    equal(len(lines), 5)
    contains(lines[0], 'TRIAL', 'error', 'speed', 'PARAMETERS')
    equal(lines[-1].split()[:3], ['3', '3', '9'])
    equal(box.json('best', '--metric', 'speed')['trial']['id'], 3)
    equal(box.json('best', '--metric', 'error')['trial']['id'], 1)
    equal(box.json('best', '--config'), answer['front'][0]['config'])
    contains(box.caviar('best', '--metric', 'sped', status=1).err, 'sped', 'speed')


@case
def the_front_has_a_hypervolume_below_a_reference(box):
    pipe(box, *CIRCLE, words=('--store', 'caviar.db'))
    # steps: 1 wide up to 3, 1 wide up to 5, 1 wide up to 9, above 1
    equal(box.json('best', '--reference', '4,1')['hypervolume'], 2 + 4 + 8)
    equal(box.json('best', '--reference', '1,1')['hypervolume'], 0)
    contains(box.caviar('best', '--reference', '4,1').out, 'hypervolume 14')
    contains(box.caviar('best', '--reference', '4', status=1).err, '2 numbers', 'not 1')
    contains(box.caviar('best', '--reference', '4,1,2', status=1).err, '2 numbers', '4,1,2')
    contains(box.caviar('best', '--reference', '4;1', status=1).err, '4;1')


@case
def best_of_a_study_without_a_complete_trial_is_an_error(box):
    extended(box)
    contains(box.caviar('best', status=1).err, 'complete')


@case
def importance_needs_trials_and_names_what_mattered(box):
    ran(box)
    contains(box.caviar('importance', status=1).err, '16')
    box.script('bowl.sh', 'awk -v y="$2" \'BEGIN { print "loss=" (log(y / 0.01)) ^ 2 }\'\n')
    box.caviar('run', 'bowl.yaml', '-n', '60', '--sampler', 'random', '--study', 'more')
    for method in ('ped-anova', 'fanova', 'shapley'):
        found = box.json('importance', '--study', 'more', '--method', method, '--pairs')
        shares = {one['parameter']: one['share'] for one in found['parameters']}
        assert shares['y'] > 0.8 and shares['y'] + shares['x'] <= 1.0001, shares
        assert found['method'] == method and found['trials'] == 60 and found['is_ranked'], found
        assert [(one['first'], one['second']) for one in found['pairs']] == [('x', 'y')], found
        assert method == 'ped-anova' or found['explained'] > 0.5, found
        table = box.caviar('importance', '--study', 'more', '--method', method).out
        assert table.index(' y ') < table.index(' x '), table
    contains(box.caviar('importance', '--study', 'more', '--method', 'fanva', status=1).err,
             "did you mean 'fanova'")
    contains(box.caviar('importance', '--study', 'more', '--contour', 'x,y').out,
             'loss over x (across) and y (up)', '0 is', ' | ')
    relief = box.json('importance', '--study', 'more', '--contour', 'x,y')
    equal((relief['first'], relief['second'], relief['trials']), ('x', 'y', 60))
    contains(box.caviar('importance', '--study', 'more', '--contour', 'x', status=1).err, 'lr,mom')
    contains(box.caviar('importance', '--study', 'more', '--metric', 'lss', status=1).err,
             "'lss'", 'loss')


@case
def importance_does_not_rank_noise(box):
    ran(box)
    box.script('bowl.sh', 'awk -v s="$CAVIAR_SEED" \'BEGIN { srand(s); print "loss=" rand() }\'\n')
    box.caviar('run', 'bowl.yaml', '-n', '60', '--sampler', 'random', '--study', 'noise')
    found = box.json('importance', '--study', 'noise', '--method', 'fanova')
    assert not found['is_ranked'] and found['tiers'] == '', found
    contains(box.caviar('importance', '--study', 'noise', '--method', 'fanova').out,
             'nothing is ranked')


@case
def advice_is_given_and_followed(box):
    ran(box)
    contains(box.caviar('advise').out, 'space: what mattered can be told from 16 trials')
    contains(box.caviar('advise', '--as-study', 'next', status=1).err, '16')
    box.script('bowl.sh', 'awk -v y="$2" \'BEGIN { print "loss=" log(y) }\'\n')
    for study in ('more', 'again'):
        box.caviar('run', 'bowl.yaml', '-n', '80', '--sampler', 'random', '--study', study)
    found = box.json('advise', '--study', 'more', '--from', 'again')
    advised = {one['parameter']: one['advice'] for one in found['space']['advice']}
    assert advised['x'] == 'fix' and 'y' in advised, advised
    assert found['transfer']['verdict'] == 'holds' and found['transfer']['from'] == 'again', found
    assert isinstance(found['curves'], list), found
    contains(box.caviar('advise', '--study', 'more', '--from', 'again').out, 'change: ',
             'what again has shown holds here')
    contains(box.caviar('advise', '--study', 'more', '--from', 'nobody', status=1).err, 'nobody')
    box.file('next.json', box.caviar('advise', '--study', 'more', '--as-study', 'next').out)
    box.caviar('run', 'next.json', '-n', '2')
    assert [one['study'] for one in box.json('studies') if one['study'] == 'next'], 'no next'
    contains(box.caviar('advise', '--study', 'more', '--as-study', '1 x', status=1).err, 'name')


# --- keeping --------------------------------------------------------------------------------------

@case
def export_writes_json_that_makes_the_study_again(box):
    ran(box)
    whole = box.json('export')
    equal(len(whole['trials']), 6)
    box.file('again.yaml', json.dumps(whole['study']))
    box.caviar('run', 'again.yaml', '--store', 'again.db')
    equal([trial['config'] for trial in box.trials('--store', 'again.db')],
          [trial['config'] for trial in whole['trials']])


@case
def export_writes_a_picture_as_a_file_of_its_own(box):
    ran(box)
    box.caviar('run', 'bowl.yaml', '-n', '30', '--sampler', 'random', '--study', 'more')
    names = {'history': 30, 'importance': 0, 'slice:x': 30, 'contour:x,y': 30, 'ranks:x,y': 30,
             'distribution': 0, 'parallel': 0, 'timeline': 0, 'front:loss,loss': 30}
    for name, trials in names.items():
        tree = ElementTree.fromstring(box.caviar('export', '--study', 'more', '--svg', name).out)
        equal(tree.tag, '{http://www.w3.org/2000/svg}svg')
        equal(len(tree.findall('.//{*}circle')), trials)
        assert 'var(' not in ElementTree.tostring(tree, 'unicode'), 'a viewer may know no variables'
    box.caviar('export', '--study', 'more', '--svg', 'history', '-o', 'h.svg')
    contains(box.read('h.svg'), '<svg xmlns', 'prefers-color-scheme:dark')
    contains(box.caviar('export', '--study', 'more', '--html').out, 'Two at a time')
    for name, piece in (('slice:z', "'z'"), ('curves', 'no trial has'), ('pie', 'contour:NAME'),
                        ('contour:x', 'two names'), ('ranks:x,z', "'z'"), ('historyx', 'ranks:'),
                        ('front:loss,gain', "'gain'"), ('distribution:x', 'there is no picture')):
        contains(box.caviar('export', '--study', 'more', '--svg', name, status=1).err, piece)
    contains(box.caviar('export', '--study', 'bowl', '--svg', 'importance', status=1).err, '16')
    contains(box.caviar('export', '--format', 'csv', '--html', status=2).err, '--svg')


@case
def export_draws_a_picture_by_one_of_several_metrics(box):
    pipe(box, *CIRCLE, words=('--store', 'caviar.db'))
    contains(box.caviar('export', '--svg', 'history').out, '>error<', 'trial 1: error 1<')
    by_speed = box.caviar('export', '--svg', 'history', '--metric', 'speed').out
    contains(by_speed, '>speed<', 'class="best"', 'trial 3: speed 9<')
    equal(by_speed.count('class="best"'), 1)
    contains(box.caviar('export', '--svg', 'slice:x', '--metric', 'speed').out, 'speed against x')
    contains(box.caviar('export', '--svg', 'history', '--metric', 'sped', status=1).err, 'speed')
    contains(box.caviar('export', '--html', '--metric', 'speed', status=2).err, '--svg')


@case
def export_writes_to_a_file_and_says_where_it_cannot(box):
    ran(box)
    equal(box.caviar('export', '-o', 'out.csv').out, '')
    equal(box.read('out.csv').count('\n'), 7)
    contains(box.caviar('export', '-o', 'none/out.csv', status=1).err, 'none')
    contains(box.caviar('export', '--format', 'xml', status=2).err, "'xml'", 'csv')


@case
def csv_quotes_what_needs_it(box):
    box.script('t.sh', 'echo loss=1\n')
    box.caviar('run', '--sampler', 'grid', '--minimize', 'loss', '--', './t.sh',
               '{c: {type: categorical, choices: ["a,b", "c\\"d", plain]}}')
    out = box.caviar('export').out
    contains(out, ',"a,b"\n', ',"c""d"\n', ',plain\n')


@case
def replicates_are_runs_of_one_configuration(box):
    box.file('noisy.sh', """awk -v x="$1" -v seed="$CAVIAR_SEED" 'BEGIN {
        srand(seed); print "loss=" x * x + 0.05 * (rand() - 0.5) }'\n""")
    box.caviar('run', '-q', '-n', '30', '-j', '3', '--replicates', '3', '--seed', '5',
               '--sampler', 'random', '--minimize', 'loss', '--', 'sh', 'noisy.sh', '{x: -1 1}')
    trials = box.trials()
    equal(len(trials), 30)
    firsts = [trial for trial in trials if 'runs' in trial]
    equal(len({trial['config']['x'] for trial in trials}), len(firsts))
    assert 10 < len(firsts) < 30, 'poor ones have fewer than three runs'
    for first in firsts:
        values = [trial['values']['loss'] for trial in trials
                  if trial['config'] == first['config']]
        equal(first['runs']['complete'], len(values))
        assert abs(first['runs']['mean'] - sum(values) / len(values)) < 1e-12, first
        assert len({trial['seed'] for trial in trials if trial['config'] == first['config']}) == \
            len(values)
        assert not (first['runs']['lost'] and len(values) == 3), first
    assert any(first['runs']['lost'] for first in firsts)
    best = box.json('best')['trial']  # by what all say together: not the least mean of three runs
    least = min(first['config']['x'] ** 2 for first in firsts)
    assert best['config']['x'] ** 2 < least + 0.025, best  # half the width of the noise
    shown = [(best, box.caviar('best').out)]
    for count in (1, 3):
        some = next(first for first in firsts if first['runs']['complete'] == count)
        shown.append((some, box.caviar('show', some['id']).out))
    for trial, out in shown:
        runs = trial['runs']['complete']
        words = r' \+- [\d.e-]+ \(%d runs' % runs if runs > 1 else r' \(1 run'
        assert re.search(r'[\d.e-]+' + words + r'(, lost)?\)\n', out), out
    contains(box.caviar('trials').out, 'MEAN', 'run of ', ', lost)', ' +- ')
    equal(box.trials('--sort', 'value')[0]['config'],
          min(firsts, key=lambda first: first['runs']['mean'])['config'])
    repeated = next(trial for trial in trials if trial['origin'].startswith('replicate: run 2'))
    contains(box.caviar('show', repeated['id']).out, 'of trial ')
    refused = box.caviar('run', '-n', '8', '--replicates', '2', '--scheduler', 'pbt', '--steps',
                         '9', '--study', 'both', '--minimize', 'loss', '--', 'sh', 'noisy.sh',
                         '{x: -1 1}', status=1)
    contains(refused.err, 'replicates: scheduler: pbt', 'leave one of the two out')


NOISY = """awk -v x="$1" -v y="$2" -v seed="$CAVIAR_SEED" 'BEGIN {
    srand(seed % 1000000); n = -6; for (i = 0; i < 12; i++) n += rand()
    print "loss=" (x - 0.3) ^ 2 + (y - 0.6) ^ 2 + 0.1 * n }'\n"""


def truth(config):
    return (config['x'] - 0.3) ** 2 + (config['y'] - 0.6) ** 2


@case
def best_is_not_the_luckiest_draw_of_a_noisy_study(box):
    box.script('t.sh', NOISY)
    box.caviar('run', '-q', '-n', '80', '-j', '2', '--sampler', 'random', '--seed', '4',
               '--minimize', 'loss', '--', './t.sh', '{x: 0 1}', '{y: 0 1}')
    found = box.json('best')
    standing = found['standing']
    equal(standing['trials'], 80)
    assert 0.06 < standing['noise'] < 0.14, standing
    lucky = min(box.trials(), key=lambda trial: trial['values']['loss'])
    equal(standing['luckiest'], lucky['id'])
    equal(standing['contenders'][0]['trial'], found['trial']['id'])
    assert truth(found['trial']['config']) < truth(lucky['config']), 'it is truly better'
    assert abs(sum(one['chance'] for one in standing['contenders']) - 1) < 1e-9
    contains(box.caviar('best').out, 'Runs of one configuration differ, by a deviation of 0.',
             'CHANCE TO BE THE BEST', f"by trial {lucky['id']}")
    config = box.json('best', '--config')
    equal(config, found['trial']['config'])
    mean = standing['contenders'][0]['mean']
    equal([study['best'] for study in box.json('studies')], [mean])
    again = box.json('run', '--minimize', 'loss', '-n', '80', '--', './t.sh', '{x: 0 1}',
                     '{y: 0 1}')
    equal(again['best']['id'], found['trial']['id'])
    shown = box.caviar('run', '--minimize', 'loss', '-n', '+1', '--', './t.sh', '{x: 0 1}',
                       '{y: 0 1}').out
    now = box.json('best')
    contains(shown.splitlines()[-1], f"trial {now['trial']['id']} ", 'expected ', ' to ')


@case
def best_can_be_confirmed_by_further_runs(box):
    box.script('t.sh', NOISY)
    box.caviar('run', '-q', '-n', '30', '--sampler', 'random', '--seed', '4', '--minimize', 'loss',
               '--', './t.sh', '{x: 0 1}', '{y: 0 1}')
    found = box.json('best', '--confirm', '2', '--times', '4')
    trials = box.trials()
    equal(len(trials), 38)
    again = [trial for trial in trials if trial['origin'] == 'confirm']
    equal(len(again), 8)
    equal(len({json.dumps(trial['config']) for trial in again}), 2)
    equal(len({trial['seed'] for trial in again}), 8)
    assert all(trial['state'] == 'complete' for trial in again)
    equal([one['runs'] for one in found['confirmed']], [5, 5])
    for one in found['confirmed']:
        values = [trial['values']['loss'] for trial in trials
                  if trial['config'] == trials[one['trial']]['config']]
        assert abs(one['mean'] - sum(values) / 5) < 1e-9 and one['error'] > 0, one
    assert 0.05 < found['standing']['noise'] < 0.2, 'runs of one configuration tell it'
    box.caviar('run', '-q', '-n', '40', '--minimize', 'loss', '--', './t.sh', '{x: 0 1}',
               '{y: 0 1}')  # goes on as ever
    equal(len(box.trials()), 48)  # what was confirmed is beside the budget
    contains(box.caviar('best', '--confirm', '1').out, 'was run again', 'in the mean of 4 runs')
    contains(box.caviar('best', '--times', '2', status=1).err, '--confirm K')


@case
def without_noise_best_is_the_best_value(box):
    ran(box)
    equal(box.json('best')['standing'], None)
    equal('CHANCE' in box.caviar('best').out, False)


@case
def a_study_learns_from_earlier_ones_of_its_store(box):
    box.script('t.sh', """awk -v x="$1" -v y="$2" 'BEGIN {
        print "loss=" (x - 0.3) ^ 2 + (y - 0.6) ^ 2 }'\n""")
    words = ['--minimize', 'loss', '--seed', '3', '--', './t.sh', '{x: 0 1}', '{y: 0 1}']
    box.caviar('run', '-q', '--study', 'old', '-n', '40', *words)
    box.caviar('run', '-q', '--study', 'new', '--from', 'old', '-n', '9', *words)
    shown = box.caviar('show', '--study', 'new').out
    contains(shown, 'Learns from earlier studies:', 'old: 40 trials, 2 of its parameters',
             'weight now', 'orders 9 trials with a rank correlation of',
             ' of its best configurations tried here')
    earlier = box.json('show', '--study', 'new')['earlier']
    equal([(at['study'], at['trials'], at['predicted']) for at in earlier], [('old', 40, 9)])
    assert earlier[0]['low'] <= earlier[0]['correlation'] <= earlier[0]['high']
    best = box.json('best', '--study', 'new')['trial']['values']['loss']
    assert best < 0.001, best
    definition = box.json('show', '--study', 'new', '--definition')
    equal(definition['from'], [{'study': 'old', 'trials': 40}])
    first = next(t for t in box.trials('--study', 'new') if t['id'] == 1)
    contains(first['origin'], 'among the best of study old')
    refused = box.caviar('run', '--study', 'no', '--from', 'nothing', '-n', '9', *words, status=1)
    contains(refused.err, "from: there is no study 'nothing' in")


@case
def a_study_of_the_pipe_learns_from_earlier_ones(box):
    box.script('t.sh', 'echo loss=$1\n')
    box.caviar('run', '-q', '--study', 'old', '-n', '12', '--minimize', 'loss', '--', './t.sh',
               '{x: 0 1}')
    new = dict(INIT, study='new', **{'from': ['old']})
    answers = pipe(box, new, {'cmd': 'ask'}, {'cmd': 'tell', 'id': 0, 'value': 0.5},
                   {'cmd': 'ask'}, words=('--store', 'caviar.db'))
    least = min(trial['config']['x'] for trial in box.trials('--study', 'old'))
    equal(answers[3]['config'], {'x': least})
    refused = pipe(box, dict(INIT, **{'from': ['old']}))[0]['error']
    contains(refused, 'kept in memory has no earlier ones', 'name a store')


@case
def plan_says_what_to_do_with_the_time(box):
    box.bowl(keys='steps: 30')
    words = ['bowl.yaml', '--step', '40s', '--cores', '2']
    many = box.json('plan', *words, '--deadline', '8h')
    equal((many['mode'], many['parallel'], many['scheduler']), ('caviar', 2, 'auto'))
    equal(many['study']['budget'], {'trials': many['trials'], 'time': '28800s'})
    equal(many['full_trainings'], 48)
    one = box.json('plan', *words, '--threads', '2', '--deadline', '30m')
    equal((one['mode'], one['trials'], one['study']['panda']), ('panda', 1, 'auto'))
    out = box.caviar('plan', *words, '--deadline', '8h').out
    contains(out, 'caviar: about', 'a full training of 30 steps takes 20m00s', 'scheduler: auto')
    contains(box.caviar('plan', 'bowl.yaml', '--step', '40s', status=1).err, '--deadline 8h')
    contains(box.caviar('plan', 'bowl.yaml', '--deadline', '8h', status=1).err, '--step 40s')
    contains(box.caviar('plan', '--step', '1s', '--deadline', '8h', status=1).err, '--steps 30')
    contains(box.caviar('plan', '--deadline', 'soon', status=1).err, 'soon')
    assert not os.path.exists(box.path('caviar.db')), 'planning makes no store'


@case
def plan_measures_steps_on_the_trials_of_a_study(box):
    box.file('slow.sh', 'for step in 1 2 3 4; do sleep 0.1; echo "caviar: step=$step loss=$step"; '
                        'done\n')
    box.caviar('run', '-q', '-n', '2', '--steps', '4', '--minimize', 'loss', '--scheduler', 'none',
               '--', 'sh', 'slow.sh', '{x: 0 1}')
    plan = box.json('plan', '--deadline', '1h', '--cores', '1')
    equal(plan['measured_on'], 2)
    assert 0.1 <= plan['step_seconds'] < 5, plan
    contains(plan['reasons'][0], 'measured on 2 trials')


@case
def doctor_finds_a_store_sound_or_says_what_is_wrong(box):
    ran(box)
    contains(box.caviar('doctor').out, 'caviar.db is sound')
    equal(box.json('doctor'), {'problems': []})
    with open(box.path('caviar.db'), 'r+b') as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(4096)
        file.write(b'\xff' * (size - 4096))
    for words in (['doctor'], ['doctor', '--json']):
        outcome = box.caviar(*words, status=1)
        assert outcome.out.strip(), outcome
    assert json.loads(box.caviar('doctor', '--json', status=1).out)['problems']
    box.file('text.db', 'this is no database\n' * 100)
    assert box.json('doctor', '--store', 'text.db', status=1)['problems']
    equal(read(box.path('text.db')), 'this is no database\n' * 100)
    contains(box.caviar('doctor', '--store', 'none.db', status=1).err, 'none.db')


@case
def delete_takes_the_study_and_its_folders(box):
    ran(box)
    contains(box.caviar('delete', 'bowl', status=1).err, 'nothing was deleted', '--yes')
    equal(len(box.trials()), 6)
    assert os.path.isdir(box.path('caviar.trials', 'bowl'))
    contains(box.caviar('delete', 'bowl', '-y').out, 'deleted bowl')
    assert not os.path.exists(box.path('caviar.trials', 'bowl'))
    equal(box.json('studies'), [])
    contains(box.caviar('delete', 'bowl', '-y', status=1).err, 'bowl')
    ran(box)
    equal(box.json('delete', '-y', '--keep-files'), {'deleted': 'bowl'})
    assert os.path.isdir(box.path('caviar.trials', 'bowl', '0'))


@case
def delete_leaves_a_study_that_is_at_work(box):
    extended(box)
    box.caviar('ask')
    contains(box.caviar('delete', '-y', status=1).err, 'running', '--force')
    box.caviar('delete', '-y', '--force')


# --- other programs -------------------------------------------------------------------------------

@case
def ask_report_and_tell_run_a_trial_from_a_shell(box):
    extended(box)
    box.script('loop.sh', 'set -e\n'
               'eval "$(caviar ask)"\n'
               'test -n "$x" && test -n "$y"\n'
               'test "$(caviar report --trial "$trial" --step 1 loss=3)" = continue\n'
               'caviar tell "$trial" loss=0.25\n')
    outcome = box.start_words([box.path('loop.sh')]).wait(0)
    contains(outcome.out, 'trial 3 is complete')
    trial = box.trials('--state', 'complete')[0]
    equal((trial['values']['loss'], trial['step']), (0.25, 1))
    equal(box.json('show', '3')['curve'], [{'step': 1, 'loss': 3}])


@case
def ask_speaks_json(box):
    extended(box)
    answer = box.json('ask')
    equal((answer['id'], answer['attempt'], answer['from'], answer['trial']), (3, 1, 0, '3'))
    equal(sorted(answer['config']), ['x', 'y'])
    assert 0 <= answer['seed'] < 2 ** 31
    equal(box.json('report', '--trial', 3, '-s', 2, '0.5'), {'verdict': 'continue'})
    equal(box.json('tell', '3', '0.5'), {'id': 3, 'state': 'complete'})


@case
def ask_exits_with_4_when_nothing_is_left(box):
    extended(box, trials=4)
    box.caviar('ask')
    outcome = box.caviar('ask', status=4)
    contains(outcome.err, 'budget')
    equal(outcome.out, '')


@case
def a_result_is_recorded_once(box):
    extended(box)
    box.caviar('ask')
    box.caviar('tell', '3', 'loss=1')
    contains(box.caviar('tell', '3', 'loss=2', status=1).err, 'complete')
    contains(box.caviar('report', '--trial', '3', '-s', '1', 'loss=2', status=1).err, 'complete')
    equal(box.trials('--state', 'complete')[0]['values']['loss'], 1)


@case
def a_trial_whose_lease_is_over_is_handed_out_again_and_its_late_result_refused(box):
    extended(box)
    equal(box.json('ask', '--lease', '1s')['trial'], '3')
    time.sleep(1.2)
    again = box.json('ask')
    equal((again['id'], again['trial'], again['attempt']), (3, '3.2', 2))
    contains(box.caviar('tell', '3', '1', status=1).err, '3.2', 'too late')
    equal(box.json('tell', '3.2', '2'), {'id': 3, 'state': 'complete'})
    equal(box.trials('--state', 'complete')[0]['values']['loss'], 2)


@case
def tell_can_say_that_it_failed(box):
    extended(box)
    box.caviar('ask')
    contains(box.caviar('tell', '3', '--failed', 'infeasible', '-m', 'out of memory').out,
             'trial 3 is failed: infeasible')
    trial = box.trials()[3]
    equal((trial['state'], trial['reason'], trial['message']),
          ('failed', 'infeasible', 'out of memory'))
    box.caviar('ask')
    equal(box.json('tell', '4', 'loss=nan'), {'id': 4, 'state': 'failed'})
    equal(box.trials()[4]['reason'], 'not-finite')


@case
def what_is_wrong_with_report_and_tell_is_said(box):
    extended(box)
    box.caviar('ask')
    for status, words, pieces in [
            (2, ['tell', 'x', '1'], ["'x' is no trial"]),
            (2, ['tell', '3'], ['NAME=VALUE', '--failed']),
            (2, ['tell', '3', '1', '--failed', 'exit'], ['NAME=VALUE', '--failed']),
            (1, ['tell', '99', '1'], ['99']),
            (1, ['tell', '3', 'lss=1'], ["'lss'", "'loss'"]),
            (2, ['tell', '3', '--failed', 'exti'], ['exti', 'exit']),
            (2, ['tell', '3', 'loss=abc'], ['abc']),
            (2, ['report', 'loss=1'], ['--step']),
            (2, ['report', '-s', '1', 'loss=1'], ['--trial']),
            (2, ['report', '--trial', '3', '-s', '-1', 'loss=1'], ['--step', '-1']),
            (2, ['report', '--trial', '3', '-s', '1', 'loss=1', '--lease', 'x'], ['--lease'])]:
        contains(box.caviar(*words, status=status).err, *pieces)
    contains(box.caviar('report', '-s', '1', 'loss=1', status=1,
                        CAVIAR_SOCKET=box.path('none')).err, 'none')


@case
def add_queues_a_configuration_or_imports_a_result(box):
    ran(box)
    equal(box.json('add', 'x=1', 'y=0.01'), {'id': 6})
    contains(box.caviar('add', 'x=0.5', '--value', '0.75').out, 'trial 7')
    trials = box.trials()
    equal((trials[6]['state'], trials[6]['config']), ('waiting', {'x': 1, 'y': 0.01}))
    equal((trials[7]['state'], trials[7]['values']), ('complete', {'loss': 0.75}))
    box.caviar('resume', '-n', '7')
    trial = box.trials()[6]
    equal((trial['state'], trial['values']['loss']), ('complete', 0))
    equal(box.json('best')['trial']['id'], 6)


@case
def what_is_wrong_with_an_added_trial_is_said(box):
    ran(box)
    for words, pieces in [
            (['x'], ["'x'", 'NAME=VALUE']),
            (['z=1'], ["'z'"]),
            (['x=5'], ['x', '5']),
            (['x=abc'], ["'x'", 'a number is expected']),
            (['x=1', '--value', 'abc'], ['--value', 'abc']),
            (['x=1', '--value', '1,2'], ['--value']),
            (['x=1', '--value', 'inf'], ['--value'])]:
        contains(box.caviar('add', *words, status=1).err, *pieces)
    equal(len(box.trials()), 6)
    box.caviar('add', status=2)


@case
def pipe_asks_reports_and_tells_in_one_process(box):
    answers = pipe(box, INIT, {'cmd': 'ask'}, {'cmd': 'ask'},
                   {'cmd': 'report', 'id': 1, 'step': 1, 'value': 0.5},
                   {'cmd': 'tell', 'id': 1, 'value': 0.25},
                   {'cmd': 'tell', 'id': 0, 'state': 'failed', 'reason': 'exit'},
                   {'cmd': 'ask'}, {'cmd': 'tell', 'id': 2, 'values': [0.1]}, {'cmd': 'ask'})
    equal(answers[0], {})
    equal([answers[i]['id'] for i in (1, 2, 6)], [0, 1, 2])
    assert 0 <= answers[1]['config']['x'] <= 1
    equal(answers[3], {'verdict': 'continue'})
    equal((answers[4], answers[5], answers[7]), ({}, {}, {}))
    equal(answers[8], {'done': True})
    assert not os.path.exists(box.path('caviar.db')), 'it is kept in memory'


@case
def pipe_names_the_best_and_runs_it_again_beside_the_budget(box):
    three = [message for i in range(3)
             for message in ({'cmd': 'ask'}, {'cmd': 'tell', 'id': i, 'value': (i - 1) ** 2})]
    answers = pipe(box, INIT, {'cmd': 'best'}, {'cmd': 'confirm'}, *three, {'cmd': 'ask'},
                   {'cmd': 'best'}, {'cmd': 'confirm', 'times': 2, 'count': 1}, {'cmd': 'ask'},
                   {'cmd': 'ask'}, {'cmd': 'ask'}, {'cmd': 'confirm', 'count': 'two'})
    equal([answers[i]['code'] for i in (1, 2)], ['not-found', 'not-found'])
    equal(answers[9], {'done': True})
    second = answers[5]['config']
    equal(answers[10], {'id': 1, 'config': second, 'value': 0, 'contenders': []})
    equal(answers[11], {})
    equal([answers[i]['config'] for i in (12, 13)], [second, second])
    assert answers[12]['seed'] != answers[13]['seed']
    equal(answers[14], {'done': True})
    contains(answers[15]['error'], "'count'", '1 to 100')


@case
def pipe_goes_on_after_what_is_wrong(box):
    answers = pipe(box, 'no json', '', {'cmd': 'ask'}, {'cmd': 'init', 'spcae': {}}, INIT, INIT,
                   {'cmd': 'aks'}, {'cmd': 'tell', 'value': 1},
                   {'cmd': 'tell', 'id': 9, 'value': 1}, {'cmd': 'ask'},
                   {'cmd': 'tell', 'id': 0}, {'cmd': 'tell', 'id': 0, 'value': 1})
    codes = [answer.get('code') for answer in answers]
    equal(codes, ['invalid', 'state', 'invalid', None, 'state', 'invalid', 'invalid', 'not-found',
                  None, 'invalid', None])
    contains(answers[2]['error'], 'spcae', 'space')


@case
def pipe_keeps_its_study_in_a_store_and_gives_back_what_was_not_told(box):
    pipe(box, INIT, {'cmd': 'ask'}, {'cmd': 'tell', 'id': 0, 'value': 1}, {'cmd': 'ask'},
         words=['--store', 'p.db', '--study', 'piped'])
    equal([trial['state'] for trial in box.trials('--store', 'p.db')], ['complete', 'waiting'])
    box.file('study.yaml', json.dumps({key: INIT[key] for key in INIT if key != 'cmd'}))
    answers = pipe(box, {'cmd': 'init', 'study': 'study.yaml'}, {'cmd': 'ask'},
                   words=['--store', 'p.db', '--study', 'piped'])
    equal((answers[0], answers[1]['id']), ({}, 1))
    contains(pipe(box, {'cmd': 'init', 'study': 'none.yaml'})[0]['error'], 'none.yaml')


@case
def a_store_of_a_newer_version_or_of_others_is_refused_and_left_alone(box):
    box.bowl()
    box.file('text.db', 'this is no database\n' * 100)
    contains(box.caviar('run', 'bowl.yaml', '--store', 'text.db', status=1).err, 'text.db')
    equal(read(box.path('text.db')), 'this is no database\n' * 100)
    other = sqlite3.connect(box.path('other.db'))
    other.execute('CREATE TABLE theirs (x)')
    other.commit()
    other.close()
    contains(box.caviar('run', 'bowl.yaml', '--store', 'other.db', status=1).err, 'other.db')
    contains(box.caviar('trials', '--store', box.folder, status=1).err, box.folder)


main()
