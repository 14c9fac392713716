#!/usr/bin/env python3
"""Prints how well scikit-learn's forests predict the table of tests/unit/test_forest.c.

It needs numpy and scikit-learn. The table is drawn by the same generator as in the test, where the
figures stand as what our forest is held to:

    python3 tests/support/forest_golden.py
"""
import numpy as np
from sklearn.ensemble import RandomForestRegressor

TRAIN, TEST, AXES = 300, 1000, 6


class Draws:
    """Numerical Recipes' 64-bit generator."""

    def __init__(self, seed):
        self.state = seed

    def unit(self):
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) % 2**64
        return (self.state >> 11) / 2**53


def target(x):
    """Friedman's first function, the fourth and fifth terms as they are, the sixth axis idle."""
    return (10 * np.sin(np.pi * x[0] * x[1]) + 20 * (x[2] - 0.5) ** 2 + 10 * x[3] + 5 * x[4])


def main():
    draws = Draws(1991)
    x = np.array([[draws.unit() for _ in range(AXES)] for _ in range(TRAIN + TEST)])
    y = np.array([target(row) for row in x])
    for leaf, share in [(1, 1.0), (2, 5 / 6)]:
        scores = []
        for seed in range(20):
            forest = RandomForestRegressor(100, min_samples_leaf=leaf, max_features=share,
                                           random_state=seed)
            forest.fit(x[:TRAIN], y[:TRAIN])
            scores.append(forest.score(x[TRAIN:], y[TRAIN:]))
        print(f"leaf {leaf}, share {share:.3f}: R^2 {np.mean(scores):.4f}, sd {np.std(scores):.4f}")


if __name__ == "__main__":
    main()
