"""A machine of the cluster is asked for its device, once; this one may have another or none."""

import json
from dataclasses import replace

import pytest

from ukd_bench.cli.main import main
from ukd_bench.errors import ConfigError
from ukd_bench.records.execution import device_name
from ukd_bench.sweep.executors.devices import Devices
from ukd_bench.sweep.executors.slurm import SlurmExecutor, SlurmOptions

from ..sweep.conftest import SWEEP
from ..sweep.executors.made_up_jobs import CPU, resources

HERE = device_name('cpu')
NO_GPU = Devices('cuda', 'cuda', None, absence='device cuda: torch finds no CUDA device here')


@pytest.fixture
def given(tmp_path, monkeypatch):
    """What a sweep may use on a machine whose device is another."""
    monkeypatch.chdir(tmp_path)

    def make(devices=CPU, **options):
        asked = SlurmOptions(**{'time': 10, 'mem': '100', 'poll_s': 0.2, **options})
        return replace(resources(devices), folder=tmp_path / 'small', options=dict(slurm=asked))

    return make


def test_it_is_asked_once_for_each_choice_of_machines(given, cluster, tmp_path, capfd):
    unknown = SlurmExecutor.find_devices(given(), ask=False)
    assert unknown.name is None and unknown.absence and CPU.name != HERE
    with pytest.raises(ConfigError, match=r'^device cpu: no machine of the cluster has been asked'):
        unknown.require()
    for options in (dict(), dict(time=20, mem='200'), dict(nodelist='node2')):
        assert SlurmExecutor.find_devices(given(**options), ask=True).name == HERE
    assert SlurmExecutor.find_devices(given(), ask=False) == replace(CPU, name=HERE)
    # Time and memory have no say in which machine it is.
    assert capfd.readouterr().err.count('asking a machine of the cluster for its device') == 2
    known = json.loads((tmp_path / 'small' / 'slurm' / 'devices.json').read_text())
    assert [*known.values()] == [HERE, HERE]
    assert not list((tmp_path / 'small' / 'slurm').glob('device-*.json'))


def test_a_machine_without_a_gpu_says_so(given, cluster):
    with pytest.raises(ConfigError, match=r'torch finds no CUDA device.*\(in Slurm job \d+\)$'):
        SlurmExecutor.find_devices(given(NO_GPU), ask=True)


def test_a_job_that_tells_nothing_is_told_of(given, cluster):
    with pytest.raises(ConfigError, match=r'^no machine told its device: Slurm job .* status 7;'):
        SlurmExecutor.find_devices(given(setup=('exit 7',)), ask=True)


def test_one_gpu_by_its_number_is_refused(given):
    with pytest.raises(ConfigError, match=r'^--device cuda:1: the executor slurm takes cpu or'):
        SlurmExecutor.find_devices(given(replace(NO_GPU, asked='cuda:1')), ask=False)


def test_a_plan_asks_nobody(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / 'small.py').write_text(SWEEP)
    asked = []
    monkeypatch.setattr('ukd_bench.sweep.executors.slurm.commands.ask', lambda *a: asked.append(a))
    assert main(['sweep', 'small.py', '--executor', 'slurm', '--dry-run']) == 0
    told = capsys.readouterr()
    assert 'teacher' in told.out and not asked
    assert told.err.startswith('device cpu: no machine of the cluster has been asked for its name')
    assert [path.name for path in tmp_path.iterdir()] == ['small.py']
