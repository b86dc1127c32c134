"""Deep mutual learning: networks of one kind, each on the others."""

import pytest
import torch
from torch import nn

from ukd_bench.distill import MutualHook
from ukd_bench.errors import ConfigError
from ukd_bench.files.checkpoints import state_bytes, state_sha256
from ukd_bench.measure import MeasureHook


def mutual(num_teachers=3, **options):
    return dict(type='ukd_bench.MutualHook', num_teachers=num_teachers, view_seed=5, **options)


@pytest.fixture
def trained(train):
    def run(hook, **options):
        measure = MeasureHook()
        runner = train(hook, measure=measure, **options)
        source = next((h for h in runner.hooks if isinstance(h, MutualHook)), None)
        return runner, measure, source

    return run


def test_all_networks_learn_from_other_weights_under_one_schedule(trained):
    _, measure, source = trained(mutual())
    assert len(source.peers) == 2
    states = [state_sha256(peer) for peer in source.peers]
    assert len({measure.initial_sha256, measure.final_sha256, *states}) == 4
    again = trained(mutual())
    assert again[1].final_sha256 == measure.final_sha256
    assert [state_sha256(peer) for peer in again[2].peers] == states
    assert source.target_hash.hexdigest() == again[2].target_hash.hexdigest()
    assert source.teacher_facts() == [] and source.last_epoch_divergence > 0


def test_without_weight_every_network_trains_alone(trained):
    """The student draws what it draws alone, and so does each peer."""
    _, alone, _ = trained(dict(type='ukd_bench.ReplayHook', view_seed=5))
    _, together, _ = trained(mutual(weight=0.0))
    assert together.final_sha256 == alone.final_sha256


def test_a_peer_is_updated_by_the_loss_of_its_own_part(trained, runner_config, monkeypatch):
    """One step by hand: what the peer's optimiser gets is the gradient of the formula."""
    seen = {}
    original = MutualHook._peer_loss

    def peer_loss(hook, peer, scores_NC, others_KNC):
        loss = original(hook, peer, scores_NC, others_KNC)
        seen.setdefault('loss', loss.detach())
        seen.setdefault('scores', scores_NC.detach())
        seen.setdefault('others', others_KNC)
        seen.setdefault('labels', hook._batch.labels_N)
        return loss

    monkeypatch.setattr(MutualHook, '_peer_loss', peer_loss)
    trained(mutual(2, weight=0.25, temperature=2.0), epochs=1)
    assert seen['others'].shape == (1, 4, 11) and not seen['others'].requires_grad
    own = nn.functional.cross_entropy(seen['scores'], seen['labels'])
    targets = torch.softmax(seen['others'][0] / 2, -1)
    log_peer = torch.log_softmax(seen['scores'] / 2, -1)
    kl = (targets * (targets.log() - log_peer)).sum() / 4
    torch.testing.assert_close(seen['loss'], 0.75 * own + 0.25 * 4 * kl)


def test_peers_follow_the_students_schedule(trained, runner_config):
    config = runner_config(mutual(2))
    config.param_scheduler = [dict(type='MultiStepLR', milestones=[1], gamma=0.1, by_epoch=True)]
    runner, _, source = trained(config)
    # The second epoch's; the student's own has moved on after the last step.
    assert source._optimizers[0].param_groups[0]['lr'] == pytest.approx(0.005)
    assert runner.optim_wrapper.param_groups[0]['lr'] == pytest.approx(0.005)


def test_memory_holds_the_peers(trained):
    # MMEngine keeps parts of one Runner while the next one trains: one goes ahead of both.
    plain = dict(type='ukd_bench.ReplayHook', view_seed=5)
    trained(plain, epochs=1)
    _, alone, _ = trained(plain, epochs=1)
    _, three, source = trained(mutual(3), epochs=1)
    figure = 'allocated_peak_bytes'
    added = three.memory.peaks['train'][figure] - alone.memory.peaks['train'][figure]
    # Each of the two has its weights there, and its activations while the student trains.
    assert added > 2.5 * state_bytes(source.peers[0])


def test_one_network_has_nobody_to_learn_from():
    with pytest.raises(ConfigError, match='num_teachers = 1: mutual learning takes two networks'):
        MutualHook(1)


def test_a_pool_is_refused(filled_pool):
    with pytest.raises(ConfigError, match='pool: mutual learning has no teachers'):
        MutualHook(2, pool=str(filled_pool))
    with pytest.raises(ConfigError, match='num_teachers = None: mutual learning takes two'):
        MutualHook()
