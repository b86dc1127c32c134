import dataclasses
import math

import numpy as np
import pytest

from ukd_bench.data.darkroom import sensor, sensor as photons
from ukd_bench.data.darkroom.film import frames_of, light_of
from ukd_bench.data.darkroom.layout import Take
from ukd_bench.data.darkroom.sensor import Sensor
from ukd_bench.data.darkroom.spec import PRESETS


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


def _without_noise(light, camera):
    return sensor.quantise(light * camera.exposure)


def _psnr(a, b):
    return 10 * np.log10(255**2 / np.mean((a.astype(float) - b) ** 2))


@pytest.mark.parametrize('preset', ['quick', 'full'])
def test_brightening_does_not_restore_the_bright_twin(preset):
    """Noise precedes rounding. Whoever brightens may choose the best gain and gamma for each."""
    spec = dataclasses.replace(PRESETS[preset], width=96, height=72, min_frames=4, max_frames=5)
    spec = dataclasses.replace(spec, lengths='uniform', seed=101)
    for clip in (Take(9, 1, 1), Take(2, 7, 1)):
        twin = frames_of(dataclasses.replace(spec, bright=True), clip)
        light, camera = light_of(spec, clip)
        noisy, clean = frames_of(spec, clip), _without_noise(light, camera)
        best = {
            name: max(
                _psnr(np.minimum(255 * gain * (dark / 255) ** (1 / gamma), 255), twin)
                for gamma in np.arange(1, 4.1, 0.5)
                for gain in np.geomspace(0.5, 12, 15)
            )
            for name, dark in (('noisy', noisy), ('clean', clean))
        }
        assert best['noisy'] < best['clean'] - 3, best


@pytest.mark.parametrize('photons_expected', [0.002, 0.3, 1.7, 9.0, 63.0, 700.0])
def test_photons_through_tables_have_the_mean_and_variance_of_poisson(photons_expected):
    gain = 5e-4
    signal = np.full(2_000_000, photons_expected * gain, np.float32)
    words = np.random.default_rng(0).integers(0, 1 << 32, size=signal.shape, dtype=np.uint32)
    drawn = photons.shot_noise(signal, gain, words).astype(float) / gain
    # Four standard errors of two million draws, of a variance that rare photons dominate.
    error = 4 / np.sqrt(2e6)
    assert drawn.mean() == pytest.approx(photons_expected, abs=error * photons_expected**0.5)
    assert drawn.var() == pytest.approx(photons_expected, rel=0.01 + 0.004 / photons_expected**0.5)


def test_photons_through_tables_have_the_shape_of_poisson():
    """At a mean that a row of the table has itself, whole counts with Poisson's chances."""
    mean = ((40 + 0.5) / 32) ** 2
    words = np.arange(photons.QUANTILES, dtype=np.uint32)
    drawn = photons.shot_noise(np.full(len(words), mean, np.float32), 1.0, words)
    counts = np.round(drawn).astype(int)
    assert np.abs(drawn - counts).max() < 0.02
    for count in range(5):
        expected = math.exp(-mean) * mean**count / math.factorial(count)
        assert (counts == count).mean() == pytest.approx(expected, abs=5e-4)


def test_both_ways_to_draw_noise_give_the_same_codes_on_average():
    ramp = np.linspace(0, 0.1, 64, dtype=np.float32)[:, None, None]
    light = np.broadcast_to(ramp, (60, 64, 64, 3))
    camera = Sensor(exposure=0.3, gain=6e-4, read_sigma=1.2e-3, read_shape=-0.1, row_sigma=0.0)
    both = [
        draw(light, camera, np.random.default_rng(0)).astype(float)
        for draw in (sensor.capture, sensor.capture_by_tables)
    ]
    np.testing.assert_allclose(*[codes.mean((0, 2, 3)) for codes in both], atol=0.25)
    np.testing.assert_allclose(*[codes.std((0, 2, 3)) for codes in both], rtol=0.03)


def test_noise_is_finer_than_one_code():
    """Noise added after rounding could not move the mean of a dim field between two codes."""
    level = 4.4 / 255 / 12.92
    camera = Sensor(exposure=1.0, gain=1e-5, read_sigma=3e-4, row_sigma=0.0)
    light = np.full((20, 32, 32, 3), level)
    assert _without_noise(light, camera).mean() == 4
    stored = sensor.capture(light, camera, np.random.default_rng(0))
    assert stored.mean() == pytest.approx(4.4, abs=0.05)
