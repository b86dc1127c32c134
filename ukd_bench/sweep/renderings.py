"""What views and banks are identified by: parameters of views, and renderings of them.

Every student and every teacher may render the same views at its own clip length and size. Where a
pipeline draws its views by steps that are not the suite's, parameters and rendering are one.
"""

from typing import Any

from mmengine.config import Config

from ..errors import ConfigError

_DRAW = 'ukd_bench.DrawView'
_FLOW = 'ukd_bench.OpenFlow'


def require_same_views(config: Config, other: Config, name: str, other_name: str) -> None:
    """Refuses a student that would not draw the views that the sweep's banks are made for.

    Raises:
        ConfigError: naming the two.
    """
    mine, theirs = _pipeline(config), _pipeline(other)
    if _draws(mine) and _draws(theirs):
        if _draws(mine) != _draws(theirs):
            raise ConfigError(
                f'{name} draws other views than {other_name} ({_in_words(mine)}, not '
                f'{_in_words(theirs)}): students of one sweep share their views'
            )
    # Flow is read under the same views, whatever draws them.
    elif [s for s in mine if s['type'] != _FLOW] != [s for s in theirs if s['type'] != _FLOW]:
        raise ConfigError(
            f'{name} has another training pipeline than {other_name}, and not both draw their '
            f'views by {_DRAW}: students of one sweep share their views'
        )


def banked_dataset(student: Config, teacher: Config) -> dict[str, Any]:
    """What a teacher is asked about: the student's training set in the teacher's rendering.

    Its pipeline is the teacher's own with the student's draws where both are the suite's, else that
    of the student.
    """
    dataset: dict[str, Any] = student.train_dataloader.dataset.to_dict()
    draws, rendering = _draws(_pipeline(student)), _pipeline(teacher)
    if draws and _draws(rendering):
        dataset['pipeline'] = [draws[0] if step['type'] == _DRAW else step for step in rendering]
    return dataset


def _pipeline(config: Config) -> list[dict]:
    pipeline: list[dict] = config.train_dataloader.dataset.to_dict()['pipeline']
    return pipeline


def _draws(pipeline: list[dict]) -> list[dict]:
    return [step for step in pipeline if step['type'] == _DRAW]


def _in_words(pipeline: list[dict]) -> str:
    (step,) = _draws(pipeline)[:1]
    return ', '.join(f'{name}={value}' for name, value in step.items() if name != 'type')
