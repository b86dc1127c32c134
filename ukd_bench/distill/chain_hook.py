"""Distillation from one teacher after another."""

from pathlib import Path

from mmengine.runner import Runner

from ..errors import ConfigError
from ..knowledge.pool import PoolEntry, read_pool
from ..registry import HOOKS
from ..state import load_weights, unwrapped
from .ukd_hook import UKDHook


@HOOKS.register_module()
class ChainHook(UKDHook):
    """Stage K of a chain: the student of stage K - 1 goes on learning, from teacher K alone.

    Every stage is a whole training of the config's length. The first stage is UKD with one teacher.

    Args:
        pool: Pool of teachers.
        num_teachers: K, the stage; None for the last of the pool.
        previous: Checkpoint of stage K - 1, whose weights this one starts from; none at K = 1.
        options: See :class:`UKDHook`.

    Raises:
        ConfigError: ``previous`` is absent where K > 1, or there where K = 1.
    """

    def __init__(
        self,
        pool: str | Path | list[dict],
        num_teachers: int | None = None,
        previous: str | Path | None = None,
        **options,
    ) -> None:
        super().__init__(pool, num_teachers, **options)
        self.previous = None if previous is None else Path(previous)
        if self.stage > 1 and previous is None:
            raise ConfigError(
                f'ChainHook: stage {self.stage} needs previous, the checkpoint of stage '
                f'{self.stage - 1}'
            )
        if self.stage == 1 and previous is not None:
            raise ConfigError('ChainHook: the first stage has no previous one')

    def read_teachers(
        self, pool: str | Path | list[dict], num_teachers: int | None
    ) -> list[PoolEntry]:
        teachers = read_pool(pool, num_teachers)
        self.stage = len(teachers)
        return teachers[-1:]

    def before_train(self, runner: Runner) -> None:
        super().before_train(runner)
        # A resumed stage has its own weights by now.
        if self.previous is not None and runner.epoch == 0:
            noted, own = load_weights(unwrapped(runner), self.previous), self.classes_of(runner)
            if noted and own and noted != own:
                raise ConfigError(f'checkpoint {self.previous} has other classes, or another order')
