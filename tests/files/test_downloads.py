"""Checkpoints of a pool: local files, and URLs that are checked by a hash."""

import hashlib
import http.client
import os

import pytest
import torch

from ukd_bench.errors import ConfigError, ResultsError
from ukd_bench.files import downloads
from ukd_bench.files.downloads import checkpoint_sha256
from ukd_bench.knowledge.pool import read_pool

CONTENT = b'weights'
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def entry(tmp_path, monkeypatch):
    """Makes the pool's entry of a checkpoint; downloads go to a folder of the test."""
    monkeypatch.setenv('TORCH_HOME', str(tmp_path / 'torch'))

    def make(checkpoint, **more):
        entry = dict(name='a', config='a.py', bank='bank', checkpoint=str(checkpoint), **more)
        return read_pool([entry])[0]

    return make


@pytest.fixture
def served(tmp_path):
    """Writes a file and gives its URL."""

    def write(name, content=CONTENT):
        (tmp_path / name).write_bytes(content)
        return f'file://{tmp_path / name}'

    return write


def test_a_local_file_is_taken_as_it_is(entry, tmp_path):
    (tmp_path / 'a.pth').write_bytes(CONTENT)
    assert entry(tmp_path / 'a.pth').checkpoint_file() == tmp_path / 'a.pth'
    assert entry(tmp_path / 'a.pth', sha256=SHA256[:8]).checkpoint_file() == tmp_path / 'a.pth'
    with pytest.raises(ConfigError, match=r'a\.pth: its SHA-256 does not begin with 00000000$'):
        entry(tmp_path / 'a.pth', sha256='0' * 8).checkpoint_file()
    with pytest.raises(ConfigError, match=r'gone\.pth does not exist'):
        entry(tmp_path / 'gone.pth').checkpoint_file()


def test_a_published_name_carries_the_hash(entry, served, tmp_path):
    url = served(f'slowonly_r50-{SHA256[:8]}.pth')
    local = entry(url).checkpoint_file()
    assert local.read_bytes() == CONTENT and local.is_relative_to(tmp_path / 'torch')
    # Downloaded once.
    served(f'slowonly_r50-{SHA256[:8]}.pth', b'other')
    assert entry(url).checkpoint_file() == local
    local.write_bytes(b'damaged')
    with pytest.raises(ConfigError, match=rf'{local}: its SHA-256 does not begin with'):
        entry(url).checkpoint_file()


def test_a_download_of_another_hash_is_refused_and_not_kept(entry, served, tmp_path):
    with pytest.raises(ConfigError, match=r'a-00000000\.pth: its SHA-256 does not begin with 0000'):
        entry(served('a-00000000.pth')).checkpoint_file()
    with pytest.raises(ConfigError, match=f'its SHA-256 does not begin with {"1" * 64}'):
        entry(served(f'b-{SHA256[:8]}.pth'), sha256='1' * 64).checkpoint_file()
    assert not [path for path in (tmp_path / 'torch').rglob('*') if path.is_file()]


def test_a_url_without_a_hash_needs_one(entry, served):
    url = served('weights.pth')
    with pytest.raises(ConfigError, match=r'its name ends in no hash to check it by'):
        entry(url).checkpoint_file()
    assert entry(url, sha256=SHA256).checkpoint_file().read_bytes() == CONTENT


def test_what_cannot_be_downloaded_is_named(entry, tmp_path):
    url = f'file://{tmp_path}/gone-12345678.pth'
    with pytest.raises(ConfigError, match=rf'checkpoint {url} cannot be downloaded \('):
        entry(url).checkpoint_file()


def test_a_name_that_ends_in_a_date_has_no_hash(entry, served):
    url = served('slowonly-20220812.pth')
    with pytest.raises(ConfigError, match=r'ends in 20220812, which is rather a date.*give sha256'):
        entry(url).checkpoint_file()
    assert entry(url, sha256=SHA256[:8]).checkpoint_file().read_bytes() == CONTENT


def test_digits_that_were_taken_from_the_name_are_said_to_be(entry, served):
    taken = 'begin with 12345678, which the end of its name was taken for; give sha256'
    with pytest.raises(ConfigError, match=taken):
        entry(served('run-12345678.pth')).checkpoint_file()
    with pytest.raises(ConfigError, match=r'begin with 12345678$'):
        entry(served('run-12345678.pth'), sha256='12345678').checkpoint_file()
    # Downloaded by another hash, it is refused by that of its name.
    entry(served('run-12345678.pth'), sha256=SHA256).checkpoint_file()
    with pytest.raises(ConfigError, match=taken):
        entry(served('run-12345678.pth')).checkpoint_file()


@pytest.mark.parametrize(
    ('error', 'reason'),
    [
        (http.client.IncompleteRead(b'abc', 9), r'IncompleteRead\(3 bytes read, 9 more expected\)'),
        (http.client.BadStatusLine('x'), 'x'),
        (RuntimeError("can't start new thread"), "can't start new thread"),
        (TimeoutError('timed out'), 'timed out'),
    ],
)
def test_a_broken_transfer_is_told_as_one(entry, monkeypatch, error, reason):
    def fail(*_, **__):
        raise error

    monkeypatch.setattr(torch.hub, 'download_url_to_file', fail)
    with pytest.raises(ConfigError, match=rf'a-12345678\.pth cannot be downloaded \({reason}\)$'):
        entry('https://x.org/a-12345678.pth').checkpoint_file()


def test_a_checkpoint_is_hashed_once_as_long_as_it_stays_as_it_is(tmp_path, monkeypatch):
    hashed = []

    def file_sha256(path, of_old=downloads.file_sha256):
        hashed.append(path)
        return of_old(path)

    monkeypatch.setattr(downloads, 'file_sha256', file_sha256)
    path = tmp_path / 'a.pth'
    path.write_bytes(CONTENT)
    assert [checkpoint_sha256(path) for _ in range(3)] == [SHA256] * 3
    assert hashed == [path]
    path.write_bytes(b'WEIGHTS')
    os.utime(path, ns=(0, 0))
    other = hashlib.sha256(b'WEIGHTS').hexdigest()
    assert [checkpoint_sha256(path) for _ in range(3)] == [other] * 3
    assert hashed == [path] * 2
    path.unlink()
    with pytest.raises(ResultsError, match=r'a\.pth: cannot be read'):
        checkpoint_sha256(path)
