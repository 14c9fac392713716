#!/usr/bin/env python3
"""
test_python.py: studies from Python, as a person has them: spaces, optimize, ask and tell, pruning,
stores, several threads, Ctrl-C, tables.
"""
import gc
import io
import math
import os
import random
import signal
import subprocess
import sys
import threading
import time
import weakref

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'support'))
import preloaded  # noqa: E402
from harness import Skip, case, contains, equal, main, read, wait_until  # noqa: E402

preloaded.begin()
import caviar  # noqa: E402
from caviar._progress import Progress  # noqa: E402

SPACE = {
    'lr': caviar.Float(1e-5, 1, scale='log'),
    'units': {'type': 'int', 'low': 1, 'high': 64},
    'act': 'relu|tanh',
    'deep': [True, False],
    'seed': 7,
}


def a_study(**options):
    return caviar.create_study(options.pop('space', SPACE),
                               **{'seed': 1, 'sampler': 'random', **options})


def loss(trial):
    return abs(math.log(trial.params['lr'] / 0.01)) + trial.params['units'] / 64


def raises(kind, *pieces):
    """A context in which an exception with these pieces in its text must be raised."""
    class Expected:
        def __enter__(self):
            return self

        def __exit__(self, found, problem, _):
            assert found is not None, f'{kind.__name__} was expected'
            if not issubclass(found, kind):
                return False
            contains(str(problem), *pieces)
            return True
    return Expected()


@case
def an_objective_is_optimized_over_a_space_in_any_of_its_forms(_):
    study = a_study()
    study.optimize(loss, n_trials=50)
    equal(len(study), 50)
    best = min(study.trials, key=lambda trial: trial.value)
    equal((study.best_value, study.best_params), (best.value, best.params))
    equal(set(best.params), {'lr', 'units', 'act', 'deep', 'seed'})
    for trial in study.trials:
        equal(trial.state, 'complete')
        assert 1e-5 <= trial.params['lr'] <= 1
        assert type(trial.params['units']) is int and 1 <= trial.params['units'] <= 64
        assert trial.params['act'] in ('relu', 'tanh')
        assert type(trial.params['deep']) is bool
        equal(trial.params['seed'], 7)


@case
def under_noise_the_best_is_what_many_runs_would_give(_):
    noise = random.Random(7)
    study = caviar.create_study({'x': '0 1'}, seed=1, sampler='random', budget=60)
    study.optimize(lambda trial: (trial.params['x'] - 0.3) ** 2 + noise.gauss(0, 0.1))
    first = study.contenders[0]
    equal(study.best_trial.number, first.number)
    assert first.low < first.mean < first.high and 0 < first.chance <= 1
    lucky = min(study.trials, key=lambda trial: trial.value)
    assert abs(study.best_params['x'] - 0.3) < 0.2, study.best_params
    assert first.mean > lucky.value
    study.confirm(2, times=3)
    study.optimize(lambda trial: (trial.params['x'] - 0.3) ** 2 + noise.gauss(0, 0.1))
    equal(len(study), 66)
    equal(sorted(at.run_count for at in study.contenders)[-2:], [4, 4])


@case
def a_study_learns_from_earlier_ones_and_runs_replicates(box):
    store = box.path('a.db')
    old = caviar.create_study({'x': '0 1'}, seed=1, budget=10, store=store, name='old')
    old.optimize(lambda trial: trial.params['x'])
    study = caviar.create_study({'x': '0 1'}, earlier=['old'], replicates=3, store=store,
                                name='new')
    equal(study.definition['from'], [{'study': 'old', 'trials': 10}])
    equal(study.definition['replicates'], 3)


@case
def the_same_seed_gives_the_same_trials(_):
    first, second, other = a_study(), a_study(), a_study(seed=2)
    for study in (first, second, other):
        study.optimize(loss, n_trials=5)
    equal([trial.params for trial in first.trials], [trial.params for trial in second.trials])
    assert first.trials[0].params != other.trials[0].params


