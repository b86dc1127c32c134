"""What a run found out about itself, and how it becomes a record."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import numpy as np

from ..data.dataset import VideoSet
from ..data.fingerprint import dataset_classes, dataset_fingerprint
from ..data.flow.format import default_folder, flow_folder, read_manifest, totals
from ..data.views.protocols import protocol
from ..data.views.rendering import EVALUATION_VIEWS, steps_of
from ..files.atomic import atomic_write
from ..measure.memory.phases import Peaks, PhaseMemory
from ..records.key import OPEN_FLOW
from ..records.sealed import SCHEMA
from ..records.spec import RunSpec

_TIMES = ('step_median_s', 'train_s', 'eval_s', 'fill_s', 'wall_s')
_HASHES = (
    *('student_state', 'initial_state', 'targets', 'checkpoint', 'scores', 'curve', 'bank'),
    'bank_manifest',
)
_COUNTS = ('teacher_forwards', 'train_steps', 'watched_steps', 'parameters', 'inference_flops')


@dataclass
class RunFacts:
    """The measured part of a record; what was not measured is None.

    A run fills it in as it finds out, for it may end early.

    Attributes:
        metrics: Accuracies as fractions.
        time: Seconds by part.
        hashes: SHA-256 by name of what was hashed.
        counts: Whole numbers by name of what was counted.
        teachers: One dict a teacher that took part.
        starts_from: Key and checkpoint's SHA-256 of each run whose weights it started from.
        knowledge: How targets were made.
        dataset: What it was trained and tested on.
        batch_size: Clips a training step, in each process.
        memory_of_processes: Peaks of each of several processes; none of one that had no say.
        gpu_utilization: How busy the GPU was in training, see :class:`.measure.GpuUtilization`;
            None on the CPU and where the driver does not tell.
        protocol: Name, version and views of the evaluation protocol.
        selection: Rule by which the tested epoch was chosen, see ``records.record.SELECTIONS``.
        selected_epoch: The tested epoch, counted from 1.
        flow: How the optical flow was made that the run read, and what that took.
        resumed_at: Epochs that were complete whenever the training was cut off and went on.
        earlier_s: Seconds of the processes before, up to where the work went on; None where it is
            not known what they took.
        runs_per_gpu: Runs that might share the GPU with it in any of the processes that trained
            it, itself among them.
    """

    metrics: dict[str, float] | None = None
    time: dict[str, float | None] = field(default_factory=dict)
    hashes: dict[str, str | None] = field(default_factory=dict)
    counts: dict[str, int | None] = field(default_factory=dict)
    teachers: list[dict[str, Any]] = field(default_factory=list)
    starts_from: list[dict[str, str]] = field(default_factory=list)
    knowledge: dict[str, Any] | None = None
    dataset: dict[str, Any] = field(default_factory=dict[str, Any])
    batch_size: int | None = None
    memory_of_processes: list[Peaks] = field(default_factory=list)
    gpu_utilization: dict[str, Any] | None = None
    protocol: dict[str, Any] | None = None
    selection: str | None = None
    selected_epoch: int | None = None
    flow: dict[str, Any] | None = None
    resumed_at: list[int] = field(default_factory=list)
    earlier_s: float | None = 0.0
    runs_per_gpu: int = 1


def make_record(
    spec: RunSpec,
    facts: RunFacts,
    memory: PhaseMemory,
    config: dict[str, Any],
    environment: dict[str, Any],
    status: str = 'done',
    error: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """The record of a run, with every key of the schema; absent figures are null."""
    return dict(
        schema=SCHEMA,
        key=spec.key,
        execution=spec.execution,
        status=status,
        method=spec.method,
        student=spec.student,
        teacher=spec.teacher,
        num_teachers=spec.num_teachers,
        seed=spec.seed,
        split=spec.split,
        schedule=dict(
            epochs=spec.epochs,
            full_epochs=spec.full_epochs,
            batch_size=facts.batch_size,
            processes=spec.processes,
        ),
        metrics=facts.metrics,
        memory=memory.peaks,
        memory_of_processes=facts.memory_of_processes,
        gpu_utilization=facts.gpu_utilization,
        time={name: facts.time.get(name) for name in _TIMES},
        hashes={name: facts.hashes.get(name) for name in _HASHES},
        counts={name: facts.counts.get(name) for name in _COUNTS},
        teachers=facts.teachers,
        parents=list(spec.parents),
        starts_from=facts.starts_from,
        knowledge=facts.knowledge,
        selection=facts.selection,
        selected_epoch=facts.selected_epoch,
        protocol=facts.protocol,
        flow=facts.flow,
        environment=environment,
        dataset=facts.dataset,
        config=config,
        error=error,
    )


def dataset_facts(
    spec: RunSpec, train: VideoSet | None = None, test: VideoSet | None = None
) -> dict[str, Any]:
    """What a record says of the sets it trained and tested on; None for one that it did not use."""
    known = train if train is not None else test
    assert known is not None, 'a run uses clips'
    return dict(
        name=spec.data_name,
        synthetic=spec.synthetic,
        fingerprint=dataset_fingerprint(train) if train is not None else None,
        test_fingerprint=dataset_fingerprint(test) if test is not None else None,
        classes=list(dataset_classes(known)),
        train_samples=len(train) if train is not None else None,
        test_samples=len(test) if test is not None else None,
    )


def write_scores(
    path: Path, scores_NC: np.ndarray, labels_N: np.ndarray, samples_N: np.ndarray
) -> None:
    """Writes per-sample test scores, which paired statistics need."""
    scores_NC = scores_NC.astype(np.float32)

    def write(file: IO[bytes]) -> None:
        np.savez_compressed(file, scores=scores_NC, labels=labels_N, samples=samples_N)

    atomic_write(path, write)


def protocol_facts(dataset_config: dict[str, Any]) -> dict[str, Any] | None:
    """The evaluation protocol of a test set's pipeline; None where it is not one of the suite's."""
    step = next(iter(steps_of(dataset_config['pipeline'], EVALUATION_VIEWS)), None)
    if step is None:
        return None
    used = protocol(step.get('protocol', 'center'))
    return dict(name=used.name, version=used.version, views=used.num_views)


def flow_facts(
    dataset_config: dict[str, Any], datasets: Sequence[VideoSet]
) -> dict[str, Any] | None:
    """How the optical flow of the data sets' clips was made, and what that took.

    ``compute_s`` is the time of the processes that made it, added up.

    Args:
        dataset_config: Config of one of them, whose pipeline opens the flow.
        datasets: Data sets whose clips count.

    Returns:
        None where no flow is read.
    """
    step = next(iter(steps_of(dataset_config['pipeline'], OPEN_FLOW)), None)
    if step is None:
        return None
    own = Path(dataset_config['data_root']) / default_folder(step['algorithm'])
    manifest = read_manifest(Path(step.get('flow_root') or own))
    if manifest is None:
        return None
    infos = (item.get_data_info(index) for item in datasets for index in range(len(item)))
    folders = {flow_folder(info['video_id']) for info in infos}
    settings = {name: manifest['settings'][name] for name in ('algorithm', 'bound', 'gamma')}
    return settings | totals(manifest, folders)
