#!/usr/bin/env python3
"""How fast caviar-train is, beside PyTorch, numpy, and the machine: see README.md.

    ninja -C build bench/trainer/bench_trainer trainer/caviar-train
    bench/trainer/bench.py --build build [--turns N] [--json FILE]
"""
import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
SAMPLES_A_TURN = 12800
MNIST = os.path.join(os.environ.get("XDG_CACHE_HOME", os.path.expanduser("~/.cache")),
                     "caviar/mnist")
PYTHON = "/usr/bin/python3"  # Debian's, which has its packages
CONFIGURATIONS = [(batch, optimizer, batch_norm) for batch in [64, 512]
                  for optimizer in ["momentum", "adam"] for batch_norm in ["off", "on"]]


def environment():
    """One thread, the processor's own BLAS core, and memory that malloc keeps."""
    kept = {name: value for name, value in os.environ.items()
            if name not in ["OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"]}
    return kept | {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1",
                   "MALLOC_TRIM_THRESHOLD_": "1000000000", "MALLOC_TOP_PAD_": "100000000",
                   "MALLOC_MMAP_THRESHOLD_": "1000000000"}


class Worker:
    """A process that trains when it is asked to, and sleeps meanwhile."""

    def __init__(self, *command):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        env=environment(), text=True)

    def send(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def receive(self):
        answer = self.process.stdout.readline().strip()
        if not answer:
            sys.exit(f"{self.process.args} has ended")
        return answer

    def ask(self, line):
        self.send(line)
        return self.receive()

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def is_there(module):
    return subprocess.run([PYTHON, "-c", f"import {module}"], capture_output=True).returncode == 0


def start_peers(data):
    """The peers that are installed."""
    peers = {}
    for name in ["torch", "numpy"]:
        if is_there(name):
            peers[name] = Worker(PYTHON, os.path.join(HERE, f"peer_{name}.py"), data)
        else:
            print(f"python3-{name} is not installed: no column for it", file=sys.stderr)
    return peers


def spread(values):
    """Median and quartiles."""
    low, middle, high = statistics.quantiles(values, n=4)
    return {"median": middle, "low": low, "high": high}


def measure(own, peers, configuration, turns):
    """One row: seconds a sample of each, turn by turn, all within a second of each other."""
    batch, optimizer, batch_norm = configuration
    asked = {"caviar": (own, "train"), "floor": (own, "floor"), "products": (own, "products")}
    asked |= {name: (worker, "train") for name, worker in peers.items()
              if name != "numpy" or batch_norm == "off"}
    for worker in {worker for worker, _ in asked.values()}:
        if worker.ask(f"make {batch} {optimizer} {batch_norm}") != "ready":
            sys.exit("a worker is not ready")
    batches = SAMPLES_A_TURN // batch
    seconds = {name: [] for name in asked}
    for turn in range(turns + 1):
        for name, (worker, word) in asked.items():
            taken = float(worker.ask(f"{word} {batches}")) / (batches * batch)
            if turn:  # the first one warms up
                seconds[name].append(taken)
    row = {"batch": batch, "optimizer": optimizer, "batch_norm": batch_norm}
    row["best"] = {name: 1e-3 / min(values) for name, values in seconds.items()}
    row["ratio"] = {name: spread([theirs / ours for theirs, ours in zip(values, seconds["caviar"])])
                    for name, values in seconds.items() if name != "caviar"}
    return row


def print_rows(rows):
    names = ["caviar", "floor", "products", "torch", "numpy"]
    print("thousands of samples a second, best turn" + " " * 20 + "caviar / the other, median "
          "(quartiles)")
    print("batch optimizer BN  " + "".join(f"{name:>9}" for name in names)
          + "".join(f"{name:>18}" for name in ["floor", "torch", "numpy"]))
    for row in rows:
        cells = [f"{row['best'][name]:9.1f}" if name in row["best"] else f"{'-':>9}"
                 for name in names]
        for name in ["floor", "torch", "numpy"]:
            ratio = row["ratio"].get(name)
            cells.append(f"{ratio['median']:6.2f} ({ratio['low']:.2f}-{ratio['high']:.2f})"
                         if ratio else f"{'-':>18}")
        print(f"{row['batch']:5} {row['optimizer']:9} {row['batch_norm']:3} " + "".join(cells))


def measure_batch_norm(binary, data, turns):
    """What batch normalisation costs, as a share of the time, in turns with and without it."""
    workers = {word: Worker(binary, data) for word in ["off", "on"]}
    costs = {}
    for worker in workers.values():
        worker.receive()
    for batch, optimizer, _ in CONFIGURATIONS[::2]:
        for word, worker in workers.items():
            worker.ask(f"make {batch} {optimizer} {word}")
        ratios = []
        for turn in range(turns + 1):
            taken = {word: float(worker.ask(f"train {SAMPLES_A_TURN // batch}"))
                     for word, worker in workers.items()}
            ratios += [taken["on"] / taken["off"] - 1] if turn else []
        costs[f"{batch} {optimizer}"] = spread(ratios)
    for worker in workers.values():
        worker.close()
    return costs


def measure_together(binary, data, turns):
    """The speed of two trainers side by side, as a share of the speed of one alone."""
    pair = [Worker(binary, data) for _ in range(2)]
    for worker in pair:
        worker.receive()
        worker.ask("make 64 momentum on")
    shares = []
    for _ in range(turns):
        alone = [float(worker.ask("train 400")) for worker in pair]
        for worker in pair:
            worker.send("train 400")
        together = [float(worker.receive()) for worker in pair]
        shares += [a / b for a, b in zip(alone, together)]
    for worker in pair:
        worker.close()
    return spread(shares)


def measure_start(program, data):
    """Until the line that stands before the first mini-batch: seconds, and those on a processor;
    and the most memory of the whole run, in MB."""
    with tempfile.TemporaryFile(mode="w+") as output:
        start = time.monotonic()
        process = subprocess.Popen(
            [program, "--data", data, "--units", "256,128", "--epochs", "1", "--checkpoint",
             "none"],
            stdout=output, stderr=subprocess.PIPE, text=True, env=environment())
        if "parameters" not in process.stderr.readline():
            sys.exit("caviar-train does not start")
        seconds = time.monotonic() - start
        with open(f"/proc/{process.pid}/schedstat", encoding="ascii") as file:
            busy = 1e-9 * int(file.read().split()[0])
        _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit("caviar-train failed")
    return seconds, busy, usage.ru_maxrss / 1024


def main():
    parser = argparse.ArgumentParser(description="How fast caviar-train is: see README.md.")
    parser.add_argument("--build", default="build", help="folder of the build")
    parser.add_argument("--data", default=MNIST, help="folder with MNIST, which ./demo fetches")
    parser.add_argument("--turns", type=int, default=12, help="turns of each, at least 2")
    parser.add_argument("--json", metavar="FILE", help="write the figures there as well")
    options = parser.parse_args()
    if not os.path.exists(os.path.join(options.data, "train-images-idx3-ubyte")):
        sys.exit(f"there is no MNIST in {options.data}; ./demo fetches it, or --data DIR")
    binary = os.path.join(options.build, "bench/trainer/bench_trainer")
    own, peers = Worker(binary, options.data), start_peers(options.data)
    figures = {"machine": own.receive(), "load_before": os.getloadavg()[0]}
    print(f"784-256-128-10, one thread, {figures['machine']}; load {figures['load_before']:.1f}")
    figures["rows"] = [measure(own, peers, configuration, options.turns)
                       for configuration in CONFIGURATIONS]
    print_rows(figures["rows"])
    for worker in [own, *peers.values()]:
        worker.close()
    figures["batch_norm_cost"] = measure_batch_norm(binary, options.data, options.turns)
    for name, cost in figures["batch_norm_cost"].items():
        print(f"batch norm costs {100 * cost['median']:.1f} % ({100 * cost['low']:.1f} to "
              f"{100 * cost['high']:.1f}), {name}")
    figures["together"] = measure_together(binary, options.data, options.turns)
    print("two side by side each keep {median:.2f} ({low:.2f}-{high:.2f}) of their speed".format(
        **figures["together"]))
    starts = [measure_start(os.path.join(options.build, "trainer/caviar-train"), options.data)
              for _ in range(5)]
    figures["start_ms"] = [1e3 * seconds for seconds, _, _ in starts]
    figures["start_busy_ms"] = [1e3 * busy for _, busy, _ in starts]
    figures["memory_mb"] = max(memory for _, _, memory in starts)
    print(f"start to the first mini-batch {min(figures['start_ms']):.0f} ms (median "
          f"{statistics.median(figures['start_ms']):.0f}), of them on the processor "
          f"{min(figures['start_busy_ms']):.0f} ms; memory {figures['memory_mb']:.0f} MB")
    figures["load_after"] = os.getloadavg()[0]
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump(figures, file, indent=1)


if __name__ == "__main__":
    main()
