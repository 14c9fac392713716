#!/usr/bin/env python3
"""
test_update_cli.py: changing a study in its middle, by hand and by advice, also while it runs.
"""
import json
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'support'))
from harness import case, contains, equal, main  # noqa: E402

# The loss falls with x to the edge at 1; act does nothing.
STUDY = '''study: edge
command: ./edge.sh {x} {act}
metric: loss
seed: 3
sampler: random
budget: {trials: %d}
space:
  x: {type: float, low: 0.1, high: 1}
  act: {type: categorical, choices: [relu, tanh, "it's"]}
'''
PROGRAM = 'awk -v x="$1" \'BEGIN { print "loss=" 3 - x }\'\n'
PATIENCE = 120


def edge(box, trials=6, waits=False):
    """A study; with `waits`, whose trials from the fifth on end when the file `go` is there."""
    hold = 'if [ "$CAVIAR_TRIAL" -ge 5 ]; then while [ ! -e ../../go ]; do sleep 0.05; done; fi\n'
    box.script('edge.sh', (hold.replace('../../go', box.path('go')) if waits else '') + PROGRAM)
    box.file('edge.yaml', STUDY % trials)


def wait_for(box, true, *words):
    end = time.monotonic() + PATIENCE
    while True:
        found = box.caviar('trials', '--json', *words, status=None)
        if found.status == 0 and true(found.json()):
            return
        assert time.monotonic() < end, found
        time.sleep(0.05)


@case
def a_run_takes_a_change_with_the_next_trial(box):
    edge(box, trials=12, waits=True)
    run = box.start('run', 'edge.yaml', '--quiet')
    wait_for(box, lambda trials: len(trials) == 6)  # the last one is held
    said = box.caviar('update', 'x.low=2', 'x.high=4', '-j', '3', '--note', 'look further').out
    contains(said, 'space.x.low: 0.1 -> 2', 'parallel: 1 -> 3', '6 of 6 trials lie outside')
    wait_for(box, lambda trials: sum(one['state'] == 'running' for one in trials) == 3)
    box.file('go', '')
    run.wait(status=0)
    trials = box.trials()
    equal([one['state'] for one in trials], ['complete'] * 12)
    assert all(one['config']['x'] <= 1 for one in trials[:6]), trials
    assert all(2 <= one['config']['x'] <= 4 for one in trials[6:]), trials
    contains(run.err(), 'the study was changed')
    contains(box.caviar('show').out, 'after 6 trials', ': look further', 'x    float linear 2 to 4')
    change = box.json('show')['study']['changes'][0]
    equal((change['trials'], change['note']), (6, 'look further'))
    equal(change['what'], ['parallel: 1 -> 3', 'space.x.low: 0.1 -> 2', 'space.x.high: 1 -> 4'])


@case
def a_budget_that_was_spent_grows_under_the_last_trial(box):
    edge(box, trials=6, waits=True)
    run = box.start('run', 'edge.yaml', '--quiet')
    wait_for(box, lambda trials: len(trials) == 6)
    contains(box.caviar('update', '-n', '+2').out, 'budget.trials: 6 -> 8')
    box.file('go', '')
    run.wait(status=0)
    equal(len(box.trials()), 8)


@case
def a_study_is_changed_by_definition_choice_and_constraint(box):
    edge(box)
    box.caviar('run', 'edge.yaml')
    contains(box.caviar('update', 'edge', 'x=log 0.1 5', 'x.tier=most').out,
             'space.x.scale: none -> log', 'space.x.high: 1 -> 5', 'space.x.tier: none -> most')
    contains(box.caviar('update', '--drop', "act=it's", '--drop', 'act=tanh').out,
             '''constraints: none -> "act" <> 'it''s\'''', 'lie outside')
    choices = 'act.choices=[relu, tanh, "it\'s", gelu]'
    contains(box.caviar('update', choices, 'sampler=tpe', status=1).err, "no parameter 'sampler'")
    box.caviar('update', '--constrain', 'x < 4', choices, '--sampler', 'tpe')
    box.caviar('resume', '-n', '30')
    trials = box.trials()[6:]
    equal({one['config']['act'] for one in trials}, {'relu', 'gelu'})
    assert all(one['config']['x'] < 4 for one in trials), trials
    contains(box.caviar('update', '--fix', 'x=3.5').out, 'space.x.default: none -> 3.5')
    box.caviar('resume', '-n', '+2')
    equal([one['config']['x'] for one in box.trials()[-2:]], [3.5, 3.5])
    equal(len(box.json('show')['study']['changes']), 4)
    box.file('again.json', box.caviar('show', '--definition').out)
    box.caviar('run', 'again.json', '-n', '1', '--store', 'again.db')
    equal(len(box.json('show', '--store', 'again.db')['study']['changes']), 4)


@case
def what_cannot_be_changed_is_refused_with_a_reason(box):
    edge(box)
    box.caviar('run', 'edge.yaml')
    for words, pieces in (
            (['act.type=ordinal'], ['space.act.type', 'another study']),
            (['x.lo=3'], ["did you mean 'low'"]),
            (['y.low=3'], ["no parameter 'y'"]),
            (['x.low=7'], ['low must be less than high']),
            (['x.low'], ["no study 'x.low'"]),
            (['act.choices=[relu, gelu, tanh]'], ['--drop']),
            (['--drop', 'act=gelu'], ['none of its choices']),
            (['--drop', 'x=1'], ['x.low=']),
            (['--sampler', 'tpee'], ["did you mean 'tpe'"]),
            (['--parallel', '1'], ['nothing would change']),
            (['--fix', 'x=0.5', '--fix', 'act=relu'], ['nothing would be left to vary'])):
        contains(box.caviar('update', *words, status=1).err, *pieces)
    assert 'changes' not in box.json('show')['study']
    contains(box.caviar('update', 'x.high=2', '--dry-run').out, 'x.high: 1 -> 2', 'nothing was')
    assert 'changes' not in box.json('show')['study']
    box.caviar('update', 'x.high=2')
    contains(box.caviar('run', 'edge.yaml', status=1).err, "parameter 'x'", 'caviar resume edge')


@case
def advice_is_applied_to_the_study_itself(box):
    edge(box)
    box.script('edge.sh', 'awk -v x="$1" \'BEGIN { print "loss=" (-log(x)) }\'\n')
    box.file('edge.yaml', (STUDY % 60).replace('float,', 'float, scale: log,'))
    box.caviar('run', 'edge.yaml')
    advice = box.json('advise')['space']['advice']
    grow = [one for one in advice if one['advice'] == 'grow']
    fix = [one for one in advice if one['advice'] == 'fix']
    assert grow and fix, advice
    said = box.json('advise', '--apply', '--only', grow[0]['number'], '--dry-run')
    equal((said['changed'], len(said['what'])), (False, 1))
    contains(box.caviar('advise', '--apply', '--only', '9', status=1).err, "'9'")
    contains(box.caviar('advise', '3', '--apply', status=1).err, 'nudge 3')
    box.caviar('advise', '--apply', '--only', grow[0]['number'])
    box.caviar('resume', '-n', '+10')
    xs = [one['config']['x'] for one in box.trials()]
    assert max(xs[:60]) <= 1 < max(xs[60:]), xs
    change = box.json('show')['study']['changes'][0]
    equal((change['note'], change['trials']), ('advice', 60))
    contains(json.dumps(change['what']), 'space.x.high: 1 ->')


if __name__ == '__main__':
    main()
