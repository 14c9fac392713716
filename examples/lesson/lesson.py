#!/usr/bin/python3
"""The study behind docs/lesson.md: runs Caviar on MNIST and draws what came out.

    lesson.py --data FOLDER [--output FOLDER] [--store FILE] [--jobs N] [--samples N] [--trials N]

Needs caviar and caviar-train on the PATH; ./demo --lesson sees to that. Studies are kept in the
store: run again, it goes on where it stopped, and draws.
"""
import argparse
import csv
import io
import json
import math
import os
import random
import statistics
import subprocess
import sys

import picture

HERE = os.path.dirname(os.path.abspath(__file__))
NETS = {'shallow': ('784-256-128-10', '256,128'),
        'deep': ('784-6×100-10', '100,100,100,100,100,100')}
SCALES = ['linear', 'log', 'reverse-log']
TRAINS = 0.1  # a network whose error is below this trains
GRIDS = [2, 3, 4, 5]  # values of each parameter
PRESUMED = {'lr': 'most', 'momentum': 'medium', 'batch': 'medium', 'units': 'medium'}


# Running --------------------------------------------------------------------------------------

class Lesson:
    """Where things are, and how much of everything."""

    def __init__(self, options):
        self.options = options
        self.samples = options.samples

    def caviar(self, *words, text=None):
        """Runs a verb of caviar on the store; returns what it printed."""
        done = subprocess.run(['caviar', *words, '--store', self.options.store], input=text,
                              stdout=subprocess.PIPE, text=True, check=False)
        if done.returncode:
            sys.exit(f"lesson: caviar {' '.join(words)} ended with status {done.returncode}")
        return done.stdout

    def run(self, name, file, trials=None, replace=None, **settings):
        """Runs a study to its end; returns its trials, the error of one that failed being 0.9."""
        path = os.path.join(HERE, file)
        if replace:
            with open(path, encoding='utf-8') as study:
                text = study.read().replace(*replace)
            path = os.path.join(self.options.output, name + '.yaml')
            with open(path, 'w', encoding='utf-8') as study:
                study.write(text)
        words = ['run', path, '--study', name, '--quiet', '--parallel', str(self.options.jobs)]
        settings = {'data': self.options.data, 'samples': self.samples, **settings}
        for key, value in settings.items():
            words += ['--set', f'{key}={value}']
        if trials:
            words += ['--trials', str(trials)]
        print(f'  {name}', flush=True)
        self.caviar(*words)
        return self.trials(name)

    def trials(self, name):
        rows = csv.DictReader(io.StringIO(self.caviar('export', '--study', name)))
        return [{**row, 'error': float(row['val_error'] or 0.9)} for row in rows]


# Learning rates that train --------------------------------------------------------------------

def medians(trials, key):
    """(value, median error over the starts) for each value of a parameter, in order."""
    groups = {}
    for trial in trials:
        groups.setdefault(float(trial[key]), []).append(trial['error'])
    return sorted((value, statistics.median(errors)) for value, errors in groups.items())


def decades_below(points, level):
    """How many decades of x lie where the curve, drawn on two log axes, is below a level."""
    total = 0
    for (x0, y0), (x1, y1) in zip(points, points[1:]):
        low, high = sorted([math.log(y0), math.log(y1)])
        below = min(max((math.log(level) - low) / (high - low), 0), 1) if high > low \
            else float(high < math.log(level))
        total += below * math.log10(x1 / x0)
    return total


ERROR_TICKS = [(level, f'{100 * level:g} %') for level in (0.02, 0.05, 0.1, 0.2, 0.5, 1)]
LR_TICKS = [(10.0 ** k, f'{10.0 ** k:g}') for k in range(-5, 2)]


def draw_range(lesson, results):
    art = picture.Picture(860, 380, 'Learning rates that train, with and without batch norm',
                          'Validation error against learning rate for a shallow and a deep network')
    found = {}
    for index, net in enumerate(NETS):
        x = picture.Axis(1e-4, 10, picture.log, LR_TICKS[1:], 'learning rate (log scale)')
        y = picture.Axis(0.02, 1, picture.log, ERROR_TICKS, '' if index else 'validation error')
        panel = picture.Panel(art, (75 + 405 * index, 50, 350, 270), x, y,
                              f'{net}: {NETS[net][0]}')
        panel.line([(1e-4, TRAINS), (10, TRAINS)], 'rule')
        for norm, kind in (('off', 'b'), ('on', 'a')):
            points = results[net, norm]
            decades = decades_below(points, TRAINS)
            found[net, norm] = decades
            panel.line(points, kind + '-line')
            (panel.dots if kind == 'a' else panel.squares)(points, kind + '-mark')
            row = 0.12 if kind == 'a' else 0.05
            panel.label((1e-4, None, row),
                        f"{'●' if kind == 'a' else '□'} {'with' if norm == 'on' else 'without'} "
                        f'batch norm: {decades:.1f} decades', kind + '-text', shift=(4, 4))
    art.text(75, 372, 'Decades: where the median of three starts is below 10 % error (dotted). '
             f'SGD, momentum 0.9, two epochs of {lesson.samples:,} samples.', 'small quiet')
    art.write(os.path.join(lesson.options.output, 'range.svg'))
    return found


