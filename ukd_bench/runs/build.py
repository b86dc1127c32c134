"""From a run's folder to MMEngine's Runner."""

import os
from collections.abc import Sequence

import cv2
import torch
from mmengine.config import Config
from mmengine.hooks import Hook
from mmengine.runner import Runner

from ..errors import ConfigError, UkdBenchError, one_line
from ..records.folder import RunPaths
from ..records.spec import RunSpec


def require_one_launched() -> None:
    """Refuses several processes that a launcher has started for one run.

    Raises:
        ConfigError: it has.
    """
    if int(os.environ.get('WORLD_SIZE', 1)) > 1:
        raise ConfigError(
            f'WORLD_SIZE = {os.environ["WORLD_SIZE"]}: a run of a sweep starts its processes '
            'itself, as many as gpus_per_run in the config of the sweep says'
        )


def prepare_process(spec: RunSpec) -> torch.device:
    """Fixes what the protocol fixes for a process, and returns the device it computes on."""
    torch.set_num_threads(spec.threads)
    cv2.setNumThreads(0)
    return torch.device(spec.device)


def precision(config: Config, device: str) -> str:
    """Precision of a training: ``float32``, or what MMEngine's automatic mixing computes in."""
    wrapper = config.optim_wrapper
    if not str(wrapper.get('type', '')).endswith('AmpOptimWrapper'):
        return 'float32'
    # Where no type is named, torch has one for each device.
    mixed = wrapper.get('dtype') or ('float16' if device == 'cuda' else 'bfloat16')
    return f'mixed {mixed}'


def build_runner(paths: RunPaths, config: Config, spec: RunSpec, hooks: Sequence[Hook]) -> Runner:
    """The Runner of a training run, with ``hooks`` beside the config's own.

    Args:
        paths: The run's folder.
        config: The run's config, used as it is, but for what belongs to this process: device, work
            folder, and MMEngine's own checkpoints, which are not kept.
        spec: The run's specification.
        hooks: Hooks that the record is made from.

    Raises:
        ConfigError: the config holds a key or value that cannot be used, or the planned device is
            not the one at hand.
    """
    if spec.device == 'cpu' and precision(config, spec.device) != 'float32':
        raise ConfigError(
            "optim_wrapper: MMEngine's AmpOptimWrapper needs a GPU, and the run is planned for cpu"
        )
    config.work_dir = str(paths.root / 'mmengine')
    config.default_hooks.checkpoint = None
    try:
        runner = Runner.from_cfg(config)
    except UkdBenchError:
        raise
    except Exception as error:
        # MMEngine and MMAction2 answer an unknown key with whatever their constructors raise.
        raise ConfigError(f'{paths.config}: {one_line(error)}') from error
    used = next(runner.model.parameters()).device.type
    if used != spec.device:
        # MMEngine takes a GPU wherever it sees one.
        raise ConfigError(f'the run is planned for {spec.device}, but MMEngine uses {used}')
    for hook in hooks:
        runner.register_hook(hook)
    return runner


def find_hook(runner: Runner, kind: type[Hook]) -> Hook | None:
    """The Runner's hook of that class, if it has one."""
    return next((hook for hook in runner.hooks if isinstance(hook, kind)), None)
