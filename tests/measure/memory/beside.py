"""Puts predictions made anew beside what was measured on a GPU.

    python -m tests.measure.memory.beside PREDICTED MEASURED FILE

writes as FILE what MEASURED has measured, with the predictions of PREDICTED in the place of those
that were made before, as ``ukd-bench measure memory --predict --json`` writes them.
"""

import json
import sys
from pathlib import Path

from ukd_bench.cli.measure.memory_predicted import SAME
from ukd_bench.files.atomic import write_json
from ukd_bench.measure.memory.compare import compared


def put(predicted, measured):
    """The content of a record of what was measured, with other predictions in it."""
    assert all(predicted['setting'][name] == measured['setting'][name] for name in SAME)
    told = [row for row in measured['rows'] if not row['predicted']]
    cells = {_cell(row) for row in told}
    foretold = [row for row in predicted['rows'] if _cell(row) in cells]
    assert len(foretold) == len(told)
    return measured | dict(
        predicted_by={name: predicted[name] for name in ('command', 'environment')},
        rows=foretold + told,
        comparison=compared(foretold, told).as_json(),
    )


def _cell(row):
    return row['method'], row['num_teachers'], row['phase'], row.get('teacher')


if __name__ == '__main__':
    predicted, measured, out = map(Path, sys.argv[1:])
    content = put(*(json.loads(path.read_text()) for path in (predicted, measured)))
    write_json(out, content)
