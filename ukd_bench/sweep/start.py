"""Where the networks of a regime start: setting the weights of the backbones in a config."""

from collections.abc import Callable
from typing import Any

from mmengine.config import Config

from ..errors import ConfigError, quoted
from ..files.downloads import is_url, published_digits
from ..files.python import config_name
from ..methods.config_files import fill_in
from ..records.regime import AS_CONFIGURED, SCRATCH
from ..records.scratch import backbones, own_backbone, start_from_scratch
from ..records.weights import BACKBONE, made_by_runs, weights_in
from .parts import Regime, Weights

_BY_RECOGNIZER = ('torchvision.', 'timm.')
"""Backbones that MMAction2's recognizers build themselves."""


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
    if regime.start == AS_CONFIGURED:
        for one in made_by_runs(config):
            raise ConfigError(
                f'{where}: a backbone has run = {quoted(one["run"])}, by which sweeps name what '
                'they train; leave it out, and its checkpoint counts'
            )
    elif regime.start == SCRATCH:
        start_from_scratch(config, where)
    elif not isinstance(regime.start, str):
        found: list[str] = []
        for holder, key, modality in [*backbones(config, where)]:
            network = own_backbone(holder[key])
            _clear(network, where)
            wrapped: dict[str, Any] = dict(type=BACKBONE, backbone=network)
            if isinstance(regime.start, Weights):
                wrapped['checkpoint'] = _file(regime.start, student, modality, where)
            else:
                wrapped['run'] = pretraining(modality, network)
                found.append(wrapped['run'])
            holder[key] = wrapped
        config.load_from = None
        for holder, _, place in weights_in(config):
            if config_name(holder.get('type', '')) != BACKBONE:
                raise ConfigError(f'{where}: {place} takes initial weights beside those of `start`')
        return [*dict.fromkeys(found)]
    return []


def require_same_backbone(network: dict, pretrained: Config, where: str, path: str) -> None:
    """Refuses a backbone that the weights of a pretraining do not fit.

    Raises:
        ConfigError: naming the first key in which the two differ.
    """
    own = pretrained.model.get('backbone')
    if not isinstance(own, dict):
        raise ConfigError(f'{path}: its model has no backbone to start {where} from')
    mine, theirs = ({**own_backbone(one)} for one in (network, own))
    for name in dict.fromkeys([*mine, *theirs]):
        if name != 'pretrained' and mine.get(name) != theirs.get(name):
            raise ConfigError(
                f'{where}: its backbone has {name} = {quoted(mine.get(name))}, that of {path}, '
                f'which it would start from, {quoted(theirs.get(name))}'
            )


def _clear(network: Any, where: str) -> None:
    """Takes out what a backbone would start from, which its wrapper passes over.

    Raises:
        ConfigError: MMAction2 builds the backbone by another library, which no wrapper can.
    """
    kind = config_name(network.get('type', ''))
    if kind.startswith(_BY_RECOGNIZER):
        raise ConfigError(f'{where}: start: a backbone {quoted(kind)} cannot be given weights')
    if 'pretrained' in network:
        network['pretrained'] = None
    for holder, key, _ in [*weights_in(dict(model=network))]:
        if key == 'pretrained':
            holder[key] = None


def _file(start: Weights, student: str, modality: str, where: str) -> str:
    template = start.weights
    if isinstance(template, dict):
        if student not in template:
            known = ', '.join(map(str, template))
            raise ConfigError(f'{where}: start.weights has none for {student!r}, only for {known}')
        template = template[student]
    name = fill_in('start.weights', str(template), student=student, modality=modality)
    if not name:
        raise ConfigError(f'{where}: start.weights is empty for {student!r}')
    if is_url(name):
        # It would be refused when the first run has downloaded it.
        published_digits(name)
    return name
