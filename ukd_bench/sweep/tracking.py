"""Experiment trackers: what the configs of runs are told, so that their figures land there, too."""

from collections.abc import Iterable, Sequence
from importlib.util import find_spec
from pathlib import Path

from mmengine.config import Config

from ..errors import ConfigError
from ..records.folder import SweepPaths
from ..records.trackers import BACKEND, TRACKERS, backend_name
from .plan import PlannedRun


def require_trackers(names: Iterable[str]) -> None:
    """Finds out before the first run whether the packages of trackers are there.

    Raises:
        ConfigError: naming the first that is not, with the command that installs it.
    """
    for name in names:
        if find_spec(package := TRACKERS[name]) is None:
            raise ConfigError(
                f'--track {name}: the package {package} is not installed; pip install {package}'
            )


def set_tracking(config: Config, run: PlannedRun, names: Sequence[str], sweep: Path) -> None:
    """Adds trackers to the visualisation backends of a run's config, which are in no key.

    Args:
        config: A copy of the run's config, which is changed.
        run: A run that trains.
        names: Trackers.
        sweep: The sweep's folder.
    """
    visualizer = config.get('visualizer') or dict(type='Visualizer')
    own = visualizer.get('vis_backends') or []
    own = [*own] if isinstance(own, (list, tuple)) else [own]
    spec, folder = run.spec, SweepPaths(sweep.resolve()).tracking
    facts = dict(
        key=spec.key,
        method=spec.method,
        network=spec.teacher or spec.student,
        num_teachers=spec.num_teachers,
        seed=spec.seed,
        regime=run.regime,
    )
    visualizer['vis_backends'] = own + [
        dict(
            type=BACKEND,
            name=backend_name(name),
            tracker=name,
            save_dir=str(folder / name),
            sweep=sweep.resolve().name,
            cell=run.label,
            facts=facts,
        )
        for name in names
    ]
    config.visualizer = visualizer
