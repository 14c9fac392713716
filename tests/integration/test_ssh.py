#!/usr/bin/env python3
"""
test_ssh.py: caviar run --on ssh, by a real ssh server and a real database that the test starts.
"""
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'support'))
import postgres  # noqa: E402
import sshd  # noqa: E402
from harness import Skip, case, contains, equal, main, read, wait_until  # noqa: E402

TRIAL = """echo "$CAVIAR_TRIAL $PPID" >>"$3/ran.log"
sleep "$2"
echo "loss=$1"
"""


def kill(process):
    try:
        os.kill(process, 9)
    except ProcessLookupError:
        pass


class Site:
    """A database, a machine that ssh reaches by two names, and a study."""

    def __init__(self, box):
        reason = sshd.missing()
        if reason or not postgres.binaries():
            raise Skip(reason or 'there is no PostgreSQL server here (package postgresql)')
        self.box = box
        self.ssh, self.server = sshd.Server(), postgres.Server()
        self.shared = box.path("it's shared")
        os.mkdir(self.shared)

    def __enter__(self):
        self.server.__enter__()
        try:
            self.ssh.__enter__()
        except BaseException:
            self.server.__exit__()
            raise
        self.env = {'CAVIAR_STORE': self.server.url(), 'CAVIAR_FOLDER': self.shared}
        return self

    def __exit__(self, *_):
        self.ssh.__exit__()
        self.server.__exit__()

    def study(self, trials, nap, hosts=None, options=None):
        self.box.script('trial.sh', TRIAL)
        return self.box.file(
            'study.yaml', f'study: many\ncommand: {self.box.path("trial.sh")} {{x}} {nap} '
            f'{self.box.folder}\nmetric: loss\nsampler: random\nscheduler: none\nseed: 5\n'
            f'budget: {{trials: {trials}}}\nparallel: 3\n'
            f'resources: {{hosts: {hosts or self.ssh.hosts}, '
            f'options: {options or self.ssh.options}}}\n'
            'space:\n  x: {type: float, low: 0, high: 1}\n')

    def ran(self):
        path = self.box.path('ran.log')
        return [line.split() for line in read(path).splitlines()] if os.path.exists(path) else []

    def workers(self):
        """Lines (host, process, trials) of those that run, of the jobs so far."""
        folder, found = os.path.join(self.shared, 'many'), []
        for name in os.listdir(folder):
            if re.fullmatch(r'ssh-job-\d+', name):  # and not one that is being written
                found += [line.split()[1:] for line in read(os.path.join(folder, name)).splitlines()
                          if line.startswith('worker ')]
        return [line for line in found if os.path.exists(f'/proc/{line[1]}')]

    def kill_workers(self):
        for _, process, _ in self.workers():
            kill(int(process))

    def wait_for_end(self):
        wait_until('the workers are gone', lambda: not self.workers() and not self.box.processes())

    def states(self):
        return [row['state'] for row in self.box.json('trials', **self.env)]


@case
def workers_on_two_machines_run_a_study_until_its_budget_is_spent(box):
    with Site(box) as site:
        outcome = box.caviar('run', site.study(8, 0.2), '--on', 'ssh', **site.env)
        contains(outcome.out, 'ssh: 3 workers as job', 'ssh-job-1', '8 trials have ended',
                 'best: trial')
        equal(site.states(), ['complete'] * 8)
        site.wait_for_end()


@case
def stop_now_ends_the_workers_and_their_trials_go_back(box):
    with Site(box) as site:
        run = box.start('run', site.study(50, 60), '--on', 'ssh', **site.env)
        wait_until('all run', lambda: len(site.ran()) == 3)
        equal([trials for _, _, trials in site.workers()], ['2', '1'])
        equal(len({worker for _, worker in site.ran()}), 2)  # one process on each
        box.caviar('stop', 'many', '--now', **site.env)
        run.wait(status=0)
        site.wait_for_end()
        equal(set(site.states()), {'waiting'})


@case
def workers_outlive_who_started_them_and_are_found_again(box):
    with Site(box) as site:
        run = box.start('run', site.study(6, 3), '--on', 'ssh', **site.env)
        wait_until('some run', lambda: len(site.ran()) >= 2)
        run.signal(2)
        run.wait(status=130)
        contains(run.out(), 'the workers go on')
        wait_until('the study is over', lambda: site.states() == ['complete'] * 6)
        site.wait_for_end()


@case
def workers_that_are_gone_are_started_again_but_not_for_ever_in_vain(box):
    with Site(box) as site:
        run = box.start('run', site.study(9, 60), '--on', 'ssh', **site.env)
        for job in range(1, 4):
            wait_until('workers run', lambda count=job: len(site.ran()) >= 3 * count)
            contains(run.out(), f'ssh-job-{job}')
            site.kill_workers()
        contains(run.wait(status=1).err, 'ended without any result', 'their logs in')
        assert 'ssh-job-4' not in run.out()
        assert not os.path.exists(os.path.join(site.shared, 'many', 'ssh-job-4'))
        for process, _ in box.processes():  # of the last workers: nobody came behind them
            kill(process)
        site.wait_for_end()


@case
def what_ssh_says_is_shown_and_nothing_is_left_running(box):
    with Site(box) as site:
        study = site.study(5, 30, hosts=[site.ssh.hosts[0], 'nobody-of-that-name@127.0.0.1'])
        outcome = box.caviar('run', study, '--on', 'ssh', status=1, **site.env)
        contains(outcome.err, 'ssh nobody-of-that-name@127.0.0.1 failed', 'Permission denied')
        site.wait_for_end()


@case
def a_study_that_names_no_machine_is_told_how_to(box):
    with Site(box) as site:
        box.bowl()
        outcome = box.caviar('run', 'bowl.yaml', '--on', 'ssh', status=1, **site.env)
        contains(outcome.err, 'resources: {hosts: [node1, me@node2]}')


main()
