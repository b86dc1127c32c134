"""What runs read: videos, their optical flow and their cached frames, made before the first run."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from ..data.cache import ClipCache, build, needed_bytes
from ..data.flow.algorithms import RAFT, FlowSettings
from ..data.flow.make import make_flow
from ..data.progress import Bars
from ..data.video.frames import decoder
from ..data.views.rendering import OPEN_FLOW, OPEN_VIDEO, steps_of
from ..errors import ConfigError, DataError
from ..files.hashes import digest
from .plan import Plan
from .videos import DATA, SweepData

GIB = 1024**3
_PLACES = ('type', 'flow_root')
_LEAVE_FREE = 0.1
"""Share of the free disk space that a cache leaves alone."""


def prepare_videos(data: SweepData, bars: Bars) -> None:
    """Makes the sweep's videos, if they are its own, and checks the lists."""
    with bars('making videos') as update:
        data.prepare(_cores(), update)


def prepare_flow(plan: Plan, data: SweepData, bars: Bars) -> None:
    """Makes the optical flow that runs read, and tells their configs where it lies."""
    for settings, steps in _flow_steps(plan):
        flow = _flow_settings(settings)
        # Two roots of one name are two folders, so that two sweeps do not replace each other's.
        place = digest([settings, str(data.root.resolve())], 8)
        root = DATA / 'flow' / f'{data.name}-{flow.algorithm}-{place}'
        with bars(f'{flow.algorithm} flow') as update:
            make_flow(data.root, root, data.paths(), flow, _cores(), update)
        for step in steps:
            step['flow_root'] = str(root.resolve())


def prepare_cache(
    plan: Plan, data: SweepData, budget_gib: float, bars: Bars, say: Callable[[str], None]
) -> None:
    """Caches decoded frames where they fit the budget, and tells the configs where they lie.

    Runs compute the same from a cache as without one; ``say`` is told where there is no room.
    """
    openers: dict[int | None, list[Any]] = {}
    for step in _steps(plan, OPEN_VIDEO):
        openers.setdefault(step.get('short_side'), []).append(step)
    if not openers or budget_gib <= 0:
        return
    paths = data.paths()
    needed = sum(needed_bytes(data.root, paths, short_side) for short_side in openers)
    parent = DATA / 'cache'
    try:
        parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DataError(f'{parent}: cannot be made ({error.strerror or error})') from error
    place = digest(str(data.root.resolve()), 8)
    folders = {side: parent / f'{data.name}-{side or "full"}-{place}' for side in openers}
    present = sum(_present_bytes(folder) for folder in folders.values())
    free = shutil.disk_usage(parent).free * (1 - _LEAVE_FREE)
    if needed > budget_gib * GIB or needed - present > free:
        room = f'--cache-gib allows {budget_gib:g}, the disk {(present + free) / GIB:.1f}'
        say(
            f'videos are decoded at every epoch: cached they would take {needed / GIB:.1f} GiB; '
            f'{room}'
        )
        return
    for side, folder in folders.items():
        with bars('caching frames') as update:
            build(data.root, folder, paths, side, _cores(), update)
        for step in openers[side]:
            step['cache'] = str(folder.resolve())


def _flow_steps(plan: Plan) -> list[tuple[dict, list[Any]]]:
    """The settings of flow that pipelines ask for, each with the steps that do.

    A step that says where its flow lies is left alone.
    """
    found: dict[str, tuple[dict, list[Any]]] = {}
    for step in _steps(plan, OPEN_FLOW):
        if step.get('flow_root') is not None:
            continue
        settings = {key: value for key, value in step.items() if key not in _PLACES}
        found.setdefault(digest(settings), (settings, []))[1].append(step)
    return list(found.values())


def _flow_settings(settings: dict) -> FlowSettings:
    """The settings that a step states.

    Raises:
        ConfigError: one does not exist or cannot be used, or this flow takes weights.
    """
    if settings.get('algorithm') in RAFT:
        raise ConfigError(
            f'OpenFlow: a sweep makes no {settings["algorithm"]} flow; make it with '
            '`python -m ukd_bench.data flow` and set flow_root'
        )
    try:
        return FlowSettings(**settings)
    except TypeError as error:
        raise ConfigError(f'OpenFlow: {error}') from error


def _steps(plan: Plan, name: str) -> Iterator[Any]:
    """The steps of that type in all pipelines of all runs."""
    for run in plan.runs.values():
        for loader in ('train_dataloader', 'val_dataloader', 'test_dataloader'):
            if run.config.get(loader) is not None:
                yield from steps_of(run.config[loader].dataset.pipeline, name)


def _present_bytes(folder: Path) -> int:
    """Bytes of a cache that need not be made anew."""
    try:
        cache = ClipCache(folder)
        return cache.num_bytes if cache.manifest.decoder == decoder() else 0
    except DataError:
        return 0


def _cores() -> int:
    return len(os.sched_getaffinity(0))
