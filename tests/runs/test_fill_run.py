"""A run that fills a bank, cut off and started again."""

import copy
import shutil

import pytest
import torch
from mmengine.config import Config

from ukd_bench.knowledge.pool import read_pool
from ukd_bench.measure.memory import PhaseMemory
from ukd_bench.paths import RunPaths
from ukd_bench.runs import fill as fill_run
from ukd_bench.runs.fill import fill_bank
from ukd_bench.spec import RunSpec

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
            synthetic=True,
        )  # fmt: skip
        return paths, spec

    return make


def carry_out(paths, spec):
    memory = PhaseMemory(torch.device('cpu'))
    before = fill_run.Teacher.forwards_in_process
    try:
        facts = fill_bank(paths, spec, memory)
    finally:
        memory.end()
        # A process of its own would begin at none.
        fill_run.Teacher.forwards_in_process = before
    return facts, memory


@pytest.fixture
def own_process(monkeypatch):
    """Counts forwards from none, as a process of its own would."""
    monkeypatch.setattr(fill_run.Teacher, 'forwards_in_process', 0)


def test_times_and_counts_are_sums_over_the_parts(make_run, own_process, monkeypatch):
    undisturbed, whole = carry_out(*make_run('undisturbed'))
    assert undisturbed.counts == dict(teacher_forwards=NUM_VIEWS)

    paths, spec = make_run('cut-off')
    original = fill_run.write_json

    def cut_off(path, value):
        original(path, value)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(fill_run, 'write_json', cut_off)
        carry_out(paths, spec)
    first = fill_run.read_json(paths.fill_progress)
    assert first['teacher_forwards'] == 1 and first['fill_s'] > 0
    facts, memory = carry_out(paths, spec)
    assert facts.hashes == undisturbed.hashes and facts.counts == undisturbed.counts
    assert facts.time['fill_s'] > first['fill_s']
    figure = 'allocated_peak_bytes'
    assert memory.peaks['fill'][figure] >= first['peaks']['fill'][figure]

    # Cut off between the last view and the record: nothing is left to score.
    again, memory = carry_out(paths, spec)
    assert (again.counts, again.time) == (facts.counts, facts.time)
    assert memory.peaks['fill'][figure] >= first['peaks']['fill'][figure]
    assert whole.peaks['fill'].keys() == memory.peaks['fill'].keys()


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
