#!/usr/bin/env python3
"""
A network in Keras: early ending, pauses, and changes while it trains, by one callback.

    caviar run -n 20 -j 2 --minimize val_loss --steps 9 --scheduler asha -- \\
        python3 examples/keras/train.py --lr '{lr: log 1e-4 1}' --units '{units: int 4 64}' \\
            --seed '{seed}'

With PYTHONPATH=python, if the package is not installed.
"""
import argparse

import numpy

from caviar.keras import CaviarCallback, keras


def parse():
    parser = argparse.ArgumentParser()
    parser.add_argument("--lr", type=float, default=0.1)
    parser.add_argument("--units", type=int, default=16)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--epochs", type=int, default=9)
    return parser.parse_args()


def make_data(count=512):
    """Points in the plane, and whether they lie in a ring: the same for every trial."""
    points = numpy.random.default_rng(1).uniform(-2, 2, (count, 2)).astype("float32")
    radius = numpy.linalg.norm(points, axis=1)
    return points, ((radius > 0.7) & (radius < 1.5)).astype("float32")


def build(options):
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(options.units, "tanh"),
                              keras.layers.Dense(1, "sigmoid")])
    model.compile(keras.optimizers.SGD(options.lr, momentum=0.9), "binary_crossentropy")
    return model


def main():
    options = parse()
    keras.utils.set_random_seed(options.seed)
    points, labels = make_data()
    callback = CaviarCallback("val_loss")
    model = callback.load() or build(options)
    model.fit(points, labels, validation_split=0.25, shuffle=False, verbose=0,
              initial_epoch=callback.first_epoch, epochs=callback.epochs(options.epochs),
              callbacks=[callback])


if __name__ == "__main__":
    main()
