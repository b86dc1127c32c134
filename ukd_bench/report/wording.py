"""What a report says whatever it holds, and of the methods that it holds."""

from ..results.load import Sweep

RECONSTRUCTION = (
    'The UKD mechanism measured here is our reconstruction from the abstract of arXiv 2308.09327; '
    'the paper’s own mechanism is not public. Verdicts on memory hold for this reconstruction.'
)

SYNTHETIC = (
    'The videos are synthetic. What these results show is about the mechanism, not about ARID.'
)


def methods_text(sweep: Sweep) -> list[tuple[str, str]]:
    """(name, what it is) of the methods that a sweep has, in the order of tables."""
    present = {run.method for run in sweep.runs}
    return [
        (sweep.methods.heading(name), look.sentence)
        for name, look in sweep.methods.looks.items()
        if name in present
    ]
