"""``report.json`` is what pages and tables are written of, and nothing else."""

import csv
import json
import re

import pytest

from ukd_bench.report.content import plain, written
from ukd_bench.report.figures.svg import Drawing
from ukd_bench.report.page import write_pages
from ukd_bench.report.take_away import csv_text, latex, latex_text
from ukd_bench.results.formatting import Written

from . import golden


@pytest.fixture(scope='module')
def page(tmp_path_factory):
    folder = tmp_path_factory.mktemp('page')
    golden.write(folder)
    return folder / 'out'


@pytest.fixture(scope='module')
def content(page):
    return json.loads((page / 'report.json').read_text())


def test_pages_can_be_written_of_the_file_alone(page, content, tmp_path):
    names = [one['name'] for one in content['figures']]
    names += [table['figure']['name'] for table in content['tables'] if table['figure']]
    drawings = [
        Drawing(name, '', (page / 'figures' / f'{name}.svg').read_text(), b'') for name in names
    ]
    again = written(content)
    for made in write_pages(again, drawings, tmp_path):
        assert made.read_bytes() == (page / made.name).read_bytes()
    assert plain(again) == content


def test_figures_have_units_and_the_points_that_they_draw(content):
    tables = {table['id']: table for table in content['tables']}
    memory = tables['memory']
    units = {cell['unit'] for row in memory['rows'] for cell in row[2:] if 'unit' in cell}
    assert units == {'MiB'}
    accuracy = next(one for one in content['figures'] if one['name'].startswith('accuracy'))
    assert {'method', 'k', 'top1', 'top1_half'} <= accuracy['points'][0].keys()
    finding = content['verdicts'][0]['findings'][0]
    peak = next(one['value'] for one in finding['figures'] if 'peak' in one['name'])
    assert peak['unit'] == 'MiB' and f'{peak["value"]:,.1f} MiB' == peak['text']


def test_words_after_a_figure_leave_it():
    figure = Written('1.5', 1.5, 'MiB', 1, 2, 3) + ' MiB'
    assert (figure, figure.value, figure.unit, figure.low, figure.n) == (
        '1.5 MiB',
        1.5,
        'MiB',
        1,
        3,
    )


HOSTILE = r'a\b{c}$\frac{1}{2}$ & 50 % #1 x_y ^~ <script> "q" `t` | é'


def test_hostile_text_is_text():
    shown = latex(HOSTILE)
    # What is left of TeX's own signs is ours.
    bare = re.sub(r'\\[a-z]+\{\}|\\[{}$&#%_]', '', shown)
    assert not re.search(r'[\\{}$&#%_^~<>"|`]', bare) and 'é' in bare
    table = dict(
        id='it', title=HOSTILE, groups=[], notes=[HOSTILE], rows=[[HOSTILE, 'a,"b"\nc']],
        columns=[dict(title='One', text=True), dict(title='', text=True)],
    )  # fmt: skip
    assert latex_text(table).count(shown) == 3
    (row,) = csv.DictReader(csv_text(table).splitlines(keepends=True))
    assert row == {'One': HOSTILE, 'Column 2': 'a,"b"\nc'}
