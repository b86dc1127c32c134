"""What runs will leave on the disk, in bytes; what is there already counts for nothing."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from ...data.arid.facts import SPLITS
from ...data.arid.groups import HELD_OUT_FRACTION, part_of
from ...data.arid.lists import Clip
from ...data.cache.estimate import cached_bytes, video_sizes
from ...data.darkroom.film import length_of
from ...data.darkroom.layout import clips_of
from ...data.fingerprint import darkroom_manifest
from ...data.flow.format import flow_folder, num_fields, read_manifest
from ...knowledge.bank.storage import FLOAT32, Storage
from ...methods.table import TRAINS_NOTHING
from ..plan import Plan, PlannedRun
from ..prepare import WantedFlow, cache_room, wanted_caches, wanted_flow
from ..videos import SweepData
from .earlier_runs import EarlierRun, model_of


class Videos:
    """How many clips there are and how large they are, be they made yet or not.

    Args:
        data: The videos of runs.
    """

    def __init__(self, data: SweepData) -> None:
        self._data = data
        spec = data.to_make
        made = spec is None or darkroom_manifest(data.root) is not None
        self._takes = None if made or spec is None else clips_of(spec)

    @cached_property
    def num_trained_on(self) -> int:
        """Clips that are trained on, and that banks hold scores of."""
        data, place = self._data, SPLITS.index(self._data.split) if self._takes else 0
        if self._takes is None:
            return len(data.clips('train'))
        clips = [
            Clip(take.path, take.label) for take in self._takes if take.subsets[place] == 'train'
        ]
        if data.groups is None:
            return len(clips)
        return len(part_of(clips, data.groups, HELD_OUT_FRACTION, data.split, data.root, True))

    @cached_property
    def sizes(self) -> dict[str, tuple[int, int, int]]:
        """Frames, height and width of each video that is trained or tested on, by its path."""
        data = self._data
        if self._takes is None:
            paths = data.paths()
            return dict(zip(paths, video_sizes(data.root, paths), strict=True))
        spec, place = data.to_make, SPLITS.index(data.split)
        assert spec is not None, 'takes are those of a specification'
        return {
            take.path: (length_of(spec, take), spec.height, spec.width)
            for take in self._takes
            if take.subsets[place] in ('train', 'test')
        }


@dataclass(frozen=True)
class SharedDisk:
    """What all runs share.

    Attributes:
        cache_bytes: Cached frames that are not there yet.
        flow_bytes: Optical flow that is not there yet; None where that is not known.
        notes: What a person should know of these.
    """

    cache_bytes: int
    flow_bytes: int | None
    notes: tuple[str, ...] = ()


def run_bytes(
    run: PlannedRun, videos: Videos, earlier: Iterable[EarlierRun], state_bytes: int | None
) -> int | None:
    """Bytes of the checkpoint or the bank that a run leaves; None where they are not known.

    Args:
        run: A run that is to be carried out.
        videos: Its videos.
        earlier: Finished runs, of which those of the same network have checkpoints of that size.
        state_bytes: What the predictor says that its parameters and buffers take.
    """
    if run.spec.method == 'bank':
        return bank_bytes(run, videos)
    if run.spec.method in TRAINS_NOTHING:
        return 0
    model = model_of(run.config.to_dict())
    sizes = (one.checkpoint_bytes for one in earlier if one.model == model)
    return max((size for size in sizes if size is not None), default=state_bytes)


def bank_bytes(run: PlannedRun, videos: Videos) -> int:
    """Bytes of the scores of a run that fills a bank."""
    shape = run.spec.num_views, videos.num_trained_on, run.data.num_classes
    arrays = Storage.of(FLOAT32).layout(*shape).values()
    return sum(math.prod(size) * kind.itemsize for size, kind in arrays)


def shared_bytes(
    plan: Plan, videos: Mapping[int, Videos], earlier: Sequence[EarlierRun], cache_gib: float
) -> SharedDisk:
    """What cached frames and optical flow take, as the sweep would make them.

    Args:
        plan: The plan.
        videos: Of each of its data sets, by its ``id``.
        earlier: Finished runs, whose flow tells how well fields compress.
        cache_gib: GiB that cached frames may take.
    """
    notes: list[str] = []
    caches = wanted_caches(plan)
    cache = 0
    if caches and cache_gib > 0:
        needed = sum(
            cached_bytes(*size, one.side)
            for one in caches
            for size in videos[id(one.data)].sizes.values()
        )
        room = cache_room(caches, needed, cache_gib)
        cache = max(0, needed - room.present) if room.is_enough else 0
        if not room.is_enough:
            notes.append(room.lack)
    flow = [flow_bytes(one, videos[id(one.data)], earlier) for one in wanted_flow(plan)]
    if None in flow:
        notes.append('flow: how well its files compress is not known before some are made')
        return SharedDisk(cache, None, tuple(notes))
    if any(flow):
        notes.append('flow: as well compressed as that of the same videos was before')
    return SharedDisk(cache, sum(size or 0 for size in flow), tuple(notes))


def flow_bytes(wanted: WantedFlow, videos: Videos, earlier: Iterable[EarlierRun]) -> int | None:
    """Bytes of the fields that are not there yet, by those of the same videos that were made.

    Args:
        wanted: The flow.
        videos: The videos that it is of.
        earlier: Finished runs, which tell how well fields compress.

    Returns:
        None where no flow of these videos was made before.
    """
    present = (read_manifest(wanted.folder) or {'clips': {}})['clips']
    missing = [path for path in videos.sizes if flow_folder(path) not in present]
    if not missing:
        return 0
    settings, name = wanted.settings, wanted.data.name
    told = [
        one.flow
        for one in earlier
        if one.flow
        and one.data == name
        and (one.flow['algorithm'], one.flow.get('bound'), one.flow.get('gamma'))
        == (settings.algorithm, settings.bound, settings.gamma)
    ] or [*present.values()]
    fields = sum(one['fields'] for one in told)
    if not fields:
        return None
    each = sum(one['bytes'] for one in told) / fields
    return round(each * sum(num_fields(videos.sizes[path][0]) for path in missing))
