#!/usr/bin/env python3
"""
A trial in Python that can be nursed: it takes changes, keeps checkpoints, and goes back to one.

    caviar run -n 1 --minimize loss --steps 500 -- \\
        python3 examples/python/train.py --lr '{lr: log 1e-4 1}' --pause 0.1

    caviar nudge 0 lr=x0.5         # in another terminal
    caviar rollback 0

With PYTHONPATH=python, if the package is not installed.
"""
import argparse
import json
import os
import time

import caviar


def checkpoint_path(folder, step):
    return os.path.join(folder, f"step-{step}.json")


def save(folder, step, weight):
    with open(checkpoint_path(folder, step) + ".part", "w", encoding="utf-8") as file:
        json.dump(weight, file)
    os.replace(file.name, checkpoint_path(folder, step))


def load(folder, step):
    with open(checkpoint_path(folder, step), encoding="utf-8") as file:
        return json.load(file)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--lr", type=float, default=0.1)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--pause", type=float, default=0, help="seconds that a step takes")
    options = parser.parse_args()
    folder, params = caviar.folder(), {"lr": options.lr, **caviar.params()}
    caviar.can("changes", *(["restore"] if folder else []))
    step, weight = caviar.first_step(), 5.0
    if folder and step > 0:
        weight = load(folder, step)
        params.update(caviar.trial().changes_at(step))
    while step < (caviar.last_step() or options.steps):
        step += 1
        weight -= params["lr"] * 2 * (weight - 1)  # gradient descent on (weight - 1)^2
        time.sleep(options.pause)
        if folder:
            save(folder, step, weight)
        answer = caviar.report(step, loss=(weight - 1) ** 2)
        if answer.restore is not None:
            step = answer.restore
            weight = load(folder, step)
        params.update(answer.changes)
        if answer.stop:
            break


if __name__ == "__main__":
    main()
