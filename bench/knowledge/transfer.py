#!/usr/bin/env python3
"""
transfer.py: what `from` is worth: the regret of a study on one LCBench data set that learns from
none, a related, several related, an unrelated and a reversed earlier study.

    transfer.py --bench DIR [--targets a,b] [--seeds 5] [--trials 30] [--out FILE]

related    60 trials of Caviar on another LCBench data set, the first of --sources; with --sources
           nearest on the one whose losses of 1000 random configurations rank most like the target's
several    that on each of --sources
unrelated  the same parameters, but a bowl around a point that is drawn for each seed
reversed   60 trials on the target itself with its loss turned round: its best is the worst here
"""
import os
import random
import shutil
import statistics
import tempfile

import common

EARLIER_TRIALS = 60
POINTS = (5, 10, 20, 30, 50)


def bowl(problem, seed):
    draw = random.Random(seed)
    centre = [draw.random() for _ in problem.space]
    weight = [draw.random() for _ in problem.space]
    return lambda config: sum(w * (u - c) ** 2 for w, u, c in
                              zip(weight, common.unit(problem, config), centre))


def ranks_of(problems):
    """For each LCBench data set, how the losses of 1000 random configurations rank."""
    draw = random.Random(3)
    ranks = {}
    configs = []
    for name in problems.names():
        if name.startswith("lcbench-"):
            problem = problems.get(name)
            configs = configs or [{p.name: p.from_unit(draw.random()) for p in problem.space}
                                  for _ in range(1000)]
            losses = [problem.evaluate(config) for config in configs]
            order = sorted(range(len(losses)), key=losses.__getitem__)
            ranks[name] = [rank for _, rank in sorted(zip(order, range(len(order))))]
    return ranks


def nearest_of(ranks, name):
    """The other data set whose losses rank most like this one's, and how alike (rho)."""
    alike = {other: statistics.correlation(of, ranks[name])
             for other, of in ranks.items() if other != name}
    return max(alike.items(), key=lambda at: at[1])


def make_earlier(args, problem, losses, seed, store):
    """A study of the store for each of the losses: their names."""
    names = [f"earlier{i}" for i in range(len(losses))]
    if os.path.exists(store):
        return names
    for name, loss in zip(names, losses):
        pipe = common.Pipe(args.caviar, store, study=name, space=common.space_of(problem),
                           seed=seed, budget={"trials": EARLIER_TRIALS})
        pipe.run(problem, loss, EARLIER_TRIALS)
        pipe.close()
    return names


def run_once(args, folder, target, sources, kind, seed):
    related = [source.evaluate for source in sources]
    losses = {"none": [], "related": related[:1], "several": related,
              "unrelated": [bowl(target, seed)],
              "reversed": [lambda config: -target.evaluate(config)]}[kind]
    definition = {"study": "new", "space": common.space_of(target), "seed": seed,
                  "budget": {"trials": args.trials}}
    store = None
    if kind != "none":
        earlier = os.path.join(folder, f"{target.name}-{kind}-{seed % 3}.db")
        definition["from"] = make_earlier(args, target, losses, 1000 + seed % 3, earlier)
        store = os.path.join(folder, "run.db")
        shutil.copy(earlier, store)
    pipe = common.Pipe(args.caviar, store, **definition)
    losses = pipe.run(target, target.evaluate, args.trials)
    pipe.close()
    return losses


def main():
    parser = common.arguments(__doc__)
    parser.add_argument("--targets", default="lcbench-7593,lcbench-126025,lcbench-167168")
    parser.add_argument("--sources", default="lcbench-189908,lcbench-168868,lcbench-189354")
    parser.add_argument("--kinds", default="none,related,several,unrelated,reversed")
    parser.add_argument("--trials", type=int, default=30)
    parser.add_argument("--best", default=None, help="best_known.json; else the best of all runs")
    args = parser.parse_args()
    problems = common.problems(args.bench)
    by_rank = args.sources == "nearest"
    ranks = ranks_of(problems) if by_rank else {}
    sources = [] if by_rank else [problems.get(name) for name in args.sources.split(",")]
    kinds = args.kinds.split(",")
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        for name in args.targets.split(","):
            target = problems.get(name)
            if by_rank:
                source, rho = nearest_of(ranks, name)
                print(f"{name}: nearest is {source}, rank correlation {rho:.2f}", flush=True)
                sources = [problems.get(source)]
            for seed in range(args.first_seed, args.first_seed + args.seeds):
                for kind in kinds:
                    losses = run_once(args, folder, target, sources, kind, seed)
                    found[name, kind, seed] = losses
                    common.keep(args.out, target=name, kind=kind, seed=seed, losses=losses)
    report(args, found, kinds)


def report(args, found, kinds):
    names = args.targets.split(",")
    seeds = range(args.first_seed, args.first_seed + args.seeds)
    least = {n: min(min(v) for k, v in found.items() if k[0] == n) for n in names}
    points = [p for p in POINTS if p <= args.trials]
    regret = {(n, k, p): common.median_of(common.best_after(found[n, k, s], p) - least[n]
                                          for s in seeds)
              for n in names for k in kinds for p in points}
    print("median regret over seeds, mean over targets; behind it, as a part of that without an "
          "earlier study\n")
    print("earlier".ljust(12) + "".join(f"{p:>16}" for p in points))
    for kind in kinds:
        line = kind.ljust(12)
        for point in points:
            mean, without = (sum(regret[n, k, point] for n in names) / len(names)
                             for k in (kind, "none"))
            line += f"{mean:.3f} ({mean / max(without, 1e-9):.2f})".rjust(16)
        print(line)


if __name__ == "__main__":
    main()
