"""What runs of sweeps would take, from their plans, without videos, weights or a device."""

import ast
import shutil
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from mmengine.config import Config

from ukd_bench.cli.main import main
from ukd_bench.files.configs import configs_root
from ukd_bench.measure.memory import predict
from ukd_bench.measure.memory.predict import predict_run
from ukd_bench.measure.memory.rehearsal.teachers import Teachers
from ukd_bench.sweep.estimate.alike import memory_key
from ukd_bench.sweep.estimate.peaks import question
from ukd_bench.sweep.planner import make_plan
from ukd_bench.sweep.read_axes import read_axes
from ukd_bench.sweep.videos import sweep_data


@pytest.fixture(autouse=True)
def nothing_from_outside(monkeypatch):
    """Downloads and weights are none of a prediction's business."""

    def refused(*args, **kwargs):
        raise AssertionError(f'a prediction reads {args[:1]}')

    monkeypatch.setattr('torch.hub.load_state_dict_from_url', refused)
    monkeypatch.setattr('urllib.request.urlopen', refused)
    monkeypatch.setattr('torch.load', refused)


@pytest.fixture(scope='module')
def arid(dark_root, tmp_path_factory):
    """A folder that is laid out as ARID v1.0 is, with a few other videos in it."""
    root = tmp_path_factory.mktemp('arid') / 'videos'
    shutil.copytree(dark_root, root)
    (root / 'manifest.json').unlink()
    return root


def plan_of(name: str, device: str, root: Path | None = None, **changes):
    axes = replace(read_axes(configs_root() / 'sweeps' / f'{name}.py'), **changes)
    return make_plan(axes, sweep_data(axes.dataset, root), 'cafe', device, '/nowhere/pool.json')


def kinds_of(plan) -> dict[tuple, object]:
    """A run of each kind, by what a person calls it."""
    first = {memory_key(run, plan): run for run in reversed(plan.runs.values())}
    return {
        (run.spec.method, run.spec.num_teachers, run.spec.teacher or run.spec.student, key): run
        for key, run in first.items()
    }


def predicted(plan, run):
    """The prediction for a run, as another process is asked for it."""
    asked = question(run, plan)
    texts = [asked['config'], *asked['teachers']]
    config, *teachers = (Config(ast.literal_eval(text)) for text in texts)
    found = predict_run(config, asked['method'], asked['device'], teachers)
    assert found.error is None, found.error
    return found


def check(plan, kinds):
    for (method, *_), run in kinds.items():
        found = predicted(plan, run)
        phases = {'bank': {'fill'}, 'ensemble': {'eval'}}.get(method, {'train', 'eval'})
        assert {*found.phases} == phases
        assert (found.state_bytes is None) == (method in ('bank', 'ensemble'))
        for peak in found.phases.values():
            assert sum(peak.breakdown.values()) == peak.allocated_peak_bytes > 2**20
            if run.spec.device == 'cuda':
                assert peak.reserved_peak_bytes >= peak.allocated_peak_bytes
            else:
                assert peak.reserved_peak_bytes is None


def test_some_kinds_of_runs_of_the_quick_sweep():
    plan = plan_of('quick', 'cpu')
    wanted = {('bank', 1), ('ukd', 2), ('two_stream_rgb_flow', 0)}
    kinds = {}
    for name, run in kinds_of(plan).items():
        if name[:2] in wanted:
            kinds.setdefault(name[:2], run)
    assert {*kinds} >= {('ukd', 2), ('two_stream_rgb_flow', 0)}
    check(plan, kinds)


def test_stages_take_what_plain_training_takes():
    """Each reads the bank of one teacher, the later ones after the weights of the one before."""
    methods = ('plain', 'chain', 'precomputed')
    plan = plan_of('quick', 'cpu', methods=methods, choices=(), seeds=(0,))
    peaks = {
        (run.spec.method, run.spec.num_teachers): predicted(plan, run).phases['train']
        for run in plan.runs.values()
        if run.spec.method in methods and run.regime == 'pretrained'
    }
    assert {*peaks} >= {('plain', 0), ('chain', 1), ('chain', 2), ('chain', 4), ('precomputed', 4)}
    sizes = {name: peak.allocated_peak_bytes for name, peak in peaks.items()}
    assert max(sizes.values()) <= 1.001 * min(sizes.values()), sizes


@pytest.mark.exhaustive
@pytest.mark.parametrize('device', ['cpu', 'cuda'])
def test_all_kinds_of_runs_of_the_quick_sweep(device):
    plan = plan_of('quick', device)
    kinds = kinds_of(plan)
    assert len(kinds) > 15
    check(plan, kinds)


@pytest.mark.exhaustive
def test_all_kinds_of_runs_at_full_size(arid):
    plan = plan_of('arid_v1', 'cuda', arid)
    kinds = kinds_of(plan)
    assert len(kinds) > 80
    check(plan, kinds)


def test_a_bank_is_filled_once_for_all_runs_that_read_it(monkeypatch, tmp_path):
    filled, fill = [], Teachers.fill
    monkeypatch.setattr(Teachers, 'fill', lambda *args: filled.append(args[1]) or fill(*args))
    monkeypatch.setattr(predict, '_shared', lambda: SimpleNamespace(name=tmp_path))
    plan = plan_of('quick', 'cuda')
    wanted = [one for one in plan.runs.values() if one.spec.method == 'ukd']
    runs = [one for one in wanted if one.spec.num_teachers == 1][:2]
    one, other = (predicted(plan, run).phases['train'] for run in runs)
    assert one == other and one.breakdown['teachers'] == 0
    assert len(filled) == 1


@pytest.mark.slow
def test_a_plan_for_a_gpu_is_estimated_without_one(arid, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    narrow = ('--methods', 'plain', '--seeds', '0', '--backbones', 'slowonly-r50,tsm-r50')
    call = ('sweep', 'arid_v1', '--data-root', str(arid), *narrow)
    assert main([*call, '--dry-run', '--estimate', '--device', 'cuda']) == 0
    printed = capsys.readouterr().out
    rows = [line.split() for line in printed.splitlines() if 'GiB' in line]
    students = {row[2] for row in rows if row[1] == 'plain'}
    assert students == {'slowonly-r50', 'tsm-r50'}
    assert not [*tmp_path.iterdir()], 'nothing is made'
