"""Paths with another beginning on another host."""

import json
import socket

import pytest

from ukd_bench.errors import ConfigError
from ukd_bench.files.configs import read_config
from ukd_bench.files.hosts import VARIABLE, check_hosts, moved, moved_path, told_of

MOVES = {'/data': '/scratch/me', '/data/arid': '/fast', '/home/me/results/': '/net/results'}


@pytest.fixture
def on(monkeypatch):
    """Puts this process on a host of a name, and tells it of moves on some hosts."""

    def be(name: str, **hosts: dict) -> None:
        monkeypatch.setattr(socket, 'gethostname', lambda: name)
        monkeypatch.setenv(VARIABLE, json.dumps(hosts))
        moved.__globals__['_moves_here'].cache_clear()

    yield be
    moved.__globals__['_moves_here'].cache_clear()


@pytest.mark.parametrize(
    ('path', 'here'),
    [
        ('/data', '/scratch/me'),
        ('/data/flow/x', '/scratch/me/flow/x'),
        # The longest that fits counts.
        ('/data/arid/lists', '/fast/lists'),
        # Whole names alone.
        ('/database', '/database'),
        ('/data.json', '/data.json'),
        ('the /data', 'the /data'),
        ('data', 'data'),
        ('/home/me/results', '/net/results'),
    ],
)
def test_beginnings_of_paths(on, path, here):
    on('node7', **{'node*': MOVES})
    assert moved(dict(a=[path], b=(path, 1), c=None)) == dict(a=[here], b=(here, 1), c=None)


def test_hosts_are_known_by_their_names_or_the_first_part(on):
    for name, is_meant in (('node1.cluster', True), ('node10', False), ('login', False)):
        on(name, node1=MOVES)
        assert (moved('/data') == '/scratch/me') == is_meant, name
        assert moved_path('some/where') == 'some/where'


def test_nobody_told_changes_nothing(monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)
    value = dict(path='/data')
    assert moved(value) is value and told_of({}) == {}


def test_a_config_is_read_with_the_paths_of_this_host(on, tmp_path):
    path = tmp_path / 'config.py'
    path.write_text("data_root = '/data/arid'\nhooks = [dict(pool='/data/pool.json')]\n")
    on('node7', **{'node*': MOVES})
    config = read_config(path)
    assert config.data_root == '/fast' and config.hooks[0].pool == '/scratch/me/pool.json'
    assert config.filename == str(path)


def test_a_path_with_a_link_is_told_both_ways(tmp_path):
    (tmp_path / 'real').mkdir()
    (tmp_path / 'link').symlink_to('real')
    told = json.loads(told_of({'*': {str(tmp_path / 'link'): '/there'}})[VARIABLE])
    assert told == {'*': {str(tmp_path / name): '/there' for name in ('real', 'link')}}


@pytest.mark.parametrize(
    ('hosts', 'complaint'),
    [
        ({'node*': ['/data']}, "hosts['node*'] is ['/data'], not a dict of paths by paths"),
        ({'node*': {}}, "hosts['node*'] is {}, not a dict of paths by paths"),
        ({'': {'/a': '/b'}}, "hosts: '' is no name of a host"),
        ({3: {'/a': '/b'}}, 'hosts: 3 is no name of a host'),
        ({'node*': {'data': '/b'}}, "hosts['node*']: 'data' is no absolute path"),
        ({'node*': {'/data': 3}}, "hosts['node*']: 3 is no absolute path"),
        ({'node*': {'/.': '/b'}}, "hosts['node*']: '/' is where all paths begin"),
    ],
)
def test_what_is_no_map_of_paths_is_refused(hosts, complaint):
    with pytest.raises(ConfigError) as error:
        check_hosts(hosts)
    assert str(error.value).startswith(complaint)


@pytest.mark.parametrize('text', ['{', '[]', '{"node*": {"data": "/b"}}'])
def test_a_variable_that_holds_none_is_named(monkeypatch, text):
    monkeypatch.setenv(VARIABLE, text)
    with pytest.raises(ConfigError, match=f'^{VARIABLE}: holds no map of paths'):
        moved('/data')
