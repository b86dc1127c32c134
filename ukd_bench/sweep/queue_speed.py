"""How long the queue takes from the end of one run to the start of the next.

Runs are made up: teachers with their banks, and students that read these. A folder holds finished
ones, each with a checkpoint or scores of a chosen size, and an executor ends others the moment it
starts them. What is timed is all that the sweep's own process does in between, which a machine's
runs wait for.
"""

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console

from ..errors import ConfigError
from ..files.configs import find_config_by_name
from ..files.hashes import file_sha256
from ..knowledge.bank.manifest import BankFacts, Job as BankJob
from ..knowledge.bank.storage import FLOAT32, Storage
from ..knowledge.bank.writer import BankWriter
from ..knowledge.identity import BankIdentity
from ..records.folder import RunPaths, SweepPaths
from ..records.key import scientific
from ..records.record import METRICS, write_record
from ..records.sealed import SCHEMA
from .disk_room import DiskRoom
from .display import Progress
from .executors.base import Executor, Job, Resources
from .executors.devices import Devices
from .finished import SweepState
from .place import Places
from .plan import Plan, PlannedRun
from .planner import make_plan
from .read_axes import read_axes
from .schedule import carry_out
from .videos import sweep_data

MIB = 1024**2
_CLASSES = 11


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
        checkpoint_bytes: Size of every run's checkpoint, and of every bank's scores.
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
            state = SweepState(plan, place, fingerprints=lambda data: {})
            made_up = _Instant(checkpoint_bytes, plan)
            for run in [*plan.runs.values()][:number]:
                made_up.leave(run, state.own_folder(run))
            began = time.perf_counter()
            state.refresh()
            start_s[number].append(time.perf_counter() - began)
            with open(os.devnull, 'w') as nobody:
                shown = Progress(len(plan.runs), Console(file=nobody))
                carry_out(state, Places(), made_up, shown, DiskRoom(state))
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
        # By their hashes: what students alike have in common takes longest to write.
        self._configs: dict[str, dict[str, Any]] = {}
        self._hashes: dict[str, dict[str, str]] = {}

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
        """Leaves what the process of a run leaves."""
        paths.root.mkdir(parents=True, exist_ok=True)
        is_bank = run.spec.method == 'bank'
        hashes = self._bank(paths) if is_bank else self._weights(paths)
        teachers = [
            dict(
                name=teacher.spec.teacher,
                key=teacher.spec.key,
                checkpoint_sha256=self._hashes[teacher.spec.key]['checkpoint'],
            )
            for teacher in self._plan.teachers_of(run)
        ]
        starts_from = [
            dict(key=key, checkpoint_sha256=self._hashes[key]['checkpoint'])
            for key in run.pretrained_by
        ]
        self._hashes[run.spec.key] = hashes
        config = run.spec.config_sha256
        if config not in self._configs:
            whole = run.config.to_dict()
            self._configs[config] = scientific(whole, run.spec.hook, run.spec.weights)
        names = ('key', 'execution', 'method', 'student', 'teacher', 'num_teachers', 'seed')
        record = {name: getattr(run.spec, name) for name in names} | dict(
            schema=SCHEMA, status='done', split=run.spec.split,
            schedule=dict(epochs=run.spec.epochs), memory={}, time={}, hashes=hashes, counts={},
            metrics=None if is_bank else dict.fromkeys(METRICS, 0.0), teachers=teachers,
            parents=[*run.spec.parents], starts_from=starts_from, dataset={},
            config=self._configs[config],
            environment=dict(device=dict(kind='cpu', name='made up')),
        )  # fmt: skip
        write_record(paths.record, record)

    def _weights(self, paths: RunPaths) -> dict[str, str]:
        """Leaves what a training leaves; returns its hashes."""
        paths.checkpoint.write_bytes(os.urandom(self._bytes))
        for file in (paths.scores, paths.curve):
            file.write_bytes(b'')
        left = dict(checkpoint=paths.checkpoint, scores=paths.scores, curve=paths.curve)
        hashes = {name: file_sha256(path) for name, path in left.items()}
        return dict(hashes, student_state=hashes['checkpoint'])

    def _bank(self, paths: RunPaths) -> dict[str, str]:
        """Leaves a bank; returns its hashes."""
        samples = max(1, self._bytes // (4 * _CLASSES))
        teacher = dict(name='made up', key='', state_bytes=0, state_sha256='')
        shape = (1, samples, _CLASSES)
        facts = BankFacts(BankIdentity(*'dvrcmt'), Storage.of(FLOAT32), shape, teacher, ())
        with BankWriter(paths.bank, BankJob(facts, [0] * samples)) as writer:
            while writer.wait_for_work():
                for view in iter(writer.claim, None):
                    writer.write(view, np.zeros((samples, _CLASSES), np.float32))
        files = dict(bank='scores.npy', bank_manifest='manifest.json')
        return {name: file_sha256(paths.bank / file) for name, file in files.items()}


def _plan(runs: int, paths: SweepPaths) -> Plan:
    """A plan of so many runs: the quick sweep's teachers and banks, and students of all of them."""
    axes = read_axes(find_config_by_name('quick', 'sweeps'))
    axes = axes.narrowed(
        *(['ukd'], [len(axes.teachers)], [axes.students[0].name], [0]),
        regimes=[axes.first_regime],
    )
    whole = make_plan(axes, sweep_data(axes.dataset, None), 'made-up', 'cpu', str(paths.pool))
    *needed, model = whole.runs.values()
    students = (
        replace(model, spec=replace(model.spec, key=f'{n:012x}', seed=n)) for n in range(runs)
    )
    made = [*needed, *students][:runs]
    return replace(whole, runs={run.spec.key: run for run in made})
