"""
Studies in memory that follow a study of Optuna's: what its trials did, they did here, too, so that
the library's samplers and schedulers can be asked about it. See caviar.optuna.
"""
from __future__ import annotations

import hashlib
import math
from typing import Any, Dict, List, Mapping, Optional, Sequence

from optuna.distributions import (BaseDistribution, CategoricalDistribution, FloatDistribution,
                                  IntDistribution)
from optuna.study import Study as OptunaStudy
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState

from caviar.errors import DoneError, InfeasibleError
from caviar.study import Method, Study, create_study
from caviar.trials import StudyTrial

CONSTRAINTS = "constraints"  # Optuna's name for the system attribute
FIXED = "fixed_params"  # the same for what an enqueued trial begins with


class Axis:
    """A parameter of Optuna's: a range, a number of steps, or the index of a choice here."""

    def __init__(self, distribution: BaseDistribution) -> None:
        self.distribution = distribution
        self.choices: Optional[Sequence[Any]] = None
        self.step: Optional[float] = None
        if isinstance(distribution, CategoricalDistribution):
            self.choices = distribution.choices
            self.definition: Dict[str, Any] = {"type": "categorical",
                                               "choices": list(range(len(self.choices)))}
        elif isinstance(distribution, (FloatDistribution, IntDistribution)):
            self.low, self.high = distribution.low, distribution.high
            self.is_int = isinstance(distribution, IntDistribution)
            self.step = None if distribution.log else distribution.step
            if self.step is None:
                self.definition = {"type": "int" if self.is_int else "float", "low": self.low,
                                   "high": self.high,
                                   "scale": "log" if distribution.log else "linear"}
            else:
                steps = round((self.high - self.low) / self.step)
                self.definition = {"type": "int", "low": 0, "high": steps}
        else:
            raise ValueError(f"{distribution!r} is not a distribution that Caviar knows")

    def encode(self, value: Any) -> Optional[float]:
        """What the value is here; None where this range does not have it."""
        if self.choices is not None:
            try:
                return int(self.distribution.to_internal_repr(value))
            except ValueError:
                return None
        if not self.low <= value <= self.high:
            return None
        found: float = value if self.step is None else round((value - self.low) / self.step)
        return found

    def decode(self, value: float) -> Any:
        if self.choices is not None:
            return self.choices[int(value)]
        if self.step is not None:
            value = self.low + value * self.step
        value = min(max(value, self.low), self.high)
        return int(value) if self.is_int else float(value)


def seed_of(*parts: Any) -> int:
    """A study's seed, that follows from these."""
    digest = hashlib.blake2b(repr(parts).encode(), digest_size=8).digest()
    return 1 + int.from_bytes(digest, "big") % (1 << 63)


def is_infeasible(trial: FrozenTrial) -> bool:
    return any(bound > 0 for bound in trial.system_attrs.get(CONSTRAINTS) or ())


def metrics_of(study: OptunaStudy) -> Dict[str, str]:
    return {f"value{index}": "maximize" if way == StudyDirection.MAXIMIZE else "minimize"
            for index, way in enumerate(study.directions)}


def conclude(handle: StudyTrial, trial: FrozenTrial) -> None:
    """Tells how a trial of Optuna's has ended. Of one that was pruned its reports are known."""
    if is_infeasible(trial):
        handle.infeasible("a constraint is violated")
    elif trial.state == TrialState.COMPLETE and all(map(math.isfinite, trial.values)):
        handle.tell(*trial.values)
    elif trial.state == TrialState.COMPLETE:
        handle.fail("its value is not finite", "not-finite")
    elif trial.state == TrialState.PRUNED and trial.intermediate_values:
        handle.prune()
    else:
        handle.fail("it failed")


class Follower:
    """Trials of one study of Optuna's, and what stands for each of them here."""

    def __init__(self, study: Study) -> None:
        self.study = study
        self.handles: Dict[int, StudyTrial] = {}  # by Optuna's number, of those that run
        self.followed: Dict[int, bool] = {}  # those that have ended
        self.first = 0  # all before it have ended

    def open(self, trial: FrozenTrial) -> Optional[StudyTrial]:
        """What stands for a trial that is met for the first time; None where nothing can."""
        raise NotImplementedError

    def end(self, handle: StudyTrial, trial: FrozenTrial) -> None:
        conclude(handle, trial)

    def meet(self, trial: FrozenTrial) -> None:
        handle = self.handles.get(trial.number) or self.open(trial)
        if trial.state.is_finished():
            self.handles.pop(trial.number, None)
            self.followed[trial.number] = True
            if handle:
                self.end(handle, trial)
        elif handle:
            self.handles[trial.number] = handle

    def follow(self, trials: Sequence[FrozenTrial]) -> None:
        """Takes in what has happened since the last time."""
        for trial in trials[self.first:]:
            if trial.number not in self.followed and trial.state != TrialState.WAITING:
                self.meet(trial)
        while self.followed.pop(self.first, False):
            self.first += 1


