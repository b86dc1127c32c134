"""The table of docs/tuning.md: ``python -m tests.results.tuning`` rewrites it, nothing else."""

import re
from pathlib import Path

import pandas as pd

from ukd_bench.results import load

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / 'docs' / 'tuning.md'
ROOMS = [ROOT / 'results' / 'reference' / 'tuning' / name for name in ('room_a', 'room_b')]
BLOCK = re.compile(r'(?<=<!-- trials -->\n)(.*?)(?=<!-- end of the trials -->)', re.DOTALL)
SCRATCH = ROOT / 'results' / 'reference' / 'tuning' / 'scratch'
SCRATCH_BLOCK = re.compile(
    r'(?<=<!-- trials from scratch -->\n)(.*?)(?=<!-- end of the trials from scratch -->)',
    re.DOTALL,
)
_TRIAL = re.compile(r'(\w+)-([\w.]+)-lr([\d.]+)')


def trials() -> pd.DataFrame:
    """A row a run of a trial: ``method``, ``own``, ``rate``, ``room``, ``seed`` and ``top1``."""
    frame = pd.concat([load(room) for room in ROOMS], ignore_index=True)
    parts = frame['regime'].str.fullmatch(_TRIAL.pattern)
    frame = frame[parts.fillna(False) & (frame['status'] == 'done')].copy()
    named = frame['regime'].str.extract(f'^{_TRIAL.pattern}$')
    return frame.assign(own=named[1], rate=named[2].astype(float), room=frame['sweep'])


def table() -> str:
    """Mean top-1 of each trial in per cent, a row a value of a method's own and a column a rate."""
    found = trials()
    means = found.pivot_table(
        index=['method', 'own'], columns='rate', values='top1', aggfunc='mean', sort=False
    ).sort_index(axis='columns')
    counts = {*found.groupby(['method', 'own', 'rate']).size()}
    assert len(counts) == 1, 'every trial has as many runs'
    best = means.max(axis='columns').groupby('method').transform('max')
    rates = ' | '.join(f'lr {rate:g}' for rate in means.columns)
    lines = [f'| method | own | {rates} |', '|---|---|' + '---:|' * len(means.columns)]
    for (method, own), row in means.iterrows():
        cells = [
            f'**{100 * value:.1f}**' if value == best[method, own] else f'{100 * value:.1f}'
            for value in row
        ]
        lines.append(f'| `{method}` | {own} | ' + ' | '.join(cells) + ' |')
    runs = f'Top-1 in %, each a mean of {counts.pop()} runs, over two DarkRooms and two seeds.'
    return '\n'.join(['', runs, '', *lines, '', ''])


def scratch_trials() -> pd.DataFrame:
    """A row a student of the long schedule: ``method``, ``rate``, ``seed`` and ``top1``."""
    frame = load(SCRATCH)
    frame = frame[frame['student'].notna() & ~frame['method'].isin(['teacher', 'pretraining'])]
    return frame.assign(rate=frame['regime'].str.removeprefix('lr').astype(float))


def scratch_table() -> str:
    """Mean top-1 of each method at each rate in per cent, the best of each bold."""
    means = (
        scratch_trials()
        .pivot_table(index='method', columns='rate', values='top1', aggfunc='mean', sort=False)
        .sort_index(axis='columns')
    )
    lines = [
        f'| method | {" | ".join(f"lr {rate:g}" for rate in means.columns)} |',
        '|---|' + '---:|' * len(means.columns),
    ]
    for method, row in means.iterrows():
        cells = [f'{100 * value:.1f}' for value in row]
        cells[int(row.argmax())] = f'**{100 * row.max():.1f}**'
        lines.append(f'| `{method}` | {" | ".join(cells)} |')
    return '\n'.join(['', *lines, '', ''])


def main():
    text = BLOCK.sub(lambda found: table(), PAGE.read_text())
    PAGE.write_text(SCRATCH_BLOCK.sub(lambda found: scratch_table(), text))
    print(f'wrote {PAGE}')


if __name__ == '__main__':
    main()
