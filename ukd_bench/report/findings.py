"""What a sweep finds, in one block of Markdown for pages that tell it to readers."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from ..results.claims import applying_claims, load_claims
from ..results.load_full_size import load_full_size
from ..results.loading import load_sweep
from ..results.rules import INCONCLUSIVE
from ..results.rules.rule import by_bench, strictest
from ..results.verdicts import Verdict, evaluate
from .content import Content, sweep_content, table_content, verdict_content
from .expectations import no_gain_expected
from .page import render
from .tables.effects import effects_table
from .tables.full_size import full_size_table, own_scale_table
from .tables.gains import gains_table
from .tables.payoff import payoff_table
from .tables.starts import pretraining_table, regime_table
from .tables.students import accuracy_table
from .tables.table import Table
from .tables.teachers import beside_plain
from .tables.ways import ways_table


def findings_text(results: Path, claims: Path | None = None, memory: Path | None = None) -> str:
    """Verdicts with their figures, regimes, controls, cost, and what remains open.

    Equal results give equal text.

    Args:
        results: A sweep's folder.
        claims: A claims file in place of the sweep's own, or else the shipped one.
        memory: A folder of figures at full size; None for none.

    Raises:
        ResultsError: the folder or its plan, or the figures at full size, cannot be read.
        ConfigError: the claims file cannot be used.
    """
    sweep = load_sweep(results)
    full_size = load_full_size(memory).beside(sweep.students)
    verdicts = evaluate(sweep, load_claims(applying_claims(results, claims)), full_size.students)
    before = [regime_table(sweep), pretraining_table(sweep)]
    memory_tables = [own_scale_table(full_size, sweep.methods)]
    if full_size.students:
        memory_tables.insert(0, full_size_table(full_size, sweep.methods))
    # The page has no folder of figures.
    bare = [table and replace(table, drawing=None) for table in memory_tables]
    accuracy = replace(accuracy_table(sweep), drawing=None)
    after = [*bare, accuracy, gains_table(sweep), payoff_table(sweep)]
    context = {
        'sweep': sweep_content(sweep),
        'verdicts': [verdict_content(verdict) for verdict in verdicts],
        'effects': _contents(ways_table(verdicts), effects_table(verdicts, sweep.methods)),
        'before': _contents(*before),
        'after': _contents(*after),
        'teachers': [*beside_plain(sweep), *no_gain_expected(sweep)],
        'open': [*_open(verdicts)],
    }
    return render('findings.md.j2', context)


def _open(verdicts: Iterable[Verdict]) -> Iterator[tuple[str, str]]:
    """Claims that are not decided, and those that are not for some students, with why."""
    for verdict in verdicts:
        if verdict.verdict == INCONCLUSIVE:
            yield verdict.id, verdict.reason
            continue
        benches = by_bench(verdict.findings)
        left = [name for name, mine in benches.items() if strictest(mine) == INCONCLUSIVE]
        if left:
            yield verdict.id, f'{verdict.verdict}, but not decided for {", ".join(left)}.'


def _contents(*tables: Table | None) -> list[Content]:
    return [table_content(table) for table in tables if table]
