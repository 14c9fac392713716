"""
slurm.py: a Slurm cluster of a test's own: a munge daemon with its own key and socket, a controller
and some nodes on the loopback, in a folder of its own. It needs root, as Slurm does to start jobs.

    with Cluster(nodes=2) as cluster:
        box.caviar('run', ..., SLURM_CONF=cluster.conf)
"""
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time

NEEDED = ['slurmctld', 'slurmd', 'munged', 'sbatch', 'squeue', 'scancel', 'sinfo']

CONF = """ClusterName=test
SlurmctldHost=localhost(127.0.0.1)
SlurmctldPort={ports[0]}
SlurmUser=root
AuthType=auth/munge
CredType=cred/munge
AuthInfo=socket={folder}/munge/sock
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool/%n
SlurmctldPidFile={folder}/run/slurmctld.pid
SlurmdPidFile={folder}/run/slurmd.%n.pid
SlurmctldLogFile={folder}/log/slurmctld.log
SlurmdLogFile={folder}/log/slurmd.%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SlurmdParameters=config_overrides
AccountingStorageType=accounting_storage/none
MpiDefault=none
ReturnToService=2
SchedulerParameters=batch_sched_delay=0,sched_interval=1,bf_interval=1,bf_continue
KillWait=5
CommunicationParameters=NoInAddrAny,NoCtldInAddrAny
SlurmdTimeout=60
JobRequeue=1
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
{nodes}
PartitionName=batch Nodes=ALL Default=YES State=UP PriorityTier=1 PreemptMode=REQUEUE GraceTime=5
PartitionName=urgent Nodes=ALL State=UP PriorityTier=10 PreemptMode=OFF
"""


def missing():
    """Why there can be no cluster here; None where there can."""
    if os.getuid() != 0:
        return 'a Slurm cluster of the test\'s own needs root'
    absent = [name for name in NEEDED if not shutil.which(name, path='/usr/sbin:/usr/bin')]
    return f'{", ".join(absent)} not there (packages slurm-wlm, munge)' if absent else None


def free_ports(count):
    probes = [socket.socket() for _ in range(count)]
    for probe in probes:
        probe.bind(('127.0.0.1', 0))
    ports = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return ports


def lives(pid):
    try:
        with open(f'/proc/{pid}/stat', encoding='utf-8') as file:
            return file.read().rsplit(')', 1)[1].split()[0] not in 'ZX'
    except OSError:
        return False


class Cluster:
    def __init__(self, nodes=2, cpus=2):
        self.folder = tempfile.mkdtemp(prefix='caviar-slurm-', dir='/tmp')
        self.nodes = [f'n{i}' for i in range(1, nodes + 1)]
        self.conf = os.path.join(self.folder, 'slurm.conf')
        self.env = dict(os.environ, SLURM_CONF=self.conf, PATH='/usr/sbin:/usr/bin:/sbin:/bin')
        os.chmod(self.folder, 0o755)
        for name in ['state', 'log', 'run', 'munge', *(f'spool/{node}' for node in self.nodes)]:
            os.makedirs(os.path.join(self.folder, name))
        ports = free_ports(nodes + 1)
        lines = [f'NodeName={node} NodeHostname=localhost NodeAddr=127.0.0.1 Port={port} '
                 f'CPUs={cpus} RealMemory=2000 State=UNKNOWN'
                 for node, port in zip(self.nodes, ports[1:])]
        with open(self.conf, 'w', encoding='utf-8') as file:
            file.write(CONF.format(folder=self.folder, ports=ports, nodes='\n'.join(lines)))

    def run(self, *words):
        done = subprocess.run(words, env=self.env, cwd='/', capture_output=True, text=True,
                              timeout=60, check=False)
        if done.returncode:
            raise RuntimeError(f'{words}: {done.stdout}{done.stderr}')
        return done.stdout

    def start_munge(self):
        munge = os.path.join(self.folder, 'munge')
        with open(os.path.join(munge, 'key'), 'wb') as file:
            file.write(os.urandom(1024))
        os.chmod(os.path.join(munge, 'key'), 0o400)
        for path in [munge, os.path.join(munge, 'key')]:
            shutil.chown(path, 'munge', 'munge')
        self.run('runuser', '-u', 'munge', '--', 'munged', '--force', f'--key-file={munge}/key',
                 f'--socket={munge}/sock', f'--pid-file={munge}/pid', f'--log-file={munge}/log',
                 f'--seed-file={munge}/seed')

    def ready(self):
        states = self.run('sinfo', '-h', '-N', '-p', 'batch', '-o', '%N %t').split('\n')
        return sum(line.endswith((' idle', ' mix', ' alloc')) for line in states) >= len(self.nodes)

    def start(self):
        self.start_munge()
        self.run('slurmctld', '-f', self.conf, '-i')
        for node in self.nodes:
            self.run('slurmd', '-N', node, '-f', self.conf)
        end = time.monotonic() + 90
        while True:
            try:
                if self.ready():
                    return
            except RuntimeError:
                pass
            if time.monotonic() > end:
                raise RuntimeError('the cluster does not start')
            time.sleep(0.2)

    def jobs(self):
        """Tasks that have not ended: (id, name, state)."""
        lines = self.run('squeue', '-h', '-r', '-o', '%i|%j|%T').splitlines()
        return [tuple(line.split('|')) for line in lines]

    def pids(self):
        names = ['munge/pid', 'run/slurmctld.pid',
                 *(f'run/slurmd.{node}.pid' for node in self.nodes)]
        for name in reversed(names):
            try:
                with open(os.path.join(self.folder, name), encoding='utf-8') as file:
                    yield int(file.read())
            except (OSError, ValueError):
                pass

    def stop(self):
        try:
            self.run('scancel', '--full', '--signal=KILL', '-u', 'root')
        except (RuntimeError, subprocess.TimeoutExpired):
            pass
        for pid in self.pids():
            end = time.monotonic() + 10
            try:
                os.kill(pid, signal.SIGTERM)
                while lives(pid) and time.monotonic() < end:
                    time.sleep(0.05)
                if lives(pid):
                    os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)
