"""The clip cache: what it stores, when it is used, and what it survives."""

import json
import os
import pickle
import shutil
import signal
import subprocess
import sys
import time
import warnings
from pathlib import Path

import cv2
import numpy as np
import pytest

from ukd_bench.data.cache.build import build, verify
from ukd_bench.data.cache.estimate import needed_bytes
from ukd_bench.data.cache.store import ClipCache, decoder, default_folder
from ukd_bench.data.darkroom.film import write_video
from ukd_bench.data.video.frames import DecodedVideo
from ukd_bench.errors import ConfigError, DataError


@pytest.fixture
def videos(tmp_path):
    """A folder of three small videos and their names; a test may change them."""
    root = tmp_path / 'videos'
    paths = [f'Wave/clip_{number}.avi' for number in range(3)]
    for number, path in enumerate(paths):
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        write_clip(root / path, seed=number, frames=5 + number)
    return root, paths


def write_clip(path, seed, frames):
    coarse = np.random.default_rng(seed).integers(0, 90, (frames, 6, 8, 3), np.uint8)
    write_video(path, np.stack([cv2.resize(frame, (64, 48)) for frame in coarse]), fps=15)


def entries(folder):
    return json.loads((folder / 'cache.json').read_text())['clips']


def frame_files(folder):
    return sorted(path.name for path in folder.glob('*.npy'))


def written_at(folder):
    return {path.name: path.stat().st_mtime_ns for path in folder.glob('*.npy')}


@pytest.mark.parametrize(
    ('short_side', 'workers'), [(None, 1), (32, 2)], ids=['as they are', 'resized']
)
def test_frames_are_those_that_decoding_gives(videos, tmp_path, short_side, workers):
    root, paths = videos
    done = []
    cache = build(
        root, tmp_path / 'cache', paths, short_side, workers, lambda *count: done.append(count)
    )
    assert (len(cache), cache.short_side, done) == (3, short_side, [(1, 3), (2, 3), (3, 3)])
    for path in paths:
        cached = cache.find(path, root / path)
        decoded = DecodedVideo(root / path, short_side)
        assert (len(cached), cached.shape) == (len(decoded), decoded.shape)
        for indices in (range(len(decoded)), np.array([4, 0, 4]), [2]):
            np.testing.assert_array_equal(cached.take(indices), decoded.take(indices))


@pytest.mark.parametrize('how', ['take', 'look'])
def test_frames_may_be_written_into(videos, tmp_path, how):
    root, paths = videos
    cache = build(root, tmp_path / 'cache', paths)
    first = getattr(cache.find(paths[0], root / paths[0]), how)([1, 2, 2])
    before = np.stack(first)
    np.testing.assert_array_equal(before, DecodedVideo(root / paths[0]).take([1, 2, 2]))
    first[1][:] = 255
    np.testing.assert_array_equal(first[2], before[2], 'a frame taken twice is two')
    second = getattr(cache.find(paths[0], root / paths[0]), how)([1, 2, 2])
    np.testing.assert_array_equal(np.stack(second), before)
    assert verify(root, cache.folder, paths) == []


def test_a_complete_cache_is_left_alone(videos, tmp_path, monkeypatch):
    root, paths = videos
    folder = tmp_path / 'cache'
    build(root, folder, paths)
    before = written_at(folder), (folder / 'cache.json').stat().st_mtime_ns

    def never(*_):
        raise AssertionError('a video was read')

    monkeypatch.setattr(sys.modules[build.__module__], '_cache_one', never)
    build(root, folder, paths)
    assert (written_at(folder), (folder / 'cache.json').stat().st_mtime_ns) == before


def test_a_changed_video_is_decoded_until_the_cache_follows(videos, tmp_path):
    root, paths = videos
    folder = tmp_path / 'cache'
    build(root, folder, paths)
    old = frame_files(folder)
    write_clip(root / paths[1], seed=9, frames=6)
    with pytest.warns(RuntimeWarning, match=r'clip_1\.avi is no longer the video'):
        cache = ClipCache(folder)
        assert cache.find(paths[1], root / paths[1]) is None
    assert cache.find(paths[0], root / paths[0]) is not None
    cache = build(root, folder, paths)
    np.testing.assert_array_equal(
        cache.find(paths[1], root / paths[1]).take(range(6)),
        DecodedVideo(root / paths[1]).take(range(6)),
    )
    assert len(set(frame_files(folder)) - set(old)) == 1
    assert len(frame_files(folder)) == 3, 'the frames of the earlier video were kept'


