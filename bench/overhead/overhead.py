#!/usr/bin/env python3
"""
overhead.py: what Caviar itself costs beside the work that it tunes, in one run, each figure beside
the limit that the machine sets where there is one, or beside Optuna where that can be imported.

    bench/overhead/overhead.py [--build DIR] [--parts start,run,api,suggest,open,size] [--json]

The build folder must be configured already (meson setup build --buildtype=release); what is needed
of it is built.
"""
import argparse
import json
import math
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PARTS = ["start", "run", "api", "suggest", "open", "size"]
SPACE = {
    "lr": {"type": "float", "scale": "log", "low": 1e-5, "high": 1e-1},
    "wd": {"type": "float", "scale": "log", "low": 1e-6, "high": 1e-1},
    "drop": {"type": "float", "low": 0, "high": 0.9},
    "layers": {"type": "int", "low": 1, "high": 8},
    "act": {"type": "categorical", "choices": ["relu", "tanh", "elu"]},
}


def loss(config):
    return ((math.log10(config["lr"]) + 3) ** 2 + 0.3 * (math.log10(config["wd"]) + 4) ** 2
            + (config["drop"] - 0.3) ** 2 + 0.1 * abs(config["layers"] - 4)
            + 0.2 * (config["act"] != "relu"))


class Bench:
    def __init__(self, options):
        self.build = os.path.abspath(options.build)
        self.quick = options.quick
        self.samplers = options.samplers.split(",")
        self.rows = []

    def caviar(self):
        return os.path.join(self.build, "src", "caviar")

    def add(self, part, what, value, unit, beside="", ratio=None):
        row = {"part": part, "what": what, "value": value, "unit": unit, "beside": beside,
               "ratio": ratio}
        self.rows.append(row)
        print(f"{part}: {what}: {value:.4g} {unit}", file=sys.stderr, flush=True)

    def helper(self, *args):
        """The lines of bench_overhead as objects."""
        program = os.path.join(self.build, "bench", "overhead", "bench_overhead")
        run = subprocess.run([program, *map(str, args)], stdout=subprocess.PIPE, text=True,
                             check=True)
        return [json.loads(line) for line in run.stdout.splitlines() if line.startswith("{")]


def seconds_of(command, repeats, **kwargs):
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, **kwargs)
        times.append(time.perf_counter() - start)
    return times


def measure_start(bench):
    """Turn by turn, so that what else the machine does falls on both."""
    ours, least = [], []
    for _ in range(10 if bench.quick else 40):
        ours += seconds_of([bench.caviar(), "--version"], 1)
        least += seconds_of(["true"], 1)
    ratio = statistics.median(ours) / statistics.median(least)
    bench.add("start", "caviar --version", statistics.median(ours) * 1e3, "ms", "`true`", ratio)


def measure_run(bench):
    trials = 200 if bench.quick else 1000
    limit_fork = bench.helper("fork", trials, "true")[0]["a_second"]
    for durability in ["full", "normal"]:
        with tempfile.TemporaryDirectory(dir=os.getcwd()) as folder:
            limit_sync = bench.helper("sync", folder, 100)[0]["a_second"]
            study = {"study": "overhead", "command": "printf 'loss=%s\\n' {x}",
                     "metric": {"name": "loss", "direction": "minimize"}, "parallel": 2, "seed": 1,
                     "budget": {"trials": trials}, "sampler": "random",
                     "space": {"x": {"type": "float", "low": 0, "high": 1}}}
            if durability == "normal":
                study["durability"] = "normal"
            path = os.path.join(folder, "study.json")
            with open(path, "w", encoding="utf-8") as file:
                json.dump(study, file)
            start = time.perf_counter()
            subprocess.run([bench.caviar(), "run", path], cwd=folder, check=True,
                           stdout=subprocess.DEVNULL)
            rate = trials / (time.perf_counter() - start)
        # both at once, as two syncs and two programs may well be: the slower one is the limit
        limit = min(limit_fork, 2 * limit_sync) if durability == "full" else limit_fork
        beside = f"bare loop {limit:.0f} (fork {limit_fork:.0f}, sync {limit_sync:.0f})"
        bench.add("run", f"caviar run -j 2 printf, durability {durability}", rate, "trials/s",
                  beside, rate / limit)


def measure_api(bench):
    counts = [100, 1000, 10000] + ([] if bench.quick else [100000])
    first = None
    for row in bench.helper("api", "random", *counts):
        first = first or row["us"]
        bench.add("api", f"ask + tell, random, memory, {row['trials']:,} trials", row["us"], "us",
                  "at 100 trials", row["us"] / first)


