"""A config that reads banks: what its hook says of teachers and views, and its training set."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mmengine.config import Config

from ...errors import ConfigError, UkdBenchError, one_line
from ...files.configs import read_config
from ...methods.config_files import custom_hooks
from ...registry import HOOKS
from ..pool import PoolEntry, teachers_of


@dataclass(frozen=True)
class BankReader:
    """What a student's config says that its banks depend on.

    Attributes:
        teachers: Those of the hook's pool whose banks it reads.
        view_seed: The hook's.
        num_views: The hook's; None where it leaves that to the banks.
        dataset: Config of the training set, pipeline included.
        num_workers: Loader processes that the config trains with.
        epochs: That the config trains for.
    """

    teachers: list[PoolEntry]
    view_seed: int
    num_views: int | None
    dataset: dict[str, Any]
    num_workers: int
    epochs: int


def read_bank_reader(path: Path, overrides: dict[str, Any] | None = None) -> BankReader:
    """Reads a training config with a hook of the suite that has a ``pool``.

    Args:
        path: The config file.
        overrides: As of ``--cfg-options``.

    Raises:
        ConfigError: the file is absent or cannot be read, has no such hook or one that cannot be
            built as it stands, lacks a training section, or the pool cannot be used.
    """
    config = read_config(path, overrides=overrides)
    hook = _hook_with_pool(config, path)
    try:
        loader, epochs = config.train_dataloader, config.train_cfg.max_epochs
        dataset = loader.dataset.to_dict()
    except AttributeError as error:
        raise ConfigError(f'{path}: has no complete training section ({error})') from error
    if not isinstance(dataset.get('pipeline'), list):
        raise ConfigError(f'{path}: train_dataloader.dataset has no pipeline of its own')
    if not isinstance(epochs, int) or epochs < 1:
        raise ConfigError(f'{path}: train_cfg.max_epochs = {epochs!r} is not a number of epochs')
    return BankReader(
        teachers=_teachers(hook, path),
        view_seed=hook.get('view_seed', 0),
        num_views=hook.get('num_views'),
        dataset=dataset,
        num_workers=loader.get('num_workers', 0),
        epochs=epochs,
    )


def _hook_with_pool(config: Config, path: Path) -> Any:
    """The hook that reads banks: of the suite, or anybody's that takes a pool as those do."""
    found = next((hook for hook in custom_hooks(config) if hook.get('pool')), None)
    if found is None:
        raise ConfigError(f'{path}: no hook in custom_hooks has a pool')
    return found


def _teachers(hook: dict[str, Any], path: Path) -> list[PoolEntry]:
    """The teachers that the hook reads: a stage of a chain, for one, reads the last.

    The hook is built as for training, so that whatever that would refuse is refused before a
    teacher runs.
    """
    kind = hook.get('type')
    if not isinstance(HOOKS.get(kind) if isinstance(kind, str) else kind, type):
        raise ConfigError(
            f'{path}: no hook is registered as {kind!r}, and no module that can be imported has it'
        )
    try:
        # Its place among the hooks is the Runner's business.
        built = HOOKS.build({name: hook[name] for name in hook if name != 'priority'})
    except UkdBenchError:
        raise
    # A hook answers an unknown argument with whatever its constructor raises.
    except Exception as error:
        raise ConfigError(f'{path}: custom_hooks: {kind}: {one_line(error)}') from error
    if hasattr(built, 'teachers'):
        return built.teachers
    return teachers_of(hook)
