"""The record of a run: its keys, their validation, and the digest by which an edit is noticed."""

from pathlib import Path
from typing import Any

from ..errors import ResultsError
from ..files import checks
from ..methods.table import NAME
from .sealed import SCHEMA, read_sealed, write_sealed

LAST_EPOCH = 'last_epoch'
BEST_ON_HELD_OUT = 'best_on_held_out_groups'
ORACLE = 'oracle_best_on_test'
SELECTIONS = (LAST_EPOCH, BEST_ON_HELD_OUT, ORACLE)
"""Rules for the epoch whose weights are tested; the oracle looks at the test clips."""
STATUSES = ('pending', 'running', 'done', 'failed', 'oom', 'diverged', 'interrupted')
FINAL_STATUSES = ('done', 'oom', 'diverged')

MEMORY_FIGURES = ('allocated_peak_bytes', 'reserved_peak_bytes', 'process_peak_bytes')
METRICS = ('top1', 'top5', 'mean_class')

DATASET = checks.table(
    {},
    dict(
        name=checks.name,
        edition=checks.maybe(checks.name),
        synthetic=checks.flag,
        fingerprint=checks.maybe(checks.line),
        test_fingerprint=checks.maybe(checks.line),
        classes=checks.list_of(checks.text),
        train_samples=checks.maybe(checks.positive),
        test_samples=checks.maybe(checks.positive),
    ),
)
"""What a record or a plan says of the data."""

_RULE = checks.table(
    dict(rule=checks.line, weight=checks.number, temperature=checks.number),
    dict(loss=checks.line, divergence=checks.maybe(checks.number)),
)
_BANK_FIGURES = checks.table(
    {}, dict.fromkeys(('num_views', 'bank_bytes'), checks.maybe(checks.whole))
)


def _knowledge(value: Any, where: str) -> None:
    _BANK_FIGURES(value, where)
    # A run that fills a bank has no rule.
    if value.keys() - {'num_views', 'bank_bytes'}:
        _RULE(value, where)


_TEACHER = checks.table(
    dict(name=checks.name, key=checks.line, checkpoint_sha256=checks.maybe(checks.line)),
    dict(state_bytes=checks.maybe(checks.whole)),
)

_ENVIRONMENT = checks.table(
    dict(device=checks.table(dict(kind=checks.name, name=checks.name))),
    dict(
        threads=checks.whole,
        precision=checks.line,
        python=checks.line,
        packages=checks.map_of(checks.line),
        platform=checks.line,
        cores=checks.maybe(checks.whole),
        source_sha256=checks.line,
        lock_sha256=checks.maybe(checks.line),
        git=checks.maybe(checks.table(dict(commit=checks.line, dirty=checks.flag))),
        started=checks.line,
        finished=checks.line,
        resumed_at_epochs=checks.list_of(checks.whole),
    ),
)

_RECORD = checks.table(
    dict(
        schema=checks.one_of(SCHEMA),
        key=checks.name,
        execution=checks.name,
        status=checks.one_of(*STATUSES),
        # Which methods there are is the plan's to say.
        method=checks.matching(NAME.pattern, 'the name of a method'),
        student=checks.maybe(checks.name),
        teacher=checks.maybe(checks.name),
        num_teachers=checks.whole,
        seed=checks.whole,
        split=checks.whole,
        schedule=checks.table(
            dict(epochs=checks.whole),
            dict(full_epochs=checks.whole, batch_size=checks.maybe(checks.positive)),
        ),
        metrics=checks.maybe(checks.table(dict.fromkeys(METRICS, checks.fraction))),
        memory=checks.map_of(
            checks.table(dict.fromkeys(MEMORY_FIGURES, checks.maybe(checks.whole)))
        ),
        time=checks.map_of(checks.maybe(checks.amount)),
        hashes=checks.map_of(checks.maybe(checks.line)),
        counts=checks.map_of(checks.maybe(checks.whole)),
        teachers=checks.list_of(_TEACHER),
        parents=checks.list_of(checks.name),
        environment=_ENVIRONMENT,
        dataset=DATASET,
    ),
    dict(
        knowledge=checks.maybe(_knowledge),
        selection=checks.maybe(checks.one_of(*SELECTIONS)),
        selected_epoch=checks.maybe(checks.whole),
        protocol=checks.maybe(
            checks.table(dict(name=checks.line, version=checks.whole, views=checks.positive))
        ),
        flow=checks.maybe(
            checks.table(dict(algorithm=checks.line, compute_s=checks.amount, bytes=checks.whole))
        ),
        config=checks.anything,
        error=checks.maybe(checks.table({}, dict(type=checks.text, message=checks.text))),
    ),
)

# A figure that was not measured is null, never 0.
_MEASURED = dict(
    memory=checks.map_of(
        checks.table(dict.fromkeys(MEMORY_FIGURES, checks.maybe(checks.positive)))
    ),
    time=checks.map_of(checks.maybe(checks.above_0)),
)

_MADE = {'bank': ('bank', 'bank_manifest'), 'ensemble': ('scores',)}
"""Hashes that a finished run has, by method; all others train a network."""
_TRAINED = ('student_state', 'checkpoint', 'scores', 'curve')


def _check(record: Any, where: str) -> None:
    _RECORD(record, where)
    if record['status'] != 'done':
        return
    made = _MADE.get(record['method'], _TRAINED)
    hashes = checks.table(dict.fromkeys(made, checks.name))
    tested = {} if record['method'] == 'bank' else dict(metrics=checks.table({}))
    checks.table({**_MEASURED, **tested, 'hashes': hashes})(record, where)


def validate_record(record: Any, path: Path) -> dict:
    """Returns ``record`` if it is a complete one of this schema.

    Raises:
        ResultsError: naming the file and the first key that is absent or of the wrong kind.
    """
    misfit = checks.first_misfit(_check, record)
    if misfit is not None:
        raise ResultsError(f'{path}: {misfit}')
    return dict(record)


def read_record(path: Path) -> dict:
    """Reads a ``record.json`` that is as it was written.

    Raises:
        ResultsError: it is absent, of another schema, edited or damaged.
    """
    return read_sealed(path, 'record', _check)


def write_record(path: Path, record: dict) -> None:
    """Validates, then writes a ``record.json`` atomically, with a digest of itself."""
    write_sealed(path, validate_record(record, path))
