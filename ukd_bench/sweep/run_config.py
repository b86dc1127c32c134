"""From the axes to the resolved config of one run."""

from pathlib import Path
from typing import Any

from mmengine.config import Config

from ..data.views.protocols import protocol
from ..data.views.rendering import EVALUATION_VIEWS, steps_of
from ..errors import ConfigError
from ..files.configs import configs_root, read_config
from ..methods.hooks import custom_hooks
from ..records.record import BEST_ON_HELD_OUT, LAST_EPOCH

_SCHEDULE_KEYS = ('total_steps', 'end', 'T_max')
_SECTIONS = (
    'model',
    'train_cfg.max_epochs',
    'param_scheduler',
    'train_dataloader.dataset.pipeline',
    'test_dataloader.dataset.pipeline',
    'test_evaluator',
)
"""What a sweep sets, or hands to MMEngine, in the config of every run."""


def fill_in(key: str, template: str, **names: str) -> str:
    """A path that the axes give as a template.

    Args:
        key: Of the axes, for the message.
        template: With names in braces.
        **names: What may stand in it.

    Raises:
        ConfigError: it holds another name.
    """
    try:
        return template.format(**names)
    except (KeyError, IndexError, ValueError) as error:
        allowed = ', '.join(f'{{{name}}}' for name in names)
        raise ConfigError(f'{key} = {template!r} may hold only {allowed}') from error


def find_config(relative: str) -> Path | None:
    """A shipped config, or one of the user's by its path from the working directory."""
    candidates = (configs_root() / relative, Path(relative))
    return next((candidate for candidate in candidates if candidate.is_file()), None)


def load_config(relative: str) -> Config:
    """The config that :func:`find_config` finds.

    Raises:
        ConfigError: there is none, it cannot be read, or it lacks a section.
    """
    path = find_config(relative)
    if path is None:
        raise ConfigError(f'config {configs_root() / relative} does not exist')
    config = read_config(path)
    for section in _SECTIONS:
        _require_section(config, section, path)
    return config


def _require_section(config: Config, section: str, path: Path) -> None:
    part: Any = config
    for name in section.split('.'):
        part = part.get(name) if isinstance(part, (dict, Config)) else None
        if part is None:
            raise ConfigError(f'config {path}: lacks the section {section!r}')


def set_epochs(config: Config, epochs: int) -> None:
    """Sets the length of training, and with it whatever the schedule had set to the old length."""
    before = config.train_cfg.max_epochs
    config.train_cfg.max_epochs = epochs
    for scheduler in config.param_scheduler:
        for key in _SCHEDULE_KEYS:
            if scheduler.get(key) == before:
                scheduler[key] = epochs


def suite_hook(config: Config, where: str) -> Any:
    """The suite's one custom hook of a config, to be changed in place.

    Anybody's hook that takes a pool of teachers counts as one of the suite's.

    Raises:
        ConfigError: the config has not exactly one.
    """
    hooks = [
        hook
        for hook in custom_hooks(config)
        if str(hook.get('type', '')).startswith('ukd_bench.') or 'pool' in hook
    ]
    if len(hooks) != 1:
        raise ConfigError(f'config {where}: needs one hook of ukd_bench, has {len(hooks)}')
    return hooks[0]


def set_data(
    config: Config, root: str, split: int, num_classes: int, edition: str | None = None
) -> None:
    """Points both loaders at a data root and split, and gives the heads that many classes."""
    for loader in (config.train_dataloader, config.test_dataloader):
        loader.dataset.data_root = root
        loader.dataset.split = split
        if edition is not None:
            loader.dataset.edition = edition
    config.data_root = root
    _set_everywhere(config.model, 'num_classes', num_classes)


def set_protocol(config: Config, name: str) -> None:
    """Has the test clips' views drawn by an evaluation protocol.

    Raises:
        ConfigError: the test pipeline draws its views by steps that are not the suite's.
    """
    steps = steps_of(config.test_dataloader.dataset.pipeline, EVALUATION_VIEWS)
    if not steps:
        raise ConfigError(f'protocol {name!r}: the test pipeline has no step {EVALUATION_VIEWS}')
    for step in steps:
        step['protocol'] = protocol(name).name


def set_selection(config: Config, rule: str) -> None:
    """Has the tested epoch chosen by a rule, on clips that the rule names.

    Best on held-out groups: whole groups of the training list are validated on after every epoch
    and not trained on. The oracle validates on the test clips.
    """
    config.selection = rule
    if rule == LAST_EPOCH:
        return
    config.val_cfg = dict(type='ValLoop')
    config.val_evaluator = config.test_evaluator
    config.val_dataloader = config.test_dataloader.to_dict()
    config.train_cfg.val_interval = 1
    if rule == BEST_ON_HELD_OUT:
        config.train_dataloader.dataset.groups = 'fit'
        config.val_dataloader.dataset.update(subset='train', groups='held_out')


def _set_everywhere(section: Any, key: str, value: Any) -> None:
    """Sets a key wherever it stands in nested dicts and lists."""
    if isinstance(section, dict):
        if key in section:
            section[key] = value
        for part in section.values():
            _set_everywhere(part, key, value)
    elif isinstance(section, (list, tuple)):
        for part in section:
            _set_everywhere(part, key, value)
