"""Finds out which runs of a plan are finished on disk, intact and reusable."""

from collections.abc import Callable, Container, Mapping, Sequence
from typing import Any

from ..errors import ResultsError, is_unreadable, quoted
from ..files.atomic import read_json
from ..files.hashes import HasHash, KnownHashes, Stamp, stamp_of
from ..files.locks import alone_at
from ..knowledge.parts import lost_part
from ..records.agreement import unlike_plan
from ..records.beside import wrong_with
from ..records.execution import UNKNOWN
from ..records.folder import RunPaths, SweepPaths
from ..records.plan_file import read_plan, write_plan
from ..records.process import is_gone
from ..records.record import read_record
from .found import Finished, Refusal, final_record, not_final, other_teachers
from .plan import Plan, PlannedRun
from .plan_rows import row_of, set_regimes
from .videos import SweepData


class SweepState:
    """A plan and the folder that its runs leave their records in.

    :meth:`refresh` looks at everything, and reads every file whose hash is recorded, once in the
    life of this object. While a sweep goes on, :meth:`look_again` looks at the run that has ended
    and reads nothing but its record.

    A file that is there and cannot be read raises ResultsError in both: it may be whole.

    Args:
        plan: All runs to be had.
        paths: The sweep's folder.
        accept_stale: Whether a run with the same key from another execution (other versions, source
            or device) is reused.
        fingerprints: Function from a run's videos to the fingerprints of their training and test
            clips, by the names that records have; a record made from others is not reused. None
            before the clips are made, when nothing is.
    """

    def __init__(
        self,
        plan: Plan,
        paths: SweepPaths,
        accept_stale: bool = False,
        fingerprints: Callable[[SweepData], dict[str, str] | None] = SweepData.fingerprints,
    ) -> None:
        self.plan = plan
        self.paths = paths
        self.accept_stale = accept_stale
        self._fingerprints = fingerprints
        self._finished: dict[str, Finished] = {}
        # Of teachers and banks that an earlier, wider plan has left.
        self._elsewhere: dict[str, Finished] = {}
        # Of the others in their own folders.
        self._refused: dict[str, Refusal] = {}
        self._records: dict[str, Stamp | None] = {}
        self._hashes = KnownHashes()

    def refresh(self) -> None:
        """Looks at the disk again; a file that has kept its size and time of change is not read.

        A run whose checkpoint was deleted on purpose is finished, unless one that is not needs it.
        """
        self._look()
        self._require_what_is_needed()

    def _require_what_is_needed(self) -> None:
        """Has runs made again whose deleted checkpoints a run needs that is not finished."""
        # Parents come before children, and what is made again needs its own.
        last_first = reversed(self.plan.runs.values())
        for run in (one for one in last_first if not self.is_finished(one.spec.key)):
            for key in self.plan.reads_checkpoints_of(run) & self._finished.keys():
                had = self._finished[key].hashes.get('checkpoint')
                if had and not self._finished[key].paths.checkpoint.exists():
                    del self._finished[key]

    def _look(self) -> None:
        self._finished, self._elsewhere = {}, {}
        self._records, self._refused = {}, {}
        for run in self.plan.runs.values():
            self._note(run, self._finished)
        for _, *made in self.plan.pool:
            for run in made:
                if run.spec.key not in self.plan.runs:
                    self._note(run, self._elsewhere)

    def verify(self) -> list[RunPaths]:
        """Reads every file again; returns the folders that are not as they were recorded."""
        before, self._hashes = self._finished, KnownHashes()
        self._look()
        # Where another execution stands in for a damaged run, the run is finished all the same.
        now = {key: known.paths for key, known in self._finished.items()}
        return [known.paths for key, known in before.items() if now.get(key) != known.paths]

    def look_again(self, run: PlannedRun) -> bool:
        """Looks at the folder of a run that may have ended; returns whether it is finished.

        The hashes that its process has just recorded are believed, so that nobody waits for large
        files to be read. Finished runs that used what was there before are finished no longer.
        """
        key, paths = run.spec.key, self.own_folder(run)
        stamp = stamp_of(paths.record)
        if stamp == self._records.get(key):
            # The record that was read, or none as before.
            return self.is_finished(key)
        self._records[key] = stamp
        self._finished.pop(key, None)
        self._judge(run, paths, self._hashes.believe, self._finished)
        touched = {key}
        # Parents come before children, so one round is enough.
        for other in self.plan.runs.values():
            if not touched.isdisjoint(other.spec.parents):
                touched.add(other.spec.key)
                known = self._finished.get(other.spec.key)
                if known is not None and self._other_weights(other, known):
                    del self._finished[other.spec.key]
        return self.is_finished(key)

    def forget(self, statuses: Container[str]) -> None:
        """Has finished runs of these states carried out again."""
        for key, known in [*self._finished.items()]:
            if known.status in statuses:
                del self._finished[key]
        self._require_what_is_needed()

    def is_finished(self, key: str) -> bool:
        """Whether the run need not be carried out."""
        return key in self._finished

    def has_checkpoint(self, run: PlannedRun, sha256: str | None) -> bool:
        """Whether the checkpoint in the run's own folder is the run's result, with that hash.

        Raises:
            ResultsError: the file cannot be read.
        """
        known, own = self._finished.get(run.spec.key), self.own_folder(run)
        if known is None or known.paths != own or sha256 is None:
            return False
        return known.hashes.get('checkpoint') == sha256 and self._hashes.has(own.checkpoint, sha256)

    def refusal(self, run: PlannedRun) -> Refusal | None:
        """Why the result in the run's own folder does not count; None where it does or is none."""
        return self._refused.get(run.spec.key)

    def folder(self, run: PlannedRun) -> RunPaths:
        """The run's folder: that of the run that is reused, or the one it will get."""
        known = self._finished.get(run.spec.key)
        return known.paths if known is not None else self.own_folder(run)

    def own_folder(self, run: PlannedRun) -> RunPaths:
        """The folder that the run is carried out in."""
        return RunPaths(self.paths.root / run.folder)

    def status(self, run: PlannedRun) -> str:
        """``done`` (or ``oom``, ``diverged``), else how its last attempt ended, or ``pending``.

        ``unknown`` where the plan is for a device that is not here, and the run was carried out on
        one of that kind.
        """
        known = self._finished.get(run.spec.key)
        if known is not None:
            return known.status
        if run.spec.execution == UNKNOWN:
            records = map(final_record, self._executions(run))
            kinds = {record['environment']['device']['kind'] for record in records if record}
            return UNKNOWN if run.spec.device in kinds else 'pending'
        left = self.left_state(run)
        status = left.get('status')
        if status == 'running' and is_gone(left):
            return 'interrupted'
        # A run that says it is finished and is not has lost a part.
        return status if status in ('running', 'failed', 'interrupted') else 'pending'

    def left_state(self, run: PlannedRun) -> dict[str, Any]:
        """What the run's process has last said of itself; empty where it said nothing."""
        try:
            left = read_json(self.own_folder(run).state)
        except ResultsError:
            return {}
        return left if isinstance(left, dict) else {}

    def locate(self, run: PlannedRun) -> RunPaths | None:
        """The folder of a run of the plan, or of one that another plan has left intact."""
        if run.spec.key in self.plan.runs:
            return self.folder(run)
        known = self._elsewhere.get(run.spec.key)
        return None if known is None else known.paths

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

    def write_plan(
        self,
        dataset: dict,
        claims_sha256: str,
        still_valid: Mapping[str, set[str]],
        regimes: Sequence[Mapping[str, Any]] | None = None,
    ) -> None:
        """Writes the plan that the report reads.

        Finished runs of an earlier plan that are not part of this one stay in it, so that a
        narrower sweep in the same folder loses no result.

        Args:
            dataset: What the plan says of the data.
            claims_sha256: See :meth:`claims_sha256`.
            still_valid: Keys that the sweep's config and data give now, over all axes, with the
                names of their regimes; what was made by another config or from other data is left
                out.
            regimes: What is told of each regime of the config; None for those of the plan.
        """
        with alone_at(self.paths.plan_lock):
            rows = [row_of(run, self.folder(run).root.name) for run in self.plan.runs.values()]
            known = {row['key'] for row in rows}
            executions = {row['execution'] for row in rows}
            earlier = self.earlier_rows()
            rows += [
                row
                for row in earlier
                if row['key'] in still_valid.keys() - known
                and row['execution'] in executions
                and final_record(RunPaths(self.paths.root / row['folder'])) is not None
            ]
            told = set_regimes(rows, earlier, still_valid, self.plan, regimes or self.plan.regimes)
            write_plan(
                self.paths.plan,
                dict(
                    name=self.plan.name,
                    dataset=dataset,
                    claims_sha256=claims_sha256,
                    pool=[*dict.fromkeys(teacher.name for teacher, *_ in self.plan.pool)],
                    regimes=told,
                    methods=[dict(method.given) for method in self.plan.own_methods],
                    runs=rows,
                ),
            )

    def _note(self, run: PlannedRun, known: dict[str, Finished]) -> None:
        """Looks for the run among all folders that may hold it, and notes where it is finished."""
        own = self.own_folder(run)
        self._records[run.spec.key] = stamp_of(own.record)
        candidates = [own, *(self._executions(run) if self.accept_stale else ())]
        for paths in dict.fromkeys(candidates):
            if self._judge(run, paths, self._hashes.has, known):
                return

    def _executions(self, run: PlannedRun) -> list[RunPaths]:
        """All folders that executions of the run have left, whatever device or source they had."""
        return [RunPaths(path) for path in sorted(self.paths.root.glob(f'{run.spec.key}-*'))]

    def _judge(
        self, run: PlannedRun, paths: RunPaths, has_hash: HasHash, known: dict[str, Finished]
    ) -> bool:
        """Notes what a folder holds for a run; returns whether that is the run's result."""
        key, is_own = run.spec.key, paths == self.own_folder(run)
        found = self._looked_at(run, paths, has_hash)
        if isinstance(found, Finished):
            known[key] = found
        if is_own:
            self._refused.pop(key, None)
            if isinstance(found, Refusal):
                self._refused[key] = found
        return isinstance(found, Finished)

    def _looked_at(
        self, run: PlannedRun, paths: RunPaths, has_hash: HasHash
    ) -> Finished | Refusal | None:
        """The result in a folder, or why it is not that of the run; None where none is there."""
        if stamp_of(paths.record) is None:
            return None
        try:
            record = read_record(paths.record)
        except ResultsError as error:
            if is_unreadable(error):
                raise
            return Refusal(str(error), is_doubt=True)
        planned = {**vars(run.spec), 'stale': paths.root.name != run.folder}
        found = Finished(
            *(paths, record['status'], record['hashes'], record['teachers']),
            record.get('starts_from', ()),
        )
        if (
            wrong := not_final(record)
            or unlike_plan(planned, record)
            or other_teachers(self.plan, run, found)
        ):
            return Refusal(f'{paths.root}: {wrong}', is_doubt=True)
        if other := self._other_clips(run, record) or self._other_weights(run, found):
            return Refusal(f'{paths.root}: {other}', is_doubt=False)
        # Nothing can be built on those that came to nothing.
        compare = lost_part if found.status == 'done' else wrong_with
        if wrong := compare(paths, record, has_hash):
            return Refusal(f'{paths.root}: {wrong}', is_doubt=True)
        return found

    def _other_clips(self, run: PlannedRun, record: dict) -> str | None:
        """What says that a run was made from other clips than there are; None: nothing."""
        present = self._fingerprints(run.data)
        if present is None:
            return 'there are no clips yet that its own could be compared with'
        had = record['dataset']
        if all(had.get(name) in (None, now) for name, now in present.items()):
            return None
        return 'it was made from other clips than there are now'

    def _other_weights(self, run: PlannedRun, found: Finished) -> str | None:
        """What says that a run used other weights than are there now; None: nothing.

        A teacher that had to be trained again, and came out as another, undoes what used it; so
        does the stage before one of a chain.
        """
        # Out of memory and divergence are results, and would come out the same again.
        if found.status != 'done':
            return None
        if run.starts_from is not None:
            before = self._finished.get(run.starts_from)
            if before and before.hashes.get('student_state') != found.hashes.get('initial_state'):
                return 'the stage that it starts from has other weights now'
        for start in found.starts_from:
            now = self._finished.get(start['key'])
            if now and now.hashes.get('checkpoint') != start['checkpoint_sha256']:
                return 'the pretraining that it starts from has other weights now'
        for teacher in found.teachers:
            now = self._finished.get(teacher['key'])
            if now and now.hashes.get('checkpoint') != teacher['checkpoint_sha256']:
                return f'its teacher {quoted(teacher["name"])} has other weights now'
        return None
