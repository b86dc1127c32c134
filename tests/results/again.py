"""Makes some runs of a published sweep anew: ``python -m tests.results.again RESULTS RECORD``.

Which ones follows from the sweep's plan, so that nobody chooses them. Each is carried out in an
empty folder by the sweep's own command, with all that it needs, and compared with what was
published, hash by hash. It leaves a JSON record, and ends with status 1 where anything differs. The
machine must be like the one that published them.
"""

import argparse
import random
import sys
import tempfile
from pathlib import Path
from typing import Any

from ukd_bench.cli.main import main as ukd_bench
from ukd_bench.files.atomic import read_json, write_json
from ukd_bench.records.execution import environment
from ukd_bench.results.loading import load_sweep
from ukd_bench.results.runs import Run, Sweep

ROOT = Path(__file__).resolve().parents[2]


def picked(sweep: Sweep, number: int) -> list[Run]:
    """Some students of a sweep, at random from its plan."""
    students = sorted((run for run in sweep.done if run.of_student), key=lambda run: run.key)
    return random.Random(sweep.plan['digest']).sample(students, number)


def options(run: Run) -> list[str]:
    """What narrows a sweep to one student and what it needs."""
    asked = ['--methods', run.method, '--regimes', run.regimes[0], '--seeds', str(run.seed)]
    asked += ['--backbones', str(run.student)]
    return [*asked, '--teachers', str(run.num_teachers)] if run.num_teachers else asked


def figures(record: dict[str, Any]) -> dict[str, Any]:
    """What must be equal: hashes, metrics and allocated peaks."""
    peaks = {name: phase['allocated_peak_bytes'] for name, phase in record['memory'].items()}
    return dict(hashes=record['hashes'], metrics=record['metrics'], peaks=peaks)


def compared(folder: Path, published: Path) -> dict[str, Any]:
    """How many of the runs in a folder are as they were published, and which are not."""
    made = {path.parent.name.split('-')[0]: path for path in folder.glob('*/record.json')}
    there = {path.parent.name.split('-')[0]: path for path in published.glob('*/record.json')}
    differing = [
        key
        for key, path in made.items()
        if key not in there or figures(read_json(path)) != figures(read_json(there[key]))
    ]
    return dict(runs=len(made), differing=sorted(differing))


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('results', type=Path)
    parser.add_argument('record', type=Path)
    parser.add_argument('--config', help='the sweep, where its name is not that of the folder')
    parser.add_argument('--runs', type=int, default=3)
    asked = parser.parse_args(arguments)
    sweep = load_sweep(asked.results)
    rows = []
    for run in picked(sweep, asked.runs):
        with tempfile.TemporaryDirectory(prefix='ukd-bench-again-') as folder:
            narrowed = [*options(run), '--results', folder, '--no-report']
            status = ukd_bench(['sweep', asked.config or sweep.name, *narrowed])
            found = compared(Path(folder) / sweep.name, asked.results)
        rows.append(dict(key=run.key, options=options(run), status=status, **found))
    content = dict(kind='again', sweep=sweep.name, environment=environment('cpu', 1), made=rows)
    write_json(asked.record, content)
    wrong = [row for row in rows if row['status'] or row['differing'] or not row['runs']]
    for row in rows:
        print(f'{" ".join(row["options"])}: {row["runs"]} runs, differing: {row["differing"]}')
    return 1 if wrong else 0


if __name__ == '__main__':
    sys.exit(main())
