"""Reads from a student's config which teachers, views and clips its banks are of."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mmengine.config import Config
from mmengine.registry import DATASETS

from ...data.views.replay import require_replayable_kind, require_unblended
from ...errors import ConfigError, UkdBenchError, one_line, quoted
from ...files.configs import read_config
from ...methods.config_files import custom_hooks
from ...registry import HOOKS
from ..identity import model_section
from ..pool import PoolEntry, teachers_of


@dataclass(frozen=True)
class BankReader:
    """What a student's config says that its banks depend on.

    Attributes:
        teachers: The teachers of the hook's pool whose banks it reads.
        view_seed: The hook's seed of the views.
        num_views: The hook's number of views; None where it leaves that to the banks.
        dataset: Config of the training set, pipeline included.
        num_workers: Loader processes that the config trains with.
        epochs: Epochs that the config trains for.
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
        overrides: Values by dotted key, as ``--cfg-options`` gives them.

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
    _require_replayable(config, dataset, path)
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


def _require_replayable(config: Config, dataset: dict[str, Any], path: Path) -> None:
    """Refuses what training would, so that no teacher scores in vain."""
    kind = dataset.get('type')
    with DATASETS.switch_scope_and_registry('mmaction') as registry:
        found = kind if isinstance(kind, type) else registry.get(str(kind))
    if not isinstance(found, type):
        raise ConfigError(f'{path}: no data set is registered as {quoted(kind)}')
    require_replayable_kind(found)
    model = model_section(config) if isinstance(config.get('model'), dict) else {}
    preprocessor = model.get('data_preprocessor')
    if isinstance(preprocessor, dict):
        require_unblended(preprocessor.get('blending'))


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
        # A hook's place among the others is the Runner's business.
        built = HOOKS.build({name: hook[name] for name in hook if name != 'priority'})
    except UkdBenchError:
        raise
    # A hook answers an unknown argument with whatever its constructor raises.
    except Exception as error:
        raise ConfigError(f'{path}: custom_hooks: {kind}: {one_line(error)}') from error
    if hasattr(built, 'teachers'):
        return built.teachers
    return teachers_of(hook)
