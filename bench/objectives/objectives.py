#!/usr/bin/env python3
"""
objectives.py: how much of several objectives is found: hypervolume after so many trials, of
Caviar's samplers and, where Optuna can be imported, of Optuna's in the same run.

    bench/objectives/objectives.py [--caviar PROGRAM] [--samplers nsga2,tpe,gp:volume=0]
        [--peers nsga2,tpe] [--problems zdt1,dtlz2_3] [--trials 200] [--seeds 10] [--dims 10]
        [--json]

Printed is the gap: what is missing of the hypervolume of the whole front, as a share of what random
search misses (the mean over the seeds of both); 0 is the front itself. ZDT: Zitzler, Deb, Thiele,
Evolutionary Computation 8(2), 2000. DTLZ: Deb, Thiele, Laumanns, Zitzler, CEC 2002.
"""
import argparse
import json
import math
import os
import statistics
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def zdt(x, front):
    g = 1 + 9 * sum(x[1:]) / (len(x) - 1)
    return [x[0], g * front(x[0], x[0] / g)]


def zdt1(x):
    return zdt(x, lambda f, r: 1 - math.sqrt(r))


def zdt2(x):
    return zdt(x, lambda f, r: 1 - r * r)


def zdt3(x):
    return zdt(x, lambda f, r: 1 - math.sqrt(r) - r * math.sin(10 * math.pi * f))


def dtlz2(x, count):
    g = sum((u - 0.5) ** 2 for u in x[count - 1:])
    values = []
    for i in range(count):
        value = 1 + g
        for k in range(count - 1 - i):
            value *= math.cos(x[k] * math.pi / 2)
        if i > 0:
            value *= math.sin(x[count - 1 - i] * math.pi / 2)
        values.append(value)
    return values


# name: (function, number of objectives, reference point)
PROBLEMS = {
    "zdt1": (zdt1, 2, [1.1, 11]),
    "zdt2": (zdt2, 2, [1.1, 11]),
    "zdt3": (zdt3, 2, [1.1, 11]),
    "dtlz2_2": (lambda x: dtlz2(x, 2), 2, [2.5, 2.5]),
    "dtlz2_3": (lambda x: dtlz2(x, 3), 3, [2.5, 2.5, 2.5]),
}


def area(points, reference):
    total, low = 0, reference[1]
    for x, y in sorted(points):
        if x < reference[0] and y < low:
            total += (reference[0] - x) * (low - y)
            low = y
    return total


def volume(points, reference):
    if len(reference) == 2:
        return area(points, reference)
    points = sorted((p for p in points if p[2] < reference[2]), key=lambda p: p[2])
    total = 0
    for i, point in enumerate(points):
        top = points[i + 1][2] if i + 1 < len(points) else reference[2]
        if top > point[2]:
            total += area([p[:2] for p in points[:i + 1]], reference) * (top - point[2])
    return total


def whole_front(name):
    """The hypervolume of the front itself, from many points of it, or in closed form."""
    if name == "dtlz2_2":
        return 2.5 ** 2 - math.pi / 4
    if name == "dtlz2_3":
        return 2.5 ** 3 - math.pi / 6
    function, _, reference = PROBLEMS[name]
    return area([function([i / 20000, 0, 0]) for i in range(20001)], reference)


