"""
The trial's end of the protocol (docs/trial-protocol.md): JSON lines over the Unix socket that
CAVIAR_SOCKET names.

The functions of this module speak for the trial that this process is. They connect when the first
of them is called, and import what they need for it. A program that was started by hand has no
tuner: it has no parameters, and its reports are printed.
"""
from __future__ import annotations

import math
import os
import threading

from caviar.errors import Error, error

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import (Any, Dict, Iterable, List, Mapping, Optional, Sequence, SupportsFloat,
                        TextIO, Union)

VERSION = 1


class Answer:
    """
    The answer to a report.

    verdict   "continue", "stop", "pause" or "restore"
    changes   {name: value} of the parameters that were changed
    restore   the step whose checkpoint to go back to, or None
    stop      True if the program is to end now, with status 0; for a pause it saves a checkpoint
    """

    def __init__(self, verdict: str = "continue", changes: Optional[Mapping[str, Any]] = None,
                 step: Optional[int] = None) -> None:
        self.verdict = verdict
        self.changes = dict(changes or {})
        self.restore = step if verdict == "restore" else None

    @property
    def stop(self) -> bool:
        return self.verdict in ("stop", "pause")

    def __repr__(self) -> str:
        return f"Answer({self.verdict!r}, changes={self.changes!r}, restore={self.restore!r})"


class Trial:
    """One trial, by way of its socket; without a path, of a program that was started by hand."""

    def __init__(self, path: Optional[str] = None) -> None:
        self.lock = threading.Lock()
        self.lines: Optional[TextIO] = None
        self.said: Dict[str, List[str]] = {}
        self.welcome: Dict[str, Any] = {"config": {}, "from": 0}
        if path:
            self.connect(path)
            self.welcome = self.call({"cmd": "hello", "version": VERSION})
        self.params: Dict[str, Any] = dict(self.welcome["config"])
        self.first_step: int = self.welcome.get("from", 0)
        self.last_step: Optional[int] = self.welcome.get("steps")
        self.seed: Optional[int] = self.welcome.get("seed")
        self.folder: Optional[str] = self.welcome.get("dir")
        self.schedule: List[Dict[str, Any]] = self.welcome.get("schedule", [])

    def connect(self, path: str) -> None:
        import socket
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            connection.connect(path)
        except OSError as problem:
            connection.close()
            raise Error(f"cannot reach the tuner at {path}: {problem.strerror}") from problem
        self.lines = connection.makefile("rw", encoding="utf-8", newline="\n")
        connection.close()  # the file keeps it open

    def call(self, message: Mapping[str, Any]) -> Dict[str, Any]:
        """Sends a message and returns its answer."""
        import json
        if not self.lines:
            raise Error("there is no tuner")
        with self.lock:
            try:
                self.lines.write(json.dumps(message) + "\n")
                self.lines.flush()
                line = self.lines.readline()
            except OSError as problem:
                raise Error(f"lost the tuner: {problem.strerror}") from problem
        if not line:
            raise Error("the tuner closed the connection")
        answer: Dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise error(answer["error"], answer.get("code", "invalid"))
        return answer

    def changes_at(self, step: int) -> Dict[str, Any]:
        """
        What was changed at a step that the tuner has already: for a program that goes on from the
        checkpoint of an earlier step, or of this one (changes come after a checkpoint is written).
        """
        found: Dict[str, Any] = {}
        for entry in self.schedule:
            if entry["step"] == step:
                found.update(entry["changes"])
        self.params.update(found)
        return found

    def path(self, name: str) -> str:
        """Where a file of that name stands in the trial's folder: a checkpoint."""
        if self.folder is None:
            raise Error("there is no folder for checkpoints: no tuner has started this program")
        return os.path.join(self.folder, name)

    def can(self, *abilities: str) -> None:
        """Says what the program does with answers: "changes", "restore"."""
        unknown = set(abilities) - {"changes", "restore"}
        if unknown:
            raise ValueError(f"can() takes 'changes' and 'restore', not {sorted(unknown)[0]!r}")
        self.said["can"] = list(abilities)

    def report(self, step: int, *values: SupportsFloat,
               checkpoints: Optional[Iterable[int]] = None, **metrics: SupportsFloat) -> Answer:
        """Reports values at a step: report(3, 0.2), or report(3, val_error=0.2, loss=0.1)."""
        message: Dict[str, Any] = {"cmd": "report", "step": int(step)}
        if len(values) == 1:
            message["value"] = number(values[0])
        elif values:
            message["values"] = [number(value) for value in values]
        if metrics:
            message["metrics"] = {name: number(value) for name, value in metrics.items()}
        if not values and not metrics:
            raise ValueError("report() needs a value: report(3, val_error=0.2)")
        if checkpoints is not None:
            message["checkpoints"] = [int(kept) for kept in checkpoints]
        if not self.lines:
            print_report(step, values, metrics)
            return Answer()
        answer = self.call({**message, **self.said})
        self.said = {}
        self.params.update(answer.get("changes", {}))
        return Answer(answer["verdict"], answer.get("changes"), answer.get("step"))

    def tell(self, *values: SupportsFloat, **metrics: SupportsFloat) -> None:
        """Tells the result, for one that is not the last report; it is on disk on return."""
        message: Dict[str, Any] = {"cmd": "tell"}
        if values:
            message["values"] = [number(value) for value in values]
        if metrics:
            message["metrics"] = {name: number(value) for name, value in metrics.items()}
        if self.lines:
            self.call(message)
        else:
            print(words(values, metrics), flush=True)

    def infeasible(self, why: str = "") -> None:
        """Says that these parameters cannot be run; the program should end now."""
        if self.lines:
            self.call({"cmd": "tell", "state": "failed", "reason": "infeasible", "message": why})
        else:
            print(f"caviar: infeasible {why}", flush=True)


