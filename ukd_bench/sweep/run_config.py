"""From the axes to the resolved config of one run."""

from typing import Any

from mmengine.config import Config

from ..data.views.protocols import protocol
from ..data.views.rendering import EVALUATION_VIEWS, steps_of
from ..errors import ConfigError
from ..records.record import BEST_ON_HELD_OUT, LAST_EPOCH

_SCHEDULE_KEYS = ('total_steps', 'end', 'T_max')


def set_epochs(config: Config, epochs: int) -> None:
    """Sets the length of training, and with it whatever the schedule had set to the old length."""
    before = config.train_cfg.max_epochs
    config.train_cfg.max_epochs = epochs
    for scheduler in config.param_scheduler:
        for key in _SCHEDULE_KEYS:
            if scheduler.get(key) == before:
                scheduler[key] = epochs


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
