"""Whether the assembly rule of a sweep can be used, asked before anything is trained for it."""

import json
import subprocess
import sys

from ..errors import ConfigError
from ..methods.distillation import RULES
from .config import Axes

_QUESTION = """
import json, sys
from ukd_bench.errors import UkdBenchError
from ukd_bench.knowledge.assembly import build_rule

config, numbers = json.loads(sys.argv[1])
try:
    rule = build_rule(config)
    for number in numbers:
        rule.check(number)
except UkdBenchError as error:
    sys.exit(str(error))
"""


def require_usable_rule(axes: Axes) -> None:
    """Refuses a rule that cannot be built, or is not defined for as many teachers as runs have.

    Another process is asked, because rules need torch, and a sweep plans without.

    Raises:
        ConfigError: saying why.
    """
    rule = axes.distillation.rule
    # The others take no arguments and any number of teachers.
    if rule is None or (rule in RULES and rule != 'fixed_weights'):
        return
    numbers = {
        method.num_folded(k)
        for method in axes.student_methods
        if method.distils
        for k in axes.num_teachers
        if k >= method.fewest
    }
    answer = subprocess.run(
        [sys.executable, '-c', _QUESTION, json.dumps([rule, sorted(numbers)])],
        capture_output=True,
        text=True,
    )
    if answer.returncode:
        lines = answer.stderr.strip().splitlines() or ['the process that was asked about it died']
        raise ConfigError(f'distillation: {lines[-1]}')
