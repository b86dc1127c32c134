"""From when banks pay: the time of UKD's whole pipeline against that of naive distillation."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import floor
from statistics import fmean

from ..methods.table import SUBJECT
from .comparable import ComparableRuns
from .runs import Run, Sweep

OTHER = 'naive'
"""The method that trains the same student with its teachers at hand."""


@dataclass(frozen=True)
class Payoff:
    """Times in seconds of both ways to one student of K teachers, means over the seeds of both.

    Attributes:
        num_teachers: K.
        banks_s: What filling the K banks took; they serve any number of students.
        ukd_s: A student's run that reads the banks.
        naive_s: A student's run with its teachers at hand.
        ukd_pipeline_s: The former with banks, teachers and all that these need.
        naive_pipeline_s: The latter with teachers and all that these need.
    """

    num_teachers: int
    banks_s: float
    ukd_s: float
    naive_s: float
    ukd_pipeline_s: float
    naive_pipeline_s: float

    @property
    def students(self) -> int | None:
        """The fewest students for which UKD takes less time; None where no number does.

        Teachers are trained once either way. n students take ``banks + n ukd`` against ``n naive``.
        """
        saved = self.naive_s - self.ukd_s
        return floor(self.banks_s / saved) + 1 if saved > 0 else None


def payoffs(bench: ComparableRuns, sweep: Sweep) -> list[Payoff]:
    """One for each K at which a seed ran both ways, for as many epochs, ascending."""
    ways: dict[int, list[tuple[Run, Run]]] = {}
    naive = {_place(run): run for run in bench.runs if run.method == OTHER and run.done}
    for run in bench.runs:
        if run.method == SUBJECT and run.done and _place(run) in naive:
            ways.setdefault(run.num_teachers, []).append((run, naive[_place(run)]))
    found = (_payoff(k, ways[k], sweep) for k in sorted(ways))
    return [one for one in found if one is not None]


def pays_one_student_from(found: Sequence[Payoff]) -> int | None:
    """The K from which on UKD takes less time for one student; None where the largest does not."""
    least = None
    for one in sorted(found, key=lambda one: one.num_teachers, reverse=True):
        if one.students != 1:
            break
        least = one.num_teachers
    return least


def _place(run: Run) -> tuple[int, ...]:
    return run.num_teachers, run.seed, run.split, run.epochs


def _payoff(k: int, ways: list[tuple[Run, Run]], sweep: Sweep) -> Payoff | None:
    """None where a time was not measured, or a run that is needed has no result."""
    figures: list[list[float]] = []
    longest = max(run.epochs for run, _ in ways)
    for ukd, naive in (pair for pair in ways if pair[0].epochs == longest):
        banks = [run for run in sweep.lineage(ukd) or [] if run.method == 'bank']
        times = [
            *(run.value('time', 'wall_s') for run in (*banks, ukd, naive)),
            *(sweep.pipeline_time(run) for run in (ukd, naive)),
        ]
        if not banks or None in times:
            return None
        figures.append([sum(times[: len(banks)]), *times[len(banks) :]])
    return Payoff(k, *(fmean(column) for column in zip(*figures, strict=True)))
