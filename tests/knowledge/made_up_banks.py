"""Banks of random scores, for tests that need no teacher."""

import numpy as np

from ukd_bench.knowledge.bank.job import Job
from ukd_bench.knowledge.bank.storage import Storage
from ukd_bench.knowledge.identity import BankIdentity

IDENTITY = BankIdentity(
    dataset='d' * 64,
    views='v' * 64,
    rendering='r' * 64,
    classes='c' * 64,
    model='m' * 64,
    checkpoint='t' * 64,
)
TEACHER = dict(name='a', key='', state_bytes=4, state_sha256='s')
V, N, C = 3, 5, 4
LABELS = (0, 1, 2, 3, 0)


def scores(views=V, samples=N, classes=C, seed=0):
    """(V, N, C) float32."""
    generator = np.random.default_rng(seed)
    return 3 * generator.normal(size=(views, samples, classes)).astype(np.float32)


def job(storage='float32', views=V, identity=IDENTITY, labels=LABELS, classes=C):
    """Of class names ``0``, ``1`` and so on."""
    names = [str(label) for label in range(classes)]
    return Job(identity, Storage.of(storage), views, classes, labels, names, TEACHER)


def job_of(bank, views=None):
    """What a bank was filled with, or would be with another number of views."""
    return Job(
        BankIdentity(**bank.manifest['identity']),
        bank.storage,
        views or bank.num_views,
        bank.num_classes,
        bank.labels_N.tolist(),
        bank.manifest['classes'],
        bank.teacher,
    )
