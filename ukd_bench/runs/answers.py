"""``python -m ukd_bench.runs.answers``: answers what only torch knows, for those who plan without.

Questions come as one JSON object on stdin, each by its name with what it is about; the answers go
to stdout as another, by the same names. :func:`ukd_bench.records.questions.ask` is who asks. A new
question is a function here and its line in :data:`QUESTIONS`.
"""

import ast
import json
import os
import sys
from collections.abc import Callable
from inspect import isclass
from typing import Any

from ..errors import ConfigError, UkdBenchError, told_in_one_line
from ..files.python import import_by_path, working_folder_on_path
from ..records.execution import cuda_devices


def _cuda_memory(name: str) -> int:
    """Bytes that the smallest of the CUDA devices of a name has in all."""
    from torch.cuda import get_device_properties

    alike = [number for number, one in enumerate(cuda_devices()) if one == name]
    return min(get_device_properties(number).total_memory for number in alike)


def _rule_complaint(about: dict) -> str | None:
    """What is wrong with an assembly rule; None where it can be used.

    Args:
        about: The ``rule`` as configs have it, and the ``numbers`` of teachers that it shall fold.
    """
    from ..knowledge.assembly import build_rule

    try:
        rule = build_rule(about['rule'])
        for number in about['numbers']:
            rule.check(number)
    except UkdBenchError as error:
        return str(error)
    return None


def _loss_complaint(loss: Any) -> str | None:
    """What is wrong with a loss, named as configs have it; None where it can be built."""
    from ..distill.losses import build_loss

    try:
        build_loss(loss)
    except UkdBenchError as error:
        return str(error)
    return None


def _hook_complaints(about: dict[str, list[dict]]) -> dict[str, str]:
    """What is wrong with hooks; those that can be built have no complaint.

    Args:
        about: Configs of hooks, by the name of the method that has them.
    """
    from mmengine.hooks import Hook
    from mmengine.registry import HOOKS

    complaints: dict[str, str] = {}
    for name, hooks in about.items():
        for hook in hooks:
            where = f'hook {hook["type"]!r}'
            try:
                kind = import_by_path(hook['type'], where)
                if not (isclass(kind) and issubclass(kind, Hook)):
                    raise ConfigError(f'{where} is no Hook')
                with told_in_one_line(where):
                    HOOKS.build(hook)
            except UkdBenchError as error:
                complaints.setdefault(name, str(error))
    return complaints


_PEAK_FIGURES = ('allocated_peak_bytes', 'reserved_peak_bytes', 'workspace_bound_bytes')


def _peaks(about: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Predicted peaks of runs, in their order.

    Args:
        about: A dict a run: its ``config`` and those of its ``teachers`` as literals of Python,
            which JSON would make others of, its ``method`` or kind, and its ``device``.

    Returns:
        A dict a run: figures by phase as ``phases``, the bytes of what it trains as
        ``state_bytes``, and as ``error`` one line where it cannot be predicted.
    """
    from mmengine.config import Config

    from ..measure.memory.predict import predict_run

    def predicted(run: dict[str, Any]) -> dict[str, Any]:
        config, *teachers = (
            Config(ast.literal_eval(text), format_python_code=False)
            for text in (run['config'], *run['teachers'])
        )
        found = predict_run(config, run['method'], run['device'], teachers)
        phases = {
            name: {figure: getattr(peak, figure) for figure in _PEAK_FIGURES}
            for name, peak in found.phases.items()
        }
        return dict(
            phases=phases, state_bytes=getattr(found, 'state_bytes', None), error=found.error
        )

    answers = []
    for run in about:
        try:
            with told_in_one_line('its config cannot be predicted'):
                answers.append(predicted(run))
        except UkdBenchError as error:
            answers.append(dict(phases={}, state_bytes=None, error=str(error)))
    return answers


def _sample_frames(about: dict[str, Any]) -> dict[str, Any]:
    """Frames of a few test clips as networks see them."""
    from .sample_frames import sample_frames

    return sample_frames(about)


QUESTIONS: dict[str, Callable[[Any], Any]] = {
    # Names of the CUDA devices in view, in torch's order.
    'cuda_devices': lambda about: cuda_devices(),
    'cuda_memory': _cuda_memory,
    'peaks': _peaks,
    'rule_complaint': _rule_complaint,
    'loss_complaint': _loss_complaint,
    'hook_complaints': _hook_complaints,
    'sample_frames': _sample_frames,
}
"""Functions from what a question is about to its answer, both plain values, by its name."""


def main() -> int:
    """Entry of ``python -m ukd_bench.runs.answers``."""
    reply = os.fdopen(os.dup(sys.stdout.fileno()), 'w')
    # What a user's module prints when it is imported is no part of the answer.
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    questions = json.load(sys.stdin)
    working_folder_on_path()
    with reply:
        json.dump({name: QUESTIONS[name](about) for name, about in questions.items()}, reply)
    return 0


if __name__ == '__main__':
    sys.exit(main())
