#!/usr/bin/env python3
"""Writes tests/unit/gp_golden.h: what numpy, scipy and mpmath say of Gaussian processes.

Kernels are written down pair by pair from docs/algorithms/gp.md; the evidence is scipy's density of
a multivariate t distribution; leaving one out really leaves one out; tails of the normal
distribution have fifty digits. Needs python3-scipy and python3-mpmath. From the project's root:

    python3 tests/support/gp_golden.py > tests/unit/gp_golden.h
"""

import mpmath
import numpy as np
from scipy import stats

mpmath.mp.dps = 50
COUNT = 19
SHAPE = RATE = 2.0  # of the inverse gamma prior of s^2

# Of the space in tests/unit/test_gp.c: x plain; c one of three; s plain with one special value of
# share 0.1; a only where c is its second choice. The axes are then
AXES = ("x", "s", "a", "c", "s special")
PARAMS = {
    False: [-0.9, 0.3, -0.4, 0.2, 0.6, np.log(0.7), np.log(0.01)],
    True: [-0.9, 0.3, -0.4, 0.2, 0.6, np.log(0.7), 0.3, -0.5, -0.2, 0.4, np.log(0.003)],
}
PRIORS = {"length": (np.log(0.5) + 0.5 * np.log(5), 1.2), "turn": (np.log(0.5), 0.5),
          "warp": (0, 0.4), "noise": (np.log(1e-3), 2)}


def make_points(rng, count):
    points = []
    for _ in range(count):
        c = rng.integers(3)
        s = 0.05 if rng.random() < 0.3 else 0.1 + 0.9 * rng.random()
        a = rng.random() if c == 1 else np.nan
        points.append([rng.random(), s, a, (c + 0.5) / 3])
    return np.array(points)


def warp(u, log_a, log_b):
    u = min(max(u, 1e-6), 1 - 1e-6)
    return 1 - (1 - u ** np.exp(log_a)) ** np.exp(log_b)


def squared_distance(p, q, params, warps):
    length = np.exp(params[:5])
    x, y = list(p), list(q)
    if warps:
        for k in range(2):
            x[k] = warp(p[k], *params[6 + 2 * k:8 + 2 * k])
            y[k] = warp(q[k], *params[6 + 2 * k:8 + 2 * k])
    total = ((x[0] - y[0]) / length[0]) ** 2 + ((x[1] - y[1]) / length[1]) ** 2
    turn = np.pi * np.exp(params[5])
    radius = 1 / (length[2] * turn)
    embedded = [np.zeros(2) if np.isnan(z[2]) else
                radius * np.array([np.sin(turn * z[2]), np.cos(turn * z[2])]) for z in (p, q)]
    total += ((embedded[0] - embedded[1]) ** 2).sum()
    total += (p[3] != q[3]) / length[3] ** 2
    total += (p[1] != q[1] and min(p[1], q[1]) < 0.1) / length[4] ** 2
    return total


def kernel(p, q, params, warps, smoothness):
    square = squared_distance(p, q, params, warps)
    far = np.sqrt(smoothness * square)
    return (1 + far + (5 / 3 * square if smoothness == 5 else 0)) * np.exp(-far)


def matrix(ps, qs, params, warps, smoothness):
    return 1 + np.array([[kernel(p, q, params, warps, smoothness) for q in qs] for p in ps])


def log_prior(params, warps):
    kinds = ["length"] * 5 + ["turn"] + ["warp"] * (4 if warps else 0) + ["noise"]
    return sum(-0.5 * ((p - PRIORS[k][0]) / PRIORS[k][1]) ** 2 for p, k in zip(params, kinds))


def scale_of(y, covariance):
    return (RATE + y @ np.linalg.solve(covariance, y) / 2) / (SHAPE + len(y) / 2)


def study(points, y, tests, warps, smoothness):
    params = np.array(PARAMS[warps])
    noise = np.exp(params[-1])
    covariance = matrix(points, points, params, warps, smoothness) + noise * np.eye(len(y))
    evidence = stats.multivariate_t.logpdf(y, np.zeros(len(y)), RATE / SHAPE * covariance,
                                           df=2 * SHAPE) + log_prior(params, warps)
    # what the density has beside what depends on the parameters
    constant = stats.multivariate_t.logpdf(np.zeros(len(y)), np.zeros(len(y)),
                                           RATE / SHAPE * np.eye(len(y)), df=2 * SHAPE)
    constant += (SHAPE + len(y) / 2) * np.log(RATE)
    scale = scale_of(y, covariance)
    across = matrix(tests, points, params, warps, smoothness)
    means = across @ np.linalg.solve(covariance, y)
    variances = scale * (2 - np.einsum("ij,ji->i", across, np.linalg.solve(covariance, across.T)))
    left = []
    for i in range(len(y)):
        rest = np.arange(len(y)) != i
        solved = np.linalg.solve(covariance[np.ix_(rest, rest)], covariance[rest, i])
        left.append((solved @ y[rest], scale * (covariance[i, i] - solved @ covariance[rest, i])))
    return evidence - constant, means, variances, np.array(left)