def study_range(lesson):
    results = {}
    for net, (_, units) in NETS.items():
        for norm in ('off', 'on'):
            trials = lesson.run(f'range-{net}-{norm}', 'range.yaml',
                                units=units, **{'batch-norm': norm})
            results[net, norm] = medians(trials, 'lr')
    found = draw_range(lesson, results)
    return {f'{net}, batch norm {norm}: decades of learning rate below 10 % error': f'{value:.1f}'
            for (net, norm), value in found.items()}


# Random against grid --------------------------------------------------------------------------

def best_of(errors, count, draws=2000):
    """10 %, 50 % and 90 % quantiles of the best of `count` trials, drawn from a pool."""
    draw = random.Random(count)
    best = sorted(min(draw.sample(errors, count)) for _ in range(draws))
    return [best[int(share * (draws - 1))] for share in (0.1, 0.5, 0.9)]


def draw_search(lesson, pool, grids):
    art = picture.Picture(860, 380, 'Random search against grids',
                          'Learning rates tried by 27 trials of each, and the best error after N')
    some = pool[:27]
    x = picture.Axis(1e-5, 1, picture.log, LR_TICKS[:6], 'learning rate (log scale)')
    y = picture.Axis(0.02, 1, picture.log, ERROR_TICKS, 'validation error')
    panel = picture.Panel(art, (75, 50, 350, 270), x, y, '27 trials each')
    panel.squares([(float(t['lr']), t['error']) for t in grids[3]], 'b-mark')
    panel.dots([(float(t['lr']), t['error']) for t in some], 'a-mark', 3.5)
    panel.label((1.3e-5, None, 0.12), f'● random: {len({t["lr"] for t in some})} learning rates',
                'a-text')
    panel.label((1.3e-5, None, 0.05), '□ grid: 3 learning rates', 'b-text')
    errors = [trial['error'] for trial in pool]
    counts = [count for count in (2, 3, 4, 6, 8, 11, 16, 21, 27, 36, 48, 64, 88, 125)
              if count <= len(errors) * 0.6]
    bands = [best_of(errors, count) for count in counts]
    x = picture.Axis(2, 125, picture.log, [2, 4, 8, 16, 27, 64, 125], 'trials (log scale)')
    y = picture.Axis(0.02, 1, picture.log, ERROR_TICKS, '')
    panel = picture.Panel(art, (480, 50, 350, 270), x, y, 'best error so far')
    panel.band(counts, [b[0] for b in bands], [b[2] for b in bands], 'a-band')
    panel.line(list(zip(counts, [b[1] for b in bands])), 'a-line')
    corners = [(points ** 3, min(t['error'] for t in trials)) for points, trials in grids.items()]
    panel.squares(corners, 'b-mark', 9)
    for count, error in corners:
        points = round(count ** (1 / 3))
        panel.label((count, error), f'{points}³', 'small b-text', 'middle', (0, -9))
    panel.label((2, None, 0.12), '— random: median, 10 to 90 %', 'a-text')
    panel.label((2, None, 0.05), '□ grids of 2³, 3³, 4³ and 5³ trials', 'b-text')
    art.text(75, 372, 'Learning rate, momentum and dropout of 784-256-128-10 without batch norm; '
             f'one epoch of {lesson.samples:,} samples.', 'small quiet')
    art.write(os.path.join(lesson.options.output, 'search.svg'))
    random_at = {count: best_of(errors, min(count, len(errors))) for count, _ in corners}
    return corners, random_at


def study_search(lesson):
    pool = lesson.run('search-random', 'search.yaml', lesson.options.trials)
    grids = {}
    for points in GRIDS:
        grids[points] = lesson.run(f'search-grid-{points}', 'search.yaml',
                                   replace=('sampler: random',
                                            f'sampler: {{type: grid, points: {points}}}'))
    corners, random_at = draw_search(lesson, pool, grids)
    return {f'best of {count} trials: grid, random (median)':
            f'{100 * error:.2f} %, {100 * random_at[count][1]:.2f} %' for count, error in corners}


# Scales ---------------------------------------------------------------------------------------

