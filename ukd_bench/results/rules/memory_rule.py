"""What rules about memory share: at which scale they look, and how their findings are told."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import ClassVar

from .. import formatting
from ..curve import FULL_SIZE, MEASURED, OWN_SCALE, PREDICTED, Curve, HasCurves
from ..statistics import Slope, least_squares
from .rule import (
    INCONCLUSIVE,
    NOT_SUPPORTED,
    SUPPORTED,
    Evidence,
    Finding,
    Rests,
    Rule,
    combine,
    strictest,
)

SWEEP, BOTH = 'sweep', 'both'
DECIDED_AT = (SWEEP, 'full_size', BOTH)
"""Where a claim about memory is decided: at the sweep's own scale, at full size, or at both."""

Figures = tuple[tuple[str, str], ...]
_FEW = 4
"""As many K have a figure each."""


class MemoryRule(Rule):
    """A rule about the training peak of one method or of each of several.

    A claim with ``decided_at`` has findings at the sweep's own scale and, where there are such
    figures, at full size. With ``full_size`` the latter decide alone, for each method that has any;
    with ``both`` all decide.
    """

    optional: ClassVar = {'decided_at': 'scale'}
    about_memory = True

    @property
    def methods(self) -> list[str]:
        """The methods that it is about."""
        return self.claim['methods'] if 'methods' in self.claim else [self.claim['method']]

    @property
    def decided_at(self) -> str:
        """One of ``DECIDED_AT``."""
        return str(self.claim.get('decided_at', SWEEP))

    def findings(self, evidence: Evidence) -> list[Finding]:
        """The findings of each method, at full size before those at the sweep's own scale."""
        large: list[Finding] = []
        if self.decided_at != SWEEP:
            large = self._apart(FULL_SIZE, evidence)
        shown = {finding.rests.method for finding in large if finding.rests}
        own = [finding for method in self.methods for finding in self._own(method, evidence)]
        if self.decided_at != SWEEP and (apart := self._apart(OWN_SCALE, evidence)):
            measured = {*map(_method, apart)}
            own = [one for one in own if _is_known(one) or _method(one) not in measured] + apart
        if self.decided_at != BOTH:
            own = [
                replace(one, decides=False) if one.rests and one.rests.method in shown else one
                for one in own
            ]
        return large + own

    def _apart(self, scale: str, evidence: Evidence) -> list[Finding]:
        """The findings on figures that are no sweep's, of students of a scale."""
        return [
            self.on_curve(student, method, evidence)
            for student in evidence.full_size
            for method in self.methods
            if student.scale == scale and student.counts(method)
        ]

    def _own(self, method: str, evidence: Evidence) -> list[Finding]:
        """The findings of a method at the sweep's own scale."""
        if 'methods' not in self.claim:
            return [self.on_curve(bench, method, evidence) for bench in evidence.benches]
        asked = [one for one in evidence.benches if any(run.method == method for run in one.runs)]
        found = [self.on_curve(bench, method, evidence) for bench in asked]
        if not found:
            title = evidence.title(method)
            rests, reason = Rests(method, title, '', OWN_SCALE), f'{title}: not run in this sweep.'
            found = [
                Finding(bench.label, INCONCLUSIVE, reason, rests=rests)
                for bench in evidence.benches[:1]
            ]
        # What was not measured, as swapping on a CPU, tells neither way.
        return [replace(one, decides=_is_known(one)) for one in found]

    def on_curve(self, bench: HasCurves, method: str, evidence: Evidence) -> Finding:
        """What the training peaks of one method on one bench say of the claim."""
        raise NotImplementedError

    def conclude(self, findings: Sequence[Finding], nothing: str) -> tuple[str, str]:
        """The verdict, and a reason that names what it rests on and where the scales differ."""
        verdict, reason = combine(findings, nothing)
        if self.decided_at == SWEEP or not findings:
            return verdict, reason
        scales = {
            scale: mine
            for scale in (FULL_SIZE, OWN_SCALE)
            if (mine := [one for one in findings if one.rests and one.rests.scale == scale])
        }
        told = [
            f'At {scale}{_by(mine)}: {self.told([_short(one) for one in mine], nothing)}'
            for scale, mine in scales.items()
        ]
        if FULL_SIZE not in scales:
            told.append('There are no figures at full size.')
        elif OWN_SCALE not in scales and self.decided_at == BOTH:
            told.append('Nothing was measured at the sweep’s own scale, and both must hold.')
            verdict = strictest([*findings, Finding('', INCONCLUSIVE, '')])
        elif len(scales) > 1:
            told.append(' '.join([*self._differing(scales), self._deciding(scales[OWN_SCALE])]))
        return verdict, '\n'.join(told)

    def told(self, findings: Sequence[Finding], nothing: str) -> str:
        """The findings of one scale in a sentence or more."""
        return combine([replace(one, decides=True) for one in findings], nothing)[1]

    def _differing(self, scales: Mapping[str, Sequence[Finding]]) -> list[str]:
        differing: dict[str, list[str]] = {}
        by_scale = {scale: by_title(mine) for scale, mine in scales.items()}
        for title in by_scale[FULL_SIZE]:
            verdicts = {
                scale: strictest(mine[title]) for scale, mine in by_scale.items() if title in mine
            }
            if {*verdicts.values()} == {SUPPORTED, NOT_SUPPORTED}:
                words = ', '.join(f'{verdict} at {scale}' for scale, verdict in verdicts.items())
                differing.setdefault(words, []).append(title)
        return [
            f'The scales differ for {"; ".join(titles)}: {words}.'
            for words, titles in differing.items()
        ]

    def _deciding(self, own: Sequence[Finding]) -> str:
        if self.decided_at == BOTH:
            return 'Both must hold.'
        left = ', '.join(by_title([one for one in own if one.decides]))
        return f'Full size decides{f", but for {left}" if left else ""}.'


