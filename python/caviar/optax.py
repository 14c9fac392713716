"""
Optax as a trial: changed parameters for an optimiser of optax.inject_hyperparams, and checkpoints
of whatever arrays the training is made of.

    optimizer = optax.inject_hyperparams(optax.adam)(learning_rate=params["lr"])
    state = optimizer.init(weights)
    …
    answer = caviar.report(step, loss=loss)
    state, _ = apply_changes(state, answer.changes)
"""
from __future__ import annotations

import os
from typing import Any, Mapping, Set, Tuple

import jax
import jax.numpy as jnp
import numpy

SAME = {"lr": "learning_rate", "beta1": "b1", "beta2": "b2"}


def apply_changes(state: Any, changes: Mapping[str, Any]) -> Tuple[Any, Set[str]]:
    """
    The state of an optimiser of optax.inject_hyperparams with changed parameters: those that are
    named as it names them, and lr, beta1 and beta2; and the names of those that it has.
    """
    hyperparams = dict(state.hyperparams)
    taken: Set[str] = set()
    for name, value in changes.items():
        theirs = SAME.get(name, name)
        if theirs in hyperparams:
            hyperparams[theirs] = jnp.asarray(value, dtype=jnp.asarray(hyperparams[theirs]).dtype)
            taken.add(name)
    return state._replace(hyperparams=hyperparams), taken


def save(folder: str, step: int, tree: Any) -> None:
    """Writes the arrays of a tree as the checkpoint of a step, whole or not at all."""
    path = os.path.join(folder, f"step-{step}.npz")
    with open(path + ".part", "wb") as file:
        numpy.savez(file, *[numpy.asarray(leaf) for leaf in jax.tree_util.tree_leaves(tree)])
    os.replace(path + ".part", path)


def load(folder: str, step: int, like: Any) -> Any:
    """The tree of a checkpoint, in the shape of another."""
    leaves, shape = jax.tree_util.tree_flatten(like)
    with numpy.load(os.path.join(folder, f"step-{step}.npz")) as arrays:
        found = [jnp.asarray(arrays[f"arr_{i}"]) for i in range(len(leaves))]
    return jax.tree_util.tree_unflatten(shape, found)
