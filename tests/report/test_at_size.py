"""Reports of many runs: what they take, and what is left out of them."""

import json

import pytest

from ukd_bench.files.configs import configs_root
from ukd_bench.report.page import write_report

from ..results.made_up import MadeUpSweep
from . import at_size
from .browser import CHROMIUM

RECORD = configs_root().parent / 'results' / 'reference' / 'report-size' / 'report-size.json'
GIB = 1024**3


@pytest.mark.slow
def test_a_report_is_measured_in_a_process_of_its_own(tmp_path):
    found = at_size.measure(tmp_path, **at_size.SMALL)
    assert found['setting']['runs'] == 9 + 2 * 2 * len(at_size.ROWS)
    assert 0 < found['report_s'] < found['process_s']
    assert found['page_bytes'] == (tmp_path / 'out' / 'index.html').stat().st_size
    # Python with pandas and matplotlib alone takes more than a hundred.
    assert 100 * 1024**2 < found['process_peak_bytes'] < GIB
    report = json.loads((tmp_path / 'out' / 'report.json').read_text())
    if CHROMIUM:
        assert found['browser']['frames'] > 50
        assert 0 < found['browser']['frame_median_s'] <= found['browser']['frame_slowest_s']
    assert report['sweep']['done'] == report['sweep']['planned'] == found['setting']['runs']


@pytest.mark.skipif(not RECORD.exists(), reason='no record is published')
def test_two_thousand_runs_take_seconds_and_a_page_that_can_be_sent():
    found = json.loads(RECORD.read_text())
    assert found['kind'] == 'report_size' and found['setting']['runs'] >= 2000
    assert found['environment']['cores'] <= 2 and found['report_s'] < 20
    assert found['process_peak_bytes'] < GIB and found['page_bytes'] < 5 * 1024**2
    # As many frames as a common screen shows, and none that is seen to be missing.
    assert found['browser']['frame_median_s'] < 0.02 and found['browser']['frame_slowest_s'] < 0.1


@pytest.fixture(scope='module')
def many(tmp_path_factory):
    names = tuple(f'backbone{letter}-r18' for letter in 'abcdef')
    return MadeUpSweep(seeds=(0,), students=names).write(tmp_path_factory.mktemp('many') / 'it')


@pytest.mark.parametrize(('most', 'drawn'), [(None, 2), (0, 0), (3, 3)])
def test_the_first_backbones_are_drawn_and_the_others_named(many, tmp_path, most, drawn):
    page = write_report(many, tmp_path, most_drawn=most)
    content = json.loads((tmp_path / 'report.json').read_text())
    figures = [one['name'] for one in content['figures'] if one['name'].startswith('accuracy-')]
    assert figures == [f'accuracy-{number}' for number in range(1, drawn + 1)]
    told = content['figures_left_out']
    names = [f'backbone{letter}-r18' for letter in 'abcdef']
    assert [name for name in names if name in told] == names[drawn:] and '--figures 6' in told
    assert told in page.index.read_text()
    assert told in page.markdown.read_text().replace('\\', '')
    # The tables have all.
    (accuracy,) = (one for one in content['tables'] if one['id'] == 'accuracy')
    assert [title for _, title in accuracy['groups']] == names


def test_nothing_is_said_where_all_are_drawn(many, tmp_path):
    write_report(many, tmp_path, most_drawn=6)
    content = json.loads((tmp_path / 'report.json').read_text())
    assert content['figures_left_out'] == ''
    assert {'accuracy-6', 'loss-6'} <= {one['name'] for one in content['figures']}
