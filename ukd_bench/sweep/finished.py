"""Finds out which runs of a plan are finished on disk, intact and reusable."""

import contextlib
import dataclasses
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from ..errors import ConfigError, DataError, ResultsError
from ..files.atomic import read_json
from ..methods.table import RUN_KINDS
from ..records.execution import UNKNOWN
from ..records.folder import RunPaths, SweepPaths
from ..records.plan_file import read_plan, write_plan
from ..records.record import FINAL_STATUSES, read_record
from .config import Axes
from .parts import lost_part
from .plan import Plan, PlannedRun


class SweepState:
    """A plan and the folder that its runs leave their records in.

    Args:
        plan: All runs to be had.
        paths: The sweep's folder.
        fingerprints: Fingerprints of the training and test clips, by the names that records have;
            a record made from others is not reused. None before the clips are made, when nothing
            is.
        accept_stale: Whether a run with the same key from another execution (other versions, source
            or device) is reused.
    """

    def __init__(
        self,
        plan: Plan,
        paths: SweepPaths,
        fingerprints: dict[str, str] | None,
        accept_stale: bool = False,
    ) -> None:
        self.plan = plan
        self.paths = paths
        self.fingerprints = fingerprints
        self.accept_stale = accept_stale
        self._finished: dict[str, RunPaths] = {}
        self._checkpoints: dict[str, str | None] = {}
        self._weights: dict[str, str | None] = {}

    def refresh(self) -> None:
        """Looks at the disk again."""
        self._finished, self._checkpoints, self._weights = {}, {}, {}
        for key, run in self.plan.runs.items():
            found = self._find(run)
            if found is not None:
                self._finished[key] = found
                hashes = read_record(found.record)['hashes']
                self._checkpoints[key] = hashes.get('checkpoint')
                self._weights[key] = hashes.get('student_state')

    def is_finished(self, key: str) -> bool:
        """Whether the run need not be carried out."""
        return key in self._finished

    def folder(self, run: PlannedRun) -> RunPaths:
        """The run's folder: that of the run that is reused, or the one it will get."""
        return self._finished.get(run.spec.key) or self.own_folder(run)

    def own_folder(self, run: PlannedRun) -> RunPaths:
        """The folder that the run is carried out in."""
        return RunPaths(self.paths.root / run.folder)

    def status(self, run: PlannedRun) -> str:
        """``done`` (or ``oom``, ``diverged``), else how its last attempt ended, or ``pending``.

        ``unknown`` where the plan is for a device that is not here, and the run was carried out on
        one of that kind.
        """
        paths = self.folder(run)
        if self.is_finished(run.spec.key):
            return read_record(paths.record)['status']
        if run.spec.execution == UNKNOWN:
            records = map(self._record, self._executions(run))
            kinds = {record['environment']['device']['kind'] for record in records if record}
            return UNKNOWN if run.spec.device in kinds else 'pending'
        try:
            status = read_json(paths.state)['status']
        except (ResultsError, KeyError, TypeError):
            return 'pending'
        # A run that says it is finished and is not has lost a part.
        return status if status in ('running', 'failed', 'interrupted') else 'pending'

    def locate(self, run: PlannedRun) -> RunPaths | None:
        """The folder of a run of the plan, or of one that another plan has left intact."""
        return self.folder(run) if run.spec.key in self.plan.runs else self._find(run)

    def earlier_rows(self) -> list[dict[str, Any]]:
        """Rows of the plan that was in the folder before."""
        return self._earlier_plan()['runs'] if self.paths.plan.exists() else []

    def claims_sha256(self, present: str) -> str:
        """Hash of the rules that stood when the first of the reused results was made.

        Args:
            present: Hash of the rules as they are now; it holds where nothing is reused.
        """
        if self.paths.plan.exists() and self._finished:
            return self._earlier_plan()['claims_sha256']
        return present

    def _earlier_plan(self) -> dict[str, Any]:
        try:
            return read_plan(self.paths.plan)
        except ResultsError as error:
            remedy = 'restore it, or remove it to plan anew: finished runs stay'
            raise ResultsError(f'{error}; {remedy}') from error

    def write_plan(self, dataset: dict, claims_sha256: str, still_valid: set[str]) -> None:
        """Writes the plan that the report reads.

        Finished runs of an earlier plan that are not part of this one stay in it, so that a
        narrower sweep in the same folder loses no result.

        Args:
            dataset: What the plan says of the data.
            claims_sha256: See :meth:`claims_sha256`.
            still_valid: Keys that the sweep's config and data give now, over all axes; what was
                made by another config or from other data is left out.
        """
        rows = [self._row(run) for run in self.plan.runs.values()]
        known = {row['key'] for row in rows}
        executions = {row['execution'] for row in rows}
        rows += [
            row
            for row in self.earlier_rows()
            if row['key'] in still_valid - known
            and row['execution'] in executions
            and self._record(RunPaths(self.paths.root / row['folder'])) is not None
        ]
        write_plan(
            self.paths.plan,
            dict(
                name=self.plan.name,
                dataset=dataset,
                claims_sha256=claims_sha256,
                pool=[teacher.name for teacher, *_ in self.plan.pool],
                methods=[dict(method.given) for method in self.plan.own_methods],
                runs=rows,
            ),
        )

    def _row(self, run: PlannedRun) -> dict[str, Any]:
        paths = self.folder(run)
        row = dataclasses.asdict(run.spec) | dict(folder=paths.root.name)
        row['stale'] = paths.root.name != run.folder
        row['parents'] = list(run.spec.parents)
        for name in ('device', 'threads', 'view_seed', 'num_views', 'data_name', 'synthetic'):
            del row[name]
        return row

    def _find(self, run: PlannedRun) -> RunPaths | None:
        candidates = [self.own_folder(run)]
        if self.accept_stale:
            candidates += self._executions(run)
        return next((paths for paths in candidates if self._is_intact(run, paths)), None)

    def _executions(self, run: PlannedRun) -> list[RunPaths]:
        """All folders that executions of the run have left, whatever device or source they had."""
        return [RunPaths(path) for path in sorted(self.paths.root.glob(f'{run.spec.key}-*'))]

    def _is_intact(self, run: PlannedRun, paths: RunPaths) -> bool:
        """Whether a folder holds a result that the plan's run would come to as well."""
        record = self._record(paths)
        if record is None or record['key'] != run.spec.key or not self._has_these_clips(record):
            return False
        # Out of memory and divergence are results. Nothing can be built on them, but they would
        # come out the same again.
        return record['status'] != 'done' or (
            self._has_these_parents(run, record) and lost_part(paths, record) is None
        )

    def _has_these_clips(self, record: dict) -> bool:
        if self.fingerprints is None:
            return False
        had = record['dataset']
        return all(had.get(name) in (None, now) for name, now in self.fingerprints.items())

    def _has_these_parents(self, run: PlannedRun, record: dict) -> bool:
        """Whether what the run used is what is there now.

        A teacher that had to be trained again, and came out as another, undoes what used it; so
        does the stage before one of a chain.
        """
        if run.starts_from is not None:
            began = record['hashes'].get('initial_state')
            if self._weights.get(run.starts_from, began) != began:
                return False
        return all(
            self._checkpoints.get(teacher['key'], had) == had
            for teacher in record['teachers']
            for had in [teacher['checkpoint_sha256']]
        )

    def _record(self, paths: RunPaths) -> dict | None:
        """The record of a run that came to an end."""
        try:
            record = read_record(paths.record)
        except ResultsError:
            return None
        return record if record['status'] in FINAL_STATUSES else None


