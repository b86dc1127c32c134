"""What the figures draw, as tidy frames."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from ...methods.table import SUBJECT
from ...results.comparable import ComparableRuns
from ...results.curves import training_curve
from ...results.formatting import MIB
from ...results.runs import Run
from ...results.scores import load_scores
from ...results.statistics import mean_interval


def frame(group: ComparableRuns) -> pd.DataFrame:
    """One row a (method, K, schedule): accuracy in %, training peak in MiB, means over seeds.

    The mean over splits is taken within a seed first. A method whose students are UKD's, bit for
    bit, and that has fewer seeds has no accuracy here: beside UKD's mean over more seeds it would
    look like another result. Columns: method, k, shortened, top1, top1_half (None for one seed),
    top1_seeds (each seed's), train_mib.
    """
    cells: dict[tuple[str, int, bool], list[Run]] = {}
    for run in group.runs:
        if run.done:
            cells.setdefault((run.method, run.num_teachers, run.shortened), []).append(run)
    rows = []
    for (method, k, shortened), runs in cells.items():
        by_seed = [
            _mean([r.metric('top1') for r in runs if r.seed == seed])
            for seed in sorted({r.seed for r in runs})
        ]
        if _is_ukd_of_fewer_seeds(group, method, k):
            by_seed = []
        top1 = mean_interval(by_seed)
        peak = _mean([run.memory('train') for run in runs])
        rows.append(
            {
                'method': method,
                'k': k,
                'shortened': shortened,
                'top1': 100 * top1.mean if top1 else np.nan,
                'top1_half': 100 * top1.half_width
                if top1 and top1.half_width is not None
                else np.nan,
                'top1_seeds': [100 * one for one in by_seed if one is not None],
                'train_mib': np.nan if peak is None else peak / MIB,
            }
        )
    names = ['method', 'k', 'shortened', 'top1', 'top1_half', 'top1_seeds', 'train_mib']
    table = pd.DataFrame(rows, columns=names)
    order = table['method'].map(group.methods.position)
    return (
        table.assign(order=order)
        .sort_values(['order', 'k', 'shortened'])
        .drop(columns='order')
        .reset_index(drop=True)
    )


def class_frame(group: ComparableRuns) -> pd.DataFrame:
    """Accuracy in % by method (rows) and class (columns), mean over seeds.

    Only full schedules at the largest K count. It is empty where no run has readable scores.
    """
    rows: dict[str, pd.Series] = {}
    for method in group.methods.rows:
        k = group.largest_full(method)
        runs = [
            r
            for r in group.runs
            if r.method == method and r.num_teachers == k and r.done and not r.shortened
        ]
        seen = [series for series in map(_class_accuracy, runs) if series is not None]
        if seen and not _is_ukd_of_fewer_seeds(group, method, k or 0):
            name = group.methods.heading(method) + (f', K = {k}' if k else '')
            rows[name] = 100 * pd.concat(seen, axis=1).mean(axis=1)
    return pd.DataFrame(rows).T


def class_gain_frame(classes: pd.DataFrame, floor: str) -> pd.DataFrame:
    """Accuracy by class of :func:`class_frame` less that of one of its rows, in points."""
    if floor not in classes.index:
        return pd.DataFrame()
    return classes.drop(index=floor) - classes.loc[floor]


def curve_frame(group: ComparableRuns) -> pd.DataFrame:
    """One row a (method, epoch): training loss, mean over seeds, of the largest K.

    Columns: method, k, epoch, loss, n.
    """
    rows = []
    for method in group.methods.rows:
        k = group.largest_full(method)
        runs = [
            run
            for run in group.runs
            if (run.method, run.num_teachers) == (method, k) and run.done and not run.shortened
        ]
        seen = [curve for run in runs if (curve := training_curve(run)) is not None]
        if seen and not _is_ukd_of_fewer_seeds(group, method, k or 0):
            loss = pd.concat(seen).groupby('epoch')['loss'].agg(['mean', 'count']).reset_index()
            loss.columns = ['epoch', 'loss', 'n']
            rows.append(loss.assign(method=method, k=k))
    names = ['method', 'k', 'epoch', 'loss', 'n']
    return pd.concat(rows)[names] if rows else pd.DataFrame(columns=names)


def _is_ukd_of_fewer_seeds(group: ComparableRuns, method: str, num_teachers: int) -> bool:
    if not group.is_ukd_again(method):
        return False
    mine, ukds = (
        {run.seed for run in group.runs if (run.method, run.num_teachers) == cell and run.done}
        for cell in ((method, num_teachers), (SUBJECT, num_teachers))
    )
    return mine < ukds


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known else None


def _class_accuracy(run: Run) -> pd.Series | None:
    scores = load_scores(run)
    if scores is None:
        return None
    names = run.value('dataset', 'classes') or []
    hits = pd.Series(scores.hits).groupby(scores.labels).mean()
    return hits.rename(lambda label: names[label] if label < len(names) else str(label))
