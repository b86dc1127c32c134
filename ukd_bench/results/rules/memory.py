"""Rules about the peak of the training phase, in bytes, averaged over seeds."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import ceil, floor
from typing import Any, ClassVar

from ...errors import ConfigError
from ...methods.table import FLOOR
from .. import formatting
from ..curve import FULL_SIZE, HasCurves, first_reached
from ..statistics import Slope
from .memory_rule import (
    DECIDED_AT,
    MemoryRule,
    by_title,
    figures_by_k,
    known_k,
    peak_figures,
    rests_on,
    slope_of,
    slope_text,
)
from .rule import (
    INCONCLUSIVE,
    NOT_SUPPORTED,
    SUPPORTED,
    Evidence,
    Finding,
    Settings,
)

__all__ = ['CARDS_GIB', 'DECIDED_AT', 'MemoryFlat', 'MemoryGrows', 'MemorySame']

CARDS_GIB = (11, 24, 80)
"""Memory of common cards: a consumer's of a former generation, one of today, a data centre's."""


class MemoryGrows(MemoryRule):
    """Peak rises with K, and at the largest K is ``least_multiple`` times the other method's.

    It is about one ``method``, or about each of several ``methods``.
    """

    keys: ClassVar = {'against': 'method', 'least_multiple': 'number'}
    optional: ClassVar = {'method': 'method', 'methods': 'methods', **MemoryRule.optional}

    def __init__(self, claim: Mapping[str, Any], settings: Settings) -> None:
        super().__init__(claim, settings)
        if ('method' in claim) == ('methods' in claim):
            raise ConfigError("either 'method' or 'methods' must be there")

    def on_curve(self, bench: HasCurves, method: str, evidence: Evidence) -> Finding:
        """The finding on a bench; SUPPORTED too where the method alone ran out of memory."""
        curve = bench.curve(method, self.claim['against'])
        title, against = evidence.title(method), evidence.title(self.claim['against'])
        least = self.claim['least_multiple']
        crossed = first_reached(curve.multiples, lambda multiple: multiple >= least)
        rests = rests_on(bench, method, title, curve, crossed)
        if curve.floor is None or curve.empty:
            reason = f'No training peak of {title if curve.floor else against} was {curve.basis}.'
            return Finding(bench.label, INCONCLUSIVE, reason, rests=rests)
        figures = (
            (f'{against}, training peak', formatting.mib(curve.floor) + ' MiB'),
            *peak_figures(title, curve),
        )
        if curve.out_of_memory:
            reason = (
                f'{title} ran out of memory at K = {curve.out_of_memory[0]}, where {against} took '
                f'{formatting.mib(curve.floor)} MiB.'
            )
            return Finding(bench.label, SUPPORTED, reason, figures, rests=rests)
        slope = slope_of(curve, self.settings.confidence)
        if slope is None:
            reason = f'{title} was {curve.basis} at fewer than two K, so growth cannot be seen.'
            return Finding(bench.label, INCONCLUSIVE, reason, figures, rests=rests)
        largest = max(curve.peaks)
        multiple = curve.multiples[largest]
        figures += (
            ('slope per teacher', slope_text(slope)),
            (f'{title} / {against} at K = {largest}', _times(multiple, 2)),
            (
                f'{title} / {against} reaches {least:g}',
                f'never up to K = {largest}' if crossed is None else f'at K = {crossed}',
            ),
        )
        if (slope.value if slope.low is None else slope.low) <= 0:
            verdict = INCONCLUSIVE if slope.value > 0 else NOT_SUPPORTED
            reason = (
                f'{title} does not clearly grow with K: {slope_text(slope)} a teacher, '
                f'{multiple:.2f} times the memory of {against} at K = {largest}.'
            )
            return Finding(bench.label, verdict, reason, figures, rests=rests)
        text = (
            f'{title} grows by {formatting.mib(slope.value, 2)} MiB a teacher and at '
            f'K = {largest} takes {multiple:.2f} times the memory of {against}'
        )
        if multiple >= least:
            reason = f'{text}; it reaches {least:g} times at K = {crossed}.'
            return Finding(bench.label, SUPPORTED, reason, figures, rests=rests)
        reach = ceil((least * curve.floor - slope.intercept) / slope.value)
        reason = (
            f'{text}: growth, but below the {least:g} times that the rule asks for (the line '
            f'reaches it at K = {reach}).'
        )
        rests = replace(rests, line_crosses_at=reach)
        return Finding(bench.label, NOT_SUPPORTED, reason, figures, rests=rests)

    def told(self, findings: Sequence[Finding], nothing: str) -> str:
        """Of several methods: which need that much memory, from which K on, and which do not."""
        if 'methods' not in self.claim:
            return super().told(findings, nothing)
        told = []
        against = self.claim['against'].replace('_', ' ')
        least = f'{self.claim["least_multiple"]:g} times the memory of {against}'
        titles = by_title(findings)
        for verdict, words in ((NOT_SUPPORTED, 'not needed'), (SUPPORTED, 'needed')):
            ways = {
                title: same
                for title, mine in titles.items()
                if (same := [one for one in mine if one.verdict == verdict])
            }
            if not ways:
                continue
            if verdict == NOT_SUPPORTED:
                rests = (one.rests for same in ways.values() for one in same if one.rests)
                words += f' up to K = {formatting.span(one.largest for one in rests)}'
            named = (_way(title, same, len(titles[title])) for title, same in ways.items())
            told.append(f'{least} is {words} by {"; ".join(named)}.')
        missing = [one.rests.title for one in findings if one.rests and not one.rests.basis]
        told += [
            formatting.sentence(one.reason)
            for one in findings
            if one.verdict == INCONCLUSIVE and not (one.rests and one.rests.title in missing)
        ]
        told += [f'Not run in this sweep: {"; ".join(missing)}.'] * bool(missing)
        return ' '.join(told)


class MemorySame(MemoryRule):
    """Peak at every K is at most ``most_multiple`` times the other method's.

    What methods ``beside`` it take at their largest K is told as a contrast.
    """

    keys: ClassVar = {'method': 'method', 'against': 'method', 'most_multiple': 'number'}
    optional: ClassVar = {'beside': 'methods', **MemoryRule.optional}

    def on_curve(self, bench: HasCurves, method: str, evidence: Evidence) -> Finding:
        """The finding on a bench; NOT SUPPORTED too where the method alone ran out of memory."""
        curve = bench.curve(method, self.claim['against'])
        title, against = evidence.title(method), evidence.title(self.claim['against'])
        most = self.claim['most_multiple']
        crossed = first_reached(curve.multiples, lambda multiple: multiple > most)
        rests = rests_on(bench, method, title, curve, crossed)
        if curve.floor is None or curve.empty:
            reason = f'No training peak of {title if curve.floor else against} was {curve.basis}.'
            return Finding(bench.label, INCONCLUSIVE, reason, rests=rests)
        figures = (
            (f'{against}, training peak', formatting.mib(curve.floor) + ' MiB'),
            *peak_figures(title, curve),
            *figures_by_k(
                (f'{title} / {against} at ', ''),
                curve,
                {k: _times(multiple, 4) for k, multiple in curve.multiples.items()},
            ),
        )
        if curve.out_of_memory:
            reason = (
                f'{title} ran out of memory at K = {curve.out_of_memory[0]}, where {against} did '
                'not.'
            )
            return Finding(bench.label, NOT_SUPPORTED, reason, figures, rests=rests)
        contrasts: dict[int, list[str]] = {}
        for other in self.claim.get('beside', ()):
            multiples = bench.curve(other, self.claim['against']).multiples
            if multiples:
                k, name = max(multiples), evidence.title(other)
                contrasts.setdefault(k, []).append(f'{name} {multiples[k]:.2f} times')
                figures += ((f'contrast: {name} / {against} at K = {k}', _times(multiples[k], 2)),)
        told = [
            f'{title} takes at most {max(curve.multiples.values()):.4f} times the memory of '
            f'{against} ({known_k(curve)})',
            *(f'Beside it at K = {k}: {"; ".join(mine)}' for k, mine in contrasts.items()),
            *([] if crossed is None else [f'It passes {most:g} times at K = {crossed}']),
        ]
        reason = f'{". ".join(told)}.'
        verdict = SUPPORTED if crossed is None else NOT_SUPPORTED
        return Finding(bench.label, verdict, reason, figures, rests=rests)


class MemoryFlat(MemoryRule):
    """Slope of the peak on K is at most ``most_fraction`` of the mean teacher's weights.

    What a teacher adds with methods ``beside`` it, and at which K these pass common cards at full
    size, is told as a contrast.
    """

    keys: ClassVar = {'method': 'method', 'most_fraction': 'number'}
    optional: ClassVar = {'beside': 'methods', **MemoryRule.optional}

    def on_curve(self, bench: HasCurves, method: str, evidence: Evidence) -> Finding:
        """The finding on a bench; with three measured K or more, the slope's interval decides."""
        curve, title = bench.curve(method, FLOOR), evidence.title(method)
        weights, rests = curve.teacher_bytes, rests_on(bench, method, title, curve)
        figures = peak_figures(title, curve)
        if curve.out_of_memory:
            reason = f'{title} ran out of memory at K = {curve.out_of_memory[0]}.'
            return Finding(bench.label, NOT_SUPPORTED, reason, figures, rests=rests)
        slope = slope_of(curve, self.settings.confidence)
        if slope is None:
            reason = f'{title} was {curve.basis} at fewer than two K.'
            return Finding(bench.label, INCONCLUSIVE, reason, figures, rests=rests)
        if weights is None:
            reason = "The teachers' sizes are not recorded."
            return Finding(bench.label, INCONCLUSIVE, reason, figures, rests=rests)
        limit = self.claim['most_fraction'] * weights
        figures += (
            ('slope per teacher', slope_text(slope)),
            ('mean teacher weights', formatting.mib(weights, 2) + ' MiB'),
            ('most the rule allows', formatting.mib(limit, 3) + ' MiB a teacher'),
        )
        contrasts = []
        for other in self.claim.get('beside', ()):
            beside = bench.curve(other, FLOOR)
            line, name = slope_of(beside, self.settings.confidence), evidence.title(other)
            if line is not None:
                added = formatting.signed(line.value / weights, 2)
                contrasts.append(f'{name} {added}')
                figures += ((f'contrast: {name}, weights of a teacher per teacher', added),)
                if bench.scale == FULL_SIZE:
                    figures += tuple(
                        (f'contrast: {name} passes {card} GiB', _passes(line, card))
                        for card in CARDS_GIB
                    )
        low = slope.value if slope.low is None else slope.low
        high = slope.value if slope.high is None else slope.high
        verdict = SUPPORTED if high <= limit else NOT_SUPPORTED if low > limit else INCONCLUSIVE
        reason = (
            f'{title} grows by {formatting.mib(slope.value, 3)} MiB a teacher from '
            f'K = {min(curve.peaks)} to {max(curve.peaks)}, where one teacher weighs '
            f'{formatting.mib(weights, 2)} MiB. '
            + (f'Beside it, in weights of a teacher: {"; ".join(contrasts)}. ' if contrasts else '')
            + f'Beyond K = {max(curve.peaks)} nothing was {curve.basis}.'
        )
        return Finding(bench.label, verdict, reason, figures, rests=rests)


def _passes(line: Slope, gib: int) -> str:
    """From which K on the line is above a card's memory."""
    size = gib * formatting.GIB
    if line.value <= 0:
        return 'never' if line.intercept <= size else 'always'
    # Rounding must not make a K that just fits one that does not.
    return f'K = {max(1, floor((size - line.intercept) / line.value + 1e-9) + 1)}'


def _way(title: str, findings: Sequence[Finding], among: int) -> str:
    """A method with the K from which on it reaches the multiple; of some benches, these by name."""
    rests = [one.rests for one in findings if one.rests]
    overflow = formatting.span(one.out_of_memory_at for one in rests)
    crossed = formatting.span(one.crossed_at for one in rests)
    states = [f'out of memory at K = {overflow}'] if overflow != formatting.DASH else []
    states += [f'from K = {crossed} on'] if crossed != formatting.DASH else []
    where = [', '.join(one.bench for one in findings)] if len(findings) < among else []
    words = ': '.join(filter(None, [*where, '; '.join(states)]))
    return f'{title} ({words})' if words else title


def _times(multiple: float, digits: int) -> str:
    return formatting.number(multiple, digits, unit='×') + ' ×'
