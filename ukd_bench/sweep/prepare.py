"""Makes what runs read before the first of them: videos, optical flow, cached frames."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from ..data.bars import Bars
from ..data.cache.build import build
from ..data.cache.estimate import GIB, needed_bytes
from ..data.cache.store import ClipCache
from ..data.flow.make import make_flow
from ..data.flow.settings import RAFT, FlowSettings
from ..data.video.frames import decoder
from ..errors import ConfigError, DataError
from ..files.hashes import digest
from ..records.key import OPEN_FLOW, OPEN_VIDEO
from .place import Places, flow_key, flow_settings, steps_in
from .plan import Plan
from .videos import DATA, SweepData

_LEAVE_FREE = 0.1
"""Share of the free disk space that a cache leaves alone."""


def prepare_videos(data: SweepData, bars: Bars) -> None:
    """Makes the sweep's videos, if they are its own, and checks the lists."""
    with bars('making videos') as update:
        data.prepare(_cores(), update)


def prepare_places(plan: Plan, budget_gib: float, bars: Bars, say: Callable[[str], Any]) -> Places:
    """Makes the optical flow that runs read, and caches decoded frames where they fit the budget.

    Runs compute the same from a cache as without one.

    Args:
        plan: The plan of the runs, whose videos exist.
        budget_gib: GiB that cached frames may take.
        bars: Shows how far the work is.
        say: Called with one line where there is no room for a cache.

    Returns:
        The folders of flow and frames.

    Raises:
        ConfigError: the flow that a pipeline asks for cannot be made here.
        DataError: a video cannot be used.
    """
    return Places(_make_flow(plan, bars), _make_caches(plan, budget_gib, bars, say))


def _make_flow(plan: Plan, bars: Bars) -> dict[tuple[Path, str], Path]:
    folders = {}
    for data in plan.datasets:
        for key, settings in _flow_wanted(plan, data).items():
            flow = _checked(settings)
            # Two roots of one name are two folders, so that two sweeps do not replace each other's.
            place = digest([settings, str(data.root.resolve())], 8)
            folder = DATA / 'flow' / f'{data.name}-{flow.algorithm}-{place}'
            with bars(f'{flow.algorithm} flow') as update:
                make_flow(data.root, folder, data.paths(), flow, _cores(), update)
            folders[data.root, key] = folder
    return folders


def _flow_wanted(plan: Plan, data: SweepData) -> dict[str, dict[str, Any]]:
    """The settings of flow that pipelines ask for, by what tells them apart."""
    steps = _steps(plan, data, OPEN_FLOW)
    wanted = (settings for step in steps if (settings := flow_settings(step)) is not None)
    return {flow_key(settings): settings for settings in wanted}


def _steps(plan: Plan, data: SweepData, name: str) -> Iterator[Any]:
    """The steps of a type in the pipelines of all runs that read these videos."""
    for run in plan.runs.values():
        if run.data is data:
            yield from steps_in(run.config, name)


def _checked(settings: dict[str, Any]) -> FlowSettings:
    """The settings that a step states.

    Raises:
        ConfigError: a setting does not exist or cannot be used, or this flow takes weights.
    """
    if settings.get('algorithm') in RAFT:
        raise ConfigError(
            f'OpenFlow: a sweep makes no {settings["algorithm"]} flow; make it with '
            '`ukd-bench data flow` and set flow_root'
        )
    try:
        return FlowSettings(**settings)
    except TypeError as error:
        raise ConfigError(f'OpenFlow: {error}') from error


def _make_caches(
    plan: Plan, budget_gib: float, bars: Bars, say: Callable[[str], Any]
) -> dict[tuple[Path, int | None], Path]:
    wanted = [
        (data, side)
        for data in plan.datasets
        for side in dict.fromkeys(step.get('short_side') for step in _steps(plan, data, OPEN_VIDEO))
    ]
    if not wanted or budget_gib <= 0:
        return {}
    listed = [data.paths() for data, _ in wanted]
    needed = sum(
        needed_bytes(data.root, paths, side)
        for (data, side), paths in zip(wanted, listed, strict=True)
    )
    parent = DATA / 'cache'
    try:
        parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DataError(f'{parent}: cannot be made ({error.strerror or error})') from error
    folders = [parent / _cache_name(data, side) for data, side in wanted]
    present = sum(map(_present_bytes, folders))
    free = shutil.disk_usage(parent).free * (1 - _LEAVE_FREE)
    if needed > budget_gib * GIB or needed - present > free:
        room = f'--cache-gib allows {budget_gib:g}, the disk {(present + free) / GIB:.1f}'
        say(
            f'videos are decoded at every epoch: cached they would take {needed / GIB:.1f} GiB; '
            f'{room}'
        )
        return {}
    for (data, side), paths, folder in zip(wanted, listed, folders, strict=True):
        with bars('caching frames') as update:
            build(data.root, folder, paths, side, _cores(), update)
    return {(data.root, side): folder for (data, side), folder in zip(wanted, folders, strict=True)}


def _cache_name(data: SweepData, side: int | None) -> str:
    return f'{data.name}-{side or "full"}-{digest(str(data.root.resolve()), 8)}'


def _present_bytes(folder: Path) -> int:
    """Bytes of a cache that need not be made anew."""
    try:
        cache = ClipCache(folder)
        return cache.num_bytes if cache.manifest.decoder == decoder() else 0
    except DataError:
        return 0


def _cores() -> int:
    return len(os.sched_getaffinity(0))