class Pipe:
    def __init__(self, program, sampler):
        self.process = subprocess.Popen([program, "pipe"], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True, bufsize=1)
        self.call(cmd="init", space=SPACE, seed=1, sampler=sampler,
                  metric={"name": "loss", "direction": "minimize"})

    def call(self, **message):
        self.process.stdin.write(json.dumps(message) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        if "error" in answer:
            raise RuntimeError(answer["error"])
        return answer

    def peak_mb(self):
        with open(f"/proc/{self.process.pid}/status", encoding="utf-8") as file:
            return next(int(x.split()[1]) / 1024 for x in file if x.startswith("VmHWM"))

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def time_caviar(bench, sampler, counts, most_seconds):
    """Milliseconds of an ask at each count, as far as that goes in the time."""
    pipe, found, times, start = Pipe(bench.caviar(), sampler), {}, [], time.perf_counter()
    for number in range(1, max(counts) + 1):
        before = time.perf_counter()
        trial = pipe.call(cmd="ask")
        times.append(time.perf_counter() - before)
        pipe.call(cmd="tell", id=trial["id"], value=loss(trial["config"]))
        if number in counts:
            found[number] = statistics.median(times[-50:]) * 1e3
        if time.perf_counter() - start > most_seconds:
            break
    peak = pipe.peak_mb()
    pipe.close()
    return found, number, peak


def optuna_space(trial):
    return {"lr": trial.suggest_float("lr", 1e-5, 1e-1, log=True),
            "wd": trial.suggest_float("wd", 1e-6, 1e-1, log=True),
            "drop": trial.suggest_float("drop", 0, 0.9),
            "layers": trial.suggest_int("layers", 1, 8),
            "act": trial.suggest_categorical("act", ["relu", "tanh", "elu"])}


def time_optuna(counts):
    """The same of Optuna's TPE, memory storage; nothing where it is not installed."""
    try:
        import optuna
    except ImportError:
        return {}
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=1))
    found, times = {}, []
    for number in range(1, max(counts) + 1):
        before = time.perf_counter()
        trial = study.ask()
        config = optuna_space(trial)
        times.append(time.perf_counter() - before)
        study.tell(trial, loss(config))
        if number in counts:
            found[number] = statistics.median(times[-50:]) * 1e3
    return found


def measure_suggest(bench):
    counts = [100, 1000] + ([] if bench.quick else [10000])
    peer = time_optuna([n for n in counts if n <= 1000])
    for sampler in bench.samplers:
        found, reached, peak = time_caviar(bench, sampler, counts, 20 if bench.quick else 120)
        for count, milliseconds in found.items():
            ratio = peer.get(count) and milliseconds / peer[count]
            bench.add("suggest", f"{sampler}, {count:,} trials, through the pipe", milliseconds,
                      "ms", f"Optuna's TPE {peer[count]:.2f}" if count in peer else "", ratio)
        bench.add("suggest", f"{sampler}, memory at {reached:,} trials", peak, "MB")


def measure_open(bench):
    trials = 10000 if bench.quick else 100000
    with tempfile.TemporaryDirectory(dir=os.getcwd()) as folder:
        path = os.path.join(folder, "caviar.db")
        bench.helper("fill", path, trials)
        opened = [bench.helper("open", path)[0] for _ in range(5)]
        start = time.perf_counter()
        with open(path, "rb") as file:
            while file.read(1 << 20):
                pass
        reading = time.perf_counter() - start
    for what, title in [("seconds", ""), ("cpu", ", processor time")]:
        middle = statistics.median(row[what] for row in opened)
        bench.add("open", f"SQLite store of {trials:,} trials{title}", middle, "s",
                  f"reading the file {reading:.3f}", middle / reading)


def measure_size(bench):
    total = 0
    with tempfile.TemporaryDirectory() as folder:
        for name in ["caviar", "libcaviar.so"]:
            copy = os.path.join(folder, name)
            shutil.copy(os.path.join(bench.build, "src", name), copy)
            subprocess.run(["strip", copy], check=True)
            total += os.path.getsize(copy)
    bench.add("size", "caviar and libcaviar.so, stripped", total / 1e6, "MB")


def print_table(rows):
    print("| what | value | beside | ratio |\n| --- | --- | --- | --- |")
    for row in rows:
        ratio = f"{row['ratio']:.2f}" if row["ratio"] else ""
        print(f"| {row['what']} | {row['value']:.4g} {row['unit']} | {row['beside']} | {ratio} |")


def main():
    parser = argparse.ArgumentParser(description="Measures what Caviar itself costs.")
    parser.add_argument("--build", default=os.path.join(ROOT, "build"), help="a build folder")
    parser.add_argument("--parts", default=",".join(PARTS), help="some of " + ",".join(PARTS))
    parser.add_argument("--samplers", default="random,sobol,zoom,tpe,auto")
    parser.add_argument("--quick", action="store_true", help="fewer and smaller runs")
    parser.add_argument("--json", action="store_true", help="JSON instead of a table")
    options = parser.parse_args()
    bench = Bench(options)
    library = os.path.basename(os.path.realpath(os.path.join(bench.build, "src/libcaviar.so")))
    subprocess.run(["ninja", "-C", bench.build, "src/caviar", "src/" + library,
                    "bench/overhead/bench_overhead"], check=True, stdout=subprocess.DEVNULL)
    for part in options.parts.split(","):
        globals()["measure_" + part](bench)
    if options.json:
        json.dump(bench.rows, sys.stdout, indent=1)
        print()
    else:
        print_table(bench.rows)


if __name__ == "__main__":
    main()
