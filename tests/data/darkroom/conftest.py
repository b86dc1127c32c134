import cv2
import pytest

from ukd_bench.data.darkroom import PRESETS, make

cv2.setNumThreads(1)


@pytest.fixture(scope='session')
def tiny(tmp_path_factory):
    """A finished tiny DarkRoom and its manifest; tests only read it."""
    root = tmp_path_factory.mktemp('darkroom') / 'tiny'
    return root, make(root, PRESETS['tiny'])
