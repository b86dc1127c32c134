"""Whether the files in a run's folder are still those that its plan wrote."""

from typing import Any

from mmengine.config import Config

from ..errors import ConfigError
from ..files.configs import read_config
from ..files.hashes import digest
from ..files.python import config_name
from ..methods.config_files import custom_hooks
from ..methods.table import REPLAY_HOOK
from ..records.folder import RunPaths
from ..records.key import scientific
from ..records.plain import require_plain
from ..records.spec import RunSpec

_REMEDY = 'call the sweep again, which writes both anew'


def require_planned_files(paths: RunPaths, spec: RunSpec) -> None:
    """Refuses a config or a specification that was edited after the run was planned.

    The config must be the planned one in all that can change a result, and the specification must
    say what the config says.

    Args:
        paths: The run's folder.
        spec: The specification in it.

    Raises:
        ConfigError: one of them is another, naming the file and, for the specification, the value.
    """
    config = read_config(paths.config)
    whole = config.to_dict()
    require_plain(whole, str(paths.config))
    if digest(scientific(whole, spec.hook, spec.weights)) != spec.config_sha256:
        raise ConfigError(f'{paths.config}: is not the config that was planned; {_REMEDY}')
    for name, value in _said_by(config, spec).items():
        if value is not None and value != getattr(spec, name):
            raise ConfigError(
                f'{paths.spec}: {name} is {getattr(spec, name)}, but {value} in '
                f'{paths.config.name}; {_REMEDY}'
            )


def _said_by(config: Config, spec: RunSpec) -> dict[str, Any]:
    """What a config says of values that the specification has too; None where it says nothing."""
    replaying = (
        one for one in custom_hooks(config) if config_name(one.get('type')) == _hook_of(spec)
    )
    hook = next(replaying, {})
    loader = config.get('train_dataloader', {})
    return dict(
        seed=config.get('randomness', {}).get('seed'),
        epochs=config.get('train_cfg', {}).get('max_epochs'),
        split=loader.get('dataset', {}).get('split'),
        view_seed=hook.get('view_seed'),
        # A hook may have a number of which its method makes no use.
        num_teachers=hook.get('num_teachers') if spec.num_teachers else None,
        num_views=hook.get('num_views') if spec.num_views else None,
    )


def _hook_of(spec: RunSpec) -> str:
    return spec.hook or REPLAY_HOOK
