"""
preloaded.py: for tests that load libcaviar into Python.

CAVIAR_LIBRARY names the library's file. One that was built with a sanitizer needs the sanitizer's
own library before anything else: `begin` starts the test again with that. Where Python cannot load
it so, as under another compiler's, the test is skipped.
"""
import os
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PACKAGE = os.path.join(ROOT, 'python')
LIBRARY = os.environ.get('CAVIAR_LIBRARY') or os.path.join(ROOT, 'build-check/src/libcaviar.so.1')
RUNTIMES = {'address': 'libasan.so', 'undefined': 'libubsan.so'}


def runtimes():
    """The sanitizers' libraries, as the compiler has them."""
    names = [RUNTIMES[word] for word in os.environ.get('CAVIAR_SANITIZE', '').split(',')
             if word in RUNTIMES]
    return [subprocess.run(['cc', f'-print-file-name={name}'], capture_output=True, text=True,
                           check=True).stdout.strip() for name in names]


def loads(env):
    words = [sys.executable, '-c', f'import ctypes; ctypes.CDLL({LIBRARY!r})']
    return subprocess.run(words, env=env, capture_output=True, check=False).returncode == 0


def begin():
    """Makes `import caviar` find the package, and that the library."""
    os.environ['CAVIAR_LIBRARY'] = LIBRARY
    os.environ['PYTHONPATH'] = PACKAGE
    sys.path.insert(0, PACKAGE)
    if os.environ.get('CAVIAR_PRELOADED') or os.environ.get('CAVIAR_SANITIZE', 'none') == 'none':
        return
    # Python itself lets go of nothing at its end, so leaks are the C tests' to find.
    options = os.environ.get('ASAN_OPTIONS', '') + ':detect_leaks=0'
    env = dict(os.environ, CAVIAR_PRELOADED='1', LD_PRELOAD=' '.join(runtimes()),
               ASAN_OPTIONS=options)
    if not loads(env):
        print('1..0 # SKIP Python cannot load the library of this build')
        sys.exit(0)
    os.execve(sys.executable, [sys.executable, *sys.argv], env)
