"""Identities of views and renderings: what networks must have in common to share scores.

A view's parameters are normalised, so networks of different clip length or size see the same view,
each in its own rendering. A pipeline that draws no such parameters is a stock one: it replays as a
whole, its views are its own, and a teacher sees them in the student's rendering.

Plans and banks are identified by these functions, which read configs alone and need no torch.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from mmengine.config import Config

from ...files.hashes import digest
from ...files.python import config_name
from ...records.key import OPEN_FLOW, holds_step, scientific_part
from ..flow import FLOW_VERSION

DRAW_VIEW = 'ukd_bench.DrawView'
EVALUATION_VIEWS = 'ukd_bench.EvaluationViews'

Pipeline = Sequence[Mapping[str, Any]]


def plain(pipeline: Pipeline) -> list[dict]:
    """A pipeline's config as plain dicts, whatever MMEngine wrapped it in."""
    return [step.to_dict() if isinstance(step, Config) else dict(step) for step in pipeline]


def steps_of(pipeline: Iterable[Mapping[str, Any]], name: str) -> list[Any]:
    """The steps of a type, in order. Changing one of them changes the config.

    Args:
        pipeline: Configs.
        name: The type as configs name it, scope included; a step may have its whole path instead.
    """
    return [step for step in pipeline if config_name(step.get('type')) == name]


def draw_step(pipeline: Pipeline) -> dict | None:
    """The step that draws a view's parameters; None in a stock pipeline."""
    return next(map(dict, steps_of(pipeline, DRAW_VIEW)), None)


def views_fingerprint(view_seed: int, pipeline: Pipeline) -> str:
    """Identity of the views that a training pipeline draws under a view seed.

    Of a pipeline of the suite only the step that draws counts, so that students of different clip
    length or size have the same views; of a stock one, all of it.
    """
    step = draw_step(pipeline)
    if step is None:
        drawn = dict(pipeline=scientific_part(pipeline))
    else:
        drawn = dict(draw=scientific_part(step))
    return digest(dict(seed=view_seed, **drawn))


def teacher_pipeline(student_pipeline: Pipeline, teacher_config: Config) -> list[dict]:
    """The pipeline by which a teacher sees a student's views.

    It is the training pipeline of the teacher's own config, with the student's drawing step, where
    both are of the suite; and the student's pipeline otherwise.

    Args:
        student_pipeline: Config of the student's training pipeline.
        teacher_config: The teacher's whole config.
    """
    return _rendered(student_pipeline, teacher_config, 'train_dataloader', DRAW_VIEW)


def sees_as_the_student(student_pipeline: Pipeline, teacher_config: Config) -> bool:
    """Whether a teacher has a training pipeline of its own, and not its own rendering of views.

    A stock config of MMAction2 under a student of the suite is such a teacher.
    """
    own = _own_steps(teacher_config, 'train_dataloader')
    return bool(steps_of(student_pipeline, DRAW_VIEW) and own and not steps_of(own, DRAW_VIEW))


def teacher_test_pipeline(test_pipeline: Pipeline, teacher_config: Config) -> list[dict]:
    """The pipeline by which a teacher sees test clips under the protocol of ``test_pipeline``.

    It is found as in :func:`teacher_pipeline`, from test pipelines and their protocol step.
    """
    return _rendered(test_pipeline, teacher_config, 'test_dataloader', EVALUATION_VIEWS)


def rendering_fingerprint(pipeline: Pipeline) -> str:
    """Identity of how one network sees views."""
    steps = scientific_part(plain(pipeline))
    return digest([steps, FLOW_VERSION] if holds_step(steps, OPEN_FLOW) else steps)


def _rendered(shared: Pipeline, config: Config, loader: str, parameters: str) -> list[dict]:
    """A config's own pipeline with the step ``parameters`` of a shared one, if both have it."""
    own, steps = _own_steps(config, loader), steps_of(shared, parameters)
    if not steps or not steps_of(own, parameters):
        return plain(shared)
    return [dict(steps[0]) if config_name(one.get('type')) == parameters else one for one in own]


def _own_steps(config: Config, loader: str) -> list[dict]:
    """The pipeline of a config's loader; empty where it has none."""
    try:
        return plain(config[loader].dataset.pipeline)
    except (AttributeError, KeyError):
        return []
