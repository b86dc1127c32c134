"""The config of a student by method: a file of its own, or the one that it differs from little.

The teacher of a ``self`` student is of the student's own kind, that is, of its plain config. As all
teachers it trains for ``teacher_epochs`` on the teachers' views, which may be longer than students
do: the control tells what other networks in the pool add, not what a born-again student of equal
schedule gains.
"""

import math

from mmengine.config import Config

from ..methods import METHOD_TABLE
from .axes import Axes, Student
from .configure import fill_in, find_config, load_config, suite_hook

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
