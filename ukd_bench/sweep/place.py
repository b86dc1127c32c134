"""Where a run finds what it needs of others, told to its config just before it starts.

Not earlier: a finished run that is reused lies where it was made, which may be another folder.
"""

import copy
from collections.abc import Callable

from mmengine.config import Config

from ..methods.student_config import method_hook
from ..records.folder import RunPaths
from .plan import Plan, PlannedRun


def placed_config(run: PlannedRun, plan: Plan, locate: Callable[[PlannedRun], RunPaths]) -> Config:
    """The run's config with the places of what it needs in it.

    A bank gets the one teacher that fills it, as ``pool``; the student of a teacher of its own kind
    that teacher; a stage of a chain the checkpoint of the stage before. Other students find their
    teachers in the sweep's pool file.

    Args:
        run: Of the plan.
        plan: That holds its parents.
        locate: From a run to the folder that it lies in or will.
    """
    config = copy.deepcopy(run.config)

    def entry(teacher: PlannedRun, bank: PlannedRun) -> dict[str, str]:
        made_by, banked_by = (RunPaths(locate(one).root.resolve()) for one in (teacher, bank))
        return pool_entry(teacher, made_by, banked_by)

    if run.spec.method == 'bank':
        config.pool = [entry(plan.runs[run.spec.parents[0]], run)]
    elif run.method.parents == 'own_kind':
        bank = plan.runs[run.spec.parents[0]]
        teacher = plan.runs[bank.spec.parents[0]]
        method_hook(config, run.method, run.label)['pool'] = [entry(teacher, bank)]
    elif run.starts_from is not None:
        before = locate(plan.runs[run.starts_from]).checkpoint
        method_hook(config, run.method, run.label)['previous'] = str(before.resolve())
    return config


def pool_entry(teacher: PlannedRun, made_by: RunPaths, banked_by: RunPaths) -> dict[str, str]:
    """A teacher as a pool has it.

    Args:
        teacher: Its run.
        made_by, banked_by: The folders of that run and of its bank's.
    """
    return dict(
        name=str(teacher.spec.teacher),
        key=teacher.spec.key,
        config=str(made_by.config),
        checkpoint=str(made_by.checkpoint),
        bank=str(banked_by.bank),
    )
