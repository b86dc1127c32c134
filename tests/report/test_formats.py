"""Every row and number of ``report.json`` is in HTML, Markdown, LaTeX and CSV, in its place."""

import json

import pytest

from . import golden
from .reading import Html, as_tex, flat, markdown, rows_of_csv, tex


@pytest.fixture(scope='module')
def out(tmp_path_factory):
    folder = tmp_path_factory.mktemp('page')
    golden.write(folder)
    return folder / 'out'


@pytest.fixture(scope='module')
def content(out):
    return json.loads((out / 'report.json').read_text())


def text(cell):
    return flat(cell['text'] if isinstance(cell, dict) else cell)


def value(cell):
    return cell.get('value') if isinstance(cell, dict) else None


def lines(table):
    """The cells of a table as pages have them: titles, then headings of groups and rows."""
    if not table['rows']:
        return
    columns = table['columns']
    yield [one['title'] for one in columns]
    headings = dict(table['groups']) if len(table['groups']) > 1 else {}
    for number, row in enumerate(table['rows']):
        if number in headings:
            yield [headings[number]]
        yield row


def test_the_page_has_all_tables_row_by_row_with_their_numbers(out, content):
    page = Html((out / 'index.html').read_text())
    wanted = [line for table in content['tables'] for line in lines(table)]
    wanted += [[one['name'], one['value']] for one in content['provenance']]
    assert page.rows == [[text(cell) for cell in line] for line in wanted]
    tables = wanted[: -len(content['provenance'])]
    assert page.values[: len(tables)] == [[value(cell) for cell in line] for line in tables]
    assert sum(one is not None for row in page.values for one in row) > 500


def test_markdown_has_the_same_rows(out, content):
    page = markdown((out / 'report.md').read_text())
    wanted = []
    first, *others = content['tables']
    assert first['id'] == 'glance', 'it stands before the claims'
    assert (
        page.rows[1 : 1 + len(first['rows'])]
        == [[text(cell) for cell in line] for line in first['rows']]
        or len(first['groups']) > 1
    )
    for table in others:
        width = len(table['columns'])
        # A heading of a group is a row of one cell that is filled.
        wanted += [[text(cell) for cell in (*line, *[''] * (width - len(line)))]
                   for line in lines(table)]  # fmt: skip
    wanted += [['', '']] + [[one['name'], text(one['value'])] for one in content['provenance']]
    assert page.rows[-len(wanted) :] == wanted


def test_the_figures_of_verdicts_are_in_both_pages(out, content):
    html = Html((out / 'index.html').read_text())
    wanted = [
        text(one['value'])
        for verdict in content['verdicts']
        for finding in verdict['findings']
        for one in finding['figures']
    ]
    by_claim = {one['id']: one for one in content['verdicts']}
    assert len(wanted) > 80 and len(by_claim) == len(content['verdicts'])
    # Controls stand below their claim.
    lists = (*content['methods'], *content['words'], *content['take_away'])
    named = [flat(text(one['value'])) for one in lists]
    assert sorted(html.figures) == sorted([*wanted, *named])
    read = markdown((out / 'report.md').read_text()).text
    for verdict in content['verdicts']:
        assert flat(verdict['rule']) in read
        for finding in verdict['findings']:
            told = '; '.join(f'{one["name"]}: {text(one["value"])}' for one in finding['figures'])
            assert flat(told) in read


def test_latex_has_the_same_rows(out, content):
    seen = 0
    for table in content['tables']:
        path = out / 'tables' / f'{table["id"]}.tex'
        if table['rows']:
            rows, texts = tex(path.read_text())
            wanted = [[as_tex(text(cell)) for cell in line] for line in lines(table)]
            headings = [as_tex(title) for _, title in table['groups']]
            assert rows == [line for line in wanted if len(line) > 1 or line[0] not in headings]
            assert texts[0] == as_tex(table['title'])
            assert [as_tex(note) for note in table['notes']] == texts[-len(table['notes']) :] or (
                not table['notes']
            )
            seen += len(rows)
    assert seen > 150


def test_csv_has_every_number_whole(out, content):
    seen = 0
    for table in content['tables']:
        if not table['rows']:
            continue
        rows = rows_of_csv(out / 'tables' / f'{table["id"]}.csv')
        titles = [
            one['title'] or f'Column {number}' for number, one in enumerate(table['columns'], 1)
        ]
        for row, line in zip(table['rows'], rows, strict=True):
            for cell, title in zip(row, titles, strict=True):
                if isinstance(cell, dict) and 'href' in cell:
                    assert line[title] == cell['href']
                elif value(cell) is None:
                    assert line[title] == ('' if text(cell) == '–' else cell_text(cell))
                if value(cell) is None:
                    continue
                parts = {part: cell[part] for part in ('low', 'high', 'n') if part in cell}
                found = {part: float(line[f'{title}: {part}']) for part in parts}
                assert (float(line[title]), found) == (cell['value'], parts)
                seen += 1 + len(parts)
    assert seen > 900


def cell_text(cell):
    return cell['text'] if isinstance(cell, dict) else cell
