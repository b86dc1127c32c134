"""A sweep's own methods in tables, figures and the list of methods."""

import re

import pytest

from ukd_bench.report.page import write_report

END = 'r2plus1d-r18-w8'
OWN = dict(
    name='top',
    hook='my_methods.TopHook',
    reads='banks',
    title='top-class UKD',
    sentence='UKD from the best classes.',
    count_meaning='has that many best classes',
)
FLAT = dict(
    name='sharp',
    hook='my_methods.SharpHook',
    title='sharpened',
    sentence='plain with sharper targets.',
    unmeasured='nobody looked.',
)


@pytest.fixture
def report(made_up, tmp_path):
    made = made_up.MadeUpSweep(seeds=(0,))
    made.methods = [OWN, FLAT]
    made.add_own_method('top', END)
    made.add('sharp', f'sharp-{END}-0', seed=0, top1=0.6, train_mib=None)
    return write_report(made.write(tmp_path / 'results'), tmp_path / 'out')


def test_they_stand_in_tables_under_their_titles(report):
    text = report.markdown.read_text()
    for table in ('Accuracy', 'Likeness to the teachers', 'Peak memory', 'Time and size'):
        part = text.split(f'\n## {table}\n')[1].split('\n## ')[0]
        assert [part.count(f'| Top-class UKD | {k} |') for k in (1, 2, 4)] == [1, 1, 1], table
        assert part.count('| Sharpened | – |') == (table != 'Likeness to the teachers'), table
    slopes = text.split('\n## Memory a teacher adds\n')[1].split('\n## ')[0]
    assert '| Top-class UKD | 1, 2 and 4 |' in slopes and 'Sharpened' not in slopes
    assert '- **Top-class UKD**: UKD from the best classes.' in text
    assert '“Top-class UKD” has that many best classes.' in text
    assert 'Sharpened: nobody looked.' in text


def test_they_are_drawn_in_looks_of_their_own(report):
    figures = report.index.parent / 'figures'
    accuracy = (figures / 'accuracy.svg').read_text()
    ends = dict(re.findall(r'fill: (#\w{6})[^>]*>(Top-class UKD|Sharpened|UKD|Plain)<', accuracy))
    colours = {name: colour for colour, name in ends.items()}
    assert set(colours) == {'Top-class UKD', 'Sharpened', 'UKD', 'Plain'}
    assert len(set(colours.values())) == 4
    for name in ('memory', 'tradeoff', 'classes'):
        assert 'Top-class UKD' in (figures / f'{name}.svg').read_text(), name
    assert 'Top-class UKD' in report.index.read_text()
