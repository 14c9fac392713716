"""
Running an objective again and again, in one thread or several.

Ctrl-C ends it: the objectives of other threads end at their next report, or finish; a trial that
was cut off goes back to the queue.
"""
from __future__ import annotations

import os
import threading
import time
from typing import TYPE_CHECKING, Any, Callable, List, Optional, Sequence, Tuple, Type

from caviar import errors, values
from caviar._progress import Progress
from caviar.trials import StudyTrial

if TYPE_CHECKING:
    from caviar.study import Study

Objective = Callable[[StudyTrial], values.Result]
Callback = Callable[["Study", StudyTrial], Any]


class Run:
    """One call of optimize()."""

    def __init__(self, study: "Study", objective: Objective, n_trials: Optional[int],
                 timeout: Optional[float], catch: Tuple[Type[BaseException], ...],
                 callbacks: Sequence[Callback], progress: Optional[Progress]) -> None:
        self.study, self.objective = study, objective
        self.left = n_trials
        self.deadline = None if timeout is None else time.monotonic() + timeout
        self.catch, self.callbacks, self.progress = catch, callbacks, progress
        self.lock = threading.Lock()
        self.is_over = False
        self.is_interrupted = False
        self.failure: Optional[BaseException] = None

    def take(self) -> bool:
        """Whether one more trial may begin."""
        with self.lock:
            late = self.deadline is not None and time.monotonic() >= self.deadline
            if self.is_over or late or self.left == 0:
                return False
            if self.left is not None:
                self.left -= 1
            return True

    def call(self, trial: StudyTrial) -> None:
        """Runs the objective, and tells what came of it."""
        try:
            given, named = values.split(self.objective(trial))
        except errors.TrialPruned:
            if trial.state == "running":
                trial.prune()
        except Exception as problem:
            if trial.state == "running":
                trial.fail(f"{type(problem).__name__}: {problem}")
            if not isinstance(problem, self.catch):
                raise
        except BaseException:
            trial.release()  # now, and not when the last traceback lets go of it
            raise
        else:
            if trial.state == "running":
                trial.tell(*given, **named)

    def one(self) -> None:
        trial = self.study.ask()
        self.call(trial)
        for callback in self.callbacks:
            callback(self.study, trial)
        if self.progress:
            self.progress.step()

    def loop(self) -> None:
        """One thread's part."""
        try:
            while self.take():
                self.one()
        except errors.DoneError:
            self.is_over = True
        except BaseException as problem:
            with self.lock:
                self.is_over = True
                self.failure = self.failure or problem

    def wait(self, threads: List[threading.Thread]) -> None:
        for thread in threads:
            if thread.ident is not None:  # it has begun
                thread.join()

    def in_threads(self, count: int) -> None:
        # Daemons, so that a second Ctrl-C does not wait for an objective that never ends.
        threads = [threading.Thread(target=self.loop, name=f"caviar-{index}", daemon=True)
                   for index in range(count)]
        try:
            for thread in threads:
                thread.start()
            self.wait(threads)
        except KeyboardInterrupt:
            self.is_over = self.is_interrupted = True
            self.wait(threads)
            raise

    def run(self, jobs: int) -> None:
        try:
            if jobs == 1:
                self.loop()
            else:
                self.in_threads(jobs)
        finally:
            self.is_over = True
            if self.progress:
                self.progress.end()
        if self.failure:
            raise self.failure


def thread_count(n_jobs: int) -> int:
    if n_jobs == -1:
        return len(os.sched_getaffinity(0))
    if n_jobs < 1:
        raise ValueError(f"n_jobs is 1 or more, or -1 for all processors, not {n_jobs}")
    return n_jobs