def draw_scales(lesson, results):
    art = picture.Picture(860, 340, 'The scale that values are drawn from',
                          'Where 40 random trials fall on three scales, and which of them are good')
    ticks = {'lr': (picture.Axis(1e-4, 0.9, picture.log, LR_TICKS[1:5] + [(0.9, '0.9')],
                                 'learning rate (drawn on a log axis)'), 'learning rate'),
             'momentum': (picture.Axis(0.1, 0.9999, picture.reverse_log,
                                       [0.1, 0.9, 0.99, 0.999, 0.9999],
                                       'momentum (drawn on a reverse-log axis)'), 'momentum')}
    found = {}
    for index, (name, (axis, title)) in enumerate(ticks.items()):
        panel = picture.Panel(art, (105 + 390 * index, 50, 330, 210), axis, None, title)
        good = 1.25 * min(t['error'] for scale in SCALES for t in results[name, scale])
        for row, scale in enumerate(SCALES):
            up = 0.82 - 0.31 * row
            trials = results[name, scale]
            marks = [(float(t[name]), None, up + 0.018 * (i % 5 - 2)) for i, t in enumerate(trials)]
            hits = [t['error'] <= good for t in trials]
            panel.dots([m for m, hit in zip(marks, hits) if not hit], 'off-mark', 3)
            panel.dots([m for m, hit in zip(marks, hits) if hit], 'a-mark', 3.5)
            found[name, scale] = sum(hits), len(hits)
            if index == 0:
                panel.label((axis.low, None, up), scale, '', 'end', (-8, 4))
            panel.label((axis.low, None, up - 0.13), f'{sum(hits)} of {len(hits)} are good',
                        'small a-text')
    art.text(105, 314, '● good: at most a quarter above the best error of the parameter; ○ others. '
             '784-256-128-10 without batch norm,', 'small quiet')
    art.text(105, 331, f'one epoch of {lesson.samples:,} samples; momentum 0.9 on the left, '
             'learning rate 0.001 on the right.', 'small quiet')
    art.write(os.path.join(lesson.options.output, 'scales.svg'))
    return found


def study_scales(lesson):
    results = {}
    for name in ('lr', 'momentum'):
        for scale in SCALES:
            results[name, scale] = lesson.run(f'scales-{name}-{scale}', f'scales-{name}.yaml', 40,
                                              ('SCALE', scale))
    found = draw_scales(lesson, results)
    return {f'{name} drawn on {scale}: good trials': f'{hits} of {count}'
            for (name, scale), (hits, count) in found.items()}


# What mattered --------------------------------------------------------------------------------

def draw_importance(lesson, parameters):
    height = 34 * len(parameters)
    art = picture.Picture(860, height + 140, 'What mattered, and what is presumed',
                          'Share of each hyperparameter in what separates the best trials')
    x = picture.Axis(0, 1, picture.linear, [(k / 5, f'{20 * k} %') for k in range(6)],
                     'share of what separates the best trials from the others (5 to 95 %)')
    panel = picture.Panel(art, (330, 50, 490, height), x, None, 'measured')
    art.text(40, 38, 'hyperparameter', 'title')
    art.text(190, 38, 'presumed', 'title')
    for row, one in enumerate(parameters):
        up = 1 - (row + 0.5) / len(parameters)
        (_, at), = panel.places([(0, None, up)])
        noise = one['chance'] > 0.05
        end = panel.left_of(one['share'])
        art.add(f'<rect class="{"off-mark" if noise else "a-mark"}" x="330" y="{at - 9:.1f}" '
                f'width="{max(end - 330, 1):.1f}" height="18"/>')
        panel.line([(one['low'], None, up), (one['high'], None, up)], 'axis')
        for side in ('low', 'high'):
            (across, _), = panel.places([(one[side], None, up)])
            art.add(f'<path class="axis" d="M{across:.1f} {at - 5:.1f}v10"/>')
        art.text(40, at + 4, one['parameter'])
        art.text(190, at + 4, PRESUMED.get(one['parameter'], 'least'), 'quiet')
        panel.label((one['high'], None, up), f"{100 * one['share']:.0f} %"
                    + (' (noise)' if noise else ''), 'small')
    art.text(40, height + 122, f'{lesson.options.trials} random trials with batch norm, three '
             f'epochs of {lesson.samples:,} samples. Hollow bars: as large by chance in more than '
             '5 % of cases.', 'small quiet')
    art.write(os.path.join(lesson.options.output, 'importance.svg'))


def study_importance(lesson):
    lesson.run('importance', 'importance.yaml', lesson.options.trials)
    answer = json.loads(lesson.caviar('importance', '--study', 'importance', '--json'))
    parameters = sorted(answer['parameters'], key=lambda one: -one['share'])
    draw_importance(lesson, parameters)
    return {f"importance of {one['parameter']}, presumed {PRESUMED.get(one['parameter'], 'least')}":
            f"{100 * one['share']:.0f} %" for one in parameters}


# All of it ------------------------------------------------------------------------------------

def read_options():
    parser = argparse.ArgumentParser(description='Runs the study behind docs/lesson.md.')
    parser.add_argument('--data', required=True, help="the folder with MNIST's files")
    parser.add_argument('--output', default='lesson', help='where the pictures go')
    parser.add_argument('--store', default='lesson.db', help='where the studies are kept')
    parser.add_argument('--jobs', type=int, default=2, help='trials at a time')
    parser.add_argument('--samples', type=int, default=10000, help='to train each network on')
    parser.add_argument('--trials', type=int, default=250, help='of each random search')
    return parser.parse_args()


def main():
    options = read_options()
    options.data = os.path.abspath(options.data)
    os.makedirs(options.output, exist_ok=True)
    lesson = Lesson(options)
    lines = {}
    for study in (study_range, study_search, study_scales, study_importance):
        lines.update(study(lesson))
    for key, value in lines.items():
        print(f'{key}: {value}')


if __name__ == '__main__':
    main()
