"""What of a run's config enters its key: all of it but for a list of places.

An argument is left out by where it stands, and never by its name alone: a backbone's ``pool`` is no
hook's.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from ..files.python import class_path, config_name
from ..methods.config_files import custom_hooks
from .weights import by_content, made_by_runs, weights_in

PROTOCOL_VERSION = 2
"""Version that is raised whenever a change alters what a run computes; part of every key."""

OPEN_VIDEO = 'ukd_bench.OpenVideo'
OPEN_FLOW = 'ukd_bench.OpenFlow'

# The places that cannot change what a run computes.
_OF_CONFIG = (
    # Places on a machine; the teacher that a bank is filled by stands in `pool`.
    'data_root', 'pool', 'work_dir',
    # How a run is carried out and what it prints.
    'launcher', 'log_level', 'log_processor', 'visualizer', 'vis_backends',
)  # fmt: skip
LOADERS = ('train_dataloader', 'val_dataloader', 'test_dataloader')
"""A config's loaders, each with a data set of its own."""
_OF_LOADERS = ('num_workers', 'persistent_workers', 'pin_memory')
# MMEngine's own checkpoints are not kept, whatever hook would write them; what its logger prints is
# no result, but a hook of anybody's in the logger's place may do anything.
_CHECKPOINT, _LOGGER = 'checkpoint', 'logger'
_LOGGERS = ('LoggerHook', 'mmengine.hooks.LoggerHook')
# The clips themselves are identified by content.
_OF_DATASETS = ('data_root', 'ann_file', 'data_prefix', 'edition')
# Frames are the same from a cache; flow is identified by the step's settings.
_OF_STEPS = {OPEN_VIDEO: ('cache',), OPEN_FLOW: ('flow_root',)}
# Teachers, the stage of a chain before, and the training that a backbone starts from are identified
# by the keys of their runs.
_OF_HOOK = ('pool', 'previous')
_OF_BACKBONE_FROM_RUN = ('checkpoint',)


def scientific(
    config: Mapping[str, Any], hook: str | None = None, weights: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """A copy of a whole config with only what can change a result, in plain values.

    Args:
        config: The config as plain dicts and lists.
        hook: Name by which configs know the hook of the run's method; None where it has no teachers
            whose places could be left out.
        weights: Hashes of initial weights by path, see :func:`.weights.initial_weights`; they take
            the place of the path. Other weights stay named as they are.
    """
    kept = scientific_part(config)
    _drop(kept, _OF_CONFIG)
    for name in LOADERS:
        loader = kept.get(name)
        if isinstance(loader, dict):
            _drop(loader, _OF_LOADERS)
            if isinstance(loader.get('dataset'), dict):
                _drop(loader['dataset'], _OF_DATASETS)
    hooks = kept.get('default_hooks')
    if isinstance(hooks, dict):
        logger = hooks.get(_LOGGER)
        logs = isinstance(logger, dict) and logger.get('type') in _LOGGERS
        _drop(hooks, (_CHECKPOINT, _LOGGER) if logs else (_CHECKPOINT,))
    for entry in custom_hooks(kept):
        if hook is not None and config_name(entry.get('type')) == hook:
            _drop(entry, _OF_HOOK)
    for backbone in made_by_runs(kept):
        _drop(backbone, _OF_BACKBONE_FROM_RUN)
    for holder, key, _ in [*weights_in(kept)]:
        holder[key] = by_content(holder[key], weights or {}, holder)
    return kept


def scientific_dataset(dataset: Mapping[str, Any]) -> dict[str, Any]:
    """A copy of a data set's config with only what can change a result."""
    kept = scientific_part(dataset)
    _drop(kept, _OF_DATASETS)
    return kept


def scientific_part(part: Any) -> Any:
    """A copy of any other part, such as a pipeline, a step or a model.

    Of the suite's steps that open files the places are left out. Tuples become lists, and classes,
    which a config may hold instead of names, their paths.
    """
    if isinstance(part, dict):
        left_out = _OF_STEPS.get(config_name(part.get('type')), ())
        return {key: scientific_part(value) for key, value in part.items() if key not in left_out}
    if isinstance(part, (list, tuple)):
        return [scientific_part(value) for value in part]
    return class_path(part) if isinstance(part, type) else part


def holds_step(part: Any, name: str) -> bool:
    """Whether a step of the suite stands anywhere in a part of a config.

    Args:
        part: Plain dicts and lists.
        name: The step as configs name it.
    """
    if isinstance(part, dict):
        return config_name(part.get('type')) == name or holds_step([*part.values()], name)
    return isinstance(part, (list, tuple)) and any(holds_step(one, name) for one in part)


def _drop(part: dict[str, Any], names: Iterable[str]) -> None:
    for name in names:
        part.pop(name, None)
