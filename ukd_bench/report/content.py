"""What a report says, as plain values: ``report.json``, of which pages and tables are written."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from ..results.formatting import DASH, Linked, Written
from ..results.rules import Finding
from ..results.runs import Sweep
from ..results.verdicts import Verdict
from .doubts import Doubt
from .figures.svg import Drawing
from .tables.table import Table

SCHEMA, KIND = 1, 'report'
_LINE = 40
# Embeddings, overrides and isolates of Unicode's bidirectional algorithm.
_TURNS = re.compile('[\u202a-\u202e\u2066-\u2069]')
Content = dict[str, Any]
"""Plain values, but for figures and links: :class:`.formatting.Written`, :class:`.Linked`."""


def sweep_content(sweep: Sweep) -> Content:
    """What a sweep is, and how far it has come."""
    dataset = sweep.dataset
    return dict(
        name=sweep.name,
        data=dataset.get('name', 'unnamed data'),
        synthetic=sweep.synthetic,
        train_clips=dataset.get('train_samples', DASH),
        test_clips=dataset.get('test_samples', DASH),
        seeds=sorted({run.seed for run in sweep.done if run.of_student}),
        planned=len(sweep.runs),
        done=len(sweep.done),
        device=sweep.device_names,
    )


def verdict_content(verdict: Verdict) -> Content:
    """A verdict, with the findings that it rests on."""
    return dict(
        id=verdict.id,
        claim=verdict.claim,
        rule=verdict.rule_text,
        verdict=verdict.verdict,
        reason=verdict.reason,
        about_memory=verdict.about_memory,
        control_of=verdict.control_of,
        follows=verdict.follows,
        seeds_needed=verdict.seeds_needed,
        findings=[_finding(one) for one in verdict.findings],
    )


def doubt_content(doubt: Doubt, verdicts: Sequence[Verdict]) -> Content:
    """A doubt, with the claims whose verdicts it is about."""
    claims = doubt.claims(verdicts)
    told = dict(text=doubt.text, means=doubt.means, about=doubt.about, claims=claims)
    return told | dict(of_all=len(claims) == len(verdicts))


def table_content(table: Table) -> Content:
    """A table."""
    return dict(
        id=table.id,
        title=table.title,
        lead=table.lead,
        columns=[
            dict(title=one.title, text=one.text, prose=one.text and _is_prose(cells))
            for one, cells in zip(table.columns, _by_column(table), strict=True)
        ],
        rows=[list(row) for row in table.rows],
        groups=[[row, title] for row, title in table.groups],
        notes=list(table.notes),
        figure=figure_content(table.drawing) if table.drawing else None,
        folded=table.folded,
    )


def _by_column(table: Table) -> list[tuple[str, ...]]:
    return [*zip(*table.rows, strict=True)] or [()] * len(table.columns)


def _is_prose(cells: Iterable[str]) -> bool:
    """Whether some cell of a column is too long for a line."""
    return any(len(cell) > _LINE for cell in cells)


def figure_content(drawing: Drawing) -> Content:
    """A figure, with the points that it draws."""
    return dict(
        name=drawing.name, caption=drawing.caption, wide=drawing.wide, points=list(drawing.points)
    )


def named(pairs: Sequence[tuple[str, str]]) -> list[Content]:
    """Names with their values."""
    return [dict(name=name, value=value) for name, value in pairs]


def plain(value: Any) -> Any:
    """Content as JSON has it: a figure is its text, value, unit, interval and number of seeds.

    A link is its text and where it leads.
    """
    if isinstance(value, Linked):
        return dict(text=str(value), href=value.href)
    if isinstance(value, Written):
        told = dict(value=value.value, unit=value.unit, low=value.low, high=value.high, n=value.n)
        return dict(text=str(value)) | {
            key: one for key, one in told.items() if one not in (None, '')
        }
    if isinstance(value, Mapping):
        return {key: plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(one) for one in value]
    return value


def straight(value: Any) -> Any:
    """Content without the signs by which a name would turn the words around it.

    A name in a script that runs from right to left needs none of them.
    """
    if isinstance(value, Linked):
        return Linked(_TURNS.sub('', value), value.href)
    if isinstance(value, Written):
        return Written(
            _TURNS.sub('', value), value.value, value.unit, value.low, value.high, value.n
        )
    if isinstance(value, str):
        return _TURNS.sub('', value)
    if isinstance(value, Mapping):
        return {straight(key): straight(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [straight(one) for one in value]
    return value


def written(value: Any) -> Any:
    """Content of its plain form; the reverse of :func:`plain`."""
    if isinstance(value, list):
        return [written(one) for one in value]
    if not isinstance(value, Mapping):
        return value
    if value.keys() == {'text', 'href'}:
        return Linked(**value)
    if {'text'} < value.keys() <= _FIGURE:
        more = {key: one for key, one in value.items() if key != 'text'}
        return Written(value['text'], more.pop('value', None), **more)
    return {key: written(one) for key, one in value.items()}


_FIGURE = {'text', 'value', 'unit', 'low', 'high', 'n'}


def _finding(finding: Finding) -> Content:
    return dict(
        bench=finding.bench,
        verdict=finding.verdict,
        reason=finding.reason,
        figures=named(finding.figures),
        seeds_needed=finding.seeds_needed,
        regime=finding.regime,
        decides=finding.decides,
        rests=finding.rests and asdict(finding.rests),
    )
