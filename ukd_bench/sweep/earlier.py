"""Which runs of earlier calls a sweep's config and data still give."""

import contextlib
from collections.abc import Callable, Iterable, Iterator

from ..errors import ConfigError, DataError
from ..methods.table import RUN_KINDS
from .config import Axes


def still_valid(axes: Axes, rows: list[dict], keys_of: Callable[[Axes], Iterable[str]]) -> set[str]:
    """Keys that a sweep's config and data give now, over all that it or earlier calls asked for.

    What another config or other videos made has other keys, and so is not among them.

    Args:
        axes: All axes of the config.
        rows: Rows of the earlier plan.
        keys_of: Function that plans some axes and returns their runs' keys.
    """
    valid: set[str] = set()
    for some in _widened(axes, rows):
        # The lists of a split or the configs of a method that was run earlier may be gone by now.
        with contextlib.suppress(DataError, ConfigError):
            valid |= set(keys_of(some))
    return valid


def _widened(axes: Axes, rows: list[dict]) -> Iterator[Axes]:
    """The axes with the seeds, K, methods and splits of earlier rows; each split and method apart.

    They are apart, so that one that cannot be planned any more takes no other with it.
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
            yield wide.narrowed(methods=[method], split=split)
