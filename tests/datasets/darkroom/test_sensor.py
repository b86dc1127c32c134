import numpy as np
import pytest

from ukd_bench.datasets.darkroom import sensor
from ukd_bench.datasets.darkroom.sensor import Sensor
from ukd_bench.datasets.darkroom.spec import PRESETS, Clip
from ukd_bench.datasets.darkroom.write import light_of


@pytest.mark.parametrize('level', [0.002, 0.02, 0.2])
def test_mean_and_variance_follow_the_model_on_a_flat_field(level):
    camera = Sensor(exposure=0.5, gain=4e-4, read_sigma=8e-4, row_sigma=0.0, read_shape=-0.1)
    light = np.full((40, 32, 32, 3), level / camera.exposure, np.float32)
    raw = sensor.expose(light, camera, np.random.default_rng(0))
    assert raw.mean() == pytest.approx(level, rel=0.01)
    assert raw.var() == pytest.approx(camera.gain * level + camera.read_sigma**2, rel=0.03)


def test_row_noise_is_shared_by_a_row_and_no_other():
    camera = Sensor(exposure=1.0, gain=1e-9, read_sigma=0.0, row_sigma=1e-3)
    raw = sensor.expose(np.full((8, 64, 16, 3), 0.1), camera, np.random.default_rng(0))
    assert raw.std(axis=(2, 3)).max() < 1e-4
    assert raw.mean(axis=(2, 3)).std() == pytest.approx(1e-3, rel=0.15)


def test_black_level_error_shifts_the_mean():
    raw = [
        sensor.expose(
            np.zeros((4, 32, 32, 3)), Sensor(1.0, black_error=e), np.random.default_rng(0)
        )
        for e in (0.0, 1e-3)
    ]
    assert raw[1].mean() - raw[0].mean() == pytest.approx(1e-3, rel=1e-3)


def test_tone_curve_at_points_of_the_standard():
    encoded = sensor.tone(np.array([0.0, 0.0031308, 0.2140411, 1.0]))
    np.testing.assert_allclose(encoded, [0, 0.04045, 0.5, 1], atol=1e-5)
    codes = sensor.quantise(np.array([-0.1, 0.0, 0.2140411, 1.0, 2.0]))
    assert codes.dtype == np.uint8
    assert codes.tolist() in ([0, 0, 127, 255, 255], [0, 0, 128, 255, 255])


def test_exposure_reaches_the_mean_code_asked_for():
    light = np.random.default_rng(0).random((32, 32, 3)) ** 3
    exposure = sensor.exposure_for(light, 15.0)
    assert 255 * sensor.tone(light * exposure).mean() == pytest.approx(15.0, abs=0.01)


def _psnr(a, b):
    return 10 * np.log10(255**2 / np.mean((a.astype(float) - b) ** 2))


def test_noise_precedes_quantisation_so_that_brightening_cannot_undo_the_dark():
    light, camera = light_of(PRESETS['quick'], Clip(9, 1, 1, 'train'))
    noisy = sensor.capture(light, camera, np.random.default_rng(0))
    clean = sensor.darken(light, camera)
    bright = 255 * sensor.tone(np.clip(light * camera.exposure, 0, 1)) ** (1 / 2.5)
    only_rounded = _psnr(sensor.brighten(clean, 2.5), bright)
    with_noise = _psnr(sensor.brighten(noisy, 2.5), bright)
    assert with_noise < only_rounded - 6
    assert with_noise < 30


def test_noise_is_finer_than_one_code():
    """Noise added after rounding could not move the mean of a dim field between two codes."""
    level = 4.4 / 255 / 12.92
    camera = Sensor(exposure=1.0, gain=1e-5, read_sigma=3e-4, row_sigma=0.0)
    light = np.full((20, 32, 32, 3), level)
    assert sensor.darken(light, camera).mean() == 4
    stored = sensor.capture(light, camera, np.random.default_rng(0))
    assert stored.mean() == pytest.approx(4.4, abs=0.05)
