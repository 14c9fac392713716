#!/usr/bin/env python3
"""
test_pages.py: every block of every page that the site shows. `sh` is run as it stands, a page's
blocks one after the other in a folder that is made for the page; `yaml` is a study file, or some
keys of one, of which a trial is run; a block with a title is a file in that folder; `text` is only
to be looked at. PYTHON says who runs `python`, NOT_RUN what nobody runs, and why.
"""
import json
import os
import re
import shlex
import subprocess
import sys
from collections import namedtuple

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'support'))
import optuna_files  # noqa: E402
import postgres  # noqa: E402
from examples import surroundings  # noqa: E402
from harness import (CASES, PATIENCE, ROOT, Skip, case, contains, equal,  # noqa: E402
                     main, read, wait_until)

HERE = os.path.dirname(os.path.abspath(__file__))
DASHBOARD = 'http://127.0.0.1:8017'

PYTHON = {
    'docs/frameworks.md': 'test_frameworks.py',
    'docs/optuna.md': 'test_python_optuna.py',
    'docs/python.md': 'test_python_docs.py',
    'docs/sklearn.md': 'test_python_sklearn.py',
}
NOT_RUN = {  # by a page and a block's first line
    ('README.md', "sudo apt-get install $(awk '$2 == \"build\" { print $1 }' packages.txt)"):
        'changes the system; ./check takes the same list, and test_install.py installs',
    ('README.md', './demo'): 'downloads MNIST, and takes minutes',
    ('docs/cluster.md', 'caviar run mnist.yaml --on slurm -j 100'):
        'needs a cluster; test_slurm.py has one',
    ('docs/cluster.md', 'caviar run mnist.yaml --on slurm -j 100 --store '
     'postgresql://me@db/caviar --folder /shared/caviar'): 'the same',
    ('docs/cluster.md', 'caviar run mnist.yaml --on ssh -j 8 --store postgresql://me@db/caviar '
     '--folder /shared/caviar'): 'needs machines; test_ssh.py has some',
    ('docs/dependencies.md',
     'meson setup build-portable --buildtype=release -Dprefer_static=true'):
        'builds the whole program, which takes minutes',
    ('docs/lesson.md', './demo --lesson'): 'downloads MNIST, and takes minutes',
}

FENCE = re.compile(r'^```(\w*)(?: title=(\S+))?\n(.*?)^```$', flags=re.M | re.S)
Block = namedtuple('Block', 'language title text')

# A program that is tuned: it takes any flags, and the learning rate and the epochs do something.
TRAIN = """import sys
given = dict(zip(sys.argv[1::2], sys.argv[2::2]))
for epoch in range(1, 11):
    loss = abs(float(given["--lr"]) - 0.01) + 1 / epoch
    print(f"epoch {epoch}: loss={loss} val_error={loss / 2}", flush=True)
"""
STUDY = """study: mnist
command: python3 train.py --lr {lr} --momentum {momentum}
metric: val_error
seed: 1
budget: {trials: 12}
space:
  lr: {type: float, scale: log, low: 1e-4, high: 1}
  momentum: {type: float, scale: reverse-log, low: 0.9, high: 0.999}
"""


def blocks(page):
    """All that is set apart on a page."""
    for piece in re.findall(r'(?:\A|\n)\n( {4}.*)', prose(page)):
        raise AssertionError(f'{page}: {piece!r} stands between no fences that say what it is')
    return [Block(*piece) for piece in FENCE.findall(read(os.path.join(ROOT, page)))]


def prose(page):
    """The rest of it."""
    return FENCE.sub('', read(os.path.join(ROOT, page)))


def pages():
    """What tools/site.py gathers."""
    found = [os.path.relpath(os.path.join(folder, name), ROOT)
             for folder, _, names in os.walk(os.path.join(ROOT, 'docs')) for name in names]
    return ['README.md'] + sorted(name for name in found if name.endswith('.md'))


def first_line(block):
    return re.sub(r'\s*#.*', '', block.text.partition('\n')[0])


def not_run(page, block):
    return (page, first_line(block)) in NOT_RUN


