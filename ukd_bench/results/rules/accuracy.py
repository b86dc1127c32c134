"""Rules about top-1, paired by seed and split and tested over seeds."""

from dataclasses import replace
from typing import ClassVar

from .. import formatting
from ..comparable import ComparableRuns
from ..statistics import Difference, seeds_to_decide
from .rule import INCONCLUSIVE, NOT_SUPPORTED, SUPPORTED, Evidence, Finding, Rule, Tested


class AccuracyGain(Rule):
    """Top-1 at the largest K with the full schedule is above that of each other method.

    Attributes:
        of_gain: The verdict where there is a gain.
        of_no_gain: The verdict where there is none worth the name.
    """

    keys: ClassVar = {'method': 'method', 'against': 'methods'}
    as_control: ClassVar = {
        SUPPORTED: 'A gain is seen where there must be one: a “no” on {claim} counts, for gains '
        'of that size.',
        NOT_SUPPORTED: 'No gain is seen even where there must be one: a “no” on {claim} proves '
        'nothing.',
        INCONCLUSIVE: 'It is not shown that a gain would be seen: a “no” on {claim} proves '
        'nothing yet.',
    }
    of_gain: ClassVar = SUPPORTED
    of_no_gain: ClassVar = NOT_SUPPORTED

    def comparisons(self) -> list[tuple[str, str]]:
        """The pairs of the method and each of the others."""
        return [(self.claim['method'], against) for against in self.claim['against']]

    def findings(self, evidence: Evidence) -> list[Finding]:
        """The findings, one for each bench and other method."""
        return [
            self._finding(bench, pair, evidence)
            for bench in evidence.benches
            for pair in self.comparisons()
        ]

    def _finding(self, bench: ComparableRuns, pair: tuple[str, str], evidence: Evidence) -> Finding:
        tested = evidence.tested[bench.label, *pair]
        method, against = map(evidence.title, pair)
        if tested.comparison is None:
            reason = (
                f'No seed has runs of both {method} and {against} that count: full schedule, no '
                'oracle.'
            )
            return Finding(bench.label, INCONCLUSIVE, reason, regime=bench.regime.words)
        name = f'{method} (K = {tested.comparison.num_teachers}) − {against}'
        found = self._decide(bench.label, name, tested)
        return replace(found, regime=bench.regime.words, tested=tested)

    def _decide(self, bench: str, name: str, tested: Tested) -> Finding:
        comparison, corrected, settings = tested.comparison, tested.corrected_p, self.settings
        assert comparison is not None
        gap = comparison.difference
        figures = [(name, formatting.difference(gap))]
        if comparison.clips is not None:
            low, high = comparison.clips
            span = formatting.interval(low, high, 1, 100, formatting.POINTS) + ' points'
            figures.append(('clips resampled (secondary)', span))
        if gap.high is None or corrected is None:
            points = formatting.points(gap.mean)
            reason = f'{name}: {points} with one seed; without a variance, no verdict.'
            return Finding(bench, INCONCLUSIVE, reason, tuple(figures))
        figures.append(('p, Holm-corrected', formatting.p_value(corrected)))
        text = f'{name}: {formatting.difference(gap)}'
        seen = self._seen(tested)
        figures += [('least gain that would have been seen', seen)] if seen else []
        also = f' The least gain that would have been seen: {seen}.' if seen else ''
        significant = corrected < settings.alpha
        if significant and gap.mean > 0:
            return Finding(bench, self.of_gain, f'{text}.', tuple(figures))
        if gap.high < settings.smallest_gain or (significant and gap.mean < 0):
            gain = formatting.points(settings.smallest_gain)
            reason = f'{text}: a gain of {gain}, the least that counts, is outside the interval.'
            return Finding(bench, self.of_no_gain, reason + also, tuple(figures))
        needed = self._seeds_to_settle(gap, tested.family)
        alone = gap.p_value is not None and gap.p_value < settings.alpha
        cause = 'the correction for several comparisons' if alone else 'the interval'
        advice = (
            'no number of seeds up to 1000 would settle a difference and spread such as these'
            if needed is None
            else f'about {needed} seeds would settle a difference and spread such as these'
            if needed > gap.n
            else 'a few more seeds would settle it'
        )
        figures.append(('seeds that would settle it', formatting.whole(needed or None)))
        return Finding(
            bench,
            INCONCLUSIVE,
            f'{text}: {cause} leaves it open; {advice}.{also}',
            tuple(figures),
            needed,
        )

    def _seen(self, tested: Tested) -> str:
        """The least gain that the test would have found, and how surely; '' where unknown."""
        if tested.detectable is None:
            return ''
        power = formatting.percent(self.settings.power, 0)
        return f'{formatting.points(tested.detectable)} with {power} % power'

    def _seeds_to_settle(self, gap: Difference, family: int) -> int | None:
        """The fewest seeds that lead to a verdict, were mean and spread those observed.

        Either the difference becomes significant at its level after correction, of which the first
        step of Holm's is the strictest, or the interval's upper end falls below ``smallest_gain``.
        """
        settings = self.settings
        ways = [seeds_to_decide(gap.mean, gap.sd, settings.alpha / family, settings.power)]
        short = settings.smallest_gain - gap.mean
        if short > 0:
            ways.append(seeds_to_decide(short, gap.sd, 1 - settings.confidence, settings.power))
        return min((way for way in ways if way), default=None)


class NoGain(AccuracyGain):
    """Top-1 at the largest K with the full schedule is not above that of any other method."""

    as_control: ClassVar = {
        SUPPORTED: 'No gain is seen where there can be none: a “yes” on {claim} would not come '
        'from just any targets.',
        NOT_SUPPORTED: 'A gain is seen where nothing true is taught: a “yes” on {claim} proves '
        'nothing of knowledge.',
        INCONCLUSIVE: 'It is open whether targets that teach nothing true gain as well.',
    }
    of_gain: ClassVar = NOT_SUPPORTED
    of_no_gain: ClassVar = SUPPORTED