@case
def conditional_parameters_are_absent_where_they_are_inactive(_):
    study = a_study(space={'kind': caviar.Categorical(['adam', 'sgd']),
                           'beta': caviar.Float(0, 1, when={'kind': 'adam'})})
    study.optimize(lambda trial: 0.0, n_trials=30)
    for trial in study.trials:
        equal('beta' in trial.params, trial.params['kind'] == 'adam')


@case
def a_study_maximizes_when_it_is_told_to(_):
    study = a_study(metric='accuracy', direction='maximize')
    study.optimize(lambda trial: trial.params['units'], n_trials=20)
    equal(study.best_value, max(trial.value for trial in study.trials))
    equal(study.metrics, {'accuracy': 'maximize'})
    equal(study.direction, 'maximize')


def branchy(trial):
    """An objective that names its parameters as it goes: the best is with a kernel."""
    if trial.suggest_categorical('model', ['kernel', 'trees']) == 'kernel':
        return abs(math.log10(trial.suggest_float('width', 1e-4, 1, log=True)) + 2)
    return 3 + sum(trial.suggest_int(f'split{level}', 1, 9, step=2)
                   for level in range(trial.suggest_int('depth', 1, 3))) / 100


@case
def trials_name_their_parameters_where_there_is_no_space(box):
    for sampler in ('random', 'tpe', 'auto'):
        for store in (None, box.path(f'{sampler}.db')):
            study = caviar.create_study(sampler=sampler, seed=1, store=store)
            study.optimize(branchy, n_trials=40)
            for trial in study.trials:
                params = trial.params
                if params['model'] == 'kernel':
                    equal(set(params), {'model', 'width'})
                    assert 1e-4 <= params['width'] <= 1
                else:
                    splits = {f'split{level}' for level in range(params['depth'])}
                    equal(set(params), {'model', 'depth'} | splits)
                    assert all(params[name] in (1, 3, 5, 7, 9) for name in splits)
            assert study.best_value < 1, study.best_value
    equal(study.definition['space']['split0']['step'], 2)


@case
def a_trial_shows_what_it_has_named(_):
    study = caviar.create_study(seed=1)
    for _ in range(3):
        trial = study.ask()
        equal(trial.params, {})
        x = trial.suggest_float('x', 0, 1)
        equal(trial.params, {'x': x})
        equal(trial.suggest_float('x', 0, 1), x)
        size = trial.suggest_ordinal('size', ['S', 'M', 'L'])
        flag = trial.suggest_categorical('flag', [True, False])
        assert flag is True or flag is False
        equal(trial.params, {'x': x, 'size': size, 'flag': flag})
        trial.tell(x)


@case
def a_range_may_depend_on_another_parameter(_):
    study = caviar.create_study(seed=1, sampler='tpe')

    def objective(trial):
        most = trial.suggest_int('most', 2, 50)
        part = trial.suggest_int('part', 1, most)
        assert 1 <= part <= most
        return part / most
    study.optimize(objective, n_trials=40)
    part = study.definition['space']['part']
    equal((part['low'], part['high']), (1, max(trial.params['most'] for trial in study.trials)))


@case
def a_name_stands_for_one_parameter_throughout(_):
    study = caviar.create_study(seed=1)
    trial = study.ask()
    trial.suggest_float('lr', 1e-5, 1, log=True)
    with raises(caviar.InvalidError, "'lr' was float log", 'another scale'):
        trial.suggest_float('lr', 1e-5, 1)
    with raises(caviar.InvalidError, "'lr'", 'another type'):
        trial.suggest_int('lr', 1, 8)
    with raises(caviar.InvalidError, "'x y'", 'name'):
        trial.suggest_float('x y', 0, 1)
    with raises(caviar.InvalidError, 'scale', 'loq'):
        trial.suggest_float('x', 0, 1, scale='loq')
    trial.tell(0.5)
    with raises(caviar.StateError, 'complete'):
        trial.suggest_float('x', 0, 1)


