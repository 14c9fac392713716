#!/usr/bin/env python3
"""Writes tests/unit/mixture_golden.h: trials, and a mixture's log densities at configurations.

The densities are worked out from the definitions in docs/algorithms/tpe.md, with scipy's truncated
normal distribution, kernel by kernel. Run it from the project's root (it needs scipy):

    python3 tests/support/mixture_golden.py > tests/unit/mixture_golden.h
"""

from math import log

import numpy as np
from scipy.stats import truncnorm

SPREAD, LEAST, UNIFORM_WEIGHT = 0.2, 0.03, 0.7
TRIALS, QUERIES = 24, 40


class Range:
    """Places in [0, 1] of a range; with levels, the cells around them."""

    def __init__(self, place, edges=None):
        self.place, self.edges = place, edges

    def at(self, x):
        if self.edges is None:
            return self.place(x)
        return (self.edges[x][0] + self.edges[x][1]) / 2

    def log_uniform(self, x):
        return 0.0 if self.edges is None else log(self.edges[x][1] - self.edges[x][0])

    def log_kernel(self, x, center, width):
        ends = (-center / width, (1 - center) / width)
        if self.edges is None:
            return truncnorm.logpdf(self.place(x), *ends, loc=center, scale=width)
        low, high = self.edges[x]
        mass = (truncnorm.cdf(high, *ends, loc=center, scale=width)
                - truncnorm.cdf(low, *ends, loc=center, scale=width))
        return log(mass) if mass > 0 else float("-inf")


def integer_edges(low, high, scale):
    ends = [scale(low - 0.5 + i) for i in range(high - low + 2)]
    unit = [(end - ends[0]) / (ends[-1] - ends[0]) for end in ends]
    return {low + i: (unit[i], unit[i + 1]) for i in range(high - low + 1)}


class Axis:
    """Values that stand alone, then perhaps a range; each part with its share."""

    def __init__(self, shares, alone, within=None):
        self.shares, self.alone, self.within = shares, alone, within

    def part(self, x):
        return self.alone.index(x) if x in self.alone else len(self.alone)

    def widths(self, values):
        """For each kernel the larger gap to a neighbour, shared by those at the same place."""
        places = [None if x is None or self.part(x) < len(self.alone) else self.within.at(x)
                  for x in values]
        taken = sorted({0.0, 1.0} | {p for p in places if p is not None})
        widths = []
        for place in places:
            if place is None:
                widths.append(None)
                continue
            gaps = [place - max([p for p in taken if p < place], default=place),
                    min([p for p in taken if p > place], default=place) - place]
            widths.append(min(1, max(LEAST, max(gaps) / places.count(place))))
        return widths

    def log_density(self, x, own, width):
        part = self.part(x)
        in_range = part == len(self.alone)
        if own is None:
            return log(self.shares[part]) + (self.within.log_uniform(x) if in_range else 0)
        share = 1.0
        if len(self.shares) > 1:
            share = SPREAD * self.shares[part] + (1 - SPREAD) * (self.part(own) == part)
        if not in_range:
            return log(share)
        if self.part(own) < len(self.alone):
            return log(share) + self.within.log_uniform(x)
        return log(share) + self.within.log_kernel(x, self.within.at(own), width)


# lr: 0, or 1e-4 … 1 on a log scale; act: three choices; units: 1 … 100 on a log scale;
# layers: 1 … 4; momentum: where act is 1; drop: where layers are 3 or more
AXES = [
    Axis([0.1, 0.9], [0.0], Range(lambda x: 1 + log(x) / log(1e4))),
    Axis([1 / 3] * 3, [0, 1, 2]),
    Axis([1], [], Range(None, integer_edges(1, 100, log))),
    Axis([1], [], Range(None, integer_edges(1, 4, float))),
    Axis([1], [], Range(lambda x: x)),
    Axis([1], [], Range(lambda x: (x - 0.1) / 0.5)),
]


def draw(random):
    act, layers = int(random.integers(3)), int(random.integers(1, 5))
    lr = 0.0 if random.random() < 0.2 else float(np.round(10 ** random.uniform(-4, 0), 6))
    momentum = float(np.round(random.random(), 4)) if act == 1 else None
    drop = float(np.round(random.uniform(0.1, 0.6), 4)) if layers >= 3 else None
    return [lr, act, int(np.ceil(100 ** random.random())), layers, momentum, drop]


def log_density(x, trials, weights):
    widths = [axis.widths([trial[j] for trial in trials]) for j, axis in enumerate(AXES)]
    kernels = []
    for k, weight in enumerate(weights + [UNIFORM_WEIGHT]):
        total = log(weight / (sum(weights) + UNIFORM_WEIGHT))
        for j, axis in enumerate(AXES):
            if x[j] is None:
                continue
            own = trials[k][j] if k < len(trials) else None
            total += axis.log_density(x[j], own, widths[j][k] if k < len(trials) else None)
        kernels.append(total)
    return np.logaddexp.reduce(kernels)


def row(values):
    return "    {" + ", ".join("NAN" if x is None else repr(x) for x in values) + "},"


def main():
    random = np.random.default_rng(20230411)
    trials = [draw(random) for _ in range(TRIALS)]
    weights = [float(np.round(random.uniform(0.1, 1), 3)) for _ in trials]
    queries = [draw(random) for _ in range(QUERIES - 4)] + trials[:4]
    print("/**")
    print(" * mixture_golden.h: trials, and a mixture's log densities, from")
    print(" * tests/support/mixture_golden.py.")
    print(" */")
    print("#ifndef CAV_TESTS_MIXTURE_GOLDEN_H")
    print("#define CAV_TESTS_MIXTURE_GOLDEN_H")
    print()
    print("#include <math.h>")
    print()
    print(f"enum {{ GOLDEN_TRIALS = {TRIALS}, GOLDEN_QUERIES = {QUERIES} }};")
    print(f"static const double golden_spread = {SPREAD}, golden_least = {LEAST};")
    print(f"static const double golden_uniform_weight = {UNIFORM_WEIGHT};")
    print()
    print("// lr, act, units, layers, momentum, drop (NAN: inactive)")
    print("static const double golden_trials[GOLDEN_TRIALS][6] = {")
    print("\n".join(row(trial) for trial in trials))
    print("};")
    print("static const double golden_weights[GOLDEN_TRIALS] = {")
    for start in range(0, TRIALS, 8):
        print("    " + ", ".join(repr(w) for w in weights[start:start + 8]) + ",")
    print("};")
    print()
    print("// the same, and the log density")
    print("static const double golden_queries[GOLDEN_QUERIES][7] = {")
    print("\n".join(row(x + [float(log_density(x, trials, weights))]) for x in queries))
    print("};")
    print()
    print("#endif")


if __name__ == "__main__":
    main()
