"""Decision rules: what a rule is, what it is given, and what it says."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from .. import formatting
from ..comparable import ComparableRuns, Comparison
from ..full_size import FullSizeStudent
from ..runs import Sweep

SUPPORTED = 'SUPPORTED'
NOT_SUPPORTED = 'NOT SUPPORTED'
INCONCLUSIVE = 'INCONCLUSIVE'
VERDICTS = (SUPPORTED, NOT_SUPPORTED, INCONCLUSIVE)


@dataclass(frozen=True)
class Rests:
    """What a finding on memory rests on.

    Attributes:
        method: The method whose memory it is.
        title: What a sentence calls it.
        basis: ``measured``, or ``predicted`` where any of its figures is.
        scale: The sweep's own scale, or full size.
        largest: The largest K that has a figure; None where none has.
        multiple: The multiple of the other method's memory there, where the rule asks for one.
        crossed_at: The first K at which that multiple crosses the rule's bound; None where it does
            at no K up to the largest.
        line_crosses_at: The K beyond the largest at which the fitted line would.
        out_of_memory_at: The first K at which memory ran out.
    """

    method: str
    title: str
    basis: str
    scale: str
    largest: int | None = None
    multiple: float | None = None
    crossed_at: int | None = None
    line_crosses_at: int | None = None
    out_of_memory_at: int | None = None


@dataclass(frozen=True)
class Finding:
    """A verdict on one bench.

    Attributes:
        bench: Label of the bench, or any other name of what was looked at.
        verdict: One of ``VERDICTS``.
        reason: A sentence or more that say why, figures included.
        figures: The (name, value) pairs that it rests on, as text.
        seeds_needed: How many seeds would settle what is open; None where that is not known.
        regime: Initial weights, normalisation and schedule that it holds for, in words.
        tested: The comparison of accuracies that it rests on; None where it rests on none.
        rests: What it rests on, where it is about memory.
        decides: Whether the claim's verdict hangs on it; else it stands beside those that decide.
    """

    bench: str
    verdict: str
    reason: str
    figures: tuple[tuple[str, str], ...] = ()
    seeds_needed: int | None = None
    regime: str = ''
    tested: 'Tested | None' = field(default=None, repr=False)
    rests: Rests | None = field(default=None, repr=False)
    decides: bool = True


@dataclass(frozen=True)
class Settings:
    """What a claims file sets for all of its rules, under the same names.

    Attributes:
        confidence: Coverage of every interval.
        alpha: Level of the tests: a difference counts where its corrected p is below.
        power: Power for which the number of seeds that would decide is computed.
        smallest_gain: The smallest gain in accuracy worth the name, as a fraction.
        bootstrap_draws: Samples of the bootstrap over clips.
        bootstrap_seed: Seed of the bootstrap.
    """

    confidence: float
    alpha: float
    power: float
    smallest_gain: float
    bootstrap_draws: int
    bootstrap_seed: int


@dataclass(frozen=True)
class Tested:
    """A comparison of accuracies that a rule asked for.

    Attributes:
        comparison: The comparison; None where no seed has full-schedule runs of both methods.
        corrected_p: Its p-value, Holm-corrected over all comparisons of the claims file and all
            benches; None where there is no p-value.
        family: The number of comparisons that the correction is for.
        detectable: The smallest true difference that would have been found, as a fraction: at the
            level of the correction's first step, with the file's power and the spread observed;
            None where there is no spread to tell.
    """

    comparison: Comparison | None
    corrected_p: float | None
    family: int = 1
    detectable: float | None = None


@dataclass(frozen=True)
class Evidence:
    """What a rule may look at.

    Attributes:
        sweep: All runs, those that are not done included.
        benches: The student runs on which the claim is decided, a bench for each regime, backbone
            and setting.
        tested: The comparisons that the rule asked for, by (label of the bench, method, against).
        earlier: The findings on the claims before this one in the file, by id.
        full_size: Students of full size whose memory is known, beside the sweep.
    """

    sweep: Sweep
    benches: tuple[ComparableRuns, ...]
    tested: Mapping[tuple[str, str, str], Tested]
    earlier: Mapping[str, tuple[Finding, ...]]
    full_size: tuple[FullSizeStudent, ...] = ()

    def title(self, method: str) -> str:
        """What a sentence calls a method."""
        return self.sweep.methods.title(method)


class Rule:
    """Decides one kind of claim; a subclass defines :meth:`on_bench` or :meth:`findings`.

    Args:
        claim: The claim's table in the file.
        settings: What the file sets for all rules.

    Attributes:
        keys: The keys that the claim's table must have beside those of every claim, each with the
            kind of its value: ``method``, ``methods`` (a list of several), ``number``, ``text`` or
            ``claim`` (the id of an earlier claim).
        optional: Keys that it may have, with the kinds of their values.
        about_memory: Whether verdicts are about memory, and so hold for the mechanism as it is
            reconstructed here.
        as_control: What follows for the claim ``{claim}`` from each verdict, where the rule decides
            a control of it.
    """

    keys: ClassVar[Mapping[str, str]] = {}
    optional: ClassVar[Mapping[str, str]] = {}
    about_memory: ClassVar[bool] = False
    as_control: ClassVar[Mapping[str, str]] = {}

    def __init__(self, claim: Mapping[str, Any], settings: Settings) -> None:
        self.claim = claim
        self.settings = settings

    def comparisons(self) -> Sequence[tuple[str, str]]:
        """The (method, against) pairs whose top-1 is to be compared on every bench.

        All those of a claims file are one family: the more a file compares, the higher every
        corrected p.
        """
        return ()

    def findings(self, evidence: Evidence) -> list[Finding]:
        """What the evidence says of the claim; by default, of each bench by itself."""
        return [self.on_bench(bench, evidence) for bench in evidence.benches]

    def on_bench(self, bench: ComparableRuns, evidence: Evidence) -> Finding:
        """What one bench says of the claim."""
        raise NotImplementedError(f'{type(self).__name__} defines neither on_bench nor findings')

    def conclude(self, findings: Sequence[Finding], nothing: str) -> tuple[str, str]:
        """Verdict and reason of the claim, from all findings; see :func:`combine`."""
        return combine(findings, nothing)


def combine(
    findings: Sequence[Finding], nothing: str = 'No student run was planned.'
) -> tuple[str, str]:
    """SUPPORTED if all are, NOT SUPPORTED if any one is not, else INCONCLUSIVE; with the reason.

    The reason is that of the first bench which decides, with what other comparisons of accuracies
    on it say. Where there are several benches it names
    it, and the verdicts of the others. Findings that decide nothing are left out.

    Args:
        findings: All findings on a claim.
        nothing: The reason where there are none.
    """
    findings = [finding for finding in findings if finding.decides]
    if not findings:
        return INCONCLUSIVE, nothing
    benches = by_bench(findings)
    verdicts = {bench: strictest(mine) for bench, mine in benches.items()}
    verdict = strictest(findings)
    first = next(bench for bench, one in verdicts.items() if one == verdict)
    deciding = [finding for finding in benches[first] if finding.verdict == verdict]
    told = [formatting.sentence(finding.reason) for finding in deciding]
    told += [
        f'{name}: {value}, which is {finding.verdict} by itself.'
        for finding in benches[first]
        if finding.verdict != verdict and finding.tested
        for name, value in finding.figures[:1]
    ]
    regimes = dict.fromkeys(finding.regime for finding in deciding if finding.regime)
    reason = ' '.join([*told, *(f'Regime: {regime}.' for regime in regimes)])
    if len(benches) == 1:
        return verdict, reason
    others = [bench for bench, one in verdicts.items() if one == verdict and bench != first]
    same = [f'The same verdict for {", ".join(others)}.'] if others else []
    unlike = [
        f'{kind} for {", ".join(mine)}.'
        for kind in VERDICTS
        if kind != verdict and (mine := [bench for bench in verdicts if verdicts[bench] == kind])
    ]
    return verdict, ' '.join([f'{first}: {reason}', *same, *unlike])


def by_bench(findings: Iterable[Finding]) -> dict[str, list[Finding]]:
    """The findings that decide, by the bench that they are on."""
    found: dict[str, list[Finding]] = {}
    for one in findings:
        if one.decides:
            found.setdefault(one.bench, []).append(one)
    return found


def strictest(findings: Sequence[Finding]) -> str:
    """The verdict of several findings that must all hold."""
    kinds = {finding.verdict for finding in findings}
    return next(kind for kind in (NOT_SUPPORTED, INCONCLUSIVE, SUPPORTED) if kind in kinds)
