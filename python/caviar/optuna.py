"""
Caviar's search and scheduling inside Optuna:

    study = optuna.create_study(sampler=CaviarSampler(), pruner=CaviarPruner("asha", steps=81))

Parameters that every trial so far has are sampled together; others, as of a trial's own branch,
each by itself. Trials that run, in whatever process, are known as such.
"""
from __future__ import annotations

import math
import random
import secrets
import threading
import weakref
from typing import (Any, Callable, Dict, Generic, List, Mapping, Optional, Sequence, Tuple,
                    TypeVar, Union)

import optuna
from optuna.distributions import BaseDistribution, IntDistribution
from optuna.pruners import BasePruner
from optuna.samplers import BaseSampler
from optuna.trial import FrozenTrial, TrialState

from caviar._following import (CONSTRAINTS, Axis, CurveFollower, SpaceFollower, seed_of, trials_of)
from caviar.study import Method

try:
    from optuna.search_space import IntersectionSearchSpace
except ImportError:  # before 3.2
    from optuna.samplers import IntersectionSearchSpace

Steps = Union[int, Tuple[int, int]]
Known = TypeVar("Known")  # what is kept of one study
Constraints = Callable[[FrozenTrial], Sequence[float]]

MOST_SPACES = 64  # that a study is followed in at a time


class _Known:
    """What a sampler keeps of one study."""

    def __init__(self) -> None:
        self.intersection = IntersectionSearchSpace(include_pruned=True)
        self.spaces: Dict[str, SpaceFollower] = {}