def number(value: SupportsFloat) -> Union[float, str]:
    """A number as the protocol has it; NumPy's and PyTorch's scalars too."""
    plain = float(value)
    if math.isfinite(plain):
        return plain
    return "nan" if math.isnan(plain) else "inf" if plain > 0 else "-inf"


def words(values: Sequence[SupportsFloat], metrics: Mapping[str, SupportsFloat]) -> str:
    named = [f"value={float(value)!r}" for value in values[:1]]
    return " ".join(named + [f"{name}={float(value)!r}" for name, value in metrics.items()])


def print_report(step: int, values: Sequence[SupportsFloat],
                 metrics: Mapping[str, SupportsFloat]) -> None:
    print(f"caviar: step={int(step)} {words(values, metrics)}", flush=True)


_trial: Optional[Trial] = None
_trial_lock = threading.Lock()


def trial() -> Trial:
    """The trial that this process is."""
    global _trial
    with _trial_lock:
        if _trial is None:
            _trial = Trial(os.environ.get("CAVIAR_SOCKET"))
        return _trial


def params() -> Dict[str, Any]:
    """The parameters as they are now: {name: value}. Inactive ones are absent."""
    return trial().params


def report(step: int, *values: SupportsFloat, checkpoints: Optional[Iterable[int]] = None,
           **metrics: SupportsFloat) -> Answer:
    return trial().report(step, *values, checkpoints=checkpoints, **metrics)


def tell(*values: SupportsFloat, **metrics: SupportsFloat) -> None:
    trial().tell(*values, **metrics)


def can(*abilities: str) -> None:
    trial().can(*abilities)


def infeasible(why: str = "") -> None:
    trial().infeasible(why)


def first_step() -> int:
    """The step that the trial already stands at: 0, or that of the checkpoint to go on from."""
    return trial().first_step


def last_step() -> Optional[int]:
    """The step it may go to; None where the study does not say."""
    return trial().last_step


def seed() -> Optional[int]:
    """A seed from 0 to 2**31 - 1, the same on every attempt; None by hand."""
    return trial().seed


def folder() -> Optional[str]:
    """A folder of the trial's own, for checkpoints; None by hand."""
    return trial().folder


for _name in ("report", "tell", "can", "infeasible"):
    globals()[_name].__doc__ = getattr(Trial, _name).__doc__
