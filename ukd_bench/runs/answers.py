"""``python -m ukd_bench.runs.answers``: answers what only torch knows, for those who plan without.

Questions come as one JSON object on stdin, each by its name with what it is about; the answers go
to stdout as another, by the same names. :func:`ukd_bench.records.questions.ask` is who asks. A new
question is a function here and its line in :data:`QUESTIONS`.
"""

import json
import os
import sys
from collections.abc import Callable
from typing import Any

# Imported whatever is asked: `cuda_devices` then asks torch, and no other process.
import torch  # noqa: F401

from ..errors import UkdBenchError
from ..records.execution import cuda_devices


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


QUESTIONS: dict[str, Callable[[Any], Any]] = {
    # Names of the CUDA devices in view, in torch's order.
    'cuda_devices': lambda about: cuda_devices(),
    'rule_complaint': _rule_complaint,
    'loss_complaint': _loss_complaint,
}
"""Functions from what a question is about to its answer, both plain values, by its name."""


def main() -> int:
    """Entry of ``python -m ukd_bench.runs.answers``."""
    reply = os.fdopen(os.dup(sys.stdout.fileno()), 'w')
    # What a user's module prints when it is imported is no part of the answer.
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    questions = json.load(sys.stdin)
    with reply:
        json.dump({name: QUESTIONS[name](about) for name, about in questions.items()}, reply)
    return 0


if __name__ == '__main__':
    sys.exit(main())
