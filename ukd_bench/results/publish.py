"""Copies what may be shared of a sweep: plan, claims file, records, scores and curves."""

import contextlib
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from ..errors import ResultsError, one_line, quoted
from ..files.atomic import read_json
from ..files.locks import held
from ..records.folder import RunPaths, SweepPaths
from .loading import load_sweep
from .runs import Sweep

_ABSOLUTE_PATH = re.compile(r'"(/[^"/\s]+/[^"\s]*)"')


def publish(source: Path, target: Path) -> int:
    """Replaces ``target`` by the shareable part of the sweep in ``source``.

    Weights, banks, logs and configs with their places on this machine stay behind. The copy is made
    beside ``target`` and takes its place as a whole, so that a failure leaves it as it was. Sweeps
    are kept out of ``source`` meanwhile.

    Returns:
        How many runs were copied.

    Raises:
        ResultsError: a planned run has no result or was edited, a file names a place on this
            machine or is no text, a sweep works in ``source``, ``target`` holds something else than
            an earlier copy of the sweep, or one of the two folders lies in the other.
    """
    # A link is not replaced by the copy, what it leads to is.
    source, target = source.resolve(), target.resolve()
    if source.is_relative_to(target) or target.is_relative_to(source):
        raise ResultsError(f'{target}: the copy must lie outside the sweep {source}, and not above')
    # A lock would make the folder.
    if not source.is_dir():
        raise ResultsError(f'{source}: no such results folder')
    paths = SweepPaths(source)
    with held(
        paths.lock, f'{source}: a sweep works in it, or it is being published; try it afterwards'
    ):
        return _publish(paths, target)


def _publish(paths: SweepPaths, target: Path) -> int:
    sweep = load_sweep(paths.root)
    runs = list(_with_results(sweep))
    # A sweep of an earlier release keeps no claims file, one of recorded videos no sample frames.
    every = paths.plan, paths.claims, paths.samples
    shared = [path for path in every if path.is_file()]
    for path in (*shared, *(run.record for run in runs)):
        if found := _ABSOLUTE_PATH.search(_text_of(path)):
            raise ResultsError(f'{path}: names a place on this machine, {quoted(found.group(1))}')
    if target.exists():
        _require_earlier_copy(target, sweep.name)
    with _taking_the_place_of(target) as folder:
        for path in shared:
            shutil.copy(path, folder / path.name)
        for run in runs:
            copy = RunPaths(folder / run.root.name)
            copy.root.mkdir()
            for name in (run.record.name, run.scores.name, run.curve.name):
                if (run.root / name).is_file():
                    shutil.copy(run.root / name, copy.root / name)
    return len(runs)


def _text_of(path: Path) -> str:
    try:
        return path.read_text('utf-8')
    except UnicodeDecodeError as error:
        raise ResultsError(f'{path}: is not UTF-8 text ({one_line(error)})') from error


def _with_results(sweep: Sweep) -> Iterator[RunPaths]:
    for run in sweep.runs:
        paths = RunPaths(sweep.root / run.folder)
        if not run.has_result:
            raise ResultsError(f'{paths.record}: {run.problem or "the run has no result"}')
        yield paths


def _require_earlier_copy(target: Path, name: str) -> None:
    """Refuses to replace anything but what :func:`publish` made of the same sweep."""
    plan = SweepPaths(target).plan
    if not plan.is_file():
        raise ResultsError(f'{target}: is not a published sweep; name a new folder')
    if strange := _not_published(target):
        raise ResultsError(
            f'{target}: is not a published sweep, it holds {strange}; name a new folder'
        )
    # Of whatever schema: a copy that an earlier release made may be replaced.
    content = read_json(plan)
    named = content.get('name') if isinstance(content, dict) else None
    if named != name:
        raise ResultsError(
            f'{target}: holds the sweep {quoted(named)}, not {quoted(name)}; name a new folder'
        )


def _not_published(target: Path) -> Path | None:
    """A file in a folder that :func:`publish` never writes; None where there is none."""
    sweep, run = SweepPaths(target), RunPaths(target)
    made = sweep.plan, sweep.claims, sweep.samples, run.record, run.scores, run.curve
    ours = {path.name for path in made}
    files = (path for path in sorted(target.rglob('*')) if path.is_symlink() or not path.is_dir())
    return next((path.relative_to(target) for path in files if path.name not in ours), None)


@contextlib.contextmanager
def _taking_the_place_of(target: Path) -> Iterator[Path]:
    """A new folder that takes the place of ``target`` where the block ends well."""
    target.parent.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix=f'.{target.name}.', dir=target.parent))
    made, former = aside / 'made', aside / 'former'
    try:
        made.mkdir()
        yield made
        if target.exists():
            target.rename(former)
        made.rename(target)
    finally:
        # Whatever fails or interrupts here, ``aside`` stays as long as the only copy lies in it.
        if former.exists() and not target.exists():
            former.rename(target)
        shutil.rmtree(aside, ignore_errors=True)
