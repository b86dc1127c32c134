"""Whether a record is that of the run which a plan means."""

from collections.abc import Mapping
from typing import Any

from ..errors import quoted
from ..files.hashes import digest

_SAME = ('key', 'execution', 'method', 'num_teachers', 'seed', 'parents', 'epochs')
_OF_DATA_ALONE = ('bank', 'ensemble')
"""Methods whose keys cover the config of a data set, and no schedule."""


def unlike_plan(planned: Mapping[str, Any], record: Mapping[str, Any]) -> str | None:
    """In what a record is not that of the run that a plan means; None where it is.

    All that a run's key covers must agree. What it does not cover is the plan's to say: how
    students and teachers are called, how many epochs the full schedule has. It may change without
    a run being made anew, and reports show what the plan has.

    Args:
        planned: A row of a plan, or the attributes of a run's specification. ``stale`` says that a
            run of another execution stands in for it.
        record: The record in the run's folder.
    """
    left_out = ('execution',) if planned.get('stale') else ()
    of_config = planned['method'] not in _OF_DATA_ALONE
    told = {**record, 'epochs': record['schedule']['epochs']}
    for name in _SAME:
        wanted = [*planned[name]] if name == 'parents' else planned[name]
        if name in left_out or (name == 'epochs' and not of_config):
            continue
        if told[name] != wanted:
            return f'the record has {name} {quoted(told[name])}, the plan {quoted(wanted)}'
    config = planned.get('config_sha256')
    if config and of_config and digest(record.get('config')) != config:
        return 'the record has another config than the plan'
    return None
