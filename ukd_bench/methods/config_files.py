"""Configs as a sweep finds them: by template, with the sections that it sets, and their hooks."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import ConfigError, quoted, shortened
from ..files.configs import configs_root, read_config
from ..files.python import config_name

if TYPE_CHECKING:
    from mmengine.config import Config

_SECTIONS = (
    'model',
    'train_cfg.max_epochs',
    'param_scheduler',
    'train_dataloader.dataset.pipeline',
    'test_dataloader.dataset.pipeline',
    'test_evaluator',
)
"""Sections that a sweep sets, or hands to MMEngine, in the config of every run."""
_CHANNELS_LAST = 'ukd_bench.ChannelsLastHook'
_AMP = 'AmpOptimWrapper'


def fill_in(key: str, template: str, **names: str) -> str:
    """A path that the axes give as a template.

    Args:
        key: Key of the axes, for the message.
        template: The path, with names in braces.
        **names: Values of the names that may stand in it.

    Raises:
        ConfigError: the template holds another name.
    """
    try:
        return template.format(**names)
    except (KeyError, IndexError, ValueError) as error:
        allowed = ', '.join(f'{{{name}}}' for name in names)
        raise ConfigError(f'{key} = {template!r} may hold only {allowed}') from error


def find_config_by_path(relative: str) -> Path | None:
    """A shipped config, or one of the user's by its path from the working directory."""
    candidates = (folder / relative for folder in _folders())
    return next((candidate for candidate in candidates if candidate.is_file()), None)


def _folders() -> tuple[Path, Path]:
    """The folders in which configs are looked for, in that order."""
    return configs_root(), Path()


def load_config(relative: str) -> 'Config':
    """The config that :func:`find_config_by_path` finds.

    Raises:
        ConfigError: there is none, it cannot be read, or it lacks a section.
    """
    path = find_config_by_path(relative)
    if path is None:
        # An absolute path is looked for where it says.
        folders = [] if Path(relative).is_absolute() else [str(one.resolve()) for one in _folders()]
        where = f' in {" or in ".join(dict.fromkeys(folders))}' if folders else ''
        raise ConfigError(f'config {shortened(relative, 300)} does not exist{where}')
    config = read_config(path)
    for section in _SECTIONS:
        _require_section(config, section, path)
    return config


def _require_section(config: 'Config', section: str, path: Path) -> None:
    part: Any = config
    for name in section.split('.'):
        part = part.get(name) if hasattr(part, 'get') else None
        if part is None:
            raise ConfigError(f'config {path}: lacks the section {section!r}')


def custom_hooks(config: 'Config | dict[str, Any]') -> list[dict[str, Any]]:
    """The entries of a config's ``custom_hooks``, to be looked at or changed in place.

    There are none where the config lists none or something that is no list. What is no dict, such
    as a hook that is built already, has no arguments to look at, and is left out.
    """
    entries = config.get('custom_hooks')
    if not isinstance(entries, (list, tuple)):
        return []
    return [entry for entry in entries if isinstance(entry, dict)]


def preprocessor_of(config: 'Config') -> Any:
    """The config of a network's preprocessor, wherever MMEngine looks for it; None where none is.

    Args:
        config: The config of a run.
    """
    return config.model.get('data_preprocessor') or config.get('data_preprocessor')


def wants_channels_last(config: 'Config | dict[str, Any]') -> bool:
    """Whether a config says that the convolutions of its network have their channels last.

    It does so by a :class:`ukd_bench.models.ChannelsLastHook` in ``custom_hooks``.
    """
    return any(map(_lays_out, custom_hooks(config)))


def set_channels_last(config: 'Config', wanted: bool) -> None:
    """Has a config say so, or not."""
    others = [hook for hook in custom_hooks(config) if not _lays_out(hook)]
    config.custom_hooks = [*others, *[dict(type=_CHANNELS_LAST)] * wanted]


def set_amp(config: 'Config') -> None:
    """Has a training mix precisions, as ``--amp`` of MMAction2's ``tools/train.py`` does.

    Args:
        config: A whole config, changed in place.

    Raises:
        ConfigError: its ``optim_wrapper`` is of a type of its own.
    """
    kind = config_name(config.optim_wrapper.get('type', 'OptimWrapper'))
    if kind.removeprefix('mmengine.') not in ('OptimWrapper', _AMP):
        raise ConfigError(
            f'optim_wrapper.type = {quoted(kind)}: only an OptimWrapper can be made an {_AMP}'
        )
    config.optim_wrapper.type = _AMP
    config.optim_wrapper.setdefault('loss_scale', 'dynamic')


def _lays_out(hook: dict[str, Any]) -> bool:
    return config_name(hook.get('type')) == _CHANNELS_LAST
