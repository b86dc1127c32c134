"""Names of methods for people, and the sentences every report carries."""

from ..results import units

RECONSTRUCTION = (
    'The UKD mechanism measured here is our reconstruction from the abstract of arXiv 2308.09327; '
    'the paper’s own mechanism is not public. Verdicts on memory hold for this reconstruction.'
)

SYNTHETIC = (
    'The videos are synthetic. What these results show is about the mechanism, not about ARID.'
)

METHODS_TEXT = (
    ('Plain', 'the student alone, on the single dark stream: the floor.'),
    ('Label smoothing', 'soft targets without any teacher: a control.'),
    ('UKD', 'targets from a knowledge bank, filled by one teacher at a time before training.'),
    ('Naive', 'K teachers resident on the device and run at every step.'),
    (
        'Two-stream (dark, light)',
        'a dark and a gamma-enhanced stream, as in DarkLight; at inference too.',
    ),
    (
        'Two-stream (RGB, flow)',
        'dark frames and their optical flow, a network each, scores averaged; at inference too.',
    ),
)


def method_name(method: str) -> str:
    """A method as tables call it."""
    return units.sentence(units.method_name(method))
