import copy
import json
import shutil

import numpy as np
import pytest
import torch
from mmaction.registry import MODELS
from mmengine.config import Config
from mmengine.dataset import pseudo_collate

from ukd_bench.data.views.rendering import teacher_pipeline
from ukd_bench.data.views.replay import ReplayedPipeline
from ukd_bench.errors import BankError, ConfigError, DataError
from ukd_bench.files.checkpoints import save_weights
from ukd_bench.files.hashes import file_sha256
from ukd_bench.knowledge.bank.fill_one import fill, sample_labels
from ukd_bench.knowledge.bank.format import Bank
from ukd_bench.knowledge.bank.writer import BankWriter
from ukd_bench.knowledge.identity import bank_identities
from ukd_bench.knowledge.pool import read_pool
from ukd_bench.knowledge.teacher import Teacher


def score_one_by_one(teacher, dataset, view, samples):
    dataset.pipeline.set_view(view)
    batch = pseudo_collate([dataset[sample] for sample in samples])
    return teacher.score(batch['inputs']).numpy()


def test_the_bank_holds_what_the_teacher_says_of_each_view(
    filled_pool, train_dataset, build_dataset
):
    """In any batch: the scores of shuffled batches of three are those of the fill, bit for bit."""
    entry = read_pool(filled_pool)[1]
    bank = Bank(entry.bank)
    assert (bank.num_views, bank.num_samples, bank.num_classes) == (2, 11, 11)
    dataset = build_dataset(train_dataset)
    dataset.pipeline = ReplayedPipeline(dataset.pipeline, 5)
    teacher = Teacher(entry.config, entry.checkpoint)
    order = np.random.default_rng(0).permutation(11)
    for view in range(2):
        for start in range(0, 11, 3):
            samples = order[start : start + 3].tolist()
            scores = score_one_by_one(teacher, dataset, view, samples)
            assert np.array_equal(scores, bank.read(view, samples))
    assert len(np.unique(bank.arrays['scores'][..., 0])) == 22


def test_the_manifest_says_whose_scores_they_are(filled_pool, train_dataset, build_dataset):
    entry = read_pool(filled_pool)[0]
    bank, dataset = Bank(entry.bank), build_dataset(train_dataset)
    bank.require(*bank_identities([entry], dataset, train_dataset['pipeline'], 5))
    assert bank.facts.identity.dataset == dataset.fingerprint()
    assert bank.facts.identity.checkpoint == file_sha256(entry.checkpoint)
    assert bank.manifest.scores_sha256 == file_sha256(entry.bank / 'scores.npy')
    assert (bank.teacher['name'], bank.teacher['key']) == ('dark', '')
    assert bank.facts.class_names == tuple(dataset.metainfo['classes'])
    assert bank.labels_N.tolist() == [dataset.get_data_info(n)['label'] for n in range(11)]


def test_workers_and_the_global_stream_change_no_bit(own_pool, train_dataset):
    """Workers draw from several views at once: an epoch of 11 clips is one batch."""
    entry = read_pool(own_pool)[0]
    wanted = fill(entry, copy.deepcopy(train_dataset), 5, 5)
    manifest = wanted.manifest
    wanted.paths.manifest.unlink()
    wanted.paths.array('scores').unlink()
    torch.manual_seed(99)
    before = torch.get_rng_state()
    done = []
    bank = fill(
        entry, train_dataset, 5, 5, num_workers=2, progress=lambda *state: done.append(state)
    )
    assert bank.manifest == manifest
    assert done == [(number, 5) for number in range(1, 6)]
    assert torch.equal(torch.get_rng_state(), before)


def test_a_complete_bank_needs_no_teacher(own_pool, train_dataset):
    entry = read_pool(own_pool)[0]
    before = Teacher.forwards_in_process
    assert fill(entry, train_dataset, 5, 2).num_views == 2
    assert fill(entry, train_dataset, 5, 1).num_views == 2
    assert Teacher.forwards_in_process == before


