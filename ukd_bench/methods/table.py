"""The methods under test, and what a plan must know of each: a row a method."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

FLOOR = 'plain'
"""The method that every other is measured against."""
SUBJECT = 'ukd'
"""The method that the suite is about."""
NAME = re.compile(r'[a-z][a-z0-9_]*')
"""Names that a method may have where programs read them."""
REPLAY_HOOK = 'ukd_bench.ReplayHook'
"""The hook of a student that distils nothing: it replays the views that all students share."""


@dataclass(frozen=True)
class Method:
    """One way to train a student; how it is called and drawn is in :mod:`.looks`.

    Attributes:
        name: Name in configs, records and command lines.
        hook: The hook that makes a recognizer's config a student of it; None where it distils
            nothing.
        arguments: Arguments of the hook, beside those that every plan sets.
        reads: What it needs of its teachers: ``banks``, ``checkpoints``, or None.
        parents: Which teachers these are: the first K of the ``pool``; one of the student's
            ``own_kind``; or teacher K alone, in ``stages`` that each go on from the one before.
        by_count: Whether it is planned once for each number of teachers.
        fewest: The smallest K that it exists for.
        folds: Whose scores become one target: those of ``all`` its K teachers, of ``one`` of them,
            or of K networks the ``others``.
        equals_ukd: Whether its targets and its student equal UKD's, bit for bit.
        borrows: The method whose config it takes where it has no file of its own.
        ukd_compute: Whether it trains for as long as UKD and its banks compute, not as plain does.
        epoch_work, teacher_work: About how much work an epoch is, a plain one being 1, and what
            each teacher adds to it; they order a sweep's queue and nothing else.
        own_step: Whether its training step is one of its own and needs dark clips alone.
    """

    name: str
    hook: str | None = None
    arguments: Mapping[str, Any] = field(default_factory=dict)
    reads: str | None = None
    parents: str = 'pool'
    by_count: bool = False
    fewest: int = 1
    folds: str = 'all'
    equals_ukd: bool = False
    borrows: str | None = None
    ukd_compute: bool = False
    epoch_work: float = 1.0
    teacher_work: float = 0.0
    own_step: bool = True

    @property
    def distils(self) -> bool:
        """Whether its targets come from other networks, so that it has a K."""
        return self.hook is not None and (self.reads is not None or self.by_count)

    def num_folded(self, num_teachers: int) -> int:
        """Number of networks whose scores an assembly rule folds in a run of that K."""
        return {'all': num_teachers, 'one': 1, 'others': num_teachers - 1}[self.folds]

    def work(self, epochs: int, num_teachers: int) -> float:
        """Rough work of a run, a plain epoch being 1."""
        return epochs * (self.epoch_work + num_teachers * self.teacher_work)


def _of_banks(name: str, hook: str, **more: Any) -> Method:
    values: dict[str, Any] = dict(reads='banks', by_count=True, borrows=SUBJECT) | more
    return Method(name, f'ukd_bench.{hook}', **values)


def _of_checkpoints(name: str, hook: str, work: float) -> Method:
    return Method(
        *(name, f'ukd_bench.{hook}'), reads='checkpoints', by_count=True, equals_ukd=True,
        borrows=SUBJECT, teacher_work=work,
    )  # fmt: skip


# The order is that of tables: the floor, the controls, what is measured, two-stream networks.
_SUITE = (
    Method('plain'),
    Method('label_smoothing'),
    # Its K says whose compute it has: that of UKD with K teachers' banks.
    Method('plain_long', by_count=True, borrows=FLOOR, ukd_compute=True, own_step=False),
    Method('wide', epoch_work=2.0),
    # Its one teacher is of its own kind, so the pool and K have no say in it.
    _of_banks('self', 'UKDHook', parents='own_kind', by_count=False, folds='one', own_step=False),
    _of_banks('shuffled', 'ShuffledHook'),
    _of_banks('shuffled_across', 'ShuffledAcrossHook', own_step=False),
    # Its few forwards come before the training.
    Method(
        *('precomputed', 'ukd_bench.PrecomputedHook'), reads='checkpoints', by_count=True,
        borrows=SUBJECT, own_step=False,
    ),
    _of_banks('ukd', 'UKDHook', borrows=None),
    _of_checkpoints('naive', 'NaiveEnsembleHook', work=0.35),
    _of_checkpoints('naive_graph', 'NaiveGraphHook', work=0.5),
    _of_checkpoints('swap', 'SwapHook', work=0.4),
    _of_banks('random', 'RandomTeacherHook', folds='one'),
    _of_banks('chain', 'ChainHook', parents='stages', folds='one'),
    # Its K counts the networks that learn together, the student among them.
    Method(
        *('mutual', 'ukd_bench.MutualHook'), by_count=True, fewest=2, folds='others',
        borrows=SUBJECT, epoch_work=0.0, teacher_work=1.0,
    ),
    Method('two_stream_dark_light', epoch_work=2.0),
    Method('two_stream_rgb_flow', epoch_work=2.0, own_step=False),
)  # fmt: skip
METHOD_TABLE = {method.name: method for method in _SUITE}
STUDENT_METHODS = tuple(METHOD_TABLE)

PRETRAINING = 'pretraining'
"""The kind of run that trains, on data of its own, the weights that others start from."""
RUN_KINDS = {
    PRETRAINING: Method(PRETRAINING),
    'teacher': Method('teacher'),
    'ensemble': Method('ensemble', epoch_work=0.02),
    'bank': Method('bank', epoch_work=0.35),
}
"""Runs that train no student under test; their names are no method's."""
TRAINS_NOTHING = ('bank', 'ensemble')
"""Kinds of runs that train no network."""
ON_DEMAND = ('bank', PRETRAINING)
"""Kinds of runs that are planned where another run needs them, and never asked for by name."""
METHODS = (*STUDENT_METHODS, *RUN_KINDS)
