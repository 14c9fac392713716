#!/usr/bin/env python3
"""The test error on MNIST that a few CPU-seconds buy, with fixed settings, over some seeds.

    ninja -C build trainer/caviar-train
    bench/trainer/accuracy.py --build build [--seeds N] [--json FILE]

All 60,000 samples are trained on; the test set is looked at once, at the end. CPU time is that of
the whole process, from its start to the end of the test.
"""
import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile

from bench import MNIST, environment

# Chosen by hand: as many epochs as fit. The learning rate is the middle of what trains this net.
COMMON = ["--units", "256,128", "--batch", "64", "--optimizer", "momentum", "--momentum", "0.9",
          "--lr", "0.1", "--decay", "cosine", "--batch-norm", "on", "--validation", "0"]
GOALS = [
    {"cpu_seconds": 2, "error": 0.021, "flags": ["--epochs", "3"]},
    {"cpu_seconds": 5, "error": 0.0175, "flags": ["--epochs", "8", "--dropout", "0.1"]},
]


def train(program, data, flags, seed):
    """Test error and CPU seconds of one run."""
    command = [program, "--data", data, *COMMON, *flags, "--seed", str(seed), "--test",
               "--checkpoint", "none"]
    with tempfile.TemporaryFile(mode="w+") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.DEVNULL,
                                   env=environment())
        _, status, usage = os.wait4(process.pid, 0)
        output.seek(0)
        found = re.search(r"^test_error=(\S+)", output.read(), re.M)
    if status or not found:
        sys.exit("this failed: " + " ".join(command))
    return float(found.group(1)), usage.ru_utime + usage.ru_stime


def main():
    parser = argparse.ArgumentParser(description="What a few CPU-seconds buy on MNIST.")
    parser.add_argument("--build", default="build", help="folder of the build")
    parser.add_argument("--data", default=MNIST, help="folder with MNIST, which ./demo fetches")
    parser.add_argument("--seeds", type=int, default=3, help="runs of each setting")
    parser.add_argument("--json", metavar="FILE", help="write the figures there as well")
    options = parser.parse_args()
    program, figures = os.path.join(options.build, "trainer/caviar-train"), []
    for goal in GOALS:
        runs = [train(program, options.data, goal["flags"], seed)
                for seed in range(1, options.seeds + 1)]
        errors, seconds = zip(*runs)
        figures.append(goal | {"errors": errors, "seconds": seconds})
        print(f"{' '.join(COMMON + goal['flags'])}\n"
              f"  test error {100 * statistics.median(errors):.2f} % "
              f"({', '.join(f'{100 * error:.2f}' for error in sorted(errors))}); goal "
              f"{100 * goal['error']:.2f} % after {goal['cpu_seconds']} CPU-seconds, used "
              f"{statistics.median(seconds):.2f} ({min(seconds):.2f} to {max(seconds):.2f})",
              flush=True)
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump(figures, file, indent=1)


if __name__ == "__main__":
    main()
