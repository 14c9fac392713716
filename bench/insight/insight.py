#!/usr/bin/env python3
"""How long importance takes and what it says, beside Optuna's fANOVA on the same trials.

    bench/insight/insight.py [--build BUILD] [--trials 1000] [--parameters 10] [--json]

Processor time of one process each, in one run. Optuna is measured where Python can import it.
"""

import argparse
import json
import math
import pathlib
import random
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]


def loss(x, draw):
    """Ishigami's function of the first three, a slope in the fourth, noise of a tenth."""
    a, b, c = (math.pi * (2 * u - 1) for u in x[:3])
    clean = math.sin(a) * (1 + 0.1 * c ** 4) + 7 * math.sin(b) ** 2
    return clean + (4 * x[3] if len(x) > 3 else 0) + draw.gauss(0, 1)


def make(trials, parameters, seed):
    draw = random.Random(seed)
    points = [[draw.random() for _ in range(parameters)] for _ in range(trials)]
    return points, [loss(x, draw) for x in points]


def measure(build, method, points, losses):
    lines = [f'{len(points)} {len(points[0])}']
    lines += [' '.join(map(repr, x + [y])) for x, y in zip(points, losses)]
    done = subprocess.run([build / 'bench/insight/bench_insight', method], text=True, check=True,
                          input='\n'.join(lines) + '\n', stdout=subprocess.PIPE)
    answer = json.loads(done.stdout)
    items = answer['measurement']['parameters']
    return answer['seconds'], {one['parameter']: one for one in items}, answer['measurement']


def measure_optuna(points, losses, seed):
    import optuna
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    names = [f'x{i}' for i in range(len(points[0]))]
    ranges = {name: optuna.distributions.FloatDistribution(0, 1) for name in names}
    study = optuna.create_study()
    study.add_trials([
        optuna.trial.create_trial(params=dict(zip(names, x)), distributions=ranges, value=y)
        for x, y in zip(points, losses)])
    start = time.process_time()
    shares = optuna.importance.FanovaImportanceEvaluator(seed=seed).evaluate(study)
    return time.process_time() - start, shares


def compare(points, losses, build):
    """Both fANOVAs on the same trials, each normalised over the parameters."""
    seconds, ours, _ = measure(build, 'fanova', points, losses)
    whole = sum(one['share'] for one in ours.values())
    rows = {'caviar_seconds': seconds}
    try:
        theirs_seconds, theirs = measure_optuna(points, losses, 1)
    except ImportError:
        return rows
    slack = 0.005
    rows.update(optuna_seconds=theirs_seconds, ratio=theirs_seconds / seconds, shares={
        name: {'caviar': one['share'] / whole, 'optuna': theirs[name],
               'is_within': one['low'] / whole - slack <= theirs[name]
                            <= one['high'] / whole + slack}
        for name, one in sorted(ours.items())})
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--build', default=ROOT / 'build', type=pathlib.Path)
    parser.add_argument('--trials', default=1000, type=int)
    parser.add_argument('--parameters', default=10, type=int)
    parser.add_argument('--json', action='store_true')
    words = parser.parse_args()
    subprocess.run(['ninja', '-C', words.build, 'bench/insight/bench_insight'], check=True,
                   stdout=subprocess.DEVNULL)
    points, losses = make(words.trials, words.parameters, 1)
    many = make(100_000, words.parameters, 2)
    found = compare(points, losses, words.build)
    found['other_seconds'] = {
        method: measure(words.build, method, points, losses)[0]
        for method in ('ped-anova', 'shapley', 'fanova-pairs')}
    found['ped_anova_100000_seconds'] = min(
        measure(words.build, 'ped-anova', *many)[0] for _ in range(3))
    if words.json:
        json.dump(found, sys.stdout, indent=2)
        print()
        return
    print(f'fANOVA, {words.trials} trials, {words.parameters} parameters: '
          f'{found["caviar_seconds"]:.3f} s')
    if 'ratio' in found:
        print(f'Optuna: {found["optuna_seconds"]:.2f} s, {found["ratio"]:.0f} times as long')
        print('          caviar  Optuna  (normalised)')
        for name, one in found['shares'].items():
            mark = '' if one['is_within'] else '  beyond the spread over the trees'
            print(f'{name:>8}  {one["caviar"]:6.3f}  {one["optuna"]:6.3f}{mark}')
    for method, seconds in found['other_seconds'].items():
        print(f'{method}: {seconds:.3f} s')
    print(f'ped-anova, 100000 trials: {found["ped_anova_100000_seconds"]:.3f} s')


if __name__ == '__main__':
    main()
