"""Plans of small axes, for tests to look at; nothing is trained."""

from dataclasses import replace

from ukd_bench.methods.student_config import method_hook
from ukd_bench.sweep.config import Axes, Dataset, PoolTeacher, Student
from ukd_bench.sweep.parts import Pretraining, Regime
from ukd_bench.sweep.planner import make_plan
from ukd_bench.sweep.videos import sweep_data

STUDENT = 'i3d-r18-w8'
AXES = Axes(
    name='planned',
    dataset=Dataset('darkroom-tiny', darkroom=dict(preset='tiny')),
    students=(Student(STUDENT, 12),),
    full_epochs=12,
    teacher_epochs=6,
    teachers=(
        PoolTeacher('i3d-gamma1.8', STUDENT, 101),
        PoolTeacher('slowonly-gamma2.5', 'slowonly-r18-w8', 102),
        PoolTeacher('i3d-identity', STUDENT, 103),
    ),
    methods=('ukd',),
    num_teachers=(1, 3),
    seeds=(0,),
    student_config='{method}/{student}_darkroom-quick.py',
    teacher_config='teachers/{teacher}_darkroom-quick.py',
)

BRIGHT = Pretraining(
    Dataset('bright', darkroom=dict(preset='tiny', bright=True)),
    'pretraining/{student}-{modality}_darkroom-quick.py',
    epochs=3,
    seed=7,
)


def planned(
    pool: str = '/somewhere/pool.json', execution: str = 'cafe', device: str = 'cpu', **changes
):
    axes = replace(AXES, **changes)
    axes.check()
    return make_plan(axes, sweep_data(axes.dataset, None), execution, device, pool)


def planned_in(method: str = 'plain', **regime):
    """A plan of one method and one teacher in a regime."""
    teachers = (PoolTeacher('i3d-gamma1.8', STUDENT, 101),)
    return planned(
        methods=(method,), num_teachers=(1,), teachers=teachers, regimes=(Regime(**regime),)
    )


def runs_of(plan, method: str) -> dict[int, object]:
    """The runs of a method, by K."""
    return {r.spec.num_teachers: r for r in plan.runs.values() if r.spec.method == method}


def run_of(plan, method: str, num_teachers: int = 0):
    return runs_of(plan, method)[num_teachers]


def hook_of(run, config=None):
    """The hook of a run's method, in its config or in one that was made of it."""
    return method_hook(config or run.config, run.method, run.label)


def parents_of(plan, run) -> list[tuple[str, object]]:
    """Method of each parent, and its teacher or K."""
    parents = [plan.runs[key].spec for key in run.spec.parents]
    return [(spec.method, spec.teacher or spec.num_teachers) for spec in parents]


def keys_of(plan, method: str | None = None) -> set[str]:
    return {key for key, run in plan.runs.items() if method in (None, run.spec.method)}
