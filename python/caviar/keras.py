"""
Keras (3, or TensorFlow's) as a trial: a callback that reports each epoch, ends the training when it
is told to, and gives changed parameters to the optimiser.

    callback = CaviarCallback("val_loss")
    model = callback.load() or build()
    model.fit(…, initial_epoch=callback.first_epoch, epochs=callback.epochs(20),
              callbacks=[callback])

A step is an epoch, counted from 1.
"""
from __future__ import annotations

import os
from typing import Any, Mapping, Optional, Set

try:
    import keras
except ImportError:
    from tensorflow import keras

import caviar

SAME = {"lr": "learning_rate", "momentum": "momentum", "beta1": "beta_1", "beta2": "beta_2"}


def apply_changes(optimizer: Any, changes: Mapping[str, Any]) -> Set[str]:
    """
    Gives changed parameters to an optimiser: those that are named as an attribute of it, and lr,
    beta1 and beta2. Returns the names of those that it has.
    """
    taken: Set[str] = set()
    for name, value in changes.items():
        attribute = SAME.get(name, name)
        if hasattr(optimizer, attribute):
            setattr(optimizer, attribute, value)
            taken.add(name)
    return taken


class CaviarCallback(keras.callbacks.Callback):
    """
    metric       what is reported, as Keras calls it in its logs
    name         what the study calls it; None: the same
    first_epoch  where to begin: after 0, or after the checkpoint of a trial that was paused
    """

    def __init__(self, metric: str = "val_loss", name: Optional[str] = None) -> None:
        super().__init__()
        self.metric, self.name = metric, name or metric
        self.first_epoch = caviar.first_step()

    @staticmethod
    def path(step: int) -> str:
        return caviar.trial().path(f"epoch-{step}.keras")

    def load(self) -> Optional[Any]:
        """The model to go on with, optimiser and all; None where the training begins."""
        if not self.first_epoch:
            return None
        return keras.models.load_model(self.path(self.first_epoch))

    @staticmethod
    def epochs(otherwise: int) -> int:
        """The epoch to go to: the study's `steps`, or so many."""
        return caviar.last_step() or otherwise

    def on_train_begin(self, logs: Optional[Mapping[str, Any]] = None) -> None:
        caviar.can("changes")
        apply_changes(self.model.optimizer, caviar.trial().changes_at(self.first_epoch))

    def on_epoch_end(self, epoch: int, logs: Optional[Mapping[str, Any]] = None) -> None:
        there = logs or {}
        if self.metric not in there:
            raise ValueError(f"there is no {self.metric}; there is {', '.join(there)}")
        answer = caviar.report(epoch + 1, **{self.name: there[self.metric]})
        apply_changes(self.model.optimizer, answer.changes)
        if answer.verdict == "pause":
            self.model.save(self.path(epoch + 1))
        if answer.stop:
            self.model.stop_training = True
