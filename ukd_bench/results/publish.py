"""Copies what may be shared of a sweep: plan, claims file, records, scores and curves."""

import re
import shutil
from pathlib import Path

from ..errors import ResultsError
from ..files.atomic import read_json
from ..records.folder import RunPaths, SweepPaths
from ..records.record import FINAL_STATUSES, read_record

_ABSOLUTE_PATH = re.compile(r'"(/[^"/\s]+/[^"\s]*)"')


def publish(source: Path, target: Path) -> int:
    """Replaces ``target`` by the shareable part of the sweep in ``source``.

    Weights, banks, logs and configs with their places on this machine stay behind.

    Returns:
        How many runs were copied.

    Raises:
        ResultsError: a planned run has no result, a file names a place on this machine, or
            ``target`` holds something else than a published sweep.
    """
    paths = SweepPaths(source)
    runs = [RunPaths(source / row['folder']) for row in read_json(paths.plan)['runs']]
    for run in runs:
        if read_record(run.record)['status'] not in FINAL_STATUSES:
            raise ResultsError(f'{run.record}: the run has no result')
    # A sweep of an earlier release keeps no claims file.
    shared = [path for path in (paths.plan, paths.claims) if path.is_file()]
    for path in (*shared, *(run.record for run in runs)):
        found = _ABSOLUTE_PATH.search(path.read_text())
        if found:
            raise ResultsError(f'{path}: names a place on this machine, {found.group(1)}')
    if target.exists():
        if not SweepPaths(target).plan.is_file():
            raise ResultsError(f'{target}: is not a published sweep; name a new folder')
        if strange := _not_published(target):
            raise ResultsError(
                f'{target}: is not a published sweep, it holds {strange}; name a new folder'
            )
        shutil.rmtree(target)
    target.mkdir(parents=True)
    for path in shared:
        shutil.copy(path, target / path.name)
    for run in runs:
        copy = RunPaths(target / run.root.name)
        copy.root.mkdir()
        for name in (run.record.name, run.scores.name, run.curve.name):
            if (run.root / name).is_file():
                shutil.copy(run.root / name, copy.root / name)
    return len(runs)


def _not_published(target: Path) -> Path | None:
    """A file in a folder that :func:`publish` never writes; None where there is none."""
    sweep, run = SweepPaths(target), RunPaths(target)
    ours = {path.name for path in (sweep.plan, sweep.claims, run.record, run.scores, run.curve)}
    files = (path for path in sorted(target.rglob('*')) if not path.is_dir())
    return next((path.relative_to(target) for path in files if path.name not in ours), None)
