"""Runs that fill a bank."""

import time
from dataclasses import asdict, dataclass, field

from mmengine.config import Config

from ..errors import ResultsError
from ..knowledge.fill import fill
from ..knowledge.pool import read_pool, teacher_facts
from ..knowledge.teacher import MICRO_BATCH, Teacher
from ..measure.memory import Peaks, PhaseMemory
from ..paths import RunPaths, read_json, write_json
from ..spec import RunSpec
from .facts import RunFacts
from .selection import selection_rule

_PHASE = 'fill'


@dataclass
class FillProgress:
    """What the views took that are in the bank, however many processes it took to fill it.

    Attributes:
        teacher: Facts of the teacher whose views they are.
        fill_s: Seconds, each process's up to its last finished view.
        teacher_forwards: Likewise.
        peaks: Peak memory.
    """

    teacher: dict
    fill_s: float = 0.0
    teacher_forwards: int = 0
    peaks: Peaks = field(default_factory=dict)


def fill_bank(paths: RunPaths, spec: RunSpec, memory: PhaseMemory) -> RunFacts:
    """Loads the run's teacher alone and scores every view of the training set.

    A fill that was cut off goes on, and its times and counts are sums over its parts.
    """
    config = Config.fromfile(paths.config)
    (entry,) = read_pool(config.pool)
    earlier = _progress_of(paths, teacher_facts(entry, 0))
    memory.include(earlier.peaks)
    began = time.perf_counter()
    so_far = earlier

    def note(done: int, total: int) -> None:
        nonlocal so_far
        print(f'view {done} of {total}', flush=True)
        so_far = FillProgress(
            earlier.teacher,
            earlier.fill_s + time.perf_counter() - began,
            earlier.teacher_forwards + Teacher.forwards_in_process,
            memory.so_far(),
        )
        write_json(paths.fill_progress, asdict(so_far))

    with memory.phase(_PHASE):
        bank = fill(
            entry,
            config.train_dataloader.dataset.to_dict(),
            spec.view_seed,
            spec.num_views,
            spec.device,
            config.train_dataloader.num_workers,
            progress=note,
        )
    return RunFacts(
        time=dict(fill_s=so_far.fill_s or None),
        hashes=dict(bank=bank.manifest['scores_sha256']),
        counts=dict(teacher_forwards=so_far.teacher_forwards),
        teachers=[teacher_facts(entry, bank.teacher['state_bytes'])],
        knowledge=dict(num_views=bank.num_views, bank_bytes=bank.scores_bytes),
        dataset=dict(
            name=spec.data_name,
            synthetic=spec.synthetic,
            fingerprint=bank.manifest['identity']['dataset'],
            train_samples=bank.manifest['shape'][1],
        ),
        batch_size=MICRO_BATCH,
        selection=selection_rule(config),
    )


def _progress_of(paths: RunPaths, teacher: dict) -> FillProgress:
    """What an earlier process left of a fill with that teacher; none where it left nothing."""
    try:
        found = FillProgress(**read_json(paths.fill_progress))
    except (ResultsError, TypeError):
        return FillProgress(teacher)
    return found if found.teacher == teacher else FillProgress(teacher)
