"""Runs that may be compared, of one backbone in one regime and setting, and their accuracies."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..methods.known import KnownMethods
from ..methods.table import Method
from ..records.record import ORACLE
from .curve import MEASURED, OWN_SCALE, Curve
from .regimes import Regime
from .runs import Run, Sweep
from .scores import load_scores
from .statistics import Difference, clip_bootstrap, paired_difference


@dataclass(frozen=True)
class ComparableRuns:
    """The student runs of one backbone in one regime and setting (see :attr:`Run.setting`).

    Attributes:
        student: The backbone.
        label: The backbone, with the regime (see :func:`student_groups`) and the setting where
            there are several.
        runs: The runs in the order of the plan.
        methods: The sweep's methods.
        regime: The regime.
    """

    student: str
    label: str
    runs: tuple[Run, ...]
    methods: KnownMethods
    regime: Regime

    scale = OWN_SCALE

    def means(self, method: str, figure: Callable[[Run], float | None]) -> dict[int, float]:
        """Mean of a figure over done runs, by K, ascending."""
        values: dict[int, list[float]] = defaultdict(list)
        for run in self.runs:
            value = figure(run) if run.method == method and run.done else None
            if value is not None:
                values[run.num_teachers].append(value)
        return {k: float(np.mean(values[k])) for k in sorted(values)}

    def out_of_memory(self, method: str) -> list[int]:
        """The K at which a run of the method ran out of memory, ascending."""
        found = {
            run.num_teachers for run in self.runs if run.method == method and run.status == 'oom'
        }
        return sorted(found)

    def curve(self, method: str, against: str) -> Curve:
        """Mean training peaks of a method, and of another one that has no teachers."""
        peaks = self.means(method, lambda run: run.memory('train'))
        floor = self.means(against, lambda run: run.memory('train')).get(0)
        floors = {} if floor is None else dict.fromkeys(peaks, floor)
        overflow = tuple(self.out_of_memory(method))
        weights = self._teacher_bytes(method)
        return Curve(peaks, floor, floors, overflow, MEASURED, (*peaks,), weights)

    def _teacher_bytes(self, method: str) -> float | None:
        """Mean size of the distinct teachers that the method's runs name, in bytes."""
        records = [run.record for run in self.runs if run.method == method and run.done]
        told = [teacher for record in records if record for teacher in record['teachers']]
        known = {t['name']: size for t in told if (size := t.get('state_bytes'))}
        return float(np.mean([*known.values()])) if known else None

    def is_ukd_again(self, method: str) -> bool:
        """Whether a method's students are UKD's, bit for bit."""
        return self.methods.rows[method].equals_ukd

    def largest_full(self, method: str) -> int | None:
        """The largest K at which a run went through its full schedule."""
        full = [
            r.num_teachers for r in self.runs if r.method == method and r.done and not r.shortened
        ]
        return max(full, default=None)


@dataclass(frozen=True)
class Comparison:
    """Top-1 of one method against another's, paired; ``clips`` is the bootstrap over test clips."""

    method: str
    against: str
    num_teachers: int
    difference: Difference
    clips: tuple[float, float] | None


def student_groups(sweep: Sweep) -> list[tuple[Regime, str, str]]:
    """The regimes and backbones that have student runs, with a label, regime by regime.

    The label is the backbone, followed by the regime where claims are decided in several, or where
    it is that of a control.
    """
    several = sum(regime.for_claims for regime in sweep.regimes) > 1
    made = []
    for regime in sweep.regimes:
        mine = {run.student for run in sweep.runs if run.of_student and regime.name in run.regimes}
        named = several or not regime.for_claims
        made += [
            (regime, student, f'{student} ({regime.name})' if named else student)
            for student in sweep.students
            if student in mine
        ]
    return made