class Place:
    """
    Where a page's blocks are run. `other`: what stands there in the place of what is said;
    `stores`: the store from the block on that begins so.
    """

    def __init__(self, box, page):
        self.box, self.page, self.other = box, page, {}
        self.env = surroundings(box, sys.executable)
        trainer = os.environ.get('CAVIAR_TRAIN')
        self.env['PATH'] = (os.path.dirname(trainer) + ':' if trainer else '') + self.env['PATH']
        self.env['HOME'] = box.folder
        self.stores, self.end = {}, lambda: None
        box.file('train.py', TRAIN)

    def text_of(self, block):
        text = block.text
        for there, here in self.other.items():
            text = text.replace(there, here)
        return text

    def run(self, text):
        done = subprocess.run(['sh', '-eu', '-c', text], cwd=self.box.folder, env=self.env,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=PATIENCE, check=False)
        assert done.returncode == 0, f'{text}\n{done.stdout}\n{done.stderr}'
        return done.stdout

    def serve(self, line):
        """A server that goes on while what follows is run."""
        words = shlex.split(line, comments=True)[1:] + ['--port', '0']
        server = self.box.start(*words, **{'HOME': self.box.folder,
                                           'CAVIAR_STORE': self.env['CAVIAR_STORE']})
        address = wait_until('the server says where it is', lambda: re.search(
            r'http://127\.0\.0\.1:\d+', server.out()))
        self.other[DASHBOARD] = self.env['url'] = address.group(0)
        self.env['token'] = self.box.read('.local', 'state', 'caviar', 'token').strip()

    def shell(self, block):
        for beginning, store in self.stores.items():
            if block.text.startswith(beginning):
                self.env['CAVIAR_STORE'] = self.box.path(store)
        for piece in re.split(r'^(caviar serve.*)$', self.text_of(block), flags=re.M):
            if piece.startswith('caviar serve'):
                self.serve(piece)
            elif piece.strip():
                self.run(self.text_of(block._replace(text=piece)))

    def study_file(self, text):
        """Runs a trial of a study file; what it does not say is added."""
        keys = re.findall(r'^(\w+):', text, flags=re.M)
        command = re.search(r'^command: (.*(?:\n .*)*)', text, flags=re.M)
        names = re.findall(r'\{(\w+)\}', command.group(1)) if command else ['x']
        more = {'study': 'part', 'command': 'train {x}', 'metric': 'loss',
                'space': '{' + ', '.join(f'{name}: {{type: float, low: 0, high: 1}}'
                                         for name in names if name not in ('data', 'steps', 'seed'))
                         + '}'}
        self.box.file('part.yaml', text + ''.join(
            f'{key}: {value}\n' for key, value in more.items() if key not in keys))
        os.makedirs(self.box.path('programs'), exist_ok=True)
        for program in ('train', 'caviar-train'):
            self.box.script(f'programs/{program}', 'echo loss=0.5 val_error=0.25\n')
        env = dict(self.env, PATH=self.box.path('programs') + ':' + self.env['PATH'])
        steps = [] if 'steps' in keys or 'steps' not in names else ['--steps', '3']
        given = ['--set', 'data=mnist'] if 'data' in names else []
        done = subprocess.run(['caviar', 'run', 'part.yaml', '-n', '1', '--store', 'part.db',
                               *steps, *given], cwd=self.box.folder, env=env, capture_output=True,
                              text=True, timeout=PATIENCE, check=False)
        assert done.returncode == 0, f'{text}\n{done.stdout}\n{done.stderr}'
        os.remove(self.box.path('part.db'))

    def block(self, block):
        if block.title:
            self.box.file(block.title, self.text_of(block))
        if block.language == 'sh':
            self.shell(block)
        elif block.language == 'yaml':
            self.study_file(block.text)


def studied(place, trials=12):
    """A store with a study of the name that pages speak of."""
    place.box.file('mnist.yaml', STUDY.replace('12', str(trials)))
    place.run('caviar run mnist.yaml -q')


def images(box):
    """A folder like MNIST's, with few images, which show what they are of."""
    os.mkdir(box.path('mnist'))
    for name, count in (('train', 60), ('t10k', 20)):
        labels = bytes(index % 10 for index in range(count))
        pixels = b''.join(bytes(200 if at // 78 == label else (at * 7 + index) % 50
                                for at in range(784)) for index, label in enumerate(labels))
        sizes = [number.to_bytes(4, 'big') for number in (count, 28, 28)]
        with open(box.path('mnist', f'{name}-images-idx3-ubyte'), 'wb') as file:
            file.write(b'\0\0\x08\x03' + b''.join(sizes) + pixels)
        with open(box.path('mnist', f'{name}-labels-idx1-ubyte'), 'wb') as file:
            file.write(b'\0\0\x08\x01' + sizes[0] + labels)


