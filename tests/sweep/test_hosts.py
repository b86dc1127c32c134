"""Runs whose videos, cache and results lie elsewhere than where they were planned."""

import json
import os

import pytest

from ukd_bench.files.hosts import VARIABLE, told_of

from .. import warm
from .conftest import SWEEP

pytestmark = pytest.mark.slow


@pytest.fixture
def prepared(empty_sweep, tmp_path_factory):
    """A sweep that was prepared in a folder which has another name by now, and its commands."""
    here = empty_sweep.folder
    there = tmp_path_factory.mktemp('host') / 'there'
    hosts = {'*': {str(here): str(there)}}
    text = SWEEP.replace("'teacher', 'ensemble',", '').replace('[1, 2]', '[1]')
    (here / 'small.py').write_text(f'{text}\nhosts = {hosts}\n')
    options = ('--methods', 'ukd', '--data-root', str(here / 'videos'))
    done = empty_sweep.call(*options, '--results', str(here / 'results'), '--prepare')
    assert done.returncode == 0, done.stdout + done.stderr
    lines = (empty_sweep.results / 'commands.jsonl').read_text().splitlines()
    os.rename(here, there)
    # Whoever works here finds nothing.
    here.mkdir()
    return there, [json.loads(line) for line in lines]


def carry_out(command: dict, there, **variables: str):
    module = command['command'][command['command'].index('-m') + 1 :]
    told = command['variables'] | variables
    return warm.run_module(*module, cwd=there, env=told)


def test_runs_find_all_they_read_on_another_host(prepared, tmp_path):
    there, commands = prepared
    assert len(commands) == 3
    # A host that no pattern names has the paths of the one that planned.
    elsewhere = told_of({'nowhere': {str(tmp_path): str(there)}})
    done = carry_out(commands[0], there, **elsewhere)
    assert done.returncode == 2 and 'no such folder of a run' in done.stderr

    for command in commands:
        assert command['variables'][VARIABLE]
        done = carry_out(command, there)
        assert done.returncode == 0, done.stdout + done.stderr
        folder = there / 'results' / 'small' / os.path.basename(command['folder'])
        record = (folder / 'record.json').read_text()
        assert json.loads(record)['status'] == 'done'
        assert str(there) not in record and str(tmp_path) not in record
    assert not any(tmp_path.iterdir())
