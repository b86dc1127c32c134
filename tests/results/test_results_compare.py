import pytest

from tests.results.made_up_regimes import made_up_regimes
from ukd_bench.results.compare import accuracy_tolerance, compare, training_noise
from ukd_bench.results.loading import load_sweep

MIB = 1024**2
END = 'r2plus1d-r18-w8'


def compared(made_up, tmp_path, change=None, reference_seeds=(0,), seeds=(0,)):
    made = made_up.MadeUpSweep(seeds=seeds)
    if change:
        change(made)
    here = load_sweep(made.write(tmp_path / 'here'))
    there = load_sweep(made_up.MadeUpSweep(seeds=reference_seeds).write(tmp_path / 'there'))
    return compare(here, there)


def test_equal_sweeps_agree_by_hash(made_up, tmp_path):
    result = compared(made_up, tmp_path)
    assert result.agrees and result.same_machine
    assert {row.verdict for row in result.rows} == {'equal'}
    assert result.summary == '19 cells compared by hash (same device, threads and lock): agrees.'


def test_keys_play_no_part(made_up, tmp_path):
    def rename(made):
        for index, record in enumerate(made.records.values()):
            record['key'] = f'new{index}'
        made.records = {record['key']: record for record in made.records.values()}

    assert compared(made_up, tmp_path, rename).agrees


def test_another_hash_on_one_machine_differs(made_up, tmp_path):
    def change(made):
        made.records[f'ukd4-{END}-0']['hashes']['student_state'] = 'other'

    result = compared(made_up, tmp_path, change)
    assert result.differing == ('UKD, r2plus1d-r18-w8, K = 4, seed 0, split 1, 40 epochs',)
    assert 'differs in 1' in result.summary


def elsewhere(made, top1=None, mib=None):
    for record in made.records.values():
        record['environment']['device'] = {'kind': 'cpu', 'name': 'Another CPU'}
        record['hashes'] = {name: 'other' for name in record['hashes']}
    record = made.records[f'plain-{END}-0']
    if top1 is not None:
        record['metrics']['top1'] = top1
    if mib is not None:
        record['memory']['train']['allocated_peak_bytes'] = int(mib * MIB)


@pytest.mark.parametrize(
    ('top1', 'mib', 'agrees'),
    [(0.55, 30, True), (0.70, 30, True), (0.95, 30, False), (0.55, 30.5, True), (0.55, 31, False)],
)
def test_another_machine_is_compared_by_tolerance(made_up, tmp_path, top1, mib, agrees):
    result = compared(made_up, tmp_path, lambda made: elsewhere(made, top1, mib))
    assert not result.same_machine
    assert result.agrees is agrees
    assert 'within stated tolerances' in result.summary


def test_tolerance_by_hand():
    # Pooled (40 + 40 + 1) / 162 = 0.5; 3 x sqrt(0.25 x 2 / 80) = 0.2372
    assert accuracy_tolerance(0.5, 0.5, 80, 80) == pytest.approx(0.2372, abs=1e-4)
    assert accuracy_tolerance(1.0, 1.0, 80, 80) > 0
    # 3 x sqrt(0.25 x 2 / 80 + 2 x 0.02^2) = 0.2519
    assert accuracy_tolerance(0.5, 0.5, 80, 80, 0.02) == pytest.approx(0.2519, abs=1e-4)


def test_the_noise_of_trainings_is_pooled_over_cells(tmp_path):
    top1 = {'bright': dict(plain=[0.7, 0.6], ukd=[0.7, 0.5], naive=[0.7])}
    sweep = load_sweep(made_up_regimes(top1).write(tmp_path))
    # One cell has 0.005 and one 0.02, each with a degree of freedom.
    assert training_noise(sweep) == pytest.approx((0.025 / 2) ** 0.5, rel=0.02)


def test_missing_cells_are_named(made_up, tmp_path):
    def change(made):
        del made.records[f'plain-{END}-0']

    result = compared(made_up, tmp_path, change)
    assert result.missing_here == ('plain, r2plus1d-r18-w8, seed 0, split 1, 40 epochs',)
    assert not result.agrees
    more = compared(made_up, tmp_path / 'more', seeds=(0, 1))
    assert len(more.missing_there) == 10 and more.agrees


def test_other_data_differ(made_up, tmp_path):
    def change(made):
        for record in made.records.values():
            record['dataset']['fingerprint'] = 'e' * 64

    result = compared(made_up, tmp_path, change)
    assert len(result.differing) == result.cells == 19


def test_memory_of_another_kind_of_device_is_not_compared(made_up, tmp_path):
    def change(made):
        elsewhere(made, mib=300)
        for record in made.records.values():
            record['environment']['device'] = {'kind': 'cuda', 'name': 'Made-up GPU'}

    assert compared(made_up, tmp_path, change).agrees
