"""Rules about the peak of the training phase, in bytes, averaged over seeds."""

from collections.abc import Mapping
from math import ceil
from statistics import fmean
from typing import Any, ClassVar

from .. import formatting
from ..comparable import ComparableRuns
from ..statistics import Slope, least_squares
from .rule import INCONCLUSIVE, NOT_SUPPORTED, SUPPORTED, Evidence, Finding, Rule

_Figures = tuple[tuple[str, str], ...]


class MemoryGrows(Rule):
    """Peak rises with K, and at the largest K is ``least_multiple`` times the other method's."""

    keys: ClassVar = {'method': 'method', 'against': 'method', 'least_multiple': 'number'}
    about_memory = True

    def on_bench(self, bench: ComparableRuns, evidence: Evidence) -> Finding:
        """The bench's finding; SUPPORTED too where the method alone ran out of memory."""
        peaks, floor = train_peaks(bench, self.claim['method']), _floor(bench, self.claim)
        overflow = bench.out_of_memory(self.claim['method'])
        method, against = _names(self, evidence)
        if floor is None:
            reason = f'No training peak of {against} was measured.'
            return Finding(bench.label, INCONCLUSIVE, reason)
        figures = (
            (f'{against}, training peak', f'{formatting.mib(floor)} MiB'),
            *_peak_figures(method, peaks),
        )
        if overflow:
            reason = (
                f'{method} ran out of memory at K = {overflow[0]}, where {against} took '
                f'{formatting.mib(floor)} MiB.'
            )
            return Finding(bench.label, SUPPORTED, reason, figures)
        slope = _slope(peaks, self.settings.confidence)
        if slope is None:
            reason = f'{method} was measured at fewer than two K, so growth cannot be seen.'
            return Finding(bench.label, INCONCLUSIVE, reason, figures)
        largest = max(peaks)
        multiple = peaks[largest] / floor
        figures += (
            ('slope per teacher', _slope_text(slope)),
            (f'{method} / {against} at K = {largest}', f'{multiple:.2f} ×'),
        )
        if (slope.value if slope.low is None else slope.low) <= 0:
            verdict = INCONCLUSIVE if slope.value > 0 else NOT_SUPPORTED
            reason = f'{method} does not clearly grow with K: {_slope_text(slope)} a teacher.'
            return Finding(bench.label, verdict, reason, figures)
        text = (
            f'{method} grows by {formatting.mib(slope.value, 2)} MiB a teacher and at '
            f'K = {largest} takes {multiple:.2f} times the memory of {against}'
        )
        least = self.claim['least_multiple']
        if multiple >= least:
            return Finding(bench.label, SUPPORTED, f'{text}.', figures)
        reach = ceil((least * floor - slope.intercept) / slope.value)
        reason = (
            f'{text}: growth, but below the {least:g} times that the rule asks for (the line '
            f'reaches it at K = {reach}).'
        )
        return Finding(bench.label, NOT_SUPPORTED, reason, figures)


class MemorySame(Rule):
    """Peak at every K is at most ``most_multiple`` times the other method's."""

    keys: ClassVar = {'method': 'method', 'against': 'method', 'most_multiple': 'number'}
    about_memory = True

    def on_bench(self, bench: ComparableRuns, evidence: Evidence) -> Finding:
        """The bench's finding; NOT SUPPORTED too where the method alone ran out of memory."""
        peaks, floor = train_peaks(bench, self.claim['method']), _floor(bench, self.claim)
        overflow = bench.out_of_memory(self.claim['method'])
        method, against = _names(self, evidence)
        if floor is None or not (peaks or overflow):
            unmeasured = method if floor else against
            reason = f'No training peak of {unmeasured} was measured.'
            return Finding(bench.label, INCONCLUSIVE, reason)
        figures = (
            (f'{against}, training peak', f'{formatting.mib(floor)} MiB'),
            *_peak_figures(method, peaks),
            *(
                (f'{method} / {against} at K = {k}', f'{peak / floor:.4f} ×')
                for k, peak in peaks.items()
            ),
        )
        if overflow:
            reason = f'{method} ran out of memory at K = {overflow[0]}, where {against} did not.'
            return Finding(bench.label, NOT_SUPPORTED, reason, figures)
        multiple = max(peaks.values()) / floor
        measured = f'K = {formatting.listed(list(peaks))} measured'
        reason = (
            f'{method} takes at most {multiple:.4f} times the memory of {against} ({measured}).'
        )
        verdict = SUPPORTED if multiple <= self.claim['most_multiple'] else NOT_SUPPORTED
        return Finding(bench.label, verdict, reason, figures)