def readme(place):
    images(place.box)
    place.other = {'-n 50': '-n 20', 'trials: 200': 'trials: 4', 'steps: 5': 'steps: 2'}
    place.stores = {'caviar run -n 40': 'first.db', 'caviar run mnist.yaml': 'mnist.db'}


def readme_found(place):
    best = place.box.json('best', '--store', 'first.db')['trial']
    assert abs(best['config']['x'] - 1) < 0.25 and abs(best['config']['y'] - 2) < 0.25, best


def few_trials(place):
    place.other = {'-n 100': '-n 8'}


def tutorial_found(place):
    box = place.box
    equal(len(box.trials('--study', 'train')), 20)
    assert box.json('best', '--study', 'train')['trial']['values']['loss'] < 0.05
    line = box.trials('--study', 'line')
    equal(len(line), 40)
    assert any(trial['state'] == 'pruned' for trial in line), 'nothing was stopped early'
    contains(box.read('report.html'), '<html')


def cluster(place):
    """The host `db` is here, by libpq's own variables."""
    if not postgres.binaries():
        raise Skip('there is no PostgreSQL server here (package postgresql)')
    server = postgres.Server()
    place.end = server.__exit__
    server.__enter__()
    server.sql('CREATE ROLE me SUPERUSER LOGIN')
    place.env.update(PGHOSTADDR='127.0.0.1', PGPORT=str(server.port), PGUSER='me')
    place.other = {'/shared/caviar': place.box.path('shared')}
    os.mkdir(place.box.path('shared'))
    place.box.file('mnist.yaml', STUDY)


def cluster_found(place):
    store = ['--store', 'postgresql://me@db/caviar', '--study', 'mnist']
    trials = place.run(shlex.join(['caviar', 'trials', '--json', *store]))
    states = [trial['state'] for trial in json.loads(trials)]
    assert len(states) == 12 and set(states) <= {'complete', 'pruned'}, states


def exchange(place):
    file = optuna_files.File(place.box.path('optuna.db'))
    study = file.study('there')
    for number in range(4):
        file.trial(study, values=[number], params={'lr': (
            'FloatDistribution', {'low': 0.1, 'high': 1.0, 'log': True, 'step': None},
            0.1 + number / 8)})
    file.close()
    place.box.file('runs.csv', 'lr,batch,loss,accuracy\n' + ''.join(
        f'{10 ** -n},{2 ** n},{n},{1 - n / 8}\n' for n in range(1, 8)))
    place.box.file('sweep.yaml', 'program: train.py\nmethod: random\nmetric: {name: loss}\n'
                                 'parameters:\n  lr: {min: 0.1, max: 0.5}\n')
    place.other = {'-n 50': '-n 5', '-o optuna.db': '-o exported.db'}
    studied(place)
    place.env['CAVIAR_STORE'] = place.box.path('imported.db')
    place.stores = {'caviar import optuna.db -o': 'goes-on.db',
                    'caviar import runs.csv': 'table.db', 'caviar export': 'caviar.db'}


def exchange_found(place):
    def trials(store, study):
        return len(place.box.trials('--store', store, '--study', study))

    equal(trials('imported.db', 'there') + trials('imported.db', 'runs'), 4 + 7)
    equal(trials('goes-on.db', 'there'), 4 + 5)
    equal(trials('table.db', 'few'), 7)


def caviar_train(place):
    images(place.box)
    rows = ''.join(f'{at % 7 / 2},{at % 5},{("setosa", "virginica")[at % 7 > 3]}\n'
                   for at in range(40))
    place.box.file('iris.csv', 'length,width,species\n' + rows)
    place.box.file('new.csv', 'width,length\n1,0.5\n2,3\n')


def caviar_train_found(place):
    equal(place.box.read('answers.csv').split(), ['prediction', 'setosa', 'virginica'])
    shown, = [block.text for block in blocks(place.page) if block.text.startswith('layer ')]
    said = place.run('caviar-train describe --data mnist --units 256,128 --batch-norm off')
    equal(said.splitlines()[:4], shown.splitlines()[:4])


