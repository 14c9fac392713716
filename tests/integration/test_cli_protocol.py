#!/usr/bin/env python3
"""
test_cli_protocol.py: the trial protocol (docs/trial-protocol.md), with real programs as trials:
what they get, what they give back by each of the ways, how each of them ends.
"""
import json
import math
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'support'))
from harness import ROOT, UNDER_VALGRIND, Skip, case, contains, equal, main  # noqa: E402

EXAMPLE = os.environ.get('CAVIAR_EXAMPLE_TRIAL',
                         os.path.join(ROOT, 'build-check/examples/c/example-trial'))

# A trial that speaks over its socket; its lines come from LINES.
SPEAKER = f"""#!{sys.executable}
import json, os, socket
line = socket.socket(socket.AF_UNIX)
line.connect(os.environ['CAVIAR_SOCKET'])
file = line.makefile('rw')
for message in open('lines.txt'):
    file.write(message)
    file.flush()
    with open('answers.txt', 'a') as answers:
        answers.write(file.readline())
"""


def one(box, text, *words, status=0, keys='', command=None):
    """Runs a study of one trial of a shell script; answers what `caviar show` has of it."""
    box.script('t.sh', text)
    box.file('one.yaml', f'study: one\ncommand: {command or "./t.sh {x}"}\nmetric: loss\nseed: 1\n'
                         f'budget: {{trials: 1}}\n{keys}\nspace: {{x: {{type: float, low: 0, '
                         f'high: 1}}}}\n')
    box.caviar('run', 'one.yaml', *words, status=status)
    return box.json('show', '0')


def value(shown):
    equal(shown['trial']['state'], 'complete')
    return shown['trial']['values']['loss']


def failure(shown):
    trial = shown['trial']
    equal(trial['state'], 'failed')
    return trial['reason'], trial['message']


def speak(box, *messages):
    """Runs a trial that sends these messages over its socket; answers the answers."""
    box.file('speak.py', SPEAKER, executable=True)
    box.file('lines.txt', ''.join((one if isinstance(one, str) else json.dumps(one)) + '\n'
                                  for one in messages))
    box.file('answers.txt', '')
    shown = one(box, '', command='./speak.py')
    return [json.loads(line) for line in box.read('answers.txt').splitlines()], shown


# --- what a trial gets ----------------------------------------------------------------------------

@case
def a_trial_gets_its_values_in_the_command_line_within_their_words(box):
    shown = one(box, 'printf "%s|" "$@" > args; echo loss=1\n',
                command="./t.sh --x={x} 'a b' {{brace}} {trial} {seed} {dir} {steps} {name} ''",
                keys='steps: 7\nset: {name: "two words; $HOME"}')
    words = box.read('args').split('|')[:-1]
    equal(float(words[0].split('=')[1]), shown['trial']['config']['x'])
    equal(words[1:], ['a b', '{brace}', '0', str(shown['trial']['seed']),
                      box.path('caviar.trials', 'one', '0'), '7', 'two words; $HOME', ''])


@case
def a_flag_of_an_inactive_parameter_is_left_out(box):
    box.script('t.sh', 'echo "$@" >> args; echo loss=1\n')
    box.file('s.yaml', 'command: ./t.sh --opt {opt} --beta {beta} end\nmetric: loss\n'
                       'sampler: grid\nspace:\n  opt: [sgd, adam]\n'
                       '  beta: {type: categorical, choices: [b, c], when: {opt: adam}}\n')
    box.caviar('run', 's.yaml')
    equal(sorted(box.read('args').splitlines()),
          ['--opt adam --beta b end', '--opt adam --beta c end', '--opt sgd end'])


