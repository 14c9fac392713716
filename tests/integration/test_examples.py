#!/usr/bin/env python3
"""
test_examples.py: the examples that need no more than what is built: each is run as it says itself,
and what comes of it is computed a second time.
"""
import lzma
import math
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'support'))
from examples import command, example, has, run, surroundings, with_trials  # noqa: E402
from harness import PATIENCE, ROOT, Skip, case, environment, equal, main, read  # noqa: E402

BUILD = os.environ['CAVIAR_BUILD']


def trials_of(box):
    return box.json('trials', '--store', 'caviar.db')


def built(folder, program):
    """Runs an example that the build has made; returns what it prints."""
    path = os.path.join(BUILD, 'examples', folder, program)
    if not os.path.exists(path):
        raise Skip(f'{program} was not built')
    done = subprocess.run([path], env=environment(), stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, timeout=PATIENCE, check=False)
    assert done.returncode == 0, f'{done.stdout}\n{done.stderr}'
    equal(done.stderr, '')
    return done.stdout


@case
def every_folder_of_examples_stands_in_their_table(_):
    page = read(example('README.md'))
    folders = sorted(name for name in os.listdir(example()) if os.path.isdir(example(name)))
    equal(sorted(re.findall(r'^\| \[(\w+)\]\(\1\) \|', page, flags=re.M)), folders)


@case
def the_shell_script_reports_what_it_computes(box):
    run(box, with_trials(command('shell', 'train.sh'), 6), surroundings(box))
    trials = trials_of(box)
    equal(len(trials), 6)
    for trial in trials:
        least = math.log(trial['config']['lr'] / 0.01) ** 2 / 10 + 1 / trial['step']
        assert math.isclose(trial['values']['loss'], least, rel_tol=1e-4), trial


@case
def a_program_that_knows_nothing_is_tuned_by_a_pattern_in_its_output(box):
    if not has('xz'):
        raise Skip('there is no xz')
    words = with_trials(command('xz', 'xz.yaml'), 12)
    run(box, words, surroundings(box))
    with open(os.path.join(ROOT, words[words.index('--set') + 1].split('=')[1]), 'rb') as file:
        content = file.read()
    finders = {'hc3': lzma.MF_HC3, 'hc4': lzma.MF_HC4, 'bt2': lzma.MF_BT2, 'bt3': lzma.MF_BT3,
               'bt4': lzma.MF_BT4}
    trials = trials_of(box)
    equal(len(trials), 12)
    equal(trials[0]['config'], {'lc': 3, 'lp': 0, 'pb': 2, 'mf': 'bt4', 'nice': 64})
    for trial in trials:
        config = trial['config']
        assert config['lc'] + config['lp'] <= 4, config
        filters = [{'id': lzma.FILTER_LZMA2, 'dict_size': 1 << 20, 'mode': lzma.MODE_NORMAL,
                    'lc': config['lc'], 'lp': config['lp'], 'pb': config['pb'],
                    'mf': finders[config['mf']], 'nice_len': config['nice']}]
        packed = lzma.compress(content, format=lzma.FORMAT_RAW, filters=filters)
        equal(trial['values']['bytes'], len(packed))


@case
def the_study_in_c_finds_the_least_value(_):
    found = re.match(r'(\S+) at length (\S+), kernel matern', built('c', 'example-tune'))
    value, length = (float(word) for word in found.groups())
    assert value < 0.01 and abs(math.log10(length) + 2) < 0.1, found.group(0)


@case
def the_study_in_cpp_is_run_by_two_threads(_):
    found = re.match(r'(\S+) at rate (\S+), layers 3 \(of 60 trials\)',
                     built('cpp', 'example-tune-cpp'))
    assert float(found.group(1)) < 0.01, found.group(0)


main()
