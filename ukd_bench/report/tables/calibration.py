"""The table of how sure networks are, and whether they are right."""

from ...results import formatting
from ...results.calibration import BINS, Calibration, calibration
from ...results.comparable import student_groups
from ...results.runs import Cell, Sweep
from ...results.scores import load_scores
from ...results.statistics import mean_interval
from .footnotes import mark_notes
from .table import INTERVAL_NOTE, Table, cell_name, columns, count, student_cells


def calibration_table(sweep: Sweep) -> Table | None:
    """Table of confidence, calibration error and log loss of students and ensembles."""
    rows: list[tuple[str, ...]] = []
    groups: list[tuple[int, str]] = []
    for regime, student, label in student_groups(sweep):
        mine = student_cells(sweep, student, regime.name)
        first = len(rows)
        rows += [(*cell_name(cell, sweep), *found) for cell in mine if (found := _figures(cell))]
        if len(rows) > first:
            groups.append((first, label))
    together = [run for run in sweep.runs if run.method == 'ensemble']
    ensembles = [(cell, found) for cell in sweep.cells(together) if (found := _figures(cell))]
    if ensembles:
        groups.append((len(rows), 'Teachers together: what students learn from'))
    for cell, found in ensembles:
        place = f' ({cell.regime})' if len(sweep.regimes) > 1 else ''
        name = f'{sweep.methods.heading("ensemble")}{place}'
        rows.append((name, count(cell.num_teachers), *found))
    if not rows:
        return None
    titles = columns(
        *('<Network', 'K', 'Top-1, %', 'Confidence, %', 'Confidence minus top-1, points'),
        *('Calibration error, points', 'Log loss, nats'),
    )
    notes = (
        INTERVAL_NOTE,
        'Confidence: mean probability of the predicted class; minus top-1, it is '
        'negative where a network is right more often than it believes.',
        f'Calibration error: mean distance of confidence from accuracy over {BINS} bins of equal '
        'width (Guo et al. 2017), which is too large where bins have few clips. Log loss: mean of '
        '−log of the true class’s probability; it falls with both accuracy and calibration.',
    )
    return Table(
        *('calibration', 'How sure, and how right', titles, tuple(rows)),
        *('', (*notes, *mark_notes(rows)), tuple(groups)),
    )


def _figures(cell: Cell) -> tuple[str, ...] | None:
    seen = [load_scores(run) for run in cell.runs]
    found = [calibration(scores) for scores in seen if scores is not None]
    if not found:
        return None

    def over(figure: str) -> list[float | None]:
        return [getattr(one, figure) for one in found]

    return (
        formatting.estimate(mean_interval(over('accuracy')), 1, 100, '%'),
        formatting.mean(mean_interval(over('confidence')), 1, 100, '%'),
        formatting.signed(100 * _mean_gap(found), unit=formatting.POINTS),
        formatting.estimate(mean_interval(over('error')), 1, 100, formatting.POINTS),
        formatting.estimate(mean_interval(over('log_loss')), 3, unit='nats'),
    )


def _mean_gap(found: list[Calibration]) -> float:
    return sum(one.confidence - one.accuracy for one in found) / len(found)
