"""Low-light enhancement of uint8 batches on the device, and the preprocessor that applies it."""

from .bimef import BIMEF
from .clahe import CLAHE
from .frame_difference import FrameDifference
from .gamma import Gamma
from .histogram_equalization import HistogramEqualization
from .identity import Identity
from .lime import LIME
from .optical_flow import OpticalFlow
from .preprocessor import LowLightPreprocessor

__all__ = [
    'BIMEF',
    'CLAHE',
    'LIME',
    'FrameDifference',
    'Gamma',
    'HistogramEqualization',
    'Identity',
    'LowLightPreprocessor',
    'OpticalFlow',
]
