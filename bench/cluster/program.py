"""
program.py: what the benchmarks of this folder run: bench_cluster, on a server of their own.
"""
import json
import os
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, 'tests', 'support'))
import postgres  # noqa: E402


def built(build):
    """The path of bench_cluster, up to date; ends where there is no PostgreSQL."""
    if not postgres.binaries():
        sys.exit('there is no PostgreSQL server here (package postgresql)')
    subprocess.run(['ninja', '-C', build, 'bench/cluster/bench_cluster'], check=True,
                   stdout=subprocess.DEVNULL)
    return os.path.join(build, 'bench/cluster/bench_cluster')


def call(program, *words):
    """What it prints, when it has ended."""
    return json.loads(subprocess.run([program, *map(str, words)], check=True, capture_output=True,
                                     text=True).stdout)
