"""Made-up sweeps of several regimes: few runs, whose accuracies a test gives seed by seed."""

from collections.abc import Mapping, Sequence
from typing import Any

from .made_up import POOL, STUDENT, MadeUpSweep

BRIGHT = dict(
    name='bright',
    start='pretrained on darkroom-bright, 20 epochs',
    normalization='fixed',
    epochs=8,
    label_noise=0.0,
    purpose='claims',
)
SCRATCH = dict(BRIGHT, name='scratch', start='scratch', normalization='clip', epochs=40)
NOISY = dict(BRIGHT, name='noisy', label_noise=0.4, purpose='control')

Top1 = Mapping[str, Mapping[str, Sequence[float]]]
"""By regime and method, an accuracy for each seed."""

K = 2


def made_up_regimes(
    top1: Top1, regimes: Sequence[dict[str, Any]] = (BRIGHT, SCRATCH, NOISY), student: str = STUDENT
) -> MadeUpSweep:
    """A sweep of teachers that serve all regimes, a pretraining, and the students of ``top1``."""
    made = MadeUpSweep(seeds=(), students=())
    made.regimes = [regime for regime in regimes if regime['name'] in top1]
    add_pretraining(made, student)
    for key, record in made.records.items():
        if record['method'] == 'teacher':
            record['parents'] = ['pretraining']
        names = [regime['name'] for regime in made.regimes]
        made.regimes_of[key] = names
    for regime, methods in top1.items():
        for method, values in methods.items():
            for seed, value in enumerate(values):
                add_student(made, regime, method, seed, value, student)
    return made


def add_pretraining(made: MadeUpSweep, student: str) -> None:
    """A training on bright clips, with a test set of its own."""
    record = made.add('pretraining', 'pretraining', student=student, top1=0.775, wall_s=41.0)
    record['dataset'] = dict(record['dataset'], name='darkroom-bright', fingerprint='e' * 64)
    # It stands first in a plan, as all need it.
    made.records = {'pretraining': made.records.pop('pretraining'), **made.records}


def add_student(
    made: MadeUpSweep, regime: str, method: str, seed: int, top1: float, student: str = STUDENT
) -> dict[str, Any]:
    """One student; a method that has a K has two teachers."""
    key = f'{method}-{student}-{seed}-{regime}'
    from_banks = method in ('ukd', 'shuffled', 'shuffled_across', 'self')
    parts = [f'bank-{name}' for name in POOL[:K]] if from_banks else []
    if method == 'naive':
        parts = [f'teacher-{name}' for name in POOL[:K]]
    counted = method in ('ukd', 'naive', 'shuffled', 'shuffled_across', 'plain_long')
    record = made.add(
        *(method, key),
        **dict(student=student, seed=seed, k=K if counted else 0, top1=top1),
        parents=('pretraining', *parts),
    )
    made.regimes_of[key] = [regime]
    return record
