"""What the figures draw, as tidy frames."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from ...methods.table import FLOOR, SUBJECT
from ...results.calibration import reliability_bins
from ...results.comparable import ComparableRuns
from ...results.curves import training_curve
from ...results.formatting import MIB
from ...results.runs import Run, Sweep
from ...results.scores import load_scores
from ...results.statistics import mean_interval

ENSEMBLE = 'ensemble'
_ENSEMBLE = '#94650b', '^'
_SHARES = 'train_top1', 'validation_top1'
_FEWEST_CLIPS = 20
COSTS = 'train_mib', 'own_mib', 'pipeline_mib', 'own_s', 'pipeline_s'


def frame(group: ComparableRuns, sweep: Sweep) -> pd.DataFrame:
    """One row a (method, K, schedule): accuracy in %, peaks in MiB, times in s; means over seeds.

    The mean over splits is taken within a seed first. A method whose students are UKD's, bit for
    bit, and that has fewer seeds has no accuracy here: beside UKD's mean over more seeds it would
    look like another result. Columns: method, k, shortened, top1, top1_half (None for one seed),
    top1_seeds (each seed's), train_mib, and of the run itself and of all that it needed: own_mib,
    pipeline_mib, own_s, pipeline_s.
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
        costs = {
            'train_mib': [run.memory('train') for run in runs],
            'own_mib': [run.peak() for run in runs],
            'pipeline_mib': [sweep.pipeline_peak(run) for run in runs],
            'own_s': [run.value('time', 'wall_s') for run in runs],
            'pipeline_s': [sweep.pipeline_time(run) for run in runs],
        }
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
                **{name: _scaled(_mean(values), name) for name, values in costs.items()},
            }
        )
    names = ['method', 'k', 'shortened', 'top1', 'top1_half', 'top1_seeds', *COSTS]
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
    """One row a (method, epoch): means over seeds, of the largest K.

    Columns: method, k, epoch, loss, train_top1 and validation_top1 in %, n.
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
            by_epoch = pd.concat(seen).groupby('epoch')
            means = by_epoch[['loss', *_SHARES]].mean()
            means[[*_SHARES]] *= 100
            rows.append(means.assign(n=by_epoch.size(), method=method, k=k).reset_index())
    names = ['method', 'k', 'epoch', 'loss', *_SHARES, 'n']
    return pd.concat(rows)[names] if rows else pd.DataFrame(columns=names)


def confusion_frames(group: ComparableRuns, sweep: Sweep) -> list[tuple[str, pd.DataFrame]]:
    """Which class is taken for which, in % of a true class's clips, over all seeds.

    Of the plain student, of UKD at its largest K and of the largest ensemble, as far as they have
    scores: a name, and a matrix of true classes (rows) and predicted ones (columns).
    """
    found = []
    for name, runs in _plain_ukd_ensemble(group, sweep):
        counts = [matrix for run in runs if (matrix := _confusion(run)) is not None]
        if counts and all(one.shape == counts[0].shape for one in counts):
            total = sum(counts[1:], counts[0])
            found.append((name, 100 * total.div(total.sum(axis=1), axis=0).fillna(0)))
    return found


def reliability_frame(group: ComparableRuns, sweep: Sweep) -> pd.DataFrame:
    """One row a (network, bin of confidence), over the clips of all seeds.

    Columns: name, colour, marker, clips, confidence and accuracy in %; of the networks of
    :func:`confusion_frames`. Bins of few clips are left out, which would be noise.
    """
    rows = []
    for (name, runs), (colour, sign) in zip(
        _plain_ukd_ensemble(group, sweep), _looks(group), strict=True
    ):
        seen = [scores for run in runs if (scores := load_scores(run)) is not None]
        if seen:
            bins = reliability_bins(*seen)
            bins = bins[bins['clips'] >= _FEWEST_CLIPS]
            bins[['confidence', 'accuracy']] *= 100
            rows.append(bins.assign(name=name, colour=colour, marker=sign))
    return pd.concat(rows, ignore_index=True) if rows else pd.DataFrame(columns=['name'])


def _plain_ukd_ensemble(group: ComparableRuns, sweep: Sweep) -> list[tuple[str, list[Run]]]:
    """The networks that stand for the rest, by name, each with its runs."""
    named = []
    for method in (FLOOR, SUBJECT):
        k = group.largest_full(method)
        runs = [
            run
            for run in group.runs
            if (run.method, run.num_teachers) == (method, k) and run.done and not run.shortened
        ]
        named.append((group.methods.heading(method) + (f', K = {k}' if k else ''), runs))
    together = [
        run for run in sweep.done if run.method == ENSEMBLE and group.regime.name in run.regimes
    ]
    largest = max((run.num_teachers for run in together), default=0)
    ensembles = [run for run in together if run.num_teachers == largest]
    named.append((f'Ensemble of {largest}', ensembles))
    return named


def _looks(group: ComparableRuns) -> list[tuple[str, Any]]:
    looks = [group.methods.look(method) for method in (FLOOR, SUBJECT)]
    return [*((look.colour, look.marker) for look in looks), _ENSEMBLE]


def _confusion(run: Run) -> pd.DataFrame | None:
    scores = load_scores(run)
    if scores is None:
        return None
    classes = scores.scores.shape[1]
    names = run.value('dataset', 'classes') or [str(number) for number in range(classes)]
    counts = np.zeros((classes, classes))
    np.add.at(counts, (scores.labels, scores.scores.argmax(axis=1)), 1)
    return pd.DataFrame(counts, index=names, columns=names)


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


def _scaled(value: float | None, name: str) -> float:
    if value is None:
        return np.nan
    return value / MIB if name.endswith('_mib') else value


def _class_accuracy(run: Run) -> pd.Series | None:
    scores = load_scores(run)
    if scores is None:
        return None
    names = run.value('dataset', 'classes') or []
    hits = pd.Series(scores.hits).groupby(scores.labels).mean()
    return hits.rename(lambda label: names[label] if label < len(names) else str(label))
