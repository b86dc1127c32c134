"""The specification from which one process carries out one run."""

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import get_type_hints

from ..errors import ResultsError
from ..files.atomic import read_json, write_json
from ..files.hosts import moved
from ..files.schema import first_misfit, of_types
from .sealed import SCHEMA


@dataclass(frozen=True)
class RunSpec:
    """One run of a plan; the config beside it holds the rest.

    Attributes:
        key, execution: Identity of the run, see :mod:`.key` and :mod:`.execution`.
        method: One of ``methods.table.METHODS``, or of the sweep's own.
        student: Backbone name; None for ``bank`` and ``ensemble``.
        teacher: Teacher's name, for ``teacher`` and ``bank``.
        num_teachers: K; 0 where none. See :mod:`ukd_bench.methods`
            for those that have no teachers.
        seed: Seed of initial weights, order and model randomness.
        split: Number of the data set's split.
        epochs, full_epochs: The run's schedule and the sweep's full one.
        view_seed: Seed of the training views.
        num_views: Views that a bank holds.
        device: ``cpu`` or ``cuda``.
        threads: Threads of a CPU run.
        parents: Keys of the runs whose checkpoints or banks it needs.
        data_name: Name of the data set in the report.
        synthetic: Whether the videos were made here.
        config_sha256: Hash of all of the config that can change a result, see
            :func:`.key.scientific`.
        hook: Name of the method's hook in the config; None where it distils nothing.
        sources: Hashes of the user's own modules that the config or that of a run it needs names,
            by name.
        weights: Hashes of the files of initial weights that these configs name, by path.
        processes: Processes that train it together, each on a GPU of its own; 1 where it trains
            nothing.
        limit_s: Seconds that the run may take, by a clock on the wall; None for any number. It
            changes no result, and is part of no key.
    """

    key: str
    execution: str
    method: str
    student: str | None
    teacher: str | None
    num_teachers: int
    seed: int
    split: int
    epochs: int
    full_epochs: int
    view_seed: int
    num_views: int
    device: str
    threads: int
    parents: tuple[str, ...]
    data_name: str
    synthetic: bool
    config_sha256: str
    hook: str | None = None
    sources: dict[str, str] = field(default_factory=dict)
    weights: dict[str, str] = field(default_factory=dict)
    processes: int = 1
    limit_s: float | None = None

    def write(self, path: Path) -> None:
        """Writes the specification as JSON."""
        write_json(path, {'schema': SCHEMA, **asdict(self)})

    @classmethod
    def read(cls, path: Path) -> 'RunSpec':
        """Reads what :meth:`write` wrote.

        Raises:
            ResultsError: the file is absent or no specification, naming the first key or value that
                cannot be one.
        """
        content = read_json(path)
        if not isinstance(content, dict) or content.pop('schema', None) != SCHEMA:
            raise ResultsError(f'{path}: not the specification of a run')
        if misfit := first_misfit(of_types(get_type_hints(cls)), content):
            raise ResultsError(f'{path}: {misfit}')
        content['parents'] = tuple(content['parents'])
        # Paths are as they are here, as in the config beside it.
        content['weights'] = {moved(path): sha256 for path, sha256 in content['weights'].items()}
        return cls(**content)
