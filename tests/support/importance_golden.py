#!/usr/bin/env python3
"""Writes tests/unit/importance_golden.h: forty-eight trials and their importances.

The importances are worked out from the definitions in docs/algorithms/importance.md, pair by pair
and without any of the sums over cells that the C code works with. Run it from the project's root:

    python3 tests/support/importance_golden.py > tests/unit/importance_golden.h
"""

from math import erf, log, pi, sqrt

CELLS = 50
TRIALS = 48


class Draws:
    """Numerical Recipes' 64-bit generator: the trials need only be the same every time."""

    def __init__(self, seed):
        self.state = seed

    def unit(self):
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) % 2**64
        return (self.state >> 11) / 2**53


def make_trials():
    """lr: 0 or log 1e-4 … 1, mostly in the middle; act: 3 choices; units: 1 … 4; momentum: only
    where act is 1."""
    draws, trials = Draws(20230410), []
    for _ in range(TRIALS):
        special = draws.unit() < 0.15
        lr = 0.0 if special else round(10 ** (-2 + 2 * (2 * draws.unit() - 1) ** 5), 6)
        act = int(3 * draws.unit() ** 0.6)
        units = 1 + int(4 * draws.unit())
        momentum = round(1 - 0.1 * 10 ** (-2 * draws.unit()), 6) if act == 1 else None
        loss = 0.5 if special else 0.3 * (log(lr) / log(10) + 2) ** 2
        loss += 0.7 * (act != 1) + 0.3 * units + draws.unit()
        loss += 0 if momentum is None else 30 * abs(momentum - 0.98)
        trials.append((lr, act, units, momentum, round(loss, 1)))  # rounded, so that some are equal
    return trials


def unit_coordinates(trial):
    """The formulas of the design, and half a step on either side for the int."""
    lr, act, units, momentum, _ = trial
    share = 0.1  # of the one special value
    u_lr = share / 2 if lr == 0 else share + (1 - share) * (log(lr) - log(1e-4)) / -log(1e-4)
    u_momentum = None
    if momentum is not None:
        u_momentum = (log(0.1) - log(1 - momentum)) / (log(0.1) - log(0.001))
    return u_lr, act, (units - 0.5) / 4, u_momentum


def phi(x):
    return 0.5 * (1 + erf(x / sqrt(2)))


class Axis:
    """Cells of one parameter: `alone` single ones, then perhaps a grid."""

    def __init__(self, alone, alone_even, grid_even, cells):
        self.alone, self.cells = alone, cells
        self.alone_even, self.grid_even = alone_even, grid_even
        self.count = alone + (CELLS if grid_even else 0)

    def bandwidth(self, weights):
        grid = [0.0] * CELLS
        for cell, weight in zip(self.cells, weights):
            if cell is not None and cell >= self.alone:
                grid[cell - self.alone] += weight
        total = sum(grid)
        if total == 0:
            return 0.5 / 1.645
        mean = sum(i * w for i, w in enumerate(grid)) / total
        sd = sqrt(sum(w * (i - mean) ** 2 for i, w in enumerate(grid)) / total)

        def quantile(share):
            below = 0.0
            for i, w in enumerate(grid):
                if w > 0 and below + w >= share * total:
                    return i + (share * total - below) / w
                below += w
            return CELLS

        spread = min(sd, (quantile(0.75) - quantile(0.25)) / 1.34)
        return max(1.059 * spread * total**-0.2, 0.5 / 1.645)

    def kernel(self, cell, bandwidth):
        """Where the mass of a trial in this cell goes, over all cells."""
        mass = [0.0] * self.count
        if cell < self.alone:
            mass[cell] = 1.0
            return mass
        center = cell - self.alone + 0.5
        inside = phi((CELLS - center) / bandwidth) - phi(-center / bandwidth)
        for i in range(CELLS):
            part = phi((i + 1 - center) / bandwidth) - phi((i - center) / bandwidth)
            mass[self.alone + i] = part / inside
        return mass


