"""``ukd-bench data cache``, as a person calls it."""

import shutil
from collections import namedtuple

import pytest

from ukd_bench.data.__main__ import main
from ukd_bench.data.cache.store import ClipCache, Manifest

from ..made_up_arid import make_ug2_of, write_list

CLIPS = 33
"""11 classes, one clip a list: train, test and other."""


def test_all_listed_clips_are_cached(dark_root, tmp_path, capsys):
    folder = tmp_path / 'frames'
    command = [
        'cache',
        str(dark_root),
        '--out',
        str(folder),
        '--short-side',
        '36',
        '--workers',
        '1',
    ]
    assert main([*command, '--verify']) == 0
    cache = ClipCache(folder)
    assert (len(cache), cache.short_side) == (CLIPS, 36)
    line = f'{folder}: {CLIPS} clips, {cache.num_bytes} bytes (1.5 MiB), short side 36\n'
    assert capsys.readouterr().out == line
    assert main(command) == 0
    assert capsys.readouterr().out == line


def test_the_default_folder_lies_beside_the_data(dark_root, tmp_path, capsys):
    root = tmp_path / 'videos'
    shutil.copytree(dark_root, root)
    assert main(['cache', str(root), '--workers', '1']) == 0
    assert len(ClipCache(tmp_path / 'videos-cache')) == CLIPS


def test_budget_and_free_space_are_kept(dark_root, tmp_path, capsys, monkeypatch):
    folder = tmp_path / 'frames'
    command = ['cache', str(dark_root), '--out', str(folder), '--workers', '1']
    assert main([*command, '--budget', '0.001']) == 2
    message = capsys.readouterr().err
    assert message.startswith(f'error: {folder}: {CLIPS} clips need about 2.6 MiB, more than')
    full = namedtuple('usage', 'free')(1000)
    monkeypatch.setattr(shutil, 'disk_usage', lambda _: full)
    assert main(command) == 2
    assert 'more are needed, but 0.0 MiB are free' in capsys.readouterr().err
    assert not folder.exists()
    monkeypatch.undo()
    assert main([*command, '--budget', '0.1']) == 0
    monkeypatch.setattr(shutil, 'disk_usage', lambda _: full)
    assert main(command) == 0, 'what is there needs no more room'


def test_frames_that_differ_are_told_and_removed(dark_root, tmp_path, capsys):
    folder = tmp_path / 'frames'
    command = ['cache', str(dark_root), '--out', str(folder), '--workers', '1', '--verify']
    assert main(command) == 0
    file = min(folder.glob('*.npy'))
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)
    capsys.readouterr()
    assert main(command) == 2
    message = capsys.readouterr().err
    assert f'{folder}: frames of 1 of {CLIPS} clips were not those of their videos' in message
    assert message.count('\n') == 1
    assert main(command) == 0


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        (['nowhere'], 'data root nowhere does not exist'),
        (['.', '--short-side', '0'], "'0' is not a whole number of at least 1"),
        (['.', '--budget', '-1'], "'-1' is not a positive number of GiB"),
        (['.', '--budget', 'nan'], "'nan' is not a positive number of GiB"),
    ],
)
def test_mistakes_get_one_line(arguments, message, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    try:
        status = main(['cache', *arguments])
    except SystemExit as error:
        status = error.code
    assert status == 2
    complaint = capsys.readouterr().err
    assert message in complaint
    assert complaint.count('\n') == 1


def test_of_two_editions_one_must_be_named(dark_root, tmp_path, capsys):
    root, out = tmp_path / 'videos', tmp_path / 'out'
    shutil.copytree(dark_root, root)
    video = str(min(root.glob('Wave/*.avi')).relative_to(root))
    write_list(root / 'list_cvt' / 'split_0' / 'split0_train.txt', [(10, video)])
    command = ['cache', str(root), '--out', str(out), '--workers', '1']
    assert main(command) == 2
    assert 'name the edition: v1.5, darkroom' in capsys.readouterr().err
    assert main([*command, '--edition', 'v1.5']) == 0
    assert made(out) == {video}


def test_unlabelled_and_blank_lists_are_left_out(dark_root, tmp_path):
    root, out = tmp_path / 'videos', tmp_path / 'out'
    paths = make_ug2_of(root, dark_root)
    command = ['cache', str(root), '--out', str(out), '--workers', '1']
    assert main(command) == 0
    assert made(out) == set(paths)
    (root / 'train.csv').unlink()
    write_list(root / 'list_cvt' / 'ARID_split1_train.txt', [(5, paths[0])])
    (root / 'list_cvt' / 'ARID_split1_other.txt').write_text('\n\n')
    out.rename(tmp_path / 'ug2')
    assert main([*command, '--edition', 'v1.0']) == 0
    assert made(out) == {paths[0]}


def made(out):
    """The videos that the command has been through."""
    return set(Manifest.read(out).clips)
