"""Which runs need as much memory as each other, so that one prediction serves them all."""

from collections.abc import Mapping
from typing import Any

from ...files.hashes import digest
from ...files.python import config_name
from ...methods.config_files import custom_hooks
from ...methods.table import REPLAY_HOOK
from ...records.key import LOADERS, scientific
from ...records.weights import made_by_runs, weights_in
from ..plan import Plan, PlannedRun

# What changes a result and not what it takes: seeds, schedules, which clips there are, and the
# weights that networks start from.
_OF_CONFIG = ('randomness', 'param_scheduler')
_OF_LOOP = ('max_epochs',)
_OF_DATASETS = ('split', 'groups', 'label_noise', 'label_seed')
_OF_HOOK = ('view_seed', 'num_views')
_OF_BACKBONE = ('run', 'checkpoint')


def memory_part(config: Mapping[str, Any], hook: str | None = None) -> dict[str, Any]:
    """A copy of a whole config with only what can change how much memory a run takes.

    Args:
        config: The config as plain dicts and lists.
        hook: Name of the hook of the run's method, see :func:`ukd_bench.records.key.scientific`.
    """
    kept = scientific(config, hook)
    for holder, key, _ in [*weights_in(kept)]:
        holder[key] = None
    for backbone in made_by_runs(kept):
        _drop(backbone, _OF_BACKBONE)
    _drop(kept, _OF_CONFIG)
    _drop(kept.get('train_cfg'), _OF_LOOP)
    for name in LOADERS:
        _drop((kept.get(name) or {}).get('dataset'), _OF_DATASETS)
    for entry in custom_hooks(kept):
        if config_name(entry.get('type')) == (hook or REPLAY_HOOK):
            _drop(entry, _OF_HOOK)
    return kept


def memory_key(run: PlannedRun, plan: Plan) -> str:
    """Hash that two runs share only where they take as much memory as each other."""
    every = (run, *plan.teachers_of(run))
    parts = [memory_part(one.shared.to_dict(), one.spec.hook) for one in every]
    return digest([run.spec.method, run.spec.device, parts])


def _drop(part: Any, names: tuple[str, ...]) -> None:
    if isinstance(part, dict):
        for name in names:
            part.pop(name, None)
