#!/usr/bin/env python3
"""
test_python_docs.py: the examples of docs/python.md and of python/README.md, run as they stand.
"""
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'support'))
import preloaded  # noqa: E402
from harness import PATIENCE, ROOT, case, main, read  # noqa: E402

preloaded.begin()


def run_examples(box, page, at_least):
    text = read(os.path.join(ROOT, page))
    examples = re.findall(r'^```python\n(.*?)^```$', text, flags=re.M | re.S)
    assert len(examples) >= at_least, len(examples)
    for number, example in enumerate(examples):
        file = box.file(f'example{number}.py', example)
        done = subprocess.run([sys.executable, '-W', 'error', file], cwd=box.folder,
                              timeout=PATIENCE, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f'{example}\n{done.stdout}\n{done.stderr}'


@case
def the_examples_of_the_manual_run(box):
    run_examples(box, 'docs/python.md', 8)


@case
def the_example_of_the_readme_runs(box):
    run_examples(box, 'python/README.md', 1)


main()
