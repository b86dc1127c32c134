"""The decision rules a claims file may name; each looks at one bench and gives one finding."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from . import formatting as units
from .comparable import ComparableRuns, Comparison
from .statistics import least_squares, seeds_to_decide

SUPPORTED = 'SUPPORTED'
NOT_SUPPORTED = 'NOT SUPPORTED'
INCONCLUSIVE = 'INCONCLUSIVE'


@dataclass(frozen=True)
class Finding:
    """A verdict on one bench: ``figures`` are the (name, value) pairs it rests on, as text."""

    bench: str
    verdict: str
    reason: str
    figures: tuple[tuple[str, str], ...] = ()
    seeds_needed: int | None = None


def combine(findings: list[Finding]) -> tuple[str, str]:
    """SUPPORTED if all are, NOT SUPPORTED if any one is not, else INCONCLUSIVE; with the reason.

    The reason is that of the first bench which decides, and names it where benches differ.
    """
    if not findings:
        return INCONCLUSIVE, 'No student run was planned.'
    kinds = {finding.verdict for finding in findings}
    verdict = next(kind for kind in (NOT_SUPPORTED, INCONCLUSIVE, SUPPORTED) if kind in kinds)
    deciding = [finding for finding in findings if finding.verdict == verdict]
    first = deciding[0].bench
    reason = ' '.join(
        units.sentence(finding.reason) for finding in deciding if finding.bench == first
    )
    if len({finding.bench for finding in findings}) > 1:
        others = dict.fromkeys(f.bench for f in deciding if f.bench != first)
        reason = f'{first}: {reason}' + (
            f' The same verdict for {", ".join(others)}.' if others else ''
        )
    return verdict, reason


def memory_grows(bench: ComparableRuns, claim: dict[str, Any], settings: dict[str, Any]) -> Finding:
    """Peak rises with K, and at the largest K is ``least_multiple`` times the other method's."""
    peaks, floor = _train_peaks(bench, claim['method']), _floor(bench, claim['against'])
    overflow = bench.out_of_memory(claim['method'])
    method, against = _names(bench, claim)
    if floor is None:
        return Finding(bench.label, INCONCLUSIVE, f'No training peak of {against} was measured.')
    figures = [
        (f'{against}, training peak', f'{units.mib(floor)} MiB'),
        *_peak_figures(method, peaks),
    ]
    if overflow:
        reason = (
            f'{method} ran out of memory at K = {overflow[0]}, where {against} took '
            f'{units.mib(floor)} MiB.'
        )
        return Finding(bench.label, SUPPORTED, reason, tuple(figures))
    if len(peaks) < 2:
        reason = f'{method} was measured at fewer than two K, so growth cannot be seen.'
        return Finding(bench.label, INCONCLUSIVE, reason, tuple(figures))
    slope = least_squares(list(peaks), list(peaks.values()), settings['confidence'])
    assert slope is not None
    largest = max(peaks)
    multiple = peaks[largest] / floor
    least = claim['least_multiple']
    figures.append(('slope per teacher', _slope_text(slope.value, slope.low, slope.high)))
    figures.append((f'{method} / {against} at K = {largest}', f'{multiple:.2f} ×'))
    grows = (slope.value if slope.low is None else slope.low) > 0
    if not grows:
        verdict = INCONCLUSIVE if slope.value > 0 else NOT_SUPPORTED
        reason = (
            f'{method} does not clearly grow with K: '
            f'{_slope_text(slope.value, slope.low, slope.high)} a teacher.'
        )
        return Finding(bench.label, verdict, reason, tuple(figures))
    text = (
        f'{method} grows by {units.mib(slope.value, 2)} MiB a teacher and at K = {largest} takes '
        f'{multiple:.2f} times the memory of {against}'
    )
    if multiple >= least:
        return Finding(bench.label, SUPPORTED, f'{text}.', tuple(figures))
    reach = int(np.ceil((least * floor - slope.intercept) / slope.value))
    reason = (
        f'{text}: growth, but below the {least:g} times that the rule asks for (the line reaches '
        f'it at K = {reach}).'
    )
    return Finding(bench.label, NOT_SUPPORTED, reason, tuple(figures))


