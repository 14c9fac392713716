#!/usr/bin/env python3
"""The test error on MNIST that a few CPU-seconds buy, with fixed settings, over some seeds.

    ninja -C build trainer/caviar-train
    bench/trainer/accuracy.py --build build [--seeds N] [--json FILE]

All 60,000 samples are trained on; the test set is looked at once, at the end. CPU time is that of
the whole process, from its start to the end of the test. How many epochs fit into it is measured
first, by runs of one and of two epochs, so that processors of any speed are asked the same.
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

# Chosen by hand: the learning rate is the middle of what trains this net.
COMMON = ["--batch", "128", "--optimizer", "momentum", "--momentum", "0.9", "--lr", "0.15",
          "--decay", "cosine", "--batch-norm", "on", "--validation", "0"]
GOALS = [
    {"cpu_seconds": 2, "error": 0.021, "flags": ["--units", "128,64"]},
    {"cpu_seconds": 5, "error": 0.0175, "flags": ["--units", "256,128"]},
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


def epochs_that_fit(program, data, flags, cpu_seconds):
    """As many as end within the time, start and test included; at least one."""
    one, two = (train(program, data, [*flags, "--epochs", str(epochs)], 1)[1] for epochs in (1, 2))
    return max(1, 1 + int((cpu_seconds - one) / max(two - one, 1e-3)))


def main():
    parser = argparse.ArgumentParser(description="What a few CPU-seconds buy on MNIST.")
    parser.add_argument("--build", default="build", help="folder of the build")
    parser.add_argument("--data", default=MNIST, help="folder with MNIST, which ./demo fetches")
    parser.add_argument("--seeds", type=int, default=3, help="runs of each setting")
    parser.add_argument("--json", metavar="FILE", help="write the figures there as well")
    options = parser.parse_args()
    program, figures = os.path.join(options.build, "trainer/caviar-train"), []
    for goal in GOALS:
        epochs = epochs_that_fit(program, options.data, goal["flags"], goal["cpu_seconds"])
        flags = [*goal["flags"], "--epochs", str(epochs)]
        runs = [train(program, options.data, flags, seed)
                for seed in range(1, options.seeds + 1)]
        errors, seconds = zip(*runs)
        figures.append(goal | {"flags": flags, "errors": errors, "seconds": seconds})
        print(f"{' '.join(COMMON + flags)}\n"
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