@case
def a_trial_gets_its_environment_and_nothing_of_the_tuners(box):
    shown = one(box, 'env | grep ^CAVIAR_ > vars; cp "$CAVIAR_PARAMS" p.json; pwd > pwd\n'
                     'cat > stdin; echo loss=1\n')
    found = dict(line.split('=', 1) for line in box.read('vars').splitlines())
    socket_path = found.pop('CAVIAR_SOCKET')
    folder = box.path('caviar.trials', 'one', '0')
    equal(found, {'CAVIAR_STUDY': 'one', 'CAVIAR_TRIAL': '0', 'CAVIAR_DIR': folder,
                  'CAVIAR_PARAMS': folder + '/params.json',
                  'CAVIAR_SEED': str(shown['trial']['seed'])})
    equal(json.loads(box.read('p.json')), shown['trial']['config'])
    equal(box.read('pwd').strip(), box.folder)
    equal(box.read('stdin'), '')
    assert not os.path.exists(os.path.dirname(socket_path)), 'the folder of sockets is removed'


@case
def what_a_trial_prints_is_kept_in_its_folder_and_the_end_in_the_store(box):
    shown = one(box, 'i=0; while [ $i -lt 500 ]; do echo "line $i"; i=$((i + 1)); done\n'
                     'echo err >&2; echo loss=1\n')
    log = box.read('caviar.trials', 'one', '0', 'output.log')
    contains(log, 'line 0\n', 'line 499\n', 'err\n', 'loss=1\n')
    contains(shown['output'], 'line 499', 'loss=1')
    assert len(shown['output']) <= 1024 and shown['output'].startswith('line ')


# --- what a trial gives back ----------------------------------------------------------------------

@case
def the_last_value_in_the_output_counts(box):
    for number, (text, expected) in enumerate([
            ('echo "loss=3"; echo "loss=0.5"', 0.5),
            ('echo "final loss: 0.25, done."', 0.25),
            ('printf "loss = 1e-3"', 1e-3),
            ('echo \'{"loss": 0.125, "other": 1}\'', 0.125),
            ('echo \'[tune-metric]: {"loss": 2}\'', 2),
            ('echo "xloss=9 loss=4 val_loss=8"', 4),
            ('printf "10%%\\r50%%\\rloss=6\\n"', 6),
            ('printf "\\377\\376\\000loss\\n\\001 loss=7\\n"', 7),
            ('echo "loss=8" >&2', 8),
            ('echo "loss=9"; echo "loss=1" >&2', 9)]):
        equal(value(run_alone(box, number, text)), expected)


def run_alone(box, number, text):
    """The same as `one`, in a store of its own."""
    box.script('t.sh', text + '\n')
    store = f'{number}.db'
    box.caviar('run', '-n', '1', '--minimize', 'loss', '--store', store, '--', './t.sh', '{x: 0 1}')
    return box.json('show', '0', '--store', store)


@case
def a_pattern_of_the_study_finds_the_value(box):
    box.script('t.sh', 'echo "loss=9"; echo "result was [0.75]"\n')
    box.file('s.yaml', 'command: ./t.sh\nbudget: {trials: 1}\n'
                       'space: {x: {type: int, low: 0, high: 9}}\n'
                       'metric: {name: loss, pattern: "was .([0-9.]+)"}\n')
    box.caviar('run', 's.yaml')
    equal(value(box.json('show', '0')), 0.75)
    box.file('s.yaml', box.read('s.yaml').replace('([0-9.]+)', '(['))
    contains(box.caviar('run', 's.yaml', '--store', 'b.db', status=1).err, 'pattern', 'was .([')


@case
def report_lines_are_a_curve(box):
    shown = one(box, 'for s in 1 2 3; do echo "caviar: step=$s loss=0.$s extra=5"; done\n')
    equal(shown['curve'], [{'step': s, 'loss': s / 10} for s in (1, 2, 3)])
    equal((value(shown), shown['trial']['step']), (0.3, 3))


@case
def a_step_beside_the_value_makes_it_a_report(box):
    shown = one(box, 'echo "epoch 1: loss=3"; echo "loss: 2 (step 2)"; echo "step [3/20] loss=1"\n')
    equal(shown['curve'], [{'step': 1, 'loss': 3}, {'step': 2, 'loss': 2}, {'step': 3, 'loss': 1}])


@case
def a_value_without_a_step_after_the_last_report_is_the_result(box):
    equal(value(one(box, 'echo "caviar: step=1 loss=3"; echo "loss=0.5"\n')), 0.5)


