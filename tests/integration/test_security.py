#!/usr/bin/env python3
"""
test_security.py: what docs/security.md promises, tried at the real program: what others may read,
what becomes of a value on its way to a program, of what a store or a trial has in it.
"""
import json
import os
import signal
import sqlite3
import stat
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'support'))
import postgres  # noqa: E402
from harness import BINARY, Skip, case, contains, equal, main, wait_until  # noqa: E402

COMMAND = ['--minimize', 'loss', '--study', 's', '--', './t.sh', '{x: 0 1}']

# What a shell, a format, a path or a terminal might make something of.
STRANGE = ['$(touch pwned)', '`touch pwned`', '; touch pwned', "' ; touch pwned ; '", '" "',
           '-rf', '--help', '*', '~', '%s%n', '{x}', '../../up', 'a b', 'ä€😀', '\\', '#', '$HOME',
           '&', '|']

ESCAPES = ['\033[2J', '\033]0;title\007', '\u009b31m']


def mode(path):
    return stat.S_IMODE(os.lstat(path).st_mode)


def tree(folder):
    return [os.path.join(root, name) for root, folders, files in os.walk(folder)
            for name in folders + files]


def choices_study(box, values, command='./t.sh {x}', trials=None):
    box.script('t.sh', 'printf "%s\\n" "$#" "$1" >>seen\necho loss=1\n')
    return box.file('study.json', json.dumps({
        'study': 's', 'command': command, 'metric': 'loss', 'sampler': 'grid',
        'budget': {'trials': trials or len(values)},
        'space': {'x': {'type': 'categorical', 'choices': values}}}))


@case
def a_value_reaches_the_program_as_one_word_whatever_is_in_it(box):
    box.caviar('run', choices_study(box, STRANGE), '--quiet')
    lines = box.read('seen').splitlines()
    equal(set(lines[::2]), {'1'})
    equal(sorted(lines[1::2]), sorted(STRANGE))
    assert not os.path.exists(box.path('pwned'))


@case
def a_value_does_not_become_a_part_of_a_script_that_is_quoted_around_it(box):
    # to a shell a value goes as a word of its own, $1, as the manual says
    command = 'sh -c \'printf "%s\\n" "$1" >>seen; echo loss=1\' sh {x}'
    box.caviar('run', choices_study(box, STRANGE, command), '--quiet')
    equal(sorted(box.read('seen').splitlines()), sorted(STRANGE))
    assert not os.path.exists(box.path('pwned'))


@case
def a_job_script_has_its_words_quoted(box):
    if not postgres.binaries():
        raise Skip('there is no PostgreSQL server here (package postgresql)')
    # stands in for Slurm's, and notes the words of the script as a shell reads them
    os.mkdir(box.path('bin'))
    box.script('bin/sbatch', f"""sed "s/^exec/printf '%s\\\\n'/" | sh >{box.path("words")}
exit 1
""")
    folder = box.path("it's $(touch pwned) `touch pwned` \\\\ \"")
    os.mkdir(folder)
    box.script('t.sh', 'echo loss=$1\n')
    with postgres.Server() as at:
        box.caviar('run', '-n', '4', '--store', at.url(), '--folder', folder, '--on', 'slurm',
                   *COMMAND, status=1, PATH=f'{box.path("bin")}:{os.environ["PATH"]}')
    words = box.read('words').splitlines()
    equal(words[0], BINARY)
    assert folder in words, words
    assert not os.path.exists(box.path('pwned'))


@case
def nothing_is_more_open_than_the_umask_lets_it_be(box):
    box.bowl()
    words = box.words(['run', 'bowl.yaml', '--log', 'l'])
    box.start_words(['sh', '-c', 'umask 077; exec "$@"', 'sh'] + words).wait(0)
    made = [box.path('caviar.db'), box.path('l')] + tree(box.path('caviar.trials'))
    assert len(made) > 10
    equal([path for path in made if mode(path) & 0o077], [])


@case
def sockets_lie_in_a_folder_that_nobody_else_can_enter(box):
    box.script('t.sh', 'echo "$CAVIAR_SOCKET" >>sockets; stat -c %a "${CAVIAR_SOCKET%/*}" >>modes\n'
                       'echo loss=$1\n')
    safe, others, open_ = box.path('r'), box.path('o'), box.path('w')
    for name, bits in ((safe, 0o700), (others, 0o755), (open_, 0o777)):
        os.mkdir(name)
        os.chmod(name, bits)
        box.caviar('run', '-n', '1', '--store', name + '.db', *COMMAND, XDG_RUNTIME_DIR=name)
    sockets = box.read('sockets').split()
    equal(box.read('modes').split(), ['700'] * 3)
    if len(safe) <= 40:
        assert sockets[0].startswith(safe + '/') and sockets[1].startswith(others + '/'), sockets
    assert not sockets[2].startswith(open_ + '/'), 'others could put their own in its place'


