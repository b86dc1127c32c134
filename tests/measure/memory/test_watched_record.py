"""What counting in some steps misses, as published."""

import json

from ukd_bench.files.configs import configs_root

ROOT = configs_root().parent


def test_the_page_tells_what_the_record_holds():
    rows = json.loads((ROOT / 'results/reference/watched/watched.json').read_text())['rows']
    gaps = [abs(row['every_step_bytes'] - row['some_steps_bytes']) for row in rows]
    unequal = [row for row, gap in zip(rows, gaps, strict=True) if gap]
    assert {row['phase'] for row in unequal} == {'train'}
    page = ' '.join((ROOT / 'docs/ARCHITECTURE.md').read_text().split())
    assert f'[{gaps.count(0)} of {len(rows)} peaks are equal]' in page
    assert f'differ by at most {max(gaps)} bytes of 26.5 million' in page
    assert all(
        26.4e6 < row['every_step_bytes'] < 26.6e6 for row in unequal if row['method'] == 'ukd'
    )
