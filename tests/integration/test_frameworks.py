#!/usr/bin/env python3
"""
test_frameworks.py: the examples that train with a framework, where it is installed. Each is held to
the same: a trial that was paused and taken up again has the learning curve of one that never was;
a nudge changes it from its step on, and a rollback takes that back.

A run by hand, with no tuner, says what the curve would have been.
"""
import json
import os
import re
import signal
import sys
from collections import namedtuple

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'support'))
from examples import command, example, interpreter, run, surroundings, with_trials  # noqa: E402
from harness import CASES, ROOT, case, equal, main, read, wait_until  # noqa: E402

Framework = namedtuple('Framework', 'folder modules metric rate can_restore')
FRAMEWORKS = [
    Framework('pytorch', ['torch'], 'loss', 'lr', True),
    Framework('xgboost', ['xgboost', 'numpy'], 'valid-logloss', 'learning_rate', False),
    Framework('keras', ['keras'], 'val_loss', 'lr', False),
    Framework('jax', ['jax', 'optax'], 'loss', 'lr', True),
]
LONG = 600  # steps of a training that is met while it runs


class Bench:
    """An example, its interpreter, and the box in which it is run."""

    def __init__(self, box, framework):
        self.box, self.framework = box, framework
        self.env = surroundings(box, interpreter(*framework.modules))
        self.words = command(framework.folder, 'train.py')

    def show(self, number):
        return self.box.json('show', number, '--store', 'caviar.db')

    def curve(self, number):
        return self.points(self.show(number)['curve'])

    def points(self, series):
        return [(point['step'], point[self.framework.metric]) for point in series]

    def by_hand(self, config, steps, seed):
        """The curve of a run without a tuner."""
        words = ['python3', example(self.framework.folder, 'train.py'), '--seed', str(seed),
                 '--rounds' if self.framework.folder == 'xgboost' else '--epochs', str(steps)]
        for name, value in config.items():
            words += ['--' + name.replace('_', '-'), repr(value)]
        printed = run(self.box, words, self.env)
        found = re.findall(r'^caviar: step=(\d+) \S+=(\S+)$', printed, flags=re.M)
        return [(int(step), float(value)) for step, value in found]

    def start(self, words):
        return self.box.start_words(words, **{name: self.env[name] for name in (
            'PATH', 'CAVIAR_STORE', 'PYTHONPATH', 'PYTHONDONTWRITEBYTECODE')})

    def start_long(self):
        """Starts one trial of many steps, and waits until it has reported some."""
        words = list(self.words)
        words[words.index('--steps') + 1] = str(LONG)
        words[words.index('--scheduler') + 1] = 'none'
        words = with_trials(words, 1)
        words += ['--keep', '0'] if self.framework.folder == 'pytorch' else []
        program = next(word for word in words if word.startswith('examples/'))
        words[words.index(program)] = example(self.framework.folder, 'train.py')
        started = self.start(words)
        wait_until('it has begun', lambda: self.box.caviar('show', 0, '--store', 'caviar.db',
                                                           status=None).status == 0)
        wait_until('it reports', lambda: len(self.curve(0)) > 1)
        return started

    def stand_still(self, is_still):
        for pid, _ in self.box.processes():
            os.kill(pid, signal.SIGSTOP if is_still else signal.SIGCONT)


def a_paused_trial_goes_on_as_if_it_had_never_been_paused(bench):
    started = bench.start_long()
    bench.stand_still(True)
    bench.box.caviar('pause', '--trial', 0, '--store', 'caviar.db')
    bench.stand_still(False)
    started.wait(0)
    trial = bench.show(0)['trial']
    equal(trial['state'], 'paused')
    assert 1 < trial['step'] < LONG, trial
    bench.box.caviar('resume', '--trial', 0, '--store', 'caviar.db')
    bench.start(['caviar', 'resume', '--store', 'caviar.db', '-q']).wait(0)
    shown = bench.show(0)
    equal((shown['trial']['state'], shown['trial']['attempt']), ('complete', 2))
    equal(shown.get('given_up', []), [])  # no step was made twice
    equal(bench.curve(0), bench.by_hand(trial['config'], LONG, trial['seed']))


