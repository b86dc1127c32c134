"""Tables for other programs and papers: CSV with every figure, LaTeX as people read them."""

import re
from collections.abc import Sequence

import pandas as pd

from ..results.formatting import DASH, Linked, Written
from .content import Content

_PARTS = ('low', 'high', 'n')
_GROUP = 'Group'
_SIGNS = {
    '±': r'$\pm$', '−': '$-$', '×': r'$\times$', '–': '--', '’': "'", '“': '``', '”': "''",
    '†': r'\dag{}', '‡': r'\ddag{}', '…': r'\dots{}', '\u2060': '',
}  # fmt: skip
"""Signs of the suite's own that LaTeX has no letter for."""


def csv_text(table: Content) -> str:
    """A table with a row a row: figures as numbers, not rounded, with their intervals and n.

    A column of figures that have an interval is followed by its ends, one of means by the number of
    seeds. What was not measured is empty; a link is where it leads.
    """
    named: dict[str, list[object]] = {}
    if len(table['groups']) > 1:
        named[_GROUP] = [*_groups(table)]
    for number, column in enumerate(table['columns']):
        cells = [row[number] for row in table['rows']]
        title = column['title'] or f'Column {number + 1}'
        named[title] = [_value(cell) for cell in cells]
        for part in _PARTS:
            ends = [getattr(cell, part, None) for cell in cells]
            if any(end is not None for end in ends):
                named[f'{title}: {part}'] = list(ends)
    # Whole numbers stay whole beside rows that have none.
    return pd.DataFrame(named, dtype=object).to_csv(index=False, lineterminator='\n')


def latex_text(table: Content) -> str:
    r"""A table for ``\usepackage{booktabs}``, with its title as the caption and its notes."""
    titles = [column['title'] for column in table['columns']]
    rows = [[*row] for row in table['rows']]
    align = ['l' if column['text'] else 'r' for column in table['columns']]
    lines = [
        r'\begin{table}', r'\centering', rf'\caption{{{latex(table["title"])}}}',
        rf'\label{{tab:{table["id"]}}}', rf'\begin{{tabular}}{{{"".join(align)}}}', r'\toprule',
        _latex_row(titles), r'\midrule',
    ]  # fmt: skip
    headings = dict(table['groups']) if len(table['groups']) > 1 else {}
    for number, row in enumerate(rows):
        if number in headings:
            lines += [r'\addlinespace'] * (number > 0)
            lines.append(
                rf'\multicolumn{{{len(titles)}}}{{l}}{{\textbf{{{latex(headings[number])}}}}} \\'
            )
        lines.append(_latex_row(row))
    lines += [r'\bottomrule', r'\end{tabular}']
    lines += [rf'\par\footnotesize {latex(note)}' for note in table['notes']]
    return '\n'.join([*lines, r'\end{table}', ''])


def latex(text: str) -> str:
    """Text as LaTeX shows it, whatever stands in it."""
    found = re.sub(r'[\\{}$&#%_^~<>"|`]', lambda sign: _ESCAPED[sign[0]], ' '.join(text.split()))
    return ''.join(_SIGNS.get(letter, letter) for letter in found)


_ESCAPED = {
    '\\': r'\textbackslash{}', '^': r'\textasciicircum{}', '~': r'\textasciitilde{}',
    '<': r'\textless{}', '>': r'\textgreater{}', '"': r'\textquotedbl{}', '|': r'\textbar{}',
    '`': r'\textasciigrave{}', **{sign: f'\\{sign}' for sign in '{}$&#%_'},
}  # fmt: skip


def _latex_row(cells: Sequence[str]) -> str:
    return f'{" & ".join(map(latex, cells))} \\\\'


def _value(cell: str) -> object:
    if isinstance(cell, Written) and cell.value is not None:
        return cell.value
    if isinstance(cell, Linked):
        return cell.href
    return None if cell == DASH else str(cell)


def _groups(table: Content) -> list[str]:
    found, heading = [], ''
    headings = dict(table['groups'])
    for number in range(len(table['rows'])):
        heading = headings.get(number, heading)
        found.append(heading)
    return found
