"""Training curves of runs, as they are on disk."""

import pandas as pd

from .runs import Run


def training_curve(run: Run) -> pd.DataFrame | None:
    """The loss and the learning rate by epoch; None where a run has none that can be read.

    Columns: epoch, loss, learning_rate.
    """
    if run.paths is None:
        return None
    try:
        return pd.read_csv(run.paths.curve)
    except (OSError, ValueError):
        return None


def last_loss(run: Run) -> float | None:
    """The mean training loss of a run's last epoch."""
    curve = training_curve(run)
    if curve is None or curve.empty or 'loss' not in curve:
        return None
    last = pd.to_numeric(curve['loss'], errors='coerce').iloc[-1]
    return None if pd.isna(last) else float(last)
