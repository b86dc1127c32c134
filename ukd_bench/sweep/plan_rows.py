"""The rows of a plan as its file has them."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from .plan import Plan, PlannedRun

_NOT_IN_ROWS = (
    'device', 'threads', 'view_seed', 'num_views', 'data_name', 'synthetic', 'hook', 'sources',
    'weights', 'processes', 'limit_s',
)  # fmt: skip
"""What of a run's specification no report needs."""


def row_of(run: PlannedRun, folder: str) -> dict[str, Any]:
    """The row of a run.

    Args:
        run: A run of the plan.
        folder: Name of the folder that it lies in, which may be that of another execution.
    """
    row = asdict(run.spec) | dict(folder=folder, stale=folder != run.folder)
    row['parents'] = list(run.spec.parents)
    return {name: value for name, value in row.items() if name not in _NOT_IN_ROWS}


def set_regimes(
    rows: list[dict[str, Any]],
    earlier: list[dict[str, Any]],
    still_valid: Mapping[str, set[str]],
    plan: Plan,
    regimes: Sequence[Mapping[str, Any]],
) -> list[dict[str, Any]]:
    """Sets the regimes of a plan's rows: those of the plan, and of earlier ones that still hold.

    Args:
        rows: The rows, which are changed.
        earlier: Rows of the plan that was in the folder before.
        still_valid: Names of the regimes that the sweep's config gives now, by key.
        plan: The plan.
        regimes: What is told of each regime of the config.

    Returns:
        What is told of the regimes that there are.
    """
    used = {regime['name'] for regime in plan.regimes}
    for row in rows:
        valid = still_valid.get(row['key'], set())
        names = {
            name for one in earlier if one['key'] == row['key'] for name in one.get('regimes', ())
        } & valid
        if row['key'] in plan.runs:
            names |= {*plan.regimes_of(plan.runs[row['key']])}
        # A regime may have another name by now.
        names = names or valid
        row['regimes'] = [one['name'] for one in regimes if one['name'] in names]
        used |= names
    return [dict(one) for one in regimes if one['name'] in used]
