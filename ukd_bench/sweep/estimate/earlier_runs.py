"""What the records of finished runs tell of runs that are to come."""

import contextlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...errors import ResultsError
from ...files.configs import PACKAGE
from ...files.hashes import digest
from ...records.deleted import checkpoint_bytes
from ...records.folder import RunPaths, SweepPaths
from ...records.record import read_record
from ..plan import Plan, PlannedRun
from .alike import memory_part

_REFERENCE = PACKAGE.parent / 'results' / 'reference'
"""Published sweeps, which a clone has."""


@dataclass(frozen=True)
class EarlierRun:
    """A run that came to its end.

    Attributes:
        method: Its method or kind.
        network: Name of the backbone that it trains, or whose scores it stores.
        teacher: Name of its teacher, for a teacher and a bank.
        num_teachers: K.
        epochs: Its schedule.
        kind: ``cpu`` or ``cuda``.
        device: Name of the device.
        data: Name of its videos.
        wall_s: Seconds that it took.
        model: Hash of its model's config, but for where it starts.
        checkpoint_bytes: Size of its checkpoint; None where it is not there.
        flow: What its record tells of the optical flow that it read.
    """

    method: str
    network: str | None
    teacher: str | None
    num_teachers: int
    epochs: int
    kind: str
    device: str
    data: str | None
    wall_s: float | None
    model: str
    checkpoint_bytes: int | None = None
    flow: Mapping[str, Any] | None = None


def earlier_runs(root: Path) -> list[EarlierRun]:
    """The finished runs in a sweep's folder; what cannot be read is passed over."""
    records: list[tuple[RunPaths, dict[str, Any]]] = []
    for paths in SweepPaths(root).runs():
        with contextlib.suppress(ResultsError):
            records.append((paths, read_record(paths.record)))
    students = {record['key']: record['student'] for _, record in records}
    return [_told(*one, students) for one in records if one[1]['status'] == 'done']


def reference_runs() -> list[EarlierRun]:
    """The finished runs of published sweeps."""
    folders = sorted(path.parent for path in _REFERENCE.glob('**/plan.json'))
    return [one for folder in folders for one in earlier_runs(folder)]


def network_of(run: PlannedRun, plan: Plan) -> str | None:
    """Name of the backbone that a run trains, or whose scores it stores; None of an ensemble."""
    if run.spec.method == 'bank':
        return plan.made[run.spec.parents[0]].spec.student
    return run.spec.student


def model_of(config: Mapping[str, Any]) -> str:
    """What tells the model of a whole config from others that hold other weights."""
    return digest(memory_part(dict(model=config.get('model'))))


def _told(
    paths: RunPaths, record: Mapping[str, Any], students: Mapping[str, str | None]
) -> EarlierRun:
    teachers: Iterable[Mapping[str, Any]] = record['teachers']
    network = record['student']
    if record['method'] == 'bank':
        network = next((students.get(teacher['key']) for teacher in teachers), None)
    device = record['environment']['device']
    return EarlierRun(
        method=record['method'],
        network=network,
        teacher=record['teacher'],
        num_teachers=record['num_teachers'],
        epochs=record['schedule']['epochs'],
        kind=device['kind'],
        device=device['name'],
        data=record['dataset'].get('name'),
        wall_s=record['time'].get('wall_s'),
        model=model_of(record.get('config') or {}),
        checkpoint_bytes=checkpoint_bytes(paths),
        flow=record.get('flow'),
    )
