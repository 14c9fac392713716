#!/usr/bin/env python3
"""
mnist.py: scale, tiers and schedulers on real trainings: caviar-train on MNIST.

    mnist.py scale --data DIR [--seeds 3]      30 trials, the learning rate of Adam from 1e-4 to 1
                                               declared log, and linear, and what `caviar advise`
                                               says of it
    mnist.py tiers --data DIR [--seeds 10]     15 trials of eleven hyperparameters, tiers on and off
    mnist.py schedulers --data DIR [--seeds 5] 150 epochs in all, of at most 15 a training: none,
                                               asha and freeze-thaw

The first two train 5 epochs of 20,000 samples, the last one on 10,000 samples. The value is the
error on 10,000 samples that are held out, in per cent: the least of the study. As the least of many
noisy values favours whoever has more of them, `schedulers` also trains the best configuration
three times more, under other seeds, and says its error on the test set ("again").
"""
import argparse
import json
import os
import re
import statistics
import subprocess
import tempfile

MNIST = os.path.join(os.environ.get("XDG_CACHE_HOME", os.path.expanduser("~/.cache")),
                     "caviar/mnist")
SHORT = ["--samples", "20000", "--epochs", "5", "--checkpoint", "none"]
LONG = ["--samples", "10000", "--epochs", "{steps}", "--checkpoint-keep", "50"]
FOUR = ["lr", "momentum", "batch", "units"]
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


def run(args, folder, name, space, words, **definition):
    """Runs a study: the least error, whose configuration, and the flags that name its store."""
    words = [*words, *(word for key in space for word in (f"--{key}", "{" + key + "}"))]
    definition |= {"study": name, "space": space, "metric": "val_error",
                   "command": [args.trainer, "--data", args.data, *words]}
    path = os.path.join(folder, name + ".json")
    with open(path, "w", encoding="utf-8") as file:
        json.dump(definition, file)
    where = ["--store", os.path.join(folder, name + ".db")]
    subprocess.run([args.caviar, "run", path, "-q", *where], check=True,
                   stdout=subprocess.DEVNULL)
    best = json.loads(subprocess.check_output([args.caviar, "best", "--json", *where]))["trial"]
    return 100 * best["values"]["val_error"], best["config"], where


def train_again(args, config, times=3):
    """The mean error on the test set of a configuration of LONG, under seeds of its own."""
    words = ["--samples", "10000", "--epochs", "15", "--checkpoint", "none", "--test"]
    words += [word for key, value in config.items() for word in (f"--{key}", str(value))]
    errors = []
    for seed in range(101, 101 + times):
        out = subprocess.check_output([args.trainer, "--data", args.data, *words, "--seed",
                                       str(seed)], text=True, stderr=subprocess.DEVNULL)
        errors.append(100 * float(re.findall("test_error=([0-9.]+)", out)[-1]))
    return statistics.mean(errors)


def spread(values):
    error = statistics.stdev(values) / len(values) ** 0.5 if len(values) > 1 else float("nan")
    return f"{statistics.mean(values):.3f} ± {error:.3f}"


def show(found, what):
    """A line for each; each of the others less the first."""
    first = next(iter(found.values()))
    for name, errors in found.items():
        paired = spread([b - a for a, b in zip(first, errors)])
        print(f"{name + what:20} {spread(errors)}" + (f"  less the first {paired}"
                                                      if errors is not first else ""))


def compare(args, folder, variants):
    """variants: {name: (space, words, definition)}, in turns."""
    found = {name: [] for name in variants}
    again = {name: [] for name in variants}
    for seed in range(1, args.seeds + 1):
        for name, (space, words, definition) in variants.items():
            error, config, where = run(args, folder, f"{name}{seed}", space, words, seed=seed,
                                       **definition)
            found[name].append(error)
            if words is LONG:
                again[name].append(train_again(args, config))
            advice = subprocess.check_output([args.caviar, "advise", *where], text=True)
            said = [line.strip() for line in advice.splitlines() if "scale" in line]
            print(f"seed {seed}, {name}: {error:.2f} %  {' '.join(said[:1])}", flush=True)
    show(found, "")
    if again[next(iter(again))]:
        show(again, ", again")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[1])
    parser.add_argument("what", choices=["scale", "tiers", "schedulers"])
    parser.add_argument("--caviar", default="build/src/caviar")
    parser.add_argument("--trainer", default="build/trainer/caviar-train")
    parser.add_argument("--data", default=MNIST)
    parser.add_argument("--seeds", type=int, default=3)
    args = parser.parse_args()
    args.caviar, args.trainer = os.path.abspath(args.caviar), os.path.abspath(args.trainer)
    whole = {"scheduler": "none"}
    variants = {
        "scale": {name: (space, [*SHORT, *ADAM], whole | {"budget": {"trials": 30}})
                  for name, space in LR.items()},
        "tiers": {name: (ELEVEN, SHORT, whole | {"budget": {"trials": 15}, "sampler": sampler})
                  for name, sampler in {"on": "auto",
                                        "off": {"type": "auto", "tiers": False}}.items()},
        "schedulers": {name: ({key: ELEVEN[key] for key in FOUR}, LONG,
                              {"scheduler": name, "steps": 15, "budget": {"steps": 150}})
                       for name in ["none", "asha", "freeze-thaw"]}}
    with tempfile.TemporaryDirectory() as folder:
        compare(args, folder, variants[args.what])


if __name__ == "__main__":
    main()
