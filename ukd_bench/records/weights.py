"""The initial weights that a run's config names: part of its key by content, not by path."""

import contextlib
import re
from collections.abc import Iterator, Mapping
from typing import Any

from ..errors import ConfigError, ResultsError
from ..files.downloads import checkpoint_sha256, is_url, local_path, published_digits
from ..files.python import config_name

BACKBONE = 'ukd_bench.PretrainedBackbone'
"""Backbone with initial weights of its own, as configs name it."""
_INITIALIZERS = ('Pretrained', 'PretrainedInit')
# A class of anybody's may know its weights by a word, such as IMAGENET1K_V1.
_WORD = re.compile(r'[\w-]+')


def weights_in(config: Mapping[str, Any]) -> Iterator[tuple[Any, str, str]]:
    """The places where a config names initial weights by a path or a URL.

    They are ``load_from``, and in the model each ``pretrained`` and the ``checkpoint`` of each
    initializer ``Pretrained`` and each :class:`ukd_bench.PretrainedBackbone`. What another run
    trains is not among them, see :func:`made_by_runs`.

    Yields:
        The dict that holds the name, its key there, and its dotted key in the config.
    """
    if _is_name(config.get('load_from')):
        yield config, 'load_from', 'load_from'
    yield from _in_model(config.get('model'), 'model')


def made_by_runs(config: Mapping[str, Any]) -> Iterator[Any]:
    """The backbones of a config that start from what another run of the sweep trains.

    Yields:
        Each one's dict: ``run`` is the key of that run, ``checkpoint`` where it lies on this
        machine, which only the config of a run that is about to start says.
    """
    yield from _made_by_runs(config.get('model'))


def initial_weights(config: Mapping[str, Any], where: str) -> dict[str, str]:
    """SHA-256 of the local files that a config takes initial weights from.

    Args:
        config: A whole config.
        where: What messages call it.

    Returns:
        Hashes by path, as the config has it.

    Raises:
        ConfigError: a file is absent or cannot be read, naming key and path.
    """
    found = {}
    for holder, key, place in weights_in(config):
        path = holder[key]
        if is_url(path):
            continue
        try:
            found[path] = _file_sha256(path)
        # No path holds a zero byte, for one.
        except (ResultsError, ValueError) as error:
            if key == 'pretrained' and _WORD.fullmatch(path):
                continue
            raise ConfigError(f'{where}: {place} = {path!r:.300} is no file to read') from error
    return found


def changed_weights(weights: Mapping[str, str]) -> list[str]:
    """Paths whose content is no longer what it was, absent ones included.

    Args:
        weights: What :func:`initial_weights` gave.
    """
    return [path for path, sha256 in weights.items() if not _has(path, sha256)]


def by_content(
    name: str, weights: Mapping[str, str], holder: Mapping[str, Any] | None = None
) -> str:
    """What stands in a key for the name of initial weights.

    It is the hash of a local file, or the digits of it that end a URL, where a download is refused
    that does not have them; any other name stands for itself.

    Args:
        name: Path, URL or other name.
        weights: What :func:`initial_weights` gave.
        holder: The dict that holds the name.
    """
    digits = weights.get(name)
    # MMEngine downloads too, but checks no digits.
    if digits is None and is_url(name) and holder is not None and _is_backbone(holder):
        with contextlib.suppress(ConfigError):
            digits = published_digits(name)
    return name if digits is None else f'sha256:{digits}'


def _made_by_runs(part: Any) -> Iterator[Any]:
    if isinstance(part, dict):
        if _is_of_run(part):
            yield part
        for value in part.values():
            yield from _made_by_runs(value)
    elif isinstance(part, (list, tuple)):
        for item in part:
            yield from _made_by_runs(item)


def _in_model(part: Any, where: str) -> Iterator[tuple[Any, str, str]]:
    if isinstance(part, dict):
        kind = config_name(part.get('type'))
        loads = _is_backbone(part) or kind.rpartition('.')[2] in _INITIALIZERS
        names = ['pretrained', *(['checkpoint'] if loads else [])]
        if _is_of_run(part):
            names.remove('checkpoint')
        for key, value in part.items():
            if key in names and _is_name(value):
                yield part, key, f'{where}.{key}'
            else:
                yield from _in_model(value, f'{where}.{key}')
    elif isinstance(part, (list, tuple)):
        for index, item in enumerate(part):
            yield from _in_model(item, f'{where}[{index}]')


def _is_backbone(part: Mapping[str, Any]) -> bool:
    return config_name(part.get('type')) == BACKBONE


def _is_of_run(part: Mapping[str, Any]) -> bool:
    return _is_backbone(part) and part.get('run') is not None


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and value != ''


def _file_sha256(path: str) -> str:
    return checkpoint_sha256(local_path(path))


def _has(path: str, sha256: str) -> bool:
    try:
        return _file_sha256(path) == sha256
    except ResultsError:
        return False
