#!/usr/bin/env python3
"""
postgres.py: a PostgreSQL server of a test's own, in a folder of its own, on a Unix socket and a
port of the loopback. It is stopped, by its process id, when the test ends.

    with Server() as server:
        server.url('postgresql')    # where a store can be opened

    postgres.py PROGRAM [ARGUMENT...]   runs a program with CAVIAR_TEST_POSTGRESQL set

PostgreSQL refuses to run as root, so root's server runs as the user that Debian's package makes.
Where there is no PostgreSQL the program runs without the variable, and skips what needs it.
"""
import glob
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from urllib.parse import quote

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SETTINGS = """
listen_addresses = '127.0.0.1'
max_connections = 200
shared_buffers = 64MB
autovacuum = off
{more}
"""


def binaries():
    """The folder of the newest server here; None where there is none."""
    folders = glob.glob('/usr/lib/postgresql/*/bin/initdb') + glob.glob('/usr/bin/initdb')
    newest = sorted(folders, key=lambda path: [int(piece) for piece in path.split('/')
                                               if piece.isdigit()])
    return os.path.dirname(newest[-1]) if newest else None


def free_port():
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]


class Server:
    def __init__(self, durable=False, settings=''):
        self.bin = binaries()
        self.folder = tempfile.mkdtemp(prefix='caviar-pg-', dir='/tmp')
        self.data = os.path.join(self.folder, 'data')
        self.port = free_port()
        self.user = 'postgres' if os.getuid() == 0 else pwd.getpwuid(os.getuid()).pw_name
        self.process = None
        os.chmod(self.folder, 0o755)
        if os.getuid() == 0:
            shutil.chown(self.folder, self.user)
        more = settings + ('' if durable else '\nfsync = off\n')
        self.run('initdb', '-D', self.data, '-U', 'caviar', '-A', 'trust', '-E', 'UTF8',
                 '--locale=C', '--no-sync', '--no-instructions')
        with open(os.path.join(self.data, 'postgresql.conf'), 'a', encoding='utf-8') as file:
            file.write(SETTINGS.format(more=more) + f"port = {self.port}\n"
                       f"unix_socket_directories = '{self.folder}'\n")

    def words(self, program, *words):
        line = [os.path.join(self.bin, program), *words]
        return ['runuser', '-u', self.user, '--', *line] if os.getuid() == 0 else line

    def run(self, program, *words):
        done = subprocess.run(self.words(program, *words), cwd='/', capture_output=True, text=True,
                              check=False)
        if done.returncode:
            raise RuntimeError(f'{program}: {done.stdout}{done.stderr}')
        return done.stdout

    def start(self):
        with open(os.path.join(self.folder, 'log'), 'ab') as log:
            # not its own session: it ends with the test's process group at the latest
            self.process = subprocess.Popen(self.words('postgres', '-D', self.data), cwd='/',
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        end = time.monotonic() + 60
        while subprocess.run(self.words('pg_isready', '-q', '-h', self.folder, '-p',
                                        str(self.port)), cwd='/', check=False).returncode:
            if self.process.poll() is not None or time.monotonic() > end:
                raise RuntimeError('the server does not start:\n' + self.log())
            time.sleep(0.05)

    def log(self):
        with open(os.path.join(self.folder, 'log'), encoding='utf-8', errors='replace') as file:
            return file.read()

    def pid(self):
        with open(os.path.join(self.data, 'postmaster.pid'), encoding='utf-8') as file:
            return int(file.readline())

    def stop(self, mode='fast'):
        """fast: as at the end of a day; immediate: as in a crash."""
        if self.process and self.process.poll() is None:
            os.kill(self.pid(), {'fast': signal.SIGINT, 'immediate': signal.SIGQUIT}[mode])
            self.process.wait(60)
        self.process = None

    def url(self, schema=None, database='postgres'):
        options = f'&options={quote(f"-csearch_path={schema}")}' if schema else ''
        return (f'postgresql:///{database}?host={quote(self.folder, safe="")}&port={self.port}'
                f'&user=caviar{options}')

    def sql(self, text, database='postgres'):
        return self.run('psql', '-X', '-q', '-A', '-t', '-h', self.folder, '-p', str(self.port),
                        '-U', 'caviar', '-d', database, '-v', 'ON_ERROR_STOP=1', '-c', text)

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.stop('immediate')
        shutil.rmtree(self.folder, ignore_errors=True)


def main():
    words = sys.argv[1:]
    if os.environ.get('CAVIAR_TEST_VALGRIND'):
        words = [os.path.join(ROOT, 'tools/valgrind.sh'), *words]
    if not binaries():
        return subprocess.run(words, check=False).returncode
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # also then the server is stopped
    with Server() as server:
        env = dict(os.environ, CAVIAR_TEST_POSTGRESQL=server.url())
        return subprocess.run(words, env=env, check=False).returncode


if __name__ == '__main__':
    sys.exit(main())
