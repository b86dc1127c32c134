"""Which runs of earlier calls a sweep's config and data still give."""

import contextlib
from collections.abc import Callable, Iterator, Mapping

from ..errors import ConfigError, DataError
from ..methods.table import RUN_KINDS
from .config import Axes


def still_valid(
    axes: Axes, rows: list[dict], keys_of: Callable[[Axes], Mapping[str, set[str]]]
) -> dict[str, set[str]]:
    """Keys that a sweep's config and data give now, over all that it or earlier calls asked for.

    What another config or other videos made has other keys, and so is not among them.

    Args:
        axes: All axes of the config.
        rows: Rows of the earlier plan.
        keys_of: Function that plans some axes and returns their runs' keys by regime.

    Returns:
        The names of the regimes that each key is part of.
    """
    valid: dict[str, set[str]] = {}
    for some in _widened(axes, rows):
        # The lists of a split or the configs of a method that was run earlier may be gone by now.
        with contextlib.suppress(DataError, ConfigError):
            for regime, keys in keys_of(some).items():
                for key in keys:
                    valid.setdefault(key, set()).add(regime)
    return valid


def _widened(axes: Axes, rows: list[dict]) -> Iterator[Axes]:
    """The axes with the seeds, K, methods and splits of earlier rows.

    Each split, method and regime is apart, so that one that cannot be planned any more takes no
    other with it.
    """
    students = [row for row in rows if row['method'] not in RUN_KINDS]
    counts = {row['num_teachers'] for row in rows} | {*axes.num_teachers}
    wide = axes.narrowed(
        num_teachers=sorted(k for k in counts if 1 <= k <= len(axes.teachers)),
        seeds=sorted({row['seed'] for row in students} | {*axes.seeds}),
    )
    methods = {row['method'] for row in rows} & {*axes.sweep_methods} | {*axes.methods}
    for split in sorted({axes.dataset.split, *(row['split'] for row in rows)}):
        for method in sorted(methods):
            for regime in axes.regimes:
                some = wide.narrowed(methods=[method], split=split, regimes=[regime.name])
                if some.within(regime).methods:
                    yield some
