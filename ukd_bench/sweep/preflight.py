"""Asks before planning whether rule and loss can be used, and which devices are here."""

from typing import Any

from ..errors import ConfigError
from ..methods.distillation import LOSSES, RULES
from ..records.questions import ask
from .config import Axes
from .executors.devices import Devices, device_kind, find_devices


def preflight(axes: Axes, device: str) -> Devices:
    """Finds out what needs torch, so that nothing is trained in vain.

    Rules, losses and GPUs need torch, and a sweep plans without: one process is asked about all of
    them, and none where nothing is in question.

    Args:
        axes: What to compare.
        device: What ``--device`` was given.

    Returns:
        The devices. They may not be here, which a plan alone does not mind.

    Raises:
        ConfigError: the rule or the loss cannot be built, the rule is not defined for as many
            teachers as runs have, or ``device`` names no device.
    """
    questions: dict[str, Any] = {}
    if device_kind(device) == 'cuda':
        questions['cuda_devices'] = None
    rule = axes.distillation.rule
    # The other rules take no arguments and any number of teachers.
    if rule is not None and (rule not in RULES or rule == 'fixed_weights'):
        questions['rule_complaint'] = dict(rule=rule, numbers=_numbers_folded(axes))
    loss = axes.distillation.loss
    if loss is not None and loss not in LOSSES:
        questions['loss_complaint'] = loss
    answers = ask(questions)
    for name in ('rule_complaint', 'loss_complaint'):
        if complaint := answers.get(name):
            raise ConfigError(f'distillation: {complaint}')
    return find_devices(device, answers.get('cuda_devices', ()))


def _numbers_folded(axes: Axes) -> list[int]:
    """Numbers of networks whose scores the rule folds, over all runs that have targets."""
    return sorted(
        {
            method.num_folded(k)
            for method in axes.student_methods
            if method.distils
            for k in axes.num_teachers
            if k >= method.fewest
        }
    )
