#!/usr/bin/env python3
"""
priors.py: what beliefs are worth: the regret of a study whose parameters have none, right and wrong
ones, each with medium confidence.

    priors.py --bench DIR --best FILE [--targets a,b] [--seeds 8] [--trials 50] [--out FILE]

right  the best configuration that is known, off by a deviation of 0.05 of each range
wrong  a configuration of the worst decile of 200 random ones
"""
import json
import math
import random

import common

POINTS = (5, 10, 20, 50)
RANDOM = 200


def value_at(p, u):
    """The value of a parameter at a unit coordinate."""
    if p.type == "cat":
        return p.choices[min(int(u * len(p.choices)), len(p.choices) - 1)]
    value = p.low * (p.high / p.low) ** u if p.log else p.low + u * (p.high - p.low)
    return int(min(max(round(value), p.low), p.high)) if p.type == "int" else value


def coordinate(p, value):
    if p.type == "cat":
        return (p.choices.index(value) + 0.5) / len(p.choices)
    if p.log:
        return math.log(value / p.low) / math.log(p.high / p.low)
    return (value - p.low) / (p.high - p.low)


def near(problem, best, draw):
    """A choice stays; a number moves a little."""
    beliefs = {}
    for p in problem.space:
        if p.name not in best:
            continue  # inactive in the best configuration
        u = coordinate(p, best[p.name])
        moved = u if p.type == "cat" else min(1, max(0, draw.gauss(u, 0.05)))
        beliefs[p.name] = value_at(p, moved)
    return beliefs


def poor(problem, draw):
    """One of the worst tenth of random configurations."""
    tried = []
    for i in range(RANDOM):
        config = {p.name: value_at(p, draw.random()) for p in problem.space}
        tried.append((problem.evaluate(config), i, config))
    tried.sort(reverse=True)
    return draw.choice(tried[:RANDOM // 10])[2]


def run_once(args, problem, best, kind, seed):
    draw = random.Random(f"{problem.name} {seed}")
    beliefs = {"none": lambda: {}, "right": lambda: near(problem, best, draw),
               "wrong": lambda: poor(problem, draw)}[kind]()
    space = common.space_of(problem)
    for p in problem.space:
        if p.name in beliefs:
            value = beliefs[p.name]
            space[p.name]["prior"] = {"value": str(value) if p.type == "cat" else value,
                                      "confidence": "medium"}
    pipe = common.Pipe(args.caviar, space=space, seed=seed, budget={"trials": args.trials})
    losses = pipe.run(problem, problem.evaluate, args.trials)
    pipe.close()
    return losses


def scale_of(problem, least):
    """What random configurations lose, in the median: the unit of regret."""
    draw = random.Random(problem.name)
    return common.median_of(problem.evaluate({p.name: value_at(p, draw.random())
                                              for p in problem.space})
                            for _ in range(RANDOM)) - least


def report(args, found, least, scales, kinds):
    seeds = range(args.first_seed, args.first_seed + args.seeds)
    points = [point for point in POINTS if point <= args.trials]
    print("mean regret over seeds; 1 is the median of random configurations\n")
    print("target".ljust(20) + "beliefs".ljust(9) + "".join(f"{point:>8}" for point in points))
    sums = {}
    for name, value in least.items():
        for kind in kinds:
            line = name.ljust(20) + kind.ljust(9)
            for point in points:
                regret = sum(common.best_after(found[name, kind, s], point) - value
                             for s in seeds) / len(seeds) / scales[name]
                sums[kind, point] = sums.get((kind, point), 0) + regret
                line += f"{regret:8.3f}"
            print(line)
    for kind in kinds:
        line = "mean of these".ljust(20) + kind.ljust(9)
        for point in points:
            line += f"{sums[kind, point] / len(least):8.3f}"
        print(line)


def main():
    parser = common.arguments(__doc__)
    parser.add_argument("--targets", default="lcbench-7593,lcbench-126025,lcbench-167168,"
                        "rbv2_rpart-1501,rbv2_rpart-1462,rbv2_xgboost-16,rbv2_xgboost-1056")
    parser.add_argument("--best", required=True, help="the best configurations known, as JSON")
    parser.add_argument("--kinds", default="none,right,wrong")
    parser.add_argument("--trials", type=int, default=50)
    args = parser.parse_args()
    problems, kinds = common.problems(args.bench), args.kinds.split(",")
    with open(args.best, encoding="utf-8") as file:
        known = json.load(file)
    found, least, scales = {}, {}, {}
    for name in args.targets.split(","):
        problem, best = problems.get(name), known[name]
        for seed in range(args.first_seed, args.first_seed + args.seeds):
            for kind in kinds:
                losses = run_once(args, problem, best["config"], kind, seed)
                found[name, kind, seed] = losses
                common.keep(args.out, target=name, kind=kind, seed=seed, losses=losses)
        least[name] = min([best["value"]] + [min(losses) for key, losses in found.items()
                                             if key[0] == name])
        scales[name] = scale_of(problem, least[name])
    report(args, found, least, scales, kinds)


if __name__ == "__main__":
    main()