@case
def caviar_report_speaks_for_the_trial_of_a_shell_script(box):
    shown = one(box, 'set -e\nfor s in 1 2; do\n'
                     '  test "$(caviar report --step $s loss=0.$s)" = continue\ndone\n'
                     'caviar report --json --step 3 loss=0.3 > answer\n')
    equal(shown['curve'], [{'step': s, 'loss': s / 10} for s in (1, 2, 3)])
    equal(json.loads(box.read('answer')), {'verdict': 'continue'})


@case
def the_example_in_c_joins_and_reports(box):
    box.caviar('run', '-n', '4', '-j', '2', '--minimize', 'loss', '--steps', '10', '--',
               os.path.abspath(EXAMPLE), '{lr: log 1e-4 1}')
    trials = box.trials()
    equal([(trial['state'], trial['step']) for trial in trials], [('complete', 10)] * 4)
    for trial in trials:
        expected = math.log(trial['config']['lr'] / 0.01) ** 2 / 10 + 0.1
        assert abs(trial['values']['loss'] - expected) < 1e-9, trial


@case
def the_socket_greets_takes_reports_and_a_result(box):
    answers, shown = speak(box, {'cmd': 'hello', 'version': 1},
                           {'cmd': 'report', 'step': 1, 'metrics': {'loss': 0.5, 'other': 2}},
                           {'cmd': 'report', 'step': 2, 'value': 0.25},
                           {'cmd': 'tell', 'value': 0.125}, {'cmd': 'tell', 'value': 3})
    equal({key: answers[0][key] for key in ('version', 'study', 'metric', 'trial', 'attempt')},
          {'version': 1, 'study': 'one', 'metric': 'loss', 'trial': 0, 'attempt': 1})
    equal(answers[0]['config'], shown['trial']['config'])
    equal(answers[1:4], [{'verdict': 'continue'}, {'verdict': 'continue'}, {}])
    equal(answers[4]['code'], 'state')
    equal(value(shown), 0.125)
    equal(shown['curve'], [{'step': 1, 'loss': 0.5}, {'step': 2, 'loss': 0.25}])


@case
def what_is_wrong_on_the_socket_is_answered_and_the_connection_stays(box):
    answers, shown = speak(box, 'no json', '[]', '{}', {'cmd': 'x'}, {'cmd': 'report', 'value': 1},
                           {'cmd': 'report', 'step': -1, 'value': 1},
                           {'cmd': 'report', 'step': 1, 'value': 'x'},
                           {'cmd': 'report', 'step': 1, 'metrics': [1]},
                           {'cmd': 'tell', 'state': 'finished'}, {'cmd': 'tell', 'value': 4})
    equal([answer.get('code') for answer in answers], ['invalid'] * 9 + [None])
    equal(value(shown), 4)


@case
def a_message_without_end_closes_its_connection_and_nothing_else(box):
    box.file('long.py', f'#!{sys.executable}\n'
                        'import os, socket\n'
                        'line = socket.socket(socket.AF_UNIX)\n'
                        'line.connect(os.environ["CAVIAR_SOCKET"])\n'
                        'try:\n'
                        '    line.sendall(b"x" * (4 << 20))\n'
                        '    print("heard:", line.recv(10))\n'
                        'except OSError as error:\n'
                        '    print("closed:", error)\n'
                        'print("loss=3")\n', executable=True)
    shown = one(box, '', command='./long.py')
    equal(value(shown), 3)
    assert 'closed:' in shown['output'] or "heard: b''" in shown['output'], shown['output']


@case
def a_program_can_say_over_the_socket_that_it_is_infeasible(box):
    answers, shown = speak(box, {'cmd': 'tell', 'state': 'failed', 'reason': 'infeasible',
                                 'message': 'does not fit'})
    equal(answers, [{}])
    equal(failure(shown), ('infeasible', 'does not fit'))


# --- how a trial ends -----------------------------------------------------------------------------