def test_only_views_that_lack_are_scored(own_pool, train_dataset, monkeypatch):
    entry = read_pool(own_pool)[0]
    before, done = Teacher.forwards_in_process, []
    grown = fill(entry, train_dataset, 5, 3, progress=lambda *state: done.append(state))
    # A forward a view, of 11 clips and padding.
    assert Teacher.forwards_in_process - before == 1 and done == [(3, 3)]
    whole = grown.manifest

    class Interrupted(BankWriter):
        def write(self, view, scores_NC):
            if view == 2:
                raise KeyboardInterrupt
            super().write(view, scores_NC)

    grown.paths.manifest.unlink()
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr('ukd_bench.knowledge.bank.fill_one.BankWriter', Interrupted)
        fill(entry, train_dataset, 5, 3)
    with pytest.raises(BankError, match='never completed'):
        Bank(entry.bank)
    before = Teacher.forwards_in_process
    assert fill(entry, train_dataset, 5, 3).manifest == whole
    assert Teacher.forwards_in_process - before == 1


@pytest.mark.parametrize('storage', ['float16', 'top3'])
def test_other_storages_hold_the_same_scores(own_pool, train_dataset, storage):
    entry = read_pool(own_pool)[0]
    exact = Bank(entry.bank).read(0, range(11))
    bank = fill(entry, train_dataset, 5, 1, storage=storage)
    assert bank.storage.name == storage
    read = bank.read(0, range(11))
    kept = np.isfinite(read)
    assert kept.sum() == (33 if storage == 'top3' else 121)
    np.testing.assert_allclose(read[kept], exact[kept], rtol=2**-11)
    assert np.array_equal(bank.best_classes(0), exact.argmax(axis=1))
    assert 0 < bank.manifest.error['4']['max'] < 1


def test_other_views_are_another_bank(own_pool, train_dataset):
    entry = read_pool(own_pool)[0]
    before = Bank(entry.bank)
    scores, identity = before.read(0, range(11)), before.facts.identity
    other = fill(entry, copy.deepcopy(train_dataset), 6, 1)
    assert other.facts.identity.views != identity.views
    assert not (other.read(0, range(11)) == scores).all(axis=1).any()


def test_a_teacher_sees_the_students_views_in_its_own_rendering(
    own_pool, train_dataset, build_dataset
):
    """A teacher of longer and larger clips, whose own config draws other views."""
    entry = read_pool(own_pool)[0]
    config = Config.fromfile(entry.config)
    steps = copy.deepcopy(train_dataset['pipeline'])
    steps[1]['min_span'], steps[2]['clip_len'], steps[4]['size'] = 0.9, 6, 48
    config.train_dataloader = dict(dataset=dict(pipeline=steps))
    config.dump(entry.config)
    bank = fill(entry, copy.deepcopy(train_dataset), 5, 1)
    pipeline = teacher_pipeline(train_dataset['pipeline'], Config.fromfile(entry.config))
    assert [step.get('min_span') for step in pipeline][1] == 0.5
    dataset = build_dataset(dict(train_dataset, pipeline=pipeline))
    dataset.pipeline = ReplayedPipeline(dataset.pipeline, 5)
    assert dataset[0]['inputs'].shape == (1, 3, 6, 48, 48)
    teacher = Teacher(entry.config, entry.checkpoint)
    assert np.array_equal(score_one_by_one(teacher, dataset, 0, range(11)), bank.read(0, range(11)))


def test_a_teachers_classes_come_in_the_students_order(own_pool, train_dataset, rewrite):
    first, second = read_pool(own_pool)
    names = Bank(first.bank).facts.class_names
    scores = Bank(first.bank).read(0, range(11))
    rewrite(own_pool, names[::-1], 'teachers', 0, 'classes')
    first.bank.rename(first.bank.with_name('old'))
    reordered = fill(read_pool(own_pool)[0], train_dataset, 5, 1)
    assert np.array_equal(reordered.read(0, range(11)), scores[:, ::-1])
    assert second.classes is None


