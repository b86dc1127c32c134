"""The table of what each way of distilling needs, where a claim is about several of them."""

from collections.abc import Sequence

from ...results import formatting
from ...results.rules import Finding, Rests
from ...results.verdicts import Verdict
from .table import Table, columns

_NAMED = 3
"""As many students are named, be they all."""


def ways_table(verdicts: Sequence[Verdict]) -> Table | None:
    """Table of the findings that a claim about the memory of several methods rests on.

    Students of one verdict share a row of a method and scale, and its figures span theirs.

    Args:
        verdicts: Those of a sweep.

    Returns:
        The table; None where no claim is about the memory of several methods.
    """
    rows: list[tuple[str, ...]] = []
    groups: list[tuple[int, str]] = []
    for verdict in verdicts:
        known = [(one, one.rests) for one in verdict.findings if one.rests and one.rests.basis]
        if len({rests.method for _, rests in known}) < 2:
            continue
        by_scale: dict[tuple[str, str], list[tuple[Finding, Rests]]] = {}
        for one, rests in known:
            by_scale.setdefault((rests.scale, rests.basis), []).append((one, rests))
        for (scale, basis), mine in by_scale.items():
            decides = '' if any(one.decides for one, _ in mine) else '; decides nothing here'
            groups.append((len(rows), f'{verdict.id} at {scale}, {basis}{decides}'))
            rows += _rows(mine)
    if not rows:
        return None
    titles = columns(
        *('<Way', '<Students', 'K', '× plain there', 'Bound reached at K', 'By its line at K'),
        '<Verdict',
    )
    lead = (
        'Training peaks at the largest K, and the first K at which they reach the multiple that '
        'the claim’s rule asks for.'
    )
    notes = ('A line is fitted to the peaks, and followed where they end below the bound.',)
    return Table(
        *('ways', 'What each way needs', titles, tuple(rows), lead),
        notes=notes,
        groups=tuple(groups),
    )


def _rows(findings: Sequence[tuple[Finding, Rests]]) -> list[tuple[str, ...]]:
    alike: dict[tuple[str, str], list[tuple[Finding, Rests]]] = {}
    titles = dict.fromkeys(rests.title for _, rests in findings)
    for title in titles:
        for one, rests in findings:
            if rests.title == title:
                alike.setdefault((title, one.verdict), []).append((one, rests))
    rows: list[tuple[str, ...]] = []
    for (title, verdict), same in alike.items():
        students = [one.bench.removesuffix(f', {rests.scale}') for one, rests in same]
        among = sum(rests.title == title for _, rests in findings)
        ran_out = [rests.out_of_memory_at for _, rests in same]
        crossed = _span([rests.crossed_at for _, rests in same], 0)
        if any(ran_out):
            crossed = f'{crossed}; out of memory at {_span(ran_out, 0)}'.removeprefix('–; ')
        elif crossed == formatting.DASH and any(rests.largest for _, rests in same):
            crossed = 'never'
        rows.append(
            (
                *(title, f'all {among}' if len(same) == among > _NAMED else '; '.join(students)),
                _span([rests.largest for _, rests in same], 0),
                _span([rests.multiple for _, rests in same], 2),
                *(crossed, _span([rests.line_crosses_at for _, rests in same], 0)),
                verdict,
            )
        )
    return rows


def _span(values: Sequence[float | None], digits: int) -> str:
    """The least and the largest of some values, or the one that they all are."""
    known = [one for one in values if one is not None]
    if not known:
        return formatting.DASH
    ends = (formatting.number(one, digits) for one in (min(known), max(known)))
    return ' to '.join(dict.fromkeys(map(str, ends)))
