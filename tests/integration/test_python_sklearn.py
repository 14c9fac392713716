#!/usr/bin/env python3
"""
test_python_sklearn.py: CaviarSearchCV, by scikit-learn's own checks of an estimator, and by what it
finds.
"""
import contextlib
import io
import os
import re
import sys
import warnings

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'support'))
import preloaded  # noqa: E402
from harness import ROOT, case, contains, equal, main, read  # noqa: E402

try:
    import numpy
    from sklearn.base import clone
    from sklearn.datasets import load_iris, make_regression
    from sklearn.linear_model import LogisticRegression, Ridge
    from sklearn.model_selection import cross_val_score
    from sklearn.svm import SVC
    from sklearn.utils.estimator_checks import check_estimator
except ImportError:
    print('1..0 # SKIP scikit-learn is not installed')
    sys.exit(0)

preloaded.begin()
from caviar.sklearn import CaviarSearchCV  # noqa: E402

SPACE = {'C': 'log 1e-3 1e3', 'gamma': 'log 1e-4 10'}


@case
def scikit_learns_checks_of_an_estimator_are_held(_):
    warnings.simplefilter('ignore')
    for estimator, space in ((Ridge(), {'alpha': 'log 0.1 10'}),
                             (LogisticRegression(), {'C': 'log 0.1 10'})):
        check_estimator(CaviarSearchCV(estimator, space, n_iter=2, cv=2, random_state=1,
                                       error_score='raise'))


@case
def the_best_parameters_have_the_score_that_it_says(_):
    x, y = load_iris(return_X_y=True)
    search = CaviarSearchCV(SVC(), SPACE, n_iter=12, cv=3, random_state=1, batch=3).fit(x, y)
    equal(len(search.cv_results_['params']), 12)
    scores = cross_val_score(SVC(**search.best_params_), x, y, cv=3)
    assert abs(search.best_score_ - scores.mean()) < 1e-12
    equal(search.best_score_, max(search.cv_results_['mean_test_score']))
    equal(search.best_estimator_.get_params()['C'], search.best_params_['C'])
    assert search.score(x, y) > 0.95


@case
def it_learns_from_the_scores(_):
    x, y = make_regression(60, 40, noise=20, random_state=1)
    space = {'alpha': 'log 1e-6 1e6'}
    found = {}
    for sampler in ('gp', 'random'):
        search = CaviarSearchCV(Ridge(), space, n_iter=20, cv=3, random_state=1, sampler=sampler)
        search.fit(x, y)
        late = search.cv_results_['mean_test_score'][10:]
        found[sampler] = numpy.median(search.best_score_ - late)
    assert found['gp'] < 0.2 * found['random'], found


@case
def a_random_state_decides_what_is_tried(_):
    x, y = load_iris(return_X_y=True)
    one = CaviarSearchCV(SVC(), SPACE, n_iter=5, cv=2, random_state=3)
    tried = [clone(one).fit(x, y).cv_results_['params'] for _ in range(2)]
    equal(tried[0], tried[1])
    other = clone(one).set_params(random_state=4).fit(x, y).cv_results_['params']
    assert other != tried[0]


@case
def of_several_metrics_refit_names_that_which_is_searched_for(_):
    x, y = load_iris(return_X_y=True)
    search = CaviarSearchCV(SVC(), SPACE, n_iter=6, cv=2, random_state=1,
                            scoring=['accuracy', 'f1_macro'], refit='f1_macro').fit(x, y)
    equal(search.best_score_, max(search.cv_results_['mean_test_f1_macro']))
    search = CaviarSearchCV(SVC(), SPACE, n_iter=3, cv=2, random_state=1,
                            scoring=['accuracy', 'f1_macro'], refit=False).fit(x, y)
    equal(len(search.cv_results_['mean_test_accuracy']), 3)


@case
def what_cannot_be_fitted_counts_as_failed_and_a_small_space_ends(_):
    x, y = load_iris(return_X_y=True)
    space = {'kernel': ['rbf', 'linear', 'nonesuch']}
    for batch, kernels in ((1, ['linear', 'rbf']), (3, ['linear', 'nonesuch', 'rbf'])):
        search = CaviarSearchCV(SVC(), space, n_iter=9, cv=2, random_state=1, batch=batch)
        with warnings.catch_warnings():
            warnings.simplefilter('ignore')
            search.fit(x, y)
        equal(sorted(params['kernel'] for params in search.cv_results_['params']), kernels)
        assert search.best_params_['kernel'] in ('rbf', 'linear')


@case
def where_nothing_can_be_fitted_scikit_learn_says_why(_):
    x, y = load_iris(return_X_y=True)
    try:
        CaviarSearchCV(SVC(), {'kernel': ['nonesuch', 'neither']}, n_iter=2, cv=2).fit(x, y)
    except ValueError as problem:
        contains(str(problem), 'fits failed', 'kernel')
    else:
        raise AssertionError('it was taken')


@case
def a_number_of_trials_below_one_is_refused(_):
    x, y = load_iris(return_X_y=True)
    try:
        CaviarSearchCV(SVC(), SPACE, n_iter=0).fit(x, y)
    except ValueError as problem:
        contains(str(problem), 'n_iter', '0')
    else:
        raise AssertionError('it was taken')


@case
def the_example_of_the_page_runs(_):
    page = read(os.path.join(ROOT, 'docs', 'sklearn.md'))
    examples = re.findall(r'^```python\n(.*?)^```$', page, flags=re.M | re.S)
    equal(len(examples), 1)
    names = {}
    with contextlib.redirect_stdout(io.StringIO()):
        exec(examples[0], names)  # pylint: disable=exec-used
    assert names['search'].best_score_ > 0.9


main()
