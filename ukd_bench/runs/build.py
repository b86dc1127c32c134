"""From a run's folder to MMEngine's Runner."""

import cv2
import torch
from mmengine.config import Config
from mmengine.hooks import Hook
from mmengine.runner import Runner

from ..errors import ConfigError, UkdBenchError, one_line
from ..measure import MeasureHook
from ..paths import RunPaths
from ..spec import RunSpec


def prepare_process(spec: RunSpec) -> torch.device:
    """Fixes what the protocol fixes for a process, and returns the device it computes on."""
    torch.set_num_threads(spec.threads)
    cv2.setNumThreads(0)
    return torch.device(spec.device)


def build_runner(paths: RunPaths, spec: RunSpec, measure: MeasureHook) -> Runner:
    """The Runner of a training run, with ``measure`` among its hooks.

    Args:
        paths: The run's folder; its ``config.py`` is used as it is, but for what belongs to this
            process: device, work folder, and MMEngine's own checkpoints, which are not kept.
        spec: The run's specification.
        measure: Hook that the record is made from.

    Raises:
        ConfigError: the config holds a key or value that cannot be used, or the planned device is
            not the one at hand.
    """
    config = Config.fromfile(paths.config)
    config.work_dir = str(paths.root / 'mmengine')
    config.default_hooks.checkpoint = None
    try:
        runner = Runner.from_cfg(config)
    except (UkdBenchError, MemoryError, torch.OutOfMemoryError):
        raise
    except Exception as error:
        # MMEngine and MMAction2 answer an unknown key with whatever their constructors raise.
        raise ConfigError(f'{paths.config}: {one_line(error)}') from error
    used = next(runner.model.parameters()).device.type
    if used != spec.device:
        # MMEngine takes a GPU wherever it sees one.
        raise ConfigError(f'the run is planned for {spec.device}, but MMEngine uses {used}')
    runner.register_hook(measure)
    return runner


def find_hook(runner: Runner, kind: type[Hook]) -> Hook | None:
    """The Runner's hook of that class, if it has one."""
    return next((hook for hook in runner.hooks if isinstance(hook, kind)), None)
