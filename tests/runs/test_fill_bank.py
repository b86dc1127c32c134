"""A run that fills a bank, cut off and started again."""

import copy
import dataclasses
import shutil

import pytest
import torch
from mmengine.config import Config

from ukd_bench.errors import LimitError
from ukd_bench.knowledge.pool import read_pool
from ukd_bench.measure.memory.phases import PhaseMemory
from ukd_bench.records.folder import RunPaths
from ukd_bench.records.spec import RunSpec
from ukd_bench.runs import fill_bank as fill_run
from ukd_bench.runs.facts import RunFacts
from ukd_bench.runs.fill_bank import fill_bank

pytestmark = pytest.mark.slow

NUM_VIEWS = 3


@pytest.fixture
def make_run(tmp_path, teacher_files, train_dataset):
    """Writes the folder of a bank's run; the teacher is that of the pool's first entry."""

    def make(name: str) -> tuple[RunPaths, RunSpec]:
        paths = RunPaths(tmp_path / name)
        paths.root.mkdir()
        entry = read_pool(teacher_files / 'pool.json')[0]
        files = dict(config=str(entry.config), checkpoint=str(entry.checkpoint))
        config = Config(
            dict(
                pool=[dict(name='dark', bank=str(paths.bank), **files)],
                train_dataloader=dict(num_workers=0, dataset=copy.deepcopy(train_dataset)),
            )
        )
        config.dump(paths.config)
        spec = RunSpec(
            key='k', execution='e', method='bank', student=None, teacher='dark', num_teachers=0,
            seed=0, split=1, epochs=NUM_VIEWS, full_epochs=NUM_VIEWS, view_seed=5,
            num_views=NUM_VIEWS, device='cpu', threads=1, parents=('t',), data_name='dark',
            synthetic=True, config_sha256='c',
        )  # fmt: skip
        return paths, spec

    return make


def carry_out(paths, spec):
    memory = PhaseMemory(torch.device('cpu'))
    before, facts = fill_run.Teacher.forwards_in_process, RunFacts()
    try:
        fill_bank(paths, spec, memory, facts)
    finally:
        memory.end()
        # A process of its own would begin at none.
        fill_run.Teacher.forwards_in_process = before
    return facts, memory


@pytest.fixture
def own_process(monkeypatch):
    """Counts forwards from none, as a process of its own would."""
    monkeypatch.setattr(fill_run.Teacher, 'forwards_in_process', 0)


@pytest.fixture
def cut_off(monkeypatch):
    """Carries out a run until its first view is in the bank, and noted if that is asked for."""
    original = fill_run.write_json

    def run(paths, spec, noted):
        def stop(path, value):
            if noted:
                original(path, value)
            raise KeyboardInterrupt

        with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
            patch.setattr(fill_run, 'write_json', stop)
            carry_out(paths, spec)

    return run


def test_times_and_counts_are_sums_over_the_parts(make_run, own_process, cut_off):
    undisturbed, whole = carry_out(*make_run('undisturbed'))
    assert undisturbed.counts == dict(teacher_forwards=NUM_VIEWS)
    assert undisturbed.earlier_s == 0

    paths, spec = make_run('cut-off')
    cut_off(paths, spec, noted=True)
    first = fill_run.read_json(paths.fill_progress)
    assert first['teacher_forwards'] == 1 and first['fill_s'] > 0
    facts, memory = carry_out(paths, spec)
    assert facts.hashes == undisturbed.hashes and facts.counts == undisturbed.counts
    assert facts.time['fill_s'] > first['fill_s'] == facts.earlier_s
    figure = 'allocated_peak_bytes'
    assert memory.peaks['fill'][figure] >= first['peaks']['fill'][figure]

    # Cut off between the last view and the record: nothing is left to score.
    again, memory = carry_out(paths, spec)
    assert (again.counts, again.time) == (facts.counts, facts.time)
    assert again.earlier_s == facts.time['fill_s']
    assert memory.peaks['fill'][figure] >= first['peaks']['fill'][figure]
    assert whole.peaks['fill'].keys() == memory.peaks['fill'].keys()


def test_a_fill_that_takes_too_long_keeps_its_views(make_run, own_process):
    undisturbed, _ = carry_out(*make_run('undisturbed'))
    paths, spec = make_run('run')
    for view in (1, 2):
        with pytest.raises(LimitError, match=f'the limit of a run, after view {view} of 3; with'):
            carry_out(paths, dataclasses.replace(spec, limit_s=1e-6))
    facts, _ = carry_out(paths, dataclasses.replace(spec, limit_s=3600.0))
    assert (facts.hashes, facts.counts) == (undisturbed.hashes, undisturbed.counts)


def test_what_another_teacher_took_is_not_counted(make_run, own_process, teacher_files, tmp_path):
    paths, spec = make_run('run')
    carry_out(paths, spec)
    other = tmp_path / 'other.pth'
    shutil.copy(teacher_files / 'bright.pth', other)
    config = Config.fromfile(paths.config)
    config.pool[0].checkpoint = str(other)
    config.dump(paths.config)
    facts, _ = carry_out(paths, spec)
    assert facts.counts == dict(teacher_forwards=NUM_VIEWS)


def test_what_discarded_views_took_is_not_counted(make_run, own_process, cut_off):
    paths, spec = make_run('run')
    cut_off(paths, spec, noted=True)
    first = fill_run.read_json(paths.fill_progress)
    first.update(num_views=2, fill_s=1000.0, teacher_forwards=50)
    first['peaks']['fill']['allocated_peak_bytes'] = 10**15
    fill_run.write_json(paths.fill_progress, first)
    shutil.rmtree(paths.bank)
    facts, memory = carry_out(paths, spec)
    assert facts.counts == dict(teacher_forwards=NUM_VIEWS)
    assert 0 < facts.time['fill_s'] < 1000 and facts.earlier_s == 0
    assert memory.peaks['fill']['allocated_peak_bytes'] < 10**15


def test_figures_that_miss_a_view_are_unknown(make_run, own_process, cut_off):
    paths, spec = make_run('run')
    cut_off(paths, spec, noted=False)
    assert len(list(paths.bank.glob('fill/view-*.json'))) == 1 and not paths.fill_progress.exists()
    for _ in range(2):
        facts, _ = carry_out(paths, spec)
        assert facts.counts == facts.time == {} and facts.earlier_s is None
    assert facts.hashes['bank']
