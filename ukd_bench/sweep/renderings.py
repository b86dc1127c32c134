"""What students of one sweep must share: the views that their banks are made for."""

from typing import Any

from mmengine.config import Config

from ..datasets.rendering import DRAW_VIEW, OPEN_FLOW, draw_step, views_fingerprint
from ..errors import ConfigError


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
