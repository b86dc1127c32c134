"""Submits a callable as a job of Slurm, through submitit."""

import contextlib
import io
import os
import shlex
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ....errors import ConfigError, ResultsError
from ....files.python import python_path
from .commands import ClusterDownError, complaint

_INHERITED = ('SLURM_', 'SLURMD_', 'SRUN_', 'SUBMITIT_')
_WHICH_CLUSTER = ('SLURM_CONF', 'SLURM_CLUSTERS')


def require_installed() -> None:
    """Refuses to go on without submitit or Slurm's commands.

    Raises:
        ConfigError: saying which is absent.
    """
    if find_spec('submitit') is None:
        raise ConfigError(
            'the executor slurm needs submitit: python -m pip install submitit, or '
            'ukd-bench[slurm] in place of ukd-bench'
        )
    for program in ('sbatch', 'srun', 'squeue', 'scontrol'):
        if shutil.which(program) is None:
            raise ConfigError(f'{program} is not found: the executor slurm needs Slurm')


def submit(
    work: Callable[[], Any],
    name: str,
    comment: str,
    folder: Path,
    asked: Mapping[str, Any],
    requeues: int = 0,
    after: tuple[str, ...] = (),
) -> str:
    """Submits a job; returns its number.

    Args:
        work: What it does; it is pickled, and its ``checkpoint`` called before the time limit.
        name: What a person sees in ``squeue``.
        comment: What tells the job from all others, in later calls as well.
        folder: Gets the files that submitit keeps of it.
        asked: As :meth:`.SlurmOptions.asked` has it.
        requeues: How often it is put back where it is over its time limit.
        after: Numbers of jobs that must end with exit status 0 before it starts.

    Raises:
        ClusterDownError: Slurm does not answer.
        ConfigError: Slurm refuses the job.
        ResultsError: the folder cannot be written.
    """
    import submitit

    # The job needs this very suite, and its first process comes before the run's variables.
    path = f'export PYTHONPATH={shlex.quote(python_path())}'
    further = {'requeue': True, 'kill-on-invalid-dep': 'yes', **asked['additional_parameters']}
    # The working folder may be a clone of another version.
    python = shlex.join([sys.executable, '-P'])
    executor = submitit.SlurmExecutor(folder, max_num_timeout=requeues, python=python)
    executor.update_parameters(
        **dict(
            asked,
            job_name=name,
            comment=comment,
            setup=[path, *asked['setup']],
            dependency=':'.join(('afterok', *after)) if after else None,
            additional_parameters=further,
            stderr_to_stdout=True,
            wckey=None,
        )
    )
    try:
        # What sbatch complains of is in the error, and would be printed a second time.
        with _as_outside_of_jobs(), contextlib.redirect_stderr(io.StringIO()):
            number = executor.submit(work).job_id
        # Links to the script, which has a name with the job's number.
        for link in folder.glob('.submission_file_*.sh'):
            link.unlink()
        return number
    except OSError as error:
        raise ResultsError(f'{folder}: cannot be written ({error.strerror or error})') from error
    except (submitit.core.utils.FailedJobError, RuntimeError) as error:
        raise complaint('sbatch', str(error)) from error


def waiting_for_slurm(ask: Callable[[], Any], say: Callable[[str], None], pause_s: float) -> Any:
    """Asks until Slurm answers, and says once that it does not.

    Raises:
        UkdBenchError: whatever else ``ask`` raises.
    """
    while True:
        try:
            return ask()
        except ClusterDownError as error:
            say(str(error))
            time.sleep(pause_s)


@contextlib.contextmanager
def _as_outside_of_jobs() -> Iterator[None]:
    """Hides for a block that this process is in a job itself: it would hand on what it has."""
    hidden = {
        name: value
        for name, value in os.environ.items()
        if name.startswith(_INHERITED) and name not in _WHICH_CLUSTER
    }
    for name in hidden:
        del os.environ[name]
    try:
        yield
    finally:
        os.environ.update(hidden)
