"""A run's process: what it refuses, what it leaves alone, and what its end is called."""

import errno
import json
import os
import socket
import sys
from dataclasses import replace

import pytest
import torch
from mmengine.config import Config
from mmengine.registry import MODELS
from torch import nn

from ukd_bench.errors import ResultsError
from ukd_bench.files.hashes import digest, file_sha256
from ukd_bench.records.execution import environment, execution_fingerprint
from ukd_bench.records.folder import RunPaths
from ukd_bench.records.key import scientific
from ukd_bench.records.lease import Lease, Watch, find_lease, leased
from ukd_bench.records.record import read_record
from ukd_bench.records.sealed import write_sealed
from ukd_bench.records.spec import RunSpec
from ukd_bench.records.user_code import user_sources
from ukd_bench.runs import carry_out as module
from ukd_bench.runs.__main__ import main

TERABYTES = 1 << 50
CONFIG = "optim_wrapper = dict(type='OptimWrapper')\n"


def config_sha256(text: str) -> str:
    """What a plan notes of a config."""
    return digest(scientific(Config.fromstring(text, '.py').to_dict()))


def plan_with(paths, spec, text: str) -> None:
    """Leaves a config and a specification that fit each other."""
    paths.config.write_text(text)
    replace(spec, config_sha256=config_sha256(text)).write(paths.spec)


@MODELS.register_module()
class Enormous(nn.Module):
    """A network that no memory holds."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(TERABYTES))


@pytest.fixture
def trained(monkeypatch):
    """Stands for the training, and counts how often it took place."""
    times = []

    def train(paths, spec, memory, facts, *_):
        times.append(spec.key)
        for name in ('checkpoint', 'scores', 'curve'):
            getattr(paths, name).write_text(name)
            facts.hashes[name] = file_sha256(getattr(paths, name))
        facts.hashes['student_state'] = 'of weights'
        facts.metrics = dict(top1=0.5, top5=1.0, mean_class=0.5)

    monkeypatch.setattr(module, 'train_and_test', train)
    return times


@pytest.fixture
def spec():
    here = execution_fingerprint(environment('cpu', 1))
    return RunSpec(
        key='0123', execution=here, method='plain', student='slowonly-r18-w8', teacher=None,
        num_teachers=0, seed=3, split=1, epochs=2, full_epochs=2, view_seed=5, num_views=2,
        device='cpu', threads=1, parents=(), data_name='tiny', synthetic=True,
        config_sha256=config_sha256(CONFIG),
    )  # fmt: skip


@pytest.fixture
def paths(tmp_path, spec):
    paths = RunPaths(tmp_path / f'{spec.key}-{spec.execution}')
    spec.write(paths.spec)
    paths.config.write_text(CONFIG)
    return paths


def called(paths, capsys) -> tuple[int, str, str]:
    """Exit status, stdout and stderr of the run's command."""
    capsys.readouterr()
    return main([str(paths.root)]), *capsys.readouterr()


def state_in(paths) -> dict:
    return json.loads(paths.state.read_text())


def test_a_run_that_was_planned_otherwise_is_refused(paths, spec, trained, capsys):
    replace(spec, execution='cafe').write(paths.spec)
    status, _, complaint = called(paths, capsys)
    assert status == 2 and trained == [] and not paths.record.exists()
    assert complaint == (
        f'error: {paths.root}: the execution fingerprint is {spec.execution} here, not cafe: the '
        "suite's source, a version or the device is another since it was planned; call the sweep "
        'again\n'
    )
    assert state_in(paths)['status'] == 'failed'
    assert complaint == f'error: {state_in(paths)["error"]["message"]}\n'


def test_a_users_module_that_changed_since_is_refused(
    paths, spec, trained, capsys, tmp_path, monkeypatch
):
    monkeypatch.syspath_prepend(tmp_path)
    for name in ('my_rule', 'my_hook', 'my_views'):
        (tmp_path / f'{name}.py').write_text('VALUE = 1\n')
    named = [dict(type=f'{name}.Thing') for name in ('my_rule', 'my_hook', 'my_views')]
    replace(spec, sources=user_sources(named)).write(paths.spec)
    assert RunSpec.read(paths.spec).sources.keys() == {'my_rule', 'my_hook', 'my_views'}
    (tmp_path / 'my_rule.py').write_text('VALUE = 2\n')
    (tmp_path / 'my_hook.py').unlink()
    # Python finds files by what it has seen of a folder.
    sys.path_importer_cache.clear()
    status, _, complaint = called(paths, capsys)
    assert status == 2 and trained == [] and state_in(paths)['status'] == 'failed'
    changed = 'my_hook, my_rule changed since it was planned; call the sweep again'
    assert complaint == f'error: {paths.root}: {changed}\n'


