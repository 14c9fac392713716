#!/usr/bin/python3
"""Four small tables, one minute of tuning each: Caviar with caviar-train, and scikit-learn's MLP.

    tabular.py [--seconds N] [--splits N] [--sets NAME...] [--folder DIR]

Debian's python3-sklearn brings the data (digits, wine, breast_cancer, diabetes) and the peer:
MLPClassifier or MLPRegressor behind a StandardScaler, tuned by random search. Both have the same
training and test rows, one core, and the same time; both hold out a fifth of the training rows,
stratified, to judge a trial by its loss (of diabetes by its squared error), train the best
configuration anew on all training rows from five seeds, and are judged by the mean over these on
the test rows, which no trial has seen. Needs caviar and caviar-train on the PATH.
"""
import argparse
import csv
import math
import os
import random
import re
import statistics
import subprocess
import time
import warnings

os.environ['OPENBLAS_NUM_THREADS'] = '1'
import numpy
from sklearn import datasets
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

SETS = {'digits': datasets.load_digits, 'wine': datasets.load_wine,
        'breast_cancer': datasets.load_breast_cancer, 'diabetes': datasets.load_diabetes}
SEEDS = range(1, 6)

STUDY = """
study: {name}
command: caviar-train --data {{data}} --target target --task {task} --optimizer {{optimizer}}
         --lr {{lr}} --batch {{batch}} --units {{units}} --layers {{layers}} --dropout {{dropout}}
         --l2 {{l2}} --activation {{activation}} --batch-norm {{batch-norm}} --epochs {{epochs}}
         --checkpoint none
metric: {{name: {metric}, direction: minimize}}
durability: normal
seed: 1
space:
  optimizer: [adam, momentum]
  lr: {{type: float, scale: log, low: 1e-4, high: 0.1, tier: most}}
  batch: {{type: int, scale: log, low: 8, high: 64, step: x2, tier: medium}}
  units: {{type: int, scale: log, low: 8, high: 256, tier: medium}}
  layers: {{type: int, low: 1, high: 3, tier: least}}
  epochs: {{type: int, scale: log, low: 10, high: 200, tier: medium}}
  dropout: {{type: float, low: 0, high: 0.5, tier: least}}
  l2: {{type: float, scale: log, low: 1e-6, high: 1, special: [0], tier: least}}
  activation: [relu, tanh]
  batch-norm: ["on", "off"]
"""


def write_table(path, features, target):
    with open(path, 'w', newline='', encoding='utf-8') as file:
        table = csv.writer(file)
        table.writerow([f'x{i}' for i in range(features.shape[1])] + ['target'])
        for row, value in zip(features, target):
            table.writerow([repr(float(x)) for x in row] + [value])


def split(name, number, folder):
    """Training and test rows, as arrays and as CSV files; the same for both sides."""
    data = SETS[name]()
    is_quantity = name == 'diabetes'
    parts = train_test_split(data.data, data.target, test_size=0.25, random_state=number,
                             stratify=None if is_quantity else data.target)
    write_table(f'{folder}/{name}-{number}-train.csv', parts[0], parts[2])
    write_table(f'{folder}/{name}-{number}-test.csv', parts[1], parts[3])
    return parts


# Caviar ---------------------------------------------------------------------------------------

def tune_caviar(name, number, seconds, folder):
    """The mean test error (or RMSE) over the seeds, and the trials."""
    is_quantity = name == 'diabetes'
    table, store = f'{folder}/{name}-{number}-train.csv', f'{folder}/{name}-{number}.db'
    file = f'{folder}/{name}.yaml'
    with open(file, 'w', encoding='utf-8') as study:
        study.write(STUDY.format(name=name, task='regression' if is_quantity else 'classification',
                                 metric='val_rmse' if is_quantity else 'val_loss'))
    where = ['--store', store, '--study', name]
    subprocess.run(['caviar', 'run', file, '--time', f'{seconds}s', '--set', f'data={table}',
                    '--quiet', *where], stdout=subprocess.DEVNULL, check=False)
    best = subprocess.run(['caviar', 'best', '--config', *where], stdout=subprocess.PIPE, text=True,
                          check=True).stdout
    config = [word for pair in best.split() for word in ('--' + pair.split('=', 1)[0],
                                                         pair.split('=', 1)[1])]
    trials = subprocess.run(['caviar', 'export', *where], stdout=subprocess.PIPE, text=True,
                            check=True).stdout.count('\n') - 1
    results = []
    for seed in SEEDS:
        end = subprocess.run(['caviar-train', '--data', table, '--target', 'target', *config,
                              '--task', 'regression' if is_quantity else 'classification',
                              '--validation', '0', '--test', '--seed', str(seed)],
                             stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                             check=True)
        results.append(float(re.search(r'test_(?:error|rmse)=(\S+)', end.stdout)[1]))
    return statistics.mean(results), trials


