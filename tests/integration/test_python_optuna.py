#!/usr/bin/env python3
"""
test_python_optuna.py: Caviar's samplers and schedulers inside Optuna. Where the installed Optuna
publishes the cases that a sampler has to hold (optuna.testing.pytest_samplers), they are run, too.
"""
import importlib.util
import math
import os
import pickle
import re
import subprocess
import sys
import warnings

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'support'))
import preloaded  # noqa: E402
from harness import ROOT, Skip, case, contains, equal, main, read  # noqa: E402

try:
    import optuna
    from optuna.trial import TrialState
except ImportError:
    print('1..0 # SKIP Optuna is not installed')
    sys.exit(0)

preloaded.begin()
from caviar.optuna import CaviarPruner, CaviarSampler  # noqa: E402

SAMPLERS = ['auto', 'cmaes', 'gp', 'nsga2', 'random', 'rf', 'sobol', 'tpe', 'zoom']
OF_ONE_METRIC = ['cmaes']
PATIENCE = 900
PUBLISHED = f"""
import functools
import pytest
from caviar.optuna import CaviarSampler
from optuna.testing import pytest_samplers as published

def of(names):
    class With:
        @pytest.fixture(params=names)
        def sampler(self, request):
            return functools.partial(CaviarSampler, request.param)
    return With

class TestBasic(of({SAMPLERS}), published.BasicSamplerTestCase):
    pass

class TestRelative(of({SAMPLERS}), published.RelativeSamplerTestCase):
    pass

class TestMultiObjective(of({[name for name in SAMPLERS if name not in OF_ONE_METRIC]}),
                         published.MultiObjectiveSamplerTestCase):
    pass

class TestSingleOnly(of({OF_ONE_METRIC}), published.SingleOnlySamplerTestCase):
    pass
"""

optuna.logging.set_verbosity(optuna.logging.CRITICAL)
warnings.simplefilter('ignore', optuna.exceptions.ExperimentalWarning)


def a_study(sampler='auto', seed=1, **options):
    more = {name: options.pop(name) for name in ('constraints_func',) if name in options}
    return optuna.create_study(sampler=CaviarSampler(sampler, seed, **more), **options)


def bowl(trial):
    x, y = trial.suggest_float('x', -5, 5), trial.suggest_float('y', 1e-4, 1, log=True)
    return (x - 1) ** 2 + math.log10(y / 0.01) ** 2


def branches(trial):
    """One of every distribution, and a branch."""
    kind = trial.suggest_categorical('kind', ['a', None, 2.5, True])
    values = [trial.suggest_float('plain', -1, 1), trial.suggest_float('log', 1e-7, 10, log=True),
              trial.suggest_float('grid', -10.2, 10.2, step=0.1), trial.suggest_int('int', -10, 10),
              trial.suggest_int('step', 3, 9, step=3),
              trial.suggest_int('logint', 1, 100, log=True), trial.suggest_float('one', 2, 2)]
    if kind == 'a':
        values.append(trial.suggest_float('branch', 0, 1))
    equal([type(value) for value in values[:7]], [float, float, float, int, int, int, float])
    return sum(values)


def params_of(study):
    return [trial.params for trial in study.trials]


@case
def the_cases_that_optuna_publishes_are_held(box):
    for module in ('optuna.testing.pytest_samplers', 'pytest'):
        if importlib.util.find_spec(module) is None:
            raise Skip(f'there is no {module} (Optuna {optuna.__version__})')
    box.file('test_published.py', PUBLISHED)
    words = [sys.executable, '-m', 'pytest', '-q', '-p', 'no:cacheprovider', 'test_published.py']
    done = subprocess.run(words, cwd=box.folder, capture_output=True, text=True, timeout=PATIENCE,
                          check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]


@case
def every_sampler_has_values_of_every_distribution_and_of_branches(_):
    for name in SAMPLERS:
        study = a_study(name)
        study.optimize(branches, n_trials=15)
        for trial in study.trials:
            equal(trial.state, TrialState.COMPLETE)
            for parameter, value in trial.params.items():
                inside = trial.distributions[parameter]
                assert inside._contains(inside.to_internal_repr(value)), (name, trial.params)
        equal(len({str(params) for params in params_of(study)}), 15)