def make_axes(trials):
    points = [unit_coordinates(trial) for trial in trials]

    def grid_cells(column, share, low, high):
        cells = []
        for point in points:
            u = point[column]
            if u is None:
                cells.append(None)
            elif u < share:
                cells.append(0)
            else:
                alone = 1 if share else 0
                cells.append(alone + min(int((u - low) / (high - low) * CELLS), CELLS - 1))
        return cells

    def tried(column, share):
        values = [p[column] for p in points if p[column] is not None and p[column] >= share]
        return min(values), max(values)

    return [
        Axis(1, 0.1, 0.9 / CELLS, grid_cells(0, 0.1, *tried(0, 0.1))),
        Axis(3, 1 / 3, 0, [p[1] for p in points]),
        Axis(0, 0, 1 / CELLS, grid_cells(2, 0, 0, 1)),
        Axis(0, 0, 1 / CELLS, grid_cells(3, 0, *tried(3, 0))),
    ]


def crowding(axes):
    weights = [1.0] * TRIALS
    for axis in axes:
        active = sum(cell is not None for cell in axis.cells)
        bandwidth = axis.bandwidth([1.0] * TRIALS)
        density = [0.0] * axis.count
        for cell in axis.cells:
            if cell is not None:
                for i, mass in enumerate(axis.kernel(cell, bandwidth)):
                    density[i] += mass
        spread = 2 * log(len(axes) + 1)
        for t, cell in enumerate(axis.cells):
            if cell is None:
                continue
            even = axis.alone_even if cell < axis.alone else axis.grid_even
            if cell < axis.alone:
                variance = (1 / even - 1) / active
            else:
                variance = 1 / (2 * sqrt(pi)) / (active * even * bandwidth)
            slack = max(1.25, 1 + sqrt(variance * spread))
            weights[t] *= min(1.0, slack * even * active / density[cell])
    total, squares = sum(weights), sum(w * w for w in weights)
    return [w * total / squares for w in weights], total * total / squares


def best_weights(trials, weights, size):
    """The part of every trial's weight that belongs to the best."""
    room = max(size / 10, min(8, size / 3))
    best = [0.0] * TRIALS
    for loss in sorted({trial[4] for trial in trials}):
        equal = [t for t in range(TRIALS) if trials[t][4] == loss]
        weight = sum(weights[t] for t in equal)
        share = min(1.0, room / weight)
        for t in equal:
            best[t] = share * weights[t]
        room -= share * weight
        if room <= 0:
            break
    return best


def divergence(axis, best, weights):
    """The mean alikeness of two of the best less that of any two, over pairs of trials."""
    active = [t for t in range(TRIALS) if axis.cells[t] is not None]
    bandwidth = axis.bandwidth(best)
    masses = {t: axis.kernel(axis.cells[t], bandwidth) for t in active}
    density = [0.0] * axis.count
    total = sum(weights[t] for t in active)
    for t in active:
        for i, mass in enumerate(masses[t]):
            density[i] += weights[t] * mass / total

    def alikeness(shares):
        above = below = 0.0
        for s in active:
            for t in active:
                if s == t or shares[s] == 0 or shares[t] == 0:
                    continue
                pairs = zip(masses[s], masses[t], density)
                alike = sum(a * b / q for a, b, q in pairs if q > 1e-12)
                above += shares[s] * shares[t] * alike
                below += shares[s] * shares[t]
        return above / below

    return alikeness(best) - alikeness(weights)


def importance(trials):
    axes = make_axes(trials)
    weights, size = crowding(axes)
    best = best_weights(trials, weights, size)
    parts = []
    for axis in axes:
        active = [t for t in range(TRIALS) if axis.cells[t] is not None]
        of_best = sum(best[t] for t in active) / sum(best)
        of_all = sum(weights[t] for t in active) / size
        parts.append(max(0.0, of_best**2 / of_all * divergence(axis, best, weights)))
    return [part / sum(parts) for part in parts], size


def main():
    trials = make_trials()
    shares, size = importance(trials)
    print("/**")
    print(" * importance_golden.h: trials and their importances, from")
    print(" * tests/support/importance_golden.py.")
    print(" */")
    print("#ifndef CAV_TESTS_IMPORTANCE_GOLDEN_H")
    print("#define CAV_TESTS_IMPORTANCE_GOLDEN_H")
    print()
    print("#include <math.h>")
    print()
    print("// lr, act, units, momentum (NAN: inactive), loss")
    print(f"static const double golden_trials[{TRIALS}][5] = {{")
    for trial in trials:
        print("    {" + ", ".join("NAN" if x is None else repr(x) for x in trial) + "},")
    print("};")
    listed = ", ".join(f"{x:.12f}" for x in shares)
    print(f"static const double golden_shares[4] = {{{listed}}};")
    print(f"static const double golden_even_count = {size:.12f};")
    print()
    print("#endif")


if __name__ == "__main__":
    main()
