"""Tests teachers together, as an ensemble is tested."""

from collections.abc import Mapping, Sequence
from typing import Any

from mmengine.config import Config

from ....data.dataset import build_dataset
from ....data.views.rendering import teacher_test_pipeline
from ....knowledge.identity import teacher_config
from ....knowledge.pool import PoolEntry
from ....knowledge.teacher import Teacher
from .stage import Stage
from .stand_in import stand_in_set


def rehearse_ensemble(
    pool: Sequence[PoolEntry], config: Config, stage: Stage, stand_in: Mapping[str, Any]
) -> None:
    """Scores one test clip by each of some teachers, who are all at hand: the phase ``eval``.

    Args:
        pool: The teachers.
        config: Config with the test set.
        stage: Where they score.
        stand_in: See :func:`.stand_in.make_stand_in`.
    """
    tested = stand_in_set(config, 'test_dataloader', stand_in, 1, teacher_config(pool[0]))
    with stage.open():
        teachers = [Teacher.of(entry, stage.device) for entry in pool]
        stage.begin('eval')
        for entry, teacher in zip(pool, teachers, strict=True):
            pipeline = teacher_test_pipeline(tested['pipeline'], teacher_config(entry))
            views = build_dataset(dict(tested, pipeline=pipeline))[0]['inputs']
            teacher.score([views[number : number + 1] for number in range(len(views))])
        stage.end()