def test_files_that_are_not_the_planned_ones_are_refused(paths, spec, trained, capsys):
    paths.config.write_text(CONFIG + 'randomness = dict(seed=99)\n')
    status, _, complaint = called(paths, capsys)
    assert status == 2 and trained == [] and state_in(paths)['status'] == 'failed'
    assert complaint == (
        f'error: {paths.config}: is not the config that was planned; call the sweep again, which '
        'writes both anew\n'
    )
    plan_with(paths, spec, CONFIG + 'randomness = dict(seed=99)\n')
    status, _, complaint = called(paths, capsys)
    assert status == 2 and trained == [] and not paths.record.exists()
    assert complaint.startswith(f'error: {paths.spec}: seed is 3, but 99 in config.py; call the')


def test_a_finished_run_is_left_as_it_is(paths, trained, capsys):
    assert called(paths, capsys)[0] == 0 and trained == ['0123']
    record = paths.record.read_bytes()
    # As after a kill between the record and the state.
    paths.state.write_text('{"status": "running"}')
    status, text, complaint = called(paths, capsys)
    assert (status, complaint) == (0, '') and 'is done already' in text and text.count('\n') == 1
    assert trained == ['0123'] and paths.record.read_bytes() == record
    assert state_in(paths)['status'] == 'done'
    assert find_lease(paths).is_released


def test_a_record_that_cannot_be_read_for_now_is_not_trained_over(
    paths, trained, capsys, monkeypatch
):
    assert called(paths, capsys)[0] == 0
    record = paths.record.read_bytes()

    def read(path):
        raise ResultsError(f'{path}: cannot be read (Stale file handle)') from OSError(
            errno.ESTALE, 'Stale file handle'
        )

    monkeypatch.setattr(module, 'read_record', read)
    status, _, complaint = called(paths, capsys)
    assert status == 2 and trained == ['0123'] and 'Stale file handle' in complaint
    assert paths.record.read_bytes() == record


@pytest.mark.parametrize('harm', ['weights', 'scores', 'key', 'execution', 'record'])
def test_one_that_lost_a_part_or_is_another_is_carried_out(harm, paths, spec, trained, capsys):
    assert called(paths, capsys)[0] == 0
    if harm == 'weights':
        paths.checkpoint.write_text('damaged')
    elif harm == 'scores':
        paths.scores.unlink()
    elif harm == 'record':
        paths.record.write_text('{')
    else:
        record = json.loads(paths.record.read_text())
        write_sealed(paths.record, record | {harm: 'of another'})
    assert called(paths, capsys)[0] == 0 and len(trained) == 2


def test_a_second_process_is_refused(paths, trained, capsys):
    with leased(paths, patient=True):
        status, _, complaint = called(paths, capsys)
    assert status == 2 and trained == [] and not paths.state.exists()
    who = f'process {os.getpid()} on {socket.gethostname()}'
    assert complaint == f'error: {paths.root}: {who} carries this run out\n'


def test_a_run_holds_its_folder_until_it_ends(paths, monkeypatch, capsys):
    def train(*_):
        assert not Lease(paths).take(Watch())
        assert state_in(paths)['status'] == 'running' and state_in(paths)['born']
        raise KeyboardInterrupt

    monkeypatch.setattr(module, 'train_and_test', train)
    assert called(paths, capsys)[0] == 130
    assert state_in(paths)['status'] == 'interrupted' and Lease(paths).take(Watch())


@pytest.mark.parametrize('end', [KeyboardInterrupt, FileNotFoundError(2, 'cleared by the other')])
def test_who_has_lost_the_folder_says_nothing_in_it(end, paths, monkeypatch, capsys):
    def train(*_):
        (paths.leases / '2').write_text('{"host": "elsewhere"}')
        paths.state.write_text('{"status": "running", "host": "elsewhere"}')
        raise end

    monkeypatch.setattr(module, 'train_and_test', train)
    assert called(paths, capsys)[0] in (130, 2)
    assert state_in(paths) == dict(status='running', host='elsewhere')


