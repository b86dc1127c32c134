"""A change to what DarkRoom's generator or flow's code makes needs another version."""

import numpy as np
import pytest

from ukd_bench.data.darkroom import film, sensor
from ukd_bench.data.flow.settings import PARAMETERS

from . import golden


@pytest.mark.parametrize('name', golden.PRESENT)
def test_what_is_made_is_what_its_version_says(name):
    """After a wanted change: raise the version, then ``python -m tests.data.golden``."""
    version, make = golden.PRESENT[name]
    at, blocks = golden.read(name)
    assert version == at and len(blocks) >= 3
    assert golden.differing(name, make(), blocks) == []


def other_noise(monkeypatch):
    monkeypatch.setattr(film, '_NOISE', 9)


def paler(monkeypatch):
    lighter = np.minimum(sensor._CODES + (sensor._CODES > 30), 255).astype(np.uint8)
    monkeypatch.setattr(sensor, '_CODES', lighter)


def wider_windows(monkeypatch):
    monkeypatch.setitem(PARAMETERS['farneback'], 'winsize', 17)


def fewer_scales(monkeypatch):
    monkeypatch.setitem(PARAMETERS['tvl1'], 'nscales', 3)


@pytest.mark.parametrize(
    ('name', 'change'),
    [
        ('darkroom', other_noise),
        ('darkroom', paler),
        ('flow', wider_windows),
        ('flow', fewer_scales),
    ],
)
def test_a_change_is_noticed(name, change, monkeypatch):
    change(monkeypatch)
    assert golden.differing(name, golden.PRESENT[name][1](), golden.read(name)[1])


def test_nothing_is_written_before_the_version_is_raised(monkeypatch, tmp_path):
    monkeypatch.setattr(golden, 'FOLDER', tmp_path)
    blocks = {'a': [1.0]}
    monkeypatch.setattr(golden, 'PRESENT', {'flow': (1, lambda: blocks)})
    golden.main()
    assert golden.read('flow') == (1, blocks)
    blocks['a'] = [2.0]
    with pytest.raises(SystemExit, match='flow: differs at version 1; raise the version first'):
        golden.main()
    monkeypatch.setattr(golden, 'PRESENT', {'flow': (2, lambda: blocks)})
    golden.main()
    assert golden.read('flow') == (2, blocks)
