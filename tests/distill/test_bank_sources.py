"""Sources that read banks in another way than UKD does."""

import numpy as np
import pytest
import torch

from ukd_bench.distill import ChainHook, RandomTeacherHook
from ukd_bench.distill.bank_hooks import partners_across_classes, partners_within_classes
from ukd_bench.errors import ConfigError
from ukd_bench.files.checkpoints import save_weights
from ukd_bench.knowledge.bank.format import Bank
from ukd_bench.knowledge.pool import read_pool
from ukd_bench.knowledge.teacher import Teacher
from ukd_bench.measure import MeasureHook


@pytest.fixture
def trained(train):
    """Trains; hashes of targets, initial and final state, the hook, and forwards of teachers."""

    def run(hook, **options):
        measure, before = MeasureHook(), Teacher.forwards_in_process
        runner = train(hook, measure=measure, **options)
        source = next(h for h in runner.hooks if hasattr(h, 'target_hash'))
        hashes = source.target_hash.hexdigest(), measure.initial_sha256, measure.final_sha256
        assert Teacher.forwards_in_process == before
        return hashes, source, runner

    return run


class TestRandom:
    def test_each_step_has_one_teacher_drawn_from_seed_and_iteration(
        self, trained, distilling, filled_pool, monkeypatch
    ):
        drawn = []
        original = RandomTeacherHook.read

        def read(hook, banks, view, samples):
            drawn.append([hook.banks.index(bank) for bank in banks])
            return original(hook, banks, view, samples)

        monkeypatch.setattr(RandomTeacherHook, 'read', read)
        hook = distilling('RandomTeacherHook', filled_pool, 2)
        first, source, _ = trained(hook, epochs=4)
        assert len(drawn) == 12 and {*map(len, drawn)} == {1}
        assert {number for (number,) in drawn} == {0, 1}
        assert len(source.teacher_facts()) == 2
        steps = drawn.copy()
        drawn.clear()
        assert trained(hook, epochs=4)[0] == first and drawn == steps
        drawn.clear()
        trained(hook, epochs=4, seed=4)
        assert drawn != steps

    def test_one_teacher_to_draw_from_is_ukd(self, trained, distilling, filled_pool):
        random = trained(distilling('RandomTeacherHook', filled_pool, 1))
        ukd = trained(distilling('UKDHook', filled_pool, 1))
        assert random[0] == ukd[0]


class TestChain:
    def test_the_first_stage_is_ukd_with_one_teacher(self, trained, distilling, filled_pool):
        chain = trained(distilling('ChainHook', filled_pool, 1))
        ukd = trained(distilling('UKDHook', filled_pool, 1))
        assert chain[0] == ukd[0]

    def test_a_stage_starts_where_the_last_ended_and_has_one_teacher(
        self, trained, distilling, filled_pool, tmp_path
    ):
        first, _, runner = trained(distilling('ChainHook', filled_pool, 1))
        save_weights(runner.model, tmp_path / 'first.pth')
        hook = distilling('ChainHook', filled_pool, 2, previous=str(tmp_path / 'first.pth'))
        second, source, _ = trained(hook)
        assert second[1] == first[2] and second[2] != first[2]
        assert [facts['name'] for facts in source.teacher_facts()] == ['bright']
        assert source.bank_bytes == Bank(read_pool(filled_pool)[1].bank).scores_bytes

    def test_a_stage_without_the_last_is_refused(self, distilling, filled_pool, tmp_path, train):
        with pytest.raises(ConfigError, match='stage 2 needs previous, the checkpoint of stage 1'):
            ChainHook(filled_pool, 2)
        with pytest.raises(ConfigError, match='the first stage has no previous one'):
            ChainHook(filled_pool, 1, previous='x.pth')
        gone = str(tmp_path / 'gone.pth')
        with pytest.raises(ConfigError, match=r'checkpoint .*gone\.pth does not exist'):
            train(distilling('ChainHook', filled_pool, 2, previous=gone))


class TestShuffled:
    def test_partners_are_others_of_the_class_each_once(self):
        labels = np.array([0, 1, 0, 2, 1, 0, 2, 0])
        for seed in range(20):
            partners = partners_within_classes(labels, np.random.default_rng(seed))
            assert sorted(partners) == list(range(8))
            assert (labels[partners] == labels).all()
            assert (partners != np.arange(8)).all()
        # A class of two can only swap.
        assert partners[[1, 4]].tolist() == [4, 1] and partners[[3, 6]].tolist() == [6, 3]

    def test_a_class_of_one_clip_has_no_other(self, train, distilling, filled_pool):
        with pytest.raises(ConfigError, match='class 2 has one training clip alone'):
            partners_within_classes([0, 0, 2], np.random.default_rng(0))
        # The tiny set has one clip a class.
        with pytest.raises(ConfigError, match='class 0 has one training clip alone'):
            train(distilling('ShuffledHook', filled_pool))

    def test_targets_are_those_of_the_partner(self, trained, distilling, filled_pool, monkeypatch):
        pairs = np.array([1, 0, 3, 2, 5, 4, 7, 6, 9, 10, 8])
        views = []

        def partners(labels, generator):
            views.append(generator.random())
            return pairs

        monkeypatch.setattr('ukd_bench.distill.bank_hooks.partners_within_classes', partners)
        hashes, source, _ = trained(distilling('ShuffledHook', filled_pool, 1))
        assert hashes[0] != trained(distilling('UKDHook', filled_pool, 1))[0][0]
        # Another generator for every view, and the same one however often a view is read.
        assert len(views) == len({*views}) == 2
        bank = Bank(read_pool(filled_pool)[0].bank)
        batch = type('Batch', (), dict(view=1, samples=[4, 0]))
        expected = torch.from_numpy(bank.read(1, [5, 1]))
        assert torch.equal(source.scores(batch)[0], expected)


class TestShuffledAcross:
    @pytest.mark.parametrize(
        ('sizes', 'least'),
        [([3, 3, 2], 0), ([1] * 11, 0), ([4, 4], 0), ([5, 1, 2, 2], 0), ([7, 2, 1], 4), ([3], 3)],
    )
    def test_partners_are_others_of_other_classes_each_once(self, sizes, least):
        labels = np.repeat(np.arange(len(sizes)), sizes)
        everything = np.arange(len(labels))
        drawn = set()
        for seed in range(30):
            partners = partners_across_classes(labels, np.random.default_rng(seed))
            drawn.add(tuple(partners))
            assert sorted(partners) == everything.tolist()
            assert (partners != everything).all()
            assert (labels[partners] == labels).sum() == least
        assert len(drawn) > 1

    def test_one_clip_has_no_other(self):
        with pytest.raises(ConfigError, match='there is one training clip alone'):
            partners_across_classes([0], np.random.default_rng(0))

    def test_targets_are_those_of_the_partner(self, trained, distilling, filled_pool):
        hashes, source, _ = trained(distilling('ShuffledAcrossHook', filled_pool, 1))
        assert hashes[0] != trained(distilling('UKDHook', filled_pool, 1))[0][0]
        bank = Bank(read_pool(filled_pool)[0].bank)
        batch = type('Batch', (), dict(view=1, samples=[4, 0]))
        partners = partners_across_classes(
            bank.labels_N, np.random.default_rng((source.view_seed, 1))
        )
        expected = torch.from_numpy(bank.read(1, partners[[4, 0]].tolist()))
        assert torch.equal(source.scores(batch)[0], expected)
