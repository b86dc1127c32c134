"""Tables of what two sweeps, A and B, are as a whole, and of what each says of the claims."""

from collections.abc import Sequence

from ...results import formatting
from ...results.runs import Sweep
from ...results.verdicts import Verdict
from ..provenance import provenance
from .table import Table, columns

_SAME, _OTHER, _ANOTHER_RULE = 'equal', 'differs', 'another rule'
_ONLY_A, _ONLY_B = 'only in A', 'only in B'
_PACKAGES = 'Packages'


def sweeps_table(sweeps: tuple[Sweep, Sweep], claims_sha256: tuple[str, str]) -> Table:
    """Table of what made both sweeps, and where they differ."""
    told = [dict(provenance(*both)) for both in zip(sweeps, claims_sha256, strict=True)]
    pairs = [(name, told[0][name], told[1][name]) for name in told[0] if name != _PACKAGES]
    pairs += _regimes(*sweeps) + _packages(*sweeps)
    rows = [(name, _SAME if a == b else _OTHER, a, b) for name, a, b in pairs]
    titles = columns('<Of both', '<Alike', '<A', '<B')
    differing = sum(row[1] == _OTHER for row in rows)
    lead = f'{differing} of {formatting.counted(len(rows), "line")} differ.'
    notes = ('Packages that have one version in both are not listed.',)
    return Table('sweeps', 'The two sweeps', titles, tuple(rows), lead, notes)


def verdicts_table(first: Sequence[Verdict], second: Sequence[Verdict]) -> Table:
    """Table of what both sweeps say of each claim."""
    rows = [
        (
            name,
            *(formatting.DASH if side is None else side.verdict for side in sides),
            _grade(*sides),
            ' or else: '.join(dict.fromkeys(_claim(side) for side in sides if side)),
        )
        for name, sides in _by_claim(first, second).items()
    ]
    titles = columns('<Claim', '<A', '<B', '<Verdict', '<What is claimed')
    return Table('verdicts', 'Verdicts', titles, tuple(rows), verdicts_alike(first, second))


def reasons_table(first: Sequence[Verdict], second: Sequence[Verdict]) -> Table:
    """Folded table of why each sweep says what it says."""
    rows = [
        (name, letter, side.verdict, side.reason)
        for name, sides in _by_claim(first, second).items()
        for letter, side in zip('AB', sides, strict=True)
        if side
    ]
    titles = columns('<Claim', '<Sweep', '<Verdict', '<Why')
    return Table('reasons', 'Why, in each sweep', titles, tuple(rows), folded=True)


def verdicts_alike(first: Sequence[Verdict], second: Sequence[Verdict]) -> str:
    """Where the verdicts part, in a sentence or more."""
    grades = {name: _grade(*sides) for name, sides in _by_claim(first, second).items()}
    equal = sum(grade == _SAME for grade in grades.values())
    if equal == len(grades):
        return f'Both say the same of all {formatting.counted(equal, "claim")}.'
    texts = [
        f'{before} {", ".join(name for name, grade in grades.items() if grade == mark)}.'
        for mark, before in (
            (_OTHER, 'By the same rule, they part on'),
            (_ANOTHER_RULE, 'Other words or another rule in B:'),
            (_ONLY_A, 'In A alone:'),
            (_ONLY_B, 'In B alone:'),
        )
        if mark in grades.values()
    ]
    return ' '.join([*texts, f'They say the same of {equal} of {len(grades)}.'])


def _by_claim(
    first: Sequence[Verdict], second: Sequence[Verdict]
) -> dict[str, tuple[Verdict | None, Verdict | None]]:
    ones, others = ({one.id: one for one in verdicts} for verdicts in (first, second))
    return {name: (ones.get(name), others.get(name)) for name in {**ones, **others}}


def _claim(verdict: Verdict) -> str:
    of = f'Control of {verdict.control_of}: ' if verdict.control_of else ''
    return f'{of}{verdict.claim}'


def _grade(one: Verdict | None, other: Verdict | None) -> str:
    if one is None or other is None:
        return _ONLY_A if one else _ONLY_B
    if (one.claim, one.rule_text) != (other.claim, other.rule_text):
        return _ANOTHER_RULE
    return _SAME if one.verdict == other.verdict else _OTHER


def _regimes(first: Sweep, second: Sweep) -> list[tuple[str, str, str]]:
    ones, others = ({one.name: one.words for one in sweep.regimes} for sweep in (first, second))
    pairs = [(name, ones.get(name, ''), others.get(name, '')) for name in {**ones, **others}]
    return [
        (f'Regime {name}', one or formatting.DASH, other or formatting.DASH)
        for name, one, other in pairs
        if one or other
    ]


def _packages(first: Sweep, second: Sweep) -> list[tuple[str, str, str]]:
    """Packages of which the two have other versions."""
    versions = [_versions(sweep) for sweep in (first, second)]
    pairs = {
        name: [', '.join(side.get(name, ())) or formatting.DASH for side in versions]
        for name in sorted({**versions[0], **versions[1]})
    }
    return [(f'Package {name}', a, b) for name, (a, b) in pairs.items() if a != b]


def _versions(sweep: Sweep) -> dict[str, list[str]]:
    found: dict[str, dict[str, None]] = {}
    for run in sweep.done:
        for name, version in (run.value('environment', 'packages') or {}).items():
            found.setdefault(name, {})[version] = None
    return {name: [*versions] for name, versions in found.items()}
