#!/usr/bin/env python3
"""
A network in JAX and Optax that Caviar can end early, send on from a checkpoint, nudge, and roll
back.

    caviar run -n 20 -j 2 --minimize loss --steps 9 --scheduler asha -- \\
        python3 examples/jax/train.py --lr '{lr: log 1e-4 1}' --seed '{seed}'

With PYTHONPATH=python, if the package is not installed.
"""
import argparse

import jax
import jax.numpy as jnp
import optax

import caviar
from caviar.optax import apply_changes, load, save


def parse():
    parser = argparse.ArgumentParser()
    parser.add_argument("--lr", type=float, default=0.1)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--epochs", type=int, default=9)
    return parser.parse_args()


def make_data(count=512):
    """Points in the plane, and whether they lie in a ring: the same for every trial."""
    points = jax.random.uniform(jax.random.PRNGKey(1), (count, 2), minval=-2, maxval=2)
    radius = jnp.linalg.norm(points, axis=1)
    return points, ((radius > 0.7) & (radius < 1.5)).astype(jnp.float32)


def make_weights(key, units=16):
    first, second = jax.random.split(key)
    return {"w1": jax.random.normal(first, (2, units)), "b1": jnp.zeros(units),
            "w2": jax.random.normal(second, (units,)) / units ** 0.5, "b2": jnp.zeros(())}


def loss_of(weights, points, labels):
    hidden = jnp.tanh(points @ weights["w1"] + weights["b1"])
    logits = hidden @ weights["w2"] + weights["b2"]
    return optax.sigmoid_binary_cross_entropy(logits, labels).mean()


def main():
    options = parse()
    points, labels = make_data()
    optimizer = optax.inject_hyperparams(optax.sgd)(learning_rate=options.lr, momentum=0.9)
    weights = make_weights(jax.random.PRNGKey(options.seed))
    state = optimizer.init(weights)

    @jax.jit
    def update(weights, state, points, labels):
        updates, state = optimizer.update(jax.grad(loss_of)(weights, points, labels), state)
        return optax.apply_updates(weights, updates), state

    folder, step = caviar.folder(), caviar.first_step()
    caviar.can("changes", *(["restore"] if folder else []))
    if step > 0:
        weights, state = load(folder, step, (weights, state))
    state, _ = apply_changes(state, caviar.trial().changes_at(step))
    while step < (caviar.last_step() or options.epochs):
        for batch in range(0, 384, 32):
            weights, state = update(weights, state, points[batch:batch + 32],
                                    labels[batch:batch + 32])
        step += 1
        if folder:
            save(folder, step, (weights, state))
        answer = caviar.report(step, loss=loss_of(weights, points[384:], labels[384:]))
        if answer.restore is not None:
            step = answer.restore
            weights, state = load(folder, step, (weights, state))
        state, _ = apply_changes(state, answer.changes)
        if answer.stop:
            break


if __name__ == "__main__":
    main()
