"""What the students of a sweep share, and what follows from their method.

A teacher of the student's own kind is of the student's plain config. As all teachers it trains for
``teacher_epochs`` on the teachers' views, which may be longer than students do: the control tells
what other networks in the pool add, not what a born-again student of equal schedule gains.
"""

import math
from typing import Any

from mmengine.config import Config

from ..data.views.rendering import DRAW_VIEW, OPEN_FLOW, draw_step, views_fingerprint
from ..errors import ConfigError
from ..methods.table import Method
from .config import Student

_OWN_KIND_SEEDS = 1000


def epochs_of(method: Method, epochs: int, num_teachers: int, num_views: int) -> int:
    """How long a student of a method trains where plain training takes ``epochs``.

    One that has UKD's compute spends on its own training what UKD spends on the student and its
    banks: with a forward as one unit, an epoch of training is three, and a view in each of K banks
    is K.
    """
    if not method.ukd_compute:
        return epochs
    return math.ceil((3 * epochs + num_teachers * num_views) / 3)


def own_kind_name(student: Student, seed: int) -> str:
    """Name of the teacher of its own kind that the student of that seed has."""
    return f'self-{student.name}-s{seed}'


def own_kind_seed(seed: int) -> int:
    """Seed of that teacher: a thousand above the student's, so that the two never are one run."""
    return _OWN_KIND_SEEDS + seed


def require_same_views(config: Config, other: Config, name: str, other_name: str) -> None:
    """Refuses a student that would not draw the views that the sweep's banks are made for.

    Raises:
        ConfigError: naming the two.
    """
    mine, theirs = _pipeline(config), _pipeline(other)
    if views_fingerprint(0, mine) == views_fingerprint(0, theirs):
        return
    drawn = draw_step(mine), draw_step(theirs)
    if None not in drawn:
        words = ', not '.join(map(_in_words, drawn))
        raise ConfigError(
            f'{name} draws other views than {other_name} ({words}): students of one sweep share '
            'their views'
        )
    raise ConfigError(
        f'{name} has another training pipeline than {other_name}, and not both draw their '
        f'views by {DRAW_VIEW}: students of one sweep share their views'
    )


def _pipeline(config: Config) -> list[dict]:
    """The training pipeline but for its flow, which is read under the same views."""
    pipeline = config.train_dataloader.dataset.to_dict()['pipeline']
    return [step for step in pipeline if step['type'] != OPEN_FLOW]


def _in_words(step: Any) -> str:
    return ', '.join(f'{name}={value}' for name, value in step.items() if name != 'type')
