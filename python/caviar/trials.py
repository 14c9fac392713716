"""
Trials of a study: as they are kept, and as they run.

A `TrialRecord` is a look at a trial; a `StudyTrial` is one that this program runs: what `ask`
returns, and an objective is called with.
"""
from __future__ import annotations

import ctypes
import html
import math
from ctypes import byref, c_char, c_int, c_int64, c_void_p
from typing import TYPE_CHECKING, Any, Callable, Dict, List, Optional, Sequence

from caviar import _library, values
from caviar._library import REASONS, STATES, VERDICTS
from caviar.space import Choice
from caviar.trial import Answer

if TYPE_CHECKING:
    from caviar.study import Study

_END = (1 << 63) - 1  # a last step that the study does not say


class TrialRecord:
    """A trial as it was when it was looked at."""

    __slots__ = ("study", "_library", "_pointer", "_forks", "_params", "__weakref__")

    def __init__(self, study: "Study") -> None:
        self.study = study
        self._library = study._library
        self._pointer = c_void_p()
        self._forks = _library.forks()
        self._params: Optional[values.Parameters] = None
        study._handle.trials.add(id(self))

    def __del__(self) -> None:
        # A forked child has a copy of the handle, and is not who runs the trial.
        if self._pointer and self._forks == _library.forks():
            self._library.caviar_trial_free(self._pointer)
        self.study._handle.leave(id(self))

    def _check(self, code: int) -> None:
        if code:
            _library.fail(self._library, code, self._library.caviar_trial_message(self._pointer))

    @property
    def number(self) -> int:
        """Its place in the study, from 0."""
        return int(self._library.caviar_trial_number(self._pointer))

    @property
    def state(self) -> str:
        """waiting, running, paused, complete, pruned or failed"""
        return STATES[self._library.caviar_trial_state(self._pointer)]

    @property
    def reason(self) -> str:
        """Why it failed, in a word: exit, timeout, not-finite, …; else ""."""
        return REASONS[self._library.caviar_trial_reason(self._pointer)]

    @property
    def message(self) -> str:
        """Why it failed, in a sentence; else ""."""
        message: bytes = self._library.caviar_trial_message(self._pointer)
        return message.decode(errors="replace")

    @property
    def params(self) -> values.Parameters:
        """{name: value} as they are now. Inactive ones are absent."""
        if self._params is None:
            self._params = self._read()
        return self._params

    def _read(self) -> values.Parameters:
        names = self.study._names
        while True:
            raw = (c_char * (16 * len(names)))()
            count = self._library.caviar_trial_values(self._pointer, raw, len(names))
            if count <= len(names):
                return values.read(names, raw.raw[:16 * count])
            names = self.study._name(self._pointer, count)

    @property
    def value(self) -> Optional[float]:
        """The final value of the study's first metric; None where there is none."""
        value = self._library.caviar_trial_value(self._pointer, 0)
        return None if math.isnan(value) else value

    @property
    def values(self) -> Dict[str, Optional[float]]:
        """{metric: final value}, of all metrics of the study."""
        found = {}
        for index, name in enumerate(self.study.metrics):
            value = self._library.caviar_trial_value(self._pointer, index)
            found[name] = None if math.isnan(value) else value
        return found

    @property
    def seed(self) -> int:
        """A seed for the trial's own randomness, the same on every attempt."""
        return int(self._library.caviar_trial_seed(self._pointer))

    def __repr__(self) -> str:
        kind = type(self).__name__
        return f"{kind}(number={self.number}, state={self.state!r}, value={self.value!r}, " \
               f"params={self.params!r})"

    def _repr_html_(self) -> str:
        rows: Dict[str, Any] = {"state": self.state, **self.values, **self.params}
        cells = "".join(f"<tr><th>{html.escape(str(name))}</th><td>{html.escape(str(value))}</td>"
                        "</tr>" for name, value in rows.items())
        return f"<table><caption>Trial {self.number}</caption>{cells}</table>"


