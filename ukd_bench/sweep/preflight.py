"""Asks before planning whether rules, losses and hooks can be used, and which devices are here."""

from typing import Any

from ..errors import ConfigError
from ..methods.distillation import LOSSES, RULES
from ..methods.own import require_importable
from ..methods.student_config import set_hook
from ..methods.table import Method
from ..records.questions import ask
from .config import Axes
from .executors.devices import Devices, device_kind, find_devices


def preflight(axes: Axes, device: str) -> Devices:
    """Finds out what needs torch, so that nothing is trained in vain.

    Rules, losses, hooks and GPUs need torch, and a sweep plans without: one process is asked about
    all of them, and none where nothing is in question.

    Args:
        axes: What to compare.
        device: What ``--device`` was given.

    Returns:
        The devices. They may not be here, which a plan alone does not mind.

    Raises:
        ConfigError: the rule, the loss or the hook of a method of the user's own cannot be built,
            the rule is not defined for as many teachers as runs have, or ``device`` names no
            device.
    """
    questions: dict[str, Any] = {}
    if device_kind(device) == 'cuda':
        questions['cuda_devices'] = None
    if hooks := _own_hooks(axes):
        questions['hook_complaints'] = hooks
    questions |= _of_distillation(axes)
    answers = ask(questions)
    _complain(answers)
    for name, complaint in answers.get('hook_complaints', {}).items():
        raise ConfigError(f'method {name!r}: {complaint}')
    for regime in axes.regimes:
        # What a regime has of its own is rare, and asked for by itself.
        if regime.distillation is not None:
            _complain(ask(_of_distillation(axes.within(regime))))
    return find_devices(device, answers.get('cuda_devices', ()))


def _of_distillation(axes: Axes) -> dict[str, Any]:
    """Questions about the rule and the loss of the axes."""
    questions: dict[str, Any] = {}
    rule = axes.distillation.rule
    # The other rules take no arguments and any number of teachers.
    if rule is not None and (rule not in RULES or rule == 'fixed_weights'):
        questions['rule_complaint'] = dict(rule=rule, numbers=_numbers_folded(axes))
    loss = axes.distillation.loss
    if loss is not None and loss not in LOSSES:
        questions['loss_complaint'] = loss
    return questions


def _complain(answers: dict[str, Any]) -> None:
    for name in ('rule_complaint', 'loss_complaint'):
        if complaint := answers.get(name):
            raise ConfigError(f'distillation: {complaint}')


def _numbers_folded(axes: Axes) -> list[int]:
    """Numbers of networks whose scores the sweep's rule folds, over all runs that have it."""
    return sorted(
        {
            method.num_folded(k)
            for method in axes.student_methods
            if method.distils and 'rule' not in method.arguments
            for k in axes.num_teachers
            if k >= method.fewest
        }
    )


def _own_hooks(axes: Axes) -> dict[str, list[dict[str, Any]]]:
    """The hooks of the user's own methods for the fewest and the most teachers, by method."""
    own = {one.row.name for one in axes.own_methods}
    hooks = {}
    for method in axes.student_methods:
        if method.name in own and method.hook is not None:
            require_importable(method)
            counts = {k for k in axes.num_teachers if k >= method.fewest} or {method.fewest}
            numbers = {min(counts), max(counts)} if method.by_count else {1}
            hooks[method.name] = [_hook(method, axes, k) for k in sorted(numbers)]
    return hooks


def _hook(method: Method, axes: Axes, num_teachers: int) -> dict[str, Any]:
    """A method's hook as the plan will have it, with a pool of which nothing exists yet."""
    hook: dict[str, Any] = dict(type=method.hook)
    pool = [
        dict(name=one.name, config='config.py', checkpoint='checkpoint.pth', bank=one.name)
        for one in axes.teachers
    ]
    set_hook(
        hook,
        method,
        num_teachers=num_teachers,
        view_seed=axes.view_seed,
        num_views=axes.num_views,
        pool=pool,
        distillation=axes.distillation.given(),
    )
    return hook
