"""An estimate as a person reads it, in 80 columns."""

import textwrap
from collections import Counter
from collections.abc import Iterator, Sequence

from ...data.cache.estimate import size_in_words
from .whole import Estimate, RunEstimate, what

_WIDTH = 80
_UNKNOWN = '-'
_HEADINGS = ('runs', 'each', 'peak', 'disk', 'time')
_HOUR = 3600


def lines(estimate: Estimate) -> list[str]:
    """A row for runs that differ in their seed alone, then the totals, then notes.

    Figures of a row are those of one run. What is not known is a dash, which a note explains.
    """
    rows = Counter(_row(one, estimate) for one in estimate.runs)
    table = [_HEADINGS, *((str(number), *cells) for cells, number in rows.items())]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    found = [_aligned(cells, widths) for cells in table] if rows else []
    totals = [
        textwrap.fill(text, _WIDTH, initial_indent=f'{name:<8}', subsequent_indent=' ' * 8)
        for name, text in _totals(estimate)
    ]
    notes = [
        textwrap.fill(note, _WIDTH, initial_indent='- ', subsequent_indent='  ')
        for note in _notes(estimate)
    ]
    parts = [part for part in (found, totals, notes) if part]
    return '\n\n'.join('\n'.join(part) for part in parts).splitlines()


def _row(one: RunEstimate, estimate: Estimate) -> tuple[str, str, str, str]:
    seconds = None if one.duration is None else one.duration.seconds
    scaled = '~' if one.duration is not None and one.duration.is_scaled else ''
    return (
        what(one.run, estimate.plan),
        _size(one.peak.peak_bytes),
        _size(one.disk_bytes),
        scaled + _time(seconds),
    )


def _aligned(cells: Sequence[str], widths: Sequence[int]) -> str:
    number, name, *figures = cells
    aligned = [number.rjust(widths[0]), name.ljust(widths[1])]
    aligned += [cell.rjust(width) for cell, width in zip(figures, widths[2:], strict=True)]
    return '  '.join(aligned)


def _totals(estimate: Estimate) -> Iterator[tuple[str, str]]:
    runs, plan = estimate.runs, estimate.plan
    finished = f'; {estimate.num_finished} are finished and count for nothing'
    yield (
        'runs',
        f'{len(runs)} of {len(plan.runs)} are left' + finished * (len(runs) < len(plan.runs)),
    )
    if not runs:
        return
    known = [one for one in runs if one.peak.peak_bytes is not None]
    if known:
        largest = max(known, key=lambda one: one.peak.peak_bytes or 0)
        text = f'{_size(largest.peak.peak_bytes)} at most, by {what(largest.run, plan)}'
        if estimate.limit.size is not None:
            text += f'; the limit is {_size(estimate.limit.size)} ({estimate.limit.whose})'
        yield 'peak', text
    yield 'disk', _disk(estimate)
    yield 'time', _whole_time(estimate)


def _disk(estimate: Estimate) -> str:
    banks, checkpoints = (
        [one.disk_bytes for one in estimate.runs if (one.run.spec.method == 'bank') == is_bank]
        for is_bank in (True, False)
    )
    shared = estimate.shared
    parts: dict[str, list[int | None]] = {
        'checkpoints': checkpoints,
        'banks': banks,
        'cache': [shared.cache_bytes],
        'flow': [shared.flow_bytes],
    }
    every = [size for sizes in parts.values() for size in sizes]
    sums = ', '.join(
        f'{name} {_UNKNOWN if None in sizes else _size(sum(size or 0 for size in sizes))}'
        for name, sizes in parts.items()
    )
    at_least = 'at least ' if None in every else ''
    return f'{at_least}{_size(sum(size or 0 for size in every))}: {sums}'


def _whole_time(estimate: Estimate) -> str:
    known = [one for one in estimate.runs if one.duration is not None]
    cuda = estimate.devices.kind == 'cuda'
    # A run on a GPU has one of its own, or shares one and takes its whole time all the same.
    hours = (
        sum(
            (one.duration.seconds if one.duration else 0.0) * (1 if cuda else one.run.spec.threads)
            for one in known
        )
        / _HOUR
    )
    unit = ('GPU' if estimate.sharing == 1 else 'run') if cuda else 'core'
    spent = f'{hours:.2f} {unit}-hours'
    at_once = f'with {estimate.jobs} at once' if estimate.jobs > 1 else 'one after another'
    if estimate.seconds is not None:
        return f'{_time(estimate.seconds)} {at_once}, {spent}'
    unknown = f'{len(estimate.runs) - len(known)} of {len(estimate.runs)} runs are not known'
    return f'{_UNKNOWN} ({unknown}' + (f'; the others take {spent})' if known else ')')


def _notes(estimate: Estimate) -> Iterator[str]:
    runs, limit = estimate.runs, estimate.limit
    if not runs:
        return
    cuda = estimate.devices.kind == 'cuda'
    if any(one.peak.peak_bytes is not None for one in runs):
        held = 'what the allocator reserves' if cuda else "bytes of a run's tensors"
        scratch = ', nor scratch memory of convolutions' if cuda else ''
        yield f'peak: predicted, {held}; {limit.what_is_beside} are not in it{scratch}'
    if limit.size is None:
        yield (
            f'no {limit.whose} is here: --memory-limit says what a run may take, as 24GiB or the '
            'name of a card'
        )
    errors: dict[str, list[str]] = {}
    for one in runs:
        if one.peak.error is not None:
            errors.setdefault(one.peak.error, []).append(what(one.run, estimate.plan))
    for error, names in errors.items():
        first, *others = dict.fromkeys(names)
        also = f' and {len(others)} more' if others else ''
        yield f'peak of {first}{also}: {error}'
    if any(one.disk_bytes is None for one in runs):
        yield 'disk: the size of a checkpoint is not known before one of its network is there'
    yield from estimate.shared.notes
    devices = dict.fromkeys(name for one in runs if one.duration for name in one.duration.devices)
    if devices:
        yield f'time: medians of earlier runs on {", ".join(devices)}'
    if any(one.duration is not None and one.duration.is_scaled for one in runs):
        yield 'time: ~ is scaled from runs of another method, K or schedule by the work of each'
    if estimate.sharing > 1:
        yield 'time: runs that share a GPU slow each other down, by how much is not known'
    if any(one.duration is None for one in runs):
        yield (
            f'time: {_UNKNOWN} has no earlier run of its network on such videos and on '
            f'{estimate.devices.kind} to go by'
        )
    if estimate.devices.name is None and estimate.jobs == 1:
        yield 'time: one run at once, since no device is here; --jobs says how many there will be'
    yield 'time: making videos, flow and cached frames comes before it and is not in it'


def _size(size: int | None) -> str:
    if size is None:
        return _UNKNOWN
    return size_in_words(size) if size else '0'


def _time(seconds: float | None) -> str:
    """Seconds as ``8.6 s``, ``4:05 min`` or ``2:07 h``."""
    if seconds is None:
        return _UNKNOWN
    if seconds < 99.5:
        return f'{seconds:.1f} s' if seconds < 9.95 else f'{seconds:.0f} s'
    whole, unit = (round(seconds), 'min') if seconds < _HOUR else (round(seconds / 60), 'h')
    return f'{whole // 60}:{whole % 60:02d} {unit}'
