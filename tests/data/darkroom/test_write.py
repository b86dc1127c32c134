import dataclasses
import json
from concurrent.futures import ThreadPoolExecutor

import decord
import numpy as np
import pytest

from ukd_bench.data.darkroom import CLASSES, PRESETS, film, film as encode, make, write
from ukd_bench.data.darkroom.layout import Take
from ukd_bench.data.darkroom.sensor import brighten
from ukd_bench.data.darkroom.spec import DarkRoomSpec
from ukd_bench.errors import DataError
from ukd_bench.files.hashes import digest, file_sha256

TINY = PRESETS['tiny']
SMALL = dataclasses.replace(TINY, width=32, height=24, min_frames=4, max_frames=6, train_groups=1)
FULL = dataclasses.replace(
    PRESETS['full'], width=32, height=24, min_frames=4, max_frames=9, train_groups=3, test_groups=2,
    clips=88,
)  # fmt: skip


def read_list(root, subset, split=1):
    lines = (root / 'list_cvt' / f'ARID_split{split}_{subset}.txt').read_text().splitlines()
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
            assert (entry['label'], entry['splits']['1']) == (label, split)
            assert path.startswith(f'{CLASSES[label]}/{CLASSES[label]}_{entry["group"]}_')
    on_disk = {str(path.relative_to(root)) for path in root.rglob('*.avi')}
    assert on_disk == set(manifest['clips'])
    table = (root / 'list_cvt' / 'mapping_table.txt').read_text().splitlines()
    assert table == [f'{label}\t{name}' for label, name in enumerate(CLASSES)]
    assert json.loads((root / 'manifest.json').read_text()) == manifest
    assert {'schema', 'kind', 'generator_version', 'spec', 'classes'} < set(manifest)


def test_decord_decodes_every_frame_of_every_clip(tiny):
    root, manifest = tiny
    assert manifest['clips']
    for path, entry in manifest['clips'].items():
        video = decord.VideoReader(str(root / path), num_threads=1)
        assert len(video) == entry['num_frames']
        assert TINY.min_frames <= len(video) <= TINY.max_frames
        assert video.get_batch([len(video) - 1]).shape == (1, 48, 64, 3)


@pytest.fixture(scope='module')
def small_full(tmp_path_factory):
    """The full preset's way of doing things with few, small clips."""
    root = tmp_path_factory.mktemp('darkroom') / 'full'
    return root, make(root, FULL)


def test_three_splits_are_listed_and_in_the_manifest(small_full):
    root, manifest = small_full
    tested = []
    for split in (1, 2, 3):
        listed = {subset: read_list(root, subset, split) for subset in ('train', 'test', 'other')}
        assert sum(map(len, listed.values())) == len(manifest['clips']) == 88
        for subset, rows in listed.items():
            for label, path in rows:
                entry = manifest['clips'][path]
                assert (entry['label'], entry['splits'][str(split)]) == (label, subset)
        tested.append({manifest['clips'][path]['group'] for _, path in listed['test']})
    assert tested == [{4, 5}, {2, 3}, {5, 1}]


def test_the_full_presets_frames_do_not_depend_on_the_number_of_workers(small_full, tmp_path):
    assert make(tmp_path / 'two', FULL, workers=2) == small_full[1]


def test_the_bright_twin_has_the_same_lists_and_another_fingerprint(small_full, tmp_path):
    root, manifest = small_full
    twin = make(tmp_path / 'twin', dataclasses.replace(FULL, bright=True))
    assert twin['spec'] == manifest['spec'] | {'bright': True}
    assert twin['fingerprint'] != manifest['fingerprint']
    lengths = [
        {path: entry['num_frames'] for path, entry in made['clips'].items()}
        for made in (manifest, twin)
    ]
    assert lengths[0] == lengths[1]
    for path in (root / 'list_cvt').iterdir():
        assert path.read_bytes() == (tmp_path / 'twin' / 'list_cvt' / path.name).read_bytes()
    with pytest.raises(DataError, match='holds a DarkRoom with bright True, not False'):
        make(tmp_path / 'twin', FULL)


def test_the_manifest_knows_every_file_but_the_fingerprint_frames_alone(tiny):
    root, manifest = tiny
    for path, entry in manifest['clips'].items():
        assert entry['file_sha256'] == file_sha256(root / path)
        assert entry['file_bytes'] == (root / path).stat().st_size
    frames = [
        (path, entry['label'], entry['splits']['1'], entry['frames_sha256'])
        for path, entry in manifest['clips'].items()
    ]
    assert manifest['fingerprint'] == digest(sorted(frames))


