#!/usr/bin/env python3
"""test_cli_run.py: caviar run, resume, pause, stop: from files and inline, again and further."""
import csv
import io
import json
import os
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'support'))
from harness import BINARY, PROGRAM, case, contains, equal, main, wait_until  # noqa: E402

INLINE = ['--', './bowl.sh', '{x: -2 2}', '{y: log 1e-4 1}']


def configs(box, *words):
    """The parameters of all trials, by number."""
    return {trial['id']: trial['config'] for trial in box.trials(*words)}


@case
def a_study_file_is_run_to_the_end_of_its_budget(box):
    box.bowl()
    outcome = box.caviar('run', 'bowl.yaml')
    trials = box.trials()
    equal([trial['state'] for trial in trials], ['complete'] * 6)
    for trial in trials:
        x, y = trial['config']['x'], trial['config']['y']
        assert -2 <= x <= 2 and 1e-4 <= y <= 1, trial
    contains(outcome.out, 'trial 0', 'loss=', '6 complete', 'best')
    equal(outcome.out.count('\n'), 8)  # a line a trial, how it ended, the best
    assert '\033' not in outcome.out and '\r' not in outcome.out


@case
def a_preset_defines_what_the_command_names(box):
    box.script('t.sh', 'echo loss=$1')
    box.caviar('run', '-n', '3', '--seed', '1', '--preset', 'neural-net', '--minimize', 'loss',
               '--', './t.sh', '{lr}', '{batch}', '{units: int 3 5}', '{beta1}')
    for trial in box.trials():
        equal(sorted(trial['config']), ['batch', 'beta1', 'lr', 'units'])
        equal((trial['values']['loss'], trial['config']['beta1']), (trial['config']['lr'], 0.9))
        assert 3 <= trial['config']['units'] <= 5
    contains(box.caviar('run', '--preset', 'neural', '--minimize', 'loss', '--', './t.sh', '{lr}',
                        status=2).err, "no 'neural'", 'neural-net')
    contains(box.caviar('run', '--preset', 'neural-net', '--minimize', 'loss', '--', './t.sh',
                        '{lr}', '{depth}', status=1).err, 'depth')


@case
def the_same_study_from_a_file_and_inline_gives_the_same_trials(box):
    box.bowl()
    box.caviar('run', 'bowl.yaml', '--store', 'file.db')
    box.caviar('run', '-n', '6', '--seed', '7', '--minimize', 'loss', '--study', 'bowl', '--store',
               'inline.db', *INLINE)
    equal(configs(box, '--store', 'file.db'), configs(box, '--store', 'inline.db'))
    both = [box.json('export', '--format', 'json', '--store', f'{name}.db')['study']
            for name in ('file', 'inline')]
    equal(both[0]['space'], both[1]['space'])
    equal(both[0]['command'], both[1]['command'])


@case
def json_says_how_it_ended_and_nothing_else(box):
    box.bowl()
    answer = box.json('run', 'bowl.yaml')
    equal((answer['study'], answer['end'], answer['complete'], answer['failed']),
          ('bowl', 'finished', 6, 0))
    values = [trial['values']['loss'] for trial in box.trials()]
    equal(answer['best']['values']['loss'], min(values))


@case
def of_several_metrics_the_front_is_told_at_the_end(box):
    box.script('two.sh', 'echo "a=$1"; echo "b=$((9 - $1))"\n')
    box.file('two.yaml', 'study: two\ncommand: sh two.sh {x}\nmetrics: [{name: a}, {name: b}]\n'
             'sampler: grid\nseed: 1\nspace: {x: {type: int, low: 0, high: 9}}\n')
    lines = box.caviar('run', 'two.yaml', '-q').out.splitlines()
    contains(lines[-2], 'best  in a:  a=0 b=9')
    contains(lines[-1], 'front  10 trials that none beats in all metrics')


@case
def a_command_behind_a_study_file_takes_the_place_of_its_own(box):
    box.bowl()
    box.caviar('run', 'bowl.yaml', '-n', '1', '--', 'sh', '-c', 'echo loss=7')
    equal(box.trials()[0]['values']['loss'], 7)


