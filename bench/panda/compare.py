#!/usr/bin/env python3
"""
compare.py: the same run nursed by `panda: auto` and left alone, by caviar-train on MNIST.

    python3 bench/panda/compare.py --build build [--data FOLDER] [--seeds 10] [--epochs 30]

For each start (a learning rate that is too high, about right, too low) and each seed: one run with
panda: auto, and one that is left alone for as many epochs as the other spent, those that it gave up
included. The rate of the one that is left alone is constant. Printed are the means of the last
three validation errors of each, at the end of the training and at an equal number of epochs, and
how often panda was better. README.md has figures.
"""
import argparse
import json
import os
import shutil
import statistics
import subprocess
import tempfile

STARTS = {"too high": 0.5, "about right": 0.1, "too low": 0.002}

STUDY = """
study: {name}
command: caviar-train --data {data} --samples {samples} --validation {validation} --units 32
         --optimizer momentum --batch 64 --decay none --threads 1 --checkpoint-keep 8
         --epochs {{steps}} --lr {{lr}} --momentum {{momentum}} --seed {{seed}}
metric: val_error
budget: {{trials: 1}}
seed: {seed}
steps: {steps}
sampler: tpe
scheduler: none
panda: {panda}
space:
  lr: {{type: float, scale: log, low: 1e-4, high: 1, default: {lr}, tier: most}}
  momentum: {{type: float, scale: reverse-log, low: 0.5, high: 0.99, default: 0.9}}
"""


def run(at, name, seed, lr, steps, panda):
    """One trial; its errors by step, its nudges and what it spent."""
    file = os.path.join(at.folder, f"{name}.yaml")
    with open(file, "w", encoding="utf-8") as study:
        study.write(STUDY.format(name=name, data=at.data, samples=at.samples, seed=seed, lr=lr,
                                 validation=at.validation, steps=steps, panda=panda))
    subprocess.run(["caviar", "run", file, "-q"], cwd=at.folder, env=at.environment, check=True,
                   stdout=subprocess.DEVNULL)
    shown = json.loads(subprocess.run(["caviar", "show", "0", "--study", name, "--json"],
                                      cwd=at.folder, env=at.environment, check=True,
                                      capture_output=True, text=True).stdout)
    assert shown["trial"]["config"]["lr"] == lr, shown["trial"]
    curve = {point["step"]: point["val_error"] for point in shown["curve"]}
    given_up = sum(len(branch) for branch in shown.get("given_up", []))
    return curve, shown["nudges"], given_up


def error_at(curve, step):
    return statistics.mean(curve[s] for s in (step - 2, step - 1, step))


def compare(at, start, lr):
    rows = []
    for seed in range(1, at.seeds + 1):
        name = f"{start.replace(' ', '-')}-{seed}"
        nursed, nudges, given_up = run(at, f"panda-{name}", seed, lr, at.epochs, "auto")
        alone, _, _ = run(at, f"alone-{name}", seed, lr, at.epochs + given_up, "off")
        backs = sum(nudge["kind"] == "rollback" for nudge in nudges)
        rows.append((error_at(nursed, at.epochs), error_at(alone, at.epochs),
                     error_at(alone, at.epochs + given_up), given_up, len(nudges), backs))
        print(f"# {start}, seed {seed}: panda {rows[-1][0]:.4f}, alone {rows[-1][1]:.4f}, "
              f"with {given_up} epochs more {rows[-1][2]:.4f}; {len(nudges)} nudges, "
              f"{backs} rollbacks", flush=True)
    return rows


def print_row(start, lr, rows):
    mean = [statistics.mean(row[i] for row in rows) for i in range(5)]
    better = [sum(row[0] < row[i] for row in rows) for i in (1, 2)]
    print(f"| {start} ({lr}) | {mean[0]:.4f} | {mean[1]:.4f} | {better[0]} of {len(rows)} | "
          f"{mean[2]:.4f} | {better[1]} of {len(rows)} | {mean[3]:.1f} |", flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default="build")
    parser.add_argument("--data", default=os.path.join(
        os.environ.get("XDG_CACHE_HOME", os.path.expanduser("~/.cache")), "caviar/mnist"))
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--samples", type=int, default=3000)
    parser.add_argument("--validation", type=int, default=4000)
    at = parser.parse_args()
    at.folder = tempfile.mkdtemp(prefix="caviar-bench-")
    programs = [os.path.abspath(os.path.join(at.build, name)) for name in ("src", "trainer")]
    at.environment = dict(os.environ, PATH=os.pathsep.join(programs + [os.environ["PATH"]]),
                          CAVIAR_STORE=os.path.join(at.folder, "caviar.db"))
    try:
        results = {start: compare(at, start, lr) for start, lr in STARTS.items()}
    finally:
        shutil.rmtree(at.folder)
    print("| start (lr) | panda | alone | panda better | alone, as many epochs | panda better | "
          "epochs given up |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for start, lr in STARTS.items():
        print_row(start, lr, results[start])


if __name__ == "__main__":
    main()
