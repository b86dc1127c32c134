"""A training tells in its folder how far it is, for whoever follows the sweep."""

from pathlib import Path
from typing import Any

from mmengine.dist import master_only
from mmengine.hooks import Hook
from mmengine.runner import Runner

from ..errors import ResultsError, one_line
from ..files.atomic import read_json, write_json
from ..measure import MeasureHook
from ..records.moment import present_moment
from .resume import ResumePoint


class TellProgress(Hook):
    """Adds to a run's ``state.json`` what is known at the end of each epoch.

    Nothing that is recorded depends on it, and its time is not part of the training's.

    Args:
        path: The file, which says that the run is running.
        measure: Knows loss and memory.
        point: Knows the training's time.
    """

    # After the hook that adds the epoch to the curve, and ends a training that diverged.
    priority = 'LOWEST'

    def __init__(self, path: Path, measure: MeasureHook, point: ResumePoint) -> None:
        self.path = path
        self.measure = measure
        self.point = point

    def before_train(self, runner: Runner) -> None:
        """Tells where the training begins, which is not at 0 where it goes on."""
        self._tell(runner, runner.epoch)

    def after_train_epoch(self, runner: Runner) -> None:
        """Tells that an epoch is complete."""
        self._tell(runner, runner.epoch + 1)

    @master_only
    def _tell(self, runner: Runner, epoch: int) -> None:
        curve = self.measure.curve
        told: dict[str, Any] = dict(
            epoch=epoch,
            epochs=runner.max_epochs,
            loss=curve[-1][1] if curve else None,
            train_s=round(self.point.train_s, 3),
            memory=self.measure.memory.so_far(),
            told=present_moment(),
        )
        with self.point.uncounted():
            try:
                write_json(self.path, read_json(self.path) | told)
            except (ResultsError, TypeError) as error:
                # The training is worth more than what is told of it.
                runner.logger.warning(one_line(error))
