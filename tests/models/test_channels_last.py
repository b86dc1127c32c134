"""Channels last: another memory order, the same network."""

import pytest
import torch

from ukd_bench.distill import DistillationHook
from ukd_bench.files.checkpoints import load_weights, save_weights, state_sha256
from ukd_bench.measure import MeasureHook
from ukd_bench.models import ChannelsLastHook
from ukd_bench.runs.build import find_hook

OPTION = dict(type='ukd_bench.ChannelsLastHook')


def is_channels_last(tensor):
    return tensor.is_contiguous(memory_format=torch.channels_last_3d)


def test_sources_stay_equal_and_targets_as_they_were(train, runner_config, distilling, filled_pool):
    outcomes = []
    for source, options in (
        ('NaiveEnsembleHook', [OPTION]),
        ('UKDHook', [OPTION]),
        ('UKDHook', []),
    ):
        measure, hook = MeasureHook(), distilling(source, filled_pool, 2)
        runner = train(runner_config(hook, *options), measure=measure)
        assert is_channels_last(next(runner.model.parameters())) == bool(options)
        targets = find_hook(runner, DistillationHook).target_hash.hexdigest()
        losses = [loss for _, loss, _ in measure.curve]
        outcomes.append((targets, measure.initial_sha256, measure.final_sha256, losses))
    naive, ukd, ordinary = outcomes
    assert naive == ukd
    assert ukd[:2] == ordinary[:2]
    assert ukd[3] == pytest.approx(ordinary[3], rel=1e-3)


def test_order_in_memory_is_no_part_of_a_state(build_model, tmp_path):
    class Holder:
        model = build_model(seed=1)

    before = state_sha256(Holder.model)
    ChannelsLastHook().before_train(Holder)
    assert is_channels_last(Holder.model.backbone.layer1[0].conv2.conv.weight)
    assert state_sha256(Holder.model) == before
    save_weights(Holder.model, tmp_path / 'weights.pth')
    other = build_model(seed=2)
    load_weights(other, tmp_path / 'weights.pth')
    assert state_sha256(other) == before
