"""What a sweep tells of itself, and what its runs do, for those who follow it."""

import json

import pytest

from ukd_bench.cli.main import main
from ukd_bench.files.atomic import write_json
from ukd_bench.records.process import is_gone, this_process
from ukd_bench.results.status import Follower
from ukd_bench.sweep.under_way import under_way


def test_a_sweep_tells_that_it_works_and_that_it_has_ended(tmp_path):
    path = tmp_path / 'state.json'
    with pytest.raises(KeyboardInterrupt), under_way(path, jobs=3):
        told = json.loads(path.read_text())
        assert told['jobs'] == 3 and told['finished'] is None
        assert {*this_process().items()} <= {*told.items()} and not is_gone(told)
        raise KeyboardInterrupt
    ended = json.loads(path.read_text())
    assert ended['finished'] >= ended['started'] == told['started']


@pytest.mark.slow
def test_the_status_of_a_finished_sweep(finished_sweep, capsys):
    assert main(['status', str(finished_sweep.results), '--json']) == 0
    told = json.loads(capsys.readouterr().out)
    assert told['state'] == 'finished' and told['jobs'] >= 1 and told['elapsed_s'] > 0
    assert told['counts']['done'] == len(told['runs']) == len(finished_sweep.records())
    assert all(run['wall_s'] > 0 for run in told['runs'])


@pytest.mark.slow
def test_what_is_left_of_a_sweep_that_lost_some_runs(finished_sweep, tmp_path):
    sweep = finished_sweep.copy_to(tmp_path)
    bank = sweep.record('bank', teacher='i3d-gamma1.8')
    folder = sweep.run_folder(bank)
    (folder / 'record.json').unlink()
    write_json(folder / 'state.json', dict(status='failed', error='killed'))
    status = Follower(sweep.results).look()
    assert status.state == 'stopped' and [run.key for run in status.errors] == [bank['key']]
    # What has a result already waits on nothing.
    assert status.waiting == []
    assert status.left.by_work == 1 and 0 < status.left.seconds < 100