def test_a_touched_video_is_hashed_but_not_decoded_again(videos, tmp_path):
    root, paths = videos
    folder = tmp_path / 'cache'
    build(root, folder, paths)
    before = written_at(folder)
    os.utime(root / paths[0], ns=(1, 1))
    cache = build(root, folder, paths)
    assert written_at(folder) == before
    assert cache.find(paths[0], root / paths[0]) is not None


def test_clips_of_other_calls_stay_as_long_as_their_videos(videos, tmp_path):
    root, paths = videos
    folder = tmp_path / 'cache'
    build(root, folder, paths[:1])
    assert set(entries(build(root, folder, paths[1:]).folder)) == set(paths)
    (root / paths[0]).unlink()
    (folder / 'notes.txt').write_text('somebody else’s')
    build(root, folder, paths[1:])
    assert set(entries(folder)) == set(paths[1:])
    assert len(frame_files(folder)) == 2
    assert (folder / 'notes.txt').exists()


def test_equal_videos_share_a_file(videos, tmp_path):
    root, paths = videos
    shutil.copy(root / paths[0], root / paths[1])
    cache = build(root, tmp_path / 'cache', paths)
    assert len(frame_files(cache.folder)) == 2
    on_disk = sum(path.stat().st_size for path in cache.folder.glob('*.npy'))
    assert cache.num_bytes == on_disk


def truncate(path):
    path.write_bytes(path.read_bytes()[:-1000])


def overwrite(path):
    path.write_bytes(b'no frames at all')


@pytest.mark.parametrize('damage', [truncate, overwrite, os.unlink])
def test_a_damaged_file_is_not_used_and_made_anew(videos, tmp_path, damage):
    root, paths = videos
    folder = tmp_path / 'cache'
    build(root, folder, paths)
    damage(folder / entries(folder)[paths[2]]['file'])
    cache = ClipCache(folder)
    with pytest.warns(RuntimeWarning, match=r'clip_2\.avi, is absent or damaged; .* is decoded'):
        assert cache.find(paths[2], root / paths[2]) is None
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        assert cache.find(paths[2], root / paths[2]) is None, 'it is said once'
    assert build(root, folder, paths).find(paths[2], root / paths[2]) is not None


def test_verify_finds_frames_that_are_not_the_videos(videos, tmp_path):
    root, paths = videos
    folder = tmp_path / 'cache'
    build(root, folder, paths, workers=2)
    assert verify(root, folder, paths, workers=2) == []
    file = folder / entries(folder)[paths[1]]['file']
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)
    assert verify(root, folder, paths) == [paths[1]]
    build(root, folder, paths)
    assert verify(root, folder, paths) == []


def test_frames_of_other_library_versions_are_not_used(videos, tmp_path, rewrite):
    root, paths = videos
    folder = tmp_path / 'cache'
    build(root, folder, paths)
    rewrite(folder / 'cache.json', 'decord 0.1, opencv 2.4', 'decoder')
    with pytest.warns(RuntimeWarning, match=r'was made by decord 0\.1, opencv 2\.4, this is'):
        assert ClipCache(folder).find(paths[0], root / paths[0]) is None
    cache = build(root, folder, paths)
    assert cache.manifest.decoder == decoder()
    assert cache.find(paths[0], root / paths[0]) is not None


def test_another_process_opens_its_own_maps(videos, tmp_path):
    root, paths = videos
    cache = build(root, tmp_path / 'cache', paths)
    cache.find(paths[0], root / paths[0])
    sent = pickle.dumps(cache)
    assert len(sent) < 500, 'neither frames nor the manifest travel'
    copy = pickle.loads(sent)
    np.testing.assert_array_equal(
        copy.find(paths[0], root / paths[0]).take([0]),
        cache.find(paths[0], root / paths[0]).take([0]),
    )


def test_what_cannot_be_cached_is_named_and_the_rest_kept(videos, tmp_path):
    root, paths = videos
    folder = tmp_path / 'cache'
    (root / paths[1]).write_bytes(b'no video at all')
    for workers in (1, 2):
        with pytest.raises(DataError, match=r'clip_1\.avi: cannot be decoded'):
            build(root, folder, paths, workers=workers)
    assert paths[0] in entries(folder)
    truncate(root / paths[2])
    with pytest.raises(DataError, match=r'clip_2\.avi: cannot be decoded \(truncated'):
        build(root, folder, paths[2:])
    with pytest.raises(DataError, match=r'absent\.avi: cannot be read'):
        build(root, folder, ['absent.avi'])