@case
def a_trial_without_its_metric_says_what_was_looked_for_and_what_was_there(box):
    reason, message = failure(one(box, 'echo "lss=3"; echo "caviar: acc=4"\n', status=None))
    equal(reason, 'no-metric')
    contains(message, "'loss=VALUE'", "'loss: VALUE'", '"loss"', 'acc')


@case
def a_value_that_is_not_finite_is_a_failure(box):
    for number, (text, word) in enumerate([('echo loss=nan', 'nan'), ('echo loss=inf', 'inf'),
                                           ('echo "caviar: step=3 loss=-inf"; sleep 60', '-inf')]):
        reason, message = failure(run_alone(box, number, text))
        equal(reason, 'not-finite')
        contains(message, f'loss is {word}')


@case
def an_exit_status_and_a_signal_are_failures_with_the_end_of_the_output(box):
    shown = one(box, 'echo "loss=1"; echo "some trace" >&2; exit 3\n')
    equal(failure(shown), ('exit', 'exit status 3'))
    contains(shown['output'], 'some trace')
    reason, message = failure(run_alone(box, 1, 'kill -SEGV $$'))
    equal(reason, 'signal')
    contains(message, 'signal 11')


@case
def infeasible_parameters_are_never_tried_again(box):
    shown = one(box, 'echo run >> runs; echo "caviar: infeasible out of memory"; exit 1\n',
                keys='retry: 3')
    equal(failure(shown), ('infeasible', 'out of memory'))
    equal(box.read('runs'), 'run\n')


@case
def a_trial_that_runs_too_long_is_ended_and_not_by_its_leave(box):
    shown = one(box, 'trap "" TERM; echo "loss=1"; while :; do sleep 0.05; done\n',
                keys='timeout: 300ms\ngrace: 200ms')
    equal(failure(shown), ('timeout', 'it ran longer than 0.3s'))


@case
def a_trial_can_use_its_grace_time_to_clean_up(box):
    shown = one(box, 'trap "echo bye > bye; exit 0" TERM; while :; do sleep 0.05; done\n',
                keys='timeout: 300ms\ngrace: 20s')
    equal(failure(shown)[0], 'timeout')
    equal(box.read('bye'), 'bye\n')


@case
def a_failed_trial_is_tried_again_in_the_same_folder_with_the_same_values(box):
    shown = one(box, 'echo "$1 $CAVIAR_SEED" >> tries\necho try >> "$CAVIAR_DIR/tries"\n'
                     'test "$(wc -l < tries)" -ge 3 || exit 1\necho loss=2\n', keys='retry: 2')
    equal(value(shown), 2)
    equal(shown['trial']['attempt'], 3)
    tries = box.read('tries').splitlines()
    equal(len(tries), 3)
    equal(len(set(tries)), 1)
    equal(box.read('caviar.trials', 'one', '0', 'tries').count('\n'), 3)


@case
def retries_end(box):
    shown = one(box, 'echo x >> tries; exit 1\n', keys='retry: 2')
    equal(failure(shown), ('exit', 'exit status 1'))
    equal(box.read('tries').count('\n'), 3)


@case
def a_program_that_is_not_there_is_said_before_anything_is_stored(box):
    for program, piece in [('./none.sh', 'no such program'), ('./', 'folder'),
                           ('none-of-that-name', 'no such program')]:
        outcome = box.caviar('run', '-n', '5', '--minimize', 'loss', '--', program, '{x: 0 1}',
                             status=None)
        assert outcome.status in (1, 2), outcome
        contains(outcome.err, program, piece)
    box.file('plain.sh', 'echo loss=1\n')
    contains(box.caviar('run', '-n', '5', '--minimize', 'loss', '--', './plain.sh', '{x: 0 1}',
                        status=1).err, 'plain.sh', 'not executable', 'chmod +x')
    assert not os.path.exists(box.path('caviar.db'))


