"""What a sweep took, against the estimate that was made before it.

``python -m tests.results.cost expect RECORD [options of a sweep]`` notes the estimate of what is
left of a sweep. Once its runs are finished, ``python -m tests.results.cost taken RECORD RESULTS``
adds what they took, and the time from the first start to the last end; their folders must be as
the sweep left them. ``python -m tests.results.cost page`` rewrites the table of docs/sweeps.md.
"""

import argparse
import re
import sys
from collections import Counter
from dataclasses import fields
from pathlib import Path
from typing import Any

from ukd_bench.cli.sweep_options import add_options
from ukd_bench.files.atomic import read_json, write_json
from ukd_bench.records.deleted import checkpoint_bytes
from ukd_bench.records.execution import environment
from ukd_bench.records.folder import RunPaths, SweepPaths
from ukd_bench.sweep.asked import SweepOptions
from ukd_bench.sweep.run import SweepRun

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / 'docs' / 'sweeps.md'
FOLDER = ROOT / 'results' / 'reference' / 'cost'
BLOCK = re.compile(
    r'^(<!-- cost -->\n)(.*?)^(?=<!-- end of the cost -->)', re.MULTILINE | re.DOTALL
)


def expected(arguments: list[str]) -> dict[str, Any]:
    """What the runs that are left of a sweep are estimated to take, each and as a whole."""
    parser = argparse.ArgumentParser()
    add_options(parser)
    asked = parser.parse_args(arguments)
    sweep = SweepRun(
        SweepOptions(**{one.name: getattr(asked, one.name) for one in fields(SweepOptions)})
    )
    found = sweep.estimate(sweep.state(), None, print)
    runs = {
        one.run.spec.key: dict(
            method=one.run.spec.method,
            seconds=one.duration and one.duration.seconds,
            scaled=one.duration and one.duration.is_scaled,
            disk_bytes=one.disk_bytes,
        )
        for one in found.runs
    }
    return dict(
        kind='cost',
        sweep=sweep.axes.name,
        regimes=asked.regimes,
        environment=environment('cpu', 1),
        expected=dict(jobs=found.jobs, whole_s=found.seconds, runs=runs),
    )


def taken(root: Path, keys: list[str]) -> dict[str, Any]:
    """What these runs of a results folder took, and why others of them have no result."""
    paths = SweepPaths(root)
    folders = {one.root.name.split('-')[0]: one for one in paths.runs()}
    runs = {key: _taken_by(folders[key]) for key in keys if key in folders}
    ends = {key: folders[key].record.stat().st_mtime for key in runs}
    started = min(end - runs[key]['seconds'] for key, end in ends.items())
    return dict(
        jobs=read_json(paths.state)['jobs'],
        whole_s=max(ends.values()) - started,
        absent=sorted(set(keys) - set(folders)),
        runs=runs,
    )


def _taken_by(paths: RunPaths) -> dict[str, Any]:
    record = read_json(paths.record)
    disk = sum(one.stat().st_size for one in paths.bank.rglob('*') if one.is_file())
    return dict(
        status=record['status'],
        error=record['error'],
        seconds=record['time']['wall_s'],
        disk_bytes=disk if record['method'] == 'bank' else checkpoint_bytes(paths),
    )


def totals(record: dict[str, Any]) -> dict[str, tuple[float | None, float]]:
    """Core-hours, hours and MB of a record: what was expected, None if unknown, and taken."""
    sides = record['expected'], record['taken']

    def summed(name: str, unit: float) -> tuple[float | None, float]:
        first, second = ([run[name] for run in side['runs'].values()] for side in sides)
        return None if None in first else sum(first) / unit, sum(filter(None, second)) / unit

    first, second = (side['whole_s'] for side in sides)
    return {
        'core-hours': summed('seconds', 3600),
        'hours': (first and first / 3600, second / 3600),
        'MB': summed('disk_bytes', 1e6),
    }


def _shown(value: float | None, digits: int) -> str:
    return '–' if value is None else f'{value:.{digits}f}'


def table() -> str:
    """A row a record: its runs, and what they took, each beside what was expected."""
    heads = 'sweep', 'runs', 'core-hours', 'hours', 'MB'
    lines = [f'| {" | ".join(heads)} |', '|---|' + '---:|' * (len(heads) - 1)]
    for path in sorted(FOLDER.glob('*.json')):
        record = read_json(path)
        digits = {'core-hours': 2, 'hours': 2, 'MB': 0}
        pairs = [
            f'{_shown(second, digits[name])} ({_shown(first, digits[name])})'
            for name, (first, second) in totals(record).items()
        ]
        runs = len(record['expected']['runs'])
        lines.append(f'| {" | ".join([f"`{path.stem}`", str(runs), *pairs])} |')
    return '\n'.join(['', *lines, '', ''])


def main(arguments: list[str] | None = None) -> int:
    given = sys.argv[1:] if arguments is None else arguments
    match given:
        case ['expect', record, *options]:
            content = expected(options)
            if not content['expected']['runs']:
                print('nothing is left of the sweep', file=sys.stderr)
                return 1
            write_json(Path(record), content)
            return 0
        case ['taken', record, results]:
            content = read_json(Path(record))
            content['taken'] = taken(Path(results), [*content['expected']['runs']])
            write_json(Path(record), content)
            print(Counter(run['status'] for run in content['taken']['runs'].values()))
            for name, (first, second) in totals(content).items():
                print(f'{name}: {_shown(first, 2)} expected, {_shown(second, 2)} taken')
            return 0
        case ['page']:
            text = PAGE.read_text()
            PAGE.write_text(BLOCK.sub(lambda found: found[1] + table(), text))
            return 0
    print(__doc__, file=sys.stderr)
    return 2


if __name__ == '__main__':
    sys.exit(main())
