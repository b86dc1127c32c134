"""What finished runs leave, made by hand: nothing is trained."""

from pathlib import Path

import numpy as np

from ukd_bench.files.hashes import file_sha256
from ukd_bench.knowledge.bank.manifest import BankFacts, Job
from ukd_bench.knowledge.bank.storage import Storage
from ukd_bench.knowledge.identity import BankIdentity
from ukd_bench.records.folder import SweepPaths
from ukd_bench.records.key import scientific
from ukd_bench.records.sealed import SCHEMA, write_sealed
from ukd_bench.sweep.finished import SweepState
from ukd_bench.sweep.place import Places, RunFolders
from ukd_bench.sweep.plan import Plan

from ..knowledge.made_up_banks import write_bank

TEACHER = dict(name='a', key='', state_bytes=4, state_sha256='s')
DEVICE = dict(kind='cpu', name='Made-up CPU')


def state_of(root: Path, plan: Plan, accept_stale: bool = False) -> SweepState:
    """A plan and its folder, refreshed."""
    state = SweepState(plan, SweepPaths(root), accept_stale, lambda data: {'fingerprint': 'clips'})
    state.refresh()
    return state


def scores_of(weights: str) -> dict[str, np.ndarray]:
    """Scores of two clips, both right, that differ with the weights."""
    noise = np.random.default_rng([*weights.encode()]).random((2, 2))
    samples = np.array(['a', 'b'])
    return dict(scores=np.float32(np.eye(2) + 0.01 * noise), labels=np.arange(2), samples=samples)


def finish(state: SweepState, run, weights: str, **more) -> None:
    """Leaves what a run leaves, with these as its weights and other facts in its record."""
    paths = state.own_folder(run)
    RunFolders(state, Places()).prepare(run)
    if run.spec.method == 'bank':
        facts = BankFacts(BankIdentity(*'dvrcmt'), Storage.of('float32'), (1, 1, 2), TEACHER, ())
        bank = write_bank(paths.bank, np.zeros((1, 1, 2), np.float32), Job(facts, [0]))
        manifest = file_sha256(bank.paths.manifest)
        hashes = dict(bank=bank.manifest.scores_sha256, bank_manifest=manifest)
    else:
        paths.checkpoint.write_text(weights)
        np.savez(paths.scores, **scores_of(weights))
        paths.curve.write_text('epoch,loss,learning_rate\n')
        before = state.plan.runs.get(run.starts_from)
        hashes = dict(
            checkpoint=file_sha256(paths.checkpoint),
            scores=file_sha256(paths.scores),
            curve=file_sha256(paths.curve),
            student_state=weights,
            targets='targets',
            initial_state=state.folder(before).checkpoint.read_text() if before else 'random',
        )
    teachers = [
        dict(
            name=teacher.spec.teacher,
            key=teacher.spec.key,
            checkpoint_sha256=file_sha256(state.folder(teacher).checkpoint),
        )
        for teacher in state.plan.teachers_of(run)
    ]
    starts_from = [
        dict(key=key, checkpoint_sha256=file_sha256(state.folder(state.plan.made[key]).checkpoint))
        for key in run.pretrained_by
    ]
    names = ('key', 'execution', 'method', 'student', 'teacher', 'num_teachers', 'seed', 'split')
    metrics = None if run.spec.method == 'bank' else dict(top1=1.0, top5=1.0, mean_class=1.0)
    write_sealed(
        paths.record,
        {name: getattr(run.spec, name) for name in names}
        | dict(schema=SCHEMA, status='done', metrics=metrics, memory={}, time={}, counts={})
        | dict(
            schedule=dict(epochs=run.spec.epochs, full_epochs=run.spec.full_epochs, batch_size=8)
        )
        | dict(parents=list(run.spec.parents), environment=dict(device=DEVICE), teachers=teachers)
        | dict(dataset={'fingerprint': 'clips'}, hashes=hashes, starts_from=starts_from)
        | dict(config=scientific(run.config.to_dict(), run.spec.hook, run.spec.weights))
        | more,
    )
