"""Hashes that are known: read once, noticed when they change, believed where they were told."""

import errno
import os

import pytest

from ukd_bench.errors import ResultsError
from ukd_bench.files import hashes
from ukd_bench.files.hashes import KnownHashes, file_sha256, has_sha256, stamp_of


@pytest.fixture
def weights(tmp_path):
    path = tmp_path / 'weights'
    path.write_bytes(b'as trained')
    return path


def test_a_file_is_read_once_until_it_changes(weights, hashed):
    known, trained = KnownHashes(), file_sha256(weights)
    assert known.has(weights, trained) and known.has(weights, trained)
    assert not known.has(weights, 'another')
    assert hashed == [weights]
    weights.write_bytes(b'as damaged')
    assert not known.has(weights, trained)
    assert hashed == [weights, weights]
    assert KnownHashes().has(weights, file_sha256(weights))


def test_what_was_just_recorded_is_believed_until_the_file_changes(weights, hashed):
    known = KnownHashes()
    assert known.believe(weights, 'told') and known.has(weights, 'told') and hashed == []
    weights.write_bytes(b'more than was told of')
    assert not known.has(weights, 'told') and hashed == [weights]
    # What was read counts for more than what is told.
    assert not known.believe(weights, 'told')


def test_what_is_not_there_has_no_hash(tmp_path, hashed):
    known = KnownHashes()
    assert not known.has(tmp_path / 'absent', 'told')
    assert not known.believe(tmp_path / 'absent', 'told')
    assert not has_sha256(tmp_path, 'told')


@pytest.mark.parametrize('has_hash', [has_sha256, KnownHashes().has])
def test_what_is_there_and_cannot_be_read_is_told_from_what_is_absent(
    weights, has_hash, monkeypatch
):
    def fail(*_):
        raise OSError(errno.EIO, 'Input/output error')

    with monkeypatch.context() as patched:
        patched.setattr(hashes.hashlib, 'file_digest', fail)
        with pytest.raises(ResultsError, match=r'weights: cannot be read .Input'):
            has_hash(weights, 'told')
    assert has_hash(weights, file_sha256(weights))


def test_a_file_of_which_nothing_can_be_found_out_is_not_absent(weights, monkeypatch):
    assert stamp_of(weights / 'below a file') is None

    def fail(path):
        raise OSError(errno.ESTALE, 'Stale file handle')

    with monkeypatch.context() as patched:
        patched.setattr(hashes.os, 'stat', fail)
        for look in (KnownHashes().has, KnownHashes().believe):
            with pytest.raises(ResultsError, match=r'weights: cannot be read .Stale'):
                look(weights, 'told')


def test_size_and_time_of_change_are_all_that_is_looked_at(weights, hashed):
    known, trained, stated = KnownHashes(), file_sha256(weights), weights.stat()
    assert known.has(weights, trained)
    weights.write_bytes(b'as damaged')
    os.utime(weights, ns=(stated.st_atime_ns, stated.st_mtime_ns))
    assert known.has(weights, trained)
    assert not KnownHashes().has(weights, trained)
