"""
Boosting with XGBoost as a trial: a callback that reports each round, ends the training when it is
told to, and gives changed parameters to the booster.

    callback = CaviarCallback("valid-logloss")
    xgboost.train(params, train, rounds, evals=[(valid, "valid")], callbacks=[callback],
                  xgb_model=callback.checkpoint)

A step is a boosting round, counted from 1.
"""
from __future__ import annotations

from typing import Any, Dict, List, Optional

import xgboost

import caviar

Log = Dict[str, Dict[str, List[Any]]]  # by set and metric


class CaviarCallback(xgboost.callback.TrainingCallback):
    """
    metric      what is reported, as XGBoost calls it: the name of the evaluation set, a dash, the
                name of the metric: "valid-logloss"
    name        what the study calls it; None: the same
    checkpoint  the model to go on from, where a trial that was paused is taken up again: for
                xgb_model of xgboost.train; else None
    rounds      how many are left of the number that is given to rounds_left
    """

    def __init__(self, metric: str, name: Optional[str] = None) -> None:
        super().__init__()
        self.data, _, self.score = metric.partition("-")
        if not self.score:
            raise ValueError(f"{metric!r} is not a set and a metric, as in 'valid-logloss'")
        self.name = name or metric
        self.first = caviar.first_step()
        self.checkpoint = self.path(self.first) if self.first else None

    @staticmethod
    def path(step: int) -> str:
        return caviar.trial().path(f"round-{step}.ubj")

    def rounds_left(self, rounds: int) -> int:
        """Of so many rounds, or of the study's `steps`, those that are still to be boosted."""
        return (caviar.last_step() or rounds) - self.first

    def before_training(self, model: Any) -> Any:
        caviar.can("changes")
        model.set_param(list(caviar.trial().changes_at(self.first).items()))
        return model

    def after_iteration(self, model: Any, epoch: int, evals_log: Log) -> bool:
        """Returns True where the training is to end, as XGBoost has it."""
        if self.score not in evals_log.get(self.data, {}):
            there = [f"{data}-{score}" for data, scores in evals_log.items() for score in scores]
            raise ValueError(f"there is no {self.data}-{self.score}; there is {', '.join(there)}")
        step = model.num_boosted_rounds()
        answer = caviar.report(step, **{self.name: evals_log[self.data][self.score][-1]})
        model.set_param(list(answer.changes.items()))
        if answer.verdict == "pause":
            model.save_model(self.path(step))
        return answer.stop
