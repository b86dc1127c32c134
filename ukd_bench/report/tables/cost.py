"""The table of times and sizes."""

from ...results import formatting as units
from ...results.load import Cell, Sweep
from .footnotes import flow_texts, mark_notes
from .student_rows import by_student, over_seeds, ratio_to_plain
from .table import Table, columns


def cost_table(sweep: Sweep) -> Table:
    """Time of a step and of everything, and the size of the student."""

    def row(cell: Cell) -> tuple[str, ...]:
        step = over_seeds(cell, lambda run: run.value('time', 'step_median_s'))
        ratio = ratio_to_plain(cell, sweep, lambda run: run.value('time', 'step_median_s'))
        own = over_seeds(cell, lambda run: run.value('time', 'wall_s'))
        whole = over_seeds(cell, sweep.pipeline_time)
        size = over_seeds(cell, lambda run: run.value('counts', 'parameters'))
        flops = over_seeds(cell, lambda run: run.value('counts', 'inference_flops'))
        return (
            *(units.estimate(step, 1, 1000), units.estimate(ratio, 2)),
            *(units.duration(time.mean if time else None) for time in (own, whole)),
            units.number(size.mean if size else None, 2, 1e-6),
            units.number(flops.mean if flops else None, 2, 1e-9),
        )

    rows, groups = by_student(sweep, row)
    titles = columns(
        '<Method',
        'K',
        'Step, ms',
        '× plain',
        'Own time',
        'Pipeline time',
        'Parameters, M',
        'Inference, GFLOPs',
    )
    notes = (
        (
            'Step: median after warm-up; its ratio is taken seed by seed. Runs were not '
            'interleaved, so a ratio carries the machine’s drift.'
        ),
        (
            'Pipeline time: the run and every teacher, bank, earlier stage and optical flow it '
            'needed, each counted once, as if nothing were shared with other runs.'
        ),
        *flow_texts(sweep),
    )
    return Table(
        'cost',
        'Time and size',
        titles,
        rows,
        notes=(*notes, *mark_notes(rows)),
        groups=groups,
    )
