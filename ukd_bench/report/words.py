"""Names of methods for people, and the sentences every report carries."""

from collections.abc import Iterable

from ..methods import STUDENT_METHODS
from ..results import units

RECONSTRUCTION = (
    'The UKD mechanism measured here is our reconstruction from the abstract of arXiv 2308.09327; '
    'the paper’s own mechanism is not public. Verdicts on memory hold for this reconstruction.'
)

SYNTHETIC = (
    'The videos are synthetic. What these results show is about the mechanism, not about ARID.'
)

METHODS_TEXT = {
    'plain': 'the student alone, on the single dark stream: the floor.',
    'label_smoothing': 'soft targets without any teacher: a control.',
    'plain_long': 'the student alone, with the compute of UKD and K teachers’ banks: a control.',
    'wide': 'a single dark stream with the inference FLOPs of the two-stream network: a control.',
    'self': (
        'UKD from one teacher of the student’s own kind, with another seed and the schedule and '
        'views of all teachers: a control.'
    ),
    'shuffled': 'UKD with the targets of another clip of the same class: a control.',
    'ukd': 'targets from a knowledge bank, filled by one teacher at a time before training.',
    'naive': 'K teachers resident on the device and run at every step.',
    'naive_graph': 'naive, with the teachers’ autograd graphs alive until the step ends.',
    'swap': 'naive, with the teachers in host memory and one at a time on the device.',
    'random': 'from the bank, one teacher drawn at random for each step.',
    'chain': 'K trainings in a row, each from the bank of the next teacher alone.',
    'mutual': 'K networks of the student’s kind trained together, each on the others.',
    'two_stream_dark_light': (
        'a dark and a gamma-enhanced stream, as in DarkLight; at inference too.'
    ),
    'two_stream_rgb_flow': (
        'dark frames and their optical flow, a network each, scores averaged; at inference too.'
    ),
}


def methods_text(methods: Iterable[str]) -> list[tuple[str, str]]:
    """(name, what it is) of the methods that a report holds, in the order of its tables."""
    told = METHODS_TEXT.keys() & set(methods)
    return [(method_name(name), METHODS_TEXT[name]) for name in STUDENT_METHODS if name in told]


def method_name(method: str) -> str:
    """A method as tables call it."""
    return units.sentence(units.method_name(method))
