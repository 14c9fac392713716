#!/usr/bin/env python3
"""
test_python_package.py: the Python package as it is given to others: a wheel, a source archive, what
`meson install` installs.
"""
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'support'))
import preloaded  # noqa: E402
from harness import PATIENCE, ROOT, Skip, case, contains, equal, main  # noqa: E402

preloaded.begin()

TRY = ('import caviar; study = caviar.create_study({"x": "0 1"}, seed=1); '
       'study.optimize(lambda trial: trial.params["x"], n_trials=3); print(len(study))')


def modules():
    """The package's files, as paths from python/."""
    found = []
    for folder, _, names in os.walk(preloaded.PACKAGE):
        found += [os.path.relpath(os.path.join(folder, name), preloaded.PACKAGE) for name in names
                  if name.endswith('.py') or name == 'py.typed']
    return sorted(found)


def build(box, what):
    """Builds a wheel or an sdist as pip does, from a copy; answers its file."""
    try:
        import setuptools  # noqa: F401
        import wheel  # noqa: F401
    except ImportError as problem:
        raise Skip('setuptools and wheel are not here') from problem
    shutil.copytree(preloaded.PACKAGE, box.path('python'),
                    ignore=shutil.ignore_patterns('__pycache__', 'build', '*.egg-info'))
    script = f'import setuptools.build_meta as backend; print(backend.build_{what}({box.folder!r}))'
    done = subprocess.run([sys.executable, '-c', script], cwd=box.path('python'), text=True,
                          capture_output=True, timeout=PATIENCE, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return box.path(done.stdout.strip().split('\n')[-1])


def works_from(box, folder):
    done = subprocess.run([sys.executable, '-c', TRY], cwd=box.folder, text=True, timeout=PATIENCE,
                          capture_output=True, check=False, env=dict(os.environ, PYTHONPATH=folder))
    equal((done.stdout, done.stderr), ('3\n', ''))


@case
def a_wheel_holds_every_module_and_works(box):
    with zipfile.ZipFile(build(box, 'wheel')) as wheel:
        names = wheel.namelist()
        equal(sorted(name for name in names if 'dist-info' not in name), modules())
        wheel.extractall(box.path('site'))
        meta = wheel.read(next(name for name in names if name.endswith('METADATA'))).decode()
    contains(meta, 'Name: caviar', 'Requires-Python: >=3.9')
    assert 'Requires-Dist' not in meta
    works_from(box, box.path('site'))


@case
def a_source_archive_holds_every_module(box):
    with tarfile.open(build(box, 'sdist')) as archive:
        names = [name.partition('/')[2] for name in archive.getnames()]
    assert set(modules()) <= set(names), sorted(set(modules()) - set(names))
    assert 'pyproject.toml' in names


@case
def meson_installs_every_module(box):
    if not shutil.which('meson'):
        raise Skip('there is no meson')
    box.file('meson.build', "project('package', meson_version: '>= 1.0')\nsubdir('python')\n")
    shutil.copy(os.path.join(ROOT, 'meson_options.txt'), box.folder)
    shutil.copytree(preloaded.PACKAGE, box.path('python'))
    env = dict(os.environ, LD_PRELOAD='')
    for words in (['setup', 'build', f'-Dpython={sys.executable}', '--prefix', box.path('there')],
                  ['install', '-C', 'build']):
        subprocess.run(['meson', *words], cwd=box.folder, env=env, capture_output=True, check=True)
    found = [os.path.join(folder, name) for folder, _, names in os.walk(box.path('there'))
             for name in names if name == 'study.py']
    equal(len(found), 1)
    place = os.path.dirname(os.path.dirname(found[0]))
    for name in modules():
        assert os.path.exists(os.path.join(place, name)), name
    works_from(box, place)


main()