def still_valid(axes: Axes, rows: list[dict], keys_of: Callable[[Axes], Iterable[str]]) -> set[str]:
    """Keys that a sweep's config and data give now, over all that it or earlier calls asked for.

    What another config or other videos made has other keys, and so is not among them.

    Args:
        axes: All axes of the config.
        rows: Rows of the earlier plan.
        keys_of: Function that plans some axes and returns their runs' keys.
    """
    valid: set[str] = set()
    for some in _widened(axes, rows):
        # The lists of a split or the configs of a method that was run earlier may be gone by now.
        with contextlib.suppress(DataError, ConfigError):
            valid |= set(keys_of(some))
    return valid


def _widened(axes: Axes, rows: list[dict]) -> Iterator[Axes]:
    """The axes with the seeds, K, methods and splits of earlier rows; each split and method apart.

    They are apart, so that one that cannot be planned any more takes no other with it.
    """
    students = [row for row in rows if row['method'] not in RUN_KINDS]
    counts = {row['num_teachers'] for row in rows} | {*axes.num_teachers}
    wide = axes.narrowed(
        num_teachers=sorted(k for k in counts if 1 <= k <= len(axes.teachers)),
        seeds=sorted({row['seed'] for row in students} | {*axes.seeds}),
    )
    methods = {row['method'] for row in rows} & {*axes.sweep_methods} | {*axes.methods}
    for split in sorted({axes.dataset.split, *(row['split'] for row in rows)}):
        for method in sorted(methods):
            yield wide.narrowed(methods=[method], split=split)
