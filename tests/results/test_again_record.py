"""The record of runs of the reference that were made anew."""

import json

from tests.results.again import ROOT, options
from ukd_bench.results.loading import load_sweep

REFERENCE = ROOT / 'results' / 'reference'


def test_runs_that_nobody_chose_gave_what_was_published():
    found = json.loads((REFERENCE / 'again' / 'darkroom.json').read_text())
    assert found['sweep'] == 'darkroom' and len(found['made']) == 3
    assert all(row['status'] == 0 and row['differing'] == [] for row in found['made'])
    runs = {run.key: run for run in load_sweep(REFERENCE / 'darkroom').done}
    for row in found['made']:
        # What it needs was made with it.
        assert row['runs'] > len(runs[row['key']].parents)
        assert row['options'] == options(runs[row['key']])
    number = sum(row['runs'] for row in found['made'])
    page = (ROOT / 'docs' / 'FINDINGS.md').read_text().replace('\n', ' ')
    assert f'in all {number} runs' in page
