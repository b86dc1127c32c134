"""How long the queue takes from the end of one run to the start of the next.

Runs are made up: a folder of finished ones, each with a checkpoint of a chosen size, and some that
an executor ends the moment it starts them. What is timed is all that the sweep's own process does
in between, which a machine's runs wait for.
"""

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from rich.console import Console

from ..errors import ConfigError
from ..files.configs import find_config_by_name
from ..files.hashes import file_sha256
from ..records.folder import RunPaths, SweepPaths
from ..records.record import METRICS, write_record
from ..records.sealed import SCHEMA
from .config import read_axes
from .display import Progress
from .executors.base import Executor, Job, Resources
from .executors.devices import Devices
from .finished import SweepState
from .place import Places
from .plan import Plan, PlannedRun
from .planner import make_plan
from .schedule import carry_out
from .videos import sweep_data

MIB = 1024**2


@dataclass(frozen=True)
class QueueFigures:
    """What was measured.

    Attributes:
        setting: The numbers of finished runs, of runs that end, and of bytes of each checkpoint.
        gaps_s: Seconds from each end to the next start, for each block, by the number of runs that
            were finished at the start.
        start_s: Seconds of the look at everything at the start, one a block, by the same.
    """

    setting: dict[str, int | list[int]]
    gaps_s: dict[int, list[list[float]]]
    start_s: dict[int, list[float]]


def measure_queue(
    folder: Path,
    finished: Sequence[int],
    ending: int,
    checkpoint_bytes: int,
    blocks: int,
    progress: Callable[[int, int], object],
) -> QueueFigures:
    """Measures with each of some numbers of finished runs, in turn.

    Args:
        folder: An empty folder for what the runs leave.
        finished: Numbers of runs that are finished before the queue starts.
        ending: Number of runs that the queue starts, two at least.
        checkpoint_bytes: Size of every run's checkpoint.
        blocks: How many times each number is measured.
        progress: Called with (blocks done, blocks in all).

    Raises:
        ConfigError: there are too few runs for an end with a start after it.
    """
    if ending < 2:
        raise ConfigError(f'ending is {ending}; the measurement needs at least 2 runs')
    gaps_s: dict[int, list[list[float]]] = {number: [] for number in finished}
    start_s: dict[int, list[float]] = {number: [] for number in finished}
    for block in range(blocks):
        for number in finished:
            place = SweepPaths(folder / f'{block}-{number}')
            plan = _plan(number + ending, place)
            state = SweepState(plan, place, {})
            made_up = _Instant(checkpoint_bytes, plan)
            for run in [*plan.runs.values()][:number]:
                made_up.leave(run, state.own_folder(run))
            began = time.perf_counter()
            state.refresh()
            start_s[number].append(time.perf_counter() - began)
            with open(os.devnull, 'w') as nobody:
                shown = Progress(len(plan.runs), Console(file=nobody))
                carry_out(state, Places(), made_up, shown)
            gaps_s[number].append(made_up.gaps_s)
        progress(block + 1, blocks)
    setting: dict[str, int | list[int]] = dict(
        finished=list(finished), ending=ending, checkpoint_bytes=checkpoint_bytes
    )
    return QueueFigures(setting, gaps_s, start_s)


class _Instant(Executor):
    """Has every run end when it starts, with the record and the weights of a training.

    Attributes:
        gaps_s: Seconds from the end of each run to the start of the next.
    """

    poll_s = 0.0

    def __init__(self, checkpoint_bytes: int, plan: Plan) -> None:
        super().__init__(Resources(Devices('cpu', 'cpu', 'made up'), jobs=1))
        self.gaps_s: list[float] = []
        self._bytes, self._plan = checkpoint_bytes, plan
        self._ended: float | None = None

    def start(self, job: Job) -> None:
        if self._ended is not None:
            self.gaps_s.append(time.perf_counter() - self._ended)
        self.leave(self._plan.runs[job.key], RunPaths(job.folder))
        self._ended = time.perf_counter()

    def poll(self, job: Job) -> str:
        return 'the run has ended'

    def stop(self) -> None:
        pass

    def leave(self, run: PlannedRun, paths: RunPaths) -> None:
        """Leaves what the process of a training leaves."""
        paths.root.mkdir(parents=True, exist_ok=True)
        paths.checkpoint.write_bytes(os.urandom(self._bytes))
        for file in (paths.scores, paths.curve):
            file.write_bytes(b'')
        left = dict(checkpoint=paths.checkpoint, scores=paths.scores, curve=paths.curve)
        hashes = {name: file_sha256(path) for name, path in left.items()}
        names = ('key', 'execution', 'method', 'student', 'teacher', 'num_teachers', 'seed')
        record = {name: getattr(run.spec, name) for name in names} | dict(
            schema=SCHEMA, status='done', split=run.spec.split,
            schedule=dict(epochs=run.spec.epochs), metrics=dict.fromkeys(METRICS, 0.0), memory={},
            time={}, hashes=dict(hashes, student_state=hashes['checkpoint']), counts={},
            teachers=[], parents=[], environment=dict(device=dict(kind='cpu', name='made up')),
            dataset={}, config=run.config.to_dict(),
        )  # fmt: skip
        write_record(paths.record, record)


def _plan(runs: int, paths: SweepPaths) -> Plan:
    """A plan of so many runs without parents, made of one of the quick sweep's."""
    axes = read_axes(find_config_by_name('quick', 'sweeps')).narrowed(methods=['plain'], seeds=[0])
    whole = make_plan(axes, sweep_data(axes.dataset, None), 'made-up', 'cpu', str(paths.pool))
    model = next(iter(whole.runs.values()))
    made = [replace(model, spec=replace(model.spec, key=f'{n:012x}', seed=n)) for n in range(runs)]
    return Plan(whole.name, {run.spec.key: run for run in made}, [])
