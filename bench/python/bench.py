#!/usr/bin/env python3
"""
bench.py: what a trial costs in Python beside Optuna, in one run: an empty objective that names five
parameters, under `optimize` of either, in turns.

    bench/python/bench.py [--library FILE] [--rounds N] [--json]

    random, memory        time for a trial of a study in memory
    random, SQLite        the same, of a study in a file
    tpe at 1,000 trials   the same, where 1,000 trials are there already
    import                until `import caviar` is done, in a fresh interpreter, less the
                          interpreter's own start

Each row is the median of the rounds. It needs Optuna (Debian's python3-optuna).
"""
import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PACKAGE = os.path.join(ROOT, "python")
SEED = 7


def name_five(trial):
    """The objective: the same calls for both."""
    trial.suggest_float("lr", 1e-5, 1e-1, log=True)
    trial.suggest_float("drop", 0, 0.9)
    trial.suggest_int("layers", 1, 8)
    trial.suggest_int("units", 16, 512, log=True)
    trial.suggest_categorical("act", ["relu", "tanh", "elu"])
    return 0.5


def bowl(trial):
    """For those that are there already: something to learn from."""
    name_five(trial)
    params = trial.params
    return (params["drop"] - 0.3) ** 2 + abs(params["layers"] - 4) / 8 + (params["act"] != "elu")


def timed(study, count):
    began = time.perf_counter()
    study.optimize(name_five, n_trials=count)
    return (time.perf_counter() - began) / count


class Caviar:
    name = "caviar"

    def __init__(self, folder):
        import caviar
        self.caviar, self.folder, self.files = caviar, folder, 0

    def make(self, sampler, in_file=False):
        self.files += 1
        store = os.path.join(self.folder, f"caviar{self.files}.db") if in_file else None
        return self.caviar.create_study(sampler=sampler, seed=SEED, store=store)

    def filled(self, count):
        study = self.make("tpe")
        study.optimize(bowl, n_trials=count)
        return study


class Optuna:
    name = "optuna"

    def __init__(self, folder):
        import optuna
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        self.optuna, self.folder, self.files = optuna, folder, 0
        self.samplers = {"random": optuna.samplers.RandomSampler, "tpe": optuna.samplers.TPESampler}

    def make(self, sampler, in_file=False):
        self.files += 1
        path = os.path.join(self.folder, f"optuna{self.files}.db")
        return self.optuna.create_study(sampler=self.samplers[sampler](seed=SEED),
                                        storage=f"sqlite:///{path}" if in_file else None)

    def filled(self, count):
        """By random trials, which takes a minute less than by its TPE."""
        study = self.make("random")
        study.optimize(bowl, n_trials=count)
        study.sampler = self.samplers["tpe"](seed=SEED)
        return study


def start(words):
    """Seconds that an interpreter takes for a program, at best of a few."""
    times = []
    for _ in range(5):
        began = time.perf_counter()
        subprocess.run([sys.executable, "-c", words], check=True, env=dict(
            os.environ, PYTHONPATH=PACKAGE))
        times.append(time.perf_counter() - began)
    return min(times)


def importing(peer):
    return max(start(f"import {peer.name}") - start("pass"), 1e-6)


PARTS = [
    ("random, memory", 10, {"caviar": 2000, "optuna": 300},
     lambda peer, count: timed(peer.make("random"), count)),
    ("random, SQLite", 10, {"caviar": 100, "optuna": 20},
     lambda peer, count: timed(peer.make("random", in_file=True), count)),
    ("tpe at 1,000 trials", 20, {"caviar": 100, "optuna": 20},
     lambda peer, count: timed(peer.filled(1000), count)),
    ("import", None, {"caviar": 1, "optuna": 1},
     lambda peer, count: importing(peer)),
]


def measure(peers, rounds):
    rows = []
    for what, wanted, counts, run in PARTS:
        times = {peer.name: [] for peer in peers}
        for _ in range(rounds):
            for peer in peers:
                times[peer.name].append(run(peer, counts[peer.name]))
        medians = {name: statistics.median(found) for name, found in times.items()}
        rows.append({"what": what, "wanted": wanted, **medians,
                     "ratio": medians["optuna"] / medians["caviar"]})
        print(f"{what}: done", file=sys.stderr, flush=True)
    return rows


def show(rows):
    print(f"{'':22} {'Caviar':>12} {'Optuna':>12} {'ratio':>8}  wanted")
    for row in rows:
        wanted = f"{row['wanted']}" if row["wanted"] else "Caviar below 50 ms"
        print(f"{row['what']:22} {row['caviar'] * 1000:>9.3f} ms {row['optuna'] * 1000:>9.3f} ms "
              f"{row['ratio']:>8.1f}  {wanted}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("--library", default=os.path.join(ROOT, "build/src/libcaviar.so.1"))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    os.environ["CAVIAR_LIBRARY"] = os.path.abspath(options.library)
    sys.path.insert(0, PACKAGE)
    with tempfile.TemporaryDirectory() as folder:
        rows = measure([Caviar(folder), Optuna(folder)], options.rounds)
    if options.json:
        print(json.dumps(rows))
    else:
        show(rows)


main()
