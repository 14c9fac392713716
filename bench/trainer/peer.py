"""What the peers share: MNIST in memory, and the conversation with bench.py.

Lines on standard input: "make BATCH OPTIMIZER on|off", and "train BATCHES", which is answered with
the process's CPU seconds for it.
"""
import os
import sys
import time

import numpy as np

SIZES = [784, 256, 128, 10]


def read_idx(folder, name, skip):
    return np.fromfile(os.path.join(folder, name), dtype=np.uint8)[skip:]


class Batches:
    """The mini-batches one after the other, as slices."""

    def __init__(self, count):
        self.count, self.at = count, 0

    def next(self, size):
        if self.at + size > self.count:
            self.at = 0
        self.at += size
        return slice(self.at - size, self.at)


def load(folder):
    """Images [n x 784] and labels [n], shuffled once beforehand: nothing is to be gathered."""
    images = read_idx(folder, "train-images-idx3-ubyte", 16).reshape(-1, SIZES[0])
    labels = read_idx(folder, "train-labels-idx1-ubyte", 8).astype(np.int64)
    order = np.random.default_rng(1).permutation(len(labels))
    images = images[order].astype(np.float32)
    images -= images.mean()
    images /= images.std()
    return images, labels[order]


def serve(make_trainer):
    trainer = make_trainer(*load(sys.argv[1]))
    for line in sys.stdin:
        word, *rest = line.split()
        if word == "make":
            trainer.make(int(rest[0]), rest[1], rest[2] == "on")
            print("ready", flush=True)
        elif word == "train":
            start = time.process_time()
            trainer.train(int(rest[0]))
            print(time.process_time() - start, flush=True)
