"""Whether the disk has room for what a run leaves, asked before the run starts."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..data.cache.estimate import size_in_words
from ..errors import NoRoomError
from ..files.free_space import free_bytes, taken_bytes
from ..methods.table import TRAINS_NOTHING
from ..records.deleted import checkpoint_bytes
from ..records.record import LAST_EPOCH
from .estimate.disk import Videos, bank_bytes, flow_bytes
from .estimate.earlier_runs import earlier_runs, model_of, reference_runs
from .finished import SweepState
from .plan import Plan, PlannedRun
from .prepare import wanted_flow


@dataclass(frozen=True)
class Lack:
    """Why a run cannot start now.

    Attributes:
        words: What is needed, what is free, and where, in one line.
        is_final: Whether it is so beside no other run as well.
    """

    words: str
    is_final: bool


class DiskRoom:
    """Compares what runs take with what is free, with one look at the file system a start.

    How large a checkpoint will be is known from finished runs of the same model, or from what was
    predicted. Where it is not, a run starts.

    Args:
        state: The plan and its folder.
        predicted: Bytes of parameters and buffers by the key of a run, where they were predicted.
    """

    def __init__(self, state: SweepState, predicted: dict[str, int] | None = None) -> None:
        self._state = state
        self._predicted = predicted or {}
        self._banks: dict[str, int] = {}
        self._videos: dict[int, Videos] = {}
        # Runs that differ in K and seed alone have one model, whose hash takes a while.
        self._models: dict[tuple[Any, ...], str] = {}
        self._weights: dict[str, int] = {}
        self._examples: dict[str, list[PlannedRun]] | None = None
        # Models of which this look has found no finished run.
        self._unknown: set[str] = set()

    def needed(self, run: PlannedRun) -> int | None:
        """Bytes that a run takes while it takes most; None where that is not known."""
        self._unknown.clear()
        return self._needed(run)

    def _needed(self, run: PlannedRun) -> int | None:
        key = run.spec.key
        if run.spec.method == 'bank':
            if key not in self._banks:
                data = run.data
                videos = self._videos.setdefault(id(data), Videos(data))
                self._banks[key] = bank_bytes(run, videos)
            return self._banks[key]
        if run.spec.method in TRAINS_NOTHING:
            return 0
        weights = self._weights_of(run)
        return None if weights is None else _while_it_trains(run, weights)

    def lack(self, run: PlannedRun, beside: Iterable[PlannedRun]) -> Lack | None:
        """Why a run cannot start now; None where it can, as far as is known.

        Args:
            run: One that is to start.
            beside: Runs that are under way, and take their room, too.
        """
        needed, root = self.needed(run), self._state.paths.root
        if not needed:
            return None
        try:
            free = free_bytes(root)
        except OSError:
            # A file system that does not answer now may when the run writes.
            return None
        reserved = sum(self._needed(one) or 0 for one in beside)
        if needed + reserved <= free:
            return None
        # What is there of the run itself counts for nothing, or is removed when it starts.
        needed = max(0, needed - taken_bytes(self._state.own_folder(run).root))
        if needed + reserved <= free:
            return None
        words = no_room(f'{root}: the run', needed, free)
        return Lack(words, is_final=needed > free)

    def _weights_of(self, run: PlannedRun) -> int | None:
        """Bytes of a run's weights, by the checkpoint of a finished run of its model."""
        model = self._model_of(run)
        if model not in self._weights and model not in self._unknown:
            # Thousands may be under way of a model of which none has ended yet.
            self._unknown.add(model)
            for example in self._finished_of(model):
                if self._state.is_finished(example.spec.key):
                    size = checkpoint_bytes(self._state.folder(example))
                    if size is not None:
                        self._weights[model] = size
                        break
        return self._weights.get(model, self._predicted.get(run.spec.key))

    def _finished_of(self, model: str) -> list[PlannedRun]:
        if self._examples is None:
            self._examples = {}
            for run in self._state.plan.runs.values():
                if run.spec.method not in TRAINS_NOTHING:
                    self._examples.setdefault(self._model_of(run), []).append(run)
        return self._examples.get(model, [])

    def _model_of(self, run: PlannedRun) -> str:
        spec = run.spec
        alike = (spec.method, spec.student, spec.teacher, run.regime)
        if alike not in self._models:
            self._models[alike] = model_of(run.shared.to_dict())
        return self._models[alike]


def require_room_for_flow(plan: Plan, root: Path) -> None:
    """Refuses to begin with optical flow that the disk cannot hold, where its size is known.

    Args:
        plan: The plan, whose videos exist.
        root: The sweep's folder, whose finished runs tell how well flow compresses.

    Raises:
        NoRoomError: naming the folder, what is needed and what is free.
    """
    for one in wanted_flow(plan):
        videos = Videos(one.data)
        needed = flow_bytes(one, videos, ())
        if needed is None:
            # Reading all records takes a while, which flow that is there need not cost.
            needed = flow_bytes(one, videos, [*earlier_runs(root), *reference_runs()])
        if needed and needed > (free := free_bytes(one.folder)):
            raise NoRoomError(no_room(f'{one.folder}: optical flow', needed, free))


def no_room(what: str, needed: int, free: int) -> str:
    """What is said where something does not fit.

    Args:
        what: What needs room, and where.
        needed: Bytes that it needs.
        free: Bytes that are free.
    """
    return (
        f'{what} needs {size_in_words(needed)} of disk, and {size_in_words(free)} are free; make '
        'room, and the same command goes on'
    )


def _while_it_trains(run: PlannedRun, weights: int) -> int:
    """Bytes of a training's files when they are largest: at the end of an epoch.

    A new point to resume from is written beside the old one. It has the optimizer's state besides
    the weights, and where an epoch is selected the best weights too, which also have a file of
    their own.
    """
    selects = run.shared.get('selection', LAST_EPOCH) != LAST_EPOCH
    optimizer = (run.shared.get('optim_wrapper') or {}).get('optimizer') or {}
    name = str(optimizer.get('type', ''))
    # Adam and its kin keep two numbers a weight; of others one is certain at the most.
    kept = 2 if 'Adam' in name else int(bool(optimizer.get('momentum')))
    point = weights * (1 + kept + selects)
    return max(2 * point + weights * selects, weights)
