"""Banks of random scores, for tests that need no teacher."""

import dataclasses
from pathlib import Path

import numpy as np

from ukd_bench.knowledge.bank.format import Bank
from ukd_bench.knowledge.bank.manifest import BankFacts, Job
from ukd_bench.knowledge.bank.storage import Storage
from ukd_bench.knowledge.bank.writer import BankWriter
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
    names = tuple(str(label) for label in range(classes))
    shape = (views, len(labels), classes)
    return Job(BankFacts(identity, Storage.of(storage), shape, TEACHER, names), labels)


def write_bank(folder: Path, scores_VNC: np.ndarray, job: Job) -> Bank:
    """Writes a whole bank from float32 scores that are in memory."""
    with BankWriter(folder, job) as writer:
        while writer.wait_for_work():
            for view in iter(writer.claim, None):
                writer.write(view, scores_VNC[view])
    return Bank(folder)


def job_of(bank, views=None):
    """What a bank was filled with, or would be with another number of views."""
    facts = dataclasses.replace(bank.facts, shape=(views or bank.num_views, *bank.facts.shape[1:]))
    return Job(facts, bank.labels_N.tolist())