def test_a_head_that_does_not_say_how_many_classes_it_has(own_pool, train_dataset, monkeypatch):
    """As one that fuses several."""
    entry = read_pool(own_pool)[0]
    wanted = Bank(entry.bank).manifest
    (entry.bank / 'manifest.json').unlink()
    own = Teacher.of

    def without(*arguments):
        teacher = own(*arguments)
        del teacher.model.cls_head.num_classes
        return teacher

    monkeypatch.setattr(Teacher, 'of', without)
    assert fill(entry, train_dataset, 5, 2).manifest == wanted


def test_what_cannot_be_filled_leaves_the_bank_that_is_there(own_pool, train_dataset, tmp_path):
    entry = read_pool(own_pool)[0]
    with pytest.raises(ConfigError, match='num_views = 0 is not positive'):
        fill(entry, train_dataset, 5, 0)
    with pytest.raises(ConfigError, match="storage 'int8' is not float32"):
        fill(entry, train_dataset, 5, 1, storage='int8')
    with pytest.raises(DataError, match='data root'):
        fill(entry, train_dataset | {'data_root': str(tmp_path / 'absent')}, 5, 1)
    assert Bank(entry.bank).num_views == 2


def test_a_teacher_of_other_classes_is_refused_before_it_fills(own_pool, train_dataset):
    entry = read_pool(own_pool)[0]
    config = Config.fromfile(entry.config)
    config.model.cls_head.num_classes = 7
    config.dump(entry.config)
    with torch.random.fork_rng():
        save_weights(MODELS.build(config.model), entry.checkpoint)
    with pytest.raises(ConfigError, match='dark scores 7 classes, the training set has 11'):
        fill(entry, train_dataset, 5, 1)
    assert Bank(entry.bank).num_views == 2


@pytest.mark.parametrize('workers', [0, 1])
def test_a_step_that_fails_names_the_clip(own_pool, train_dataset, workers):
    """As a stock pipeline does with a video that it cannot decode."""
    train_dataset['pipeline'].insert(0, dict(type='Resize', scale=(1, 1)))
    with pytest.raises(DataError, match=r'Drink_\d+_\d+\.\w+: cannot be used \(') as caught:
        fill(read_pool(own_pool)[0], train_dataset, 6, 1, num_workers=workers)
    assert '\n' not in str(caught.value)


@pytest.mark.parametrize('workers', [0, 1])
def test_a_broken_video_is_one_line_and_leaves_no_bank(
    own_pool, train_dataset, dark_root, tmp_path, workers
):
    root = tmp_path / 'videos'
    shutil.copytree(dark_root, root)
    manifest = json.loads((root / 'manifest.json').read_text())
    for entry in manifest['clips'].values():
        entry.pop('file_sha256', None)
    (root / 'manifest.json').write_text(json.dumps(manifest))
    for video in (path for path in root.rglob('*') if path.suffix in ('.mp4', '.avi')):
        video.write_bytes(video.read_bytes()[:300])
    teacher = read_pool(own_pool)[0]
    with pytest.raises(DataError) as caught:
        fill(teacher, train_dataset | {'data_root': str(root)}, 6, 1, num_workers=workers)
    assert '\n' not in str(caught.value) and str(root) in str(caught.value)
    with pytest.raises(BankError, match='never completed'):
        Bank(teacher.bank)


def test_samples_need_one_label():
    class Multi:
        def __len__(self):
            return 2

        def get_data_info(self, index):
            return dict(label=[1, 2]) if index else dict(label=np.int64(3))

    with pytest.raises(ConfigError, match=r'Multi: label \[1, 2\] is not one class'):
        sample_labels(Multi())


def test_the_training_sets_config_is_not_changed(own_pool, train_dataset):
    before = copy.deepcopy(train_dataset)
    fill(read_pool(own_pool)[0], train_dataset, 5, 3)
    assert train_dataset == before