def test_a_run_that_cannot_begin_has_failed(paths, trained, capsys, monkeypatch):
    monkeypatch.setenv('WORLD_SIZE', '2')
    status, _, complaint = called(paths, capsys)
    assert status == 2 and trained == [] and complaint.startswith('error: WORLD_SIZE = 2: a run')
    assert state_in(paths)['status'] == 'failed'
    assert complaint == f'error: {state_in(paths)["error"]["message"]}\n'


@pytest.mark.parametrize('name', ['environment', 'scientific', 'make_record', 'write_record'])
def test_a_run_whose_record_cannot_be_made_has_failed(name, paths, trained, capsys, monkeypatch):
    def fail(*_):
        # The first check needs it, too.
        if trained:
            raise ResultsError('record.json: cannot be written (No space left on device)')
        return environment(*_)

    monkeypatch.setattr(module, name, fail)
    status, _, complaint = called(paths, capsys)
    assert status == 2 and trained == ['0123'] and not paths.record.exists()
    assert complaint == 'error: record.json: cannot be written (No space left on device)\n'
    assert state_in(paths)['status'] == 'failed'
    assert state_in(paths)['error'] == dict(type='ResultsError', message=complaint[7:-1])


def test_what_is_carried_out_is_read_while_the_folder_is_held(paths, trained, capsys, monkeypatch):
    read = RunSpec.read

    def noticed(path):
        assert not Lease(paths).take(Watch())
        return read(path)

    monkeypatch.setattr(RunSpec, 'read', noticed)
    assert called(paths, capsys)[0] == 0 and trained == ['0123']


def test_what_holds_no_run_is_left_as_it_was(paths, tmp_path, capsys):
    absent = RunPaths(tmp_path / 'absent' / 'run')
    status, _, complaint = called(absent, capsys)
    assert status == 2 and complaint == f'error: {absent.root}: no such folder of a run\n'
    assert not absent.root.parent.exists()
    paths.spec.unlink()
    assert called(paths, capsys)[0] == 2
    assert [path.name for path in paths.root.iterdir()] == ['config.py']


def test_a_network_that_no_memory_holds_is_out_of_memory(paths, spec, runner_config, capsys):
    config = runner_config()
    config.model = dict(type='Enormous')
    for name in ('work_dir', 'experiment_name'):
        config.pop(name)
    config.experiment_name = 'enormous'
    plan_with(paths, spec, config.pretty_text)
    status, _, complaint = called(paths, capsys)
    assert status == 3, complaint
    record = json.loads(paths.record.read_text())
    assert record['status'] == 'oom' and 'DefaultCPUAllocator' in record['error']['message']
    # It is a result: nothing is tried again.
    assert called(paths, capsys)[1].endswith('is carried out again\n')


def test_a_mistake_in_a_config_is_not_out_of_memory(paths, spec, runner_config, capsys):
    config = runner_config()
    config.model = dict(type='Enormous', width=3)
    plan_with(paths, spec, config.pretty_text)
    status, _, complaint = called(paths, capsys)
    assert status == 2 and "unexpected keyword argument 'width'" in complaint
    assert not paths.record.exists()


def test_a_record_says_that_the_gpu_was_shared(paths, spec, trained, capsys, monkeypatch):
    monkeypatch.setattr(module, 'prepare_process', lambda _: torch.device('cpu'))
    monkeypatch.setattr(module, 'environment', lambda _, *more: environment('cpu', *more))
    monkeypatch.setenv('UKD_BENCH_RUNS_PER_GPU', '3')
    # There is nothing to share on the CPU.
    assert called(paths, capsys)[0] == 0
    assert 'runs_per_gpu' not in read_record(paths.record)['environment']
    paths.record.unlink()
    replace(spec, device='cuda').write(paths.spec)
    assert called(paths, capsys)[0] == 0
    record = read_record(paths.record)
    assert record['environment']['runs_per_gpu'] == 3
    # Neither of what tells runs apart has it.
    assert (record['key'], record['execution']) == (spec.key, spec.execution)

    paths.record.unlink()
    monkeypatch.setenv('UKD_BENCH_RUNS_PER_GPU', 'many')
    status, _, complaint = called(paths, capsys)
    assert status == 2 and len(trained) == 2
    assert complaint == "error: UKD_BENCH_RUNS_PER_GPU = 'many' is no number of runs\n"