@case
def of_a_declared_space_what_it_has_can_be_named(_):
    trial = a_study().ask()
    equal(trial.suggest_float('lr', 1e-5, 1, log=True), trial.params['lr'])
    with raises(caviar.NotFoundError, "'width'", 'does not grow'):
        trial.suggest_float('width', 0, 1)


@case
def several_threads_name_parameters_at_the_same_time(_):
    study = caviar.create_study(seed=1, sampler='tpe')
    study.optimize(branchy, n_trials=60, n_jobs=4)
    equal({trial.state for trial in study.trials}, {'complete'})
    equal(len(study), 60)


@case
def several_metrics_have_a_front(_):
    study = a_study(metrics={'error': 'minimize', 'size': 'minimize'})
    study.optimize(lambda trial: (1 / trial.params['units'], trial.params['units']), n_trials=20)
    units = [trial.params['units'] for trial in study.trials]
    equal(sorted(trial.params['units'] for trial in study.best_trials), sorted(units))
    study.optimize(lambda trial: {'size': 0, 'error': 0}, n_trials=1)
    equal([trial.number for trial in study.best_trials], [20])
    equal(study.trial(20).values, {'error': 0.0, 'size': 0.0})


@case
def asking_and_telling_by_hand(_):
    study = a_study(budget=3)
    first, second, third = study.ask(), study.ask(), study.ask()
    equal([trial.number for trial in (first, second, third)], [0, 1, 2])
    second.tell(0.25)
    study.tell(first, 0.5)
    study.tell(third, state='failed', message='the disk is full')
    equal([trial.state for trial in study.trials], ['complete', 'complete', 'failed'])
    equal((study.trial(2).reason, study.trial(2).message), ('exit', 'the disk is full'))
    equal(study.best_trial.number, 1)
    with raises(caviar.StateError, 'trial 0 is complete'):
        first.tell(0.1)
    with raises(caviar.DoneError, 'budget'):
        study.ask()


@case
def a_trial_that_is_let_go_is_handed_out_again(_):
    study = a_study()
    trial = study.ask()
    params = trial.params
    del trial
    again = study.ask()
    equal((again.number, again.params), (0, params))


@case
def a_configuration_of_ones_own_comes_first(_):
    study = a_study()
    equal(study.enqueue({'lr': 0.5, 'act': 'tanh'}), 0)
    trial = study.ask()
    equal((trial.params['lr'], trial.params['act']), (0.5, 'tanh'))
    with raises(caviar.InvalidError, 'lr'):
        study.enqueue({'lr': 2.0})
    with raises(caviar.InvalidError, 'act', 'gelu'):
        study.enqueue({'act': 'gelu'})
    with raises(ValueError, 'rl'):
        study.enqueue({'rl': 0.1})


@case
def a_queued_trial_may_have_parameters_that_none_has_named(_):
    study = caviar.create_study(seed=1)
    study.enqueue({'depth': 3, 'act': 'relu', 'bias': True})

    def objective(trial):
        values = (trial.suggest_categorical('bias', [False, True]),
                  trial.suggest_categorical('act', ['tanh', 'relu']),
                  trial.suggest_int('depth', 1, 9))
        return float(values == (True, 'relu', 3))

    study.optimize(objective, n_trials=2)
    equal(study.trial(0).value, 1.0)
    equal(study.trial(0).params, {'bias': True, 'act': 'relu', 'depth': 3})


@case
def a_trial_that_the_program_queues_waits_for_what_it_names(box):
    store = box.path('caviar.db')
    study = caviar.create_study(seed=1, store=store, name='grown')
    box.caviar('add', 'depth=3', 'act=relu', 'bias=true', 'rate=0.5', 'never=1')
    trial = study.ask()
    equal((trial.suggest_categorical('bias', [False, True]),
           trial.suggest_categorical('act', ['tanh', 'relu']), trial.suggest_int('depth', 1, 9),
           trial.suggest_float('rate', 0, 1)), (True, 'relu', 3, 0.5))
    trial.tell(1.0)
    contains(box.caviar('add', 'new=1', '--value', '1', status=1).err,
             "no trial has named a parameter 'new' yet")
    box.caviar('add', 'depth=4', 'rate=0.25', '--value', '2')
    params = study.trial(1).params
    equal((params['depth'], params['rate']), (4, 0.25))


