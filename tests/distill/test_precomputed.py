"""Targets of whole clips, which do not know what a student sees."""

import pytest

from ukd_bench.distill import PrecomputedHook
from ukd_bench.errors import ConfigError
from ukd_bench.knowledge.teacher import Teacher
from ukd_bench.measure import MeasureHook

WHOLE = dict(min_span=1.0, min_side=1.0, flip_ratio=0.0)


def trained(train, config):
    """Hashes of targets, initial and final state, the hook, and forwards of teachers."""
    measure, before = MeasureHook(), Teacher.forwards_in_process
    runner = train(config, measure=measure)
    source = next(hook for hook in runner.hooks if hasattr(hook, 'target_hash'))
    hashes = source.target_hash.hexdigest(), measure.initial_sha256, measure.final_sha256
    return hashes, source, Teacher.forwards_in_process - before


def without_augmentation(config):
    for step in config.train_dataloader.dataset.pipeline:
        if step['type'] == 'ukd_bench.DrawView':
            step.update(WHOLE)
    return config


def test_without_augmentation_it_is_naive(train, runner_config, distilling, filled_pool):
    """Where every view is the whole clip, these are the targets that teachers at hand give."""
    whole, _, forwards = trained(
        train, without_augmentation(runner_config(distilling('PrecomputedHook', filled_pool)))
    )
    naive, _, at_hand = trained(
        train, without_augmentation(runner_config(distilling('NaiveEnsembleHook', filled_pool)))
    )
    assert whole == naive
    # 11 clips: a micro-batch a teacher, where teachers at hand score two epochs of three steps.
    assert (forwards, at_hand) == (2, 12)


def test_every_view_of_a_clip_has_the_same_targets(
    train, runner_config, distilling, filled_pool, monkeypatch
):
    seen = {}
    original = PrecomputedHook.scores

    def scores(hook, batch):
        found = original(hook, batch)
        for place, sample in enumerate(batch.samples):
            seen.setdefault(sample, []).append((batch.view, found[:, place].tolist()))
        return found

    monkeypatch.setattr(PrecomputedHook, 'scores', scores)
    hashes, source, _ = trained(train, runner_config(distilling('PrecomputedHook', filled_pool)))
    assert len(seen) == 11
    for (first, one), (second, other) in seen.values():
        assert first != second and one == other
    naive, resident, _ = trained(train, runner_config(distilling('NaiveEnsembleHook', filled_pool)))
    # The student starts alike and learns something else.
    assert hashes[1] == naive[1] and hashes[0] != naive[0] and hashes[2] != naive[2]
    assert source.teacher_facts() == resident.teacher_facts()
    assert source.bank_bytes is None


def test_a_stock_pipeline_is_refused(train, runner_config, distilling, filled_pool):
    config = runner_config(distilling('PrecomputedHook', filled_pool))
    dataset = config.train_dataloader.dataset
    dataset.pipeline = [
        dict(type='DecordInit'),
        dict(type='SampleFrames', clip_len=4, frame_interval=1, num_clips=1),
        dict(type='DecordDecode'),
        dict(type='Resize', scale=(32, 32), keep_ratio=False),
        dict(type='FormatShape', input_format='NCTHW'),
        dict(type='PackActionInputs'),
    ]
    with pytest.raises(ConfigError, match=r'^PrecomputedHook: .* has no step ukd_bench.DrawView'):
        train(config)
