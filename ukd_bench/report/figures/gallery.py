"""The figures of a report: every one that the records allow, in the order of the page."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial

import pandas as pd
from matplotlib.figure import Figure

from ...methods.table import FLOOR
from ...records.record import ORACLE
from ...results.comparable import ComparableRuns, comparable_runs
from ...results.runs import Sweep
from . import data as figure_data, teachers
from .classes import class_accuracy, class_gains, confusions
from .curves import over_epochs
from .differences import difference_frame, differences
from .pipeline import own_and_whole
from .reliability import reliability
from .samples import sample_strip
from .svg import Drawing, draw, draw_table, points_of
from .tradeoff import accuracy_against

MOST_BENCHES = 2
"""Benches that have figures of their own unless more are asked for: each takes some seconds and
0.5 MB of a page."""
_MOST_TOGETHER = 12
"""Benches that one figure has room for."""
_SPREAD, _NO_SPREAD = 'Mean over seeds with 95 % t-intervals.', 'One seed: no intervals.'
_FRONT = 'The grey steps are the Pareto front of the means: no method costs less and is better.'
_STANDARD = 'Mean over seeds, at the largest K with the full schedule.'
_MOST_CLASSES = 30
"""Classes up to which a matrix of them can be read."""


@dataclass(frozen=True)
class _Bench:
    """One bench, with what its figures have in common."""

    group: ComparableRuns
    sweep: Sweep
    title: str
    suffix: str
    table: pd.DataFrame = field(repr=False)

    @property
    def size(self) -> tuple[float, float]:
        """Inches of a figure of half the page, higher for every method above eight."""
        return 5.2, 3.5 + 0.18 * max(0, self.table['method'].nunique() - 8)

    @property
    def left_out(self) -> str:
        """A sentence on methods whose students are UKD's and have fewer seeds; '' without any."""
        again = self.table['top1'].isna() & self.table['method'].map(self.group.is_ukd_again)
        names = [self.group.methods.heading(n) for n in self.table.loc[again, 'method'].unique()]
        if not names:
            return ''
        return f' Left out: {", ".join(names)}, of fewer seeds, whose students are UKD’s.'


def draw_all(sweep: Sweep, most: int = MOST_BENCHES) -> list[Drawing]:
    """The figures the records allow: those of all benches, then a set for each of the first ones.

    Args:
        sweep: The sweep.
        most: How many benches have a set; only those for claims do.
    """
    together = sample_strip(sweep), _differences(comparable_runs(sweep), sweep)
    made = [drawing for drawing in together if drawing]
    groups = _benches(sweep)
    for number, group in enumerate(groups[:most], 1):
        several = len(groups) > 1
        title, suffix = (f', {group.label}', f'-{number}') if several else ('', '')
        bench = _Bench(group, sweep, title, suffix, figure_data.frame(group, sweep))
        if not bench.table.empty:
            made += [one for figure in _FIGURES for one in figure(bench)]
    return made


def left_out_text(sweep: Sweep, most: int = MOST_BENCHES) -> str:
    """A sentence that says which benches have no figures of their own; '' where all have."""
    groups = _benches(sweep)
    if len(groups) <= most:
        return ''
    names = ', '.join(group.label for group in groups[most:])
    return (
        f'{most} of {len(groups)} students have figures of their own. The tables alone show '
        f'{names}; with --figures {len(groups)} all are drawn.'
    )


def _benches(sweep: Sweep) -> list[ComparableRuns]:
    return [group for group in comparable_runs(sweep) if group.regime.for_claims]


def _differences(groups: list[ComparableRuns], sweep: Sweep) -> Drawing | None:
    shown = _together(groups)
    table, headings = difference_frame(shown)
    if table.empty:
        return None
    spread = table['low'].notna().any()
    caption = (
        'What the teachers’ knowledge adds: top-1 of UKD at its largest K minus that of other '
        f'students. {_SPREAD if spread else _NO_SPREAD}'
    )
    if len(shown) < len(groups):
        caption += f' {len(shown)} of {len(groups)}; the table has all.'
    size = (10.6, 0.8 + 0.24 * (len(table) + len(headings)))
    return draw_table(
        *('gains', caption, size),
        lambda ax: differences(table, headings, sweep.methods, ax),
        table,
        True,
    )


def _together(groups: list[ComparableRuns]) -> list[ComparableRuns]:
    """Those that one figure has room for: the first, and before them the controls."""
    controls = [group for group in groups if not group.regime.for_claims][:_MOST_TOGETHER]
    others = [group for group in groups if group.regime.for_claims]
    kept = others[: _MOST_TOGETHER - len(controls)] + controls
    return [group for group in groups if group in kept]


def _accuracy(bench: _Bench) -> Iterator[Drawing]:
    table = bench.table
    if table['top1'].isna().all():
        return
    spread = table['top1_half'].notna().any()
    notes = [_SPREAD if spread else _NO_SPREAD, 'Small dots: seeds.' if spread else '']
    if table['shortened'].any():
        notes.append('Open markers: shorter schedule.')
    if any(run.selection == ORACLE for run in bench.group.runs):
        notes.append('An oracle chose the epochs by their accuracy on the test clips.')
    told = ' '.join(filter(None, notes))
    caption = f'Accuracy and the number of teachers{bench.title}. {told}{bench.left_out}'
    yield draw_table(
        *(f'accuracy{bench.suffix}', caption, bench.size),
        lambda ax: teachers.accuracy_against_teachers(table, bench.group.methods, ax),
        table[['method', 'k', 'shortened', 'top1', 'top1_half', 'top1_seeds']],
    )