@case
def a_result_of_ones_own_is_learnt_from_and_does_not_count(_):
    study = a_study(budget=2)
    equal(study.add({'lr': 0.01, 'units': 1}, 0.125), 0)
    equal((study.best_value, study.best_params['lr']), (0.125, 0.01))
    study.optimize(loss)
    equal(len(study), 3)
    with raises(caviar.InvalidError, '2 values'):
        study.add({'lr': 0.01}, [1, 2])
    with raises(caviar.InvalidError, 'not finite'):
        study.add({'lr': 0.01}, math.nan)


@case
def a_failing_objective_fails_its_trial_and_stops_unless_it_is_caught(_):
    study = a_study()

    def broken(trial):
        raise KeyError('no such layer')
    with raises(KeyError, 'no such layer'):
        study.optimize(broken, n_trials=3)
    equal(len(study), 1)
    study.optimize(broken, n_trials=3, catch=KeyError)
    equal([trial.state for trial in study.trials], ['failed'] * 4)
    contains(study.trial(0).message, 'KeyError', 'no such layer')
    study.optimize(lambda trial: math.nan, n_trials=1)
    equal(study.trial(4).reason, 'not-finite')
    with raises(caviar.NotFoundError, 'no trial is complete'):
        study.best_trial  # pylint: disable=pointless-statement


@case
def a_failed_trial_is_run_again_as_often_as_retry_allows(_):
    study = a_study(retry=1)
    calls = []

    def flaky(trial):
        calls.append(trial.number)
        if len(calls) == 1:
            raise OSError('a hiccup')
        return 1.0
    study.optimize(flaky, n_trials=2, catch=OSError)
    equal(calls, [0, 0])
    equal(study.trial(0).state, 'complete')


@case
def poor_trials_are_pruned_by_the_scheduler(_):
    study = a_study(scheduler='median', steps=20)

    def curve(trial):
        for step in range(1, 21):
            answer = trial.report(step, trial.params['units'] + 1 / step)
            equal(answer.stop, trial.should_prune())
            if trial.should_prune():
                raise caviar.TrialPruned
        return None
    study.optimize(curve, n_trials=30)
    states = [trial.state for trial in study.trials]
    assert states.count('pruned') >= 5, states
    assert states.count('complete') >= 5, states
    equal(set(states), {'pruned', 'complete'})
    assert study.best_trial.state == 'complete'
    equal(study.ask().last_step, 20)


@case
def an_objective_may_prune_of_its_own_accord(_):
    study = a_study()

    def gives_up(trial):
        trial.report(1, 0.75)
        raise caviar.TrialPruned
    study.optimize(gives_up, n_trials=1)
    equal((study.trial(0).state, study.trial(0).value), ('pruned', 0.75))


@case
def a_nudge_arrives_with_the_answer_to_a_report(_):
    study = a_study()
    trial = study.ask()
    trial.can('changes')
    equal(trial.report(1, 0.5).changes, {})
    before = trial.params['units']
    study.nudge(0, {'lr': 0.001, 'act': 'tanh'}, note='it diverges')
    answer = trial.report(2, 0.5)
    equal(answer.changes, {'lr': 0.001, 'act': 'tanh'})
    equal((trial.params['lr'], trial.params['act'], trial.params['units']), (0.001, 'tanh', before))
    equal(trial.report(3, 0.5).changes, {})
    with raises(caviar.InvalidError, 'lr'):
        study.nudge(0, {'lr': 7})


