"""
How far an optimisation is, in one line on standard error: redrawn in a terminal, else written
once, at the end.
"""
from __future__ import annotations

import sys
import threading
import time
from typing import TYPE_CHECKING, Optional, TextIO

from caviar import errors

if TYPE_CHECKING:
    from caviar.study import Study

_WIDTH = 24  # of the bar
_PAUSE = 0.1  # seconds between two drawings


class Progress:
    """The line of one call of optimize()."""

    def __init__(self, study: "Study", total: Optional[int],
                 stream: Optional[TextIO] = None) -> None:
        self.study, self.total = study, total
        self.stream = stream or sys.stderr
        self.is_live = self.stream.isatty()
        self.lock = threading.Lock()
        self.began = time.monotonic()
        self.drawn = 0.0
        self.done = 0

    def line(self) -> str:
        seconds = max(time.monotonic() - self.began, 1e-9)
        words = [f"{self.done}" if self.total is None else f"{self.done}/{self.total}"]
        if self.total:
            full = _WIDTH * min(self.done, self.total) // self.total
            words.insert(0, "[" + "#" * full + "." * (_WIDTH - full) + "]")
        words.append(f"{self.done / seconds:.3g}/s")
        try:
            best = self.study.best_trial
            words.append(f"best {best.value:.6g} (trial {best.number})")
        except errors.NotFoundError:
            words.append("no trial is complete yet")
        return "  ".join(words)

    def step(self) -> None:
        with self.lock:
            self.done += 1
            now = time.monotonic()
            if self.is_live and now - self.drawn >= _PAUSE:
                self.drawn = now
                self.stream.write("\r" + self.line() + "\033[K")
                self.stream.flush()

    def end(self) -> None:
        with self.lock:
            self.stream.write(("\r" if self.is_live else "") + self.line() +
                              ("\033[K\n" if self.is_live else "\n"))
            self.stream.flush()
