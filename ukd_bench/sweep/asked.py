"""What is asked of a sweep, by whom, and how many of its runs came to what."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..data.bars import Bars
from ..records.deleted import ALL


@dataclass(frozen=True)
class SweepOptions:
    """What is asked of a sweep; None leaves it as its config has it.

    Attributes:
        config: Path of a sweep config, or the name of a shipped one.
        methods: The only methods to run, with what they need.
        teachers: Numbers of teachers K.
        backbones: The only students to train.
        seeds: Seeds of the students.
        regimes: The only regimes to compare in.
        split: Split of the data set.
        edition: Edition whose lists count, where those of two lie at one root.
        device: Device that runs compute on: ``cpu``, ``cuda``, or one GPU as ``cuda:1``.
        jobs: Runs at once; None leaves it to the executor.
        runs_per_gpu: Runs that may share each GPU.
        executor: How runs are carried out: a name, or the dotted path of a class.
        data_root: Folder of the videos; None is the sweep's own.
        cache_gib: GiB that cached frames may take; at 0 nothing is cached.
        results: Parent of the results folder.
        run_limit: Seconds that a run may take.
        keep_checkpoints: Checkpoints that stay: ``none``, ``teachers`` or ``all``.
        track: Experiment trackers that trainings tell of themselves.
        slurm: What a cluster is asked for, as ``key=value`` each, over what the config says.
        detach: Whether to submit runs and not to wait for them.
        accept_stale: Whether runs of other versions or source are reused.
        verify: Whether all files are read again at the end.
        retry: States of finished runs that are carried out again.
    """

    config: str = 'quick'
    methods: list[str] | None = None
    teachers: list[int] | None = None
    backbones: list[str] | None = None
    seeds: list[int] | None = None
    regimes: list[str] | None = None
    split: int | None = None
    edition: str | None = None
    device: str = 'cpu'
    jobs: int | None = None
    runs_per_gpu: int = 1
    executor: str = 'local'
    slurm: list[str] | None = None
    detach: bool = False
    data_root: Path | None = None
    cache_gib: float = 8.0
    results: Path = Path('results')
    run_limit: float | None = None
    keep_checkpoints: str = ALL
    track: list[str] | None = None
    accept_stale: bool = False
    verify: bool = False
    retry: Sequence[str] | None = None


@dataclass(frozen=True)
class Caller:
    """What a sweep is given by who calls it, beside what is asked of it.

    Attributes:
        claims_sha256: Hash of the rules that the verdicts will follow.
        keep_claims: Function that puts a copy of these rules beside the plan.
        bars: Shows how far the preparation is.
        say: Called with a line on what else a person should know.
    """

    claims_sha256: str
    keep_claims: Callable[[], None]
    bars: Bars
    say: Callable[[str], None]


@dataclass(frozen=True)
class Tally:
    """How many runs a sweep has, and what became of them.

    Attributes:
        runs: All of the plan.
        reused: Those that were finished before.
        lost: Those without a result.
        damaged: Those whose files are not what was recorded, where all were read again at the end;
            they are among the others as well.
    """

    runs: int
    reused: int
    lost: int
    damaged: int = 0

    @property
    def carried_out(self) -> int:
        """Number of runs that got their result now."""
        return self.runs - self.reused - self.lost
