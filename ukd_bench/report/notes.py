"""Sentences below tables that depend on what a sweep holds."""

from ..methods import STUDENT_METHODS
from ..results import units
from ..results.load import Run, Sweep
from .marks import SELECTION_TEXT
from .words import method_name


def count_text(sweep: Sweep) -> str:
    """What K means for the methods that there are."""
    present = {run.method for run in sweep.runs}
    meanings = {
        'plain_long': 'has the compute of UKD with that many, banks included',
        'mutual': 'trains that many networks together',
    }
    texts = [
        f'“{method_name(method)}” {meaning}.'
        for method, meaning in meanings.items()
        if method in present
    ]
    return ' '.join(['K is the number of teachers.', *texts])


def view_texts(sweep: Sweep) -> list[str]:
    """Where views repeat, after how many, a sentence for each number."""
    repeating: dict[int, set[int]] = {}
    for run in _students(sweep):
        views = run.value('knowledge', 'num_views')
        if views is not None and views < run.epochs:
            repeating.setdefault(views, set()).add(run.epochs)
    return [
        f'There were {views} augmented views a clip, so they repeat in trainings of '
        f'{units.listed(sorted(epochs))} epochs.'
        for views, epochs in sorted(repeating.items())
    ]


def flow_texts(sweep: Sweep) -> list[str]:
    """What optical flow took, a sentence for each that runs read."""
    flows = {
        (flow['algorithm'], flow['compute_s'], flow['bytes']): None
        for flow in (run.flow for run in sweep.done)
        if flow
    }
    return [
        f'Optical flow ({algorithm}) of all clips took {units.duration(seconds)} of processor time '
        f'and {units.mib(size)} MiB on disk; the steps and own times of runs that read it do not '
        'include it.'
        for algorithm, seconds, size in flows
    ]


def selection_texts(sweep: Sweep) -> list[str]:
    """How the tested epochs were chosen, a sentence a rule."""
    rules = dict.fromkeys(run.selection for run in _students(sweep))
    return [SELECTION_TEXT[rule] for rule in rules]


def unmeasured_texts(sweep: Sweep) -> list[str]:
    """Why teachers that are swapped have no training memory on a CPU, where there are some."""
    swapped = [run for run in _students(sweep) if run.method == 'swap']
    if all(run.memory('train') is not None for run in swapped):
        return []
    name = method_name('swap')
    return [
        f'{name}: a CPU is host and device in one, so the training peak there says '
        'nothing of the method and is left out.'
    ]


def _students(sweep: Sweep) -> list[Run]:
    return [run for run in sweep.done if run.method in STUDENT_METHODS]
