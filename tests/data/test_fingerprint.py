import hashlib
import json
import shutil

import pytest

from ukd_bench.data.arid.lists import Clip
from ukd_bench.data.fingerprint import clips_fingerprint, dataset_classes, dataset_fingerprint
from ukd_bench.errors import ConfigError, DataError


@pytest.fixture
def root(tmp_path):
    for name in ('a.avi', 'b.avi'):
        (tmp_path / name).write_text(name)
    return tmp_path


CLIPS = [Clip('a.avi', 0), Clip('b.avi', 1)]


def test_identity_is_order_labels_names_and_bytes_but_no_place(root, tmp_path_factory):
    first = clips_fingerprint(root, CLIPS)
    elsewhere = tmp_path_factory.mktemp('elsewhere') / 'copy'
    shutil.copytree(root, elsewhere)
    assert clips_fingerprint(elsewhere, CLIPS) == first
    assert clips_fingerprint(root, CLIPS[::-1]) != first
    assert clips_fingerprint(root, [Clip('a.avi', 1), CLIPS[1]]) != first
    (elsewhere / 'b.avi').write_text('c.avi')
    assert clips_fingerprint(elsewhere, CLIPS) != first


def test_a_manifest_stands_for_the_frames_before_encoding(root):
    manifest = {
        'kind': 'darkroom',
        'clips': {clip.path: {'frames_sha256': clip.path} for clip in CLIPS},
    }
    (root / 'manifest.json').write_text(json.dumps(manifest))
    first = clips_fingerprint(root, CLIPS)
    (root / 'a.avi').write_text('another encoder')
    assert clips_fingerprint(root, CLIPS) == first
    manifest['clips']['a.avi']['frames_sha256'] = 'other frames'
    (root / 'manifest.json').write_text(json.dumps(manifest))
    assert clips_fingerprint(root, CLIPS) != first
    with pytest.raises(DataError, match=r'manifest.json: does not know the listed video c.avi'):
        clips_fingerprint(root, [*CLIPS, Clip('c.avi', 0)])


def test_a_darkrooms_video_of_other_bytes_is_refused(root):
    clips = {
        clip.path: {
            'frames_sha256': clip.path,
            'file_sha256': hashlib.sha256(clip.path.encode()).hexdigest(),
        }
        for clip in CLIPS
    }
    (root / 'manifest.json').write_text(json.dumps({'kind': 'darkroom', 'clips': clips}))
    first = clips_fingerprint(root, CLIPS)
    (root / 'b.avi').write_text('c.avi')
    with pytest.raises(DataError, match=r'b.avi: is not the video that manifest.json was written'):
        clips_fingerprint(root, CLIPS)
    (root / 'b.avi').write_text('b.avi')
    assert clips_fingerprint(root, CLIPS) == first


def test_a_stock_video_dataset_has_an_identity(dark_root, tmp_path, build_dataset):
    clips = sorted(dark_root.glob('*/*.avi'))[:2]
    (tmp_path / 'list.txt').write_text(''.join(f'{path} {n}\n' for n, path in enumerate(clips)))
    dataset = build_dataset(
        dict(type='VideoDataset', ann_file=str(tmp_path / 'list.txt'), pipeline=[])
    )
    first = dataset_fingerprint(dataset)
    assert dataset_classes(dataset) == ()
    (tmp_path / 'list.txt').write_text(''.join(f'{path} {1 - n}\n' for n, path in enumerate(clips)))
    dataset = build_dataset(
        dict(type='VideoDataset', ann_file=str(tmp_path / 'list.txt'), pipeline=[])
    )
    assert dataset_fingerprint(dataset) != first


def test_a_dataset_without_video_files_is_refused():
    class Frames:
        def __len__(self):
            return 1

        def get_data_info(self, index):
            return dict(frame_dir='x', label=0)

    with pytest.raises(ConfigError, match='Frames names no video files'):
        dataset_fingerprint(Frames())


def test_the_fingerprint_of_the_data_set_differs_between_subsets(train_dataset, build_dataset):
    train = build_dataset(train_dataset)
    test = build_dataset(train_dataset | {'subset': 'test', 'test_mode': True})
    assert dataset_fingerprint(train) == build_dataset(train_dataset).fingerprint()
    assert dataset_fingerprint(train) != dataset_fingerprint(test)
    assert dataset_classes(train)[:2] == ('Drink', 'Jump')


def test_class_names_of_any_data_set_are_part_of_a_line(build_dataset, train_dataset):
    named = train_dataset | dict(metainfo=dict(classes=['a', 'b\nc']))
    with pytest.raises(
        DataError, match=r"ARIDDataset: metainfo: the class name 'b\\nc' holds a con"
    ):
        dataset_classes(build_dataset(named))
