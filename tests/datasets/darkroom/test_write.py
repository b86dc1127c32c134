import dataclasses
import json

import decord
import numpy as np
import pytest

from ukd_bench.datasets.darkroom import CLASSES, PRESETS, encode, make, write
from ukd_bench.datasets.darkroom.sensor import brighten
from ukd_bench.datasets.darkroom.spec import Clip, DarkRoomSpec, clips_of
from ukd_bench.errors import DataError

TINY = PRESETS['tiny']
SMALL = dataclasses.replace(TINY, width=32, height=24, min_frames=4, max_frames=6, train_groups=1)


def read_list(root, split):
    lines = (root / 'list_cvt' / f'ARID_split1_{split}.txt').read_text().splitlines()
    rows = [line.split('\t') for line in lines]
    assert [int(row[0]) for row in rows] == list(range(len(rows)))
    return [(int(label), path) for _, label, path in rows]


def test_lists_match_files_and_manifest(tiny):
    root, manifest = tiny
    listed = {split: read_list(root, split) for split in ('train', 'test', 'other')}
    assert {split: len(rows) for split, rows in listed.items()} == {
        'train': 22, 'test': 11, 'other': 11,
    }  # fmt: skip
    assert len(manifest['clips']) == 44
    for split, rows in listed.items():
        for label, path in rows:
            entry = manifest['clips'][path]
            assert (entry['label'], entry['split']) == (label, split)
            assert path.startswith(f'{CLASSES[label]}/{CLASSES[label]}_{entry["group"]}_')
    on_disk = {str(path.relative_to(root)) for path in root.rglob('*.avi')}
    assert on_disk == set(manifest['clips'])
    table = (root / 'list_cvt' / 'mapping_table.txt').read_text().splitlines()
    assert table == [f'{label}\t{name}' for label, name in enumerate(CLASSES)]
    assert json.loads((root / 'manifest.json').read_text()) == manifest
    assert {'schema', 'kind', 'generator_version', 'spec', 'classes'} < set(manifest)


def test_decord_decodes_every_frame_of_every_clip(tiny):
    root, manifest = tiny
    for path, entry in manifest['clips'].items():
        video = decord.VideoReader(str(root / path), num_threads=1)
        assert len(video) == entry['num_frames']
        assert TINY.min_frames <= len(video) <= TINY.max_frames
        assert video.get_batch([len(video) - 1]).shape == (1, 48, 64, 3)


def test_class_and_group_pairs_of_train_and_test_are_disjoint():
    pairs = {'train': set(), 'test': set(), 'other': set()}
    for clip in clips_of(dataclasses.replace(PRESETS['quick'], other_per_group=1)):
        pairs[clip.split].add((clip.label, clip.group))
    assert pairs['train'] and pairs['test']
    assert not pairs['train'] & pairs['test']
    assert pairs['other'] <= pairs['test']


def test_the_same_seed_gives_the_same_frames_for_any_number_of_workers(tiny, tmp_path):
    _, manifest = tiny
    assert make(tmp_path / 'two', TINY, workers=2) == manifest
    clip = Clip(3, 2, 1, 'train')
    assert (
        write.frames_sha256(write.frames_of(TINY, clip))
        == (manifest['clips'][clip.path]['frames_sha256'])
    )
    other = dataclasses.replace(TINY, seed=1)
    assert (
        write.frames_sha256(write.frames_of(other, clip))
        != (manifest['clips'][clip.path]['frames_sha256'])
    )


def test_encoding_keeps_the_dark_detail(tmp_path):
    spec = PRESETS['quick']
    for label, group in ((4, 1), (10, 5)):
        frames = write.frames_of(spec, Clip(label, group, 1, 'train'))
        encode.write_video(tmp_path / 'a.avi', frames, spec.fps)
        decoded = encode.read_video(tmp_path / 'a.avi')
        assert decoded.shape == frames.shape
        assert abs(decoded.mean((0, 1, 2)) - frames.mean((0, 1, 2))).max() < 2
        # Colour at half resolution alone costs this much: an upper bound for MPEG-4.
        error = brighten(decoded, 2.5).astype(float).mean(-1) - brighten(frames, 2.5).mean(-1)
        assert 10 * np.log10(255**2 / np.mean(error**2)) > 22


