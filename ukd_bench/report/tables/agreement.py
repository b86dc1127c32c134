"""The table of how far teachers agree, and what each of them brings."""

from ...results import formatting
from ...results.agreement import TeacherPart, teacher_parts
from ...results.formatting import POINTS
from ...results.runs import Sweep
from .table import Table, columns

_MOST_TEACHERS = 10
"""Teachers up to which a table has room for a column each."""


def agreement_table(sweep: Sweep) -> Table | None:
    """Table of each teacher's share and worth, and of its agreement with every other."""
    pools: list[tuple[list[TeacherPart], list[str]]] = []
    for regime in sweep.regimes:
        found = teacher_parts(sweep, regime.name)
        same = next((names for parts, names in pools if parts == found), None)
        if same is not None:
            same.append(regime.name)
        elif len(found) > 1:
            pools.append((found, [regime.name]))
    if not pools:
        return None
    most = max(len(parts) for parts, _ in pools)
    numbered = most if most <= _MOST_TEACHERS else 0
    rows: list[tuple[str, ...]] = []
    groups: list[tuple[int, str]] = []
    for parts, regimes in pools:
        place = f' ({", ".join(regimes)})' if len(pools) > 1 else ''
        groups.append((len(rows), f'The pool{place}'))
        for number, one in enumerate(parts, 1):
            shares = [one.same_class.get(other.name) for other in parts]
            known = [share for share in shares if share is not None]
            cells = [formatting.percent(share) for share in shares[:numbered]]
            cells += [formatting.DASH] * (numbered - len(cells))
            brings = formatting.DASH
            if one.brings is not None:
                brings = formatting.signed(100 * one.brings, unit=POINTS)
            rows.append(
                (
                    *(f'{number}. {one.name}', formatting.percent(one.top1)),
                    *(formatting.percent(one.share), brings, formatting.percent(one.alone_right)),
                    *(formatting.percent(sum(known) / len(known)), *cells),
                )
            )
    titles = columns(
        *('<Teacher', 'Top-1, %', 'Share, %', 'Brings, points', 'Right alone, %'),
        *('Agrees on average, %', *(f'With no. {n}, %' for n in range(1, numbered + 1))),
    )
    notes = (
        'All on the test clips, with the plain mean of probabilities. Share: of the probability '
        'that the teachers together give to the class that their mean predicts. Brings: top-1 of '
        'that mean less that of the mean without this teacher. Right alone: clips where it is '
        'right and no other is. Agrees: clips where two predict the same class.',
    )
    lead = (
        'Teachers that always agree teach what one of them does; one that is never right alone '
        'brings little.'
    )
    return Table(
        *('agreement', 'What each teacher brings', titles, tuple(rows), lead),
        *(notes, tuple(groups)),
    )
