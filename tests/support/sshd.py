"""
sshd.py: an ssh server of a test's own, on a port of the loopback, that lets in one key of that
test. It is stopped, by its process id, when the test ends.

    with Server() as server:
        server.options     # for ssh, to be let in
        server.hosts       # names by which it can be reached
"""
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time

from postgres import free_port

PATIENCE = 60
PRIVILEGES = '/run/sshd'  # an empty folder that root's server wants
SETTINGS = """
Port {port}
ListenAddress 127.0.0.1
HostKey {folder}/host
AuthorizedKeysFile {folder}/user.pub
PidFile none
StrictModes no
UsePAM no
PasswordAuthentication no
PermitRootLogin prohibit-password
"""


def program():
    return shutil.which('sshd') or next(
        (path for path in ['/usr/sbin/sshd'] if os.path.exists(path)), None)


def missing():
    """Why there can be no server here; None: there can."""
    if not program() or not shutil.which('ssh'):
        return 'there is no ssh here (packages openssh-server, openssh-client)'
    return None


class Server:
    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix='caviar-ssh-', dir='/tmp')
        self.port = free_port()
        me = pwd.getpwuid(os.getuid()).pw_name
        self.hosts = [f'{me}@127.0.0.1', f'{me}@localhost']
        self.options = ['-F', 'none', '-p', str(self.port), '-i', self.path('user'), '-o',
                        'UserKnownHostsFile=/dev/null', '-o', 'StrictHostKeyChecking=no',
                        '-o', 'LogLevel=ERROR']
        self.process = None

    def path(self, name):
        return os.path.join(self.folder, name)

    def __enter__(self):
        for name in ('host', 'user'):
            subprocess.run(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', self.path(name)],
                           check=True)
        with open(self.path('config'), 'w', encoding='utf-8') as file:
            file.write(SETTINGS.format(port=self.port, folder=self.folder))
        if os.getuid() == 0:
            os.makedirs(PRIVILEGES, mode=0o755, exist_ok=True)
        with open(self.path('log'), 'wb') as log:
            self.process = subprocess.Popen([program(), '-D', '-e', '-f', self.path('config')],
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self.wait()
        return self

    def wait(self):
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end and self.process.poll() is None:
            with socket.socket() as probe:
                if probe.connect_ex(('127.0.0.1', self.port)) == 0:
                    return
            time.sleep(0.05)
        with open(self.path('log'), encoding='utf-8') as log:
            raise RuntimeError('the ssh server does not start:\n' + log.read())

    def __exit__(self, *_):
        if self.process:
            self.process.terminate()
            self.process.wait(PATIENCE)
        shutil.rmtree(self.folder, ignore_errors=True)
