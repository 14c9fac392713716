#!/usr/bin/env python3
"""Writes tests/unit/cmaes_golden.h: generations of the evolution strategy, worked out with numpy.

Straight from the papers' formulas, with an eigen-decomposition in each generation and explicit
matrices. It needs numpy. Run it from the project's root:

    python3 tests/support/cmaes_golden.py > tests/unit/cmaes_golden.h
"""
import math
import textwrap
from statistics import NormalDist

import numpy as np

GENERATIONS = 6


class Strategy:
    """Active CMA-ES as in Hansen's tutorial (arXiv 1604.00772), table 1 and figure 6."""

    def __init__(self, dims, members, diagonal):
        self.n, self.members, self.diagonal = dims, members, diagonal
        n, raw = dims, math.log((members + 1) / 2) - np.log(np.arange(1, members + 1))
        self.mu = members // 2
        plus, minus = raw[:self.mu], raw[self.mu:]
        self.mueff = plus.sum() ** 2 / (plus ** 2).sum()
        minus_eff = minus.sum() ** 2 / (minus ** 2).sum()
        self.cc = (4 + self.mueff / n) / (n + 4 + 2 * self.mueff / n)
        self.cs = (self.mueff + 2) / (n + self.mueff + 5)
        self.c1 = 2 / ((n + 1.3) ** 2 + self.mueff)
        self.cmu = 2 * (self.mueff - 2 + 1 / self.mueff) / ((n + 2) ** 2 + self.mueff)
        if diagonal:
            self.c1, self.cmu = self.c1 * (n + 2) / 3, self.cmu * (n + 2) / 3
        self.cmu = min(1 - self.c1, self.cmu)
        self.damps = 1 + 2 * max(0, math.sqrt((self.mueff - 1) / (n + 1)) - 1) + self.cs
        alpha = min(1 + self.c1 / self.cmu, 1 + 2 * minus_eff / (self.mueff + 2),
                    (1 - self.c1 - self.cmu) / (n * self.cmu))
        self.weights = np.concatenate([plus / plus.sum(), minus * alpha / -minus.sum()])
        self.chi = math.sqrt(n) * (1 - 1 / (4 * n) + 1 / (21 * n * n))
        self.mean, self.sigma, self.c = np.full(n, 0.5), 0.3, np.eye(n)
        self.ps, self.pc, self.g = np.zeros(n), np.zeros(n), 0

    def update(self, y):
        """y: the steps of a generation, best first."""
        n, cc, cs, c1, cmu = self.n, self.cc, self.cs, self.c1, self.cmu
        values, vectors = np.linalg.eigh(self.c)
        root = vectors @ np.diag(values ** -0.5) @ vectors.T
        yw = self.weights[:self.mu] @ y[:self.mu]
        self.mean = self.mean + self.sigma * yw
        self.ps = (1 - cs) * self.ps + math.sqrt(cs * (2 - cs) * self.mueff) * root @ yw
        length = np.linalg.norm(self.ps)
        self.g += 1
        h = length / math.sqrt(1 - (1 - cs) ** (2 * (self.g + 1))) < (1.4 + 2 / (n + 1)) * self.chi
        self.pc = (1 - cc) * self.pc + h * math.sqrt(cc * (2 - cc) * self.mueff) * yw
        w = [wi if wi >= 0 else wi * n / np.linalg.norm(root @ yi) ** 2
             for wi, yi in zip(self.weights, y)]
        c = (1 + c1 * (1 - h) * cc * (2 - cc) - c1 - cmu * self.weights.sum()) * self.c
        c = c + c1 * np.outer(self.pc, self.pc)
        c = c + cmu * sum(wi * np.outer(yi, yi) for wi, yi in zip(w, y))
        self.c = np.diag(np.diag(c)) if self.diagonal else c
        self.sigma *= math.exp(cs / self.damps * (length / self.chi - 1))


class Shares:
    """The categorical part of CatCMA (arXiv 2405.09962), the rate as in ASNG (ICML 2019)."""

    def __init__(self, sizes):
        self.q = [np.full(k, 1 / k) for k in sizes]
        self.least = [(1 - 0.73 ** (1 / len(sizes))) / (k - 1) for k in sizes]
        self.freedom = sum(k - 1 for k in sizes)
        self.path, self.pace, self.gamma = np.zeros(self.freedom), 1.0, 0.0

    def update(self, picks, pulls):
        slopes, metric = [], []
        for i, q in enumerate(self.q):
            hot = np.eye(len(q))[[p[i] for p in picks]]
            g = pulls @ (hot - q)
            slopes.append(g)
            fisher = np.diag(1 / q[:-1]) + np.ones((len(q) - 1,) * 2) / q[-1]
            # the root in closed form, of which the square is the matrix above
            root = np.diag(1 / np.sqrt(q[:-1]))
            root = root + np.outer(np.sqrt(q[:-1]), np.ones(len(q) - 1)) / (q[-1] + q[-1] ** 0.5)
            assert np.allclose(root.T @ root, fisher)
            metric.append(root @ g[:-1])
        s = np.concatenate(metric)
        length = np.linalg.norm(s)
        self.q = [q + g / self.pace / length for q, g in zip(self.q, slopes)]
        beta = 1 / self.pace / math.sqrt(self.freedom)
        self.path = (1 - beta) * self.path + math.sqrt(beta * (2 - beta)) * s / length
        self.gamma = (1 - beta) ** 2 * self.gamma + beta * (2 - beta)
        self.pace *= math.exp(beta * (self.gamma - self.path @ self.path / 1.5))
        for i, least in enumerate(self.least):
            q = np.maximum(self.q[i], least)
            self.q[i] = q + (1 - q.sum()) / (q.sum() - least * len(q)) * (q - least)


