"""What carrying out many runs takes beside their own work: ``python -m tests.sweep.at_size``.

Runs that train nothing are carried out by the executor ``local``, each in a process of its own that
does all that a run does before and after its training, and a large plan is printed. It leaves a
JSON record.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from ukd_bench.files.atomic import write_json
from ukd_bench.files.configs import find_config_by_name
from ukd_bench.records.execution import environment, execution_fingerprint
from ukd_bench.records.folder import SweepPaths
from ukd_bench.sweep.display import Progress
from ukd_bench.sweep.executors import Resources
from ukd_bench.sweep.executors.devices import find_devices
from ukd_bench.sweep.executors.local import LocalExecutor
from ukd_bench.sweep.finished import SweepState
from ukd_bench.sweep.place import Places
from ukd_bench.sweep.planner import make_plan
from ukd_bench.sweep.read_axes import read_axes
from ukd_bench.sweep.schedule import carry_out
from ukd_bench.sweep.videos import sweep_data

RUNS, PLANNED, JOBS = 500, 10_000, 2
LARGE = """
from mmengine.config import read_base

with read_base():
    from {quick} import *

name = 'large'
seeds = [*range({seeds})]
regimes = regimes[:1]
methods = ['plain', 'ukd']
num_teachers = [1, 2, 3, 4]
"""


class NoOps(LocalExecutor):
    """Runs that train nothing; after each end it looks at the memory of the sweep's process.

    Attributes:
        resident_bytes: Resident bytes of this process after each end.
    """

    def __init__(self, jobs: int) -> None:
        super().__init__(Resources(find_devices('cpu', ()), jobs))
        self.resident_bytes: list[int] = []

    def start(self, job):
        """Starts the stand-in for a run."""
        command = *job.command[:2], '-m', 'tests.sweep.no_op', job.command[-1]
        super().start(replace(job, command=command))

    def poll(self, job):
        """Notes the memory where the run has ended."""
        words = super().poll(job)
        if words is not None:
            pages = int(Path('/proc/self/statm').read_text().split()[1])
            self.resident_bytes.append(pages * os.sysconf('SC_PAGE_SIZE'))
        return words


def no_ops(folder: Path, runs: int, jobs: int) -> dict:
    """Carries out that many runs; returns seconds and the growth of the sweep's memory."""
    axes = read_axes(find_config_by_name('quick', 'sweeps'))
    axes = replace(axes.narrowed(['plain'], regimes=[axes.first_regime]), seeds=tuple(range(runs)))
    paths = SweepPaths(folder / 'results')
    execution = execution_fingerprint(environment('cpu', axes.threads))
    data = sweep_data(axes.dataset, None)
    plan = make_plan(axes, data, execution, 'cpu', str(paths.pool), lambda other: data)
    # What a regime starts from is not what is measured.
    alone = {
        key: replace(run, spec=replace(run.spec, parents=()))
        for key, run in plan.runs.items()
        if run.spec.method == 'plain'
    }
    state = SweepState(replace(plan, runs=alone), paths, fingerprints=lambda data: {})
    state.refresh()
    executor = NoOps(jobs)
    with open(os.devnull, 'w') as nobody:
        began = time.perf_counter()
        outcome = carry_out(state, Places(), executor, Progress(len(alone), Console(file=nobody)))
        wall_s = time.perf_counter() - began
    assert {*outcome.statuses.values()} == {'done'}, outcome.statuses
    resident = executor.resident_bytes
    return dict(
        runs=len(alone),
        jobs=jobs,
        wall_s=wall_s,
        each_s=wall_s / len(alone),
        resident_bytes=dict(after_a_tenth=resident[len(resident) // 10], at_the_end=resident[-1]),
    )


def large_plan(folder: Path, runs: int) -> dict:
    """Prints a plan of that many runs; returns its number of runs and the seconds of the call."""
    quick = find_config_by_name('quick', 'sweeps')
    # Of each seed five students, beside teachers and banks.
    (folder / 'quick.py').write_bytes(quick.read_bytes())
    (folder / 'large.py').write_text(LARGE.format(quick='.quick', seeds=runs // 5))
    command = [sys.executable, '-m', 'ukd_bench.sweep', 'large.py', '--dry-run']
    began = time.perf_counter()
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    wall_s = time.perf_counter() - began
    assert done.returncode == 0, done.stderr
    return dict(runs=len(done.stdout.splitlines()) - 1, wall_s=wall_s)


def main() -> None:
    """Measures and writes the record."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('record', type=Path, help='JSON file that is written')
    parser.add_argument('--runs', type=int, default=RUNS)
    parser.add_argument('--planned', type=int, default=PLANNED)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        figures = dict(no_ops=no_ops(Path(folder), arguments.runs, JOBS))
        print(figures['no_ops'])
        figures['plan'] = large_plan(Path(folder), arguments.planned)
        print(figures['plan'])
    write_json(
        arguments.record, dict(kind='sweep-size', environment=environment('cpu', 1)) | figures
    )


if __name__ == '__main__':
    main()
