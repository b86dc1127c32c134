"""What runs read: videos, their optical flow and their cached frames, made before the first run."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rich.console import Console

from ..command_line import progress_bar
from ..datasets.cache import build, needed_bytes
from ..datasets.flow import make_flow
from ..datasets.flow_settings import FlowSettings
from ..records import digest
from .configure import steps_of
from .data import DATA, SweepData
from .plan import Plan

GIB = 1024**3
_PLACES = ('type', 'flow_root')
_LEAVE_FREE = 0.1
"""Share of the free disk space that a cache leaves alone."""


def prepare_videos(data: SweepData, console: Console) -> None:
    """Makes the sweep's videos, if they are its own, and checks the lists."""
    with progress_bar('making videos', console) as update:
        data.prepare(_cores(), update)


def prepare_flow(plan: Plan, data: SweepData, console: Console) -> None:
    """Makes the optical flow that runs read, and tells their configs where it lies."""
    for settings, steps in _flow_steps(plan):
        flow = FlowSettings(**settings)
        root = DATA / 'flow' / f'{data.name}-{flow.algorithm}-{digest(settings, 8)}'
        with progress_bar(f'{flow.algorithm} flow', console) as update:
            make_flow(data.root, root, data.paths(), flow, _cores(), update)
        for step in steps:
            step['flow_root'] = str(root.resolve())


def prepare_cache(plan: Plan, data: SweepData, budget_gib: float, console: Console) -> None:
    """Caches decoded frames where they fit the budget, and tells the configs where they lie.

    Runs compute the same from a cache as without one.
    """
    openers: dict[int | None, list[Any]] = {}
    for step in _steps(plan, 'OpenVideo'):
        openers.setdefault(step.get('short_side'), []).append(step)
    if not openers or budget_gib <= 0:
        return
    paths = data.paths()
    needed = sum(needed_bytes(data.root, paths, short_side) for short_side in openers)
    parent = DATA / 'cache'
    parent.mkdir(parents=True, exist_ok=True)
    folders = {side: parent / f'{data.name}-{side or "full"}' for side in openers}
    present = sum(_folder_bytes(folder) for folder in folders.values())
    free = shutil.disk_usage(parent).free * (1 - _LEAVE_FREE)
    if needed > budget_gib * GIB or needed - present > free:
        room = f'--cache-gib allows {budget_gib:g}, the disk {(present + free) / GIB:.1f}'
        console.print(
            f'videos are decoded at every epoch: cached they would take {needed / GIB:.1f} GiB; '
            f'{room}'
        )
        return
    for side, folder in folders.items():
        with progress_bar('caching frames', console) as update:
            build(data.root, folder, paths, side, _cores(), update)
        for step in openers[side]:
            step['cache'] = str(folder.resolve())


def _flow_steps(plan: Plan) -> list[tuple[dict, list[Any]]]:
    """The settings of flow that pipelines ask for, each with the steps that do."""
    found: dict[str, tuple[dict, list[Any]]] = {}
    for step in _steps(plan, 'OpenFlow'):
        settings = {key: value for key, value in step.items() if key not in _PLACES}
        found.setdefault(digest(settings), (settings, []))[1].append(step)
    return list(found.values())


def _steps(plan: Plan, name: str) -> Iterator[Any]:
    """The suite's transforms of that name in all pipelines of all runs."""
    for run in plan.runs.values():
        for loader in ('train_dataloader', 'val_dataloader', 'test_dataloader'):
            if run.config.get(loader) is not None:
                yield from steps_of(run.config[loader].dataset, name)


def _folder_bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.glob('*.npy')) if folder.is_dir() else 0


def _cores() -> int:
    return len(os.sched_getaffinity(0))
