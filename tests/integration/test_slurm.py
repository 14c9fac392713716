#!/usr/bin/env python3
"""
test_slurm.py: caviar run --on slurm, on a real cluster of two nodes that the test starts.
"""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'support'))
import postgres  # noqa: E402
import slurm  # noqa: E402
from harness import LONG, Skip, case, contains, equal, main, read, wait_until  # noqa: E402

TRIAL = """echo "$CAVIAR_TRIAL $SLURM_JOB_ID $SLURMD_NODENAME" >>"$3/ran.log"
sleep "$2"
echo "loss=$1"
"""


class Site:
    """A cluster, a database, and a study for both."""

    def __init__(self, box):
        reason = slurm.missing()
        if reason or not postgres.binaries():
            raise Skip(reason or 'there is no PostgreSQL server here (package postgresql)')
        self.box = box
        self.cluster, self.server = slurm.Cluster(), postgres.Server()
        os.chmod(box.folder, 0o755)
        os.mkdir(box.path('shared'))

    def __enter__(self):
        self.server.__enter__()
        try:
            self.cluster.__enter__()
        except BaseException:
            self.server.__exit__()
            raise
        self.env = {'SLURM_CONF': self.cluster.conf, 'CAVIAR_STORE': self.server.url(),
                    'CAVIAR_FOLDER': self.box.path('shared')}
        return self

    def __exit__(self, *_):
        self.cluster.__exit__()
        self.server.__exit__()

    def study(self, trials, nap, keys=''):
        self.box.script('trial.sh', TRIAL)
        return self.box.file(
            'study.yaml', f'study: many\ncommand: {self.box.path("trial.sh")} {{x}} {nap} '
            f'{self.box.folder}\nmetric: loss\nsampler: random\nscheduler: none\nseed: 5\n'
            f'budget: {{trials: {trials}}}\nparallel: 3\n{keys}\n'
            'space:\n  x: {type: float, low: 0, high: 1}\n')

    def ran(self):
        path = self.box.path('ran.log')
        return [line.split() for line in read(path).splitlines()] if os.path.exists(path) else []

    def trials(self):
        return self.box.json('trials', **self.env)


@case
def a_study_runs_as_a_job_array_until_its_budget_is_spent(box):
    with Site(box) as site:
        outcome = box.caviar('run', site.study(8, 0.1, 'resources: {cpus: 1, time: 10m}'), '--on',
                             'slurm', **site.env)
        contains(outcome.out, 'slurm: 3 workers as job', '8 trials have ended', 'best: trial')
        equal([row['state'] for row in site.trials()], ['complete'] * 8)
        answer = box.json('resume', 'many', '-n', '10', '--on', 'slurm', **site.env)
        equal((answer['launcher'], answer['ended']), ('slurm', 10))
        assert len({job for _, job, _ in site.ran()}) > 1, site.ran()  # more than one task
        wait_until('the workers are gone', lambda: not site.cluster.jobs())


@case
def stop_cancels_what_was_submitted_and_nothing_else(box):
    with Site(box) as site:
        other = site.cluster.run('sbatch', '--parsable', '-D', '/tmp', '-o', '/dev/null',
                                 '--wrap', 'sleep 300').strip()
        run = box.start('run', site.study(50, 60), '--on', 'slurm', '-j', '20', **site.env)
        wait_until('trials run', lambda: len(site.ran()) >= 2)
        contains(box.caviar('stop', '--now', **site.env).out, 'cancel')
        contains(run.wait(status=0).out, "stopped by 'caviar stop'")
        wait_until('the workers are gone',
                   lambda: [job for job, _, _ in site.cluster.jobs()] == [other])
        states = {row['state'] for row in site.trials()}
        equal(states, {'waiting'})  # given back, as is the rule for --now


@case
def a_preempted_worker_gives_its_trial_back_and_it_is_run_again(box):
    if not LONG:
        raise Skip('it takes half a minute: ./check --all has it')
    with Site(box) as site:
        run = box.start('run', site.study(3, 8), '--on', 'slurm', '-j', '3', **site.env)
        wait_until('all run', lambda: len(site.ran()) == 3)
        site.cluster.run('sbatch', '--parsable', '-D', '/tmp', '-o', '/dev/null', '-p', 'urgent',
                         '-N', '2', '--exclusive', '--wrap', 'sleep 1')
        wait_until('the trials are given back',
                   lambda: {row['state'] for row in site.trials()} & {'waiting', 'complete'})
        wait_until('requeued', lambda: any(state == 'PENDING'
                                           for _, name, state in site.cluster.jobs()
                                           if name == 'caviar-many') or not site.cluster.jobs())
        for job, name, state in site.cluster.jobs():  # Slurm would wait for two minutes
            if name == 'caviar-many' and state == 'PENDING':
                try:
                    site.cluster.run('scontrol', 'update', f'JobId={job}', 'StartTime=now')
                except RuntimeError:
                    pass  # it was faster
        run.wait(status=0)
        rows = site.trials()
        equal([row['state'] for row in rows], ['complete'] * 3)
        assert all(row['values']['loss'] == row['config']['x'] for row in rows), rows


@case
def what_slurm_refuses_is_shown_as_it_is(box):
    with Site(box) as site:
        study = site.study(2, 0.1, 'resources: {partition: nowhere}')
        contains(box.caviar('run', study, '--on', 'slurm', status=1, **site.env).err,
                 'sbatch failed', 'invalid partition')
        contains(box.caviar('run', study, '--on', 'slrum', status=1, **site.env).err,
                 "did you mean 'slurm'")
        contains(box.caviar('run', study, '--on', 'slurm', '--store', 'local.db', status=1,
                            **site.env).err, 'a store that they reach')


main()