class StudyTrial(TrialRecord):
    """
    A trial that this program runs. It is told once; one that is let go without a result goes back
    to the queue.
    """

    __slots__ = ("_verdict",)

    def __init__(self, study: "Study") -> None:
        super().__init__(study)
        self._verdict = "continue"

    @property
    def first_step(self) -> int:
        """The step that it already stands at: 0, or that of the checkpoint to go on from."""
        return int(self._library.caviar_trial_first_step(self._pointer))

    @property
    def last_step(self) -> Optional[int]:
        """The step it may go to; None where the study does not say."""
        step = self._library.caviar_trial_last_step(self._pointer)
        return None if step == _END else step

    def suggest_float(self, name: str, low: float, high: float, *, step: float = 0,
                      log: bool = False, scale: str = "linear") -> float:
        """
        Names a parameter, and gives its value: for objectives that find out as they run which
        parameters there are. What a trial has not named is no parameter of it. In a study that was
        made with a space only the parameters of that can be named.
        """
        return float(self._suggest(values.range_of, "float", name, low, high, step,
                                   "log" if log else scale))

    def suggest_int(self, name: str, low: int, high: int, *, step: int = 1, log: bool = False,
                    scale: str = "linear") -> int:
        """The same for a whole number; with step=4 every fourth from `low` on."""
        return int(self._suggest(values.range_of, "int", name, low, high, step,
                                 "log" if log else scale))

    def suggest_categorical(self, name: str, choices: Sequence[Choice]) -> Any:
        """The same for one of some values that have no order."""
        return self._suggest(values.choices_of, "categorical", name, tuple(choices))

    def suggest_ordinal(self, name: str, choices: Sequence[Choice]) -> Any:
        """The same for one of some values, from least to greatest."""
        return self._suggest(values.choices_of, "ordinal", name, tuple(choices))

    def _suggest(self, define: Callable[..., _library.Parameter], *words: Any) -> Any:
        definition = self.study._define(define, words)
        value = _library.Value()
        self._check(self._library.caviar_trial_suggest(self._pointer, byref(definition),
                                                       byref(value)))
        self._params = None
        return values.plain(value)

    def can(self, *abilities: str) -> None:
        """Says what the program does with answers: "changes", "restore"."""
        unknown = set(abilities) - set(_library.ABILITIES)
        if unknown:
            raise ValueError(f"can() takes 'changes' and 'restore', not {sorted(unknown)[0]!r}")
        bits = sum(_library.ABILITIES[ability] for ability in set(abilities))
        self._check(self._library.caviar_trial_can(self._pointer, bits))

    def report(self, step: int, *given: float, checkpoints: Optional[Sequence[int]] = None,
               **named: float) -> Answer:
        """
        Reports values at a step: report(3, 0.2), or report(3, val_error=0.2). The answer says
        whether to go on, and which parameters were changed; `params` has these already.
        """
        self.study._check_interrupt()
        if not given and not named:
            raise ValueError("report() needs a value: report(3, 0.2)")
        if checkpoints is not None:
            kept = (c_int64 * len(checkpoints))(*checkpoints)
            self._check(self._library.caviar_trial_keeps(self._pointer, kept, len(kept)))
        array, count = values.metrics(given, named, self.study._metric_names)
        verdict = c_int()
        self._check(self._library.caviar_trial_report(self._pointer, step, array, count,
                                                      byref(verdict)))
        return self._answer(VERDICTS[verdict.value])

    def _answer(self, verdict: str) -> Answer:
        self._verdict = verdict
        changes = self._changes()
        step = None
        if verdict == "restore":
            step = self._library.caviar_trial_restore_step(self._pointer)
        return Answer(verdict, changes, step)

    def _changes(self) -> values.Parameters:
        count = self._library.caviar_trial_change_count(self._pointer)
        if not count:
            return {}
        changed = [self._library.caviar_trial_change_name(self._pointer, index).decode()
                   for index in range(count)]
        self.params.update(self._read())
        return {name: self.params[name] for name in changed}

    def should_prune(self) -> bool:
        """Whether the last report was answered with stop, or pause: see `caviar.TrialPruned`."""
        return self._verdict in ("stop", "pause")

    def tell(self, *given: float, **named: float) -> None:
        """
        Tells the result, which ends the trial; it is on disk on return. What is not given keeps the
        value that was reported last. A trial that was told to stop becomes `pruned`.
        """
        if len(given) == 1 and not named:
            self._check(self._library.caviar_trial_tell_value(self._pointer, float(given[0])))
        else:
            array, count = values.metrics(given, named, self.study._metric_names)
            self._check(self._library.caviar_trial_tell(self._pointer, array, count))

    def prune(self) -> None:
        """
        Ends the trial early, with what it reported last: as the last answer wanted it, or, where
        that was to go on, as `pruned` of its own accord.
        """
        if self.should_prune():
            self.tell()
        else:
            self._check(self._library.caviar_trial_prune(self._pointer))

    def fail(self, message: str = "", reason: str = "exit") -> None:
        """Tells that it failed; it is queued again as often as the study's `retry` allows."""
        if reason not in REASONS[1:]:
            raise ValueError(f"a reason is one of {', '.join(REASONS[1:])}, not {reason!r}")
        words = _library.text(message.replace("\0", " "))
        self._check(self._library.caviar_trial_fail(self._pointer, REASONS.index(reason), words))

    def release(self) -> None:
        """Gives the trial back, to be handed out again; it is only to be looked at from now on."""
        number = self.number
        self._library.caviar_trial_free(self._pointer)
        self._pointer = c_void_p()
        self.study._check(self._library.caviar_study_trial(self.study._pointer, number,
                                                           byref(self._pointer)))

    def infeasible(self, why: str = "") -> None:
        """Says that these parameters cannot be run; the search learns to keep away from them."""
        self.fail(why, "infeasible")


def names_of(trials: Sequence[TrialRecord]) -> List[str]:
    """Every parameter that some of the trials have, in the order in which they come."""
    return list(dict.fromkeys(name for trial in trials for name in trial.params))


def row_of(trial: TrialRecord, parameters: Sequence[str]) -> Dict[str, Any]:
    """A trial as a row of a table."""
    named = trial.values
    results = {"value": trial.value} if len(named) == 1 else {
        f"values_{name}": value for name, value in named.items()}
    params = trial.params
    return {"number": trial.number, **results,
            **{f"params_{name}": params.get(name) for name in parameters},
            "state": trial.state, "reason": trial.reason}
