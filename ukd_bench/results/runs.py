"""A sweep as it was loaded: its runs, and cells of runs that differ in their seed alone."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from ..files.hashes import canonical_json
from ..methods.known import KnownMethods
from ..methods.table import PRETRAINING, RUN_KINDS
from ..records.folder import RunPaths
from ..records.record import FINAL_STATUSES, LAST_EPOCH
from ..records.regime import DEFAULT_REGIME
from .regimes import Regime


@dataclass(frozen=True)
class Run:
    """One planned run.

    ``status`` is one of ``records.record.STATUSES``, or ``missing`` (no file at all), or
    ``unreadable`` (a record that is broken, of another schema or of another run), or ``repeated``
    (what an earlier row of the plan has already). ``record`` is set for a valid record alone, and
    means are taken over ``done`` runs alone. ``regimes`` names the regimes that it is part of; a
    teacher may serve several.
    """

    key: str
    execution: str
    folder: str
    method: str
    student: str | None
    teacher: str | None
    num_teachers: int
    seed: int
    split: int
    epochs: int
    full_epochs: int
    parents: tuple[str, ...]
    status: str
    regimes: tuple[str, ...] = (DEFAULT_REGIME,)
    problem: str | None = None
    record: dict[str, Any] | None = field(default=None, repr=False)
    paths: RunPaths | None = field(default=None, repr=False)

    @property
    def done(self) -> bool:
        """Whether it came to an end with all its figures."""
        return self.status == 'done'

    @property
    def has_result(self) -> bool:
        """Whether its record tells a result; running out of memory and diverging are some, too."""
        return self.record is not None and self.record['status'] in FINAL_STATUSES

    @property
    def of_student(self) -> bool:
        """Whether it trains a student under test; a teacher, a bank or an ensemble does not."""
        return self.method not in RUN_KINDS

    @property
    def of_sweep_data(self) -> bool:
        """Whether it is about the sweep's own videos; a pretraining has a data set of its own."""
        return self.method != PRETRAINING

    @property
    def shortened(self) -> bool:
        """Whether it trained for fewer epochs than the full schedule has."""
        return self.epochs < self.full_epochs

    @cached_property
    def setting(self) -> tuple[str, ...] | None:
        """What must agree before two runs are compared.

        Device, precision, threads, batch size, processes, evaluation protocol and selection rule.
        """
        if self.record is None:
            return None
        environment = self.record['environment']
        device = environment.get('device') or {}
        values = (
            device.get('kind'),
            device.get('name'),
            environment.get('precision'),
            environment.get('threads'),
            self.record['schedule'].get('batch_size'),
            self.record['schedule'].get('processes', 1),
            self.protocol,
            self.selection,
        )
        return tuple(str(value) for value in values)

    @cached_property
    def cell(self) -> tuple[Any, ...]:
        """What the runs of one cell have in common beside their regime: all but the seed."""
        network = (self.method, self.student, self.num_teachers, self.teacher)
        return (*network, self.split, self.epochs, self.full_epochs, self.setting, self.data)

    @property
    def protocol(self) -> str:
        """Name and version of the evaluation protocol; a bank has none."""
        if self.method == 'bank':
            return ''
        used = (None if self.record is None else self.record.get('protocol')) or {}
        return f'{used.get("name")} {used.get("version")}'

    @property
    def selection(self) -> str:
        """The rule by which the tested epoch was chosen."""
        return (self.record or {}).get('selection') or LAST_EPOCH

    @property
    def data(self) -> str | None:
        """The data set's fingerprint."""
        fingerprint = self.value('dataset', 'fingerprint')
        return None if fingerprint is None else str(fingerprint)

    @property
    def flow(self) -> dict[str, Any] | None:
        """How the optical flow was made that the run read."""
        return (self.record or {}).get('flow')

    def metric(self, name: str) -> float | None:
        """A metric as a fraction, or None where the run has none."""
        return None if self.record is None else (self.record['metrics'] or {}).get(name)

    def memory(self, phase: str, figure: str = 'allocated_peak_bytes') -> int | None:
        """A phase's peak in bytes, or None where it was not measured."""
        return None if self.record is None else (self.record['memory'].get(phase) or {}).get(figure)

    def peak(self, figure: str = 'allocated_peak_bytes') -> int | None:
        """The largest of all phases in bytes; None if any phase lacks the figure."""
        phases = [] if self.record is None else list(self.record['memory'].values())
        values = [phase.get(figure) for phase in phases]
        return None if not values or None in values else max(values)

    def value(self, section: str, name: str) -> Any:
        """``record[section][name]``, or None."""
        return None if self.record is None else (self.record.get(section) or {}).get(name)


@dataclass(frozen=True)
class Cell:
    """Runs of one regime that differ in their seed alone, all done."""

    regime: str
    method: str
    student: str | None
    num_teachers: int
    teacher: str | None
    split: int
    epochs: int
    full_epochs: int
    setting: tuple[str, ...] | None
    data: str | None
    runs: tuple[Run, ...]

    @property
    def shortened(self) -> bool:
        """Whether its runs trained for fewer epochs than the full schedule has."""
        return self.epochs < self.full_epochs

    @property
    def selection(self) -> str:
        """The rule by which its runs' tested epochs were chosen."""
        return self.runs[0].selection


