"""Where the figures come from."""

from typing import Any

from ..files.configs import shipped_configs
from ..methods.table import ON_DEMAND
from ..results import formatting
from ..results.formatting import Linked
from ..results.full_size import FullSize
from ..results.runs import Sweep


def provenance(sweep: Sweep, claims_sha256: str) -> list[tuple[str, str]]:
    """(name, value) pairs that tell where the figures come from; no path of a machine."""
    done = [run for run in sweep.done if run.record]
    records = [run.record for run in done if run.record]
    environments = [record['environment'] for record in records]
    dataset = sweep.dataset
    commits = dict.fromkeys(
        f'{str(git.get("commit"))[:12]}{" with uncommitted changes" if git.get("dirty") else ""}'
        for git in (environment.get('git') or {} for environment in environments)
    )
    packages = {**environments[0].get('packages', {})} if environments else {}
    finished = sorted(str(e['finished']) for e in environments if e.get('finished'))
    started = sorted(str(e['started']) for e in environments if e.get('started'))
    walls = [run.value('time', 'wall_s') for run in done if run.value('time', 'wall_s')]
    schedules = sorted({run.epochs for run in sweep.runs if run.method not in ON_DEMAND})
    return [
        ('Sweep', sweep.name),
        ('Runs', f'{len(sweep.done)} done of {len(sweep.runs)} planned'),
        ('Seeds', ', '.join(map(str, sorted({run.seed for run in sweep.runs})))),
        ('Epochs', ', '.join(map(str, schedules))),
        (
            'Data',
            f'{dataset.get("name", formatting.DASH)}{" (synthetic)" if sweep.synthetic else ""}',
        ),
        ('Data fingerprint', _distinct(run.data for run in done if run.of_sweep_data)),
        (
            'Clips',
            (
                f'{dataset.get("train_samples", formatting.DASH)} train, '
                f'{dataset.get("test_samples", formatting.DASH)} test'
            ),
        ),
        ('Evaluation', _distinct(_protocol(record.get('protocol')) for record in records)),
        ('Tested epoch', _distinct(run.selection.replace('_', ' ') for run in done)),
        (
            'Distillation',
            _distinct(formatting.distillation(record.get('knowledge')) for record in records),
        ),
        ('Pool of teachers', ', '.join(sweep.plan.get('pool') or []) or formatting.DASH),
        ('Device', sweep.device_names),
        (
            'Threads, precision',
            _distinct(f'{e.get("threads")}, {e.get("precision")}' for e in environments),
        ),
        ('Platform', _distinct(e.get('platform') for e in environments)),
        ('Python', _distinct(e.get('python') for e in environments)),
        (
            'Packages',
            ', '.join(f'{name} {version}' for name, version in sorted(packages.items()))
            or formatting.DASH,
        ),
        ('Commit', ', '.join(commits) or formatting.DASH),
        ('Source SHA-256', _distinct(e.get('source_sha256') for e in environments)),
        ('Lock SHA-256', _distinct(e.get('lock_sha256') for e in environments)),
        ('Claims SHA-256', claims_sha256),
        ('Sum of run times', formatting.duration(sum(walls) if walls else None)),
        (
            'Started, finished',
            f'{started[0]} – {finished[-1]}' if started and finished else formatting.DASH,
        ),
    ]


def take_away(sweep: Sweep, place: str | None) -> list[tuple[str, str]]:
    """(name, value) pairs that tell where a reader gets the figures, and how to make them again.

    Args:
        sweep: The sweep.
        place: Its folder as seen from the report's; None where that is not known.
    """
    # As seen from the folder that both lie in, which is where commands are called.
    folder = (place or f'results/{sweep.name}').replace('../', '')
    told: list[tuple[str, str]] = [
        ('All of this page, as numbers with units and intervals', Linked(*['report.json'] * 2)),
        ('Each table', 'CSV with every digit, and LaTeX: below the table.'),
        ('Each figure', 'SVG and PNG: below the figure. Its points are in report.json.'),
        ('A row a run, in Python', f"from ukd_bench.results import load; load('{folder}')"),
        (
            'A row a run and test clip',
            f"from ukd_bench.results import load_clips; load_clips('{folder}')",
        ),
        ('Each run', 'Its record, and its log where it is at hand: in “Every run”.'),
    ]
    if sweep.name in shipped_configs('sweeps'):
        told.append(('To make it again', f'ukd-bench sweep {sweep.name}'))
    return told


def made_by(full_size: FullSize) -> list[tuple[str, str]]:
    """(name, value) pairs that tell of each file of figures at full size what made it."""
    return [
        (
            f'Full size: {source.name}',
            f'SHA-256 {source.sha256}; made on {source.device} by: {source.command}',
        )
        for source in full_size.sources
    ]


def _protocol(protocol: dict[str, Any] | None) -> str | None:
    if protocol is None:
        return None
    views = formatting.counted(protocol.get('views', 1), 'view')
    return f'{protocol["name"]}, version {protocol["version"]}, {views} a clip'


def _distinct(values: Any) -> str:
    names = dict.fromkeys(str(value) for value in values if value is not None)
    return '; '.join(names) or formatting.DASH
