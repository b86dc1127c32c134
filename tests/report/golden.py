"""The golden report: ``python -m tests.report.golden`` rewrites it, and nothing else does."""

import tempfile
from pathlib import Path

from ukd_bench.report.page import write_report
from ukd_bench.results.claims import load_claims

from ..results.made_up import MadeUpSweep

GOLDEN = Path(__file__).resolve().parents[1] / 'golden' / 'report.md'


def made_up_sweep():
    """A sweep with every oddity a report must show."""
    made = MadeUpSweep(students=('r2plus1d-r18-w8', 'slowonly-r18-w8'))
    made.claims_sha256 = '0' * 64
    made.lose('naive4-slowonly-r18-w8-2', 'failed', 'RuntimeError: no /home/joe/x/clip.avi')
    error = {'type': 'OutOfMemoryError', 'message': 'tried to allocate 2 GiB'}
    made.records['naive4-slowonly-r18-w8-1'].update(status='oom', error=error)
    for method in ('ukd', 'naive'):
        for record in made.select(method, 4):
            if record['student'].startswith('slowonly'):
                record['schedule']['epochs'] = 10
    for seed in (0, 1, 2):
        made.add_other_methods('r2plus1d-r18-w8', seed)
    for record in made.select('random'):
        record['knowledge']['num_views'] = 10
    made.records['naive2-r2plus1d-r18-w8-0']['hashes']['student_state'] = 'other'
    return made


def write(folder):
    """Writes the report of the odd sweep and returns its Markdown."""
    results = made_up_sweep().write(Path(folder) / 'results')
    return write_report(results, Path(folder) / 'out').markdown.read_text()


def main():
    with tempfile.TemporaryDirectory() as folder:
        GOLDEN.parent.mkdir(exist_ok=True)
        # The hash of the rules changes with their comments; the golden file is about the report.
        GOLDEN.write_text(write(folder).replace(load_claims().sha256, 'CLAIMS'))
    print(f'wrote {GOLDEN}')


if __name__ == '__main__':
    main()