class SpaceFollower(Follower):
    """Follows the trials that have values in a space, for a sampler to learn from."""

    def __init__(self, study: OptunaStudy, space: Mapping[str, BaseDistribution],
                 sampler: Method, seed: int) -> None:
        self.axes = {name: Axis(space[name]) for name in sorted(space)}
        self.is_stale = False  # a trial went another way than it was sent
        super().__init__(create_study(
            {f"p{index}": axis.definition for index, axis in enumerate(self.axes.values())},
            metrics=metrics_of(study), sampler=sampler, scheduler="none",
            seed=seed_of(seed, *self.axes)))

    def encode(self, params: Mapping[str, Any]) -> Optional[Dict[str, Any]]:
        """Values of Optuna's in the names and numbers used here; None if one is out of range."""
        found = {}
        for index, (name, axis) in enumerate(self.axes.items()):
            if name in params:
                value = axis.encode(params[name])
                if value is None:
                    return None
                found[f"p{index}"] = value
        return found

    def decode(self, handle: StudyTrial) -> Dict[str, Any]:
        params = handle.params
        return {name: axis.decode(params[f"p{index}"])
                for index, (name, axis) in enumerate(self.axes.items())}

    def take(self, params: Mapping[str, Any]) -> StudyTrial:
        """A trial with these values; what they leave out is the sampler's choice."""
        self.study.enqueue(params)
        return self.study.ask()

    def open(self, trial: FrozenTrial) -> Optional[StudyTrial]:
        if any(name not in trial.params for name in self.axes):
            return None
        params = self.encode(trial.params)
        return self.take(params) if params is not None else None

    def end(self, handle: StudyTrial, trial: FrozenTrial) -> None:
        if self.encode(trial.params) != handle.params:
            self.is_stale = True
            return
        if trial.state == TrialState.PRUNED and trial.intermediate_values:
            step = max(trial.intermediate_values)
            handle.report(max(step, 0), trial.intermediate_values[step])
            if handle.state != "running":  # the report was not finite
                return
        super().end(handle, trial)

    def sample(self, trial: FrozenTrial) -> Optional[Dict[str, Any]]:
        """
        Values for a trial that begins, which runs from now on; None where a finite space has
        nothing new.
        """
        fixed = self.encode(trial.system_attrs.get(FIXED) or {})
        try:
            handle = self.take(fixed) if fixed else self.study.ask()
        except (DoneError, InfeasibleError):
            return None
        self.handles[trial.number] = handle
        return self.decode(handle)


class CurveFollower(Follower):
    """Follows learning curves, for a scheduler to judge."""

    def __init__(self, study: OptunaStudy, scheduler: Method, steps: Any) -> None:
        self.reported: Dict[int, int] = {}  # the last step of each trial that runs
        self.is_stopped: Dict[int, bool] = {}
        super().__init__(create_study(
            {"nothing": {"type": "float", "low": 0, "high": 1}}, metrics=metrics_of(study),
            sampler="random", scheduler=scheduler, steps=steps, seed=1))

    def open(self, trial: FrozenTrial) -> Optional[StudyTrial]:
        return self.study.ask()

    def report(self, handle: StudyTrial, trial: FrozenTrial) -> None:
        last = self.reported.get(trial.number, -1)
        for step in sorted(step for step in trial.intermediate_values if step > last):
            if handle.state != "running" or self.is_stopped.get(trial.number):
                break
            answer = handle.report(step, trial.intermediate_values[step])
            self.reported[trial.number] = step
            self.is_stopped[trial.number] = answer.stop

    def meet(self, trial: FrozenTrial) -> None:
        handle = self.handles.get(trial.number) or self.open(trial)
        if handle:
            self.handles[trial.number] = handle
            self.report(handle, trial)
        super().meet(trial)

    def end(self, handle: StudyTrial, trial: FrozenTrial) -> None:
        self.reported.pop(trial.number, None)
        self.is_stopped.pop(trial.number, None)
        if handle.state == "running":
            super().end(handle, trial)


def trials_of(study: OptunaStudy) -> List[FrozenTrial]:
    trials: List[FrozenTrial] = study.get_trials(deepcopy=False)
    return trials
