"""The methods under test, and what each needs: plan, results and report derive from this table."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Method:
    """One way to train a student.

    Attributes:
        name: As configs, records and command lines have it.
        hook: The hook that makes a recognizer's config a student of it; None where it distils
            nothing.
        reads: What it needs of the pool's teachers: ``banks``, ``checkpoints``, or None.
        by_count: Whether it is planned once for each number of teachers.
        fewest: The smallest K that it exists for.
        equals_ukd: Whether its targets and its student equal UKD's, bit for bit.
        folds: Whose scores become one target: those of ``all`` its K teachers, of ``one`` of them,
            or of K networks the ``others``.
    """

    name: str
    hook: str | None = None
    reads: str | None = None
    by_count: bool = False
    fewest: int = 1
    equals_ukd: bool = False
    folds: str = 'all'

    @property
    def distils(self) -> bool:
        """Whether its targets come from other networks, so that it has a K."""
        return self.hook is not None

    def num_folded(self, num_teachers: int) -> int:
        """How many networks' scores an assembly rule folds in a run of that K."""
        return {'all': num_teachers, 'one': 1, 'others': num_teachers - 1}[self.folds]


def _of_banks(name: str, hook: str, folds: str = 'all') -> Method:
    return Method(name, f'ukd_bench.{hook}', 'banks', by_count=True, folds=folds)


def _of_checkpoints(name: str, hook: str) -> Method:
    return Method(name, f'ukd_bench.{hook}', 'checkpoints', by_count=True, equals_ukd=True)


# In the order of tables: the floor, the controls, what is measured, the two-stream networks.
_TABLE = (
    Method('plain'),
    Method('label_smoothing'),
    # Its K says whose compute it has: that of UKD with K teachers' banks.
    Method('plain_long', by_count=True),
    Method('wide'),
    # Its one teacher is of its own kind, so the pool and K have no say in it.
    Method('self', 'ukd_bench.UKDHook', 'banks', folds='one'),
    _of_banks('shuffled', 'ShuffledHook'),
    _of_banks('ukd', 'UKDHook'),
    _of_checkpoints('naive', 'NaiveEnsembleHook'),
    _of_checkpoints('naive_graph', 'NaiveGraphHook'),
    _of_checkpoints('swap', 'SwapHook'),
    _of_banks('random', 'RandomTeacherHook', folds='one'),
    _of_banks('chain', 'ChainHook', folds='one'),
    # Its K counts the networks that learn together, the student among them.
    Method('mutual', 'ukd_bench.MutualHook', by_count=True, fewest=2, folds='others'),
    Method('two_stream_dark_light'),
    Method('two_stream_rgb_flow'),
)
METHOD_TABLE = {method.name: method for method in _TABLE}

STUDENT_METHODS = tuple(METHOD_TABLE)
METHODS = (*STUDENT_METHODS, 'teacher', 'ensemble', 'bank')
DISTILLED_METHODS = tuple(name for name, method in METHOD_TABLE.items() if method.distils)
COUNTED_METHODS = tuple(name for name, method in METHOD_TABLE.items() if method.by_count)
EQUAL_TO_UKD = tuple(name for name, method in METHOD_TABLE.items() if method.equals_ukd)