def memory_same(bench: ComparableRuns, claim: dict[str, Any], settings: dict[str, Any]) -> Finding:
    """Peak at every K is at most ``most_multiple`` times the other method's."""
    peaks, floor = _train_peaks(bench, claim['method']), _floor(bench, claim['against'])
    overflow = bench.out_of_memory(claim['method'])
    method, against = _names(bench, claim)
    if floor is None or not (peaks or overflow):
        return Finding(
            bench.label,
            INCONCLUSIVE,
            f'No training peak of {method if floor else against} was measured.',
        )
    figures = (
        (f'{against}, training peak', f'{units.mib(floor)} MiB'),
        *_peak_figures(method, peaks),
        *(
            (f'{method} / {against} at K = {k}', f'{peak / floor:.4f} ×')
            for k, peak in peaks.items()
        ),
    )
    if overflow:
        reason = f'{method} ran out of memory at K = {overflow[0]}, where {against} did not.'
        return Finding(bench.label, NOT_SUPPORTED, reason, figures)
    worst = max(peaks, key=lambda k: peaks[k])
    multiple = peaks[worst] / floor
    measured = f'K = {units.listed(list(peaks))} measured'
    reason = f'{method} takes at most {multiple:.4f} times the memory of {against} ({measured}).'
    verdict = SUPPORTED if multiple <= claim['most_multiple'] else NOT_SUPPORTED
    return Finding(bench.label, verdict, reason, figures)


def memory_flat(bench: ComparableRuns, claim: dict[str, Any], settings: dict[str, Any]) -> Finding:
    """Slope of the peak on K is at most ``most_fraction`` of the mean teacher's weights."""
    peaks, weights = _train_peaks(bench, claim['method']), _teacher_bytes(bench, claim['method'])
    overflow = bench.out_of_memory(claim['method'])
    method = bench.methods.title(claim['method'])
    if overflow:
        reason = f'{method} ran out of memory at K = {overflow[0]}.'
        return Finding(bench.label, NOT_SUPPORTED, reason, tuple(_peak_figures(method, peaks)))
    slope = (
        least_squares(list(peaks), list(peaks.values()), settings['confidence']) if peaks else None
    )
    if slope is None or weights is None:
        what = (
            f'{method} was measured at fewer than two K'
            if slope is None
            else "The teachers' sizes are not recorded"
        )
        return Finding(bench.label, INCONCLUSIVE, f'{what}.', tuple(_peak_figures(method, peaks)))
    limit = claim['most_fraction'] * weights
    figures = (
        *_peak_figures(method, peaks),
        ('slope per teacher', _slope_text(slope.value, slope.low, slope.high)),
        ('mean teacher weights', f'{units.mib(weights, 2)} MiB'),
        ('most the rule allows', f'{units.mib(limit, 3)} MiB a teacher'),
    )
    low = slope.value if slope.low is None else slope.low
    high = slope.value if slope.high is None else slope.high
    verdict = SUPPORTED if high <= limit else NOT_SUPPORTED if low > limit else INCONCLUSIVE
    reason = (
        f'{method} grows by {units.mib(slope.value, 3)} MiB a teacher from K = {min(peaks)} '
        f'to {max(peaks)}, where one teacher weighs {units.mib(weights, 2)} MiB. '
        f'Beyond K = {max(peaks)} nothing was measured.'
    )
    return Finding(bench.label, verdict, reason, figures)


