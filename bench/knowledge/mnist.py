#!/usr/bin/env python3
"""
mnist.py: scale and tiers on real trainings: caviar-train on MNIST, 20,000 samples, 5 epochs.

    mnist.py scale --data DIR [--seeds 3]      30 trials, the learning rate of Adam from 1e-4 to 1
                                               declared log, and linear, and what `caviar advise`
                                               says of it
    mnist.py tiers --data DIR [--seeds 10]     15 trials of eleven hyperparameters (the preset
                                               neural-net), tiers on and off

The value is the error on 10,000 samples that are held out, in per cent: the least of the study.
"""
import argparse
import json
import os
import statistics
import subprocess
import tempfile

MNIST = os.path.join(os.environ.get("XDG_CACHE_HOME", os.path.expanduser("~/.cache")),
                     "caviar/mnist")
PROGRAM = ["--samples", "20000", "--epochs", "5", "--checkpoint", "none"]
ADAM = ["--optimizer", "adam", "--batch-norm", "off"]
LR = {"log": {"lr": {"type": "float", "scale": "log", "low": 1e-4, "high": 1}},
      "linear": {"lr": {"type": "float", "low": 1e-4, "high": 1}}}
ELEVEN = {
    "lr": {"type": "float", "scale": "log", "low": 1e-4, "high": 1, "tier": "most"},
    "momentum": {"type": "float", "scale": "reverse-log", "low": 0.5, "high": 0.999,
                 "default": 0.9, "tier": "medium"},
    "batch": {"type": "int", "scale": "log", "low": 16, "high": 512, "default": 64,
              "tier": "medium"},
    "units": {"type": "int", "scale": "log", "low": 32, "high": 512, "default": 128,
              "tier": "medium"},
    "layers": {"type": "int", "low": 1, "high": 4, "default": 2, "tier": "least"},
    "decay-rate": {"type": "float", "scale": "log", "low": 1e-3, "high": 1, "default": 0.1,
                   "tier": "least"},
    "decay": {"type": "categorical", "choices": ["none", "inverse", "cosine"], "default": "none",
              "tier": "least"},
    "l2": {"type": "float", "scale": "log", "low": 1e-8, "high": 1e-2, "default": 1e-6,
           "tier": "least"},
    "activation": {"type": "categorical", "choices": ["relu", "tanh", "sigmoid", "gelu"],
                   "default": "relu", "tier": "least"},
    "dropout": {"type": "float", "low": 0, "high": 0.6, "default": 0, "tier": "least"},
    "init": {"type": "categorical", "choices": ["he", "xavier"], "default": "he",
             "tier": "least"},
}


def run(args, folder, name, space, trials, seed, flags=(), **more):
    """Runs a study to its end: the least error, and the flags that name its store."""
    flags = [*flags, *(word for key in space for word in (f"--{key}", "{" + key + "}"))]
    definition = {"study": name, "space": space, "seed": seed, "budget": {"trials": trials},
                  "metric": "val_error", "scheduler": "none", "command":
                  [args.trainer, "--data", args.data, *PROGRAM, *flags], **more}
    path = os.path.join(folder, name + ".json")
    with open(path, "w", encoding="utf-8") as file:
        json.dump(definition, file)
    where = ["--store", os.path.join(folder, name + ".db")]
    subprocess.run([args.caviar, "run", path, "-q", *where], check=True,
                   stdout=subprocess.DEVNULL)
    best = json.loads(subprocess.check_output([args.caviar, "best", "--json", *where]))
    return 100 * best["trial"]["values"]["val_error"], where


def spread(values):
    error = statistics.stdev(values) / len(values) ** 0.5 if len(values) > 1 else float("nan")
    return f"{statistics.mean(values):.3f} ± {error:.3f}"


def compare(args, folder, variants, trials):
    """variants: {name: (space, more of the definition)}, in turns; the last less the first."""
    found = {name: [] for name in variants}
    for seed in range(1, args.seeds + 1):
        for name, (space, more) in variants.items():
            error, where = run(args, folder, f"{name}{seed}", space, trials, seed, **more)
            found[name].append(error)
            advice = subprocess.check_output([args.caviar, "advise", *where], text=True)
            said = [line.strip() for line in advice.splitlines() if "log" in line]
            print(f"seed {seed}, {name}: {error:.2f} %  {' '.join(said)}", flush=True)
    for name, errors in found.items():
        print(f"{name:8} {spread(errors)}")
    first, *_, last = found.values()
    print(f"last less first, paired: {spread([b - a for a, b in zip(first, last)])}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[1])
    parser.add_argument("what", choices=["scale", "tiers"])
    parser.add_argument("--caviar", default="build/src/caviar")
    parser.add_argument("--trainer", default="build/trainer/caviar-train")
    parser.add_argument("--data", default=MNIST)
    parser.add_argument("--seeds", type=int, default=3)
    args = parser.parse_args()
    args.caviar, args.trainer = os.path.abspath(args.caviar), os.path.abspath(args.trainer)
    with tempfile.TemporaryDirectory() as folder:
        if args.what == "scale":
            compare(args, folder, {name: (space, {"flags": ADAM})
                                   for name, space in LR.items()}, 30)
        else:
            samplers = {"on": "auto", "off": {"type": "auto", "tiers": False}}
            compare(args, folder, {name: (ELEVEN, {"sampler": sampler})
                                   for name, sampler in samplers.items()}, 15)


if __name__ == "__main__":
    main()
