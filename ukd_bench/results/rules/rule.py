"""What a decision rule is, what it is given, and what it says."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from .. import formatting
from ..comparable import ComparableRuns, Comparison
from ..runs import Sweep

SUPPORTED = 'SUPPORTED'
NOT_SUPPORTED = 'NOT SUPPORTED'
INCONCLUSIVE = 'INCONCLUSIVE'
VERDICTS = (SUPPORTED, NOT_SUPPORTED, INCONCLUSIVE)


@dataclass(frozen=True)
class Finding:
    """A verdict on one bench.

    Attributes:
        bench: Its label, or any other name of what was looked at.
        verdict: One of ``VERDICTS``.
        reason: A sentence or more that say why, figures included.
        figures: The (name, value) pairs that it rests on, as text.
        seeds_needed: How many seeds would decide what is open; None where that is not known.
    """

    bench: str
    verdict: str
    reason: str
    figures: tuple[tuple[str, str], ...] = ()
    seeds_needed: int | None = None


@dataclass(frozen=True)
class Settings:
    """What a claims file sets for all of its rules, under the same names.

    Attributes:
        confidence: Coverage of every interval.
        alpha: A difference counts where its corrected p is below.
        power: With which the number of seeds that would decide is reckoned.
        smallest_gain: The smallest gain in accuracy worth the name, as a fraction.
        bootstrap_draws: Samples of the bootstrap over clips.
        bootstrap_seed: Its seed.
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
        comparison: None where no seed has full-schedule runs of both methods.
        corrected_p: Its p-value, Holm-corrected over all comparisons of the claims file and all
            benches; None where there is no p-value.
    """

    comparison: Comparison | None
    corrected_p: float | None


@dataclass(frozen=True)
class Evidence:
    """What a rule may look at.

    Attributes:
        sweep: All runs, those that are not done included.
        benches: The student runs, a bench for each backbone and setting.
        tested: The comparisons that the rule asked for, by (label of the bench, method, against).
        earlier: The findings on the claims before this one in the file, by id.
    """

    sweep: Sweep
    benches: tuple[ComparableRuns, ...]
    tested: Mapping[tuple[str, str, str], Tested]
    earlier: Mapping[str, tuple[Finding, ...]]

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
        about_memory: Whether verdicts are about memory, and so hold for the mechanism as it is
            reconstructed here.
    """

    keys: ClassVar[Mapping[str, str]] = {}
    about_memory: ClassVar[bool] = False

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


def combine(findings: Sequence[Finding]) -> tuple[str, str]:
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
        formatting.sentence(finding.reason) for finding in deciding if finding.bench == first
    )
    if len({finding.bench for finding in findings}) > 1:
        others = dict.fromkeys(f.bench for f in deciding if f.bench != first)
        reason = f'{first}: {reason}' + (
            f' The same verdict for {", ".join(others)}.' if others else ''
        )
    return verdict, reason
