"""What is on disk of a plan: which runs are finished, intact and reusable."""

import dataclasses
import shutil
from typing import Any

from ..errors import ResultsError
from ..paths import RunPaths, SweepPaths, read_json, write_json, write_text
from ..records import FINAL_STATUSES, SCHEMA, file_sha256, read_record
from .plan import Plan, PlannedRun


class SweepState:
    """A plan and the folder that its runs leave their records in.

    Args:
        plan: What to do.
        paths: The sweep's folder.
        train_fingerprint: Of the training clips; a record made from others is not reused. None
            before they are made: then nothing is.
        accept_stale: Whether a run with the same key from another execution (other versions, source
            or device) is reused.
    """

    def __init__(
        self,
        plan: Plan,
        paths: SweepPaths,
        train_fingerprint: str | None,
        accept_stale: bool = False,
    ) -> None:
        self.plan = plan
        self.paths = paths
        self.train_fingerprint = train_fingerprint
        self.accept_stale = accept_stale
        self._finished: dict[str, RunPaths] = {}
        self._checkpoints: dict[str, str | None] = {}

    def refresh(self) -> None:
        """Looks at the disk again."""
        self._finished = {}
        self._checkpoints = {}
        for key, run in self.plan.runs.items():
            found = self._find(run)
            if found is not None:
                self._finished[key] = found
                self._checkpoints[key] = read_record(found.record)['hashes'].get('checkpoint')

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
        # Only one sweep works in a folder, so what still says it runs was cut off; what says it is
        # finished and is not has lost a part.
        return {'running': 'interrupted', 'failed': 'failed', 'interrupted': 'interrupted'}.get(
            status, 'pending'
        )

    def prepare(self, run: PlannedRun) -> RunPaths:
        """Clears the run's folder and writes what its process needs."""
        paths = self.own_folder(run)
        try:
            shutil.rmtree(paths.root, ignore_errors=False)
        except FileNotFoundError:
            pass
        except OSError as error:
            raise ResultsError(f'{paths.root}: cannot be cleared ({error.strerror})') from error
        write_text(paths.config, run.config.pretty_text)
        run.spec.write(paths.spec)
        return paths

    def write_pool(self) -> None:
        """Writes the pool file, with paths relative to the sweep's folder."""
        teachers = []
        for teacher, run, bank in self.plan.pool:
            if run.spec.key not in self.plan.runs:
                continue
            made_by, banked_by = self.folder(run), self.folder(bank)
            teachers.append(
                dict(
                    name=teacher.name,
                    key=run.spec.key,
                    config=f'{made_by.root.name}/{made_by.config.name}',
                    checkpoint=f'{made_by.root.name}/{made_by.checkpoint.name}',
                    bank=f'{banked_by.root.name}/{banked_by.bank.name}',
                )
            )
        write_json(self.paths.pool, dict(teachers=teachers))

    def write_plan(self, dataset: dict, claims_sha256: str) -> None:
        """Writes the plan that the report reads.

        Runs of an earlier plan that are finished and not part of this one stay in it: a narrower
        sweep in the same folder loses no result.
        """
        rows = [self._row(run) for run in self.plan.runs.values()]
        rows += self._earlier_rows({row['key'] for row in rows})
        write_json(
            self.paths.plan,
            dict(
                schema=SCHEMA,
                name=self.plan.name,
                dataset=dataset,
                claims_sha256=claims_sha256,
                pool=[teacher.name for teacher, *_ in self.plan.pool],
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

    def _earlier_rows(self, keys: set[str]) -> list[dict[str, Any]]:
        if not self.paths.plan.is_file():
            return []
        executions = {run.spec.execution for run in self.plan.runs.values()}
        return [
            row
            for row in read_json(self.paths.plan)['runs']
            if row['key'] not in keys
            and row['execution'] in executions
            and self._record(RunPaths(self.paths.root / row['folder'])) is not None
        ]

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
        if record['status'] != 'done':
            # Out of memory and divergence are results, but nothing can be built on them.
            return not self.plan.children(run.spec.key)
        fingerprint = record['dataset'].get('fingerprint')
        if self.train_fingerprint is None or fingerprint not in (None, self.train_fingerprint):
            return False
        # A teacher that had to be trained again, and came out as another, undoes what used it.
        for teacher in record['teachers']:
            now = self._checkpoints.get(teacher['key'], teacher['checkpoint_sha256'])
            if now != teacher['checkpoint_sha256']:
                return False
        if run.spec.method == 'bank':
            return _has_hash(paths.bank / 'scores.npy', record['hashes']['bank'])
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


def _has_hash(path: Any, expected: str | None) -> bool:
    if expected is None:
        return True
    try:
        return file_sha256(path) == expected
    except ResultsError:
        return False