@dataclass(frozen=True)
class Sweep:
    """A loaded sweep.

    Attributes:
        root: The sweep's folder.
        plan: The plan as it is on disk.
        runs: All runs that the plan names.
        unplanned: Records that the plan does not name, kept out of every mean.
        methods: The suite's and those that the sweep's config describes, as the plan has them.
        regimes: The regimes of the plan, in its order.
    """

    root: Path
    plan: dict[str, Any]
    runs: tuple[Run, ...]
    unplanned: tuple[Run, ...] = ()
    methods: KnownMethods = field(default_factory=KnownMethods, repr=False)
    regimes: tuple[Regime, ...] = (Regime(),)

    @property
    def name(self) -> str:
        """The plan's name of the sweep, or else that of its folder."""
        return str(self.plan.get('name') or self.root.name)

    def pool_in(self, regime: str) -> tuple[str, ...]:
        """Names of a regime's teachers in their order; none where the plan names none."""
        own = next((one.teachers for one in self.regimes if one.name == regime), ())
        return own or tuple(self.plan.get('pool') or ())

    @property
    def dataset(self) -> dict[str, Any]:
        """The data set as the first record tells it, else as the plan does."""
        recorded = [run.record['dataset'] for run in self.runs if run.record and run.of_sweep_data]
        return {**self.plan.get('dataset', {}), **(recorded[0] if recorded else {})}

    @property
    def synthetic(self) -> bool:
        """Whether the videos were made rather than recorded."""
        return bool(self.dataset.get('synthetic', False))

    @cached_property
    def by_key(self) -> dict[str, Run]:
        """All runs by key."""
        return {run.key: run for run in self.runs}

    @cached_property
    def done(self) -> list[Run]:
        """The runs that are done, in the order of the plan."""
        return [run for run in self.runs if run.done]

    @cached_property
    def done_by_method(self) -> dict[str, list[Run]]:
        """The same by method."""
        found: dict[str, list[Run]] = defaultdict(list)
        for run in self.done:
            found[run.method].append(run)
        return dict(found)

    @cached_property
    def student_cells(self) -> list[Cell]:
        """The cells of students, in the order of :meth:`cells`."""
        return self.cells(run for run in self.runs if run.of_student)

    @property
    def students(self) -> list[str]:
        """Student backbones in the order of the plan."""
        names = (run.student for run in self.runs if run.of_student and run.student)
        return list(dict.fromkeys(names))

    @property
    def device_names(self) -> str:
        """The devices that figures come from, named."""
        devices = [run.value('environment', 'device') or {} for run in self.done]
        names = dict.fromkeys(
            str(device.get('name') or device.get('kind') or 'an unnamed device')
            for device in devices
        )
        return ', '.join(names) or 'no device'

    def cells(self, runs: Iterable[Run] | None = None) -> list[Cell]:
        """Groups done runs over seeds: by regime, then method, K, teacher and split.

        A run that is part of several regimes is in a cell of each.

        Args:
            runs: Runs of the sweep; None for all.
        """
        groups: dict[tuple[Any, ...], list[Run]] = defaultdict(list)
        for run in self.runs if runs is None else runs:
            for regime in run.regimes if run.done else ():
                groups[regime, *run.cell].append(run)
        made = [
            Cell(
                regime=regime,
                method=group[0].method,
                student=group[0].student,
                num_teachers=group[0].num_teachers,
                teacher=group[0].teacher,
                split=group[0].split,
                epochs=group[0].epochs,
                full_epochs=group[0].full_epochs,
                setting=group[0].setting,
                data=group[0].data,
                runs=tuple(sorted(group, key=lambda run: run.seed)),
            )
            for (regime, *_), group in groups.items()
        ]
        names, place = [regime.name for regime in self.regimes], self.methods.position
        return sorted(
            made,
            key=lambda cell: (
                *(names.index(cell.regime), place(cell.method), cell.num_teachers, cell.split),
            ),
        )

    def names_regimes(self, run: Run) -> str:
        """The regimes of a run in words; '' where the sweep has one alone."""
        return ', '.join(run.regimes) if len(self.regimes) > 1 else ''

    def lineage(self, run: Run) -> list[Run] | None:
        """The run and its ancestors, each once; None if one of them is not done."""
        found: dict[str, Run] = {run.key: run}
        waiting = list(run.parents)
        while waiting:
            key = waiting.pop()
            if key in found:
                continue
            parent = self.by_key.get(key)
            if parent is None:
                return None
            found[key] = parent
            waiting.extend(parent.parents)
        return list(found.values()) if all(item.done for item in found.values()) else None

    def pipeline_peak(self, run: Run, figure: str = 'allocated_peak_bytes') -> int | None:
        """The largest peak of the run and all it needed, in bytes; None if any is unknown."""
        peaks = [item.peak(figure) for item in self.lineage(run) or []]
        known = [peak for peak in peaks if peak is not None]
        return max(known) if known and len(known) == len(peaks) else None

    def pipeline_time(self, run: Run) -> float | None:
        """Seconds of the run and everything it needed, each once; None if any is unknown.

        Optical flow counts with the time of the processes that made it.
        """
        lineage = self.lineage(run) or []
        times = [item.value('time', 'wall_s') for item in lineage]
        # One flow may serve several of them, and is told alike by all.
        flows = {canonical_json(item.flow): item.flow['compute_s'] for item in lineage if item.flow}
        times += flows.values()
        return None if not times or None in times else float(sum(times))
