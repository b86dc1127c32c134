"""The names of :mod:`ukd_bench.datasets.rendering`, for importers of this place."""

from ..datasets.rendering import (
    DRAW_VIEW,
    EVALUATION_VIEWS,
    Pipeline,
    draw_step,
    plain,
    rendering_fingerprint,
    teacher_pipeline,
    teacher_test_pipeline,
    views_fingerprint,
)

__all__ = [
    'DRAW_VIEW',
    'EVALUATION_VIEWS',
    'Pipeline',
    'draw_step',
    'plain',
    'rendering_fingerprint',
    'teacher_pipeline',
    'teacher_test_pipeline',
    'views_fingerprint',
]
