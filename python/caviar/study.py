"""
Studies: what is tuned, over which space, and every trial so far. All of it is libcaviar's work;
see include/caviar.h.
"""
from __future__ import annotations

import ctypes
import html
import json
import os
from ctypes import byref, c_double, c_int64, c_size_t, c_void_p
from typing import (TYPE_CHECKING, Any, Callable, Dict, Iterable, List, Mapping, NamedTuple,
                    Optional, Sequence, Set, Tuple, Type, Union)

from caviar import _library, errors, values
from caviar._library import NudgeOptions, Objective, StudyOptions
from caviar._optimize import Callback, Run, thread_count
from caviar._optimize import Objective as Function
from caviar._progress import Progress
from caviar.space import NativeSpace, Space, words
from caviar.trials import StudyTrial, TrialRecord, names_of, row_of

if TYPE_CHECKING:
    import pandas

Method = Union[str, Mapping[str, Any]]  # "tpe", or {"type": "tpe", "startup": 20}

_MOST_DEFINITIONS = 1000  # that are remembered; ranges may differ from trial to trial
_MOST_SHOWN = 10  # trials in a notebook
_MOST_CONTENDERS = 8


class Contender(NamedTuple):
    """A configuration that may be the best one."""

    number: int  # of the first of its runs
    run_count: int
    mean: float  # of many runs of it
    low: float  # 90 % interval of that mean
    high: float
    chance: float  # that it is the best of the contenders


class _Handle:
    """
    The library's study. It is closed after the last of its trials is freed, in whatever order they
    are let go: of a cycle, Python finalises the members as it comes to them.
    """

    def __init__(self, library: ctypes.CDLL, options: StudyOptions) -> None:
        self.library = library
        self.pointer = c_void_p()
        self.forks = _library.forks()
        self.trials: Set[int] = set()  # the ids of those that are there
        self.is_left = False
        code = library.caviar_study_open(byref(options), byref(self.pointer))
        if code:
            _library.fail(library, code, self.message())

    def message(self) -> Optional[bytes]:
        return self.library.caviar_study_message(self.pointer) if self.pointer else None

    def leave(self, trial: int) -> None:
        """A trial is freed."""
        self.trials.discard(trial)
        if self.is_left:
            self.close()

    def close(self) -> None:
        if self.pointer and not self.trials and self.forks == _library.forks():
            self.library.caviar_study_close(self.pointer)
            self.pointer = c_void_p()

    def __del__(self) -> None:
        self.is_left = True
        self.close()


