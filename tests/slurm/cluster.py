"""A Slurm of two nodes on this machine, all of it in one folder and on loopback.

It is started and ended by whoever asks for it. Nothing of the system's own Slurm or MUNGE is read
or written, should the machine have them.
"""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from ukd_bench.files.python import die_with_parent

NODES = ('node1', 'node2')
PROGRAMS = ('munged', 'slurmctld', 'slurmd', 'sbatch', 'squeue', 'scontrol', 'scancel', 'srun')
# Daemons lie where an ordinary user's path does not lead.
_PATH = os.pathsep.join((os.environ.get('PATH', ''), '/usr/sbin', '/sbin'))

CONFIG = """\
ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={ports[0]}
SlurmUser=root
AuthType=auth/munge
# A job that is put back waits until its credential has expired, by default two minutes.
AuthInfo=socket={folder}/munge.socket,cred_expire=5
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool-%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd-%n.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd-%n.log
SlurmdParameters=config_overrides
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
SchedulerType=sched/backfill
SchedulerParameters=bf_interval=1,sched_interval=1,batch_sched_delay=0
OverTimeLimit=0
KillWait=2
ReturnToService=2
GresTypes=gpu
NodeName=DEFAULT CPUs=2 RealMemory=8000
NodeName={nodes[0]} NodeHostname={host} NodeAddr=127.0.0.1 Port={ports[1]}
NodeName={nodes[1]} NodeHostname={host} NodeAddr=127.0.0.1 Port={ports[2]} Gres=gpu:a100:1
# A job that is urgent takes the place of another, at once or after a time of grace.
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP PriorityTier=1
PartitionName=graceful Nodes=ALL MaxTime=INFINITE State=UP PriorityTier=1 GraceTime=60
PartitionName=urgent Nodes=ALL MaxTime=INFINITE State=UP PriorityTier=9
"""

# A job that asks for it is told its number; nobody opens the device.
GPU = f'NodeName={NODES[1]} Name=gpu Type=a100 File=/dev/null\n'


def absence() -> str | None:
    """Why no cluster can be started here, in half a line; None where one can."""
    if absent := [name for name in PROGRAMS if shutil.which(name, path=_PATH) is None]:
        return f'Slurm is not installed: there is no {absent[0]}'
    return None if os.geteuid() == 0 else 'daemons of Slurm are started by root alone'