@case
def a_rollback_asks_for_an_earlier_checkpoint(_):
    study = a_study()
    trial = study.ask()
    trial.can('changes', 'restore')
    trial.report(1, 0.5, checkpoints=[1])
    study.rollback(0, 1)
    answer = trial.report(2, 0.9)
    equal((answer.verdict, answer.restore, answer.stop), ('restore', 1, False))
    with raises(ValueError, 'fly'):
        trial.can('fly')


@case
def a_study_in_a_file_goes_on_where_it_was(box):
    store = box.path('studies.db')
    study = a_study(store=store, name='mine')
    study.optimize(loss, n_trials=4)
    best = study.best_value
    del study
    again = caviar.load_study(store)
    equal((again.name, len(again), again.best_value), ('mine', 4, best))
    again.optimize(loss, n_trials=2)
    joined = a_study(store=store, name='mine')
    equal(len(joined), 6)
    equal(len(box.trials('--store', store, '--study', 'mine')), 6)
    with raises(caviar.ExistsError, "parameter 'lr'"):
        a_study(store=store, name='mine', space={**SPACE, 'lr': '0 1'})
    with raises(caviar.NotFoundError, 'yours'):
        caviar.load_study(store, 'yours')


@case
def a_study_file_makes_a_study(_):
    text = 'study: bowl\nmetric: loss\nseed: 3\nspace:\n  x: {type: float, low: -1, high: 1}\n'
    study = caviar.create_study(definition=text)
    study.optimize(lambda trial: trial.params['x'] ** 2, n_trials=3)
    equal((study.name, study.metrics), ('bowl', {'loss': 'minimize'}))
    equal(study.definition['space']['x']['low'], -1)


@case
def constraints_hold_in_every_trial(_):
    study = a_study(space={'a': 'int 1 10', 'b': 'int 1 10'}, constraints=['a * b <= 20'])
    study.optimize(lambda trial: 0.0, n_trials=20)
    assert all(trial.params['a'] * trial.params['b'] <= 20 for trial in study.trials)


@case
def methods_have_options(_):
    study = a_study(sampler={'type': 'tpe', 'startup': 5}, scheduler={'type': 'asha', 'eta': 4},
                    steps=(2, 32))
    equal(study.definition['sampler'], {'type': 'tpe', 'startup': '5'})
    equal(study.definition['steps'], {'min': 2, 'max': 32})
    study.optimize(loss, n_trials=10)
    with raises(caviar.InvalidError, 'tbe', 'tpe'):
        a_study(sampler='tbe')


@case
def a_finite_space_ends_the_optimization(_):
    study = a_study(space={'act': 'relu|tanh|gelu'})
    study.optimize(lambda trial: 1.0)
    equal(sorted(trial.params['act'] for trial in study.trials), ['gelu', 'relu', 'tanh'])


@case
def what_is_no_space_is_refused_with_the_place(_):
    for space, pieces in (
            ({'lr': caviar.Float(1, 0)}, ["'lr'", 'low']),
            ({'lr': caviar.Float(0, 1, scale='log')}, ["'lr'", 'low', 'scale']),
            ({'lr': {'type': 'flaot', 'low': 0, 'high': 1}}, ["'lr'", 'float']),
            ({'lr': caviar.Float(0, 1, tear='most')}, ["'lr'", 'tear', 'tier']),
            ({'l r': 'log 1 2'}, ['l r']),
            ({'lr': [object()]}, ['object']),
            ({'x\0y': 'log 1 2'}, ['NUL'])):
        with raises(caviar.InvalidError, *pieces):
            a_study(space=space)
    with raises(caviar.InvalidError, 'minimize or maximize'):
        a_study(direction='up')
    with raises(caviar.InvalidError, 'seed'):
        a_study(seed=0)


