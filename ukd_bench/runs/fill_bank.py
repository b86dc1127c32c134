"""Runs that fill a bank."""

import time
from dataclasses import asdict, dataclass, field
from typing import Any

from ..errors import ResultsError
from ..files.atomic import read_json, write_json
from ..files.configs import read_config
from ..files.hashes import file_sha256
from ..knowledge.bank.fill_one import fill
from ..knowledge.pool import read_pool, teacher_facts
from ..knowledge.teacher import MICRO_BATCH, Teacher
from ..measure.memory.phases import Peaks, PhaseMemory
from ..records.folder import RunPaths
from ..records.spec import RunSpec
from .facts import RunFacts
from .limit import require_within_limit
from .selection import selection_rule

_PHASE = 'fill'


@dataclass
class FillProgress:
    """What filling a bank has taken so far, summed over the processes that filled views.

    Attributes:
        teacher: Facts of the teacher whose views they are.
        num_views: Number of these views.
        fill_s: Seconds, each process's up to its last finished view.
        teacher_forwards: Forwards of the teacher, counted in the same way.
        peaks: Peaks of memory.
    """

    teacher: dict[str, Any]
    num_views: int = 0
    fill_s: float = 0.0
    teacher_forwards: int = 0
    peaks: Peaks = field(default_factory=dict)


def fill_bank(paths: RunPaths, spec: RunSpec, memory: PhaseMemory, facts: RunFacts) -> None:
    """Loads the run's teacher alone and scores every view of the training set.

    A fill that was cut off goes on, and its times and counts are sums over its parts. They are
    unknown where a view is in the bank that no part accounts for: a process died between storing a
    view and noting what it took, or another one filled the bank too.
    """
    began = time.perf_counter()
    config = read_config(paths.config)
    (entry,) = read_pool(config.pool)
    facts.batch_size, facts.selection = MICRO_BATCH, selection_rule(config)
    earlier = so_far = _progress_of(paths, teacher_facts(entry, 0))
    facts.earlier_s = earlier.fill_s

    def note(done: int, total: int) -> None:
        nonlocal earlier, so_far
        print(f'view {done} of {total}', flush=True)
        if so_far is earlier:
            if done <= earlier.num_views:
                # The bank was started over: what is known is of views that are gone.
                earlier = so_far = FillProgress(earlier.teacher)
                facts.earlier_s = 0.0
            memory.include(earlier.peaks)
        so_far = FillProgress(
            earlier.teacher,
            so_far.num_views + 1,
            earlier.fill_s + time.perf_counter() - began,
            earlier.teacher_forwards + Teacher.forwards_in_process,
            memory.so_far(),
        )
        write_json(paths.fill_progress, asdict(so_far))
        if done < total:
            require_within_limit(spec, so_far.fill_s, f'after view {done} of {total}')

    try:
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
    finally:
        # Also where this process finished no view.
        memory.include(earlier.peaks)
    if so_far.num_views == bank.num_views:
        facts.time.update(fill_s=so_far.fill_s)
        facts.counts.update(teacher_forwards=so_far.teacher_forwards)
    else:
        facts.earlier_s = None
    facts.hashes.update(
        bank=bank.manifest.scores_sha256, bank_manifest=file_sha256(bank.paths.manifest)
    )
    facts.teachers = [teacher_facts(entry, bank.teacher['state_bytes'])]
    facts.knowledge = dict(num_views=bank.num_views, bank_bytes=bank.scores_bytes)
    facts.dataset = dict(
        name=spec.data_name,
        synthetic=spec.synthetic,
        fingerprint=bank.facts.identity.dataset,
        train_samples=bank.num_samples,
    )


def _progress_of(paths: RunPaths, teacher: dict[str, Any]) -> FillProgress:
    """What an earlier process left of a fill with that teacher; none where it left nothing."""
    try:
        found = FillProgress(**read_json(paths.fill_progress))
    except (ResultsError, TypeError):
        return FillProgress(teacher)
    return found if found.teacher == teacher else FillProgress(teacher)
