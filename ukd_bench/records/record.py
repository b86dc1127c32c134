"""The record of a run: its keys, their validation, and the digest by which an edit is noticed."""

from pathlib import Path
from typing import Any

from ..errors import ResultsError
from ..files import schema
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
CURVE = ('epoch', 'loss', 'learning_rate', 'train_top1', 'validation_top1')
"""Columns of a training curve, which stands beside the record."""

DATASET = schema.table(
    {},
    dict(
        name=schema.name,
        edition=schema.maybe(schema.name),
        synthetic=schema.flag,
        fingerprint=schema.maybe(schema.line),
        test_fingerprint=schema.maybe(schema.line),
        classes=schema.list_of(schema.text),
        train_samples=schema.maybe(schema.positive),
        test_samples=schema.maybe(schema.positive),
    ),
)
"""What a record or a plan says of the data."""

_RULE = schema.table(
    dict(rule=schema.line, weight=schema.number, temperature=schema.number),
    dict(
        loss=schema.line,
        divergence=schema.maybe(schema.number),
        final_weight=schema.maybe(schema.number),
    ),
)
_BANK_FIGURES = schema.table(
    {}, dict.fromkeys(('num_views', 'bank_bytes'), schema.maybe(schema.whole))
)


def _knowledge(value: Any, where: str) -> None:
    _BANK_FIGURES(value, where)
    # A run that fills a bank has no rule.
    if value.keys() - {'num_views', 'bank_bytes'}:
        _RULE(value, where)


_TEACHER = schema.table(
    dict(name=schema.name, key=schema.line, checkpoint_sha256=schema.maybe(schema.line)),
    dict(state_bytes=schema.maybe(schema.whole)),
)

_ENVIRONMENT = schema.table(
    dict(device=schema.table(dict(kind=schema.name, name=schema.name))),
    dict(
        threads=schema.whole,
        precision=schema.line,
        python=schema.line,
        packages=schema.map_of(schema.line),
        platform=schema.line,
        cores=schema.maybe(schema.whole),
        driver=schema.line,
        source_sha256=schema.line,
        lock_sha256=schema.maybe(schema.line),
        git=schema.maybe(schema.table(dict(commit=schema.line, dirty=schema.flag))),
        started=schema.line,
        finished=schema.line,
        resumed_at_epochs=schema.list_of(schema.whole),
        runs_per_gpu=schema.several,
    ),
)

_UTILIZATION = schema.table(dict(mean=schema.fraction, samples=schema.positive))
_PEAKS = schema.map_of(schema.table(dict.fromkeys(MEMORY_FIGURES, schema.maybe(schema.whole))))

_RECORD = schema.table(
    dict(
        schema=schema.one_of(SCHEMA),
        key=schema.name,
        execution=schema.name,
        status=schema.one_of(*STATUSES),
        # Which methods there are is the plan's to say.
        method=schema.matching(NAME.pattern, 'the name of a method'),
        student=schema.maybe(schema.name),
        teacher=schema.maybe(schema.name),
        num_teachers=schema.whole,
        seed=schema.whole,
        split=schema.whole,
        schedule=schema.table(
            dict(epochs=schema.whole),
            dict(
                full_epochs=schema.whole,
                batch_size=schema.maybe(schema.positive),
                processes=schema.positive,
            ),
        ),
        metrics=schema.maybe(schema.table(dict.fromkeys(METRICS, schema.fraction))),
        memory=_PEAKS,
        time=schema.map_of(schema.maybe(schema.amount)),
        hashes=schema.map_of(schema.maybe(schema.line)),
        counts=schema.map_of(schema.maybe(schema.whole)),
        teachers=schema.list_of(_TEACHER),
        parents=schema.list_of(schema.name),
        environment=_ENVIRONMENT,
        dataset=DATASET,
    ),
    dict(
        memory_of_processes=schema.list_of(_PEAKS),
        gpu_utilization=schema.maybe(_UTILIZATION),
        knowledge=schema.maybe(_knowledge),
        selection=schema.maybe(schema.one_of(*SELECTIONS)),
        selected_epoch=schema.maybe(schema.whole),
        protocol=schema.maybe(
            schema.table(dict(name=schema.line, version=schema.whole, views=schema.positive))
        ),
        starts_from=schema.list_of(
            schema.table(dict(key=schema.line, checkpoint_sha256=schema.line))
        ),
        flow=schema.maybe(
            schema.table(dict(algorithm=schema.line, compute_s=schema.amount, bytes=schema.whole))
        ),
        config=schema.anything,
        error=schema.maybe(schema.table({}, dict(type=schema.text, message=schema.text))),
    ),
)

# A figure that was not measured is null, never 0.
_MEASURED = dict(
    memory=schema.map_of(
        schema.table(dict.fromkeys(MEMORY_FIGURES, schema.maybe(schema.positive)))
    ),
    time=schema.map_of(schema.maybe(schema.above_0)),
)

_MADE = {'bank': ('bank', 'bank_manifest'), 'ensemble': ('scores',)}
"""Hashes that a finished run has, by method; all others train a network."""
_TRAINED = ('student_state', 'checkpoint', 'scores', 'curve')


def _check(record: Any, where: str) -> None:
    _RECORD(record, where)
    if record['status'] != 'done':
        return
    made = _MADE.get(record['method'], _TRAINED)
    hashes = schema.table(dict.fromkeys(made, schema.name))
    tested = {} if record['method'] == 'bank' else dict(metrics=schema.table({}))
    schema.table({**_MEASURED, **tested, 'hashes': hashes})(record, where)


def validate_record(record: Any, path: Path) -> dict:
    """Returns ``record`` if it is a complete one of this schema.

    Raises:
        ResultsError: naming the file and the first key that is absent or of the wrong kind.
    """
    misfit = schema.first_misfit(_check, record)
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
