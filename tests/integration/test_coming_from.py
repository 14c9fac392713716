#!/usr/bin/env python3
"""
test_coming_from.py: every line of docs/coming-from.md, in the place that its last column names. A
table is one case; its lines are run one after the other, in one folder.
"""
import json
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'support'))
from harness import CASES, PATIENCE, ROOT, environment, equal, main, read, wait_until  # noqa: E402

PAGE = os.path.join(ROOT, 'docs', 'coming-from.md')
TABLES = {'Optuna': 25, 'Ray Tune': 15, 'W&B Sweeps': 12, 'Syne Tune': 10}  # the least of lines

TRAIN = """import sys
sys.path.insert(0, %r)
import caviar
x = sum(float(word) for word in sys.argv if word.replace(".", "").replace("e-", "").isdigit())
for epoch in range(1, 4):
    loss = 1 / (epoch + x)
    %s
print("accuracy=%%s" %% (1 - loss))
print("loss=%%s" %% loss)
"""
SPACE = """  lr: {type: float, scale: log, low: 1e-5, high: 1}
  optimizer: [sgd, adam]
"""
FILE = {
    'study': 'mnist', 'command': 'python3 train.py {lr}', 'metric': 'loss', 'seed': '1',
    'budget': '{trials: 3}', 'steps': '3',
}
SWEEP = """program: train.py
method: random
run_cap: 2
metric: {name: loss, goal: minimize}
parameters:
  lr: {min: 0.1, max: 0.5}
command: [python3, "${program}", "${args_no_hyphens}"]
"""
TABLES_OF_TRIALS = {
    'runs.csv': ',number,value,params_lr,state\n0,0,0.5,0.1,COMPLETE\n1,1,0.25,0.2,COMPLETE\n',
    'wandb.csv': '"Name","State","lr","act","loss"\n"calm","finished","0.1","relu","0.5"\n'
                 '"odd","crashed","0.2","tanh",""\n',
}


def tables():
    """The page's tables: {heading: [(what is done there, the line here, where)]}"""
    found = {}
    for section in re.split(r'^## ', read(PAGE), flags=re.M)[1:]:
        heading, _, body = section.partition('\n')
        rows = [row.strip('|').split(' | ') for row in body.splitlines() if row.startswith('| ')]
        found[heading] = [(row[0].strip(), row[1], row[2].strip()) for row in rows[2:]]
    return found


def lines_of(cell):
    return re.findall(r'`([^`]+)`', cell)


def study_file(keys, more=''):
    """A study file in which these keys are in place of what is there of the same meaning."""
    same = {'metrics': 'metric'}
    all_keys = {key: value for key, value in FILE.items()
                if key not in [same.get(name, name) for name in keys]}
    all_keys.update(keys)
    space = SPACE
    name = more.split(':')[0]
    if more:
        space = ''.join(line + '\n' for line in SPACE.splitlines()
                        if not line.startswith(f'  {name}:')) + f'  {more}\n'
        if 'lr' not in space:
            space += '  lr: 0.1\n'
    return ''.join(f'{key}: {value}\n' for key, value in all_keys.items()) + 'space:\n' + space


def tries(box, text, values=1):
    """Opens a study with a study file, and takes a trial through its steps."""
    box.file('tried.yaml', text)
    words = [{'cmd': 'init', 'study': 'tried.yaml'}, {'cmd': 'ask'}]
    words += [{'cmd': 'report', 'id': 0, 'step': 1, 'value': 0.5}] if values == 1 else []
    words += [{'cmd': 'tell', 'id': 0, 'values': [0.25] * values}]
    done = box.caviar('pipe', stdin=''.join(json.dumps(word) + '\n' for word in words))
    answers = [json.loads(line) for line in done.out.splitlines()]
    if len(answers) == 4 and answers[2].get('verdict') == 'pause':
        del answers[3], words[3]  # a paused trial has nothing to tell
    assert len(answers) == len(words) and not any('error' in one for one in answers), answers
    assert answers[1]['config'], answers


def in_the_shell(box, lines, _):
    for line in lines:
        if line == 'caviar serve':
            serves(box)
            continue
        study = None if ' -- ' in line else 'mnist'  # an inline one has the program's name
        done = subprocess.run(['sh', '-c', line], cwd=box.folder, capture_output=True, text=True,
                              env=environment(CAVIAR_STUDY=study), timeout=PATIENCE, check=False)
        assert done.returncode == 0, f'{line}\n{done.stdout}\n{done.stderr}'


def serves(box):
    server = box.start('serve', '--port', '0', HOME=box.folder)
    wait_until('the dashboard is there', lambda: 'http://127.0.0.1:' in server.out())
    server.signal(15)
    server.wait()


def in_the_file(box, lines, _):
    keys = dict(re.match(r'(\w+): (.*)', line).groups() for line in lines)
    tries(box, study_file(keys), 2 if 'metrics' in keys else 1)


def in_the_space(box, lines, _):
    for line in lines:
        tries(box, study_file({}, line))


def in_the_program(box, lines, name):
    for line in lines:
        box.file('tried.py', TRAIN % (os.path.join(ROOT, 'python'), line))
        box.file('tried.yaml', study_file({'command': 'python3 tried.py {lr}',
                                           'scheduler': 'none', 'budget': '{trials: 1}'}))
        box.caviar('run', 'tried.yaml', '--store', f'{name}.db')
        curve = box.json('show', '0', '--store', f'{name}.db')['curve']
        equal([point['step'] for point in curve], [1, 2, 3])


PLACES = {'shell': in_the_shell, 'file': in_the_file, 'space': in_the_space,
          'program': in_the_program}


def hold(heading, least):
    def run(box):
        rows = tables()[heading]
        assert len(rows) >= least, f'{len(rows)} lines are fewer than {least}'
        box.file('train.py', TRAIN % (os.path.join(ROOT, 'python'), 'pass'))
        box.file('study.yaml', study_file({'budget': '{trials: 12}'}))
        box.file('sweep.yaml', SWEEP)
        for name, text in TABLES_OF_TRIALS.items():
            box.file(name, text)
        box.caviar('run', 'study.yaml')
        for number, (there, here, where) in enumerate(rows):
            lines = lines_of(here)
            assert lines, f'{there}: no line'
            try:
                PLACES[where](box, lines, f'row{number}')
            except Exception as fault:
                raise AssertionError(f'{there}: {here}: {fault}') from fault
    run.__name__ = f'every_line_for_{heading}'.replace(' ', '_')
    return run


for title, fewest in TABLES.items():
    CASES.append(hold(title, fewest))

main()
