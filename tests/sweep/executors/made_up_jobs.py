"""Jobs that are small scripts, for executors to carry out; no run of a sweep is."""

import os
import sys
import time
from pathlib import Path

from ukd_bench.files.python import python_path
from ukd_bench.sweep.executors import Executor, Job, Resources
from ukd_bench.sweep.executors.devices import Devices

CPU = Devices('cpu', 'cpu', 'Made-up processor')


def cuda(*gpus: str) -> Devices:
    return Devices('cuda', 'cuda', 'Made-up GPU', gpus)


def resources(
    devices: Devices = CPU,
    jobs: int | None = None,
    threads: int = 1,
    gpus_per_run: int = 1,
    runs_per_gpu: int = 1,
) -> Resources:
    return Resources(devices, jobs, threads, gpus_per_run=gpus_per_run, runs_per_gpu=runs_per_gpu)


def job(folder: Path, key: str, script: str, **variables: str) -> Job:
    """A job that runs a script of Python, a module in the folder, with a folder of its own."""
    (folder / key).mkdir(parents=True, exist_ok=True)
    module = f'made_up_{key}'
    (folder / f'{module}.py').write_text(script)
    variables = dict(PYTHONPATH=os.pathsep.join((str(folder), python_path()))) | variables
    command = (sys.executable, '-P', '-m', module)
    return Job(key, f'made up {key}', folder / key, command, variables, folder / key / 'log.txt')


def ending(executor: Executor, job: Job) -> str:
    """Polls until a job has ended, and returns the words."""
    for _ in range(600):
        words = executor.poll(job)
        if words is not None:
            return words
        time.sleep(0.05)
    raise AssertionError(f'{job.label} goes on for ever')
