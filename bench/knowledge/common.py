"""What the measurements of this folder share: a study through `caviar pipe`, and problems.

Problems come from a folder that holds problems.py, named by --bench: the surrogates of LCBench and
rbv2, and functions with a known optimum. See README.md.
"""
import argparse
import importlib
import json
import math
import shlex
import statistics
import subprocess
import sys


def arguments(description):
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--caviar", default="build-rel/src/caviar", help="the program")
    parser.add_argument("--bench", required=True, help="a folder that holds problems.py")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--first-seed", type=int, default=1)
    parser.add_argument("--out", help="append one line of JSON for each run to this file")
    return parser


def problems(folder):
    sys.path.insert(0, folder)
    return importlib.import_module("problems")


def space_of(problem):
    """The space of a problem as a study file has it."""
    space = {}
    for p in problem.space:
        if p.type == "cat":
            at = {"type": "categorical", "choices": [str(c) for c in p.choices]}
        else:
            at = {"type": p.type, "scale": "log" if p.log else "linear", "low": p.low,
                  "high": p.high}
        if p.cond:
            at["when"] = {p.cond[0]: [str(v) for v in p.cond[1]]}
        space[p.name] = at
    return space


def config_of(problem, values):
    choices = {p.name: {str(c): c for c in p.choices} for p in problem.space if p.type == "cat"}
    return {name: choices.get(name, {}).get(v, v) for name, v in values.items()}


def unit(problem, config):
    """The coordinates of a configuration without conditions, each in [0, 1]."""
    at = []
    for p in problem.space:
        x = config[p.name]
        if p.type == "cat":
            at.append(p.choices.index(x) / max(1, len(p.choices) - 1))
        elif p.log:
            at.append(math.log(x / p.low) / math.log(p.high / p.low))
        else:
            at.append((x - p.low) / (p.high - p.low))
    return at


class Pipe:
    """A study over `caviar pipe`."""

    def __init__(self, program, store=None, **definition):
        words = shlex.split(program) + ["pipe"] + (["--store", store] if store else [])
        self.process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True, bufsize=1)
        self.call(cmd="init", metric={"name": "loss", "direction": "minimize"}, **definition)

    def call(self, **message):
        self.process.stdin.write(json.dumps(message) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        if "error" in answer:
            raise RuntimeError(answer["error"])
        return answer

    def run(self, problem, loss, trials):
        """The losses of so many trials, as they come."""
        losses = []
        for _ in range(trials):
            asked = self.call(cmd="ask")
            losses.append(loss(config_of(problem, asked["config"])))
            self.call(cmd="tell", id=asked["id"], value=losses[-1])
        return losses

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def best_after(losses, count):
    return min(losses[:count])


def median_of(values):
    values = list(values)
    return statistics.median(values) if values else math.nan


def keep(path, **row):
    if path:
        with open(path, "a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")
