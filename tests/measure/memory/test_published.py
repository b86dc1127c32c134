"""How far predictions were off, as published."""

import pytest

from tests.measure.memory.published import METHODS, NETWORKS, published, record, table


def test_the_page_has_the_table_of_the_records():
    assert published() == table()


@pytest.mark.parametrize('network', NETWORKS)
def test_every_row_was_measured_and_is_within_one_per_cent(network):
    found = record(network)
    assert found['environment']['git']['dirty'] is False
    measured = {
        (row['method'], row['num_teachers'], row['phase'], row.get('teacher')): row
        for row in found['rows']
        if not row['predicted']
    }
    rows = found['comparison']['rows']
    assert {row['method'] for row in rows} == {*METHODS} and len(rows) == len(measured)
    for row in rows:
        key = row['method'], row['num_teachers'], row['phase'], row.get('teacher')
        assert row['status'] == measured[key]['status'] == 'done'
        assert row['measured_bytes'] == measured[key]['allocated_peak_bytes']
        assert abs(row['allocated']) < 0.01
