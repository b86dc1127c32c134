"""Contrast-limited adaptive histogram equalisation."""

from torch import Tensor

from ..errors import ConfigError
from ..registry import ENHANCEMENTS
from .by_frame import FrameEnhancement, luma, with_luma

_FRAMES_AT_ONCE = 32


@ENHANCEMENTS.register_module()
class CLAHE(FrameEnhancement):
    """Equalises the luma of each frame tile by tile, with a limit on how much contrast may grow.

    Each tile's histogram is cut off at ``max(1, floor(clip_limit P / 256))`` counts, P being the
    pixels of a tile; what was cut is spread over all 256 levels. Between the centres of tiles the
    results are interpolated. Chroma stays.

    A tile of few pixels has few counts a level: with ``clip_limit P < 512`` every level keeps one
    count at most, and a smaller limit changes nothing. The defaults make 4 x 4 tiles, of 196
    pixels in a frame of 56 x 56.

    Source: Zuiderveld, *Contrast limited adaptive histogram equalization*, Graphics Gems IV, 1994;
    computed by ``kornia.enhance.equalize_clahe`` on Y of YCrCb. Its tiles, limit and rounding are
    those of OpenCV's ``createCLAHE``; its interpolation is anchored half a pixel apart.

    Shape: uint8 (..., 3, T, H, W), RGB, in; float32 in [0, 255] of the same shape out.

    Args:
        clip_limit: Most counts of a level, in units of a flat histogram; 0 for no limit.
        grid: Tiles along either side of a frame; H and W must be larger.

    Raises:
        ConfigError: ``clip_limit`` is not in [0, 256] or ``grid`` not an integer in [2, 32]; from
            ``forward``, a frame no larger than the grid, or another dtype or shape.
    """

    def __init__(self, clip_limit: float = 4.0, grid: int = 4) -> None:
        super().__init__()
        if not 0 <= clip_limit <= 256:
            raise ConfigError(f'CLAHE: clip_limit = {clip_limit} is not in [0, 256]')
        if grid not in range(2, 33):
            raise ConfigError(f'CLAHE: grid = {grid} is not an integer in [2, 32]')
        # Takes half a second to import, which processes without CLAHE need not pay.
        from kornia.enhance import equalize_clahe

        self._equalize = equalize_clahe
        self.clip_limit = float(clip_limit)
        self.grid = int(grid)

    def enhance(self, frames_FCHW: Tensor) -> Tensor:
        """Equalises frames (F, 3, H, W), at most 32 at a time."""
        height, width = frames_FCHW.shape[-2:]
        if min(height, width) <= self.grid:
            raise ConfigError(
                f'CLAHE: frames of {height} x {width} are too small for grid = {self.grid}; '
                'both sides must be larger'
            )
        before_FHW = luma(frames_FCHW)
        # In batches, since the library holds four tables of 256 levels for every quarter of a tile.
        after_FHW = before_FHW.new_empty(before_FHW.shape).float()
        for start in range(0, len(before_FHW), _FRAMES_AT_ONCE):
            part_F1HW = before_FHW[start : start + _FRAMES_AT_ONCE, None] / 255
            equalized_F1HW = self._equalize(part_F1HW, self.clip_limit, (self.grid, self.grid))
            after_FHW[start : start + _FRAMES_AT_ONCE] = equalized_F1HW[:, 0] * 255
        return with_luma(frames_FCHW, before_FHW, after_FHW)