@case
def quiet_prints_the_outcome_only(box):
    box.bowl()
    lines = box.caviar('run', 'bowl.yaml', '--quiet').out.splitlines()
    equal(len(lines), 2)
    contains(lines[0], '6 complete')
    contains(lines[1], 'best')


@case
def a_second_run_does_what_is_left(box):
    box.bowl()
    box.caviar('run', 'bowl.yaml', '-n', '2')
    first = configs(box)
    equal(len(first), 2)
    box.caviar('run', 'bowl.yaml')
    both = configs(box)
    equal(len(both), 6)
    equal({number: both[number] for number in first}, first)
    contains(box.caviar('run', 'bowl.yaml').out, 'nothing to do', '-n +10')
    equal(len(configs(box)), 6)


@case
def what_was_interrupted_gives_the_same_trials_as_in_one_go(box):
    box.bowl()
    box.caviar('run', 'bowl.yaml', '--sampler', 'random', '--store', 'one.db')
    for most in ('1', '4', '6'):
        box.caviar('run', 'bowl.yaml', '--sampler', 'random', '--store', 'pieces.db', '-n', most)
    equal(configs(box, '--store', 'one.db'), configs(box, '--store', 'pieces.db'))


@case
def plus_n_extends_a_study(box):
    box.bowl()
    box.caviar('run', 'bowl.yaml')
    box.caviar('run', 'bowl.yaml', '-n', '+2')
    equal(len(configs(box)), 8)
    box.caviar('resume', '-n', '+3')
    equal(len(configs(box)), 11)
    box.caviar('resume', 'bowl', '-n', '12')
    equal(len(configs(box)), 12)
    for words in (['run', 'bowl.yaml', '-n', '+0'], ['resume', '-n', '+x']):
        contains(box.caviar(*words, status=1).err, '--trials: +N is expected')


@case
def the_same_seed_gives_the_same_trials_one_or_four_at_a_time(box):
    for sampler in ('random', 'sobol'):
        box.bowl(keys=f'budget: {{trials: 24}}\nsampler: {sampler}')
        for parallel in ('1', '4'):
            box.caviar('run', 'bowl.yaml', '-j', parallel, '--store', f'{sampler}{parallel}.db')
        equal(configs(box, '--store', f'{sampler}1.db'), configs(box, '--store', f'{sampler}4.db'))


@case
def another_seed_gives_other_trials(box):
    box.bowl()
    box.caviar('run', 'bowl.yaml', '--store', 'a.db', '--sampler', 'random')
    box.caviar('run', 'bowl.yaml', '--store', 'b.db', '--sampler', 'random', '--seed', '8')
    assert configs(box, '--store', 'a.db') != configs(box, '--store', 'b.db')


@case
def a_grid_of_a_finite_space_is_run_once(box):
    box.script('t.sh', 'echo "loss=$1"\n')
    box.caviar('run', '--sampler', 'grid', '--minimize', 'loss', '-j', '2', '--', './t.sh',
               '{n: int 1 3}', '{act: relu|tanh}')
    found = sorted((c['n'], c['act']) for c in configs(box).values())
    equal(found, [(n, act) for n in (1, 2, 3) for act in ('relu', 'tanh')])


@case
def a_finite_space_ends_the_run_before_the_budget(box):
    box.script('t.sh', 'echo "loss=$1"\n')
    answer = box.json('run', '-n', '50', '--minimize', 'loss', '--', './t.sh', '{n: int 1 4}')
    equal((answer['end'], answer['complete']), ('finished', 4))
    contains(answer['why'], 'every configuration')


@case
def more_can_be_better(box):
    box.script('t.sh', 'echo "score: $1"\n')
    box.caviar('run', '-n', '8', '--seed', '1', '--maximize', 'score', '--', './t.sh', '{x: 0 1}')
    equal(box.json('best')['trial']['values']['score'],
          max(trial['values']['score'] for trial in box.trials()))


