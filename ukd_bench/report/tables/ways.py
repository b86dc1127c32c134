"""The table of what each way of distilling needs, where a claim is about several of them."""

from collections.abc import Iterator, Sequence

from ...results import formatting
from ...results.rules import Finding
from ...results.rules.memory_rule import by_title
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
        by_scale: dict[tuple[str, str], list[Finding]] = {}
        for one in verdict.findings:
            if one.rests and one.rests.basis:
                by_scale.setdefault((one.rests.scale, one.rests.basis), []).append(one)
        if len(by_title([one for mine in by_scale.values() for one in mine])) < 2:
            continue
        for (scale, basis), mine in by_scale.items():
            decides = '' if any(one.decides for one in mine) else '; decides nothing here'
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


def _rows(findings: Sequence[Finding]) -> Iterator[tuple[str, ...]]:
    for title, mine in by_title(findings).items():
        for verdict in dict.fromkeys(one.verdict for one in mine):
            same = [one for one in mine if one.verdict == verdict]
            yield title, _students(same, len(mine)), *_figures(same), verdict


def _students(findings: Sequence[Finding], among: int) -> str:
    if len(findings) == among > _NAMED:
        return f'all {among}'
    scales = ((one.bench, one.rests.scale if one.rests else '') for one in findings)
    return '; '.join(bench.removesuffix(f', {scale}') for bench, scale in scales)


def _figures(findings: Sequence[Finding]) -> Iterator[str]:
    rests = [one.rests for one in findings if one.rests]
    largest = formatting.span(one.largest for one in rests)
    crossed = formatting.span(one.crossed_at for one in rests)
    overflow = formatting.span(one.out_of_memory_at for one in rests)
    if overflow != formatting.DASH:
        crossed = f'{crossed}; out of memory at {overflow}'.removeprefix(f'{formatting.DASH}; ')
    elif crossed == formatting.DASH and largest != formatting.DASH:
        crossed = 'never'
    yield largest
    yield formatting.span((one.multiple for one in rests), 2)
    yield crossed
    yield formatting.span(one.line_crosses_at for one in rests)