def log_h(z):
    z = mpmath.mpf(z)
    return mpmath.log(mpmath.npdf(z) + z * mpmath.ncdf(z))


def half_rank(losses):
    """Vizier's description, for values to be maximised."""
    y = -losses
    median = np.median(y)
    unique = np.unique(y)
    good = unique[unique >= median]
    spread = np.sqrt(np.mean((good - median) ** 2))
    worse = (unique <= median).sum() if median in unique else (unique < median).sum() + 1
    out = y.copy()
    for i, value in enumerate(y):
        if value < median:
            rank = np.searchsorted(unique, value) + 1
            out[i] = median + spread * stats.norm.ppf(0.5 * (rank - 0.5) / worse)
    out = 0.5 - np.log1p((out.max() - out) / (out.max() - out.min()) * 0.5) / np.log(1.5)
    return -(out - out.mean()) / out.std()


def yeo_johnson(losses):
    spread = np.sort(losses)[len(losses) - 1 - len(losses) // 4] - np.sort(losses)[len(losses) // 4]
    values = (losses - np.median(losses)) / spread
    values, power = stats.yeojohnson(values)
    return (values - values.mean()) / values.std(), power


def table(name, values, comment=None):
    if comment:
        print("// " + comment)
    values = np.atleast_1d(np.asarray(values, dtype=float))
    shape = "".join(f"[{n}]" for n in values.shape)
    flat = ["NAN" if np.isnan(v) else f"{v:.17g}" for v in values.ravel()]
    print(f"static const double {name}{shape} = {{", end="")
    if values.ndim == 2:
        width = values.shape[1]
        rows = [", ".join(flat[i:i + width]) for i in range(0, len(flat), width)]
        print(",\n".join("{" + row + "}" for row in rows) + "};")
    else:
        print(",\n".join(flat) + "};")


def main():
    rng = np.random.default_rng(7)
    points, tests = make_points(rng, COUNT), make_points(rng, 8)
    y = np.sin(5 * points[:, 0]) + 0.3 * points[:, 1] + 0.5 * np.nan_to_num(points[:, 2])
    y = (y - y.mean()) / y.std()
    print("/**\n * gp_golden.h: Gaussian processes and the normal distribution, from\n"
          " * tests/support/gp_golden.py.\n */\n#ifndef CAV_TESTS_GP_GOLDEN_H\n"
          "#define CAV_TESTS_GP_GOLDEN_H\n\n#include <math.h>\n")
    in_space = [0, 3, 1, 2]
    table("golden_points", points[:, in_space], "x, c, s, a (NAN: inactive)")
    table("golden_outcomes", y)
    table("golden_tests", tests[:, in_space])
    for warps in (False, True):
        for smoothness in (3, 5):
            end = f"{smoothness}{'_warped' if warps else ''}"
            evidence, means, variances, left = study(points, y, tests, warps, smoothness)
            table(f"golden_evidence_{end}", evidence)
            table(f"golden_means_{end}", means)
            table(f"golden_variances_{end}", variances)
            table(f"golden_left_out_{end}", left, "mean and variance of each from the others")
        table(f"golden_params{'_warped' if warps else ''}", PARAMS[warps])
    places = [-1e8, -1e3, -200, -40, -37.5, -25, -20.001, -19.999, -14.001, -13.999, -10, -5, -2,
              -1.001, -0.999, -0.5, 0, 0.5, 1, 3, 8, 40]
    table("golden_normal", [[z, float(mpmath.log(mpmath.ncdf(z))), float(log_h(z)),
                             float(mpmath.ncdf(z) / mpmath.exp(log_h(z)))] for z in places],
          "z, ln Phi, ln h, Phi / h")
    shares = [1e-300, 1e-20, 1e-5, 0.01, 0.024, 0.025, 0.3, 0.5, 0.7, 0.99, 1 - 1e-9]
    table("golden_quantiles", [[p, stats.norm.ppf(p)] for p in shares])
    losses = np.concatenate([rng.gamma(1.5, 2, 20), [3.0, 3.0, 90.0, 1e3]])
    powered, power = yeo_johnson(losses)
    table("golden_losses", losses)
    table("golden_powered", powered, f"power {power:.6f}")
    table("golden_ranked", half_rank(losses))
    print("\n#endif")


if __name__ == "__main__":
    main()