@case
def a_typo_in_a_study_file_is_answered_with_its_place_and_a_suggestion(box):
    text = ('study: bowl\ncommand: ./bowl.sh {x}\nmetric: loss\nbugdet: {trials: 6}\n'
            'space:\n  x: {type: float, lwo: 0, high: 1}\n')
    box.file('typo.yaml', text)
    contains(box.caviar('run', 'typo.yaml', status=1).err, 'typo.yaml:4:', 'bugdet', 'budget')
    box.file('typo.yaml', text.replace('bugdet', 'budget'))
    contains(box.caviar('run', 'typo.yaml', status=1).err, 'typo.yaml:6:', 'lwo', "'low'")
    box.file('typo.yaml', text.replace('bugdet', 'budget').replace('lwo', 'low')
             .replace('float', 'flaot'))
    contains(box.caviar('run', 'typo.yaml', status=1).err, 'typo.yaml:6:', 'flaot', 'float')
    assert not os.path.exists(box.path('caviar.db')), 'nothing was stored'


@case
def a_name_in_the_command_that_nobody_defines_is_an_error(box):
    box.bowl(command='./bowl.sh {x} {z}')
    contains(box.caviar('run', 'bowl.yaml', status=1).err, '{z}', '--set z=')
    box.caviar('run', 'bowl.yaml', '--set', 'z=0.1')
    assert not box.trials('--state', 'failed')


@case
def what_is_wrong_with_the_command_line_is_a_usage_error(box):
    box.bowl()
    for words, pieces in [
            (['run'], ['study file', 'command behind --']),
            (['run', 'bowl.yaml', '--trails', '3'], ['unknown flag --trails', '--trials']),
            (['run', '--', 'true', '{x: 0 1}'], ['--minimize']),
            (['run', 'a.yaml', 'b.yaml'], ['b.yaml']),
            (['rnu', 'bowl.yaml'], ["no verb 'rnu'", "'run'"]),
            (['run', 'bowl.yaml', '-j'], ['-j needs a value'])]:
        contains(box.caviar(*words, status=2).err, *pieces)
    for words in (['run', 'bowl.yaml'], ['resume']):
        contains(box.caviar(*words, '-n', 'x', status=2).err, '--trials', "'x'")


@case
def without_a_verb_there_is_the_overview(box):
    overview = box.caviar(status=2).out
    equal(box.caviar('--help').out, overview)
    equal(box.caviar('help').out, overview)
    contains(overview, 'caviar VERB --help')
    contains(box.caviar('--version').out, 'caviar 0.')


@case
def the_version_can_have_that_of_every_library(box):
    answer = box.json('--version')
    equal((answer['program'], answer['version'][:2]), ('caviar', '0.'))
    # what the dynamic linker says is linked, by what each library is called there
    linked = subprocess.run(['ldd', BINARY], capture_output=True, text=True, check=True).stdout
    names = {'libjansson': 'jansson', 'libuv': 'libuv', 'libsmartcols': 'libsmartcols',
             'libyaml': 'libyaml', 'libncurses': 'ncurses',
             'libsqlite3': 'sqlite', 'libz.': 'zlib', 'libc.': 'glibc'}
    for piece, name in names.items():
        if piece in linked:
            assert answer['libraries'][name][0].isdigit(), answer
    assert answer['libraries']['sqlite'].startswith('3.'), answer
    # those that are loaded when they are needed
    assert {'libmicrohttpd', 'libpq'} <= set(answer['libraries']), answer


@case
def what_only_a_server_or_a_shared_store_needs_is_not_loaded_at_the_start(box):
    environment = dict(os.environ, LD_DEBUG='libs')
    loaded = subprocess.run([PROGRAM, '--version'], capture_output=True, text=True, check=True,
                            env=environment).stderr
    contains(loaded, 'libsqlite3')  # this is how one would see it
    for library in ('libmicrohttpd', 'libgnutls', 'libpq'):
        assert library not in loaded, library


@case
def a_file_that_is_not_there_is_an_error_with_its_name(box):
    contains(box.caviar('run', 'none.yaml', status=1).err, 'none.yaml', 'No such file')
    contains(box.caviar('run', '.', status=1).err, 'caviar: ')
    contains(box.caviar('run', 'python3 t.py', status=1).err, "command behind '--'", 'python3 t.py')
    contains(box.caviar('resume', status=1).err, 'caviar.db')