class MemoryFlat(Rule):
    """Slope of the peak on K is at most ``most_fraction`` of the mean teacher's weights."""

    keys: ClassVar = {'method': 'method', 'most_fraction': 'number'}
    about_memory = True

    def on_bench(self, bench: ComparableRuns, evidence: Evidence) -> Finding:
        """The bench's finding; with three K or more, the slope's whole interval decides."""
        key = self.claim['method']
        peaks, weights = train_peaks(bench, key), _teacher_bytes(bench, key)
        overflow = bench.out_of_memory(key)
        method = evidence.title(key)
        figures = _peak_figures(method, peaks)
        if overflow:
            reason = f'{method} ran out of memory at K = {overflow[0]}.'
            return Finding(bench.label, NOT_SUPPORTED, reason, figures)
        slope = _slope(peaks, self.settings.confidence)
        if slope is None:
            reason = f'{method} was measured at fewer than two K.'
            return Finding(bench.label, INCONCLUSIVE, reason, figures)
        if weights is None:
            reason = "The teachers' sizes are not recorded."
            return Finding(bench.label, INCONCLUSIVE, reason, figures)
        limit = self.claim['most_fraction'] * weights
        figures += (
            ('slope per teacher', _slope_text(slope)),
            ('mean teacher weights', f'{formatting.mib(weights, 2)} MiB'),
            ('most the rule allows', f'{formatting.mib(limit, 3)} MiB a teacher'),
        )
        low = slope.value if slope.low is None else slope.low
        high = slope.value if slope.high is None else slope.high
        verdict = SUPPORTED if high <= limit else NOT_SUPPORTED if low > limit else INCONCLUSIVE
        reason = (
            f'{method} grows by {formatting.mib(slope.value, 3)} MiB a teacher from '
            f'K = {min(peaks)} to {max(peaks)}, where one teacher weighs '
            f'{formatting.mib(weights, 2)} MiB. '
            f'Beyond K = {max(peaks)} nothing was measured.'
        )
        return Finding(bench.label, verdict, reason, figures)


def train_peaks(bench: ComparableRuns, method: str) -> dict[int, float]:
    """Mean training peak in bytes, by K, ascending."""
    return bench.means(method, lambda run: run.memory('train'))


def _floor(bench: ComparableRuns, claim: Mapping[str, Any]) -> float | None:
    return train_peaks(bench, claim['against']).get(0)


def _names(rule: Rule, evidence: Evidence) -> tuple[str, str]:
    method, against = rule.claim['method'], rule.claim['against']
    return evidence.title(method), evidence.title(against)


def _slope(peaks: dict[int, float], confidence: float) -> Slope | None:
    return least_squares(list(peaks), list(peaks.values()), confidence)


def _slope_text(slope: Slope) -> str:
    text = formatting.signed_mib(slope.value, 3)
    if slope.low is None:
        return text
    return f'{text} {formatting.interval(slope.low, slope.high, 3, 1 / formatting.MIB)}'


def _peak_figures(method: str, peaks: dict[int, float]) -> _Figures:
    return tuple(
        (f'{method}, K = {k}, training peak', f'{formatting.mib(peak)} MiB')
        for k, peak in peaks.items()
    )


def _teacher_bytes(bench: ComparableRuns, method: str) -> float | None:
    """Mean size of the distinct teachers that the bench's runs of a method name, in bytes."""
    mine = [run for run in bench.runs if run.method == method]
    records = [run.record for run in mine if run.done and run.record]
    sizes = {t['name']: t.get('state_bytes') for record in records for t in record['teachers']}
    known = [size for size in sizes.values() if size]
    return fmean(known) if known else None