@case
def the_token_is_its_owners_alone(box):
    def serve(status=None):
        run = box.start('serve', '--port', '0', '--json', '--token-file', token)
        if status is not None:
            return run.wait(status).err
        wait_until('it serves', lambda: run.out() or run.has_ended())
        run.signal(signal.SIGTERM)
        return run.wait(0).json()['token']

    box.bowl()
    box.caviar('run', 'bowl.yaml', '--quiet')
    token = box.path('secret', 'token')
    kept = serve()
    equal((mode(token), mode(os.path.dirname(token))), (0o600, 0o700))
    equal(serve(), kept)
    os.chmod(token, 0o640)
    contains(serve(1), 'only its owner may read')
    os.chmod(token, 0o600)
    if os.geteuid() == 0:  # who can read the token of another
        os.chown(token, 65534, -1)
        contains(serve(1), 'belongs to another user')
    os.unlink(token)
    os.symlink(box.path('elsewhere'), token)
    serve(1)
    assert not os.path.exists(box.path('elsewhere'))


@case
def links_in_the_folder_of_a_trial_lead_nowhere(box):
    # the first attempt puts links where the second one's files go
    box.file('precious', 'precious\n')
    box.script('t.sh', 'cd "$CAVIAR_DIR"; if ! test -e again; then touch again\n'
                       'for f in params.json output.log; do ln -sf ../../../precious $f; done\n'
                       'exit 1; fi\necho loss=$1\n')
    box.caviar('run', '-n', '1', '--retry', '1', *COMMAND, status=None)
    equal(box.read('precious'), 'precious\n')
    contains(box.caviar('doctor').out, 'is sound')


@case
def deleting_a_study_follows_no_link_out_of_its_folder(box):
    os.mkdir(box.path('precious'))
    box.file('precious/file', '')
    box.script('t.sh', 'ln -s ../../../precious "$CAVIAR_DIR/link"\necho loss=$1\n')
    box.caviar('run', '-n', '1', *COMMAND)
    assert os.path.islink(box.path('caviar.trials', 's', '0', 'link'))
    box.caviar('delete', 's', '--yes')
    assert os.path.exists(box.path('precious', 'file'))
    assert not os.path.exists(box.path('caviar.trials', 's'))


@case
def a_store_of_somebody_else_names_no_folder_outside(box):
    box.bowl()
    box.caviar('run', 'bowl.yaml', '--quiet')
    os.mkdir(box.path('precious'))
    box.file('precious/file', '')
    for name in ('../precious', '/tmp', '..', '', 'a/b', 'a\nb'):
        with sqlite3.connect(box.path('caviar.db')) as store:
            store.execute('UPDATE studies SET name = ?', (name,))
        store.close()
        for words in (['delete', '--yes'], ['resume'], ['show', '0'], ['export']):
            outcome = box.caviar(*words, status=1)
            contains(outcome.err, 'caviar: ')
    assert os.path.exists(box.path('precious', 'file'))


@case
def a_store_of_somebody_else_has_no_code_that_runs(box):
    box.bowl()
    box.caviar('run', 'bowl.yaml', '-n', '2', '--quiet')
    with sqlite3.connect(box.path('caviar.db')) as store:
        for event in ('INSERT', 'UPDATE'):
            store.execute(f'CREATE TRIGGER on_{event} AFTER {event} ON trials '
                          "BEGIN UPDATE studies SET name = 'taken'; END")
    store.close()
    box.caviar('run', 'bowl.yaml', '-n', '4', '--quiet')
    equal([study['study'] for study in box.json('studies')], ['bowl'])
    equal([trial['state'] for trial in box.trials()], ['complete'] * 4)


@case
def nothing_of_a_study_or_trial_moves_the_terminal(box):
    values = [f'x{escape}y' for escape in ESCAPES]
    study = choices_study(box, values)
    box.script('t.sh', 'printf "\\033[2J\\033]0;t\\007 bye\\n"; '
                       'if test "$CAVIAR_TRIAL" = 0; then exit 3; fi; echo loss=1\n')
    shown = [box.caviar('run', study, status=None)]
    for words in (['trials'], ['show', '0'], ['show', '1'], ['best'], ['studies'], ['workers'],
                  ['advise'], ['importance'], ['doctor'], ['watch', '--once']):
        shown.append(box.caviar(*words, status=None))
    for outcome in shown:
        for text in (outcome.out, outcome.err):
            assert not set('\033\007\u009b') & set(text), outcome


@case
def a_trial_gets_no_address_of_the_store(box):
    box.script('t.sh', 'env >env; echo loss=$1\n')
    box.caviar('run', '-n', '1', *COMMAND, CAVIAR_STORE='s.db', CAVIAR_ANYTHING='secret')
    env = box.read('env')
    assert 's.db' not in env and 'secret' not in env, env
    if not os.path.exists(box.path('s.db')):
        raise Skip('the store is elsewhere')


main()