def _is_known(finding: Finding) -> bool:
    """Whether there is any figure that a finding rests on."""
    return finding.rests is not None and finding.rests.largest is not None


def _method(finding: Finding) -> str | None:
    return finding.rests.method if finding.rests else None


def by_title(findings: Sequence[Finding]) -> dict[str, list[Finding]]:
    """The findings of each method, by what it is called."""
    found: dict[str, list[Finding]] = {}
    for one in findings:
        if one.rests:
            found.setdefault(one.rests.title, []).append(one)
    return found


def rests_on(
    bench: HasCurves, method: str, title: str, curve: Curve, crossed: int | None = None
) -> Rests:
    """What a finding on a curve rests on; ``crossed`` is the K at which it crosses a bound."""
    largest = max([*curve.peaks, *curve.out_of_memory], default=None)
    multiple = curve.multiples.get(largest) if largest is not None else None
    overflow = min(curve.out_of_memory, default=None)
    return Rests(
        *(method, title, curve.basis, bench.scale, largest, multiple, crossed),
        out_of_memory_at=overflow,
    )


def slope_of(curve: Curve, confidence: float) -> Slope | None:
    """The line through the peaks; predicted ones are without noise and have no interval."""
    levelled = curve.levelled
    line = least_squares([*levelled], [*levelled.values()], confidence)
    if line is None or curve.basis != PREDICTED:
        return line
    return Slope(line.value, line.intercept, None, None, line.df)


def slope_text(slope: Slope) -> str:
    """A slope in MiB a teacher, with its interval where it has one."""
    text = formatting.signed_mib(slope.value, 3)
    if slope.low is None or slope.high is None:
        return text
    ends = slope.low / formatting.MIB, slope.high / formatting.MIB
    words = f'{text} {formatting.interval(*ends, 3)}'
    return formatting.Written(words, slope.value / formatting.MIB, 'MiB', *ends)


def figures_by_k(around: tuple[str, str], curve: Curve, values: Mapping[int, str]) -> Figures:
    """A figure for each K of a sweep; of full size, where the K are many, one for all.

    Args:
        around: The words before and after the K in a figure's name.
        curve: Where the values come from.
        values: The values as text, by K.
    """
    marked = curve.measured if curve.basis != MEASURED else ()
    words = {k: f'K = {k}{", measured" if k in marked else ""}' for k in values}
    if len(values) <= _FEW:
        return tuple((words[k].join(around), value) for k, value in values.items())
    told = '; '.join(f'{value} ({words[k]})' for k, value in values.items())
    return (('each K'.join(around), told),)


def peak_figures(title: str, curve: Curve) -> Figures:
    """The training peaks of a method."""
    peaks = {k: formatting.mib(peak) + ' MiB' for k, peak in curve.peaks.items()}
    return figures_by_k((f'{title}, ', ', training peak'), curve, peaks)


def known_k(curve: Curve) -> str:
    """The K that there are, and how each was got."""
    parts = {
        PREDICTED: [k for k in curve.peaks if k not in curve.measured],
        MEASURED: [k for k in curve.peaks if k in curve.measured],
    }
    told = (f'K = {formatting.listed(ks)} {basis}' for basis, ks in parts.items() if ks)
    return ', '.join(told)


def _by(findings: Sequence[Finding]) -> str:
    bases = dict.fromkeys(one.rests.basis for one in findings if one.rests and one.rests.basis)
    return f', {" and ".join(bases)}' if bases else ''


def _short(finding: Finding) -> Finding:
    """A finding whose bench is called without the scale, which stands before it already."""
    return replace(finding, bench=finding.bench.removesuffix(f', {FULL_SIZE}'))
