"""The wall limit of a run: it ends in order, and goes on when it is given more."""

from typing import Any

from mmengine.dist import is_main_process
from mmengine.hooks import Hook
from mmengine.runner import Runner

from ..durations import duration_text
from ..errors import LimitError
from ..records.spec import RunSpec
from .resume import ResumePoint


def require_within_limit(spec: RunSpec, spent_s: float, where: str) -> None:
    """Ends a run that has taken longer than it may.

    Args:
        spec: The run.
        spent_s: Seconds that it has taken so far, in its earlier processes too.
        where: How far it is, in words.

    Raises:
        LimitError: it has.
    """
    if spec.limit_s is not None and spent_s > spec.limit_s:
        raise LimitError(
            f'took more than {duration_text(spec.limit_s)}, the limit of a run, {where}; with a '
            'higher --run-limit the same command goes on'
        )


class EndAtLimit(Hook):
    """Ends a training, or the test after it, before the first iteration past the limit.

    The validation of an epoch is not cut short, so that the epoch is kept.

    Args:
        spec: The run.
        point: Knows what it has taken.
    """

    # Before a step begins.
    priority = 'HIGHEST'

    def __init__(self, spec: RunSpec, point: ResumePoint) -> None:
        self.spec = spec
        self.point = point

    def before_train_iter(self, runner: Runner, *_: Any, **__: Any) -> None:
        """Checks the time before an iteration of training."""
        # Of several processes one has a say: whoever starts them ends the others when it ends.
        if is_main_process():
            where = f'in epoch {runner.epoch + 1} of {runner.max_epochs}'
            require_within_limit(self.spec, self.point.wall_s, where)

    def before_test_iter(self, runner: Runner, *_: Any, **__: Any) -> None:
        """Checks the time before a batch of the test."""
        if is_main_process():
            where = f'in the test after epoch {runner.max_epochs} of {runner.max_epochs}'
            require_within_limit(self.spec, self.point.wall_s, where)