# scikit-learn ---------------------------------------------------------------------------------

def draw_config(draw):
    layers = draw.randint(1, 3)
    units = round(math.exp(draw.uniform(math.log(8), math.log(256))))
    return {'hidden_layer_sizes': (units,) * layers,
            'alpha': 10 ** draw.uniform(-6, 0),
            'learning_rate_init': 10 ** draw.uniform(-4, -1),
            'batch_size': draw.choice([8, 16, 32, 64]),
            'activation': draw.choice(['relu', 'tanh']),
            'solver': draw.choice(['adam', 'sgd']),
            'max_iter': round(math.exp(draw.uniform(math.log(10), math.log(200))))}


def fit(config, is_quantity, seed, features, target):
    kind = MLPRegressor if is_quantity else MLPClassifier
    net = make_pipeline(StandardScaler(), kind(random_state=seed, **config))
    return net.fit(features, target)


def tune_sklearn(name, number, seconds, parts):
    is_quantity = name == 'diabetes'
    features, test_features, target, test_target = parts
    a, b, ya, yb = train_test_split(features, target, test_size=0.2, random_state=1,
                                    stratify=None if is_quantity else target)
    # the regressor does not scale its target by itself, and needs it scaled
    mean, deviation = (ya.mean(), ya.std()) if is_quantity else (0, 1)
    draw = random.Random(number)
    best, best_loss, trials, end = None, math.inf, 0, time.monotonic() + seconds
    while time.monotonic() < end:
        config = draw_config(draw)
        try:
            net = fit(config, is_quantity, 1, a, (ya - mean) / deviation if is_quantity else ya)
            loss = ((net.predict(b) - (yb - mean) / deviation) ** 2).mean() if is_quantity \
                else log_loss(yb, net.predict_proba(b), labels=net.classes_)
        except ValueError: # diverged
            loss = math.inf
        trials += 1
        if loss < best_loss:
            best, best_loss = config, loss
    results = []
    for seed in SEEDS:
        if is_quantity:
            net = fit(best, True, seed, features, (target - mean) / deviation)
            answers = net.predict(test_features) * deviation + mean
            results.append(math.sqrt(((answers - test_target) ** 2).mean()))
        else:
            net = fit(best, False, seed, features, target)
            results.append(float((net.predict(test_features) != test_target).mean()))
    return statistics.mean(results), trials


def main():
    parser = argparse.ArgumentParser(description='Tunes four small tables with both.')
    parser.add_argument('--seconds', type=int, default=60, help='of tuning, for each')
    parser.add_argument('--splits', type=int, default=1, help='into training and test rows')
    parser.add_argument('--sets', nargs='+', choices=SETS, default=list(SETS))
    parser.add_argument('--folder', default='tabular', help='where tables and studies go')
    options = parser.parse_args()
    os.makedirs(options.folder, exist_ok=True)
    warnings.filterwarnings('ignore')
    numpy.seterr(all='ignore')
    print(f'{"table":14} {"split":>5} {"caviar":>9} {"sklearn":>9} {"ratio":>6} {"trials":>13}')
    for name in options.sets:
        sums = [0, 0]
        for number in range(options.splits):
            parts = split(name, number, options.folder)
            ours, our_trials = tune_caviar(name, number, options.seconds, options.folder)
            theirs, their_trials = tune_sklearn(name, number, options.seconds, parts)
            sums = [sums[0] + ours, sums[1] + theirs]
            ratio = ours / theirs if theirs else math.nan
            print(f'{name:14} {number:5} {ours:9.4f} {theirs:9.4f} {ratio:6.3f} '
                  f'{our_trials:6} {their_trials:6}', flush=True)
        mean = [total / options.splits for total in sums]
        print(f'{name:14} {"mean":>5} {mean[0]:9.4f} {mean[1]:9.4f} '
              f'{mean[0] / mean[1] if mean[1] else math.nan:6.3f}', flush=True)


if __name__ == '__main__':
    main()
