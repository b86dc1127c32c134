"""The tables of docs/ablations.md: ``python -m tests.results.ablations`` rewrites them alone."""

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from ukd_bench.methods.table import FLOOR, SUBJECT
from ukd_bench.results import formatting
from ukd_bench.results.comparable import ComparableRuns, comparable_runs, compare_top1
from ukd_bench.results.loading import load_sweep
from ukd_bench.results.runs import Sweep
from ukd_bench.results.teaching import plain_top1, teaching

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / 'docs' / 'ablations.md'
FOLDER = ROOT / 'results' / 'reference' / 'ablations'
BLOCK = re.compile(
    r'^(<!-- ablation ([\w ]+) -->\n)(.*?)^(?=<!-- end of the ablation -->)',
    re.MULTILINE | re.DOTALL,
)


def table(names: str) -> str:
    """A row a bench of some ablations: the plain student, and what others differ from it by.

    Below it stands what they ran on, since the same run may end otherwise on another machine.
    """
    sweeps = [load_sweep(FOLDER / name) for name in names.split()]
    methods = [method for sweep in sweeps for method in _beside_plain(sweep)]
    methods = [SUBJECT, *(one for one in dict.fromkeys(methods) if one != SUBJECT)]
    titles = [sweeps[0].methods.title(method) for method in methods]
    heads = ['', 'Plain, %', *(f'{title} − plain, points' for title in titles)]
    heads += ['n', 'Best teacher, %', 'Ensemble, %']
    lines = [' | '.join(['', *heads, '']).strip(), '|---|' + '---:|' * (len(heads) - 1)]
    several = len(sweeps) > 1
    for sweep in sweeps:
        for bench in comparable_runs(sweep):
            prefix = f'{sweep.root.name}, ' if several else ''
            cells = [prefix + bench.regime.name, *_row(sweep, bench, methods)]
            lines.append(f'| {" | ".join(cells)} |')
    devices = dict.fromkeys(sweep.device_names for sweep in sweeps)
    return '\n'.join(['', *lines, '', f'*On {" and ".join(devices)}.*', '', ''])


def _beside_plain(sweep: Sweep) -> Iterator[str]:
    for run in sweep.runs:
        if run.of_student and run.method != FLOOR:
            yield run.method


def _row(sweep: Sweep, bench: ComparableRuns, methods: list[str]) -> Iterator[str]:
    yield formatting.percent(plain_top1(bench))
    numbers = set()
    for method in methods:
        k = bench.largest_full(method)
        found = None
        if k is not None:
            found = compare_top1(bench, method, k, FLOOR, np.random.default_rng(0), draws=0)
        if found is None:
            yield formatting.DASH
            continue
        numbers.add(found.difference.n)
        yield formatting.signed_points(found.difference)
    assert len(numbers) == 1, 'one column tells of how many seeds all are'
    yield str(numbers.pop())
    taught = teaching(sweep, bench.regime.name)
    for known in (taught.best, taught.together):
        yield formatting.percent(known[1] if known else None)


def main():
    text = PAGE.read_text()
    PAGE.write_text(BLOCK.sub(lambda found: found[1] + table(found[2]), text))
    print(f'wrote {PAGE}')


if __name__ == '__main__':
    main()
