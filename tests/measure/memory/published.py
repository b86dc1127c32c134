"""The table of errors in ``docs/memory.md``, from the records of comparisons.

``python -m tests.measure.memory.published`` writes it anew, and that of a GPU.
"""

import json
import re

from ukd_bench.files.configs import configs_root

ROOT = configs_root().parent
RECORDS = ROOT / 'results' / 'reference' / 'memory-errors'
GPU_RECORDS = ROOT / 'results' / 'reference' / 'h100-memory'
PAGE = ROOT / 'docs' / 'memory.md'
NETWORKS = {
    'i3d-r18-w8': 'I3D-18, width 8',
    'slowonly-r50': 'SlowOnly-50',
    'r2plus1d-r34': 'R(2+1)D-34',
    'swin-t': 'Video Swin-T',
    'ircsn-r50': 'irCSN-50, held out',
    'timesformer-b16': 'TimeSformer-B/16, held out',
}
METHODS = {
    'teacher': 'a teacher', 'bank': 'its bank', 'plain': 'plain', 'ukd': 'ukd', 'naive': 'naive',
    'naive_graph': 'naive_graph', 'two_stream_dark_light': 'two_stream',
}  # fmt: skip
BEGINS, ENDS = '<!-- errors -->', '<!-- end of errors -->'
GPU_BEGINS, GPU_ENDS = '<!-- errors on a GPU -->', '<!-- end of errors on a GPU -->'
_SUMMARY = ('median', 'percentile_95', 'worst')


def record(network):
    """The record of a network."""
    return json.loads((RECORDS / f'{network}.json').read_text())


def table():
    """Errors of predictions and of MemTracker by network, and by network and method."""
    head = ['network', 'clips', 'rows', 'median', '95 %', 'worst']
    lines = [_line([*head, *(f'MemTracker, {name}' for name in head[3:])]), _rule(9, 1)]
    for network, title in NETWORKS.items():
        found = record(network)
        setting, summary = found['setting'], found['comparison']['summary']
        frames = next(iter(re.findall(r'--clip (\S+)', found['command'])), 'x'.join(
            map(str, setting['clip'][1:])
        ))  # fmt: skip
        clips = f'{setting["batch_size"]} of {frames}'
        cells = [title, clips, str(summary['allocated']['rows'])]
        for figure in ('allocated', 'mem_tracker'):
            cells += [_percent(summary[figure][key], key == 'worst') for key in _SUMMARY]
        lines.append(_line(cells))
    lines += ['', 'The worst row of each method, and below it that of `MemTracker`:', '']
    lines += [_line(['network', *METHODS.values()]), _rule(1 + len(METHODS), 1)]
    for network, title in NETWORKS.items():
        rows = record(network)['comparison']['rows']
        for figure, name in (('allocated', title), ('mem_tracker', '')):
            worst = [_worst(rows, method, figure) for method in METHODS]
            lines.append(_line([name, *worst]))
    return '\n'.join(lines)


def gpu_table(student='r2plus1d-r34'):
    """What was measured of a student on a GPU, and the errors, by cell and phase."""
    found = json.loads((GPU_RECORDS / 'fitted' / f'{student}.json').read_text())
    head = ['', 'phase', 'allocated, MiB', 'error', 'reserved, MiB', 'error', "the process's, MiB"]
    lines = [_line(head), _rule(7, 2)]
    measured = [row for row in found['rows'] if not row['predicted']]
    for row, errors in zip(measured, found['comparison']['rows'], strict=True):
        name = METHODS.get(row['method'], row['method'])
        name += f', K = {row["num_teachers"]}' if row['num_teachers'] else ''
        sizes = {
            key: f'{row[f"{key}_peak_bytes"] / 2**20:,.1f}'
            for key in ('allocated', 'reserved', 'process')
        }
        both = [(sizes[key], _percent(errors[key], True)) for key in ('allocated', 'reserved')]
        lines.append(_line([name, row['phase'], *sum(both, ()), sizes['process']]))
    return '\n'.join(lines)


def published(begins=BEGINS, ends=ENDS):
    """A table as the page has it."""
    return PAGE.read_text().split(begins)[1].split(ends)[0].strip()


def _worst(rows, method, figure):
    errors = [row[figure] for row in rows if row['method'] == method]
    known = [error for error in errors if error is not None]
    return _percent(max(known, key=abs), True) if known else 'fails'


def _percent(error, signed):
    # What rounds to nothing has no sign.
    rounded = round(100 * error, 2) or 0.0
    return f'{rounded:+.2f} %' if signed and rounded else f'{rounded:.2f} %'


def _line(cells):
    return f'| {" | ".join(cells)} |'


def _rule(columns, texts):
    return _line(['---'] * texts + ['---:'] * (columns - texts))


if __name__ == '__main__':
    for begins, ends, text in ((BEGINS, ENDS, table()), (GPU_BEGINS, GPU_ENDS, gpu_table())):
        before, rest = PAGE.read_text().split(begins)
        PAGE.write_text(f'{before}{begins}\n{text}\n{ends}{rest.split(ends)[1]}')
