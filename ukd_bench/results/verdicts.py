"""What a sweep says of each claim: one verdict, with reasons and figures."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

import numpy as np

from ..errors import ConfigError, told_in_one_line
from ..records.regime import CLAIMS, CONTROL
from .claims import Claim, Claims
from .comparable import ComparableRuns, Comparison, comparable_runs, compare_top1
from .full_size import FullSizeStudent
from .rules import RULES, VERDICTS, Evidence, Finding, Rule, Settings, Tested
from .runs import Sweep
from .statistics import detectable_difference, holm

_Answer = TypeVar('_Answer')
_Key = tuple[str, str, str, str]
"""What names a comparison: id of the claim, label of the bench, method, other method."""
_PLURAL = {CLAIMS: CLAIMS, CONTROL: 'controls'}


@dataclass(frozen=True)
class Verdict:
    """What a sweep says of one claim.

    Attributes:
        id, claim, rule_text: As the claims file has them.
        verdict: One of ``rules.VERDICTS``.
        reason: Why, in a sentence or more.
        findings: One for each bench, or for each bench and comparison.
        about_memory: Whether it holds for the mechanism as it is reconstructed here.
        control_of: The claim that it is a control of; None where it is a claim itself.
        follows: What a control's verdict means for that claim.
    """

    id: str
    claim: str
    rule_text: str
    verdict: str
    reason: str
    findings: tuple[Finding, ...]
    about_memory: bool
    control_of: str | None = None
    follows: str = ''

    @property
    def seeds_needed(self) -> int | None:
        """The most that any open comparison needs; None where none is known."""
        return max((f.seeds_needed for f in self.findings if f.seeds_needed), default=None)


def evaluate(
    sweep: Sweep, claims: Claims, full_size: Sequence[FullSizeStudent] = ()
) -> list[Verdict]:
    """Applies every rule to every bench, and combines the benches.

    Args:
        sweep: A loaded sweep; runs that are not done enter no figure.
        claims: The claims, with their rules.
        full_size: Students of full size whose memory is known.

    Returns:
        One verdict a claim, in the order of the file.

    Raises:
        ConfigError: a claim names a method that does not exist, or a rule of the user's own fails.
    """
    claims.check_methods(sweep.methods.rows)
    mine = tuple(comparable_runs(sweep))
    tested = _corrected(dict(_comparisons(mine, claims)), claims.settings)
    findings: dict[str, tuple[Finding, ...]] = {}
    verdicts = []
    for claim in claims.claims:
        own = {key[1:]: value for key, value in tested.items() if key[0] == claim.id}
        benches = _benches(claim, mine)
        evidence = Evidence(sweep, benches, own, dict(findings), tuple(full_size))
        found = _findings(claim, evidence, claims)
        findings[claim.id] = found
        conclude = partial(claim.rule.conclude, found, _nothing(claim, mine))
        verdict, reason = _ask(claim, claims, conclude)
        follows = claim.rule.as_control.get(verdict, '').format(claim=claim.control_of)
        verdicts.append(
            Verdict(
                *(claim.id, claim.text, claim.rule_text, verdict, reason, found),
                *(claim.rule.about_memory, claim.control_of, follows if claim.control_of else ''),
            )
        )
    return verdicts


def _benches(claim: Claim, mine: tuple[ComparableRuns, ...]) -> tuple[ComparableRuns, ...]:
    """The benches that have a say: those in regimes of the purposes that the claim names.

    One without any planned run of the claim's method is left out by a control, which need not be
    run in every regime, and by a rule about memory, which no regime changes, where the backbone has
    another bench with it.
    """
    named = [bench for bench in mine if bench.regime.purpose in claim.purposes]
    method = claim.table.get('method')
    if method is None or not (claim.control_of or claim.rule.about_memory):
        return tuple(named)
    asked = [bench for bench in named if any(run.method == method for run in bench.runs)]
    backbones = {bench.student for bench in asked}
    return tuple(
        bench
        for bench in named
        if bench in asked or not (claim.control_of or bench.student in backbones)
    )


def _nothing(claim: Claim, mine: tuple[ComparableRuns, ...]) -> str:
    """Why no bench has a say."""
    if not mine:
        return 'No student run was planned.'
    where = '' if len(claim.purposes) > 1 else f' for {_PLURAL[claim.purposes[0]]}'
    return f'No run that could decide it was planned in any regime{where}.'


def _comparisons(
    mine: tuple[ComparableRuns, ...], claims: Claims
) -> Iterator[tuple[_Key, Comparison | None]]:
    """Every accuracy comparison of the file."""
    for claim in claims.claims:
        pairs = _ask(claim, claims, partial(_pairs, claim.rule))
        for bench in _benches(claim, mine):
            for method, against in pairs:
                key = claim.id, bench.label, method, against
                yield key, _compare(bench, method, against, claims.settings)


def _pairs(rule: Rule) -> list[tuple[str, str]]:
    return [(method, against) for method, against in rule.comparisons()]


def _compare(
    bench: ComparableRuns, method: str, against: str, settings: Settings
) -> Comparison | None:
    k = bench.largest_full(method)
    if k is None:
        return None
    # Each has its generator, so that one comparison's interval does not hang on the others.
    rng = np.random.default_rng(settings.bootstrap_seed)
    draws, confidence = settings.bootstrap_draws, settings.confidence
    return compare_top1(bench, method, k, against, rng, draws, confidence)


def _corrected(made: Mapping[_Key, Comparison | None], settings: Settings) -> dict[_Key, Tested]:
    """The comparisons with their p-values, which are corrected as one family."""
    p_values = {
        key: one.difference.p_value
        for key, one in made.items()
        if one is not None and one.difference.p_value is not None
    }
    corrected = dict(zip(p_values, holm([*p_values.values()]), strict=True))
    family = max(1, len(p_values))
    level = settings.alpha / family

    def detectable(one: Comparison | None) -> float | None:
        if one is None:
            return None
        return detectable_difference(one.difference.sd, one.difference.n, level, settings.power)

    return {
        key: Tested(one, corrected.get(key), family, detectable(one)) for key, one in made.items()
    }


def _findings(claim: Claim, evidence: Evidence, claims: Claims) -> tuple[Finding, ...]:
    found = _ask(claim, claims, lambda: tuple(claim.rule.findings(evidence)))
    for finding in found:
        if not isinstance(finding, Finding) or finding.verdict not in VERDICTS:
            raise ConfigError(
                f'{_where(claim, claims)} gave {finding!r}, no Finding with one of '
                f'{", ".join(VERDICTS)}'
            )
        if not _ask(claim, claims, partial(_is_text, finding)):
            raise ConfigError(
                f'{_where(claim, claims)} gave {finding!r}: bench, reason, regime, and the names '
                'and values of figures are text, seeds_needed a number or None'
            )
    return found


def _is_text(finding: Finding) -> bool:
    figures = [text for name, value in finding.figures for text in (name, value)]
    texts = [finding.bench, finding.reason, finding.regime, *figures]
    return all(isinstance(text, str) for text in texts) and (
        finding.seeds_needed is None or type(finding.seeds_needed) is int
    )


def _ask(claim: Claim, claims: Claims, question: Callable[[], _Answer]) -> _Answer:
    """Asks a claim's rule; what goes wrong in one of the user's own is told in one line."""
    if claim.rule_name in RULES:
        return question()
    with told_in_one_line(_where(claim, claims)):
        return question()


def _where(claim: Claim, claims: Claims) -> str:
    return f'{claims.path}: claim {claim.id!r}: rule {claim.rule_name!r}'
