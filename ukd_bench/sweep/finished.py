"""What is on disk of a plan: which runs are finished, intact and reusable."""

import contextlib
import dataclasses
import shutil
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from ..errors import ConfigError, DataError, ResultsError
from ..files.atomic import read_json, write_json, write_text
from ..files.hashes import file_sha256
from ..methods.table import RUN_KINDS
from ..records.folder import RunPaths, SweepPaths
from ..records.record import FINAL_STATUSES, SCHEMA, read_record
from .config import Axes
from .place import placed_config, pool_entry
from .plan import Plan, PlannedRun


class SweepState:
    """A plan and the folder that its runs leave their records in.

    Args:
        plan: What to do.
        paths: The sweep's folder.
        fingerprints: Of the training and test clips, by the names that records have; a record made
            from others is not reused. None before they are made: then nothing is.
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
        # Runs whose configs on disk have the places of now.
        self._placed: set[str] = set()

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
        """Whether the run needs not be carried out."""
        return key in self._finished

    def folder(self, run: PlannedRun) -> RunPaths:
        """The run's folder: that of the run that is reused, or the one it will get."""
        return self._finished.get(run.spec.key) or self.own_folder(run)

    def own_folder(self, run: PlannedRun) -> RunPaths:
        """The folder that the run is carried out in."""
        return RunPaths(self.paths.root / run.folder)

    def status(self, run: PlannedRun) -> str:
        """``done`` (or ``oom``, ``diverged``), what its last attempt ended in, or ``pending``."""
        paths = self.folder(run)
        if self.is_finished(run.spec.key):
            return read_record(paths.record)['status']
        try:
            status = read_json(paths.state)['status']
        except (ResultsError, KeyError, TypeError):
            return 'pending'
        # What says it is finished and is not has lost a part.
        return status if status in ('running', 'failed', 'interrupted') else 'pending'

    def prepare(self, run: PlannedRun) -> RunPaths:
        """Clears the run's folder and writes what its process needs.

        What the run needs of others must be finished: their places go into its config. A run that
        was cut off keeps what it goes on from, and its log.

        Raises:
            ResultsError: the folder cannot be cleared or written.
        """
        paths = self.own_folder(run)
        # What has a record came to an end: it lost a part, and is made anew from the start.
        goes_on_from = (paths.resume, paths.bank, paths.fill_progress)
        goes_on = not paths.record.exists() and any(path.exists() for path in goes_on_from)
        kept = (*goes_on_from, paths.log) if goes_on else ()
        try:
            for item in [] if not paths.root.is_dir() else sorted(paths.root.iterdir()):
                if item in kept:
                    continue
                if item.is_dir() and not item.is_symlink():
                    shutil.rmtree(item)
                else:
                    item.unlink()
        except OSError as error:
            raise ResultsError(f'{paths.root}: cannot be cleared ({error.strerror})') from error
        write_text(paths.config, placed_config(run, self.plan, self.folder).pretty_text)
        self._placed.add(run.spec.key)
        for parent in (self.plan.runs[key] for key in run.spec.parents):
            if parent.spec.method == 'teacher' and parent.spec.key not in self._placed:
                # Of an earlier call. Its clips are rendered by its config, and their cache and flow
                # may have moved since.
                write_text(self.folder(parent).config, parent.config.pretty_text)
                self._placed.add(parent.spec.key)
        run.spec.write(paths.spec)
        return paths

    def write_pool(self) -> None:
        """Writes the pool file, with paths relative to the sweep's folder.

        It lists the teachers of the plan and those that an earlier, wider plan has left on disk.
        """
        teachers = []
        for _, run, bank in self.plan.pool:
            made_by = self._locate(run)
            if made_by is None:
                # K teachers are the first K: what comes after a gap is of no use.
                break
            banked_by = self._locate(bank) or self.own_folder(bank)
            made_by, banked_by = (RunPaths(Path(one.root.name)) for one in (made_by, banked_by))
            teachers.append(pool_entry(run, made_by, banked_by))
        write_json(self.paths.pool, dict(teachers=teachers))

    def earlier_rows(self) -> list[dict[str, Any]]:
        """Rows of the plan that was in the folder before."""
        return read_json(self.paths.plan)['runs'] if self.paths.plan.is_file() else []

    def claims_sha256(self, present: str) -> str:
        """Hash of the rules that stood when the first of the reused results was made.

        Args:
            present: Of the rules as they are now; they hold where nothing is reused.
        """
        if self.paths.plan.is_file() and self._finished:
            return read_json(self.paths.plan)['claims_sha256']
        return present

    def write_plan(self, dataset: dict, claims_sha256: str, still_valid: set[str]) -> None:
        """Writes the plan that the report reads.

        Finished runs of an earlier plan that are not part of this one stay in it, so that a
        narrower sweep in the same folder loses no result.

        Args:
            dataset: What is said of the data.
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
        write_json(
            self.paths.plan,
            dict(
                schema=SCHEMA,
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

    def _locate(self, run: PlannedRun) -> RunPaths | None:
        """The folder of a run of the plan, or of one that another plan has left intact."""
        return self.folder(run) if run.spec.key in self.plan.runs else self._find(run)

    def _find(self, run: PlannedRun) -> RunPaths | None:
        candidates = [self.own_folder(run)]
        if self.accept_stale:
            candidates += [
                RunPaths(path) for path in sorted(self.paths.root.glob(f'{run.spec.key}-*'))
            ]
        return next((paths for paths in candidates if self._is_intact(run, paths)), None)

    def _is_intact(self, run: PlannedRun, paths: RunPaths) -> bool:
        record = self._record(paths)
        if record is None or record['key'] != run.spec.key:
            return False
        if self.fingerprints is None:
            return False
        for name, present in self.fingerprints.items():
            if record['dataset'].get(name) not in (None, present):
                return False
        if record['status'] != 'done':
            # Out of memory and divergence are results. Nothing can be built on them, but they would
            # come out the same again.
            return True
        # A teacher that had to be trained again, and came out as another, undoes what used it; so
        # does the stage before one of a chain.
        if run.starts_from is not None:
            began = record['hashes'].get('initial_state')
            if self._weights.get(run.starts_from, began) != began:
                return False
        for teacher in record['teachers']:
            now = self._checkpoints.get(teacher['key'], teacher['checkpoint_sha256'])
            if now != teacher['checkpoint_sha256']:
                return False
        if run.spec.method == 'bank':
            return _has_bank(paths.bank, record['hashes']['bank'])
        if not _has_hash(paths.checkpoint, record['hashes']['checkpoint']):
            return False
        return paths.scores.is_file()

    def _record(self, paths: RunPaths) -> dict | None:
        """The record of a run that came to an end."""
        try:
            record = read_record(paths.record)
        except ResultsError:
            return None
        return record if record['status'] in FINAL_STATUSES else None


def _has_bank(folder: Path, expected: str | None) -> bool:
    """Whether a bank is the one whose scores were recorded, with every file as it was written."""
    try:
        manifest = read_json(folder / 'manifest.json')
        files = {name: facts['sha256'] for name, facts in manifest['files'].items()}
        recorded = manifest['scores_sha256'] == expected
    except (ResultsError, KeyError, TypeError, AttributeError):
        return False
    return recorded and all(_has_hash(folder / name, sha256) for name, sha256 in files.items())


def _has_hash(path: Any, expected: str | None) -> bool:
    if expected is None:
        return True
    try:
        return file_sha256(path) == expected
    except ResultsError:
        return False


def still_valid(axes: Axes, rows: list[dict], keys_of: Callable[[Axes], Iterable[str]]) -> set[str]:
    """Keys that a sweep's config and data give now, over all that it or earlier calls asked for.

    What another config or other videos made has other keys, and so is not among them.

    Args:
        axes: All of the config.
        rows: Of the earlier plan.
        keys_of: Plans some axes.
    """
    valid: set[str] = set()
    for some in _widened(axes, rows):
        # The lists of a split or the configs of a method that was run earlier may be gone by now.
        with contextlib.suppress(DataError, ConfigError):
            valid |= set(keys_of(some))
    return valid


def _widened(axes: Axes, rows: list[dict]) -> Iterator[Axes]:
    """The axes with the seeds, K, methods and splits of earlier rows; each split and method apart.

    Apart, so that one that cannot be planned any more takes no other with it.
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
