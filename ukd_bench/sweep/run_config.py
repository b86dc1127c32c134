"""From the axes to the resolved config of one run, and what students must share."""

import copy
import math
from collections.abc import Mapping
from typing import Any

from mmengine.config import Config

from ..checks import did_you_mean, is_a
from ..data.views.protocols import protocol
from ..data.views.rendering import (
    DRAW_VIEW,
    EVALUATION_VIEWS,
    draw_step,
    steps_of,
    views_fingerprint,
)
from ..errors import ConfigError, one_line, quoted, shortened
from ..files.python import config_name
from ..methods.table import Method
from ..records.key import OPEN_FLOW
from ..records.record import BEST_ON_HELD_OUT, LAST_EPOCH
from .parts import Student

_SCHEDULE_KEYS = ('total_steps', 'end', 'T_max')
_OWN_KIND_SEEDS = 1000
_DATASET = 'ukd_bench.ARIDDataset'
_DICT, _DICTS, _WHOLE = 'a dict', 'a list of dicts', 'a whole number'
_SECTIONS = {
    'model': _DICT,
    'train_cfg.max_epochs': _WHOLE,
    'param_scheduler': _DICTS,
    'train_dataloader.dataset.pipeline': _DICTS,
    'test_dataloader.dataset.pipeline': _DICTS,
}
"""What a plan looks into, and what that is."""
_SET_BY_PLAN = ('train_cfg.max_epochs', 'randomness')
"""What every plan sets; a schedule would be left at the length that stood there."""


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


def set_options(config: Config, options: Mapping[str, Any], where: str) -> None:
    """Puts values by dotted key in the place of a config's own, as ``--cfg-options`` does.

    Raises:
        ConfigError: a key is none, leads nowhere, or is set by every plan; or a section that a plan
            looks into is of another kind then.
    """
    for key in options:
        complaint = f'{where}: cfg_options: key {quoted(key)}'
        if not isinstance(key, str) or not all(key.split('.')):
            raise ConfigError(f'{complaint} is no dotted key')
        if any(f'{key}.'.startswith(f'{one}.') for one in _SET_BY_PLAN):
            raise ConfigError(f'{complaint} is set by every plan')
        section = key.split('.')[0]
        if section not in config:
            hint = did_you_mean(section, config.to_dict())
            raise ConfigError(f'{complaint}: the config has no section {quoted(section)}{hint}')
    try:
        # A `_delete_` is taken out of what is merged, and the next config needs it, too.
        config.merge_from_dict(copy.deepcopy({**options}))
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise ConfigError(f'{where}: cfg_options: {shortened(one_line(error), 300)}') from error
    for section, kind in _SECTIONS.items():
        part: Any = config
        for name in section.split('.'):
            part = part.get(name) if isinstance(part, (dict, Config)) else None
        if not _is(kind, part):
            raise ConfigError(f'{where}: {section} = {quoted(part)} is not {kind}')


def _is(kind: str, part: Any) -> bool:
    if kind != _DICTS:
        return is_a(part, dict if kind == _DICT else int)
    return isinstance(part, (list, tuple)) and all(isinstance(one, dict) for one in part)


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

    For the best on held-out groups, whole groups of the training list are validated on after every
    epoch and not trained on. The oracle validates on the test clips.
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


def set_label_noise(config: Config, share: float, seed: int, where: str) -> None:
    """Has a share of the training clips labelled wrongly, drawn by the seed of the run.

    Raises:
        ConfigError: the training set is not the suite's.
    """
    if not share:
        return
    dataset = config.train_dataloader.dataset
    if config_name(dataset.get('type', '')) != _DATASET:
        raise ConfigError(
            f'{where}: label_noise: its data set is {dataset.get("type")!r}, not {_DATASET}'
        )
    dataset.update(label_noise=share, label_seed=seed)


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


def epochs_of(method: Method, epochs: int, num_teachers: int, num_views: int) -> int:
    """How long a student of a method trains where plain training takes ``epochs``.

    One that has UKD's compute spends on its own training what UKD spends on the student and its
    banks: with a forward as one unit, an epoch of training is three, and a view in each of K banks
    is K.
    """
    if not method.ukd_compute:
        return epochs
    return math.ceil((3 * epochs + num_teachers * num_views) / 3)


def own_kind_name(student: Student, seed: int) -> str:
    """Name of the teacher of its own kind that the student of that seed has."""
    return f'self-{student.name}-s{seed}'


def own_kind_seed(seed: int) -> int:
    """Seed of that teacher: a thousand above the student's, so that the two never are one run."""
    return _OWN_KIND_SEEDS + seed


def require_same_views(config: Config, other: Config, name: str, other_name: str) -> None:
    """Refuses a student that would not draw the views that the sweep's banks are made for.

    Raises:
        ConfigError: naming the two.
    """
    mine, theirs = _pipeline(config), _pipeline(other)
    if views_fingerprint(0, mine) == views_fingerprint(0, theirs):
        return
    drawn = draw_step(mine), draw_step(theirs)
    if None not in drawn:
        words = ', not '.join(map(_in_words, drawn))
        raise ConfigError(
            f'{name} draws other views than {other_name} ({words}): students of one sweep share '
            'their views'
        )
    raise ConfigError(
        f'{name} has another training pipeline than {other_name}, and not both draw their '
        f'views by {DRAW_VIEW}: students of one sweep share their views'
    )


def _pipeline(config: Config) -> list[dict]:
    """The training pipeline but for its flow, which is read under the same views."""
    pipeline = config.train_dataloader.dataset.to_dict()['pipeline']
    return [step for step in pipeline if config_name(step['type']) != OPEN_FLOW]


def _in_words(step: Any) -> str:
    return ', '.join(f'{name}={value}' for name, value in step.items() if name != 'type')
