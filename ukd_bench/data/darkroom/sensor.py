"""Turns scene light into 8-bit codes of a dark video: exposure, noise, tone, quantisation.

Noise comes before quantisation. Gamma darkening alone is nearly invertible; what makes the dark
hard is that photons are few and that the result is then rounded to a handful of codes.
"""

import functools
import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

_STEPS = 1 << 16
_SLOPE = 12.92
_KNEE = 0.0031308

# Shape of the table of shot noise, see `standard_table`.
QUANTILES = 1 << 12
_FINENESS = 32
"""Rows a unit of the square root of the photon count."""
_MOST = 8
"""Square root of the count from which Poisson is taken as Gaussian."""
_ROWS = _FINENESS * _MOST


@dataclass(frozen=True)
class Sensor:
    """A camera at one setting; 1.0 is full scale of its linear output.

    The variance of the raw linear output at signal ``y`` is ``gain * y + read_sigma**2 +
    row_sigma**2`` (Foi et al., Practical Poissonian-Gaussian noise modeling, TIP 2008).

    Attributes:
        exposure: Linear output per unit of scene light.
        gain: K of the shot noise ``K * Poisson(y / K)``.
        read_sigma: Standard deviation of the read noise.
        read_shape: Tukey lambda of the read noise (0.14 is close to Gaussian, less has heavier
            tails; Wei et al., A physics-based noise formation model, CVPR 2020). Not 0.
        row_sigma: Standard deviation of an offset that a row's pixels and channels share.
        black_level: Pedestal under the signal, so that noise about black is not cut in half
            before it is read out.
        black_error: Offset that subtracting the pedestal leaves behind.
    """

    exposure: float
    gain: float = 2e-4
    read_sigma: float = 6e-4
    read_shape: float = 0.14
    row_sigma: float = 1e-4
    black_level: float = 0.01
    black_error: float = 0.0


def draw_sensor(exposure: float, noise: float, rng: np.random.Generator) -> Sensor:
    """Draws a camera whose noise amplitudes are ``noise`` times those of a typical one."""
    shot, read, row, shape, error = rng.uniform(size=5)
    return Sensor(
        exposure=exposure,
        gain=noise**2 * (1.5e-4 + 2e-4 * shot),
        read_sigma=noise * (5e-4 + 6e-4 * read),
        read_shape=-0.2 + 0.15 * shape,
        row_sigma=noise * (0.5e-4 + 1.5e-4 * row),
        black_error=noise * 3e-4 * (error - 0.5),
    )


def tone(linear: np.ndarray) -> np.ndarray:
    """The sRGB transfer curve (IEC 61966-2-1), linear [0, 1] to encoded [0, 1], any shape."""
    high = 1.055 * np.maximum(linear, _KNEE) ** (1 / 2.4) - 0.055
    return np.where(linear <= _KNEE, _SLOPE * linear, high)


_CODES = np.round(255 * tone(np.arange(_STEPS) / (_STEPS - 1))).astype(np.uint8)


def quantise(linear: np.ndarray) -> np.ndarray:
    """Clips, encodes and rounds linear output to 8 bits: the last step, any shape, ``uint8``."""
    index = np.clip(linear, 0, 1) * (_STEPS - 1) + 0.5
    return _CODES.take(index.astype(np.int32))


