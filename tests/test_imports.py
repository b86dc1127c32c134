"""What plans or presents starts without torch; the layers themselves are held by import-linter."""

import subprocess
import sys

import pytest

LIGHT = """
import sys
import {module}
heavy = [name for name in ('torch', 'mmaction', 'mmcv', 'torchvision') if name in sys.modules]
print('heavy:', *heavy)
"""


@pytest.mark.parametrize(
    'module',
    [
        'ukd_bench.sweep.run',
        'ukd_bench.results.loading',
        'ukd_bench.report.page',
        'ukd_bench.data.cache.build',
        'ukd_bench.data.check',
        'ukd_bench.data.darkroom.preview',
        'ukd_bench.data.flow.make',
    ],
)
def test_what_plans_or_presents_starts_without_torch(module):
    answer = subprocess.run(
        [sys.executable, '-c', LIGHT.format(module=module)], capture_output=True, text=True
    )
    assert answer.stdout.strip() == 'heavy:', answer.stdout + answer.stderr[-2000:]
