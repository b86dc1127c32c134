"""Initial weights, which a key knows by content."""

import pytest

from ukd_bench.errors import ConfigError
from ukd_bench.files import downloads
from ukd_bench.files.hashes import file_sha256
from ukd_bench.records.key import scientific
from ukd_bench.records.weights import changed_weights, initial_weights, weights_in

URL = 'https://example.org/models/x3d_m_kinetics400-rgb_20201027-3f42382a.pth'
LOAD_FROM = 'load_from'
BACKBONE = 'ukd_bench.PretrainedBackbone'


def configs(name: str) -> dict[str, dict]:
    """A config for each place of initial weights, by the place."""
    start = dict(type='Pretrained', checkpoint=name, prefix='backbone.')
    inner = dict(type=BACKBONE, checkpoint=name, backbone=dict(type='X3D'))
    return {
        LOAD_FROM: dict(load_from=name),
        'model.backbone.pretrained': dict(model=dict(backbone=dict(pretrained=name))),
        'model.init_cfg.checkpoint': dict(model=dict(init_cfg=start)),
        'model.heads.rgb.init_cfg[1].checkpoint': dict(
            model=dict(heads=dict(rgb=dict(init_cfg=[dict(type='Kaiming'), start])))
        ),
        'model.backbones[0].checkpoint': dict(model=dict(backbones=(inner,))),
    }


PLACES = list(configs(''))
CHECKED = 'model.backbones[0].checkpoint'
"""The place of a URL whose digits are verified."""


def identity(config):
    return scientific(config, None, initial_weights(config, 'config mine'))


@pytest.fixture
def files(tmp_path):
    for name, text in (('a', 'one'), ('b', 'one'), ('c', 'two')):
        (tmp_path / f'{name}.pth').write_text(text)
    return {name: str(tmp_path / f'{name}.pth') for name in 'abc'}


@pytest.mark.parametrize('place', PLACES)
def test_a_file_is_known_by_content(files, place, tmp_path):
    first, copied, different = (identity(configs(files[name])[place]) for name in 'abc')
    assert first == copied != different
    assert file_sha256(tmp_path / 'a.pth') in str(first)
    assert str(tmp_path) not in str(first)
    (tmp_path / 'a.pth').write_text('three')
    assert identity(configs(files['a'])[place]) != first


@pytest.mark.parametrize('place', PLACES)
def test_an_absent_file_is_named_with_its_key(place, tmp_path):
    absent = str(tmp_path / 'absent.pth')
    with pytest.raises(ConfigError) as caught:
        identity(configs(absent)[place])
    assert str(caught.value) == f"config mine: {place} = '{absent}' is no file to read"
    with pytest.raises(ConfigError) as caught:
        identity(configs(str(tmp_path))[place])
    assert 'is no file to read' in str(caught.value)
    with pytest.raises(ConfigError) as caught:
        identity(configs('x/' * 9999)[place])
    assert len(str(caught.value)) < 400


def test_a_published_file_is_known_by_the_digits_that_its_download_is_checked_by():
    known = identity(configs(URL)[CHECKED])
    assert 'sha256:3f42382a' in str(known) and 'example' not in str(known)
    assert identity(configs(URL.replace('example', 'mirror'))[CHECKED]) == known
    assert identity(configs(URL.replace('3f42382a', '3f42382b'))[CHECKED]) != known


@pytest.mark.parametrize('place', [place for place in PLACES if place != CHECKED])
def test_digits_that_nobody_checks_say_nothing(place):
    config = configs(URL)[place]
    assert identity(config) == config
    first, other = (f'https://{name}-00000100.pth' for name in ('a.org/one', 'b.org/two'))
    assert identity(configs(first)[place]) != identity(configs(other)[place])


@pytest.mark.parametrize(
    'name',
    [
        'https://example.org/model.pth',
        # A date says nothing of the content.
        'https://example.org/model-20201027.pth',
        'torchvision://resnet50',
        'open-mmlab://resnet50',
        'cluster:s3://bucket/model.pth',
    ],
)
@pytest.mark.parametrize('place', PLACES)
def test_any_other_name_counts_as_it_is(place, name):
    assert repr(name) in str(identity(configs(name)[place]))


@pytest.mark.parametrize('value', [None, True, False, '', 'IMAGENET1K_V1'])
def test_what_names_no_file_stays_as_it_is(value):
    config = dict(load_from=None, model=dict(backbone=dict(type='Mine', pretrained=value)))
    assert identity(config) == config


def test_elsewhere_a_path_is_an_argument_like_any_other():
    config = dict(
        pretrained='absent.pth',
        custom_hooks=[dict(type='my.Hook', checkpoint='absent.pth')],
        model=dict(type='Mine', checkpoint='absent.pth', init_cfg=dict(type='Kaiming')),
    )
    assert not [*weights_in(config)] and identity(config) == config


def test_each_file_is_read_once(files, monkeypatch):
    read = []
    monkeypatch.setattr(
        downloads, 'file_sha256', lambda path: read.append(path) or file_sha256(path)
    )
    for config in configs(files['a']).values():
        identity(config)
    assert len(read) == 1


@pytest.mark.parametrize('place', PLACES)
def test_the_home_folder_is_found(files, place, tmp_path, monkeypatch):
    monkeypatch.setenv('HOME', str(tmp_path))
    assert identity(configs('~/a.pth')[place]) == identity(configs(files['a'])[place])
    with pytest.raises(ConfigError, match=r"'~nobody_here/a\.pth' is no file to read"):
        identity(configs('~nobody_here/a.pth')[place])
    with pytest.raises(ConfigError, match=r"'a\\x00b' is no file to read"):
        identity(configs('a\0b')[place])


def test_weights_that_changed_are_named(files, tmp_path):
    weights = {}
    for name in files.values():
        weights |= initial_weights(dict(load_from=name), '')
    assert changed_weights(weights) == []
    (tmp_path / 'a.pth').write_text('another')
    (tmp_path / 'c.pth').unlink()
    assert changed_weights(weights) == [files['a'], files['c']]
