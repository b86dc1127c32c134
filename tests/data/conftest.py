# First of all, since OpenCV writes no PNG where decord has loaded its own zlib before.
import cv2  # noqa: F401
import pytest

from . import made_up_arid


@pytest.fixture(scope='session')
def trees(tmp_path_factory):
    """A made-up tree of each edition of ARID; tests only read them."""
    folder = tmp_path_factory.mktemp('trees')
    return {
        'v1.0': made_up_arid.make_v10(folder / 'v1.0'),
        'v1.5': made_up_arid.make_v15(folder / 'v1.5'),
        'ug2': made_up_arid.make_ug2(folder / 'ug2'),
    }
