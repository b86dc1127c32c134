"""Makes what runs read before the first of them: videos, optical flow, cached frames."""

import os
import shutil
from collections.abc import Callable
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


def prepare_places(
    plan: Plan, data: SweepData, budget_gib: float, bars: Bars, say: Callable[[str], Any]
) -> Places:
    """Makes the optical flow that runs read, and caches decoded frames where they fit the budget.

    Runs compute the same from a cache as without one.

    Args:
        plan: The plan of the runs.
        data: The videos, which exist.
        budget_gib: GiB that cached frames may take.
        bars: Shows how far the work is.
        say: Called with one line where there is no room for a cache.

    Returns:
        The folders of flow and frames.

    Raises:
        ConfigError: the flow that a pipeline asks for cannot be made here.
        DataError: a video cannot be used.
    """
    return Places(_make_flow(plan, data, bars), _make_caches(plan, data, budget_gib, bars, say))


def _make_flow(plan: Plan, data: SweepData, bars: Bars) -> dict[str, Path]:
    folders = {}
    for key, settings in _flow_wanted(plan).items():
        flow = _checked(settings)
        # Two roots of one name are two folders, so that two sweeps do not replace each other's.
        place = digest([settings, str(data.root.resolve())], 8)
        folders[key] = DATA / 'flow' / f'{data.name}-{flow.algorithm}-{place}'
        with bars(f'{flow.algorithm} flow') as update:
            make_flow(data.root, folders[key], data.paths(), flow, _cores(), update)
    return folders


def _flow_wanted(plan: Plan) -> dict[str, dict[str, Any]]:
    """The settings of flow that pipelines ask for, by what tells them apart."""
    steps = (step for run in plan.runs.values() for step in steps_in(run.config, OPEN_FLOW))
    wanted = (settings for step in steps if (settings := flow_settings(step)) is not None)
    return {flow_key(settings): settings for settings in wanted}


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
    plan: Plan, data: SweepData, budget_gib: float, bars: Bars, say: Callable[[str], Any]
) -> dict[int | None, Path]:
    steps = (step for run in plan.runs.values() for step in steps_in(run.config, OPEN_VIDEO))
    sides = [*dict.fromkeys(step.get('short_side') for step in steps)]
    if not sides or budget_gib <= 0:
        return {}
    paths = data.paths()
    needed = sum(needed_bytes(data.root, paths, side) for side in sides)
    parent = DATA / 'cache'
    try:
        parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DataError(f'{parent}: cannot be made ({error.strerror or error})') from error
    place = digest(str(data.root.resolve()), 8)
    folders = {side: parent / f'{data.name}-{side or "full"}-{place}' for side in sides}
    present = sum(_present_bytes(folder) for folder in folders.values())
    free = shutil.disk_usage(parent).free * (1 - _LEAVE_FREE)
    if needed > budget_gib * GIB or needed - present > free:
        room = f'--cache-gib allows {budget_gib:g}, the disk {(present + free) / GIB:.1f}'
        say(
            f'videos are decoded at every epoch: cached they would take {needed / GIB:.1f} GiB; '
            f'{room}'
        )
        return {}
    for side, folder in folders.items():
        with bars('caching frames') as update:
            build(data.root, folder, paths, side, _cores(), update)
    return folders


def _present_bytes(folder: Path) -> int:
    """Bytes of a cache that need not be made anew."""
    try:
        cache = ClipCache(folder)
        return cache.num_bytes if cache.manifest.decoder == decoder() else 0
    except DataError:
        return 0


def _cores() -> int:
    return len(os.sched_getaffinity(0))
