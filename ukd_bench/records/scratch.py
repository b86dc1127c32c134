"""What the networks of a config start from: their backbones, and how they start from nothing."""

from collections.abc import Iterator
from typing import Any

from mmengine.config import Config

from ..errors import ConfigError, quoted
from ..files.python import config_name
from ..methods.config_files import preprocessor_of
from .weights import BACKBONE, weights_in

_TWO_STREAMS = 'ukd_bench.TwoStreamBackbone'
_SPLIT_STREAMS = 'ukd_bench.SplitStreams'
_MODALITIES = {'FrameDifference': 'diff', 'OpticalFlow': 'flow'}
"""What a stream sees, by its enhancement; all others change how a picture looks."""
_PICTURE = 'rgb'
_LOADS_UNASKED = 'ResNetTSM'
"""Loads ``pretrained`` even where that is None, unless ``pretrained2d`` is off."""


def backbones(config: Config, where: str) -> Iterator[tuple[Any, str, str]]:
    """The backbones of a recognizer that each see one modality.

    Args:
        config: The config of a run.
        where: What messages call it.

    Yields:
        The dict that holds a backbone's config, its key there, and the modality: ``rgb``,
        ``diff`` or ``flow``.

    Raises:
        ConfigError: there is no backbone, or not one for each stream.
    """
    model = config.model
    streams = (preprocessor_of(config) or {}).get('streams') or [{}]
    if not isinstance(streams, (list, tuple)) or not all(isinstance(one, dict) for one in streams):
        raise ConfigError(f'{where}: start: streams = {quoted(streams)} is no list of dicts')
    seen = [_MODALITIES.get(config_name(one.get('type', '')), _PICTURE) for one in streams]
    backbone = model.get('backbone')
    if not isinstance(backbone, dict):
        raise ConfigError(f'{where}: start: its model has no backbone that could be given weights')
    kind = config_name(backbone.get('type', ''))
    if kind == _SPLIT_STREAMS:
        networks = backbone.get('backbones') or {}
        if len(networks) != len(seen):
            raise ConfigError(
                f'{where}: start: {len(networks)} backbones for {len(seen)} streams of '
                'the preprocessor'
            )
        for name, modality in zip(networks, seen, strict=True):
            yield networks, name, modality
    elif kind == _TWO_STREAMS:
        yield backbone, 'backbone', seen[0]
    else:
        yield model, 'backbone', seen[0]


def start_from_scratch(config: Config, where: str) -> None:
    """Takes out of a config all that its networks would start from, and download.

    Args:
        config: A config with a model, changed in place.
        where: What messages call it.

    Raises:
        ConfigError: it takes weights in a way that cannot be taken out.
    """
    if 'backbone' in config.model:
        for holder, key, _ in [*backbones(config, where)]:
            holder[key] = own_backbone(holder[key])
    for holder, key, place in [*weights_in(config)]:
        if key not in ('load_from', 'pretrained'):
            raise ConfigError(
                f'{where}: {place} takes initial weights; a regime from scratch cannot take it out'
            )
        holder[key] = None
    _set_pretrained_off(config.model)


def own_backbone(backbone: Any) -> Any:
    """A backbone's config without initial weights that are put around it."""
    wrapped = config_name(backbone.get('type', '')) == BACKBONE
    return backbone['backbone'] if wrapped else backbone


def _set_pretrained_off(part: Any) -> None:
    """Takes back what asks for weights without naming them.

    By ``pretrained=True`` torchvision and timm are asked for their own.
    """
    if isinstance(part, dict):
        if config_name(part.get('type', '')).rpartition('.')[2] == _LOADS_UNASKED:
            part['pretrained2d'] = False
        if part.get('pretrained') is True:
            part['pretrained'] = False
        for value in part.values():
            _set_pretrained_off(value)
    elif isinstance(part, (list, tuple)):
        for value in part:
            _set_pretrained_off(value)
