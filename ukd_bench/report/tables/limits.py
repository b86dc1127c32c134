"""Tables of what a sweep cannot show: claim by claim, against the paper, and in general."""

from collections.abc import Iterable, Iterator, Sequence
from math import sqrt

import numpy as np

from ...methods.table import FLOOR, SUBJECT
from ...results import formatting
from ...results.comparable import comparable_runs, compare_top1
from ...results.rules import Finding
from ...results.runs import Sweep
from ...results.verdicts import Verdict
from .table import Table, columns

_NOT_TOLD = 'Not told.'
_MECHANISM = 'Not told, and no code is public.'


def untested_table(verdicts: Iterable[Verdict], sweep: Sweep) -> Table | None:
    """Table of what no verdict can say here, and why."""
    claims: dict[tuple[str, str], list[str]] = {}
    for verdict in verdicts:
        if verdict.control_of is None:
            for told in _untested(verdict, sweep):
                claims.setdefault(told, []).append(verdict.id)
    if not claims:
        return None
    titles = columns('<Claims', '<What cannot be told here', '<Why')
    rows = tuple((', '.join(ids), *told) for told, ids in claims.items())
    return Table('untested', 'What the verdicts cannot tell', titles, rows)


def _untested(verdict: Verdict, sweep: Sweep) -> Iterator[tuple[str, str]]:
    rests = [finding.rests for finding in verdict.findings if finding.rests]
    if verdict.about_memory:
        yield (
            'Whether the mechanism of the paper has this memory.',
            'It is not public; what is measured is our reconstruction.',
        )
        largest = max((one.largest for one in rests if one.largest), default=None)
        if largest is not None:
            yield f'What more than {largest} teachers take.', 'No more were tried.'
        if not any(one.basis == 'measured' and _on_cuda(sweep) for one in rests):
            yield (
                'What a GPU’s allocator and libraries take on top.',
                f'Measured figures that verdicts rest on are of {sweep.device_names}; those of '
                'GPUs are predicted.',
            )
    if any(finding.tested for finding in verdict.findings):
        yield from _of_accuracy(verdict.findings, sweep)
    if not verdict.about_memory and not any(one.tested for one in verdict.findings):
        yield (
            'All of it.' if verdict.verdict == 'INCONCLUSIVE' else 'More than its reason says.',
            ' '.join(dict.fromkeys(finding.reason for finding in verdict.findings))
            or verdict.reason,
        )


def _of_accuracy(findings: Sequence[Finding], sweep: Sweep) -> Iterator[tuple[str, str]]:
    tests = [finding.tested.comparison for finding in findings if finding.tested]
    compared = [one.difference for one in tests if one is not None]
    halves = [100 * (one.high - one.mean) for one in compared if one.high is not None]
    if halves:
        half = formatting.span(halves, 1)
        numbers = formatting.span(one.n for one in compared if one.high is not None)
        where = ', by network, regime and comparison' if ' to ' in half else ''
        yield (
            f'A difference of less than about {half} points{where}.',
            f'It is within the 95 % interval of {numbers} seeds.',
        )
    if sweep.synthetic:
        yield (
            'Whether it is so for people in real dark videos.',
            'The videos are synthetic. It takes ARID, which its authors give on request.',
        )
    yield (
        'Whether it is so for other networks, initial weights and schedules.',
        f'Students here: {", ".join(sweep.students)}'
        + (f'; regimes: {_claimed_words(sweep)}.' if _claimed_words(sweep) else '.'),
    )


def deviations_table(sweep: Sweep) -> Table:
    """Table of where this sweep is not what the paper did, as far as that is known."""
    pool = ', '.join(sweep.plan.get('pool') or [])
    done = [run.record for run in sweep.done if run.record]
    taught = {formatting.distillation(record.get('knowledge')) for record in done} - {None}
    streams = [
        sweep.methods.heading(name)
        for name in dict.fromkeys(run.method for run in sweep.runs)
        if name.startswith('two_stream')
    ]
    sizes = {
        run.student: run.value('counts', 'parameters') for run in sweep.done if run.method == FLOOR
    }
    students = ', '.join(
        f'{name} ({size / 1e6:.2f} million parameters)' if size else str(name)
        for name, size in sizes.items()
    )
    clips = sweep.dataset
    trained, tested = clips.get('train_samples'), clips.get('test_samples')
    data = f'{clips.get("name", "unnamed data")}, {"synthetic" if sweep.synthetic else "recorded"}'
    if trained and tested:
        data += f', {trained:,} clips to train and {tested:,} to test'
    rows = (
        (
            *('How knowledge is assembled', _MECHANISM),
            'Teachers score views that can be replayed, once; the student reads the scores.',
        ),
        ('Data', 'ARID; edition and split are not told.', f'{data}.'),
        ('Teachers', _NOT_TOLD, f'In their order: {pool}.' if pool else formatting.DASH),
        ('Student', _NOT_TOLD, students or formatting.DASH),
        ('Initial weights, schedule', _NOT_TOLD, f'{_claimed_words(sweep) or "As configured"}.'),
        ('Loss', _NOT_TOLD, '; '.join(sorted(map(str, taught))) or formatting.DASH),
        ('Two-stream network', _NOT_TOLD, ', '.join(streams) or formatting.DASH),
        ('Figures', 'The abstract has none.', 'So nothing here is compared with the paper’s.'),
    )
    return Table(
        *('deviations', 'Beside the paper', columns('<What', '<The paper’s abstract', '<Here')),
        *(rows, 'The abstract is all that we could read of the paper.'),
    )


