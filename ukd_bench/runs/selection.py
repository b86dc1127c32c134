"""Chooses the epoch whose weights a training run tests."""

from pathlib import Path
from typing import Any

from mmengine.config import Config
from mmengine.dist import barrier, is_main_process
from mmengine.runner import Runner

from ..errors import ConfigError
from ..files.checkpoints import (
    ResumableHook,
    load_weights,
    read_checkpoint,
    save_weights,
    unwrapped,
    write_checkpoint,
)
from ..records.record import LAST_EPOCH, SELECTIONS

_CRITERION = 'clips/top1'


def selection_rule(config: Config) -> str:
    """The config's ``selection``, by default the last epoch.

    Raises:
        ConfigError: there is no such rule, or the config has no loader for it to look at.
    """
    rule = config.get('selection', LAST_EPOCH)
    if rule not in SELECTIONS:
        raise ConfigError(f'selection {rule!r} is none of {", ".join(SELECTIONS)}')
    if rule != LAST_EPOCH and config.get('val_dataloader') is None:
        raise ConfigError(f'selection {rule!r} needs a val_dataloader')
    return rule


class KeepBest(ResumableHook):
    """Keeps the weights of the epoch with the highest validation top-1, the first of equals.

    Args:
        path: File for the weights.

    Attributes:
        epoch: The epoch kept, counted from 1; None before the first validation.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.epoch: int | None = None
        self._best = float('-inf')

    def state_dict(self, runner: Runner) -> dict[str, Any]:
        """The epoch kept, its accuracy and its weights."""
        # The weights are kept too: their file may be ahead of the checkpoint in a killed process.
        has_weights = self.epoch is not None and is_main_process()
        weights = read_checkpoint(self.path) if has_weights else None
        return dict(epoch=self.epoch, best=self._best, weights=weights)

    def load_state_dict(self, runner: Runner, state: dict[str, Any]) -> None:
        """Takes them over, and writes the weights to their file again."""
        self.epoch, self._best = state['epoch'], state['best']
        if self.epoch is not None and is_main_process():
            write_checkpoint(self.path, state['weights'])

    def after_val_epoch(self, runner: Runner, metrics: dict[str, float] | None = None) -> None:
        """Keeps the weights if the validation's top-1 is above that of every epoch before."""
        value = (metrics or {}).get(_CRITERION)
        if value is None:
            raise ConfigError(f'val_evaluator reports no {_CRITERION}: selection needs ClipScores')
        if value > self._best:
            self._best, self.epoch = value, runner.epoch
            if is_main_process():
                save_weights(unwrapped(runner), self.path)

    def restore(self, runner: Runner) -> int:
        """Loads the kept weights and returns their epoch.

        Raises:
            ConfigError: no epoch was validated.
        """
        if self.epoch is None:
            raise ConfigError('no epoch was validated: selection needs val_cfg and val_interval')
        # All processes test by them, and the first has written them.
        barrier()
        load_weights(unwrapped(runner), self.path)
        barrier()
        if is_main_process():
            self.path.unlink()
        return self.epoch
