"""One owner of file names, and of writing files so that a reader never sees half of one."""

import json
import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from .errors import ConfigError, ResultsError, one_line

if TYPE_CHECKING:
    from mmengine.config import Config

PACKAGE = Path(__file__).resolve().parent


def configs_root() -> Path:
    """The folder of shipped configs: beside the package in a clone, inside it in a wheel."""
    clone = PACKAGE.parent / 'configs'
    return clone if (clone / '_base_').is_dir() else PACKAGE / 'configs'


@dataclass(frozen=True)
class RunPaths:
    """The files of one run, all in one folder."""

    root: Path

    @property
    def record(self) -> Path:
        return self.root / 'record.json'

    @property
    def state(self) -> Path:
        """What the run is doing (pending, running, failed, ...); absent before it starts."""
        return self.root / 'state.json'

    @property
    def spec(self) -> Path:
        """The run's specification, from which one process can carry it out."""
        return self.root / 'run.json'

    @property
    def config(self) -> Path:
        return self.root / 'config.py'

    @property
    def scores(self) -> Path:
        return self.root / 'scores.npz'

    @property
    def curve(self) -> Path:
        return self.root / 'curve.csv'

    @property
    def checkpoint(self) -> Path:
        return self.root / 'checkpoint.pth'

    @property
    def best(self) -> Path:
        """Weights of the best epoch so far, while a run that selects one trains."""
        return self.root / 'best.pth'

    @property
    def resume(self) -> Path:
        """The end of the last epoch, from which a run that is cut off goes on."""
        return self.root / 'resume.pth'

    @property
    def fill_progress(self) -> Path:
        """What the views of a bank took that are filled, while it is being filled."""
        return self.root / 'fill.json'

    @property
    def bank(self) -> Path:
        return self.root / 'bank'

    @property
    def log(self) -> Path:
        return self.root / 'log.txt'


@dataclass(frozen=True)
class SweepPaths:
    """The files of one sweep: a plan, a pool of teachers, and one folder a run."""

    root: Path

    @property
    def plan(self) -> Path:
        return self.root / 'plan.json'

    @property
    def pool(self) -> Path:
        """The ordered list of teachers, with where each one's checkpoint and bank lie."""
        return self.root / 'pool.json'

    def runs(self) -> list[RunPaths]:
        """Folders that hold a record, sorted by name."""
        return [RunPaths(path.parent) for path in sorted(self.root.glob('*/record.json'))]


def atomic_write(path: Path, write: Callable[[IO[bytes]], Any]) -> None:
    """Calls ``write(file)`` on a temporary neighbour of ``path``, then renames it into place.

    Raises:
        ResultsError: the folder cannot be made or written.
    """
    temporary: str | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, temporary = tempfile.mkstemp(prefix=f'.{path.name}.', dir=path.parent)
        with os.fdopen(descriptor, 'wb') as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except OSError as error:
        raise ResultsError(f'{path}: cannot be written ({error.strerror or error})') from error
    finally:
        if temporary is not None and os.path.exists(temporary):
            os.unlink(temporary)


def write_text(path: Path, text: str) -> None:
    """Writes UTF-8 text atomically."""
    atomic_write(path, lambda file: file.write(text.encode()))


def write_json(path: Path, value: Any) -> None:
    """Writes ``value`` as indented JSON, atomically; NaN and infinity are refused."""
    write_text(path, json.dumps(value, indent=1, allow_nan=False) + '\n')


def read_json(path: Path) -> Any:
    """Reads a JSON file.

    Raises:
        ResultsError: the file is absent, unreadable or not JSON.
    """
    try:
        return json.loads(path.read_text())
    except OSError as error:
        raise ResultsError(f'{path}: cannot be read ({error.strerror or error})') from error
    except ValueError as error:
        raise ResultsError(f'{path}: not valid JSON ({error})') from error


def read_config(path: Path, what: str = 'config', overrides: dict | None = None) -> 'Config':
    """Reads an MMEngine config.

    Args:
        path: The file.
        what: What messages call it.
        overrides: By dotted key, as of ``--cfg-options``.

    Raises:
        ConfigError: the file is absent or cannot be read, or an override does not fit.
    """
    # Here, because most who ask for a path read no config.
    from mmengine.config import Config

    if not path.is_file():
        raise ConfigError(f'{what} {path} does not exist')
    try:
        config = Config.fromfile(path)
        if overrides:
            config.merge_from_dict(overrides)
    # A config is a program, and may end in anything.
    except Exception as error:
        raise ConfigError(f'{what} {path} cannot be read ({one_line(error)})') from error
    return config