@case
def a_seed_decides_the_values_and_reseeding_changes_them(_):
    for name in SAMPLERS:
        once, again, other, reseeded = a_study(name), a_study(name), a_study(name, 2), a_study(name)
        reseeded.sampler.reseed_rng()
        for study in (once, again, other, reseeded):
            study.optimize(bowl, n_trials=8)
        equal(params_of(once), params_of(again))
        assert params_of(once) != params_of(other), name
        assert params_of(once) != params_of(reseeded), name


@case
def it_learns_in_either_direction(_):
    for name in ('auto', 'gp', 'tpe', 'cmaes'):
        for direction, sign in (('minimize', 1), ('maximize', -1)):
            study, blind = (a_study(kind, direction=direction) for kind in (name, 'random'))
            for one in (study, blind):
                one.optimize(lambda trial, sign=sign: sign * bowl(trial), n_trials=40)
            assert sign * study.best_value < 0.5 * sign * blind.best_value, (name, direction)


@case
def trials_that_run_elsewhere_are_known(box):
    storage = f'sqlite:///{box.path("optuna.db")}'
    here = a_study('sobol', storage=storage, study_name='s')
    here.optimize(bowl, n_trials=3)
    there = optuna.load_study(study_name='s', storage=storage, sampler=CaviarSampler('sobol', 1))
    found = []
    for study in (here, there):
        trial = study.ask()
        found.append((trial.suggest_float('x', -5, 5), trial.suggest_float('y', 1e-4, 1, log=True)))
    assert found[0] != found[1], found


@case
def a_study_of_before_is_learnt_from(box):
    storage = f'sqlite:///{box.path("optuna.db")}'
    a_study('random', storage=storage, study_name='s').optimize(bowl, n_trials=25)
    again = optuna.load_study(study_name='s', storage=storage, sampler=CaviarSampler('gp', 1))
    before = again.best_value
    again.optimize(bowl, n_trials=8)
    best = again.best_trial
    assert best.number >= 25 and best.value < 0.2 * before, (before, best)


@case
def what_violates_a_constraint_counts_as_infeasible(_):
    def objective(trial):
        trial.set_user_attr('over', trial.suggest_float('x', 0, 1) - 0.4)
        return -trial.params['x'] + 0.01 * trial.suggest_float('y', 0, 1)

    study = a_study('gp', constraints_func=lambda trial: [trial.user_attrs['over']])
    study.optimize(objective, n_trials=40)
    for trial in study.trials:
        equal(list(trial.system_attrs['constraints']), [trial.user_attrs['over']])
    late = [trial.params['x'] for trial in study.trials[20:]]
    feasible = [x for x in late if x <= 0.4]
    assert len(feasible) >= 10 and max(feasible) > 0.35, late


@case
def a_constraint_that_is_not_a_number_is_refused(_):
    study = a_study('random', constraints_func=lambda trial: [math.nan])
    try:
        study.optimize(bowl, n_trials=1)
    except ValueError as problem:
        contains(str(problem), 'NaN')
    else:
        raise AssertionError('it was taken')


@case
def a_small_space_is_gone_through_and_then_gone_on_in(_):
    study = a_study('auto')
    study.optimize(lambda trial: trial.suggest_int('x', 0, 4), n_trials=12)
    equal({params['x'] for params in params_of(study)[:5]}, set(range(5)))
    equal(len(study.trials), 12)
    study = a_study({'type': 'grid', 'points': 5})
    study.optimize(bowl, n_trials=40)
    equal(len(study.trials), 40)


@case
def several_objectives_are_searched_by_those_that_can(_):
    def objective(trial):
        x = trial.suggest_float('x', -2, 4)
        return x ** 2, (x - 2) ** 2

    for name in SAMPLERS:
        study = a_study(name, directions=['minimize', 'minimize'])
        try:
            study.optimize(objective, n_trials=20)
        except ValueError as problem:
            assert name in OF_ONE_METRIC, problem
            contains(str(problem), name, 'one metric')
            continue
        assert name not in OF_ONE_METRIC
        assert any(0 <= trial.params['x'] <= 2 for trial in study.best_trials), name