def test_folders_that_are_something_else_are_refused(videos, tmp_path):
    root, paths = videos
    with pytest.raises(DataError, match='not empty and not a clip cache'):
        build(root, root, paths)
    (tmp_path / 'file').write_text('')
    with pytest.raises(DataError, match='file: not a folder'):
        build(root, tmp_path / 'file', paths)
    folder = tmp_path / 'cache'
    build(root, folder, paths[:1], short_side=32)
    with pytest.raises(ConfigError, match='with short side 32, not None'):
        build(root, folder, paths)
    with pytest.raises(DataError, match='holds no clip cache'):
        len(ClipCache(tmp_path / 'nowhere'))
    (folder / 'cache.json').write_text('{}')
    with pytest.raises(DataError, match=r'cache\.json: not the manifest of a clip cache'):
        len(ClipCache(folder))


def test_needed_bytes_are_told_ahead(videos, tmp_path, dark_root):
    root, paths = videos
    for short_side in (None, 32):
        cache = build(root, tmp_path / f'cache{short_side}', paths, short_side)
        assert needed_bytes(root, paths, short_side) == pytest.approx(cache.num_bytes, rel=0.05)
    paths = [str(path.relative_to(dark_root)) for path in sorted(dark_root.glob('*/*.avi'))]
    cache = build(dark_root, tmp_path / 'dark', paths, 30)
    assert needed_bytes(dark_root, paths, 30) == cache.num_bytes


def test_default_folders_lie_beside_the_data(tmp_path, monkeypatch):
    assert default_folder(tmp_path / 'arid', None) == tmp_path / 'arid-cache'
    assert default_folder(tmp_path / 'arid', 128) == tmp_path / 'arid-cache-128'
    (tmp_path / 'arid').mkdir()
    monkeypatch.chdir(tmp_path / 'arid')
    assert default_folder(Path(), None) == tmp_path / 'arid-cache'


BUILD = """
import sys
from pathlib import Path
from ukd_bench.data.cache.build import build

if __name__ == '__main__':
    root, folder, workers = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    paths = sorted(str(path.relative_to(root)) for path in root.glob('*/*.avi'))
    print('started', flush=True)
    build(root, folder, paths, workers=workers)
"""


@pytest.fixture
def many_videos(tmp_path):
    root = tmp_path / 'many'
    (root / 'Run').mkdir(parents=True)
    for number in range(40):
        write_clip(root / f'Run/clip_{number}.avi', seed=number, frames=5)
    return root


def start_build(root, folder, workers=1):
    return subprocess.Popen(
        [sys.executable, '-c', BUILD, str(root), str(folder), str(workers)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize('workers', [1, 2])
def test_a_killed_build_continues(many_videos, tmp_path, workers):
    paths = sorted(str(path.relative_to(many_videos)) for path in many_videos.glob('*/*.avi'))
    folder = tmp_path / 'cache'
    for least in (1, 12):
        process = start_build(many_videos, folder, workers)
        while process.poll() is None and len(list(folder.glob('*.npy'))) < least:
            time.sleep(0.002)
        process.send_signal(signal.SIGKILL)
        process.communicate()
    present = written_at(folder)
    # What a kill within a write leaves behind.
    (folder / f'.{"0" * 32}.npy.abc').write_bytes(b'half')
    cache = build(many_videos, folder, paths)
    again = written_at(folder)
    assert len(again) == len(cache) == 40
    assert {name: again[name] for name in present} == present, 'whole files were made again'
    assert not list(folder.glob('.*.npy.*'))
    assert verify(many_videos, folder, paths) == []


def test_two_builds_at_once_make_one_cache(many_videos, tmp_path):
    folder = tmp_path / 'cache'
    processes = [start_build(many_videos, folder, 1) for _ in range(2)]
    for process in processes:
        _, complaints = process.communicate(timeout=120)
        assert process.returncode == 0, complaints
    paths = sorted(str(path.relative_to(many_videos)) for path in many_videos.glob('*/*.avi'))
    assert set(entries(folder)) == set(paths)
    assert len(frame_files(folder)) == 40
    assert verify(many_videos, folder, paths) == []
