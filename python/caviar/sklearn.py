"""
Caviar's search with scikit-learn's own interface: CaviarSearchCV is used as RandomizedSearchCV is.

    search = CaviarSearchCV(SVC(), {"C": "log 1e-3 1e3", "gamma": "log 1e-4 10"}, n_iter=40)
    search.fit(X, y)
    search.best_params_, search.predict(X)
"""
from __future__ import annotations

import math
from typing import Any, Callable, Dict, List, Optional, Union

import numpy
from sklearn.model_selection._search import BaseSearchCV
from sklearn.utils import check_random_state

from caviar.errors import DoneError
from caviar.space import Space
from caviar.study import Method, Study, create_study
from caviar.trials import StudyTrial

Evaluate = Callable[[List[Dict[str, Any]]], Dict[str, Any]]


class CaviarSearchCV(BaseSearchCV):
    """
    Searches a space for the parameters of an estimator with the best cross-validated score.

    estimator, scoring, n_jobs, refit, cv, verbose, pre_dispatch, error_score, return_train_score
                  as of RandomizedSearchCV
    space         {parameter: definition}, as of caviar.create_study
    n_iter        how many configurations are tried; fewer where the space has no more
    sampler       one of Caviar's, or None: "auto"
    batch         how many are tried at a time, with n_jobs; each batch learns from those before
    random_state  the same gives the same configurations

    A configuration that the estimator cannot be fitted with counts as failed; where that is a
    whole batch, it is not among cv_results_. Of several metrics `refit` names the one that is
    searched for; where it names none, the first is.
    """

    _required_parameters = ["estimator", "space"]

    def __init__(self, estimator: Any, space: Space, *, n_iter: int = 30,
                 sampler: Optional[Method] = None, batch: int = 1, scoring: Any = None,
                 n_jobs: Optional[int] = None, refit: Union[bool, str, Callable[..., Any]] = True,
                 cv: Any = None, verbose: int = 0, pre_dispatch: Union[int, str] = "2*n_jobs",
                 random_state: Any = None, error_score: Union[float, str] = numpy.nan,
                 return_train_score: bool = False) -> None:
        super().__init__(estimator=estimator, scoring=scoring, n_jobs=n_jobs, refit=refit, cv=cv,
                         verbose=verbose, pre_dispatch=pre_dispatch, error_score=error_score,
                         return_train_score=return_train_score)
        self.space = space
        self.n_iter = n_iter
        self.sampler = sampler
        self.batch = batch
        self.random_state = random_state

    def _run_search(self, evaluate_candidates: Evaluate) -> None:
        if self.n_iter < 1 or self.batch < 1:
            raise ValueError(f"n_iter and batch are 1 or more, not {self.n_iter} and {self.batch}")
        seed = int(check_random_state(self.random_state).randint(1, 2**31 - 1))
        study = create_study(self.space, metric="score", direction="maximize", seed=seed,
                             sampler=self.sampler, budget=self.n_iter, parallel=self.batch)
        tried, problem = 0, None
        for trials in iter(lambda: _ask(study, self.batch), []):
            try:
                results = evaluate_candidates([trial.params for trial in trials])
            except ValueError as refused:
                if "fits failed" not in str(refused):
                    raise
                problem = refused  # scikit-learn's word for a batch of which nothing was fitted
                for trial in trials:
                    trial.fail("the estimator cannot be fitted with it")
                continue
            tried += len(trials)
            for trial, score in zip(trials, self._scores(results)[tried - len(trials):]):
                if math.isfinite(score):
                    trial.tell(float(score))
                else:
                    trial.fail("its score is not a number")
        if problem and not tried:
            raise problem

    def _scores(self, results: Dict[str, Any]) -> Any:
        if isinstance(self.refit, str) and f"mean_test_{self.refit}" in results:
            return results[f"mean_test_{self.refit}"]
        return next(scores for name, scores in results.items() if name.startswith("mean_test_"))


def _ask(study: Study, count: int) -> List[StudyTrial]:
    """So many trials, or as many as there are."""
    trials: List[StudyTrial] = []
    try:
        while len(trials) < count:
            trials.append(study.ask())
    except DoneError:
        pass
    return trials
