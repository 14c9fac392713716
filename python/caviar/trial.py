"""
The trial's end of the protocol (docs/trial-protocol.md): JSON lines over the Unix socket that
CAVIAR_SOCKET names.

The functions of this module speak for the trial that this process is. They connect when the first
of them is called. A program that was started by hand has no tuner: it has no parameters, and its
reports are printed.
"""
import json
import math
import os
import socket
import threading

from caviar.errors import Error, error

VERSION = 1


class Answer:
    """
    The answer to a report.

    verdict   "continue", "stop", "pause" or "restore"
    changes   {name: value} of the parameters that were changed
    restore   the step whose checkpoint to go back to, or None
    stop      True if the program is to end now, with status 0; for a pause it saves a checkpoint
    """

    def __init__(self, verdict="continue", changes=None, step=None):
        self.verdict = verdict
        self.changes = dict(changes or {})
        self.restore = step if verdict == "restore" else None

    @property
    def stop(self):
        return self.verdict in ("stop", "pause")

    def __repr__(self):
        return f"Answer({self.verdict!r}, changes={self.changes!r}, restore={self.restore!r})"


class Trial:
    """One trial, by way of its socket; without a path, of a program that was started by hand."""

    def __init__(self, path=None):
        self.lock = threading.Lock()
        self.lines = None
        self.said = {}
        self.welcome = {"config": {}, "from": 0}
        if path:
            self.connect(path)
            self.welcome = self.call({"cmd": "hello", "version": VERSION})
        self.params = dict(self.welcome["config"])
        self.first_step = self.welcome.get("from", 0)
        self.last_step = self.welcome.get("steps")
        self.seed = self.welcome.get("seed")
        self.folder = self.welcome.get("dir")
        self.schedule = self.welcome.get("schedule", [])

    def connect(self, path):
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            connection.connect(path)
        except OSError as problem:
            connection.close()
            raise Error(f"cannot reach the tuner at {path}: {problem.strerror}") from problem
        self.lines = connection.makefile("rw", encoding="utf-8", newline="\n")
        connection.close()  # the file keeps it open

    def call(self, message):
        """Sends a message and returns its answer."""
        with self.lock:
            try:
                self.lines.write(json.dumps(message) + "\n")
                self.lines.flush()
                line = self.lines.readline()
            except OSError as problem:
                raise Error(f"lost the tuner: {problem.strerror}") from problem
        if not line:
            raise Error("the tuner closed the connection")
        answer = json.loads(line)
        if "error" in answer:
            raise error(answer["error"], answer.get("code", "invalid"))
        return answer

    def changes_at(self, step):
        """
        What was changed at a step that the tuner has already: for a program that goes on from the
        checkpoint of an earlier step, or of this one (changes come after a checkpoint is written).
        """
        found = {}
        for entry in self.schedule:
            if entry["step"] == step:
                found.update(entry["changes"])
        self.params.update(found)
        return found

    def can(self, *abilities):
        """Says what the program does with answers: "changes", "restore"."""
        unknown = set(abilities) - {"changes", "restore"}
        if unknown:
            raise ValueError(f"can() takes 'changes' and 'restore', not {sorted(unknown)[0]!r}")
        self.said["can"] = list(abilities)

    def report(self, step, *values, checkpoints=None, **metrics):
        """Reports values at a step: report(3, 0.2), or report(3, val_error=0.2, loss=0.1)."""
        message = {"cmd": "report", "step": int(step)}
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

    def tell(self, *values, **metrics):
        """Tells the result, for one that is not the last report; it is on disk on return."""
        message = {"cmd": "tell"}
        if values:
            message["values"] = [number(value) for value in values]
        if metrics:
            message["metrics"] = {name: number(value) for name, value in metrics.items()}
        if self.lines:
            self.call(message)
        else:
            print(words(values, metrics), flush=True)

    def infeasible(self, why=""):
        """Says that these parameters cannot be run; the program should end now."""
        if self.lines:
            self.call({"cmd": "tell", "state": "failed", "reason": "infeasible", "message": why})
        else:
            print(f"caviar: infeasible {why}", flush=True)


def number(value):
    """A number as the protocol has it; NumPy's and PyTorch's scalars too."""
    plain = float(value)
    if math.isfinite(plain):
        return plain
    return "nan" if math.isnan(plain) else "inf" if plain > 0 else "-inf"


def words(values, metrics):
    named = [f"value={float(value)!r}" for value in values[:1]]
    return " ".join(named + [f"{name}={float(value)!r}" for name, value in metrics.items()])


def print_report(step, values, metrics):
    print(f"caviar: step={int(step)} {words(values, metrics)}", flush=True)


_trial = None
_trial_lock = threading.Lock()


def trial():
    """The trial that this process is."""
    global _trial
    with _trial_lock:
        if _trial is None:
            _trial = Trial(os.environ.get("CAVIAR_SOCKET"))
        return _trial


def params():
    """The parameters as they are now: {name: value}. Inactive ones are absent."""
    return trial().params


def report(step, *values, checkpoints=None, **metrics):
    return trial().report(step, *values, checkpoints=checkpoints, **metrics)


def tell(*values, **metrics):
    trial().tell(*values, **metrics)


def can(*abilities):
    trial().can(*abilities)


def infeasible(why=""):
    trial().infeasible(why)


def first_step():
    """The step that the trial already stands at: 0, or that of the checkpoint to go on from."""
    return trial().first_step


def last_step():
    """The step it may go to; None where the study does not say."""
    return trial().last_step


def seed():
    """A seed from 0 to 2**31 - 1, the same on every attempt; None by hand."""
    return trial().seed


def folder():
    """A folder of the trial's own, for checkpoints; None by hand."""
    return trial().folder


for _name in ("report", "tell", "can", "infeasible"):
    globals()[_name].__doc__ = getattr(Trial, _name).__doc__
