"""Asking what only torch knows, without importing it.

:mod:`ukd_bench.runs.answers` answers, in one process for all questions that are asked together. A
process that has torch loaded need not ask.
"""

import json
import os
import subprocess
from collections.abc import Mapping
from typing import Any

from ..errors import UkdBenchError
from ..files.python import module_command, python_path


def ask(questions: Mapping[str, Any]) -> dict[str, Any]:
    """The answers to questions that need torch.

    Args:
        questions: What each question is about, in plain values, by the names of
            :data:`ukd_bench.runs.answers.QUESTIONS`.

    Returns:
        The answers by the same names; no process is started where there is no question.

    Raises:
        UkdBenchError: the process came to an end without an answer.
    """
    if not questions:
        return {}
    asked = subprocess.run(
        module_command('runs.answers'),
        input=json.dumps(questions),
        capture_output=True,
        text=True,
        env=dict(os.environ, PYTHONPATH=python_path()),
    )
    try:
        if asked.returncode == 0:
            return json.loads(asked.stdout)
    except json.JSONDecodeError:
        pass
    lines = asked.stderr.strip().splitlines() or [f'exit status {asked.returncode}']
    raise UkdBenchError(
        f'the process that was asked about {", ".join(questions)} died: {lines[-1].strip()}'
    )