def a_nudge_is_obeyed_and_a_rollback_takes_it_back(bench):
    started = bench.start_long()
    bench.stand_still(True)
    rate = bench.show(0)['trial']['config'][bench.framework.rate]
    bench.box.caviar('nudge', 0, f'{bench.framework.rate}={rate / 4}', '--store', 'caviar.db')
    bench.stand_still(False)
    wait_until('the nudge was obeyed',
               lambda: bench.show(0)['nudges'][0].get('step') is not None)
    step = bench.show(0)['nudges'][0]['step']
    wait_until('it went on', lambda: bench.curve(0)[-1][0] > step)
    if bench.framework.can_restore:
        bench.box.caviar('rollback', 0, '--store', 'caviar.db')
    started.wait(0)
    shown = bench.show(0)
    config = {**shown['trial']['config'], bench.framework.rate: rate}
    curve, plain = bench.curve(0), bench.by_hand(config, LONG, shown['trial']['seed'])
    equal(len(curve), LONG)
    equal(curve[:step], plain[:step])
    if bench.framework.can_restore:
        equal(curve, plain)
        given_up = bench.points(shown['given_up'][0])
        assert given_up[0][0] == step + 1 and given_up[0] != plain[step], given_up[:2]
    else:
        assert curve[step] != plain[step], curve[step]


def hold(framework, rule):
    def held(box):
        rule(Bench(box, framework))
    held.__name__ = f'{framework.folder}_{rule.__name__}'
    CASES.append(held)


for one in FRAMEWORKS:
    hold(one, a_paused_trial_goes_on_as_if_it_had_never_been_paused)
    hold(one, a_nudge_is_obeyed_and_a_rollback_takes_it_back)


PAGE = os.path.join(ROOT, 'docs', 'frameworks.md')
AROUND = {  # what the page's examples are the middle of
    'torch': ('loss', '''
import caviar, torch
from caviar.torch import Checkpoints, apply_changes
model = torch.nn.Linear(1, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=caviar.params()["lr"])
def loss_of(model):
    return float(model.weight.square())
def train_epoch(model, optimizer):
    optimizer.zero_grad()
    model.weight.square().sum().backward()
    optimizer.step()
'''),
    'keras': ('val_loss', '''
import keras, numpy
from caviar.keras import CaviarCallback
x = y = numpy.arange(20.0)
def build():
    model = keras.Sequential([keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    return model
'''),
    'xgboost': ('valid-logloss', '''
import numpy, xgboost
from caviar.xgboost import CaviarCallback
data = numpy.arange(40.0).reshape(-1, 1)
train = valid = xgboost.DMatrix(data, label=data[:, 0] > 20)
params = {"objective": "binary:logistic", "eval_metric": "logloss"}
'''),
}


def run_the_page(modules, which):
    def run_page(box):
        example = re.findall(r'^```python\n(.*?)^```$', read(PAGE), flags=re.M | re.S)[which]
        metric, before = AROUND[modules[0]]
        box.file('page.py', before + example)
        env = surroundings(box, interpreter(*modules))
        run(box, ['caviar', 'run', '-n', '1', '--steps', '3', '--minimize', metric, '--',
                  'python3', box.path('page.py'), '{lr: log 0.001 0.1}'], env)
        shown = box.json('show', '0', '--store', 'caviar.db')
        equal([point['step'] for point in shown['curve']], [1, 2, 3])
    run_page.__name__ = f'the_example_of_the_page_runs_with_{modules[0]}'
    CASES.append(run_page)


for number, needed in enumerate([['torch'], ['keras', 'numpy'], ['xgboost', 'numpy']]):
    run_the_page(needed, number)


@case
def changes_reach_every_group_of_an_optimiser_of_pytorch(box):
    box.file('groups.py', """
import torch
from caviar.torch import apply_changes
weights = [torch.nn.Parameter(torch.zeros(1)) for _ in range(2)]
adam = torch.optim.Adam([{"params": weights[:1]}, {"params": weights[1:], "lr": 0.5}], lr=0.1)
taken = apply_changes(adam, {"lr": 0.25, "beta1": 0.5, "weight_decay": 0.125, "units": 3,
                             "params": 0})
print(sorted(taken), [(group["lr"], group["betas"], group["weight_decay"], len(group["params"]))
                      for group in adam.param_groups])
""")
    env = surroundings(box, interpreter('torch'))
    equal(run(box, ['python3', box.path('groups.py')], env),
          "['beta1', 'lr', 'weight_decay'] [(0.25, (0.5, 0.999), 0.125, 1), "
          "(0.25, (0.5, 0.999), 0.125, 1)]\n")


@case
def a_metric_that_xgboost_does_not_have_is_named_with_those_it_has(box):
    env = surroundings(box, interpreter('xgboost', 'numpy'))
    with open(example('xgboost', 'train.py'), encoding='utf-8') as file:
        box.file('train.py', file.read().replace('"valid-logloss"', '"valid-auc"'))
    words = ['python3', '-c', f'import runpy; runpy.run_path({box.path("train.py")!r}, '
             'run_name="__main__")']
    done = run(box, ['sh', '-c', f'{json.dumps(words[0])} "$@" 2>&1; true', 'sh'] + words[1:], env)
    assert 'there is no valid-auc; there is valid-logloss' in done, done


main()