def http_api(place):
    """Trial 7 runs: somebody asked for it, and has not told its result."""
    studied(place, 7)
    place.run('caviar update --study mnist --trials 9; caviar ask --study mnist')


def http_api_found(place):
    nudge, = place.box.json('show', '7', '--study', 'mnist')['nudges']
    equal((list(nudge['changes']), nudge['note']), (['lr'], 'it jumps'))
    row = re.compile(r'^\| `GET (\S+)` \| (.*) \|$', flags=re.M)
    for path, answer in row.findall(prose(place.page)):
        if path.endswith('/events'):
            continue  # which does not end
        path = path.replace('NAME', 'mnist').replace('/N', '/7')
        told = json.loads(place.run(f'curl -sSf "$url{path}"'))
        key = re.match(r'`(\w+)`', answer)
        assert not key or key.group(1) in told, (path, told)


def protocol_found(place):
    """The table of the pipe: each line, where trial 7 is open."""
    asked = [{'cmd': 'init', 'study': 'mnist.yaml'}] + [{'cmd': 'ask'}] * 8
    table = read(os.path.join(ROOT, place.page)).split('## The pipe')[1]
    rows = re.findall(r'^\| `(\{"cmd".*?\})`.*? \| `(\{.*?\})`', table, flags=re.M)
    assert len(rows) >= 7, rows
    for line, answer in rows:
        lines = [] if 'init' in line else [json.dumps(word) for word in asked]
        if 'best' in line or 'confirm' in line:
            lines.append('{"cmd":"tell","id":6,"value":0.3}')
        lines.append(line.replace('FILE', 'mnist.yaml'))
        told = place.box.caviar('pipe', stdin='\n'.join(lines) + '\n').out.splitlines()[-1]
        equal(sorted(json.loads(told)), sorted(json.loads(answer)))


PLACES = {  # a page: what is made for it, and what must have come of it
    'README.md': (readme, readme_found),
    'docs/algorithms/panda.md': (None, None),
    'docs/caviar-train.md': (caviar_train, caviar_train_found),
    'docs/cluster.md': (cluster, cluster_found),
    'docs/dashboard.md': (studied, None),
    'docs/exchange.md': (exchange, exchange_found),
    'docs/http-api.md': (http_api, http_api_found),
    'docs/security.md': (None, None),
    'docs/study-file.md': (few_trials, None),
    'docs/trial-protocol.md': (studied, protocol_found),
    'docs/tutorial.md': (None, tutorial_found),
}


def hold(page):
    def run(box):
        place = Place(box, page)
        before, after = PLACES[page]
        try:
            if before:
                before(place)
            for block in blocks(page):
                if not not_run(page, block):
                    place.block(block)
            if after:
                after(place)
        finally:
            place.end()
    run.__name__ = f'every_block_of_{page}'.replace('_', ' ')
    return run


@case
def every_block_is_run_by_somebody(_):
    listed = set()
    for page in pages():
        for block in blocks(page):
            assert block.language in ('sh', 'yaml', 'python', 'text'), (page, block)
            if not_run(page, block):
                listed.add((page, first_line(block)))
            elif block.language == 'python' and not block.title:
                contains(read(os.path.join(HERE, PYTHON[page])), os.path.basename(page))
            elif block.language != 'text':
                assert page in PLACES, f'{page}: nobody runs\n{block.text}'
    equal(sorted(set(NOT_RUN) - listed), [])


@case
def every_verb_and_flag_that_is_named_in_passing_is_there(box):
    flags = {verb['verb']: {'--' + flag['name'] for flag in verb['flags']}
             for verb in box.json('help')}
    count = 0
    for page in pages():
        for words in re.findall(r'`caviar ([a-z][^`]*)`', prose(page)):
            verb, *rest = words.partition(' -- ')[0].split()
            assert verb in flags, f'{page}: {words}'
            named = set(re.findall(r'(?<!\S)--[a-z-]+', ' '.join(rest)))
            assert named <= flags[verb], f'{page}: {words}: there is no {named - flags[verb]}'
            count += 1
    assert count > 100, count


CASES.extend(hold(page) for page in PLACES)

main()
