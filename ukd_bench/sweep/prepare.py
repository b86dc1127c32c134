"""Makes what runs read before the first of them: videos, optical flow, cached frames."""

import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
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


@dataclass(frozen=True)
class WantedFlow:
    """Optical flow that runs read and a sweep makes.

    Attributes:
        data: Videos that it is of.
        key: The :func:`.place.flow_key` of the steps that read it.
        settings: How it is computed.
        folder: Where it will lie.
    """

    data: SweepData
    key: str
    settings: FlowSettings
    folder: Path


@dataclass(frozen=True)
class WantedCache:
    """Decoded frames that runs read.

    Attributes:
        data: Videos that they are of.
        side: Pixels that a longer shorter side is reduced to; None leaves the size alone.
        folder: Where they will lie, if there is room.
    """

    data: SweepData
    side: int | None
    folder: Path


@dataclass(frozen=True)
class CacheRoom:
    """What caches take and what there is room for, in bytes.

    Attributes:
        needed: What all of them take.
        present: What of it need not be made anew.
        budget: What they may take.
        free: What the disk has free, but for a share that is left alone.
    """

    needed: int
    present: int
    budget: float
    free: float

    @property
    def is_enough(self) -> bool:
        """Whether there is room for all of them; there is none for some."""
        return self.needed <= self.budget and self.needed - self.present <= self.free

    @property
    def lack(self) -> str:
        """Why there is no room, in words."""
        return (
            f'videos are decoded at every epoch: cached they would take {self.needed / GIB:.1f} '
            f'GiB; --cache-gib allows {self.budget / GIB:g}, the disk '
            f'{(self.present + self.free) / GIB:.1f}'
        )


def wanted_flow(plan: Plan) -> list[WantedFlow]:
    """The flow that the pipelines of a plan's runs ask for, each once.

    Raises:
        ConfigError: the flow that a pipeline asks for is none that a sweep makes.
    """
    found = []
    for data in plan.datasets:
        for key, settings in _flow_wanted(plan, data).items():
            flow = _checked(settings)
            # Two roots of one name are two folders, so that two sweeps do not replace each other's.
            place = digest([settings, str(data.root.resolve())], 8)
            folder = DATA / 'flow' / f'{data.name}-{flow.algorithm}-{place}'
            found.append(WantedFlow(data, key, flow, folder))
    return found


def wanted_caches(plan: Plan) -> list[WantedCache]:
    """The caches that the pipelines of a plan's runs could read, each once."""
    return [
        WantedCache(data, side, DATA / 'cache' / _cache_name(data, side))
        for data in plan.datasets
        for side in dict.fromkeys(step.get('short_side') for step in _steps(plan, data, OPEN_VIDEO))
    ]


def cache_room(wanted: Sequence[WantedCache], needed: int, budget_gib: float) -> CacheRoom:
    """What there is room for.

    Args:
        wanted: The caches.
        needed: Bytes that all of them take.
        budget_gib: GiB that they may take.
    """
    parent = DATA / 'cache'
    existing = next(path for path in (parent, *parent.resolve().parents) if path.exists())
    free = shutil.disk_usage(existing).free * (1 - _LEAVE_FREE)
    present = sum(_present_bytes(one.folder) for one in wanted)
    return CacheRoom(needed, present, budget_gib * GIB, free)


def _make_flow(plan: Plan, bars: Bars) -> dict[tuple[Path, str], Path]:
    folders = {}
    for one in wanted_flow(plan):
        data, flow = one.data, one.settings
        with bars(f'{flow.algorithm} flow') as update:
            make_flow(data.root, one.folder, data.paths(), flow, _cores(), update)
        folders[data.root, one.key] = one.folder
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
            yield from steps_in(run.shared, name)


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
    wanted = wanted_caches(plan)
    if not wanted or budget_gib <= 0:
        return {}
    needed = sum(needed_bytes(one.data.root, one.data.paths(), one.side) for one in wanted)
    parent = DATA / 'cache'
    try:
        parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DataError(f'{parent}: cannot be made ({error.strerror or error})') from error
    room = cache_room(wanted, needed, budget_gib)
    if not room.is_enough:
        say(room.lack)
        return {}
    for one in wanted:
        with bars('caching frames') as update:
            build(one.data.root, one.folder, one.data.paths(), one.side, _cores(), update)
    return {(one.data.root, one.side): one.folder for one in wanted}


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