def comparable_runs(sweep: Sweep) -> list[ComparableRuns]:
    """Splits a sweep's student runs by regime, backbone and setting, in the order of the plan.

    A run that failed before it had a record has no setting, and counts in every one of its
    student's.
    """
    made = []
    for regime, student, group in student_groups(sweep):
        runs = [
            run
            for run in sweep.runs
            if run.student == student and run.of_student and regime.name in run.regimes
        ]
        settings: list[tuple[str, ...] | None] = list(
            dict.fromkeys(run.setting for run in runs if run.setting)
        ) or [None]
        for index, setting in enumerate(settings):
            mine = tuple(run for run in runs if run.setting in (setting, None))
            label = group if len(settings) == 1 else f'{group} (setting {index + 1})'
            made.append(ComparableRuns(student, label, mine, sweep.methods, regime))
    return made


def compare_top1(
    group: ComparableRuns,
    method: str,
    num_teachers: int,
    against: str,
    rng: np.random.Generator,
    draws: int = 2000,
    confidence: float = 0.95,
) -> Comparison | None:
    """Compares full-schedule runs of two methods seed by seed and split by split.

    Runs whose epoch was chosen on the test clips are left out.

    Args:
        group: runs of one backbone.
        method: the method of ``num_teachers`` teachers.
        num_teachers: its K.
        against: another method; of one that has a K, the runs of the same K count.
        rng: generator for the bootstrap over clips.
        draws: bootstrap samples; 0 for no interval over clips.
        confidence: coverage of both intervals.

    Returns:
        None where no seed and split has both. With several splits, only the seeds that have the
        most splits count, so that every seed averages the same test sets.
    """
    first = _full_runs(group, method, num_teachers)
    other = group.methods.rows.get(against)
    second = _full_runs(group, against, _number_beside(other, num_teachers))
    pairs: dict[int, dict[int, tuple[Run, Run]]] = defaultdict(dict)
    for seed, split in sorted(first.keys() & second.keys()):
        one, two = first[seed, split], second[seed, split]
        # A training with UKD's compute is compared for its very length.
        same_length = one.epochs == two.epochs or (other is not None and other.ukd_compute)
        if same_length and one.data == two.data:
            pairs[seed][split] = one, two
    if not pairs:
        return None
    most = max(len(splits) for splits in pairs.values())
    pairs = {seed: splits for seed, splits in pairs.items() if len(splits) == most}
    first_means, second_means = (
        [
            float(np.mean([pair[side].metric('top1') for pair in splits.values()]))
            for splits in pairs.values()
        ]
        for side in (0, 1)
    )
    everything = [pair for splits in pairs.values() for pair in splits.values()]
    clips = _bootstrap(everything, rng, draws, confidence) if draws else None
    return Comparison(
        method,
        against,
        num_teachers,
        paired_difference(first_means, second_means, confidence),
        clips,
    )


def _number_beside(method: Method | None, num_teachers: int) -> int:
    """The K of a method's runs that stand beside those of ``num_teachers`` teachers."""
    if method is None:
        return 0
    return num_teachers if method.by_count else int(method.distils)


def _full_runs(group: ComparableRuns, method: str, num_teachers: int) -> dict[tuple[int, int], Run]:
    return {
        (run.seed, run.split): run
        for run in group.runs
        if (run.method, run.num_teachers) == (method, num_teachers)
        and run.done
        and not run.shortened
        and run.selection != ORACLE
        and run.metric('top1') is not None
    }


def _bootstrap(
    pairs: list[tuple[Run, Run]], rng: np.random.Generator, draws: int, confidence: float
) -> tuple[float, float] | None:
    gaps: dict[int, list[np.ndarray]] = defaultdict(list)
    samples: dict[int, np.ndarray] = {}
    for one, other in pairs:
        first, second = load_scores(one), load_scores(other)
        if first is None or second is None:
            return None
        clips = samples.setdefault(one.split, first.samples)
        if not (np.array_equal(clips, first.samples) and np.array_equal(clips, second.samples)):
            return None
        gaps[one.split].append(first.hits - second.hits)
    blocks = [np.mean(values, axis=0) for values in gaps.values()]
    return clip_bootstrap(blocks, [len(v) for v in gaps.values()], rng, draws, confidence)
