#!/usr/bin/env python3
"""
test_python_types.py: the types of the Python package, as mypy sees them under --strict and the
configuration of python/pyproject.toml.
"""
import os
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'support'))
from harness import ROOT, Skip, case, contains, equal, main  # noqa: E402


def checked(box, *words):
    """What mypy says, in the package's folder; it writes nothing there."""
    mypy = shutil.which('mypy')
    if not mypy:
        raise Skip('mypy is not installed')
    done = subprocess.run([mypy, '--cache-dir', box.path('cache'), *words], text=True,
                          cwd=os.path.join(ROOT, 'python'), capture_output=True, check=False)
    equal(done.stderr, '')
    return done.stdout


@case
def the_package_has_types_that_agree(box):
    contains(checked(box), 'Success: no issues found in', 'source files')


@case
def a_program_that_uses_it_is_checked(box):
    program = box.file('uses.py', '''import caviar

study = caviar.create_study({"x": caviar.Float(0, 1)})
study.optimize(lambda trial: float(trial.params["x"]), n_trials=3)
reveal_type(study.best_value)
reveal_type(study.ask().suggest_int("n", 1, 3))
caviar.create_study(seed="one")
''')
    said = checked(box, '--strict', program)
    contains(said, 'uses.py:5: note: Revealed type is "builtins.float"',
             'uses.py:6: note: Revealed type is "builtins.int"',
             'uses.py:7: error: Argument "seed"', 'Found 1 error')


main()
