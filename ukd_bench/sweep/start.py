"""Where the networks of a regime start: the backbones in a config, and setting their weights."""

from collections.abc import Callable, Iterator
from typing import Any

from mmengine.config import Config

from ..errors import ConfigError, quoted
from ..files.python import config_name
from ..methods.config_files import fill_in
from ..records.weights import BACKBONE, weights_in
from .parts import SCRATCH, Regime, Weights

_TWO_STREAMS = 'ukd_bench.TwoStreamBackbone'
_SPLIT_STREAMS = 'ukd_bench.SplitStreams'
_MODALITIES = {'FrameDifference': 'diff', 'OpticalFlow': 'flow'}
"""What a stream sees, by its enhancement; all others change how a picture looks."""
_PICTURE = 'rgb'


def set_start(
    config: Config,
    regime: Regime,
    student: str,
    where: str,
    pretraining: Callable[[str, dict], str],
) -> list[str]:
    """Sets the initial weights of a network's backbones as its regime says.

    Args:
        config: The run's config, changed in place.
        regime: The regime.
        student: Name of the backbone.
        where: What messages call the config.
        pretraining: Function from a modality and the config of a backbone that sees it to the key
            of the run whose weights it starts from.

    Returns:
        Keys of the runs that it starts from, each once.

    Raises:
        ConfigError: the config takes weights in a way that cannot be replaced, or there are none
            for the backbone.
    """
    if regime.start == SCRATCH:
        _take_out(config, where)
    elif not isinstance(regime.start, str):
        found: list[str] = []
        for holder, key, modality in [*backbones(config.model)]:
            network = _own_backbone(holder[key])
            if 'pretrained' in network:
                network['pretrained'] = None
            wrapped: dict[str, Any] = dict(type=BACKBONE, backbone=network)
            if isinstance(regime.start, Weights):
                wrapped['checkpoint'] = _file(regime.start, student, modality, where)
            else:
                wrapped['run'] = pretraining(modality, network)
                found.append(wrapped['run'])
            holder[key] = wrapped
        config.load_from = None
        return [*dict.fromkeys(found)]
    return []


def backbones(model: Any) -> Iterator[tuple[Any, str, str]]:
    """The backbones of a recognizer that each see one modality.

    Yields:
        The dict that holds a backbone's config, its key there, and the modality: ``rgb``,
        ``diff`` or ``flow``.
    """
    streams = (model.get('data_preprocessor') or {}).get('streams') or [{}]
    seen = [_MODALITIES.get(config_name(one.get('type', '')), _PICTURE) for one in streams]
    backbone = model.backbone
    kind = config_name(backbone.get('type', ''))
    if kind == _SPLIT_STREAMS:
        for name, modality in zip(backbone.backbones, seen, strict=True):
            yield backbone.backbones, name, modality
    elif kind == _TWO_STREAMS:
        yield backbone, 'backbone', seen[0]
    else:
        yield model, 'backbone', seen[0]


def require_same_backbone(network: dict, pretrained: Config, where: str, path: str) -> None:
    """Refuses a backbone that the weights of a pretraining do not fit.

    Raises:
        ConfigError: naming the first key in which the two differ.
    """
    ((holder, key, _),) = [*backbones(pretrained.model)]
    mine, theirs = ({**_own_backbone(one)} for one in (network, holder[key]))
    for name in dict.fromkeys([*mine, *theirs]):
        if name != 'pretrained' and mine.get(name) != theirs.get(name):
            raise ConfigError(
                f'{where}: its backbone has {name} = {quoted(mine.get(name))}, that of {path}, '
                f'which it would start from, {quoted(theirs.get(name))}'
            )


def _own_backbone(backbone: Any) -> Any:
    """A backbone's config without initial weights that are put around it."""
    wrapped = config_name(backbone.get('type', '')) == BACKBONE
    return backbone['backbone'] if wrapped else backbone


def _take_out(config: Config, where: str) -> None:
    for holder, key, _ in [*backbones(config.model)]:
        holder[key] = _own_backbone(holder[key])
    for holder, key, place in [*weights_in(config)]:
        if key not in ('load_from', 'pretrained'):
            raise ConfigError(
                f'{where}: {place} takes initial weights; a regime from scratch cannot take it out'
            )
        holder[key] = None


def _file(start: Weights, student: str, modality: str, where: str) -> str:
    template = start.weights
    if isinstance(template, dict):
        if student not in template:
            known = ', '.join(map(str, template))
            raise ConfigError(f'{where}: start.weights has none for {student!r}, only for {known}')
        template = template[student]
    return fill_in('start.weights', str(template), student=student, modality=modality)
