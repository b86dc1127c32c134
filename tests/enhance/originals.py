"""LIME and BIMEF by the formulas of their papers, on one small frame, with SciPy's solvers."""

import cv2
import numpy as np
from scipy.optimize import minimize_scalar
from scipy.sparse import diags, eye, kron
from scipy.sparse.linalg import spsolve

EPSILON = 1e-3


def lime_map(frame: np.ndarray, alpha: float = 0.15) -> np.ndarray:
    """T of LIME, sped-up solver, weighting strategy III, of uint8 (H, W, 3)."""
    start = frame.max(2) / 255

    def gaussian(values):
        return cv2.GaussianBlur(values, (13, 13), 2, borderType=cv2.BORDER_CONSTANT)

    down, right = forward_steps(start)
    weights = [
        1 / (np.abs(gaussian(step)) + EPSILON) / (np.abs(step) + EPSILON) for step in (down, right)
    ]
    return least_squares(start, *weights, alpha)


def lime(frame: np.ndarray, gamma: float = 0.7) -> np.ndarray:
    """The enhanced frame, float (H, W, 3) in [0, 255]."""
    divisor = lime_map(frame).clip(EPSILON) ** gamma
    return (frame / divisor[..., None]).clip(0, 255)


def bimef_map(frame: np.ndarray) -> np.ndarray:
    """T of BIMEF, of uint8 (H, W, 3) with even sides."""
    start = frame.max(2) / 255
    size = start.shape[::-1]
    half = cv2.resize(start, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_LINEAR)
    down, right = forward_steps(half)
    weights = [
        1 / (np.abs(cv2.filter2D(step, -1, window, borderType=cv2.BORDER_CONSTANT) * step) + 1e-3)
        for step, window in ((down, np.ones((5, 1))), (right, np.ones((1, 5))))
    ]
    return cv2.resize(least_squares(half, *weights, 0.5), size, interpolation=cv2.INTER_LINEAR)


def exposed(values: np.ndarray, ratio: float) -> np.ndarray:
    """The camera response of BIMEF: what ``values`` in [0, 1] become at ``ratio`` x exposure."""
    exponent = ratio**-0.3293
    return (np.exp(1.1258 * (1 - exponent)) * values**exponent).clip(0, 1)


def entropy(values: np.ndarray, ratio: float) -> float:
    """Bits of the 8-bit histogram of ``values`` at ``ratio`` x exposure."""
    shares = np.bincount(np.rint(255 * exposed(values, ratio)).astype(int)) / len(values)
    return float(-(shares[shares > 0] * np.log2(shares[shares > 0])).sum())


def dark_brightness(frame: np.ndarray, illumination: np.ndarray) -> np.ndarray:
    """The geometric mean of the channels, in [0, 1], of those pixels that are in the dark."""
    return np.cbrt((frame / 255).prod(2))[illumination < 0.5]


def bimef_ratio(values: np.ndarray) -> float:
    """k by SciPy's bounded search, as of MATLAB's ``fminbnd``."""
    return minimize_scalar(lambda k: -entropy(values, k), bounds=(1, 7), method='bounded').x


def bimef(frame: np.ndarray) -> np.ndarray:
    """The enhanced frame, float (H, W, 3) in [0, 255]."""
    illumination = bimef_map(frame)
    dark = dark_brightness(frame, illumination)
    ratio = bimef_ratio(dark) if len(dark) else 1.0
    weights = np.sqrt(illumination)[..., None]
    return 255 * (weights * frame / 255 + (1 - weights) * exposed(frame / 255, ratio))


def forward_steps(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Differences to the pixel below and to the one on the right, 0 at the border."""
    down = np.diff(values, axis=0, append=values[-1:])
    right = np.diff(values, axis=1, append=values[:, -1:])
    return down, right


def least_squares(start, down, right, strength: float) -> np.ndarray:
    """Solves (I + strength D'WD) t = start for both directions at once, directly."""
    height, width = start.shape

    def difference(length):
        matrix = diags([-np.ones(length), np.ones(length - 1)], [0, 1]).tolil()
        matrix[-1] = 0
        return matrix

    down_steps = kron(difference(height), eye(width))
    right_steps = kron(eye(height), difference(width))
    system = eye(start.size)
    for matrix, weights in ((down_steps, down), (right_steps, right)):
        system = system + strength * matrix.T @ diags(weights.ravel()) @ matrix
    return spsolve(system.tocsc(), start.ravel()).reshape(height, width)
