"""A sweep whose networks start from a pretraining, with wrong labels in one of its two regimes."""

import json
from pathlib import Path

import pytest

from ukd_bench.cli.main import main
from ukd_bench.knowledge.pool import read_pool
from ukd_bench.results.loading import load_sweep

from .conftest import SWEEP, Sweep, call_sweep, shared
from .planned import BRIGHT

pytestmark = pytest.mark.slow

REGIMES = f"""
teachers = teachers[:1]
methods = ['plain', 'ukd', 'naive']
num_teachers = [1]
_start = dict(
    dataset=dict(name='bright', darkroom=dict(preset='tiny', seed=5, bright=True)),
    config='{BRIGHT.config}',
    epochs=2,
)
_fixed = dict(mean=[81, 77, 76], std=[42, 40, 38])
regimes = [
    dict(name='clean', start=_start, normalization=_fixed, methods=['plain']),
    dict(name='noisy', start=_start, normalization=_fixed, label_noise=0.4, purpose='control'),
]
"""


@pytest.fixture(scope='module')
def sweep(tmp_path_factory) -> Sweep:
    def make(folder: Path) -> None:
        folder.mkdir()
        (folder / 'small.py').write_text(SWEEP + REGIMES)
        called = call_sweep(cwd=folder)
        assert called.returncode == 0, called.stdout + called.stderr

    return Sweep(shared(tmp_path_factory, 'pretrained-sweep', make))


def of(sweep: Sweep, method: str, regime: str = 'noisy'):
    """The one run of a method in a regime."""
    runs = load_sweep(sweep.results).runs
    (found,) = [run for run in runs if run.method == method and regime in run.regimes]
    return found.record


def test_ukd_equals_naive_there_too(sweep):
    ukd, naive = of(sweep, 'ukd'), of(sweep, 'naive')
    for name in ('initial_state', 'targets', 'student_state'):
        assert ukd['hashes'][name] == naive['hashes'][name] is not None


def test_all_start_from_the_one_pretraining(sweep):
    pretraining = of(sweep, 'pretraining')
    assert pretraining['dataset']['name'] == 'bright' and pretraining['metrics']['top1'] >= 0
    start = dict(key=pretraining['key'], checkpoint_sha256=pretraining['hashes']['checkpoint'])
    for method in ('teacher', 'plain', 'ukd', 'naive'):
        assert of(sweep, method)['starts_from'] == [start]
    assert of(sweep, 'bank')['starts_from'] == pretraining['starts_from'] == []


def test_wrong_labels_change_what_a_student_learns_and_not_where_it_starts(sweep):
    clean, noisy = of(sweep, 'plain', 'clean'), of(sweep, 'plain', 'noisy')
    assert clean['hashes']['initial_state'] == noisy['hashes']['initial_state']
    assert clean['hashes']['student_state'] != noisy['hashes']['student_state']
    assert clean['dataset'] == noisy['dataset']


def test_a_call_for_one_regime_keeps_the_other(sweep, tmp_path, monkeypatch):
    copied = sweep.copy_to(tmp_path)
    before = json.loads((copied.results / 'plan.json').read_text())
    monkeypatch.chdir(copied.folder)
    assert main(['sweep', 'small.py', '--regimes', 'clean']) == 0
    after = json.loads((copied.results / 'plan.json').read_text())
    assert after['regimes'] == before['regimes']
    regimes = [{row['key']: row['regimes'] for row in plan['runs']} for plan in (before, after)]
    assert regimes[0] == regimes[1] and ['clean', 'noisy'] in regimes[0].values()


def test_the_banks_of_a_regime_are_read_by_its_pool(sweep, capsys):
    assert main(['knowledge', 'show', str(sweep.results / 'pool-noisy.json')]) == 0
    assert 'i3d-gamma1.8' in capsys.readouterr().out
    folder = sweep.run_folder(of(sweep, 'ukd'))
    config = folder / 'config.py'
    (entry,) = read_pool(folder / 'pool.json')
    (other, *_) = read_pool(sweep.results / 'pool-noisy.json')
    assert entry.key == other.key and entry.bank.samefile(other.bank)
    assert main(['knowledge', 'verify', str(config)]) == 0
