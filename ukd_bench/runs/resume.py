"""A training that was cut off goes on from the end of its last epoch."""

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mmengine.config import Config
from mmengine.dist import is_main_process
from mmengine.runner import Runner

from ..data.dataset import VideoSet, build_dataset
from ..data.fingerprint import dataset_fingerprint
from ..errors import ResultsError, one_line
from ..files.atomic import remove_leftovers
from ..files.checkpoints import (
    ResumableHook,
    add_other_processes,
    kept_training,
    training_checkpoint,
    write_checkpoint,
)
from ..files.hashes import file_sha256
from ..files.unpickling import allow_history
from ..knowledge.pool import teachers_of
from ..knowledge.teacher import Teacher
from ..methods.config_files import custom_hooks
from ..records.shared_gpu import runs_per_gpu
from ..records.spec import RunSpec

_NAMES = ('key', 'execution')
"""The part of a run's identity that its specification tells."""


class ResumePoint(ResumableHook):
    """Keeps one checkpoint: of the end of the last epoch, its validation included.

    What a process did after that point is lost and done again. So times and counts are sums over
    the parts of the training that were kept, each part up to its last point.

    Args:
        path: File of the checkpoint.
        spec: The run that it belongs to.

    Attributes:
        resumed_at: Epochs that were complete whenever the training resumed.
        earlier: Sums over the processes before, up to where the training went on.
        runs_per_gpu: Runs that might share the GPU, the most of all processes that trained.
    """

    # It runs before the hooks that count what belongs to the next epoch.
    priority = 'HIGHEST'

    def __init__(self, path: Path, spec: RunSpec) -> None:
        self.path = path
        self.spec = spec
        self.resumed_at: list[int] = []
        self.runs_per_gpu = runs_per_gpu(spec.device)
        self.earlier: dict[str, Any] = dict(wall_s=0.0, train_s=0.0, teacher_forwards=0)
        self._identity: dict[str, Any] | None = None
        self._created = time.perf_counter()
        self._began = self._saving_s = 0.0
        self._kept_epoch = 0

    @property
    def train_s(self) -> float:
        """Seconds of training so far, validation included, without those of :meth:`uncounted`."""
        return self.earlier['train_s'] + time.perf_counter() - self._began - self._saving_s

    @property
    def wall_s(self) -> float:
        """Seconds of the run so far, all that its process did included."""
        return self.earlier['wall_s'] + time.perf_counter() - self._created

    @property
    def teacher_forwards(self) -> int:
        """Forwards of teachers so far, see :class:`~ukd_bench.knowledge.teacher.Teacher`."""
        return self.earlier['teacher_forwards'] + Teacher.forwards_in_process

    def state_dict(self, runner: Runner) -> dict[str, Any]:
        """The run's identity, and sums over the parts of the training so far."""
        return dict(
            identity=self._identity,
            wall_s=self.wall_s,
            train_s=self.train_s,
            teacher_forwards=self.teacher_forwards,
            resumed_at=list(self.resumed_at),
            runs_per_gpu=self.runs_per_gpu,
        )

    def load_state_dict(self, runner: Runner, state: dict[str, Any]) -> None:
        """Takes over the sums of earlier parts, and notes after which epoch training resumes."""
        self.earlier = {name: state[name] for name in self.earlier}
        self.resumed_at = [*state['resumed_at'], runner.epoch]
        self.runs_per_gpu = max(self.runs_per_gpu, state['runs_per_gpu'])
        self._kept_epoch = runner.epoch

    def before_run(self, runner: Runner) -> None:
        """Starts the clock of the training."""
        if not self._began:
            self._began = time.perf_counter()

    def before_train_epoch(self, runner: Runner) -> None:
        """Writes the checkpoint of the epoch that has ended, its validation included."""
        # Kept here, because at the end of the epoch before it was not validated yet.
        if runner.epoch == self._kept_epoch:
            return
        with self.uncounted():
            is_main = is_main_process()
            if self._identity is None and is_main:
                dataset = runner.train_dataloader.dataset
                self._identity = _identity(self.spec, runner.cfg, dataset)
            checkpoint = training_checkpoint(runner)
            add_other_processes(checkpoint)
            try:
                if is_main:
                    write_checkpoint(self.path, checkpoint)
            except (ResultsError, RuntimeError) as error:
                # The training is worth more than the point to resume it from.
                runner.logger.warning(one_line(error))
            self._kept_epoch = runner.epoch

    @contextlib.contextmanager
    def uncounted(self) -> Iterator[None]:
        """Leaves a block's time out of the training's."""
        began = time.perf_counter()
        try:
            yield
        finally:
            self._saving_s += time.perf_counter() - began


def discard(path: Path) -> None:
    """Deletes a run's checkpoint to resume from, and half-written ones of killed processes."""
    remove_leftovers(path)
    path.unlink(missing_ok=True)


def set_resume(config: Config, path: Path, spec: RunSpec) -> None:
    """Has the Runner resume from a run's checkpoint, if there is one and it is of this run.

    It is of this run where key, execution, training clips and teachers are the same. Any other, and
    one that cannot be read, is left aside with a line in the log.
    """
    if not path.is_file():
        return
    allow_history()
    try:
        epoch, state = kept_training(path, ResumePoint)
    except ResultsError as error:
        print(f'{error}; the run starts over', flush=True)
        return
    differing = _differing(state.get('identity') or {}, spec, config)
    if differing is not None:
        print(
            f'{path.name}: does not fit, it differs in {differing}; the run starts over', flush=True
        )
        return
    print(f'{path.name}: the run goes on after epoch {epoch}', flush=True)
    resume_from(config, path)


def resume_from(config: Config, path: Path) -> None:
    """Has the Runner resume from a checkpoint, whatever run it is of."""
    allow_history()
    config.load_from, config.resume = str(path), True


def _differing(kept: dict[str, Any], spec: RunSpec, config: Config) -> str | None:
    """The first part of a kept identity that is not the run's; None where all is the same."""
    # These are compared first, before every clip is read.
    for name in _NAMES:
        if kept.get(name) != getattr(spec, name):
            return name
    present = _identity(spec, config, build_dataset(config.train_dataloader.dataset.to_dict()))
    return next((name for name in present if kept.get(name) != present[name]), None)


def _identity(spec: RunSpec, config: Config, dataset: VideoSet) -> dict[str, Any]:
    hooks = custom_hooks(config)
    files = [entry.checkpoint_file() for hook in hooks for entry in teachers_of(hook)]
    files += [Path(hook['previous']) for hook in hooks if hook.get('previous') is not None]
    return dict(
        **{name: getattr(spec, name) for name in _NAMES},
        dataset=dataset_fingerprint(dataset),
        teachers=[file_sha256(file) for file in files],
    )
