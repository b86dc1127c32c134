"""Finds what a sweep has left and no call will read again, and removes it where it is asked to."""

import contextlib
import re
from collections.abc import Container, Iterator
from dataclasses import dataclass
from pathlib import Path

from ..errors import HeldError, ResultsError
from ..knowledge.bank.format import BankPaths
from ..records.execution import UNKNOWN
from ..records.folder import RunPaths, SweepPaths
from ..records.lease import find_lease, leased
from ..records.record import read_record
from ..records.spec import RunSpec
from .plan import Plan

_FOLDER = re.compile(r'[0-9a-f]{12}-[0-9a-f]{8}')
_TEMPORARY = re.compile(r'\.(?P<name>.+)\.[^.]{8}')
"""How :func:`~ukd_bench.files.atomic.atomic_write` names what it has not finished."""


@dataclass(frozen=True)
class Leftover:
    """What may be removed of one run's folder.

    Attributes:
        paths: The folder.
        why: Why nobody reads it again, in words.
        is_whole: Whether it is all of the run.
        files: The files that runs write.
        others: Files that no run writes, which stay.
        size: Bytes of the files that may be removed.
    """

    paths: RunPaths
    why: str
    is_whole: bool
    files: tuple[Path, ...]
    others: tuple[Path, ...]
    size: int


def specs_in(paths: SweepPaths) -> list[RunSpec]:
    """The specifications of all runs in a sweep's folder, as far as they can be read."""
    found = []
    for run in _folders(paths):
        with contextlib.suppress(ResultsError):
            found.append(RunSpec.read(run.spec))
    return found


def find_leftovers(
    paths: SweepPaths, plan: Plan, device: str | None, kept: Container[str] = ()
) -> list[Leftover]:
    """What may be removed of a sweep's folder, by run.

    That is what was made by another config, from other data, or with other source or versions on
    the same device; and, of finished runs, what they would have gone on from.

    Args:
        paths: The sweep's folder.
        plan: The plan over all axes of the sweep's config.
        device: Name of the device that it is for; None where that is not here.
        kept: Keys of further runs of the config, of seeds, K and splits that other calls asked for.
    """
    found = []
    for run in _folders(paths):
        why = _why(run, plan, device, kept)
        if why is not None:
            found.append(_leftover(run, why, is_whole=True))
        elif run.record.is_file():
            found.append(_leftover(run, 'is finished, and goes on from nothing', is_whole=False))
    return [one for one in found if one.files]


def remove(leftover: Leftover) -> None:
    """Removes the files of a leftover, and its folder where nothing else is in it.

    Raises:
        HeldError: a process carries the run out.
        ResultsError: a file cannot be removed.
    """
    with leased(leftover.paths):
        if not leftover.is_whole and not leftover.paths.record.is_file():
            # It is being made anew since that was asked, and may go on from what is there.
            return
        try:
            for path in leftover.files:
                path.unlink(missing_ok=True)
        except OSError as error:
            raise ResultsError(f'{path}: cannot be removed ({error.strerror})') from error
    if not leftover.is_whole or leftover.others:
        return
    # Another may do the same at the same time.
    with contextlib.suppress(OSError):
        if (last := find_lease(leftover.paths)) is not None and last.is_released:
            for path in leftover.paths.leases.iterdir():
                path.unlink(missing_ok=True)
        folders = sorted(leftover.paths.root.rglob('*'), key=lambda path: -len(path.parts))
        for folder in (*folders, leftover.paths.root):
            if folder.is_dir() and not folder.is_symlink() and not any(folder.iterdir()):
                folder.rmdir()


def _folders(paths: SweepPaths) -> Iterator[RunPaths]:
    """Folders that have a name as those of runs have."""
    for root in sorted(paths.root.iterdir() if paths.root.is_dir() else ()):
        if not root.is_symlink() and root.is_dir() and _FOLDER.fullmatch(root.name):
            yield RunPaths(root)


def _why(run: RunPaths, plan: Plan, device: str | None, kept: Container[str]) -> str | None:
    """Why nothing in a run's folder is read again; None where it may be."""
    key, _, execution = run.root.name.partition('-')
    try:
        spec = RunSpec.read(run.spec)
    except ResultsError:
        # Whose it is cannot be told.
        return None
    if (spec.key, spec.execution) != (key, execution):
        return None
    if key not in plan.made and key in kept:
        return None
    if key not in plan.made:
        return 'is no run of this config and these videos'
    planned = plan.made[key].spec
    if planned.execution in (UNKNOWN, execution) or planned.device != spec.device:
        return None
    try:
        made_on = read_record(run.record)['environment']['device']['name']
    except ResultsError:
        return None
    if made_on != device:
        # It may be the result of another machine that shares the folder.
        return None
    return 'was made with other source, versions or threads; --accept-stale alone reads it'


def _leftover(run: RunPaths, why: str, is_whole: bool) -> Leftover:
    mine: list[Path] = []
    others: list[Path] = []
    known = _written(run, is_whole)
    for path in sorted(run.root.rglob('*')):
        if path.is_relative_to(run.leases) or (path.is_dir() and not path.is_symlink()):
            continue
        (mine if _is_written(path, run, known) else others).append(path)
    size = sum(map(_size, mine))
    return Leftover(run, why, is_whole, tuple(mine), tuple(others), size)


def _size(path: Path) -> int:
    try:
        return path.lstat().st_size
    except OSError:
        # Its run is under way, and had it there for a moment.
        return 0


def _written(run: RunPaths, is_whole: bool) -> set[Path]:
    """The files that may be removed, by their names."""
    going_on = {run.resume, run.best, run.fill_progress}
    if not is_whole:
        return going_on
    bank = BankPaths(run.bank)
    results = {run.record, run.state, run.spec, run.config, run.scores, run.curve, run.checkpoint}
    results |= {run.deleted, run.job}
    return {*going_on, *results, run.log, run.pool, bank.manifest, bank.labels, *bank.arrays()}


def _is_written(path: Path, run: RunPaths, known: set[Path]) -> bool:
    """Whether a file of a run's folder is one that may be removed."""
    if path.is_symlink():
        return False
    temporary = _TEMPORARY.fullmatch(path.name)
    if temporary is not None:
        path = path.with_name(temporary.group('name'))
    if path in known:
        return True
    # MMEngine and submitit write below folders of their own, and a fill below the bank's.
    own = run.root / 'mmengine', run.slurm, BankPaths(run.bank).work
    return run.record in known and any(path.is_relative_to(folder) for folder in own)


def in_words(leftovers: list[Leftover]) -> Iterator[str]:
    """A line on each leftover, and on what stays in its folder."""
    for one in leftovers:
        count = len(one.files)
        yield f'{one.paths.root}: {one.why} ({count} files, {one.size / 1024**2:.1f} MiB)'
        for path in one.others if one.is_whole else ():
            yield f'  stays, since no run writes it: {path}'


def remove_all(leftovers: list[Leftover]) -> Iterator[str]:
    """Removes leftovers; yields a line on each that a process holds."""
    for one in leftovers:
        try:
            remove(one)
        except HeldError as error:
            yield f'{error}; it stays'