def _memory(bench: _Bench) -> Iterator[Drawing]:
    table = bench.table
    if table['train_mib'].notna().any():
        yield draw_table(
            f'memory{bench.suffix}',
            f'Training memory and the number of teachers{bench.title}.',
            bench.size,
            lambda ax: teachers.memory_against_teachers(table, bench.group.methods, ax),
            table[['method', 'k', 'shortened', 'train_mib']],
        )


def _tradeoffs(bench: _Bench) -> Iterator[Drawing]:
    wide, high = bench.size
    full = bench.table[~bench.table['shortened']]
    for name, cost, what, label in (
        ('tradeoff', 'train_mib', 'training memory', 'Training peak, MiB allocated'),
        ('cost', 'pipeline_s', 'total cost', 'Time of the whole pipeline, s'),
    ):
        if full.dropna(subset=['top1', cost]).empty:
            continue
        more = ''
        if cost == 'pipeline_s':
            more = ' The run with all that it needs: pretraining, teachers, banks, optical flow.'
        yield draw_table(
            f'{name}{bench.suffix}',
            f'Accuracy and {what}{bench.title}. The numbers are K. {_FRONT}{more}{bench.left_out}',
            (wide, high + 0.4),
            partial(accuracy_against, bench.table, cost, label, bench.group.methods),
            bench.table[['method', 'k', 'shortened', 'top1', 'top1_half', cost]],
        )


def _pipelines(bench: _Bench) -> Iterator[Drawing]:
    methods = bench.group.methods
    columns = [*figure_data.COSTS[1:]]
    table = bench.table[~bench.table['shortened']].dropna(subset=columns)
    if table.empty:
        return

    def paint(figure: Figure) -> None:
        left, right = figure.subplots(1, 2, sharey=True)
        own_and_whole(table, 'own_mib', 'pipeline_mib', 'Peak, MiB allocated', methods, left)
        own_and_whole(table, 'own_s', 'pipeline_s', 'Time, s', methods, right)

    yield draw(
        f'pipeline{bench.suffix}',
        f'What a student takes{bench.title}: hollow, its own run; full, with all that it needs, as '
        'if nothing were shared.',
        (10.6, 1.0 + 0.22 * len(table)),
        paint,
        points_of(table[['method', 'k', *columns]]),
        True,
    )


def _classes(bench: _Bench) -> Iterator[Drawing]:
    classes = figure_data.class_frame(bench.group)
    if classes.empty:
        return
    narrow = classes.shape[1] <= 12
    wide, high = bench.size
    size = (wide, high + 0.2) if narrow else (10.6, 0.9 + 0.42 * len(classes))
    yield draw_table(
        f'classes{bench.suffix}',
        f'Accuracy by class, %{bench.title}. {_STANDARD}',
        size,
        lambda ax: class_accuracy(classes, ax),
        classes.rename_axis('method').reset_index(),
        not narrow,
    )
    gains = figure_data.class_gain_frame(classes, bench.group.methods.heading(FLOOR))
    if not gains.empty:
        yield draw_table(
            f'class-gains{bench.suffix}',
            f'Accuracy by class minus that of the plain student, points{bench.title}. Orange: '
            'below it; purple: above.',
            size,
            lambda ax: class_gains(gains, ax),
            gains.rename_axis('method').reset_index(),
            not narrow,
        )


def _confusions(bench: _Bench) -> Iterator[Drawing]:
    matrices = figure_data.confusion_frames(bench.group, bench.sweep)
    if not matrices or matrices[0][1].shape[1] > _MOST_CLASSES:
        return
    points = [
        dict(network=name, true=true, predicted=predicted, percent=float(share))
        for name, table in matrices
        for (true, predicted), share in table.stack().items()
    ]
    yield draw(
        f'confusion{bench.suffix}',
        f'Which class is taken for which{bench.title}: % of the clips of the class on the left, '
        'over all seeds. An empty cell is below 0.5 %.',
        (10.6, 4.1),
        lambda figure: confusions(matrices, figure.subplots(1, len(matrices), squeeze=False)[0]),
        points,
        True,
    )


def _reliability(bench: _Bench) -> Iterator[Drawing]:
    table = figure_data.reliability_frame(bench.group, bench.sweep)
    if not table.empty:
        yield draw_table(
            f'reliability{bench.suffix}',
            f'How often predictions of a confidence are right{bench.title}, over the clips of all '
            'seeds; the ensemble is what students learn from. Below the dashed line a network is '
            'too sure of itself. Bins of fewer than 20 clips are left out.',
            bench.size,
            lambda ax: reliability(table, ax),
            table.drop(columns=['colour', 'marker']),
        )


def _curves(bench: _Bench) -> Iterator[Drawing]:
    table = figure_data.curve_frame(bench.group)
    for name, value, label, caption in _CURVES:
        if table.empty or table[value].isna().all():
            continue
        yield draw_table(
            f'{name}{bench.suffix}',
            caption.format(title=bench.title),
            bench.size,
            partial(over_epochs, table, value, label, bench.group.methods),
            table[['method', 'k', 'epoch', value, 'n']],
        )


_CURVES = (
    (
        *('loss', 'loss', 'Training loss'),
        f'Training loss by epoch{{title}}. {_STANDARD} Methods train by losses of their own, so '
        'that shapes compare and heights do not.',
    ),
    (
        *('learning', 'train_top1', 'Top-1 on training clips, %'),
        f'Accuracy on training clips by epoch{{title}}, as they are augmented and before each step '
        f'learns from them. {_STANDARD}',
    ),
    (
        *('validation', 'validation_top1', 'Top-1 on validation clips, %'),
        f'Accuracy on validation clips by epoch{{title}}. {_STANDARD}',
    ),
)
_FIGURES: tuple[Callable[[_Bench], Iterator[Drawing]], ...] = (
    *(_accuracy, _memory, _tradeoffs, _pipelines, _classes, _confusions, _curves, _reliability),
)
