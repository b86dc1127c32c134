"""Sample frames of a sweep's test clips, made once for each set of networks."""

from collections.abc import Callable
from typing import Any

from ..errors import ResultsError, UkdBenchError
from ..methods.table import FLOOR
from ..records.folder import SweepPaths
from ..records.questions import ask
from ..records.samples import read_samples, write_samples
from .plan import Plan, PlannedRun


def make_samples(plan: Plan, paths: SweepPaths, say: Callable[[str], None]) -> None:
    """Writes ``samples.json`` beside the plan, unless it is of the same networks already.

    Of recorded videos none is written: a page with people on it is not ours to make.

    Args:
        plan: The plan; its first regime's student alone, and the teachers of its pool, count.
        paths: Files in the sweep's folder.
        say: Called with a line where no frames can be made, which is no reason to lose a sweep.
    """
    student = next((run for run in plan.runs.values() if run.spec.method == FLOOR), None)
    if student is None or student.data.darkroom is None:
        return
    pool = [(teacher.name, run) for teacher, run, _ in plan.pools.get(student.regime, [])]
    networks = [(student.spec.student or '', student), *pool]
    if _are_of(paths, [run.spec.key for _, run in networks]):
        return
    first, *others = (_told(name, run) for name, run in networks)
    about = dict(student=first, teachers=others, darkroom=student.data.darkroom)
    try:
        write_samples(paths.samples, ask({'sample_frames': about})['sample_frames'])
    except UkdBenchError as error:
        say(f'warning: no sample frames: {error}')


def _are_of(paths: SweepPaths, keys: list[str]) -> bool:
    try:
        rows = read_samples(paths.samples)['rows']
    except ResultsError:
        return False
    return [row['run'] for row in rows if row['run'] is not None] == keys


def _told(name: str, run: PlannedRun) -> dict[str, Any]:
    return dict(name=name, run=run.spec.key, config=repr(run.config.to_dict()))
