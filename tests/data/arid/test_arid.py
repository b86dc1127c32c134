"""The data set with a real decoder and real damage."""

import shutil
import wave
from collections import Counter

import decord
import numpy as np
import pytest
from torch.utils.data import DataLoader

from ukd_bench.data.arid.dataset import ARIDDataset
from ukd_bench.errors import ConfigError, DataError

from .. import made_up_arid

decord.logging.set_level(decord.logging.QUIET)


@pytest.fixture
def own_root(dark_root, tmp_path, train_dataset):
    """A copy of the data set that a test may damage."""
    shutil.copytree(dark_root, tmp_path / 'videos')
    train_dataset['data_root'] = str(tmp_path / 'videos')
    return tmp_path / 'videos'


@pytest.fixture
def centered(train_dataset):
    train_dataset['pipeline'][1] = dict(type='ukd_bench.EvaluationViews')
    return train_dataset


def test_samples_are_the_lists_lines_with_a_fresh_path(dark_root, centered, build_dataset):
    dataset = build_dataset(centered)
    assert len(dataset) == 11
    assert dataset.metainfo['classes'][10] == 'Wave'
    info = dataset.get_data_info(3)
    assert info['label'] == 3 and info['video_id'].startswith('Pour/Pour_')
    assert info['filename'] == str(dark_root / info['video_id'])
    packed = dataset[3]
    assert packed['inputs'].shape == (1, 3, 4, 32, 32) and packed['inputs'].dtype.itemsize == 1
    assert packed['data_samples'].gt_labels.item == 3
    assert packed['data_samples'].video_id == info['video_id']


def test_the_center_view_is_the_middles_of_equal_parts(dark_root, centered, build_dataset):
    centered['pipeline'][4] = dict(type='ukd_bench.ViewCrop', size=48)
    dataset = build_dataset(centered)
    frames = decord.VideoReader(dataset.get_data_info(0)['filename'])[:].asnumpy()
    clip = dataset[0]['inputs'].numpy()[0].transpose(1, 2, 3, 0)
    wanted = frames[[int((part + 0.5) / 4 * len(frames)) for part in range(4)]]
    # 64 columns become 48; rows stay, so each row's mean does up to rounding.
    np.testing.assert_allclose(clip.mean(2), wanted.mean(2), atol=1)


def test_what_cannot_be_trained_on_is_refused(train_dataset, build_dataset):
    train_dataset['subset'] = 'other'
    with pytest.raises(ConfigError, match="subset 'other' shares groups with 'test'"):
        build_dataset(train_dataset)
    assert len(build_dataset(train_dataset | {'test_mode': True})) == 11
    train_dataset['subset'] = 'validation'
    with pytest.raises(ConfigError, match="subset 'validation' is none of train, test, other"):
        build_dataset(train_dataset)


def test_an_absent_root_or_split_is_named(train_dataset, build_dataset, tmp_path):
    with pytest.raises(DataError, match=r'ARID_split9_train\.txt does not exist'):
        build_dataset(train_dataset | {'split': 9})
    with pytest.raises(DataError, match=f'data root {tmp_path}/absent does not exist'):
        build_dataset(train_dataset | {'data_root': f'{tmp_path}/absent'})


def test_an_absent_video_is_named_before_training(own_root, train_dataset, build_dataset):
    victim = sorted(own_root.glob('Wave/*_1_*.avi'))[0]
    victim.unlink()
    with pytest.raises(DataError, match=rf'ARID_split1_train.txt: {victim} does not exist$'):
        build_dataset(train_dataset)


def test_a_truncated_video_is_never_used(own_root, centered, build_dataset):
    """At any length, the loss of the index or of a few bytes of the last frame included."""
    dataset = build_dataset(centered)
    victim = own_root / dataset.get_data_info(0)['video_id']
    content = victim.read_bytes()
    lengths = [0, 1, 11, 12, 500, *(int(len(content) * part / 20) for part in range(1, 20))]
    for length in [*lengths, len(content) - 100, len(content) - 1]:
        victim.write_bytes(content[:length])
        with pytest.raises(DataError, match=rf'^{victim}: cannot be decoded') as caught:
            dataset[0]
        assert '\n' not in str(caught.value)
    victim.write_bytes(content)
    dataset[0]