class Study:
    """A study that is open. See create_study and load_study."""

    def __init__(self, options: StudyOptions) -> None:
        self._library = _library.load()
        self._handle = _Handle(self._library, options)
        self._pointer = self._handle.pointer
        self._names: List[str] = []
        self._definitions: Dict[Tuple[Any, ...], _library.Parameter] = {}
        self._run: Optional[Run] = None
        self._metrics = {metric["name"]: metric.get("direction", "minimize")
                         for metric in self.definition["metrics"]}
        self._metric_names = list(self._metrics)

    def _check(self, code: int) -> None:
        if code:
            _library.fail(self._library, code, self._handle.message())

    def _name(self, trial: c_void_p, count: int) -> List[str]:
        """The names of the study's parameters, read from a trial that has so many."""
        self._names = [self._library.caviar_trial_name(trial, index).decode()
                       for index in range(count)]
        return self._names

    def _define(self, define: Callable[..., _library.Parameter],
                words: Tuple[Any, ...]) -> _library.Parameter:
        """The definition of a parameter that trials name; they do so again and again."""
        key = (words, *map(type, words[2] if isinstance(words[2], tuple) else ()))  # True is not 1
        found = self._definitions.get(key)
        if found is None:
            if len(self._definitions) >= _MOST_DEFINITIONS:
                self._definitions = {}
            found = self._definitions[key] = define(*words)
        return found

    def _check_interrupt(self) -> None:
        if self._run and self._run.is_interrupted:
            raise KeyboardInterrupt

    # ---- What it is ----

    @property
    def definition(self) -> Dict[str, Any]:
        """The study file, with everything that was left to defaults."""
        text = self._library.caviar_study_definition(self._pointer)
        if text is None:
            raise errors.NoMemoryError("out of memory")
        found: Dict[str, Any] = json.loads(text)
        return found

    @property
    def name(self) -> str:
        return str(self.definition["study"])

    @property
    def metrics(self) -> Dict[str, str]:
        """{metric: "minimize" or "maximize"}; the first one is what `best` goes by."""
        return dict(self._metrics)

    @property
    def direction(self) -> str:
        return str(next(iter(self._metrics.values())))

    # ---- Running trials ----

    def ask(self) -> StudyTrial:
        """
        The next trial: a queued one, one that a vanished worker left, or a new one. Raises
        DoneError when the budget is spent, or a finite space has nothing new.
        """
        trial = StudyTrial(self)
        self._check(self._library.caviar_study_ask(self._pointer, byref(trial._pointer)))
        return trial

    def tell(self, trial: StudyTrial, result: values.Result = None, *,
             state: Optional[str] = None, message: str = "") -> None:
        """Tells a trial's result; `state` is "pruned" or "failed" for one that has none."""
        if state == "pruned":
            trial.prune()
        elif state == "failed":
            trial.fail(message)
        elif state in (None, "complete"):
            given, named = values.split(result)
            trial.tell(*given, **named)
        else:
            raise ValueError(f"a trial ends as complete, pruned or failed, not {state!r}")

    def optimize(self, objective: Function, n_trials: Optional[int] = None, *,
                 timeout: Optional[float] = None, n_jobs: int = 1,
                 catch: Union[Type[BaseException], Tuple[Type[BaseException], ...]] = (),
                 callbacks: Sequence[Callback] = (), show_progress_bar: bool = False) -> None:
        """
        Calls the objective with trial after trial, and tells what it returns: a number, one for
        each metric, a dict of them by name, or None where the last report is the result.

        It ends after n_trials, after `timeout` seconds (no trial begins later), at the end of the
        study's budget, after study.stop(), or with an exception of the objective's that is none of
        `catch`; that trial has failed. n_jobs objectives run at a time, each in a thread.
        """
        if self._run:
            raise errors.StateError("optimize() is running; n_jobs has it run several trials")
        jobs = thread_count(n_jobs)
        kinds = catch if isinstance(catch, tuple) else (catch,)
        progress = Progress(self, n_trials) if show_progress_bar else None
        self._run = Run(self, objective, n_trials, timeout, kinds, callbacks, progress)
        try:
            self._run.run(jobs)
        finally:
            self._run = None

    def stop(self) -> None:
        """Has optimize() begin no further trial: for callbacks and objectives."""
        if self._run:
            self._run.is_over = True

    def enqueue(self, params: Mapping[str, Any]) -> int:
        """
        Queues a configuration, to be handed out before anything else; what it leaves out gets its
        default, or a value from the sampler. Returns the trial's number.
        """
        number = c_int64()
        array = values.settings(params)
        self._check(self._library.caviar_study_enqueue(self._pointer, array, len(array),
                                                       byref(number)))
        return number.value

    def add(self, params: Mapping[str, Any], result: Union[float, Sequence[float]]) -> int:
        """
        Adds a trial that is complete already, to learn from; it does not count against the budget.
        Returns its number.
        """
        number = c_int64()
        array = values.settings(params)
        given, _ = values.split(result)
        finals = (c_double * len(given))(*given)
        self._check(self._library.caviar_study_add(self._pointer, array, len(array), finals,
                                                   len(finals), byref(number)))
        return number.value

    def nudge(self, number: int, params: Mapping[str, Any], *, note: str = "",
              force: bool = False) -> None:
        """Changes parameters of a running trial, which gets them with its next report's answer."""
        array = values.settings(params)
        options = NudgeOptions(None, _library.text(note), force)
        self._check(self._library.caviar_study_nudge(self._pointer, number, array, len(array),
                                                     byref(options)))

    def rollback(self, number: int, step: int = -1, *, note: str = "") -> None:
        """Sends a running trial back to a step's checkpoint; -1: to that of its last nudge."""
        options = NudgeOptions(None, _library.text(note), False)
        self._check(self._library.caviar_study_rollback(self._pointer, number, step,
                                                        byref(options)))

    # ---- What came of it ----

    def __len__(self) -> int:
        return int(self._library.caviar_study_trial_count(self._pointer))

    def trial(self, number: int) -> TrialRecord:
        """A trial to look at, from 0."""
        record = TrialRecord(self)
        self._check(self._library.caviar_study_trial(self._pointer, number,
                                                     byref(record._pointer)))
        return record

    @property
    def trials(self) -> List[TrialRecord]:
        """All of them, of every state."""
        return [self.trial(number) for number in range(len(self))]

    @property
    def best_trial(self) -> TrialRecord:
        """
        The best complete trial by the first metric; of equals, the earliest. Where runs of one
        configuration come out different it is the first run of the one that would have the best
        mean of many runs: see `contenders`. Raises NotFoundError while none is complete.
        """
        record = TrialRecord(self)
        self._check(self._library.caviar_study_best(self._pointer, byref(record._pointer)))
        return record

    @property
    def best_params(self) -> values.Parameters:
        return self.best_trial.params

    @property
    def best_value(self) -> float:
        value = self.best_trial.value
        assert value is not None  # it is complete
        return value

    @property
    def contenders(self) -> List[Contender]:
        """
        The configurations that may be the best, the best mean first, where runs of one come out
        different; empty where they do not, or the trials are too few to tell.
        """
        room = (_library.Contender * _MOST_CONTENDERS)()
        count = c_size_t()
        self._check(self._library.caviar_study_contenders(self._pointer, room, len(room),
                                                          byref(count)))
        return [Contender(at.number, at.run_count, at.mean, at.low, at.high, at.chance)
                for at in room[:count.value]]

    def confirm(self, count: int = 1, times: int = 3) -> None:
        """
        Queues `times` further runs, under new seeds, of each of the best `count` configurations.
        They are handed out before anything else, and do not count against the budget.
        """
        self._check(self._library.caviar_study_confirm(self._pointer, count, times))

    @property
    def best_trials(self) -> List[TrialRecord]:
        """
        The Pareto front: those that no other complete trial beats in all metrics. Of one metric
        these are the trials with the best value.
        """
        room = len(self)
        while True:
            numbers, count = (c_int64 * room)(), c_size_t()
            self._check(self._library.caviar_study_front(self._pointer, numbers, room,
                                                         byref(count)))
            if count.value <= room:
                return [self.trial(number) for number in numbers[:count.value]]
            room = count.value

    def to_frame(self) -> "pandas.DataFrame":
        """The trials as a pandas frame: number, value, params_…, state, reason; one a row."""
        import pandas  # only who calls this needs it
        trials = self.trials
        parameters = names_of(trials)
        columns = list(row_of(trials[0], parameters)) if trials else None
        return pandas.DataFrame([row_of(trial, parameters) for trial in trials], columns=columns)

    # ---- Showing it ----

    def __repr__(self) -> str:
        metrics = ", ".join(f"{way} {name}" for name, way in self._metrics.items())
        return f"Study({self.name!r}, {metrics}, {len(self)} trials)"

    def _repr_html_(self) -> str:
        trials = self.trials
        done = [trial for trial in trials if trial.state == "complete"]
        sign = -1 if self.direction == "maximize" else 1
        done.sort(key=lambda trial: sign * (trial.value or 0))
        parameters = names_of(done[:_MOST_SHOWN])
        rows = [row_of(trial, parameters) for trial in done[:_MOST_SHOWN]]
        head = "".join(f"<th>{html.escape(name)}</th>" for name in (rows[0] if rows else {}))
        body = "".join("<tr>" + "".join(f"<td>{html.escape(_short(cell))}</td>"
                                        for cell in row.values()) + "</tr>" for row in rows)
        caption = html.escape(f"{self!r}, {len(done)} complete")
        return f"<table><caption>{caption}</caption><tr>{head}</tr>{body}</table>"


