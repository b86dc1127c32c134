"""What sweeps took against their estimates: the records, and the page that tells of them."""

import pytest

from ukd_bench.files.atomic import read_json

from .cost import BLOCK, FOLDER, PAGE, table, totals

RECORDS = sorted(FOLDER.glob('*.json'))


def test_the_page_has_what_the_records_tell():
    assert RECORDS
    assert BLOCK.search(PAGE.read_text())[2] == table()


@pytest.mark.parametrize('path', RECORDS, ids=lambda path: path.stem)
def test_every_run_that_was_estimated_was_carried_out(path):
    record = read_json(path)
    taken = record['taken']
    assert taken['absent'] == [] and taken['runs'].keys() == record['expected']['runs'].keys()
    assert {run['status'] for run in taken['runs'].values()} == {'done'}
    assert taken['jobs'] == record['expected']['jobs']
    # No run can take longer than the whole, nor all of them more than the whole at each place.
    whole = taken['whole_s']
    assert all(run['seconds'] <= whole for run in taken['runs'].values())
    assert 3600 * totals(record)['core-hours'][1] <= whole * taken['jobs']
