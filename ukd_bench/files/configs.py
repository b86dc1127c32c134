"""MMEngine configs: the shipped ones, and reading any of them."""

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import ConfigError, one_line
from .hosts import has_moves, moved

if TYPE_CHECKING:
    from mmengine.config import Config

PACKAGE = Path(__file__).resolve().parents[1]


def configs_root() -> Path:
    """The folder of shipped configs: beside the package in a clone, inside it in a wheel."""
    clone = PACKAGE.parent / 'configs'
    return clone if (clone / '_base_').is_dir() else PACKAGE / 'configs'


def shipped_configs(folder: str) -> dict[str, Path]:
    """The shipped configs in a folder, such as ``sweeps``, by name."""
    return {path.stem: path for path in sorted((configs_root() / folder).glob('*.py'))}


def find_config_by_name(word: str, folder: str) -> Path:
    """The file that ``word`` is the path of, or else the shipped config in ``folder`` of that name.

    Raises:
        ConfigError: the word is neither.
    """
    path, shipped = Path(word), shipped_configs(folder)
    if not path.is_file():
        if word not in shipped:
            what = f'{folder.removesuffix("s")} config {word}'
            raise ConfigError(f'{what} does not exist; shipped by name are {", ".join(shipped)}')
        path = shipped[word]
    return path


def shipped_config(name: str) -> str:
    """Path of a shipped config, for a ``_base_`` that works in a clone and with a wheel.

    Args:
        name: Path below the folder of configs, such as ``plain/i3d-r18-w8_darkroom-quick.py``.

    Raises:
        ConfigError: there is none.
    """
    return _existing(configs_root() / name, 'shipped config')


def mmaction2_config(name: str) -> str:
    """Path of a config of the installed MMAction2, for a ``_base_``, where ``mmaction::`` fails.

    Args:
        name: Path below MMAction2's folder of configs, such as ``recognition/tsn/....py``.

    Raises:
        ConfigError: there is none, or MMAction2 is absent.
    """
    # MMAction2 is not imported: that takes seconds, and a plan needs the text alone.
    package = find_spec('mmaction')
    if package is None:
        raise ConfigError(f'MMAction2 config {name}: mmaction2 is not installed')
    (folder,) = package.submodule_search_locations or ('',)
    return _existing(Path(folder, '.mim', 'configs', name), 'MMAction2 config')


def _existing(path: Path, what: str) -> str:
    if not path.is_file():
        raise ConfigError(f'{what} {path} does not exist')
    return str(path)


def read_config(
    path: Path, what: str = 'config', overrides: dict[str, Any] | None = None
) -> 'Config':
    """Reads an MMEngine config, with its paths as they are on this host, see :mod:`.hosts`.

    Args:
        path: The config's file.
        what: What messages call the file.
        overrides: Values by dotted key, as ``--cfg-options`` gives them.

    Raises:
        ConfigError: the file is absent or cannot be read, or an override does not fit.
    """
    # Imported here, because most who ask for a path read no config.
    from mmengine.config import Config

    if not path.is_file():
        raise ConfigError(f'{what} {path} does not exist')
    try:
        config = Config.fromfile(path)
        if has_moves():
            config = Config(moved(config.to_dict()), filename=str(path))
        if overrides:
            config.merge_from_dict(overrides)
    except SystemExit as error:
        raise ConfigError(f'{what} {path} ends the program, SystemExit({error.code!r})') from error
    # A config is a program, and may end in anything.
    except Exception as error:
        raise ConfigError(f'{what} {path} cannot be read ({one_line(error)})') from error
    return config
