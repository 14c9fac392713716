#!/usr/bin/env python3
"""
regret.py: what it costs to have many trials at a time: how far the best of so many trials is from
the least value, for 1 to 64 workers.

    bench/cluster/regret.py [--caviar PROGRAM] [--samplers random,tpe,gp] [--workers 1,4,16,64]
                            [--trials 256] [--seeds 5] [--json]

Each worker asks when its trial has ended; trials take times that differ (exponentially
distributed), so they end in any order. The problems are three of five or six dimensions whose least
value is known: Ackley, Rosenbrock, Hartmann (Surjanovic and Bingham's Virtual Library of Simulation
Experiments). Printed is the median over the seeds of the regret, for each problem, and in `gap` its
mean over the problems as a share of what random search with one worker leaves.
"""
import argparse
import heapq
import json
import math
import os
import random
import statistics
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

HARTMANN_A = [[10, 3, 17, 3.5, 1.7, 8], [0.05, 10, 17, 0.1, 8, 14], [3, 3.5, 1.7, 10, 17, 8],
              [17, 8, 0.05, 10, 0.1, 14]]
HARTMANN_P = [[1312, 1696, 5569, 124, 8283, 5886], [2329, 4135, 8307, 3736, 1004, 9991],
              [2348, 1451, 3522, 2883, 3047, 6650], [4047, 8828, 8732, 5743, 1091, 381]]


def ackley(x):
    count = len(x)
    return (20 + math.e - 20 * math.exp(-0.2 * math.sqrt(sum(v * v for v in x) / count))
            - math.exp(sum(math.cos(2 * math.pi * v) for v in x) / count))


def rosenbrock(x):
    return sum(100 * (b - a * a) ** 2 + (1 - a) ** 2 for a, b in zip(x, x[1:]))


def hartmann(x):
    total = 0
    for weight, scales, places in zip([1, 1.2, 3, 3.2], HARTMANN_A, HARTMANN_P):
        total -= weight * math.exp(-sum(a * (v - p / 1e4) ** 2
                                        for a, v, p in zip(scales, x, places)))
    return total


# name: (function, dimensions, low, high, its least value)
PROBLEMS = {
    'ackley': (ackley, 5, -20, 32.768, 0),
    'rosenbrock': (rosenbrock, 5, -5, 10, 0),
    'hartmann': (hartmann, 6, 0, 1, -3.32237),
}


class Tuner:
    """A conversation with `caviar pipe`."""

    def __init__(self, program, sampler, problem, seed, workers):
        _, count, low, high, _ = PROBLEMS[problem]
        self.process = subprocess.Popen([program, 'pipe'], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True, bufsize=1)
        space = {f'x{i}': {'type': 'float', 'low': low, 'high': high} for i in range(count)}
        self.say(cmd='init', space=space, metric={'name': 'loss', 'direction': 'minimize'},
                 seed=seed, parallel=workers, sampler=sampler, scheduler='none')

    def say(self, **words):
        self.process.stdin.write(json.dumps(words) + '\n')
        answer = json.loads(self.process.stdout.readline())
        if 'error' in answer:
            sys.exit(f'caviar pipe: {answer["error"]}')
        return answer

    def close(self):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()


def regret(program, sampler, problem, seed, workers, trials):
    function, count, _, _, least = PROBLEMS[problem]
    tuner, draw = Tuner(program, sampler, problem, seed, workers), random.Random(seed)
    running, asked, best, now = [], 0, math.inf, 0.0
    while asked < trials or running:
        while asked < trials and len(running) < workers:
            trial = tuner.say(cmd='ask')
            asked += 1
            heapq.heappush(running, (now + draw.expovariate(1), asked, trial))
        now, _, trial = heapq.heappop(running)
        value = function([trial['config'][f'x{i}'] for i in range(count)])
        best = min(best, value)
        tuner.say(cmd='tell', id=trial['id'], value=value)
    tuner.close()
    return best - least


def measure(given, samplers, counts):
    found = {}
    for sampler in samplers:
        for workers in counts if sampler != 'random' else [1]:
            for problem in PROBLEMS:
                found[sampler, workers, problem] = statistics.median(
                    regret(given.caviar, sampler, problem, seed, workers, given.trials)
                    for seed in range(1, given.seeds + 1))
    return found


def rows_of(found):
    rows = []
    for sampler, workers in dict.fromkeys((key[0], key[1]) for key in found):
        row = {'sampler': sampler, 'workers': workers}
        row.update({name: found[sampler, workers, name] for name in PROBLEMS})
        row['gap'] = statistics.mean(row[name] / found['random', 1, name] for name in PROBLEMS)
        rows.append(row)
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[1])
    parser.add_argument('--caviar', default=os.path.join(ROOT, 'build/src/caviar'))
    parser.add_argument('--samplers', default='random,tpe,gp')
    parser.add_argument('--workers', default='1,4,16,64')
    parser.add_argument('--trials', type=int, default=256)
    parser.add_argument('--seeds', type=int, default=5)
    parser.add_argument('--json', action='store_true')
    given = parser.parse_args()
    samplers = list(dict.fromkeys(['random', *given.samplers.split(',')]))
    rows = rows_of(measure(given, samplers, [int(count) for count in given.workers.split(',')]))
    if given.json:
        print(json.dumps(rows, indent=1))
        return
    print(f'{"sampler":8} {"workers":>7} ' + ' '.join(f'{name:>11}' for name in PROBLEMS)
          + f' {"gap":>6}')
    for row in rows:
        print(f'{row["sampler"]:8} {row["workers"]:7} '
              + ' '.join(f'{row[name]:11.3g}' for name in PROBLEMS) + f' {row["gap"]:6.3f}')


main()