def tune_with_caviar(options, sampler, function, dims, count, seed):
    """The sampler is a name, with options behind a colon: gp:volume=0+draws=2."""
    kind, _, given = sampler.partition(":")
    if given:
        sampler = {"type": kind}
        sampler.update((name, json.loads(value)) for name, value in
                       (option.split("=") for option in given.split("+")))
    space = {f"x{i}": {"type": "float", "low": 0, "high": 1} for i in range(dims)}
    study = {"cmd": "init", "space": space, "seed": seed, "sampler": sampler, "scheduler": "none",
             "budget": {"trials": options.trials}, "metrics": [f"f{i}" for i in range(count)]}
    pipe = subprocess.Popen([options.caviar, "pipe"], stdin=subprocess.PIPE, text=True,
                            stdout=subprocess.PIPE)

    def say(message):
        pipe.stdin.write(json.dumps(message) + "\n")
        pipe.stdin.flush()
        answer = json.loads(pipe.stdout.readline())
        if "error" in answer:
            raise RuntimeError(answer["error"])
        return answer

    points = []
    say(study)
    while True:
        trial = say({"cmd": "ask"})
        if trial.get("done"):
            break
        points.append(function([trial["config"][f"x{i}"] for i in range(dims)]))
        say({"cmd": "tell", "id": trial["id"], "values": points[-1]})
    pipe.stdin.close()
    pipe.wait()
    return points


def tune_with_optuna(optuna, options, sampler, function, dims, count, seed):
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    made = {"nsga2": optuna.samplers.NSGAIISampler, "tpe": optuna.samplers.TPESampler,
            "random": optuna.samplers.RandomSampler}[sampler](seed=seed)
    study = optuna.create_study(directions=["minimize"] * count, sampler=made)
    points = []

    def objective(trial):
        points.append(function([trial.suggest_float(f"x{i}", 0, 1) for i in range(dims)]))
        return points[-1]

    study.optimize(objective, n_trials=options.trials)
    return points


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--caviar", default=os.path.join(ROOT, "build", "src", "caviar"))
    parser.add_argument("--samplers", default="nsga2,tpe")
    parser.add_argument("--peers", default="nsga2,tpe")
    parser.add_argument("--problems", default=",".join(PROBLEMS))
    parser.add_argument("--trials", type=int, default=200)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--dims", type=int, default=10)
    parser.add_argument("--json", action="store_true", help="one object a line instead of a table")
    return parser.parse_args()


def tuners(options):
    found = {"random": lambda *run: tune_with_caviar(options, "random", *run)}
    for name in filter(None, options.samplers.split(",")):
        found[name] = lambda *run, name=name: tune_with_caviar(options, name, *run)
    try:
        import optuna
    except ImportError:
        print("Optuna cannot be imported: no peers", file=sys.stderr)
        return found
    for name in filter(None, options.peers.split(",")):
        label = f"Optuna {optuna.__version__} {name}"
        found[label] = lambda *run, name=name: tune_with_optuna(optuna, options, name, *run)
    return found


def measure(options, tuner, name):
    """The missing hypervolume of each seed, and the mean time of a run in seconds."""
    function, count, reference = PROBLEMS[name]
    whole, began = whole_front(name), time.process_time() + os.times().children_user
    missing = [whole - volume(tuner(function, options.dims, count, seed), reference)
               for seed in range(1, options.seeds + 1)]
    took = time.process_time() + os.times().children_user - began
    return missing, took / options.seeds


def main():
    options = arguments()
    found = tuners(options)
    names = options.problems.split(",")
    print(f"{'':26}" + "".join(f"{name:>10}" for name in names) + f"{'mean':>10}{'s a run':>10}",
          file=sys.stderr if options.json else sys.stdout)
    scale = {}
    for label, tuner in found.items():
        gaps, seconds = [], []
        for name in names:
            missing, took = measure(options, tuner, name)
            mean = statistics.mean(missing)
            gaps.append(mean / scale.setdefault(name, mean))
            seconds.append(took)
            if options.json:
                row = {"sampler": label, "problem": name, "trials": options.trials,
                       "gap": gaps[-1], "missing": missing, "seconds": took}
                print(json.dumps(row), flush=True)
        if not options.json:
            print(f"{label:26}" + "".join(f"{gap:10.3f}" for gap in gaps)
                  + f"{statistics.mean(gaps):10.3f}{statistics.mean(seconds):10.2f}", flush=True)


if __name__ == "__main__":
    main()
