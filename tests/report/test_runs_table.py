"""Every run, with how it ended and where its record lies."""

from pathlib import Path

from ukd_bench.report.tables.runs import every_run, place_of_results, runs_table
from ukd_bench.results.formatting import Linked
from ukd_bench.results.load import load_sweep


def test_ends_are_counted_by_method(made_up, tmp_path):
    made = made_up.MadeUpSweep()
    made.lose('naive4-r2plus1d-r18-w8-2', 'failed', 'RuntimeError: no')
    made.lose('naive4-r2plus1d-r18-w8-1', 'interrupted', None)
    made.records['naive2-r2plus1d-r18-w8-0'].update(
        status='oom', error=dict(type='OutOfMemoryError', message='2 GiB')
    )
    table = runs_table(load_sweep(made.write(tmp_path)))
    rows = {row[0]: row[1:] for row in table.rows}
    assert rows['Naive'] == ('9', '6', '1', '0', '1', '1')
    assert rows['Plain'] == ('3', '3', '0', '0', '0', '0')
    assert '1 oom' in table.lead and '1 failed' in table.lead


def test_each_run_leads_to_its_record_and_to_a_log_that_is_there(made_up, tmp_path):
    results = made_up.MadeUpSweep(seeds=(0,)).write(tmp_path / 'results' / 'a b')
    (results / 'plain-r2plus1d-r18-w8-0-cafe' / 'log.txt').write_text('')
    place = place_of_results(results, tmp_path / 'reports' / 'x')
    assert place == '../../results/a%20b'
    rows = every_run(load_sweep(results), place).rows
    links = {row[-2]: row[-2:] for row in rows}
    record, log = links['plain-r2plus1d-r18-w8-0']
    assert isinstance(record, Linked)
    assert record.href == f'{place}/plain-r2plus1d-r18-w8-0-cafe/record.json'
    assert log.href == f'{place}/plain-r2plus1d-r18-w8-0-cafe/log.txt'
    assert links['ukd1-r2plus1d-r18-w8-0'][1] == '–'


def test_no_link_names_a_folder_of_this_machine(made_up, tmp_path):
    assert place_of_results(Path('/a/results'), Path('/b/out')) is None
    sweep = load_sweep(made_up.MadeUpSweep(seeds=(0,)).write(tmp_path))
    assert not any(isinstance(cell, Linked) for row in every_run(sweep, None).rows for cell in row)


def test_a_run_without_a_record_is_there_without_a_link(made_up, tmp_path):
    made = made_up.MadeUpSweep(seeds=(0,))
    made.lose('plain-r2plus1d-r18-w8-0', 'failed', 'no')
    rows = every_run(load_sweep(made.write(tmp_path)), 'x').rows
    (lost,) = (row for row in rows if row[-2] == 'plain-r2plus1d-r18-w8-0')
    assert not isinstance(lost[-2], Linked) and 'failed' in lost