def test_a_finished_one_is_left_alone_and_a_deleted_file_is_made_again(tmp_path):
    root = tmp_path / 'set'
    manifest = make(root, SMALL)
    stamps = {path: (root / path).stat().st_mtime_ns for path in manifest['clips']}
    assert make(root, SMALL) == manifest
    assert {path: (root / path).stat().st_mtime_ns for path in stamps} == stamps
    gone = 'Pour/Pour_1_1.avi'
    before = (root / gone).read_bytes()
    (root / gone).unlink()
    (root / 'list_cvt' / 'ARID_split1_test.txt').unlink()
    assert make(root, SMALL) == manifest
    assert (root / gone).read_bytes() == before
    assert len(read_list(root, 'test')) == 11
    again = {path: (root / path).stat().st_mtime_ns for path in stamps if path != gone}
    assert again == {path: stamp for path, stamp in stamps.items() if path != gone}


def test_a_killed_one_is_completed(tmp_path, monkeypatch):
    whole = make(tmp_path / 'whole', SMALL)
    write_video, calls = write.write_video, []

    def dies(path, frames, fps):
        calls.append(path)
        if len(calls) == 8:
            raise KeyboardInterrupt
        write_video(path, frames, fps)

    monkeypatch.setattr(write, 'write_video', dies)
    with pytest.raises(KeyboardInterrupt):
        make(tmp_path / 'cut', SMALL)
    assert not (tmp_path / 'cut' / 'manifest.json').exists()
    monkeypatch.setattr(write, 'write_video', write_video)
    assert make(tmp_path / 'cut', SMALL) == whole
    names = {path.name for path in (tmp_path / 'cut').rglob('*') if path.name.startswith('.')}
    assert not names


def test_progress_counts_to_the_end(tmp_path):
    seen = []
    make(tmp_path / 'set', SMALL, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(n, 33) for n in range(1, 34)]


def test_a_folder_that_holds_something_else_is_refused(tmp_path, tiny):
    (tmp_path / 'thesis.txt').write_text('do not touch')
    with pytest.raises(DataError, match='not empty and not a DarkRoom'):
        make(tmp_path, SMALL)
    with pytest.raises(DataError, match='holds a DarkRoom with seed 0, not 7'):
        make(tiny[0], dataclasses.replace(TINY, seed=7))
    (tmp_path / 'manifest.json').write_text('{}')
    with pytest.raises(DataError, match='not the manifest of a DarkRoom'):
        make(tmp_path, SMALL)
    with pytest.raises(DataError, match='not a folder'):
        make(tmp_path / 'thesis.txt', SMALL)


def test_an_unwritable_root_is_one_clear_line(tmp_path):
    (tmp_path / 'file').write_text('')
    with pytest.raises(DataError, match=r'file/sub: cannot be written \(Not a directory\)'):
        make(tmp_path / 'file' / 'sub', SMALL)


@pytest.mark.parametrize(
    ('change', 'message'),
    [
        ({'width': 33}, 'size is 33x24, the width must be a multiple of 32'),
        ({'max_frames': 3}, 'max_frames is 3, must be at least 4'),
        ({'seed': -1}, 'seed is -1, must be at least 0'),
    ],
)
def test_a_bad_spec_names_the_value(change, message):
    with pytest.raises(DataError, match=message):
        dataclasses.replace(SMALL, **change)


def test_a_spec_survives_json():
    spec = DarkRoomSpec(seed=5)
    assert json.loads(json.dumps(spec.to_dict())) == spec.to_dict()
