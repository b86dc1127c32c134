"""Sixty-four teachers: the student's memory is that of plain training, the rest is on disk."""

import shutil

from ukd_bench.distill import UKDHook
from ukd_bench.knowledge.bank.format import Bank
from ukd_bench.knowledge.pool import read_pool
from ukd_bench.measure import MeasureHook

NUM_TEACHERS = 64


def test_memory_is_plain_and_the_banks_follow_the_formula(train, filled_pool, tmp_path):
    first = read_pool(filled_pool)[0]
    pool = []
    for number in range(NUM_TEACHERS):
        shutil.copytree(first.bank, tmp_path / f'bank{number}')
        pool.append(
            dict(
                name=f'teacher{number}',
                config=str(first.config),
                checkpoint=str(first.checkpoint),
                bank=str(tmp_path / f'bank{number}'),
            )
        )
    peaks, sources = [], []
    plain = dict(type='ukd_bench.ReplayHook', view_seed=5)
    # MMEngine keeps parts of one Runner while the next one trains: one goes ahead of both.
    for hook in (plain, plain, dict(type='ukd_bench.UKDHook', pool=pool, view_seed=5)):
        measure = MeasureHook()
        runner = train(hook, measure=measure)
        peaks.append(measure.memory.peaks['train']['allocated_peak_bytes'])
        sources += [hook for hook in runner.hooks if isinstance(hook, UKDHook)]
    assert peaks[2] <= 1.01 * peaks[1]
    (source,) = sources
    assert len(source.teacher_facts()) == len(source.banks) == NUM_TEACHERS
    views, clips, classes, header = 2, 11, 11, 128
    assert source.bank_bytes == NUM_TEACHERS * (views * clips * classes * 4 + header)
    on_disk = sum(path.stat().st_size for path in tmp_path.glob('bank*/scores.npy'))
    assert on_disk == source.bank_bytes
    # As many as one likes, and each is its own file.
    assert len({Bank(entry.bank).folder for entry in source.teachers}) == NUM_TEACHERS
