"""From the axes to the resolved config of one run."""

from pathlib import Path
from typing import Any

from mmengine.config import Config

from ..errors import ConfigError, one_line
from ..paths import configs_root

_SCHEDULE_KEYS = ('total_steps', 'end', 'T_max')


def load_config(relative: str) -> Config:
    """A shipped config, or one of the user's by its path from the working directory.

    Raises:
        ConfigError: there is none, or it cannot be read.
    """
    candidates = (configs_root() / relative, Path(relative))
    path = next((candidate for candidate in candidates if candidate.is_file()), None)
    if path is None:
        raise ConfigError(f'config {candidates[0]} does not exist')
    try:
        return Config.fromfile(path)
    except Exception as error:
        raise ConfigError(f'config {path} cannot be read ({one_line(error)})') from error


def set_epochs(config: Config, epochs: int) -> None:
    """Sets the length of training, and with it whatever the schedule had set to the old length."""
    before = config.train_cfg.max_epochs
    config.train_cfg.max_epochs = epochs
    for scheduler in config.param_scheduler:
        for key in _SCHEDULE_KEYS:
            if scheduler.get(key) == before:
                scheduler[key] = epochs


def set_hook(config: Config, where: str, **values: Any) -> None:
    """Sets arguments of the suite's one custom hook.

    Raises:
        ConfigError: the config has not exactly one hook of the suite.
    """
    hooks = [
        hook
        for hook in config.get('custom_hooks', [])
        if str(hook.get('type', '')).startswith('ukd_bench.')
    ]
    if len(hooks) != 1:
        raise ConfigError(f'config {where}: needs one hook of ukd_bench, has {len(hooks)}')
    hooks[0].update(values)


def set_data(config: Config, root: str, split: int) -> None:
    """Points both loaders at a data root and split."""
    for loader in (config.train_dataloader, config.test_dataloader):
        loader.dataset.data_root = root
        loader.dataset.split = split
    config.data_root = root
