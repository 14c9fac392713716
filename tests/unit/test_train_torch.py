#!/usr/bin/env python3
"""Batch normalisation against PyTorch's, in training and at test time, for each table of kernels.

    test_train_torch.py PROGRAM       PROGRAM: support/batch_norm_main.c, built

Without PyTorch (Debian: python3-torch) its cases are skipped.
"""
import random
import subprocess
import sys

try:
    import torch
except ImportError:
    torch = None

TABLES = ["plain", "basic", "avx2", "avx512"]
SHAPES = [(2, 1), (3, 10), (4, 2), (61, 67), (64, 16), (128, 33)]
NAMES = ["y", "dx", "dgamma", "dbeta", "running mean", "running variance", "y at test time"]
TOLERANCE = 1e-10
SEED = 7


def draw(rows, columns, deviation):
    return torch.tensor([[random.gauss(0.5, deviation) for _ in range(columns)]
                         for _ in range(rows)], dtype=torch.float64)


def by_torch(m, n, arrays):
    """What PyTorch computes of the same arrays, in the order of NAMES."""
    gamma, beta, mean, variance, x, dy, other = arrays
    norm = torch.nn.BatchNorm1d(n, eps=1e-5, momentum=0.1, dtype=torch.float64)
    with torch.no_grad():
        for to, value in [(norm.weight, gamma), (norm.bias, beta), (norm.running_mean, mean),
                          (norm.running_var, variance)]:
            to.copy_(value[0])
    x = x.clone().requires_grad_()
    y = norm(x)
    y.backward(dy)
    norm.eval()
    return [y, x.grad, norm.weight.grad, norm.bias.grad, norm.running_mean, norm.running_var,
            norm(other)]


def by_caviar(program, table, m, n, arrays):
    """The same of the program; None where the processor has no such kernels."""
    numbers = "\n".join(repr(value) for array in arrays for value in array.flatten().tolist())
    run = subprocess.run([program, table, str(m), str(n)], input=numbers, capture_output=True,
                         text=True)
    if run.returncode and "no such kernels" in run.stderr:
        return None
    assert run.returncode == 0, run.stderr
    return [float(line) for line in run.stdout.split()]


def compare(program, table, m, n):
    """The first difference that is too large, "" where there is none, None to skip."""
    rows = [1, 1, 1, 1, m, m, m]
    arrays = [draw(r, n, 2) for r in rows]
    arrays[3] = arrays[3].abs() + 0.1
    found = by_caviar(program, table, m, n, arrays)
    if found is None:
        return None
    for name, wanted in zip(NAMES, by_torch(m, n, arrays)):
        wanted = wanted.flatten().tolist()
        part, found = found[:len(wanted)], found[len(wanted):]
        assert len(part) == len(wanted), "the program printed too little"
        for i, (a, b) in enumerate(zip(part, wanted)):
            if not abs(a - b) <= TOLERANCE * (1 + abs(b)):
                return f"{name} differs at {i}: {a!r}, PyTorch {b!r} (m {m}, n {n}, seed {SEED})"
    assert not found, "the program printed too much"
    return ""


def run_table(number, program, table):
    """Prints the case of one table; true if it holds."""
    title = f"batch norm of the kernels '{table}' agrees with PyTorch in both modes"
    if torch is None:
        print(f"ok {number} - {title} # SKIP python3-torch is not installed")
        return True
    random.seed(SEED)
    results = [compare(program, table, m, n) for m, n in SHAPES]
    if None in results:
        print(f"ok {number} - {title} # SKIP this processor cannot run them")
        return True
    faults = [result for result in results if result]
    print(f"{'not ok' if faults else 'ok'} {number} - {title}")
    for fault in faults:
        print(f"# {fault}")
    return not faults


if __name__ == "__main__":
    print(f"1..{len(TABLES)}")
    held = [run_table(number, sys.argv[1], table) for number, table in enumerate(TABLES, 1)]
    sys.exit(0 if all(held) else 1)
