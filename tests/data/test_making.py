"""Folders that are made by processes that may be killed, whatever is in them."""

import os

import pytest

from ukd_bench.data.making import FolderKind, Source
from ukd_bench.errors import DataError
from ukd_bench.files.atomic import write_json

KIND = FolderKind('soup', 2, 'a soup', 'soup.json', '.soup.json')


def test_a_mark_comes_first_and_the_manifest_last(tmp_path):
    folder = tmp_path / 'new'
    assert KIND.find(folder) is None
    with KIND.making(folder) as alone:
        assert alone and KIND.find(folder) is None
        KIND.write_mark(folder, {'of': 'leek'})
        content, finished = KIND.find(folder)
        assert (content['of'], finished, KIND.manifest_in(folder)) == ('leek', False, None)
        manifest = KIND.write_manifest(folder, {'of': 'leek'})
    assert manifest == {'kind': 'soup', 'schema': 2, 'of': 'leek'}
    assert KIND.manifest_in(folder) == manifest and KIND.find(folder) == (manifest, True)
    # Neither the mark nor the lock is left.
    assert os.listdir(folder) == ['soup.json']


def test_an_older_manifest_gives_way_to_a_newer_mark(tmp_path):
    write_json(tmp_path / 'soup.json', {'kind': 'soup', 'schema': 1})
    assert KIND.find(tmp_path).finished
    with pytest.raises(DataError, match=r'soup\.json: schema 1 is not 2'):
        KIND.manifest_in(tmp_path)
    KIND.write_mark(tmp_path, {})
    assert KIND.find(tmp_path) == ({'kind': 'soup', 'schema': 2}, False)


@pytest.mark.parametrize(
    ('name', 'content', 'message'),
    [
        ('thesis.tex', '', 'not empty and not a soup; name a new folder'),
        ('soup.json', '{', r'soup\.json: not valid JSON'),
        ('soup.json', '{"kind": "stew"}', r'soup\.json: not the manifest of a soup'),
        ('.soup.json', '[]', r'\.soup\.json: not the manifest of a soup'),
    ],
)
def test_what_is_somebody_elses_is_refused_and_not_written_to(tmp_path, name, content, message):
    (tmp_path / name).write_text(content)
    before = tmp_path.stat().st_mtime_ns
    with pytest.raises(DataError, match=message), KIND.making(tmp_path):
        raise AssertionError('it was made')
    assert os.listdir(tmp_path) == [name] and (tmp_path / name).read_text() == content
    assert tmp_path.stat().st_mtime_ns == before


@pytest.mark.parametrize(
    ('name', 'message'),
    [
        ('file', 'file: not a folder'),
        ('file/sub', r'file/sub: cannot be written \(Not a directory\)'),
        ('new', r'new: cannot be written \(No space left'),
    ],
)
def test_what_the_disk_refuses_is_one_line(tmp_path, name, message):
    (tmp_path / 'file').write_text('')
    with pytest.raises(DataError, match=message), KIND.making(tmp_path / name):
        raise OSError(28, 'No space left on device')


def test_what_a_killed_write_left_is_removed_and_nothing_else(tmp_path):
    for name in ('.soup.json.abc', '..soup.json.abc', '.notes'):
        (tmp_path / name).write_text('')
    with KIND.making(tmp_path):
        pass
    assert os.listdir(tmp_path) == ['.notes']


def test_a_source_is_the_same_while_its_content_is(tmp_path):
    video = tmp_path / 'a.avi'
    video.write_bytes(b'frames')
    source = Source.of(video)
    assert source.bytes == 6 and source.is_at(video) and source.present(video) is source
    os.utime(video, ns=(1, 1))
    assert not source.is_at(video) and source.present(video) == source._replace(mtime_ns=1)
    with pytest.raises(DataError, match=r'a\.avi: changed while it was read'):
        source.require_at(video)
    video.write_bytes(b'famers')
    assert source.present(video) is None
    video.unlink()
    for ask in (source.is_at, source.present, Source.of):
        with pytest.raises(DataError, match=r'a\.avi: cannot be read \(No such file'):
            ask(video)