def threats_table(sweep: Sweep) -> Table:
    """Table of threats to the validity of the conclusions, by kind (Cook and Campbell 1979)."""
    rows = [
        *(('Statistical', *told) for told in _statistical(sweep)),
        *(('Internal', *told) for told in _internal(sweep)),
        *(('Construct', *told) for told in _construct(sweep)),
        *(('External', *told) for told in _external(sweep)),
    ]
    titles = columns('<Validity', '<Threat', '<What it means here')
    return Table('threats', 'Threats to validity', titles, tuple(rows))


def _statistical(sweep: Sweep) -> Iterator[tuple[str, str]]:
    for bench in comparable_runs(sweep):
        k = bench.largest_full(SUBJECT) if bench.regime.for_claims else None
        if k is None:
            continue
        one = compare_top1(bench, SUBJECT, k, FLOOR, np.random.default_rng(0), draws=0)
        if one is not None and one.difference.high is not None:
            half = 100 * (one.difference.high - one.difference.mean)
            yield (
                f'Few seeds on {bench.label}: {one.difference.n}.',
                f'A gain of less than about {half:.1f} points is not seen.',
            )
    clips = sweep.dataset.get('test_samples')
    if clips:
        yield (
            f'A finite test set of {clips:,} clips.',
            f'An accuracy of 70 % has a standard error of {100 * sqrt(0.21 / clips):.1f} points '
            'from the clips alone; all methods share them, so that differences have less.',
        )


def _internal(sweep: Sweep) -> Iterator[tuple[str, str]]:
    if any(run.method == 'pretraining' for run in sweep.runs):
        yield (
            'All students of a regime start from the same pretrained weights.',
            'Intervals do not cover the choice of these weights.',
        )
    if any(run.method == 'teacher' for run in sweep.runs):
        yield (
            'All seeds of a student learn from the same teachers.',
            'Intervals do not cover the choice of teachers: another pool may teach otherwise.',
        )
    yield (
        'Records do not tell how learning rates and other settings were chosen.',
        'A method that was tuned more than another looks better than it is.',
    )
    yield (
        'Runs share a machine, at different times.',
        'Times compare roughly; accuracies and allocated memory do not depend on it.',
    )


def _construct(sweep: Sweep) -> Iterator[tuple[str, str]]:
    if not _on_cuda(sweep):
        yield (
            'Live tensors on a CPU stand for memory allocated on a GPU.',
            'Scratch memory within operators is not seen.',
        )
    yield (
        'Top-1 stands for “remarkably enriched” knowledge.',
        'Calibration and likeness to the teachers are shown beside it and decide nothing.',
    )


def _external(sweep: Sweep) -> Iterator[tuple[str, str]]:
    if sweep.synthetic:
        yield 'The videos are synthetic.', 'What is found is about the mechanism, not about ARID.'
    yield (
        f'Students of {formatting.counted(len(sweep.students), "backbone")}: '
        f'{", ".join(sweep.students) or "none"}.',
        'Others may gain more or less.',
    )


def _on_cuda(sweep: Sweep) -> bool:
    kinds = {(run.value('environment', 'device') or {}).get('kind') for run in sweep.done}
    return 'cuda' in kinds


def _claimed_words(sweep: Sweep) -> str:
    """The regimes of claims in words."""
    return '; '.join(
        f'{regime.name} ({regime.words})' if regime.words else regime.name
        for regime in sweep.regimes
        if regime.for_claims and (regime.words or len(sweep.regimes) > 1)
    )
