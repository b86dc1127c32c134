"""What a training would take on a device that need not be there."""

import functools
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from mmengine.config import Config
from mmengine.utils import import_modules_from_strings

from ...errors import ConfigError, told_in_one_line
from ...files.checkpoints import state_bytes
from ...knowledge.identity import model_section
from ...knowledge.pool import read_pool
from ...methods.table import METHOD_TABLE
from .allocator import AllocatorSettings, CachingAllocator
from .fake.scratch import CUBLAS_BOUND_BYTES
from .fake.stage import FakeStage
from .fake.trace import Phase
from .rehearsal.ensemble import rehearse_ensemble
from .rehearsal.stand_in import make_stand_in
from .rehearsal.teachers import Teachers, give_pool
from .rehearsal.training import rehearse_training, train_set

CUDA = 'cuda'
ROUNDING = 'rounding'
"""What blocks have beyond what was asked for, in a breakdown."""
_SETTINGS = ('PYTORCH_ALLOC_CONF', 'PYTORCH_CUDA_ALLOC_CONF')
"""Environment variables of CUDA's allocator, the present name and the former one."""


@dataclass(frozen=True)
class Peak:
    """The peak of one phase, in bytes.

    Attributes:
        allocated_peak_bytes: What the device's allocator hands out.
        reserved_peak_bytes: What the allocator takes from the device; None on the CPU.
        workspace_bound_bytes: How much more may be allocated, since it depends on algorithms that
            libraries choose on the device.
        breakdown: Bytes by kind, see :data:`.fake.trace.KINDS`, and :data:`ROUNDING`, at the
            moment of the peak; they add up to it.
    """

    allocated_peak_bytes: int
    reserved_peak_bytes: int | None
    workspace_bound_bytes: int
    breakdown: dict[str, int]


def predicted_peak(
    phase: Phase, device: str, settings: AllocatorSettings, libraries: str | None = None
) -> Peak:
    """The peak of a phase of a :class:`.stage.FakeStage`.

    Args:
        phase: What was allocated.
        device: ``cuda`` or ``cpu``.
        settings: Of CUDA's allocator.
        libraries: Of which GPUs the libraries are whose own memory is among the events.
    """
    _, requested = phase.peak
    breakdown, reserved = phase.breakdown(), None
    allocated, bound = requested, phase.bounded_peak_bytes - requested
    if device == CUDA:
        allocator = CachingAllocator(settings=settings)
        allocator.replay(phase.before)
        # As whoever measures a phase begins it.
        allocator.empty_cache()
        allocator.reset_peaks()
        allocator.replay(phase.events)
        allocated, reserved = allocator.allocated_peak_bytes, allocator.reserved_peak_bytes
        bound += 0 if libraries else CUBLAS_BOUND_BYTES
    breakdown[ROUNDING] = allocated - requested
    return Peak(allocated, reserved, bound, breakdown)


def allocator_settings() -> AllocatorSettings:
    """The settings of CUDA's allocator in the environment.

    Raises:
        ConfigError: they cannot be used.
    """
    texts = (os.environ.get(name) for name in _SETTINGS)
    return AllocatorSettings.parse(next(filter(None, texts), ''))


@dataclass(frozen=True)
class Predicted:
    """What a run would take.

    Attributes:
        phases: Peaks by phase: ``train`` and ``eval``, or ``fill``.
        state_bytes: Parameters and buffers of the network that it trains, if it trains one.
        error: Why it cannot be told, in one line; None where it can.
    """

    phases: dict[str, Peak]
    state_bytes: int | None = None
    error: str | None = None


def predict_run(
    config: Config, method: str, device: str, teachers: Sequence[Config] = ()
) -> Predicted:
    """What a run of a sweep would take.

    Args:
        config: The run's whole config; a bank's has the student's training set.
        method: A method, or a kind of run.
        device: ``cuda`` or ``cpu``.
        teachers: Training configs of the teachers that it runs or reads, in pool order.
    """
    stage = _stage(device)
    with TemporaryDirectory(prefix='ukd-bench-memory-') as scratch:
        folder, shared = Path(scratch), Path(_shared().name)
        clips = make_stand_in(shared / 'clips')
        pool = Teachers(folder / 'teachers', teachers)
        try:
            for one in (config, *teachers):
                _import_modules(one)
            if method == 'ensemble':
                for kind in range(len(teachers)):
                    pool.write(kind, stage)
                rehearse_ensemble(read_pool(pool.pool(len(teachers))), config, stage, clips)
                return Predicted(peaks_on(stage, device))
            if method == 'bank':
                pool.prepare(0, stage, train_set(config, clips, classes_of=teachers[0]))
                return Predicted(peaks_on(stage, device))
            state = state_bytes(stage.build(model_section(config)))
            dataset = train_set(config, clips)
            row = METHOD_TABLE.get(method)
            # A method of the user's may read either.
            banks = row is None or row.reads == 'banks'
            for kind in range(len(teachers)):
                pool.write(kind, stage)
                if banks:
                    pool.give_bank(kind, stage, dataset, shared / 'banks')
            give_pool(config, pool.pool(len(teachers)))
            rehearse_training(config, stage, clips, folder)
        except ConfigError as error:
            return Predicted({}, error=str(error))
        return Predicted(peaks_on(stage, device), state)


def _import_modules(config: Config) -> None:
    """Imports what a config names, as MMEngine does where it reads one from a file."""
    named = config.get('custom_imports')
    if named:
        with told_in_one_line('custom_imports'):
            import_modules_from_strings(**named)


@functools.cache
def _shared() -> TemporaryDirectory:
    """What all runs share: the clips that stand in for videos, and banks."""
    return TemporaryDirectory(prefix='ukd-bench-memory-')


@functools.cache
def _stage(device: str) -> FakeStage:
    """One stage for all runs: it remembers networks and operators."""
    return FakeStage(device)


def peaks_on(stage: FakeStage, device: str) -> dict[str, Peak]:
    """The peaks of the phases that a stage was opened for last."""
    settings = allocator_settings()
    return {
        name: predicted_peak(phase, device, settings, stage.libraries)
        for name, phase in stage.phases.items()
    }
