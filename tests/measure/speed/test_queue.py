"""How long a sweep takes from one run to the next: what is timed, and how it is told."""

import json
import re
import statistics
from pathlib import Path

import pytest

from ukd_bench.measure.__main__ import main

ROOT = Path(__file__).parents[3]


def test_the_command_prints_a_table_and_writes_the_figures(tmp_path, capsys):
    out = tmp_path / 'figures.json'
    command = ['queue', '--finished', '1,3', '--ending', '2', '--mib', '0.001', '--blocks', '2']
    assert main([*command, '--json', str(out)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert 'end to next start, ms' in lines[0] and 'look at the start, ms' in lines[0]
    assert [line.split()[0] for line in lines[1:3]] == ['1', '3']
    content = json.loads(out.read_text())
    assert content['kind'] == 'queue' and content['environment']['device']['name']
    assert content['setting'] == {'finished': [1, 3], 'ending': 2, 'checkpoint_bytes': 1048}
    for finished in ('1', '3'):
        # An end with a start after it, in each of two blocks.
        assert [len(block) for block in content['gaps_s'][finished]] == [1, 1]
        assert all(gap > 0 for (gap,) in content['gaps_s'][finished])
        assert len(content['start_s'][finished]) == 2
    assert str(tmp_path) not in out.read_text()


def test_one_run_has_no_next(capsys):
    with pytest.raises(SystemExit):
        main(['queue', '--ending', '1'])
    assert "'1' is not a whole number of at least 2" in capsys.readouterr().err


def test_the_page_says_what_the_record_does():
    (told,) = re.findall(
        r'(\d+) ms with 10 finished runs beside them and (\d+) ms with 200',
        (ROOT / 'docs' / 'sweeps.md').read_text(),
    )
    record = json.loads((ROOT / 'results' / 'reference' / 'queue' / 'queue.json').read_text())
    assert record['setting']['checkpoint_bytes'] == 2**20
    for finished, ms in zip(('10', '200'), told, strict=True):
        gaps = [gap for block in record['gaps_s'][finished] for gap in block]
        assert f'{1000 * statistics.median(gaps):.0f}' == ms