def test_the_identity_of_the_first_presets_does_not_change():
    """New fields stay out at their defaults, so that keys of runs made before still hold."""
    assert list(PRESETS['quick'].to_dict()) == [
        'seed', 'width', 'height', 'fps', 'min_frames', 'max_frames', 'train_groups',
        'test_groups', 'clips_per_group', 'other_per_group', 'mean_code', 'noise',
    ]  # fmt: skip


def test_the_same_seed_gives_the_same_frames_for_any_number_of_workers(tiny, tmp_path):
    _, manifest = tiny
    assert make(tmp_path / 'two', TINY, workers=2) == manifest
    clip = Take(3, 2, 1)
    assert (
        write.frames_sha256(film.frames_of(TINY, clip))
        == (manifest['clips'][clip.path]['frames_sha256'])
    )
    other = dataclasses.replace(TINY, seed=1)
    assert (
        write.frames_sha256(film.frames_of(other, clip))
        != (manifest['clips'][clip.path]['frames_sha256'])
    )


def test_black_stays_black_in_the_files_of_the_full_preset(tmp_path):
    black = np.zeros((3, 64, 64, 3), np.uint8)
    encode.write_video(tmp_path / 'a.avi', black, 30, rendering=2)
    assert encode.read_video(tmp_path / 'a.avi').max() == 0


def test_encoding_keeps_the_dark_detail(tmp_path):
    large = dataclasses.replace(PRESETS['full'], min_frames=6, max_frames=9)
    for spec, label, group in ((PRESETS['quick'], 4, 1), (PRESETS['quick'], 10, 5), (large, 9, 12)):
        frames = film.frames_of(spec, Take(label, group, 1))
        encode.write_video(tmp_path / 'a.avi', frames, spec.fps, spec.rendering)
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


def test_a_truncated_file_is_made_again(tmp_path):
    root = tmp_path / 'set'
    manifest = make(root, SMALL)
    cut = root / 'Pour/Pour_1_1.avi'
    cut.write_bytes(cut.read_bytes()[:-100])
    assert make(root, SMALL) == manifest
    assert file_sha256(cut) == manifest['clips']['Pour/Pour_1_1.avi']['file_sha256']


def test_one_with_an_older_manifest_is_made_again_in_place(tmp_path):
    root = tmp_path / 'set'
    manifest = make(root, SMALL)
    older = {path: {'frames_sha256': 'x'} for path in manifest['clips']}
    (root / 'manifest.json').write_text(json.dumps(manifest | {'schema': 1, 'clips': older}))
    assert make(root, SMALL) == manifest


def test_a_killed_one_is_completed(tmp_path, monkeypatch):
    whole = make(tmp_path / 'whole', SMALL)
    write_video, calls = write.write_video, []

    def dies(path, frames, *settings):
        calls.append(path)
        if len(calls) == 8:
            raise KeyboardInterrupt
        write_video(path, frames, *settings)

    monkeypatch.setattr(write, 'write_video', dies)
    with pytest.raises(KeyboardInterrupt):
        make(tmp_path / 'cut', SMALL)
    assert not (tmp_path / 'cut' / 'manifest.json').exists()
    monkeypatch.setattr(write, 'write_video', write_video)
    assert make(tmp_path / 'cut', SMALL) == whole
    names = {path.name for path in (tmp_path / 'cut').rglob('*') if path.name.startswith('.')}
    assert not names


def test_of_two_at_once_the_second_waits_and_makes_nothing(tmp_path, monkeypatch):
    write_video, made = write.write_video, []

    def counted(path, *rest):
        made.append(path)
        write_video(path, *rest)

    monkeypatch.setattr(write, 'write_video', counted)
    with ThreadPoolExecutor() as pool:
        first, second = pool.map(lambda _: make(tmp_path / 'set', SMALL), range(2))
    assert first == second and len(made) == len({*made}) == 33
    assert not [path for path in (tmp_path / 'set').iterdir() if path.name.startswith('.')]


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
        ({'balance': 'odd'}, "balance is 'odd', none of even, arid"),
        ({'rendering': 3}, 'rendering is 3, none of 1, 2'),
    ],
)
def test_a_bad_spec_names_the_value(change, message):
    with pytest.raises(DataError, match=message):
        dataclasses.replace(SMALL, **change)


def test_a_spec_survives_json():
    spec = DarkRoomSpec(seed=5)
    assert json.loads(json.dumps(spec.to_dict())) == spec.to_dict()
