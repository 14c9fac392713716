#!/usr/bin/env python3
"""
noise.py: the true value of what a tool returns after 100 trials, where every value has noise added
of half the deviation of the losses of random configurations.

    noise.py --bench DIR [--targets a,b] [--seeds 5] [--trials 100] [--tools caviar,tpe,gp]

caviar returns the configuration of `caviar best --config`; Optuna's samplers their best trial,
which is all that they have. They need python3-optuna (and its torch for gp).
"""
import json
import os
import random
import shlex
import statistics
import subprocess
import tempfile

import common


def spread_of(problem):
    draw = random.Random(7)
    losses = []
    for _ in range(200):
        config = {}
        for p in problem.space:
            config[p.name] = p.from_unit(draw.random())
        losses.append(problem.evaluate(config))
    return statistics.pstdev(losses), statistics.median(losses)


def by_caviar(args, problem, noisy, seed, folder):
    store = os.path.join(folder, "s.db")
    if os.path.exists(store):
        os.remove(store)
    pipe = common.Pipe(args.caviar, store, study="noise", space=common.space_of(problem), seed=seed,
                       budget={"trials": args.trials})
    losses = pipe.run(problem, noisy, args.trials)
    pipe.close()
    words = shlex.split(args.caviar) + ["best", "--config", "--json", "--store", store]
    out = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    found = common.config_of(problem, json.loads(out))
    lucky = min(range(len(losses)), key=losses.__getitem__)
    return found, lucky


def fit_for_torch_1():
    """Optuna's GP asks for torch 2; with Debian's 1.13 it works by what the bench folder has."""
    import optuna.samplers._gp.sampler as of_gp
    try:
        import shims
        shims.torch_device(of_gp)
    except ImportError:
        pass


def by_optuna(name):
    def run(args, problem, noisy, seed, _):
        import optuna
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        if name == "gp":
            fit_for_torch_1()
        sampler = {"tpe": optuna.samplers.TPESampler,
                   "gp": getattr(optuna.samplers, "GPSampler", None)}[name](seed=seed)
        study = optuna.create_study(sampler=sampler)

        def suggest(trial, p):
            if p.type == "cat":
                return trial.suggest_categorical(p.name, p.choices)
            if p.type == "int":
                return trial.suggest_int(p.name, int(p.low), int(p.high), log=p.log)
            return trial.suggest_float(p.name, p.low, p.high, log=p.log)

        study.optimize(lambda t: noisy({p.name: suggest(t, p) for p in problem.space}),
                       n_trials=args.trials)
        return study.best_params, None
    return run


TOOLS = {"caviar": by_caviar, "tpe": by_optuna("tpe"), "gp": by_optuna("gp")}


def main():
    parser = common.arguments(__doc__)
    parser.add_argument("--targets", default="hartmann3,lcbench-7593,lcbench-167168")
    parser.add_argument("--tools", default="caviar,tpe")
    parser.add_argument("--trials", type=int, default=100)
    args = parser.parse_args()
    print("true loss of what is returned, mean over seeds, in deviations of random "
          "configurations'\nlosses below their median: more is better\n")
    print("target".ljust(20) + "".join(t.rjust(14) for t in args.tools.split(",")))
    for name in args.targets.split(","):
        problem = common.problems(args.bench).get(name)
        spread, middle = spread_of(problem)
        line = name.ljust(20)
        for tool in args.tools.split(","):
            gains = []
            for seed in range(args.first_seed, args.first_seed + args.seeds):
                draw = random.Random(1000 + seed)

                def noisy(config):
                    return problem.evaluate(config) + draw.gauss(0, 0.5 * spread)

                with tempfile.TemporaryDirectory() as folder:
                    found, _ = TOOLS[tool](args, problem, noisy, seed, folder)
                gains.append((middle - problem.evaluate(found)) / spread)
                common.keep(args.out, target=name, tool=tool, seed=seed, gain=gains[-1])
            mean, error = statistics.mean(gains), statistics.pstdev(gains) / len(gains) ** 0.5
            line += f"{mean:.2f} +- {error:.2f}".rjust(14)
        print(line, flush=True)


if __name__ == "__main__":
    main()
