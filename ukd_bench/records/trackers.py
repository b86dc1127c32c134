"""Names of experiment trackers, as command lines and the configs of runs have them."""

from collections.abc import Mapping
from typing import Any

from ..files.python import config_name

TRACKERS = {'tensorboard': 'tensorboard', 'wandb': 'wandb', 'mlflow': 'mlflow'}
"""The package that each tracker needs."""
BACKEND = 'ukd_bench.ByEpoch'
"""The visualisation backend that hands a run's figures to one of them, as configs name it."""


def backend_name(tracker: str) -> str:
    """Name that a tracker's backend has in a visualizer."""
    return f'ukd_bench {tracker}'


def tracked_by(config: Mapping[str, Any]) -> list[str]:
    """Trackers that a run's config asks for."""
    backends = (config.get('visualizer') or {}).get('vis_backends') or []
    listed = backends if isinstance(backends, (list, tuple)) else [backends]
    return [one['tracker'] for one in listed if config_name(one.get('type', '')) == BACKEND]