@case
def numpy_scalars_are_values(_):
    class Scalar:
        def __init__(self, value):
            self.value = value

        def item(self):
            return self.value

        def __float__(self):
            return float(self.value)
    study = a_study(space={'x': caviar.Float(Scalar(0.0), Scalar(1.0))})
    study.enqueue({'x': Scalar(0.5)})
    study.optimize(lambda trial: Scalar(0.25), n_trials=1)
    equal((study.best_params, study.best_value), ({'x': 0.5}, 0.25))


@case
def several_threads_share_a_study(_):
    study = a_study()
    together = threading.Barrier(4, timeout=60)
    threads = set()

    def meet(trial):
        threads.add(threading.get_ident())
        together.wait()  # nobody passes before four objectives run
        return loss(trial)
    study.optimize(meet, n_trials=20, n_jobs=4)
    equal(len(threads), 4)
    equal(sorted(trial.number for trial in study.trials), list(range(20)))
    equal({trial.state for trial in study.trials}, {'complete'})


@case
def a_failure_in_a_thread_ends_the_others_and_is_raised(_):
    study = a_study()
    failed = threading.Event()

    def broken(trial):
        if trial.number == 3:
            failed.set()
            raise RuntimeError('the fourth')
        if failed.is_set():
            time.sleep(.05)  # gives way to the thread that failed
        return 0.0
    with raises(RuntimeError, 'the fourth'):
        study.optimize(broken, n_jobs=2)
    assert 4 <= len(study) < 100, len(study)


@case
def callbacks_hear_of_every_trial_and_may_stop(_):
    study = a_study()
    heard = []

    def hear(of, trial):
        assert of is study
        heard.append((trial.number, trial.state))
        if len(heard) == 5:
            of.stop()
    study.optimize(loss, n_trials=100, callbacks=[hear])
    equal(heard, [(number, 'complete') for number in range(5)])


@case
def no_trial_begins_after_the_timeout(_):
    study = a_study()
    study.optimize(loss, n_trials=10, timeout=0)
    equal(len(study), 0)
    study.optimize(loss, timeout=0.2)
    assert len(study) > 0


INTERRUPTED = """
import sys, time, caviar
study = caviar.create_study({'x': caviar.Float(0, 1)}, store=sys.argv[1], seed=1)
def slow(trial):
    if trial.number >= int(sys.argv[2]):
        print('waiting\\n', end='', flush=True)  # at once: two threads print
        while True:
            trial.report(1, 0.5)
            time.sleep(0.01)
    return 0.0
try:
    study.optimize(slow, n_jobs=int(sys.argv[2]))
except KeyboardInterrupt:
    print(sorted(trial.state for trial in study.trials)[-1], flush=True)
"""