def test_decord_alone_would_use_a_truncated_video(own_root, centered, build_dataset, monkeypatch):
    """Why the container is asked. Where this fails, decord has learnt to complain."""
    dataset = build_dataset(centered)
    victim = own_root / dataset.get_data_info(0)['video_id']
    content = victim.read_bytes()
    monkeypatch.setattr('ukd_bench.data.arid.dataset.require_whole', lambda path: None)
    whole = len(decord.VideoReader(str(victim)))
    seen = set()
    for part in range(90, 100):
        victim.write_bytes(content[: len(content) * part // 100])
        try:
            dataset[0]
            seen.add(len(decord.VideoReader(str(victim))))
        except DataError:
            continue
    assert min(seen) < whole


def test_a_file_that_is_no_video_is_named(own_root, train_dataset, build_dataset):
    dataset = build_dataset(train_dataset | {'pipeline': train_dataset['pipeline'][:1]})
    victim = own_root / dataset.get_data_info(5)['video_id']
    victim.write_text('<html>404</html>' * 50)
    with pytest.raises(DataError, match=rf'^{victim}: cannot be decoded \(Error reading 800 byt'):
        dataset[5]


def test_other_errors_are_not_blamed_on_the_video(train_dataset, build_dataset):
    def fail(results):
        raise RuntimeError('shape mismatch')

    dataset = build_dataset(train_dataset)
    dataset.pipeline = fail
    with pytest.raises(RuntimeError, match='shape mismatch'):
        dataset[0]


def load(root, **arguments):
    arguments = {'subset': 'train', 'pipeline': []} | arguments
    dataset = ARIDDataset(str(root), test_mode=arguments['subset'] != 'train', **arguments)
    return dataset, [dataset.get_data_info(index) for index in range(len(dataset))]


@pytest.mark.slow
def test_every_split_of_every_edition_has_its_clips(trees):
    for split in (1, 2, 3):
        for subset, wanted in (
            ('train', made_up_arid.TRAIN[split]),
            ('test', made_up_arid.TEST[split]),
            ('other', made_up_arid.OTHER),
        ):
            dataset, samples = load(trees['v1.0'], split=split, subset=subset)
            counts = Counter(sample['label'] for sample in samples)
            assert tuple(counts[label] for label in range(11)) == wanted
            assert dataset.metainfo['classes'] == tuple(made_up_arid.CLASSES)
    for subset, wanted in (('train', 3350), ('test', 2011)):
        _, samples = load(trees['v1.5'], split=0, subset=subset)
        assert len(samples) == wanted
        assert samples[0]['video_id'].startswith('clips_v1.5/')
    dataset, samples = load(trees['ug2'])
    assert len(samples) == 1837
    assert {sample['label'] for sample in samples} == set(range(6))
    assert dataset.metainfo['classes'] == ('Run', 'Sit', 'Stand', 'Turn', 'Walk', 'Wave')
    with pytest.raises(DataError, match='has no column ClassID'):
        load(trees['ug2'], subset='test')


def test_whole_groups_are_held_out_of_train(trees):
    parts = {name: load(trees['v1.0'], groups=name) for name in ('fit', 'held_out')}
    ids = {name: {sample['video_id'] for sample in parts[name][1]} for name in parts}
    _, train = load(trees['v1.0'])
    assert not ids['fit'] & ids['held_out']
    assert ids['fit'] | ids['held_out'] == {sample['video_id'] for sample in train}
    counts = Counter(sample['label'] for sample in parts['held_out'][1])
    assert tuple(counts[label] for label in range(11)) == tuple(
        round(0.2 * clips) for clips in made_up_arid.TRAIN[1]
    )
    assert parts['fit'][0].fingerprint() != parts['held_out'][0].fingerprint()
    with pytest.raises(ConfigError, match="groups 'fit' are parts of subset 'train', not of 'te"):
        load(trees['v1.0'], groups='fit', subset='test')


def only_sound(video):
    with wave.open(str(video), 'wb') as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(bytes(1600))


@pytest.mark.parametrize(
    'damage',
    [
        lambda video: video.write_bytes(video.read_bytes()[:-100]),
        lambda video: video.write_bytes(b''),
        only_sound,
        lambda video: video.write_text('<html>404</html>' * 50),
    ],
    ids=['truncated', 'empty', 'only sound', 'no video'],
)
def test_a_damaged_video_is_named(own_root, centered, build_dataset, damage):
    dataset = build_dataset(centered)
    victim = own_root / dataset.get_data_info(4)['video_id']
    damage(victim)
    with pytest.raises(DataError, match=rf'{victim}: cannot be decoded'):
        list(DataLoader(dataset, batch_size=2, collate_fn=list))


@pytest.mark.slow
def test_a_loader_worker_names_a_damaged_video(own_root, centered, build_dataset):
    dataset = build_dataset(centered)
    victim = own_root / dataset.get_data_info(4)['video_id']
    victim.write_bytes(b'')
    loader = DataLoader(dataset, batch_size=2, num_workers=2, collate_fn=list, timeout=60)
    with pytest.raises(DataError, match=rf'{victim}: cannot be decoded'):
        list(loader)


def test_a_class_folder_in_lower_case_is_named(own_root, train_dataset, build_dataset):
    (own_root / 'Wave').rename(own_root / 'wave')
    with pytest.raises(DataError, match=r'Wave/Wave_.* does not exist .the folder is named wave'):
        build_dataset(train_dataset)


@pytest.mark.parametrize(('encoding', 'name'), [('utf-16', 'UTF-16'), ('latin-1', 'Latin-1')])
def test_a_list_in_another_encoding_is_named(
    own_root, train_dataset, build_dataset, encoding, name
):
    path = own_root / 'list_cvt' / 'ARID_split1_train.txt'
    path.write_text(path.read_text().replace('Wave/', 'Wäve/'), encoding=encoding)
    with pytest.raises(DataError, match=rf'{path}.*: cannot be read .*{name}.*UTF-8'):
        build_dataset(train_dataset)


def test_videos_behind_a_link_are_used(own_root, train_dataset, build_dataset, tmp_path):
    (own_root / 'Wave').rename(tmp_path / 'elsewhere')
    (own_root / 'Wave').symlink_to(tmp_path / 'elsewhere')
    assert len(build_dataset(train_dataset)) == 11