@case
def an_enqueued_trial_has_its_values_and_the_rest_from_the_sampler(_):
    study = a_study('tpe')
    study.optimize(bowl, n_trials=5)
    study.enqueue_trial({'x': 3.5})
    study.enqueue_trial({'x': 2.5, 'y': 0.5})
    study.optimize(bowl, n_trials=4)
    equal([trial.params['x'] for trial in study.trials[5:7]], [3.5, 2.5])
    equal(study.trials[6].params['y'], 0.5)


@case
def ranges_may_change_and_trials_fail_prune_and_have_no_number(_):
    def objective(trial):
        wide = trial.number >= 6
        x = trial.suggest_float('x', 0, 20 if wide else 10)
        if trial.number % 6 == 2:
            raise RuntimeError('fails')
        if trial.number % 6 == 3:
            trial.report(x, 1)
            raise optuna.TrialPruned
        if trial.number % 6 == 4:
            raise optuna.TrialPruned
        return math.inf if trial.number % 6 == 5 else x

    for name in SAMPLERS:
        study = a_study(name)
        study.optimize(objective, n_trials=24, catch=(RuntimeError,))
        equal(len(study.trials), 24)
        assert max(params['x'] for params in params_of(study)[6:]) > 10, name


@case
def two_threads_share_a_sampler(_):
    study = a_study('auto')
    study.optimize(bowl, n_trials=20, n_jobs=2)
    equal(len({str(params) for params in params_of(study)}), 20)


@case
def a_sampler_and_a_pruner_can_be_pickled(_):
    sampler = CaviarSampler('gp', 5)
    study = optuna.create_study(sampler=sampler)
    study.optimize(bowl, n_trials=6)
    again = optuna.create_study(sampler=pickle.loads(pickle.dumps(sampler)))
    again.optimize(bowl, n_trials=6)
    equal(params_of(study), params_of(again))
    pickle.loads(pickle.dumps(CaviarPruner('median', steps=5)))


def curves(pruner, losses, direction='minimize', steps=9):
    """Trials one after the other whose loss is the same at each step; where each was ended."""
    study = optuna.create_study(pruner=pruner, direction=direction)

    def objective(trial):
        for step in range(1, steps + 1):
            trial.report(losses[trial.number], step)
            if trial.should_prune():
                raise optuna.TrialPruned
        return losses[trial.number]

    study.optimize(objective, n_trials=len(losses))
    return [max(trial.intermediate_values) for trial in study.trials]


@case
def the_examples_of_the_page_run(_):
    page = read(os.path.join(ROOT, 'docs', 'optuna.md'))
    examples = re.findall(r'^```python\n(.*?)^```$', page, flags=re.M | re.S)
    equal(len(examples), 2)
    for example in examples:
        names = {}
        exec(example, names)  # pylint: disable=exec-used
        assert names['study'].pruner or names['study'].best_value < 1


@case
def the_median_ends_what_is_worse_than_half(_):
    pruner = CaviarPruner({'type': 'median', 'startup': 3}, steps=9)
    equal(curves(pruner, [1, 2, 3, 1.5, 2.5, 0.5]), [9, 9, 9, 9, 1, 9])


@case
def asha_ends_at_rungs_what_is_not_of_the_best_third(_):
    for direction, sign in (('minimize', 1), ('maximize', -1)):
        losses = [sign * loss for loss in (1, 2, 0.5, 3, 0.25, 0.75)]
        equal(curves(CaviarPruner('asha', steps=9), losses, direction), [9, 9, 9, 1, 9, 1])


@case
def a_curve_without_a_number_is_ended(_):
    equal(curves(CaviarPruner('median', steps=9), [1, math.nan]), [9, 1])


@case
def a_scheduler_that_would_have_to_take_trials_up_again_is_refused(_):
    for name in ('freeze-thaw', 'pbt', 'none', 'medain'):
        try:
            CaviarPruner(name, steps=9)
        except ValueError as problem:
            contains(str(problem), name, 'median, asha')
        else:
            raise AssertionError(name)


main()