def hear_ctrl_c():
    """In a new process: what runs in a shell's background has SIGINT ignored, and hands that on."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@case
def ctrl_c_gives_the_running_trials_back(box):
    for jobs in (1, 2):
        store = box.path(f'{jobs}.db')
        words = [sys.executable, box.file('slow.py', INTERRUPTED), store, str(jobs)]
        with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              preexec_fn=hear_ctrl_c) as process:
            try:
                for _ in range(jobs):
                    equal(process.stdout.readline(), 'waiting\n')
                process.send_signal(signal.SIGINT)
                out, err = process.communicate(timeout=60)
            finally:
                process.kill()
        equal((out, err, process.returncode), ('waiting\n', '', 0))
        states = [trial.state for trial in caviar.load_study(store).trials]
        equal(states, ['complete'] * jobs + ['waiting'] * jobs)


@case
def ctrl_c_while_the_threads_begin_gives_their_trials_back(_):
    runs = threading.Barrier(3)

    def slow(trial):
        runs.wait(60)
        while True:
            trial.report(1, 0.5)
            time.sleep(0.01)

    class Interrupted(threading.Thread):
        """The second of them is running when the first thread hears of it."""

        def start(self):
            super().start()
            if self.name == 'caviar-1':
                runs.wait(60)
                raise KeyboardInterrupt

    study = a_study()
    usual = threading.Thread
    threading.Thread = Interrupted
    try:
        with raises(KeyboardInterrupt):
            study.optimize(slow, n_jobs=2)
    finally:
        threading.Thread = usual
    equal([trial.state for trial in study.trials], ['waiting', 'waiting'])


@case
def a_killed_program_loses_no_result_and_its_trial_is_run_again(box):
    store = box.path('killed.db')
    words = [sys.executable, box.file('slow.py', INTERRUPTED), store, '1']
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        equal(process.stdout.readline(), 'waiting\n')
        process.kill()
    study = caviar.load_study(store)
    equal(study.trial(0).state, 'complete')
    wait_until('the trial is taken back', lambda: study.trial(1).state == 'waiting')
    equal(study.ask().number, 1)


@case
def a_fork_leaves_its_parents_trials_alone(_):
    study = a_study()
    trial = study.ask()
    child = os.fork()
    if child == 0:
        del trial
        os._exit(0)
    os.waitpid(child, 0)
    equal(trial.state, 'running')
    trial.tell(0.5)


@case
def trials_outlive_the_name_of_their_study(_):
    trial = a_study().ask()
    trial.tell(0.5)
    equal((trial.state, trial.value), ('complete', 0.5))


@case
def the_progress_is_one_line_with_the_best_so_far(_):
    study = a_study()
    study.optimize(lambda trial: 1.0 + trial.number, n_trials=3)
    stream = io.StringIO()
    progress = Progress(study, 4, stream)
    for _ in range(3):
        progress.step()
    equal(stream.getvalue(), '')
    progress.end()
    contains(stream.getvalue(), '[##################......]', '3/4', 'best 1 (trial 0)')
    equal(stream.getvalue().count('\n'), 1)


@case
def a_notebook_shows_a_table_without_markup_of_the_users(_):
    study = a_study(space={'act': ['<b>', 'relu']})
    study.optimize(lambda trial: 1.0, n_trials=2)
    page = study._repr_html_()
    contains(page, '<table>', '2 complete', 'params_act', '&lt;b&gt;')
    assert '<b>' not in page
    contains(study.best_trial._repr_html_(), 'Trial', 'complete')
    contains(repr(study), "Study('study', minimize value, 2 trials)")
    contains(repr(study.best_trial), 'TrialRecord(number=', "state='complete'", 'value=1.0')


@case
def trials_are_a_frame_where_pandas_is(_):
    try:
        import pandas
    except ImportError as problem:
        raise Skip('there is no pandas') from problem
    space = {'x': '0 1', 'y': caviar.Int(1, 3, when={'x': {'low': 0, 'high': 0.5}})}
    study = a_study(space=space)
    study.optimize(lambda trial: trial.params['x'], n_trials=10)
    frame = study.to_frame()
    assert isinstance(frame, pandas.DataFrame)
    equal(list(frame.columns), ['number', 'value', 'params_x', 'params_y', 'state', 'reason'])
    equal(list(frame['value']), [trial.value for trial in study.trials])
    assert frame['params_y'].isna().any() and not frame['params_y'].isna().all()


@case
def the_package_is_typed_and_names_what_it_has(_):
    assert os.path.exists(os.path.join(preloaded.PACKAGE, 'caviar', 'py.typed'))
    for name in caviar.__all__:
        assert hasattr(caviar, name), name
    assert set(caviar.__all__) <= set(dir(caviar))
    with raises(AttributeError, 'caviar', 'optimise'):
        caviar.optimise  # pylint: disable=pointless-statement
    contains(read(os.path.join(preloaded.PACKAGE, 'pyproject.toml')), caviar.__version__)


@case
def a_study_in_a_cycle_is_closed_after_its_trials(_):
    for order in (0, 1):
        study = a_study()
        things = [study.ask(), study][::1 - 2 * order]
        things.append(things)  # nobody but the collector lets them go
        handle = weakref.ref(study._handle)
        del study, things
        gc.collect()
        equal(handle(), None)


if __name__ == '__main__':
    main()