def _short(cell: Any) -> str:
    return "" if cell is None else f"{cell:.6g}" if isinstance(cell, float) else str(cell)


def _objectives(metrics: Mapping[str, str]) -> "ctypes.Array[Objective]":
    for name, way in metrics.items():
        if way not in ("minimize", "maximize"):
            raise errors.InvalidError(f"metric {name!r}: minimize or maximize is expected, not "
                                      f"{way!r}")
    return (Objective * len(metrics))(*[Objective(_library.text(name), way == "maximize")
                                        for name, way in metrics.items()])


def _method(given: Optional[Method]) -> Optional[bytes]:
    return None if given is None else _library.text(words(given))


def _text(given: Union[str, "os.PathLike[str]", None]) -> Optional[bytes]:
    return None if given is None else _library.text(os.fspath(given))


def create_study(space: Optional[Space] = None, *, metric: str = "value",
                 direction: str = "minimize", metrics: Optional[Mapping[str, str]] = None,
                 constraints: Iterable[str] = (), sampler: Optional[Method] = None,
                 scheduler: Optional[Method] = None, steps: Union[int, Tuple[int, int]] = 0,
                 seed: Optional[int] = None, budget: int = 0, retry: int = 0, parallel: int = 0,
                 earlier: Sequence[str] = (), replicates: int = 0,
                 store: Union[str, "os.PathLike[str]", None] = None, name: Optional[str] = None,
                 definition: Optional[str] = None) -> Study:
    """
    Makes a study, or goes on with the one of that name and definition that is in the store.

    space        {name: definition}; see caviar.Float and the others. None: the trials name their
                 parameters, by suggest_float and the others
    metric       what is tuned, and its direction; metrics={"error": "minimize", …} for several
    constraints  such as "units * layers <= 2048"
    sampler      None is "auto"; a name, or {"type": "tpe", "startup": 20}
    scheduler    who stops poor trials early; None is "auto", which
                 needs `steps`, or a few trials that all ended at one step
    steps        how many steps a trial has, or (before how many none is judged, how many)
    seed         1 or more; None: drawn, and kept with the study
    budget       trials in the study's life; 0: as many as are asked for
    retry        how often a failed trial is run again
    parallel     how many trials will run at a time, as far as is known
    earlier      names of earlier studies of the store to learn from
    replicates   most runs of a configuration, under different seeds, whose mean counts
    store        None: memory; a file's path; postgresql://…
    definition   the text of a study file, in place of all but store and name
    """
    if seed is not None and seed < 1:
        raise errors.InvalidError(f"a seed is 1 or more, not {seed}")
    least, most = (0, steps) if isinstance(steps, int) else steps
    native = None if space is None or definition else NativeSpace(space, constraints)
    objectives = _objectives({metric: direction} if metrics is None else metrics)
    options = StudyOptions(
        store=_text(store), name=_text(name), definition=_text(definition),
        space=native.handle if native else None, objectives=objectives,
        objective_count=len(objectives), sampler=_method(sampler), seed=seed or 0,
        trial_budget=budget, retry=retry, scheduler=_method(scheduler), step_min=least,
        step_max=most, parallel=parallel, grows=space is None, from_count=len(earlier),
        replicates=replicates)
    names = (ctypes.c_char_p * len(earlier))(*map(_library.text, earlier))
    setattr(options, "from", names)  # a word of the language
    return Study(options)


def load_study(store: Union[str, "os.PathLike[str]"], name: Optional[str] = None) -> Study:
    """Opens the study of that name in a store, or the only one there. Raises NotFoundError."""
    return Study(StudyOptions(store=_text(store), name=_text(name)))
