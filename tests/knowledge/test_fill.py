import copy

import numpy as np
import pytest
import torch
from mmengine.dataset import pseudo_collate

from ukd_bench.datasets.views import ReplayedPipeline
from ukd_bench.errors import ConfigError, DataError
from ukd_bench.knowledge.bank import Bank
from ukd_bench.knowledge.fill import fill
from ukd_bench.knowledge.pool import read_pool
from ukd_bench.knowledge.teacher import Teacher
from ukd_bench.records import file_sha256


def test_the_bank_holds_what_the_teacher_says_of_each_view(
    filled_pool, train_dataset, build_dataset
):
    """In any batch: the scores of shuffled batches of three are those of the fill, bit for bit."""
    entry = read_pool(filled_pool)[1]
    bank = Bank(entry.bank)
    assert bank.scores_VNC.shape == (2, 11, 11) and bank.scores_VNC.dtype == np.float32
    dataset = build_dataset(train_dataset)
    dataset.pipeline = ReplayedPipeline(dataset.pipeline, 5)
    teacher = Teacher(entry.config, entry.checkpoint)
    order = np.random.default_rng(0).permutation(11)
    for view in range(2):
        dataset.pipeline.set_view(view)
        for start in range(0, 11, 3):
            samples = order[start : start + 3].tolist()
            batch = pseudo_collate([dataset[sample] for sample in samples])
            assert np.array_equal(teacher.score(batch['inputs']).numpy(), bank.read(view, samples))
    assert len(np.unique(bank.scores_VNC[..., 0])) == 22


def test_the_manifest_says_whose_scores_they_are(filled_pool, train_dataset, build_dataset):
    entry = read_pool(filled_pool)[0]
    manifest = Bank(entry.bank).manifest
    assert manifest['identity']['dataset'] == build_dataset(train_dataset).fingerprint()
    assert manifest['identity']['teacher'] == file_sha256(entry.checkpoint)
    assert manifest['scores_sha256'] == file_sha256(entry.bank / 'scores.npy')
    assert (manifest['teacher']['name'], manifest['teacher']['key']) == ('dark', '')


def test_workers_and_the_global_stream_change_no_bit(own_pool, train_dataset):
    entry = read_pool(own_pool)[0]
    before = Bank(entry.bank).manifest
    torch.manual_seed(99)
    done = []
    bank = fill(
        entry, train_dataset, 5, 2, num_workers=2, progress=lambda *state: done.append(state)
    )
    assert bank.manifest == before
    assert done == [(1, 2), (2, 2)]


def test_other_views_are_another_bank(own_pool, train_dataset):
    entry = read_pool(own_pool)[0]
    before = Bank(entry.bank)
    scores, identity = before.scores_VNC.copy(), before.manifest['identity']
    other = fill(entry, copy.deepcopy(train_dataset), 6, 1)
    assert other.manifest['identity']['views'] != identity['views']
    assert not (other.scores_VNC[0] == scores[0]).all(axis=1).any()


def test_what_cannot_be_filled_leaves_no_half_bank(own_pool, train_dataset, tmp_path):
    entry = read_pool(own_pool)[0]
    with pytest.raises(ConfigError, match='num_views = 0 is not positive'):
        fill(entry, train_dataset, 5, 0)
    with pytest.raises(DataError, match='data root'):
        fill(entry, train_dataset | {'data_root': str(tmp_path / 'absent')}, 5, 1)
    assert Bank(entry.bank).num_views == 2
