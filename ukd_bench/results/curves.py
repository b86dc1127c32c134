"""Training curves of runs, as they are on disk."""

import pandas as pd

from ..records.record import CURVE
from .runs import Run


def training_curve(run: Run) -> pd.DataFrame | None:
    """Figures by epoch; None where a run has none that can be read.

    Columns, all numbers: epoch, loss, learning_rate, train_top1, validation_top1; NaN where one was
    not measured, as accuracies in runs of earlier releases.
    """
    if run.paths is None:
        return None
    try:
        curve = pd.read_csv(run.paths.curve).reindex(columns=CURVE)
    except (OSError, ValueError):
        return None
    return curve.apply(pd.to_numeric, errors='coerce')


def last_loss(run: Run) -> float | None:
    """The mean training loss of a run's last epoch."""
    curve = training_curve(run)
    if curve is None or curve.empty:
        return None
    last = curve['loss'].iloc[-1]
    return None if pd.isna(last) else float(last)