def tukey_lambda(shape: float, size: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
    """Samples of the Tukey-lambda distribution scaled to unit variance, ``float32`` of ``size``.

    Drawn through a table of 65,536 quantiles, which is five times as fast as two powers a sample.
    """
    return _tukey_table(shape)[rng.integers(0, _STEPS, size=size, dtype=np.uint16)]


@functools.lru_cache(maxsize=8)
def _tukey_table(shape: float) -> np.ndarray:
    p = (np.arange(_STEPS) + 0.5) / _STEPS
    quantiles = (p**shape - (1 - p) ** shape) / shape
    variance = (2 / shape**2) * (
        1 / (1 + 2 * shape) - math.gamma(shape + 1) ** 2 / math.gamma(2 * shape + 2)
    )
    return (quantiles / math.sqrt(variance)).astype(np.float32)


def expose(light: np.ndarray, sensor: Sensor, rng: np.random.Generator) -> np.ndarray:
    """The noisy linear output before clipping below, tone curve and quantisation.

    Args:
        light: Scene light, linear, non-negative, ``(T, H, W, 3)``.
        sensor: The camera.
        rng: Source of the noise.

    Returns:
        ``(T, H, W, 3)``, pedestal already subtracted.
    """
    y = np.minimum(light * sensor.exposure, 1.0)
    raw = rng.poisson(y / sensor.gain).astype(np.float32)
    raw *= np.float32(sensor.gain)
    raw += np.float32(sensor.read_sigma) * tukey_lambda(sensor.read_shape, y.shape, rng)
    raw += np.float32(sensor.row_sigma) * rng.standard_normal((*y.shape[:2], 1, 1), np.float32)
    raw = np.clip(raw + sensor.black_level, 0, 1 + sensor.black_level)
    return raw - (sensor.black_level - sensor.black_error)


def capture(light: np.ndarray, sensor: Sensor, rng: np.random.Generator) -> np.ndarray:
    """The dark clip as stored: ``quantise(expose(...))``, ``uint8`` of ``light``'s shape."""
    return quantise(expose(light, sensor, rng))


def capture_by_tables(light: np.ndarray, sensor: Sensor, rng: np.random.Generator) -> np.ndarray:
    """``capture`` with other draws of the same noise, in a quarter of the time."""
    out = np.empty(light.shape, np.uint8)
    read = np.float32(sensor.read_sigma) * _tukey_table(sensor.read_shape)
    # A frame at a time, which stays in the processor's cache.
    for frame, scene in zip(out, light, strict=True):
        words = rng.integers(0, 1 << 32, size=scene.shape, dtype=np.uint32)
        raw = shot_noise(np.minimum(scene * np.float32(sensor.exposure), 1), sensor.gain, words)
        raw += read.take(words >> np.uint32(16))
        raw += np.float32(sensor.row_sigma) * rng.standard_normal((len(scene), 1, 1), np.float32)
        np.maximum(raw, -np.float32(sensor.black_level), out=raw)
        raw += np.float32(sensor.black_error)
        frame[:] = quantise(raw)
    return out


def brighten(frames: np.ndarray, gamma: float) -> np.ndarray:
    """``255 * (frames / 255) ** (1 / gamma)`` rounded, ``uint8`` of any shape."""
    return np.round(255 * (frames / 255.0) ** (1 / gamma)).astype(np.uint8)


def exposure_for(light: np.ndarray, mean_code: float) -> float:
    """The exposure at which noise-free ``light`` has the mean code ``mean_code`` (0 to 255)."""
    low, high = 1e-7, 10.0
    for _ in range(40):
        middle = math.sqrt(low * high)
        if 255 * tone(np.clip(light * middle, 0, 1)).mean() < mean_code:
            low = middle
        else:
            high = middle
    return math.sqrt(low * high)


def shot_noise(signal: np.ndarray, gain: float, words: np.ndarray) -> np.ndarray:
    """Draws ``gain * Poisson(signal / gain)``.

    The mean and variance are exact, the shape is that of the nearest of 256 Poisson distributions,
    and Gaussian above 64 photons.

    Args:
        signal: Expected linear output, ``float32`` of any shape, non-negative.
        gain: K of the shot noise.
        words: Random ``uint32`` of ``signal``'s shape; the lower 12 bits are used.
    """
    root = np.sqrt(signal)
    row = (root * np.float32(_FINENESS / math.sqrt(gain))).astype(np.int32)
    np.minimum(row, _ROWS, out=row)
    row *= QUANTILES
    row += (words & np.uint32(QUANTILES - 1)).view(np.int32)
    root *= np.float32(math.sqrt(gain))
    root *= standard_table().take(row)
    root += signal
    return root


@functools.cache
def standard_table() -> np.ndarray:
    """Quantiles of Poisson distributions at zero mean and unit variance, ``float32``, flat.

    Row ``r`` of ``QUANTILES`` holds the distribution whose mean has the square root
    ``(r + 1 / 2) / 32``; the last row is Gaussian.
    """
    at = (np.arange(QUANTILES) + 0.5) / QUANTILES
    out = np.empty((_ROWS + 1, QUANTILES))
    counts = np.arange(2 * _MOST**2)
    log_factorial = np.cumsum(np.log(np.maximum(counts, 1)))
    for row in range(_ROWS):
        mean = ((row + 0.5) / _FINENESS) ** 2
        chance = np.exp(counts * math.log(mean) - mean - log_factorial)
        out[row] = np.searchsorted(np.cumsum(chance), at)
    # Half a photon in a thousand draws: the rarest that the first row can hold.
    out[0, -1] = 1
    out[_ROWS] = [NormalDist().inv_cdf(float(p)) for p in at]
    out -= out.mean(1, keepdims=True)
    out /= out.std(1, keepdims=True)
    return out.astype(np.float32).ravel()
