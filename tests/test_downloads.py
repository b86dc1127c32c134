"""Checkpoints of a pool: local files, and URLs that are checked by a hash."""

import hashlib

import pytest

from ukd_bench.errors import ConfigError
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
