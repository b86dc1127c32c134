"""Rules about top-1, paired by seed and split and tested over seeds."""

from typing import Any, ClassVar

from .. import formatting
from ..statistics import seeds_to_decide
from .rule import INCONCLUSIVE, NOT_SUPPORTED, SUPPORTED, Evidence, Finding, Rule, Tested

_EDITIONS = {'arid': ('v1.0', 'v1.5')}
"""Editions that count as the data set that a claim names."""


class AccuracyGain(Rule):
    """Top-1 at the largest K with the full schedule is above that of each other method."""

    keys: ClassVar = {'method': 'method', 'against': 'methods'}

    def comparisons(self) -> list[tuple[str, str]]:
        """The pairs of the method and each of the others."""
        return [(self.claim['method'], against) for against in self.claim['against']]

    def findings(self, evidence: Evidence) -> list[Finding]:
        """The findings, one for each bench and other method."""
        return [
            self._finding(bench.label, pair, evidence)
            for bench in evidence.benches
            for pair in self.comparisons()
        ]

    def _finding(self, bench: str, pair: tuple[str, str], evidence: Evidence) -> Finding:
        tested = evidence.tested[bench, *pair]
        method, against = map(evidence.title, pair)
        if tested.comparison is None:
            reason = (
                f'No seed has runs of both {method} and {against} that count: full schedule, no '
                'oracle.'
            )
            return Finding(bench, INCONCLUSIVE, reason)
        name = f'{method} (K = {tested.comparison.num_teachers}) − {against}'
        return self._decide(bench, name, tested)

    def _decide(self, bench: str, name: str, tested: Tested) -> Finding:
        comparison, corrected, settings = tested.comparison, tested.corrected_p, self.settings
        assert comparison is not None
        gap = comparison.difference
        figures = [(name, formatting.difference(gap))]
        if comparison.clips is not None:
            low, high = comparison.clips
            figures.append(
                ('clips resampled (secondary)', f'{formatting.interval(low, high, 1, 100)} points')
            )
        if gap.high is None or corrected is None:
            points = formatting.points(gap.mean)
            reason = f'{name}: {points} with one seed; without a variance, no verdict.'
            return Finding(bench, INCONCLUSIVE, reason, tuple(figures))
        figures.append(('p, Holm-corrected', formatting.p_value(corrected)))
        text = f'{name}: {formatting.difference(gap)}'
        significant = corrected < settings.alpha
        if significant and gap.mean > 0:
            return Finding(bench, SUPPORTED, f'{text}.', tuple(figures))
        if gap.high < settings.smallest_gain or (significant and gap.mean < 0):
            gain = formatting.points(settings.smallest_gain)
            reason = f'{text}: a gain of {gain} is outside the interval.'
            return Finding(bench, NOT_SUPPORTED, reason, tuple(figures))
        needed = seeds_to_decide(gap.mean, gap.sd, settings.alpha, settings.power)
        advice = (
            f'about {needed} seeds would decide a difference of this size'
            if needed and needed > gap.n
            else 'no number of seeds up to 1000 would decide a difference this small'
            if needed is None
            else 'the correction for several comparisons leaves it open; add a few seeds'
        )
        figures.append(('seeds that would decide', str(needed) if needed else formatting.DASH))
        return Finding(bench, INCONCLUSIVE, f'{text}: {advice}.', tuple(figures), needed)


class OnDataset(Rule):
    """The findings on an earlier claim where the data set is the one named; else one open finding.

    ``arid`` is either edition of ARID; any other name is what a sweep's config calls its videos.
    """

    keys: ClassVar = {'dataset': 'text', 'rests_on': 'claim'}

    def findings(self, evidence: Evidence) -> list[Finding]:
        """The findings on the claim ``rests_on`` names, if they say something of the data set."""
        named, dataset = self.claim['dataset'], evidence.sweep.dataset
        synthetic = dataset.get('synthetic', False)
        if not synthetic and _is_named(named, dataset):
            return list(evidence.earlier[self.claim['rests_on']])
        reason = (
            f'Nothing was run on {named.upper() if named in _EDITIONS else named}: the data here '
            f'are {"synthetic" if synthetic else "other"} ({dataset.get("name") or "unnamed"}).'
        )
        return [Finding('all', INCONCLUSIVE, reason)]


def _is_named(named: str, dataset: dict[str, Any]) -> bool:
    if named in _EDITIONS:
        return dataset.get('edition') in _EDITIONS[named]
    return bool(dataset.get('name') == named)
