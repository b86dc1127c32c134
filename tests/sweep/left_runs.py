"""What finished runs leave, made by hand: nothing is trained."""

from pathlib import Path

import numpy as np

from ukd_bench.files.atomic import write_json
from ukd_bench.files.hashes import file_sha256
from ukd_bench.knowledge.bank.manifest import BankFacts, Job
from ukd_bench.knowledge.bank.storage import Storage
from ukd_bench.knowledge.identity import BankIdentity
from ukd_bench.records.folder import SweepPaths
from ukd_bench.sweep.finished import SweepState
from ukd_bench.sweep.place import Places, RunFolders
from ukd_bench.sweep.plan import Plan

from ..knowledge.made_up_banks import write_bank


def state_of(root: Path, plan: Plan, accept_stale: bool = False) -> SweepState:
    """A plan and its folder, refreshed."""
    state = SweepState(plan, SweepPaths(root), {'fingerprint': 'clips'}, accept_stale)
    state.refresh()
    return state


def finish(state: SweepState, run, weights: str, **more) -> None:
    """Leaves what a run leaves, with these as its weights and other facts in its record."""
    paths = RunFolders(state, Places()).prepare(run)
    if run.spec.method == 'bank':
        facts = BankFacts(BankIdentity(*'dvrcmt'), Storage.of('float32'), (1, 1, 2), {}, ())
        bank = write_bank(paths.bank, np.zeros((1, 1, 2), np.float32), Job(facts, [0]))
        hashes = dict(bank=bank.manifest.scores_sha256)
    else:
        paths.checkpoint.write_text(weights)
        paths.scores.write_text('scores')
        before = state.plan.runs.get(run.starts_from)
        hashes = dict(
            checkpoint=file_sha256(paths.checkpoint),
            student_state=weights,
            initial_state=state.folder(before).checkpoint.read_text() if before else 'random',
        )
    parents = [state.plan.runs[key] for key in run.spec.parents]
    teachers = [
        dict(key=p.spec.key, checkpoint_sha256=file_sha256(state.folder(p).checkpoint))
        for p in parents
        if p.spec.method == 'teacher'
    ]
    names = ('key', 'execution', 'method', 'student', 'teacher', 'num_teachers', 'seed', 'split')
    write_json(
        paths.record,
        {name: getattr(run.spec, name) for name in names}
        | dict(schema=1, status='done', schedule={}, metrics=None, memory={}, time={})
        | dict(counts={}, parents=list(run.spec.parents), environment={}, teachers=teachers)
        | dict(dataset={'fingerprint': 'clips'}, hashes=hashes)
        | more,
    )
