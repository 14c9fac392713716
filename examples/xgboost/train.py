#!/usr/bin/env python3
"""
Boosted trees with XGBoost: early ending, pauses, and changes while it boosts, by one callback.

    caviar run -n 30 -j 2 --minimize valid-logloss --steps 81 --scheduler asha -- \\
        python3 examples/xgboost/train.py --learning-rate '{learning_rate: log 0.01 1}' \\
            --max-depth '{max_depth: int 1 8}' --reg-lambda '{reg_lambda: log 0.1 100}' \\
            --seed '{seed}'

With PYTHONPATH=python, if the package is not installed.
"""
import argparse

import numpy
import xgboost

from caviar.xgboost import CaviarCallback


def parse():
    parser = argparse.ArgumentParser()
    parser.add_argument("--learning-rate", type=float, default=0.3)
    parser.add_argument("--max-depth", type=int, default=6)
    parser.add_argument("--reg-lambda", type=float, default=1)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--rounds", type=int, default=81)
    return parser.parse_args()


def make_data(count=1200):
    """A noisy checkerboard among six columns: the same for every trial."""
    draw = numpy.random.default_rng(1)
    rows = draw.uniform(-2, 2, (count, 6))
    labels = (numpy.floor(rows[:, 0]) + numpy.floor(rows[:, 1])) % 2
    flipped = draw.random(count) < 0.1
    labels[flipped] = 1 - labels[flipped]
    half = count // 2
    return (xgboost.DMatrix(rows[:half], labels[:half]),
            xgboost.DMatrix(rows[half:], labels[half:]))


def main():
    options = parse()
    train, valid = make_data()
    params = {"objective": "binary:logistic", "eval_metric": "logloss", "nthread": 1,
              "seed": options.seed, "learning_rate": options.learning_rate,
              "max_depth": options.max_depth, "reg_lambda": options.reg_lambda}
    callback = CaviarCallback("valid-logloss")
    xgboost.train(params, train, callback.rounds_left(options.rounds), evals=[(valid, "valid")],
                  verbose_eval=False, callbacks=[callback], xgb_model=callback.checkpoint)


if __name__ == "__main__":
    main()