class _Shared(Generic[Known]):
    """What sampler and pruner have in common: they keep something of each study, under a lock."""

    def __init__(self) -> None:
        self._forget()

    def _forget(self) -> None:
        self._lock = threading.RLock()
        self._studies: "weakref.WeakKeyDictionary[optuna.Study, Known]" = (
            weakref.WeakKeyDictionary())

    def __getstate__(self) -> Dict[str, Any]:
        return {name: value for name, value in self.__dict__.items()
                if name not in ("_lock", "_studies")}

    def __setstate__(self, state: Dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._forget()


class CaviarSampler(_Shared[_Known], BaseSampler):
    """
    Any of Caviar's samplers.

    sampler           its name, as "auto", "gp", "tpe", "cmaes", "nsga2", or with options:
                      {"type": "tpe", "startup": 20}; see `caviar help samplers`
    seed              the same seed, and the same trials one after the other, give the same values
    constraints_func  as of Optuna's samplers: of a trial that ended, numbers of which none is above
                      0 where it is feasible. What violates one counts as infeasible
    """

    def __init__(self, sampler: Method = "auto", seed: Optional[int] = None, *,
                 constraints_func: Optional[Constraints] = None) -> None:
        super().__init__()
        self._sampler = sampler
        self._seed = secrets.randbits(63) if seed is None else seed
        self._constraints_func = constraints_func

    def reseed_rng(self) -> None:
        with self._lock:
            self._seed = secrets.randbits(63)
            for known in self._studies.values():
                known.spaces.clear()

    def infer_relative_search_space(self, study: optuna.Study,
                                    trial: FrozenTrial) -> Dict[str, BaseDistribution]:
        with self._lock:
            space = self._known(study).intersection.calculate(study)
        return {name: space[name] for name in sorted(space) if not space[name].single()}

    def sample_relative(self, study: optuna.Study, trial: FrozenTrial,
                        search_space: Dict[str, BaseDistribution]) -> Dict[str, Any]:
        plain = {name: way.to_external_repr(way.to_internal_repr(_only(way)))
                 for name, way in search_space.items() if way.single()}
        space = {name: way for name, way in search_space.items() if not way.single()}
        with self._lock:
            self._known(study)
            if space:
                plain.update(self._sample(study, trial, space))
        return {name: plain[name] for name in search_space}

    def sample_independent(self, study: optuna.Study, trial: FrozenTrial, param_name: str,
                           param_distribution: BaseDistribution) -> Any:
        return self.sample_relative(study, trial, {param_name: param_distribution})[param_name]

    def after_trial(self, study: optuna.Study, trial: FrozenTrial, state: TrialState,
                    values: Optional[Sequence[float]]) -> None:
        if not self._constraints_func or state not in (TrialState.COMPLETE, TrialState.PRUNED):
            return
        bounds: Optional[List[float]] = None
        try:
            found = [float(bound) for bound in self._constraints_func(trial)]
            if any(bound != bound for bound in found):
                raise ValueError("a constraint is NaN; at most 0 is feasible, above 0 is not")
            bounds = found
        finally:
            study._storage.set_trial_system_attr(trial._trial_id, CONSTRAINTS, bounds)

    def _known(self, study: optuna.Study) -> _Known:
        if study not in self._studies:
            # A sampler that is none, or cannot follow several objectives, says so at once.
            SpaceFollower(study, {"any": IntDistribution(0, 1)}, self._sampler, self._seed)
            self._studies[study] = _Known()
        return self._studies[study]

    def _space(self, study: optuna.Study,
               space: Mapping[str, BaseDistribution]) -> SpaceFollower:
        spaces = self._known(study).spaces
        key = repr(sorted(space.items(), key=lambda item: item[0]))
        follower = spaces.pop(key, None)
        if follower is None:
            follower = SpaceFollower(study, space, self._sampler, self._seed)
        follower.follow(trials_of(study))
        if follower.is_stale:
            follower = SpaceFollower(study, space, self._sampler, self._seed)
            follower.follow(trials_of(study))
        spaces[key] = follower
        while len(spaces) > MOST_SPACES:
            del spaces[next(iter(spaces))]  # that which was not used for the longest time
        return follower

    def _sample(self, study: optuna.Study, trial: FrozenTrial,
                space: Mapping[str, BaseDistribution]) -> Dict[str, Any]:
        follower = self._space(study, space)
        found = follower.sample(trial)
        if found is not None:
            return found
        draw = random.Random(seed_of(self._seed, trial.number, *sorted(space)))
        return {name: _draw(Axis(way), draw) for name, way in sorted(space.items())}


def _only(distribution: BaseDistribution) -> Any:
    """The one value of a distribution that has but one."""
    return distribution.choices[0] if hasattr(distribution, "choices") else distribution.low


def _draw(axis: Axis, draw: random.Random) -> Any:
    """Where a sampler has no more to propose, as of a finite space: any of the values."""
    if axis.choices is not None:
        return axis.decode(draw.randrange(len(axis.choices)))
    low, high = axis.definition["low"], axis.definition["high"]
    if axis.definition["type"] == "int":
        return axis.decode(draw.randint(low, high))
    if axis.definition["scale"] == "log":
        return axis.decode(math.exp(draw.uniform(math.log(low), math.log(high))))
    return axis.decode(draw.uniform(low, high))


class CaviarPruner(_Shared[CurveFollower], BasePruner):
    """
    Caviar's schedulers that end a trial early: "median", "asha", "hyperband", or one of them with
    options: {"type": "asha", "eta": 4}; see `caviar help schedulers`.

    steps  how many steps a trial has, or (before how many none is judged, how many)

    A trial of Optuna's cannot be taken up again, so asha and hyperband end what they would pause.
    """

    def __init__(self, scheduler: Method = "asha", *, steps: Steps) -> None:
        super().__init__()
        options = {"type": scheduler} if isinstance(scheduler, str) else dict(scheduler)
        if options.get("type") not in ("median", "asha", "hyperband"):
            raise ValueError(f"{options.get('type')!r} cannot end trials of Optuna's; median, asha "
                             "and hyperband can")
        if options["type"] != "median":
            options["promote"] = "off"
        self._scheduler, self._steps = options, steps

    def prune(self, study: optuna.Study, trial: FrozenTrial) -> bool:
        with self._lock:
            if study not in self._studies:
                self._studies[study] = CurveFollower(study, self._scheduler, self._steps)
            follower = self._studies[study]
            follower.follow(trials_of(study))
            return follower.is_stopped.get(trial.number, False)