class Cluster:
    """A cluster that is being started, is up, or is down for a while.

    Args:
        folder: Folder of its configuration, state, keys and logs; its path is short, because
            sockets lie there.

    Attributes:
        variables: What the environment of its commands needs.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.variables = dict(SLURM_CONF=str(folder / 'slurm.conf'), PATH=_PATH)
        self._daemons: dict[str, subprocess.Popen] = {}

    def start(self) -> None:
        """Starts all daemons, and waits until both nodes are idle."""
        # MUNGE looks at who may enter.
        self.folder.chmod(0o755)
        (self.folder / 'state').mkdir()
        for node in NODES:
            (self.folder / f'spool-{node}').mkdir()
        key = self.folder / 'munge.key'
        key.write_bytes(os.urandom(1024))
        key.chmod(0o600)
        host = socket.gethostname().partition('.')[0]
        places = dict(folder=self.folder, host=host, ports=_free_ports(3), nodes=NODES)
        (self.folder / 'slurm.conf').write_text(CONFIG.format(**places))
        (self.folder / 'gres.conf').write_text(GPU)
        names = dict(
            key='key-file', socket='socket', pid='pid-file', seed='seed-file', log='log-file'
        )
        files = [f'--{option}={self.folder}/munge.{name}' for name, option in names.items()]
        self._begin('munged', '--foreground', '--force', '--num-threads=1', *files)
        self._wait(lambda: (self.folder / 'munge.socket').exists(), 'munged')
        self.start_controller()
        for node in NODES:
            self._begin(node, '-D', '-N', node, program='slurmd')
        self._wait(lambda: self._states() == {'idle'}, 'nodes')

    def start_controller(self) -> None:
        """Starts the daemon that knows the jobs where it is down, and waits until it answers."""
        if 'slurmctld' not in self._daemons:
            self._begin('slurmctld', '-D')
        self._wait(lambda: self._command('scontrol', 'ping').returncode == 0, 'slurmctld')

    def stop_controller(self, kill: bool = False) -> None:
        """Ends the daemon that knows the jobs; what runs goes on.

        Args:
            kill: Whether it forgets what was submitted in its last seconds.
        """
        daemon = self._daemons.pop('slurmctld')
        daemon.send_signal(signal.SIGKILL if kill else signal.SIGTERM)
        daemon.wait()

    def call(self, *words: str) -> str:
        """What a command of Slurm says."""
        done = self._command(*words)
        assert done.returncode == 0, (words, done.stderr)
        return done.stdout

    def jobs(self) -> dict[str, str]:
        """States of the jobs that have not ended, by their names."""
        rows = self.call('squeue', '--noheader', '--format=%j|%T').splitlines()
        return dict(row.split('|') for row in rows)

    def id_of(self, name: str) -> str:
        """Number of the job that has a name and has not ended."""
        (found,) = self.call('squeue', '--noheader', '--format=%i', f'--name={name}').split()
        return found

    def cancel_all(self) -> None:
        """Cancels all jobs, and waits until none is left."""
        for job in self.call('squeue', '--noheader', '--format=%i').split():
            self._command('scancel', job)
        self._wait(lambda: not self.jobs(), 'cancelled jobs')

    def stop(self) -> None:
        """Ends all jobs and daemons; no process stays."""
        with contextlib.suppress(Exception):
            self.cancel_all()
        for daemon in self._daemons.values():
            daemon.terminate()
        for daemon in self._daemons.values():
            try:
                daemon.wait(5)
            except subprocess.TimeoutExpired:
                daemon.kill()
                daemon.wait()
        for number in self._processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(number, signal.SIGKILL)

    def _processes(self) -> list[int]:
        """Whatever was started with this cluster's configuration, but for who asks."""
        mark = f'SLURM_CONF={self.variables["SLURM_CONF"]}'.encode()
        found = []
        for path in Path('/proc').glob('[0-9]*/environ'):
            with contextlib.suppress(OSError):
                if mark in path.read_bytes().split(b'\0'):
                    found.append(int(path.parent.name))
        return [number for number in found if number != os.getpid()]

    def _begin(self, name: str, *options: str, program: str | None = None) -> None:
        with open(self.folder / f'{name}.out', 'ab') as output:
            self._daemons[name] = subprocess.Popen(
                [shutil.which(program or name, path=_PATH) or '', *options],
                env={**os.environ, **self.variables},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                preexec_fn=partial(die_with_parent, os.getpid()),
            )

    def _states(self) -> set[str]:
        return {*self._command('sinfo', '--noheader', '--Node', '--format=%t').stdout.split()}

    def _command(self, *words: str) -> subprocess.CompletedProcess:
        variables = {**os.environ, **self.variables}
        return subprocess.run(words, env=variables, capture_output=True, text=True, timeout=60)

    def _wait(self, is_so, what: str) -> None:
        for _ in range(600):
            if is_so():
                return
            if any(daemon.poll() is not None for daemon in self._daemons.values()):
                break
            time.sleep(0.05)
        said = [path.read_text() for path in sorted(self.folder.glob('*.out'))]
        raise AssertionError(f'{what}: not ready\n' + '\n'.join(said)[-4000:])


def _free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as sockets:
        found = [sockets.enter_context(socket.socket()) for _ in range(count)]
        for one in found:
            one.bind(('127.0.0.1', 0))
        return [one.getsockname()[1] for one in found]


@contextlib.contextmanager
def running_cluster() -> Iterator[Cluster]:
    """A cluster for a block."""
    folder = Path(tempfile.mkdtemp(prefix='slurm', dir='/tmp'))
    cluster = Cluster(folder)
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.stop()
        shutil.rmtree(folder, ignore_errors=True)