@case
def another_definition_under_the_same_name_is_refused(box):
    box.bowl()
    box.caviar('run', 'bowl.yaml', '-n', '1')
    box.file('other.yaml', box.read('bowl.yaml').replace('high: 2', 'high: 3'))
    contains(box.caviar('run', 'other.yaml', status=1).err, "'bowl'", "another parameter 'x'",
             '--study')
    equal(len(box.trials()), 1)
    box.caviar('run', 'other.yaml', '--study', 'other', '-n', '2')
    equal({study['study']: study['complete'] for study in box.json('studies')},
          {'bowl': 1, 'other': 2})


@case
def flags_and_the_environment_name_the_store_and_the_study(box):
    box.bowl()
    box.caviar('run', 'bowl.yaml', '-n', '1', CAVIAR_STORE='env.db', CAVIAR_STUDY='named')
    equal(box.json('studies', '--store', 'env.db')[0]['study'], 'named')
    box.caviar('run', 'bowl.yaml', '-n', '1', '--store', 'flag.db', CAVIAR_STORE='env.db')
    assert os.path.exists(box.path('flag.db'))
    assert os.path.isdir(box.path('flag.trials', 'bowl', '0'))


@case
def the_time_of_a_budget_ends_a_run(box):
    box.script('t.sh', 'sleep 0.2; echo loss=$1\n')
    answer = box.json('run', '-t', '1s', '--minimize', 'loss', '--', './t.sh', '{x: 0 1}')
    equal(answer['end'], 'finished')
    assert 1 <= answer['complete'] <= 6, answer
    contains(box.caviar('resume').out, 'nothing to do')


@case
def a_log_is_written_line_by_line_as_json(box):
    box.bowl()
    box.caviar('run', 'bowl.yaml', '-n', '2', '--log', 'run.log')
    for line in box.read('run.log').splitlines():
        json.loads(line)
    contains(box.caviar('run', 'bowl.yaml', '--log', 'none/run.log', status=1).err, 'none/run.log')


@case
def a_paused_study_starts_nothing_until_it_is_resumed(box):
    box.script('t.sh', 'sleep 0.1; echo loss=$1\n')
    run = box.start('run', '-n', '200', '--study', 's', '--minimize', 'loss', '--', './t.sh',
                    '{x: 0 1}')
    wait_until('a trial is complete', lambda: 'trial 0' in run.out() or
               (os.path.exists(box.path('caviar.db')) and
                box.caviar('trials', status=None).out.count('complete')))
    contains(box.caviar('pause', 's').out, 's: pause')
    wait_until('it waits', lambda: not box.trials('--state', 'running'))
    count = len(box.trials())
    time.sleep(1)
    equal(len(box.trials()), count)
    equal(box.json('resume', '--only')['study'], 's')
    wait_until('it goes on', lambda: len(box.trials()) > count)
    equal(box.json('stop', 's')['control'], 'stop')
    outcome = run.wait(0)
    contains(outcome.out, 'paused', 'resumed', "stopped by 'caviar stop'")
    assert not box.trials('--state', 'running') and not box.trials('--state', 'waiting')


@case
def stop_now_kills_and_puts_back(box):
    box.script('t.sh', 'echo started; sleep 100\n')
    run = box.start('run', '-n', '4', '-j', '2', '--minimize', 'loss', '--', './t.sh', '{x: 0 1}')
    wait_until('two are running', lambda: len(box.processes()) >= 2)
    box.caviar('stop', '--now')
    contains(run.wait(0).out, 'put back')
    equal([trial['state'] for trial in box.trials()], ['waiting', 'waiting'])
    equal(box.processes(), [])


@case
def a_finished_study_can_be_exported_as_a_table(box):
    box.bowl()
    box.caviar('run', 'bowl.yaml')
    rows = list(csv.DictReader(io.StringIO(box.caviar('export').out)))
    equal([row['trial'] for row in rows], [str(n) for n in range(6)])
    by_json = {str(trial['id']): trial for trial in box.trials()}
    for row in rows:
        equal(float(row['loss']), by_json[row['trial']]['values']['loss'])
        equal(float(row['x']), by_json[row['trial']]['config']['x'])


main()
