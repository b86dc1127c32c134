"""Runs made ready for another scheduler, and the file that tells it of them."""

import json
from pathlib import Path

import pytest

from ukd_bench.errors import ConfigError
from ukd_bench.knowledge.pool import read_pool
from ukd_bench.records.lease import leased
from ukd_bench.sweep.asked import Caller, SweepOptions
from ukd_bench.sweep.commands_file import write_commands
from ukd_bench.sweep.place import Places
from ukd_bench.sweep.run import SweepRun

from .left_runs import finish, state_of
from .planned import planned, run_of


@pytest.fixture
def state(tmp_path):
    return state_of(tmp_path / 'results', planned(methods=('ukd', 'plain'), num_teachers=(1, 2)))


def commands(state) -> list[dict]:
    return [json.loads(line) for line in state.paths.commands.read_text().splitlines()]


def test_every_run_is_ready_and_comes_after_what_it_needs(state):
    said = []
    assert write_commands(state, Places(), said.append) == len(state.plan.runs) and said == []
    seen = set()
    for told in commands(state):
        run = state.plan.runs[told['key']]
        paths = state.own_folder(run)
        assert told['after'] == [*run.spec.parents] and seen.issuperset(told['after'])
        seen.add(told['key'])
        assert told['folder'] == str(paths.root) and told['log'] == str(paths.log)
        assert told['command'][-3:] == ['-m', 'ukd_bench.runs', str(paths.root)]
        assert told['variables']['OMP_NUM_THREADS'] == '1' and told['label'] == run.label
        assert paths.spec.is_file() and paths.config.is_file()
    assert seen == {*state.plan.runs}
    # What a student reads is told, though it is not there yet.
    pool = read_pool(state.own_folder(run_of(state.plan, 'ukd', 2)).pool)
    assert len(pool) == 2 and not any(one.bank.exists() for one in pool)


def test_what_is_finished_is_left_out_and_needs_nothing(state):
    for run in state.plan.pool[0][1:]:
        finish(state, run, run.spec.key)
    state.refresh()
    write_commands(state, Places(), print)
    told = {one['key']: one for one in commands(state)}
    one, two = run_of(state.plan, 'ukd', 1), run_of(state.plan, 'ukd', 2)
    assert len(told) == len(state.plan.runs) - 2
    assert told[one.spec.key]['after'] == []
    assert told[two.spec.key]['after'] == [two.spec.parents[1]]


def test_what_a_process_carries_out_is_told_and_left_alone(state):
    paths = state.own_folder(run_of(state.plan, 'plain'))
    paths.root.mkdir(parents=True)
    said = []
    with leased(paths):
        write_commands(state, Places(), said.append)
    assert len(said) == 1 and 'carries this run out' in said[0]
    assert [path.name for path in paths.root.iterdir()] == ['.lease']
    assert Path(commands(state)[-1]['folder']).name.endswith('-cafe')


def test_a_device_that_is_not_here_is_refused_before_anything_is_made(tmp_path, monkeypatch):
    # Runs would be planned for an unknown device, and each would be refused where it is started.
    monkeypatch.chdir(tmp_path)
    sweep = SweepRun(SweepOptions(device='cuda', results=tmp_path / 'results'))
    caller = Caller('0' * 64, lambda: None, lambda name: None, print)
    monkeypatch.setattr('torch.cuda.is_available', lambda: False)
    with pytest.raises(ConfigError, match='device cuda'):
        sweep.prepare(caller)
    assert not any(tmp_path.iterdir())
