"""Channels last: another memory order, the same network."""

import shutil

import pytest
import torch

from ukd_bench.distill import DistillationHook, MutualHook
from ukd_bench.errors import BankError
from ukd_bench.files.checkpoints import load_weights, save_weights, state_sha256
from ukd_bench.knowledge.bank.fill_one import fill
from ukd_bench.knowledge.bank.format import Bank
from ukd_bench.knowledge.pool import read_pool
from ukd_bench.knowledge.teacher import Teacher
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
        losses = [loss for _, loss, *_ in measure.curve]
        outcomes.append((targets, measure.initial_sha256, measure.final_sha256, losses))
    naive, ukd, ordinary = outcomes
    assert naive == ukd
    assert ukd[:2] == ordinary[:2]
    assert ukd[3] == pytest.approx(ordinary[3], rel=1e-3)


def laid_out_teachers(pool):
    """Has all teachers of a pool say that their convolutions have their channels last."""
    for entry in read_pool(pool):
        with open(entry.config, 'a') as config:
            config.write(f'\ncustom_hooks = [{OPTION!r}]\n')


def test_teachers_are_laid_out_as_their_configs_say_in_banks_and_in_memory(
    train, runner_config, distilling, own_pool, new_train_dataset
):
    entries = read_pool(own_pool)
    ordinary = [Bank(entry.bank).read(0, [0]) for entry in entries]
    laid_out_teachers(own_pool)
    hooks = [distilling(source, own_pool, 2) for source in ('UKDHook', 'NaiveEnsembleHook')]
    # A bank of the other order holds scores that differ in their last bits.
    with pytest.raises(BankError, match='model'):
        train(runner_config(hooks[0], OPTION))
    for entry in entries:
        shutil.rmtree(entry.bank)
        fill(entry, new_train_dataset(), 5, 2)
        assert is_channels_last(next(Teacher.of(entry).model.parameters()))
    outcomes = []
    for hook in hooks:
        measure = MeasureHook()
        runner = train(runner_config(hook, OPTION), measure=measure)
        targets = find_hook(runner, DistillationHook).target_hash.hexdigest()
        outcomes.append((targets, measure.final_sha256))
    assert outcomes[0] == outcomes[1]
    for entry, before in zip(entries, ordinary, strict=True):
        after = Bank(entry.bank).read(0, [0])
        assert after == pytest.approx(before, rel=1e-3, abs=1e-4)


def test_peers_are_laid_out_as_the_student(train, runner_config):
    mutual = dict(type='ukd_bench.MutualHook', num_teachers=2, view_seed=5)
    for options in ([], [OPTION]):
        runner = train(runner_config(mutual, *options, epochs=1))
        (peer,) = find_hook(runner, MutualHook).peers
        assert is_channels_last(next(peer.parameters())) == bool(options)


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