def chi_square_root(p):
    """The root of the p-quantile of chi^2 with one degree of freedom."""
    return NormalDist().inv_cdf((1 + p) / 2)


def margin(mean, stretch, deviation, low, high, alpha):
    """CMA-ES with margin (arXiv 2205.13482), equations (8) to (18) for one coordinate."""
    spread = stretch * deviation
    if low is None or high is None:
        border = high if low is None else low
        reach = spread * chi_square_root(1 - 2 * alpha)
        return border + math.copysign(min(abs(mean - border), reach), mean - border), stretch
    p_low = NormalDist(mean, spread).cdf(low)
    p_up = 1 - NormalDist(mean, spread).cdf(high)
    p_mid = 1 - p_low - p_up
    a_low, a_up = max(alpha / 2, p_low), max(alpha / 2, p_up)
    delta = (1 - a_low - a_up - p_mid) / (a_low + a_up + p_mid - 3 * alpha / 2)
    low_root = chi_square_root(1 - 2 * (a_low + delta * (a_low - alpha / 2)))
    up_root = chi_square_root(1 - 2 * (a_up + delta * (a_up - alpha / 2)))
    stretch = (high - low) / (deviation * (low_root + up_root))
    return (low * up_root + high * low_root) / (low_root + up_root), stretch


def braces(values):
    return "{" + ", ".join(f"{v:.17g}" for v in np.ravel(values)) + "}"


def put(text):
    print(textwrap.fill(text, 96, subsequent_indent="     "))


def rows(name, matrix, kind="double"):
    matrix = np.array(matrix)
    print(f"static const {kind} {name}[{matrix.shape[0]}][{matrix.shape[1]}] = {{")
    for row in matrix:
        put(f"    {braces(row)},")
    print("};")


def write_strategy(random, name, dims, members, diagonal):
    strategy = Strategy(dims, members, diagonal)
    steps = random.normal(size=(GENERATIONS, members, dims)) * np.linspace(0.6, 1.6, dims)
    rows(f"golden_{name}_steps", steps.reshape(-1, dims))
    put(f"static const double golden_{name}_weights[] = {braces(strategy.weights)};")
    states = []
    for y in steps:
        strategy.update(y)
        states.append(np.concatenate([strategy.mean, [strategy.sigma], strategy.ps, strategy.pc,
                                      strategy.c.ravel()]))
    print("// after each: mean, sigma, both paths, C")
    rows(f"golden_{name}_states", states)


def write_shares(random):
    sizes, members = [3, 2, 5], 4
    shares, pulls = Shares(sizes), np.array([0.5, 0.3, 0.15, 0.05])
    picks = [[[int(random.integers(k)) for k in sizes] for _ in range(members)]
             for _ in range(GENERATIONS)]
    rows("golden_picks", np.array(picks).reshape(-1, len(sizes)), "size_t")
    put(f"static const double golden_pulls[] = {braces(pulls)};")
    states = []
    for generation in picks:
        shares.update(generation, pulls)
        states.append(np.concatenate(shares.q + [[shares.pace]]))
    print("// after each: the shares, Delta")
    rows("golden_shares", states)


def write_margins():
    print("// mean, stretch, deviation, low, high, margin; then mean and stretch")
    cases = [(0.31, 1, 0.01, 0.2, 0.4, 0.02), (0.21, 1.5, 0.004, 0.2, 0.4, 0.02),
             (0.3, 1, 0.2, 0.2, 0.4, 0.02), (0.05, 2, 0.01, None, 0.2, 0.02),
             (0.97, 1, 0.001, 0.9, None, 0.05), (0.15, 1, 0.1, None, 0.2, 0.02)]
    known = [tuple(-math.inf if i == 3 and v is None else math.inf if v is None else v
                   for i, v in enumerate(case)) + margin(*case) for case in cases]
    print(f"static const double golden_margins[{len(known)}][8] = {{")
    for case in known:
        put("    " + braces(case).replace("-inf", "-INFINITY").replace(" inf", " INFINITY") + ",")
    print("};")


def write_eigen(random):
    n = 7
    matrix = random.normal(size=(n, n))
    matrix = matrix + matrix.T
    rows("golden_matrix", matrix)
    put(f"static const double golden_values[] = {braces(np.linalg.eigvalsh(matrix))};")


def main():
    random = np.random.default_rng(20260)
    print("/**\n * cmaes_golden.h: generations of the evolution strategy, from\n"
          " * tests/support/cmaes_golden.py.\n */")
    print("#ifndef CAV_TESTS_CMAES_GOLDEN_H\n#define CAV_TESTS_CMAES_GOLDEN_H\n")
    print("#include <math.h>\n#include <stddef.h>\n\n// clang-format off\n")
    print(f"enum {{ GOLDEN_GENERATIONS = {GENERATIONS} }};\n")
    write_strategy(random, "full", 4, 8, False)
    print()
    write_strategy(random, "diagonal", 5, 7, True)
    print()
    write_shares(random)
    print()
    write_margins()
    print()
    write_eigen(random)
    print("\n// clang-format on\n\n#endif")


if __name__ == "__main__":
    main()
