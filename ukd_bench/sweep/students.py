"""The config of a student by method: a file of its own, or the one that it differs from little.

The teacher of a ``self`` student is of the student's own kind, that is, of its plain config. As all
teachers it trains for ``teacher_epochs`` on the teachers' views, which may be longer than students
do: the control tells what other networks in the pool add, not what a born-again student of equal
schedule gains.
"""

import math
from typing import Any

from mmengine.config import Config

from ..data.views.rendering import DRAW_VIEW, OPEN_FLOW, draw_step, views_fingerprint
from ..errors import ConfigError
from ..methods.table import METHOD_TABLE
from .config import Axes, Student
from .run_config import fill_in, find_config, load_config, suite_hook

_OWN_KIND_SEEDS = 1000


def student_config(axes: Axes, method: str, student: Student) -> Config:
    """The config that a student of a method is trained by, before the axes are applied.

    Where the method has no file of its own, a distilling one takes UKD's with another hook, and
    ``plain_long`` takes that of ``plain``.

    Raises:
        ConfigError: there is none, or it cannot be used.
    """
    own = _path(axes, method, student)
    if find_config(own) is not None:
        return load_config(own)
    if METHOD_TABLE[method].distils:
        config = load_config(_path(axes, 'ukd', student))
        suite_hook(config, method)['type'] = METHOD_TABLE[method].hook
        return config
    return load_config(_path(axes, 'plain', student) if method == 'plain_long' else own)


def epochs_of(method: str, epochs: int, num_teachers: int, num_views: int) -> int:
    """How long a student of a method trains where plain training takes ``epochs``.

    ``plain_long`` spends on its own training what UKD spends on the student and its banks: with a
    forward as one unit, an epoch of training is three, and a view in each of K banks is K.
    """
    if method != 'plain_long':
        return epochs
    return math.ceil((3 * epochs + num_teachers * num_views) / 3)


def own_kind_name(student: Student, seed: int) -> str:
    """Name of the teacher that the ``self`` student of that seed has."""
    return f'self-{student.name}-s{seed}'


def own_kind_seed(seed: int) -> int:
    """Seed of that teacher: a thousand above the student's, so that the two never are one run."""
    return _OWN_KIND_SEEDS + seed


def _path(axes: Axes, method: str, student: Student) -> str:
    return fill_in('student_config', axes.student_config, method=method, student=student.name)


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
