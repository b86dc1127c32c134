"""How far predictions were off, as published."""

import json

import pytest

from tests.measure.memory.published import (
    GPU_BEGINS,
    GPU_ENDS,
    GPU_RECORDS,
    METHODS,
    NETWORKS,
    PAGE,
    gpu_table,
    published,
    record,
    table,
)


def test_the_page_has_the_table_of_the_records():
    assert published() == table()
    assert published(GPU_BEGINS, GPU_ENDS) == gpu_table()


def test_on_a_gpu_peaks_are_within_five_per_cent_and_ukd_takes_what_plain_takes():
    found = json.loads((GPU_RECORDS / 'fitted' / 'r2plus1d-r34.json').read_text())
    assert found['environment']['device']['kind'] == 'cuda' and found['environment']['driver']
    peaks = {}
    for row in (row for row in found['rows'] if not row['predicted']):
        assert row['status'] == 'done'
        peaks[row['method'], row['num_teachers'], row['phase']] = row['allocated_peak_bytes']
    for row in found['comparison']['rows']:
        assert abs(row['allocated']) < 0.05
    counts = [k for method, k, phase in peaks if (method, phase) == ('ukd', 'train')]
    assert len(counts) == 3
    for k in counts:
        # The page says to how many digits.
        multiple = peaks['ukd', k, 'train'] / peaks['plain', 0, 'train']
        assert f'took {multiple:.6f} of what `plain` took' in PAGE.read_text()
        assert multiple <= 1.01 < peaks['naive', k, 'train'] / peaks['plain', 0, 'train']


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


def test_what_was_predicted_before_stands_beside_the_fit():
    before, fitted = (
        json.loads((GPU_RECORDS / folder / 'r2plus1d-r34.json').read_text())
        for folder in ('', 'fitted')
    )
    measured = [[row for row in one['rows'] if not row['predicted']] for one in (before, fitted)]
    assert measured[0] == measured[1]
    told = PAGE.read_text().replace('\n', ' ')
    low = {
        phase: [-100 * row['allocated'] for row in before['comparison']['rows'] if chosen(row)]
        for phase, chosen in (
            ('train', lambda row: row['phase'] == 'train'),
            ('eval', lambda row: row['phase'] == 'eval'),
            ('fill', lambda row: row['phase'] == 'fill'),
        )
    }
    assert f'by up to {max(low["train"]):.1f} % for trainings' in told
    assert f'by {min(low["eval"]):.1f} to {max(low["eval"]):.1f} % for tests' in told
    assert f'{low["fill"][0]:.1f} % for the fill' in told
    worst = [
        max(abs(row['reserved']) for row in one['comparison']['rows'] if row['phase'] == 'train')
        for one in (before, fitted)
    ]
    assert f'{100 * worst[0]:.1f} % at most without the rules' in told
    assert f'up to {100 * worst[1]:.1f} % with them' in told
    bounds = {
        (row['method'], row['num_teachers'], row['phase']): row
        for row in before['rows']
        if row['predicted']
    }
    for row in measured[0]:
        foretold = bounds[row['method'], row['num_teachers'], row['phase']]
        bound = foretold['allocated_peak_bytes'] + foretold['workspace_bound_bytes']
        assert row['allocated_peak_bytes'] <= bound
    beside = [row['process_peak_bytes'] - row['reserved_peak_bytes'] for row in measured[0]]
    assert f'took {min(beside) / 2**20:.0f} to {max(beside) / 2**20:.0f} MiB' in told