@case
def a_script_whose_interpreter_is_not_there_does_not_hang_the_run(box):
    if UNDER_VALGRIND:
        raise Skip('valgrind starts the script itself, and fails after that')
    box.file('t.sh', '#!/none/interpreter\n', executable=True)
    outcome = box.caviar('run', '-n', '5', '--minimize', 'loss', '--', './t.sh', '{x: 0 1}',
                         status=1)
    contains(outcome.err, 't.sh')
    equal([trial['state'] for trial in box.trials()], ['waiting'])


@case
def a_study_whose_first_trials_all_fail_stops_with_the_reason_and_the_output(box):
    box.script('t.sh', 'echo "ModuleNotFoundError: no module"; exit 1\n')
    outcome = box.caviar('run', '-n', '50', '--minimize', 'loss', '--', './t.sh', '{x: 0 1}',
                         status=1)
    contains(outcome.err, 'first 3 trials all failed', 'exit status 1', 'ModuleNotFoundError')
    equal([trial['state'] for trial in box.trials()], ['failed'] * 3)


@case
def failures_later_on_do_not_stop_a_study(box):
    box.script('t.sh', 'test "$CAVIAR_TRIAL" -eq 0 || exit 1; echo loss=1\n')
    answer = box.json('run', '-n', '8', '--minimize', 'loss', '--', './t.sh', '{x: 0 1}')
    equal((answer['complete'], answer['failed']), (1, 7))


def stopped(box, text, keys=''):
    """Six trials, each worse than the one before, under a scheduler that stops what is worse."""
    box.script('t.sh', text)
    box.file('s.yaml', 'command: ./t.sh\nmetric: loss\nbudget: {trials: 6}\nsteps: 9\n'
                       'scheduler: {type: median, startup: 2}\n' + keys + '\n'
                       'space: {x: {type: float, low: 0, high: 1}}\n')
    box.caviar('run', 's.yaml')
    trials = box.trials()
    equal([trial['state'] for trial in trials], ['complete'] * 2 + ['pruned'] * 4)
    return trials


@case
def caviar_report_tells_a_script_to_stop_and_exits_with_3(box):
    trials = stopped(box, 'for s in 1 2 3 4 5 6 7 8 9; do\n'
                          '  answer=$(caviar report --step $s loss=$CAVIAR_TRIAL)\n'
                          '  status=$?\n  test $status -eq 0 && continue\n'
                          '  echo "$answer $status" >> stops\n  exit 0\ndone\n')
    equal(box.read('stops').splitlines(), ['stop 3'] * 4)
    equal([trial['step'] for trial in trials[2:]], [1] * 4)
    equal(trials[5]['values'], {'loss': 5})


@case
def a_script_that_only_prints_is_ended_when_it_is_to_stop(box):
    trials = stopped(box, 'for s in 1 2 3 4 5 6 7 8 9; do\n'
                          '  echo "caviar: step=$s loss=$CAVIAR_TRIAL"\n'
                          '  test $CAVIAR_TRIAL -lt 2 || sleep 0.5\ndone\n')
    for trial in trials[2:]:
        assert trial['step'] < 9, trial


@case
def a_script_that_does_not_heed_the_word_is_ended_after_the_grace_time(box):
    stopped(box, 'caviar report --step 1 loss=$CAVIAR_TRIAL\n'
                 'test $CAVIAR_TRIAL -lt 2 || { trap "" TERM; while :; do sleep 0.1; done; }\n',
            keys='grace: 200ms')


@case
def several_metrics_are_all_needed_and_all_kept(box):
    box.script('t.sh', 'echo "loss=1 seconds: 3"\n')
    box.file('s.yaml', 'command: ./t.sh\nbudget: {trials: 1}\n'
                       'space: {x: {type: int, low: 0, high: 9}}\n'
                       'metrics: [loss, {name: seconds, direction: minimize}]\n')
    box.caviar('run', 's.yaml')
    equal(box.json('show', '0')['trial']['values'], {'loss': 1, 'seconds': 3})
    box.script('t.sh', 'echo "loss=1"\n')
    box.caviar('run', 's.yaml', '--store', 'b.db', status=None)
    reason, message = failure(box.json('show', '0', '--store', 'b.db'))
    equal(reason, 'no-metric')
    contains(message, 'seconds')


main()
