"""Which checkpoints a sweep keeps: it deletes those that nothing in its plan needs any more."""

from collections import Counter
from collections.abc import Callable, Mapping

from ..data.cache.estimate import size_in_words
from ..errors import HeldError, ResultsError
from ..methods.table import RUN_KINDS
from ..records.deleted import ALL, NONE, note_deleted
from ..records.lease import leased
from ..records.record import FINAL_STATUSES, read_record
from .finished import SweepState
from .plan import PlannedRun


class Checkpoints:
    """Deletes the checkpoint of a run once all that hangs on the run has its result.

    What is deleted is a file that is as the run's record names it, in the folder that the plan has
    for the run, while nobody works there. A note beside the record says so first.

    Args:
        state: The plan and its folder, refreshed.
        keep: One of :data:`.KEPT`.
        say: Called with a line where one cannot be deleted.

    Attributes:
        deleted_bytes: Sizes of those that were deleted.
    """

    def __init__(self, state: SweepState, keep: str, say: Callable[[str], object]) -> None:
        self._state = state
        self._keep = keep
        self._say = say
        self._seen = 0
        self.deleted_bytes: list[int] = []
        # How many runs hang on each, by way of others too, and have no result yet.
        self._open: Counter[str] = Counter()
        if keep != ALL:
            for run in state.plan.runs.values():
                self._open.update(one.spec.key for one in state.plan.ancestors(run))

    def look(self, statuses: Mapping[str, str]) -> None:
        """Deletes what is needed no more.

        Args:
            statuses: How runs ended, by key, in the order of their ends; those that were looked at
                before come first.
        """
        if self._keep == ALL or self._seen == len(statuses):
            return
        ended = [*statuses.items()][self._seen :]
        self._seen = len(statuses)
        for key, status in ended:
            # One that failed is carried out again, and needs all that it needed.
            if status not in FINAL_STATUSES:
                continue
            run = self._state.plan.runs[key]
            needs = self._state.plan.ancestors(run)
            self._open.subtract(one.spec.key for one in needs)
            for one in (run, *needs):
                if not self._open[one.spec.key] and statuses.get(one.spec.key) == 'done':
                    self._delete(one)

    @property
    def told(self) -> str | None:
        """What was deleted, in a line; None for nothing."""
        if not self.deleted_bytes:
            return None
        size = size_in_words(sum(self.deleted_bytes))
        return (
            f'{len(self.deleted_bytes)} checkpoints deleted, {size}: nothing in the plan needs them'
        )

    def _delete(self, run: PlannedRun) -> None:
        if run.spec.method in RUN_KINDS and self._keep != NONE:
            return
        paths = self._state.own_folder(run)
        if not paths.checkpoint.is_file() or paths.checkpoint.is_symlink():
            return
        try:
            with leased(paths):
                record = read_record(paths.record)
                if self._state.has_checkpoint(run, record['hashes'].get('checkpoint')):
                    size = paths.checkpoint.stat().st_size
                    # Killed in between, it leaves a note beside a checkpoint, which counts.
                    note_deleted(paths, record)
                    paths.checkpoint.unlink()
                    self.deleted_bytes.append(size)
        except HeldError:
            return
        except ResultsError as error:
            self._say(f'warning: its checkpoint stays: {error}')
        except OSError as error:
            self._say(f'warning: {paths.checkpoint}: cannot be deleted ({error.strerror})')