def accuracy_gain(
    bench: str,
    method: str,
    against: str,
    comparison: Comparison | None,
    corrected: float | None,
    settings: dict[str, Any],
) -> Finding:
    """Top-1 above the other method's over seeds; ``corrected`` is the Holm-adjusted p-value.

    ``method`` and ``against`` are the two by their titles.
    """
    if comparison is None:
        reason = (
            f'No seed has runs of both {method} and {against} that count: full schedule, no oracle.'
        )
        return Finding(bench, INCONCLUSIVE, reason)
    gap = comparison.difference
    name = f'{method} (K = {comparison.num_teachers}) − {against}'
    figures = [(name, units.difference(gap))]
    if comparison.clips is not None:
        low, high = comparison.clips
        figures.append(
            ('clips resampled (secondary)', f'{units.interval(low, high, 1, 100)} points')
        )
    if gap.p_value is None or corrected is None:
        reason = f'{name}: {units.points(gap.mean)} with one seed; without a variance, no verdict.'
        return Finding(bench, INCONCLUSIVE, reason, tuple(figures))
    figures.append(('p, Holm-corrected', units.p_value(corrected)))
    text = f'{name}: {units.difference(gap)}'
    significant = corrected < settings['alpha']
    if significant and gap.mean > 0:
        return Finding(bench, SUPPORTED, f'{text}.', tuple(figures))
    assert gap.high is not None
    if gap.high < settings['smallest_gain'] or (significant and gap.mean < 0):
        reason = (
            f'{text}: a gain of {units.points(settings["smallest_gain"])} is outside the interval.'
        )
        return Finding(bench, NOT_SUPPORTED, reason, tuple(figures))
    needed = seeds_to_decide(gap.mean, gap.sd, settings['alpha'], settings['power'])
    advice = (
        f'about {needed} seeds would decide a difference of this size'
        if needed and needed > gap.n
        else 'no number of seeds up to 1000 would decide a difference this small'
        if needed is None
        else 'the correction for several comparisons leaves it open; add a few seeds'
    )
    figures.append(('seeds that would decide', str(needed) if needed else units.DASH))
    return Finding(bench, INCONCLUSIVE, f'{text}: {advice}.', tuple(figures), needed)


_EDITIONS = {'arid': ('v1.0', 'v1.5')}
"""What counts as the data set that a claim names."""


def on_dataset(
    claim: dict[str, Any], dataset: dict[str, Any], rests_on: list[Finding]
) -> list[Finding]:
    """The findings of another claim where the data set is the one named; else one open finding."""
    name = str(dataset.get('name', ''))
    named = dataset.get('edition') in _EDITIONS.get(claim['dataset'], ())
    if dataset.get('synthetic', False) or not named:
        kind = 'synthetic' if dataset.get('synthetic', False) else 'other'
        reason = (
            f'Nothing was run on {claim["dataset"].upper()}: the data here are {kind} '
            f'({name or "unnamed"}).'
        )
        return [Finding('all', INCONCLUSIVE, reason)]
    return rests_on


def _names(bench: ComparableRuns, claim: dict[str, Any]) -> tuple[str, str]:
    return bench.methods.title(claim['method']), bench.methods.title(claim['against'])


def _train_peaks(bench: ComparableRuns, method: str) -> dict[int, float]:
    return bench.means(method, lambda run: run.memory('train'))


def _floor(bench: ComparableRuns, method: str) -> float | None:
    return _train_peaks(bench, method).get(0)


def _peak_figures(method: str, peaks: dict[int, float]) -> list[tuple[str, str]]:
    return [
        (f'{method}, K = {k}, training peak', f'{units.mib(peak)} MiB') for k, peak in peaks.items()
    ]


def _slope_text(value: float, low: float | None, high: float | None) -> str:
    text = units.signed_mib(value, 3)
    return text if low is None else f'{text} {units.interval(low, high, 3, 1 / units.MIB)}'


def _teacher_bytes(bench: ComparableRuns, method: str) -> float | None:
    """Mean size of the distinct teachers that the bench's runs of a method name, in bytes."""
    mine = [run for run in bench.runs if run.method == method]
    records = [run.record for run in mine if run.done and run.record]
    sizes = {t['name']: t.get('state_bytes') for record in records for t in record['teachers']}
    known = [size for size in sizes.values() if size]
    return float(np.mean(known)) if known else None
