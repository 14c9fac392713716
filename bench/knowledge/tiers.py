#!/usr/bin/env python3
"""
tiers.py: what tiers are worth in few trials: `auto` with them, and with `tiers: off`.

    tiers.py --bench DIR [--targets a,b] [--seeds 10] [--trials 15] [--out FILE]

Targets are LCBench data sets (seven parameters), and `net11`: a made-up loss of eleven parameters,
which falls off with the learning rate most, with three others a third as much, and hardly with
seven.
Defaults are what people begin with.
"""
import math
import random

import common

TIERS = {"learning_rate": "most", "momentum": "medium", "batch_size": "medium",
         "max_units": "medium", "weight_decay": "least", "num_layers": "least",
         "max_dropout": "least"}
DEFAULTS = {"learning_rate": 0.01, "momentum": 0.9, "batch_size": 64, "max_units": 256,
            "weight_decay": 1e-3, "num_layers": 3, "max_dropout": 0.2}


def tiered(problem):
    space = common.space_of(problem)
    for name, parameter in space.items():
        default = DEFAULTS[name]
        parameter["tier"] = TIERS[name]
        parameter["default"] = min(max(default, parameter["low"]), parameter["high"])
    return space


class Net11:
    """Eleven coordinates; where the best is, and how far the defaults are from it, is drawn."""
    name = "net11"
    weights = [1.0] + [0.3] * 3 + [0.02] * 7

    def __init__(self, seed):
        draw = random.Random(seed)
        self.best = [draw.uniform(0.1, 0.9) for _ in self.weights]
        self.default = [min(1, max(0, b + draw.gauss(0, 0.2))) for b in self.best]

    def space_of(self):
        tiers = ["most"] + ["medium"] * 3 + ["least"] * 7
        return {f"x{i}": {"type": "float", "low": 0, "high": 1, "tier": tier, "default": d}
                for i, (tier, d) in enumerate(zip(tiers, self.default))}

    def evaluate(self, config):
        return sum(w * abs(config[f"x{i}"] - b) ** 1.5 * 4 for i, (w, b) in
                   enumerate(zip(self.weights, self.best)))


def run_once(args, target, space, tiers, seed):
    pipe = common.Pipe(args.caviar, study="tiers", space=space, seed=seed,
                       sampler={"type": "auto", "tiers": tiers}, budget={"trials": args.trials})
    losses = pipe.run(target, target.evaluate, args.trials)
    pipe.close()
    return losses


def main():
    parser = common.arguments(__doc__)
    parser.add_argument("--targets", default="net11,lcbench-7593,lcbench-126025,lcbench-167168")
    parser.add_argument("--trials", type=int, default=15)
    args = parser.parse_args()
    print(f"best loss after {args.trials} trials, mean over seeds; how often on beat off")
    print("target".ljust(18) + "       on      off  (difference +- its error)   wins")
    for name in args.targets.split(","):
        pairs = []
        for seed in range(args.first_seed, args.first_seed + args.seeds):
            target = Net11(seed) if name == "net11" else common.problems(args.bench).get(name)
            target.space = getattr(target, "space", [])
            space = target.space_of() if name == "net11" else tiered(target)
            best = {}
            for tiers in ("on", "off"):
                losses = run_once(args, target, space, tiers, seed)
                best[tiers] = min(losses)
                common.keep(args.out, target=name, tiers=tiers, seed=seed, losses=losses)
            pairs.append((best["on"], best["off"]))
        n = len(pairs)
        on, off = (sum(p[i] for p in pairs) / n for i in (0, 1))
        error = math.sqrt(sum((a - b - on + off) ** 2 for a, b in pairs) / max(1, n - 1) / n)
        wins = sum(a < b for a, b in pairs)
        print(f"{name.ljust(18)}{on:9.4f}{off:9.4f}  ({on - off:8.4f} +- {error:.4f})"
              f"    {wins}/{n}", flush=True)


if __name__ == "__main__":
    main()
