"""Sample frames of a sweep, with what networks say of the clips."""

from dataclasses import dataclass
from typing import Any

from ..errors import ResultsError
from ..methods.table import FLOOR, SUBJECT
from ..records.folder import SweepPaths
from ..records.samples import read_samples
from .runs import Run, Sweep
from .scores import load_scores


@dataclass(frozen=True)
class SampleRow:
    """One row of frames.

    Attributes:
        seen_by: ``bright``, ``student`` or ``teacher``.
        name: The network, or what the row is of.
        frames: A PNG in base64 for each clip.
    """

    seen_by: str
    name: str
    frames: tuple[str, ...]


@dataclass(frozen=True)
class Samples:
    """Clips, frames of them, and predictions.

    Attributes:
        classes: The true class of each clip.
        rows: Frames.
        said: By network, the class that it predicts of each clip; None where it has no score.
        seed: The seed of the students whose predictions these are.
    """

    classes: tuple[str, ...]
    rows: tuple[SampleRow, ...]
    said: dict[str, tuple[str | None, ...]]
    seed: int | None


def load_samples(sweep: Sweep) -> Samples | None:
    """The sample frames of networks that the plan has; None where there are none.

    Raises:
        ResultsError: the file is there and is not as it was written.
    """
    path = SweepPaths(sweep.root).samples
    if not path.exists():
        return None
    told = read_samples(path)
    rows = [row for row in told['rows'] if row['run'] is None or row['run'] in sweep.by_key]
    of_networks = [row for row in rows if row['run'] is not None]
    count = len(told['clips'])
    if not of_networks or any(len(row['frames']) != count for row in rows):
        return None
    names = sweep.dataset.get('classes') or []
    classes = tuple(_name(names, clip['label']) for clip in told['clips'])
    regime = sweep.by_key[of_networks[0]['run']].regimes[0]
    paths = [clip['path'] for clip in told['clips']]
    speakers = _speakers(sweep, regime)
    seeds = [run.seed for _, run in speakers if run.of_student]
    return Samples(
        classes,
        tuple(SampleRow(row['seen_by'], row['name'], tuple(row['frames'])) for row in rows),
        {name: _said(run, paths, names) for name, run in speakers},
        min(seeds, default=None),
    )


def problem_with_samples(sweep: Sweep) -> str | None:
    """Why the file of sample frames cannot be used; None where it can, or there is none."""
    try:
        load_samples(sweep)
    except ResultsError as error:
        # The folder that it lies in is no one else's business.
        return str(error).replace(f'{sweep.root}/', '')
    return None


def _speakers(sweep: Sweep, regime: str) -> list[tuple[str, Run]]:
    """Plain, UKD at its largest K and the largest ensemble, of the lowest seed of each."""
    found: list[tuple[str, Run]] = []
    for method in (FLOOR, SUBJECT, 'ensemble'):
        runs = [
            run
            for run in sweep.done
            if run.method == method and regime in run.regimes and not run.shortened
        ]
        if runs:
            run = max(runs, key=lambda run: (run.num_teachers, -run.seed))
            k = run.num_teachers
            title = f'Ensemble of {k}' if method == 'ensemble' else sweep.methods.heading(method)
            found.append((title + (f', K = {k}' if k and run.of_student else ''), run))
    return found


def _said(run: Run, paths: list[str], names: list[str]) -> tuple[str | None, ...]:
    scores = load_scores(run)
    if scores is None:
        return (None,) * len(paths)
    chosen = dict(zip(map(str, scores.samples), scores.scores.argmax(axis=1), strict=True))
    return tuple(_name(names, int(chosen[path])) if path in chosen else None for path in paths)


def _name(names: list[Any], label: int) -> str:
    return str(names[label]) if label < len(names) else f'class {label}'
