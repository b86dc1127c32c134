"""Writes the page of two sweeps side by side."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ..results import formatting
from ..results.claims import Claims, applying_claims, load_claims
from ..results.compare import Compared, compare
from ..results.folders import folder_names
from ..results.load_full_size import load_full_size
from ..results.loading import load_sweep
from ..results.side_by_side import SideBySide, side_by_side
from ..results.verdicts import Verdict, evaluate
from .content import SCHEMA, Content, sweep_content, table_content
from .doubts import Doubt, doubts
from .figures.two_sweeps import draw_two_sweeps
from .page import COMPARISON, write_files
from .tables.both_sweeps import reasons_table, sweeps_table, verdicts_alike, verdicts_table
from .tables.comparison import comparison_table, every_comparison
from .tables.lost import lost_table
from .tables.table import Table, columns
from .tables.two_sweeps import accuracy_beside, alone_table, cost_beside, hashes_beside

LETTERS = 'A', 'B'


@dataclass(frozen=True)
class Comparison:
    """The files of a page of two sweeps, and what it says.

    Attributes:
        index, markdown: The pages.
        pair: The two sweeps, cell by cell.
        verdicts: What each says of the claims.
        compared: The first, checked against the second run by run.
        summary: What there is to say in a few sentences.
    """

    index: Path
    markdown: Path
    pair: SideBySide
    verdicts: tuple[list[Verdict], list[Verdict]]
    compared: Compared
    summary: tuple[str, ...]


def write_comparison(
    first: Path,
    second: Path,
    out: Path,
    claims: Path | None = None,
    memory: Path | None = None,
) -> Comparison:
    """Reads two sweeps and writes them side by side into ``out``, with all that a report has.

    Equal inputs give equal bytes.

    Args:
        first: The folder of a sweep, A.
        second: The folder of another, B.
        out: The folder to write; made if absent.
        claims: A claims file for both, in place of each sweep's own, or else the shipped one.
        memory: A folder of figures at full size; None for none.

    Raises:
        ResultsError: a folder, plan or file of figures cannot be read, or ``out`` not be written.
        ConfigError: a claims file cannot be used.
    """
    folders = first, second
    one, other = load_sweep(first), load_sweep(second)
    rules = [load_claims(applying_claims(folder, claims)) for folder in folders]
    ours, theirs = (
        evaluate(sweep, rule, load_full_size(memory).beside(sweep.students).students)
        for sweep, rule in zip((one, other), rules, strict=True)
    )
    pair, compared = side_by_side(one, other), compare(one, other)
    names = folder_names(folders)
    tables = _tables(pair, rules, (ours, theirs), compared)
    summary = (*_summary(pair), verdicts_alike(ours, theirs))
    content: Content = dict(
        schema=SCHEMA,
        kind=COMPARISON,
        sweeps=[
            dict(letter=letter, folder=name, **sweep_content(sweep))
            for letter, name, sweep in zip(LETTERS, names, (one, other), strict=True)
        ],
        summary=list(summary),
        doubts=_doubts(pair, rules),
        figures=[],
        tables=[table_content(table) for table in tables],
    )
    drawings = [table.drawing for table in tables if table.drawing]
    index, markdown = write_files(content, drawings, Path(out))
    return Comparison(index, markdown, pair, (ours, theirs), compared, summary)


def _tables(
    pair: SideBySide,
    rules: Sequence[Claims],
    said: tuple[list[Verdict], list[Verdict]],
    compared: Compared,
) -> list[Table]:
    accuracy = accuracy_beside(pair)
    made = [
        *(verdicts_table(*said), reasons_table(*said)),
        replace(accuracy, drawing=draw_two_sweeps(pair)) if accuracy else None,
        *(cost_beside(pair), hashes_beside(pair), alone_table(pair)),
        *_lost(pair),
        sweeps_table((pair.first, pair.second), (rules[0].sha256, rules[1].sha256)),
        *_checked(compared),
    ]
    return [table for table in made if table]


def _lost(pair: SideBySide) -> list[Table]:
    """The tables of runs without figures, of either sweep."""
    found = zip(LETTERS, map(lost_table, (pair.first, pair.second)), strict=True)
    return [
        replace(table, id=f'lost-{letter.lower()}', title=f'{table.title}, {letter}')
        for letter, table in found
        if table
    ]


def _checked(compared: Compared) -> list[Table]:
    """The tables of a comparison with a reference, with the letters that the page has."""
    titles = columns('<Cell', '<Figure', 'A', 'B', 'Allowed', '<Verdict')
    against = comparison_table(compared)
    return [
        replace(against, title='Run by run: A checked against B', columns=titles),
        replace(every_comparison(compared), columns=titles),
    ]


def _summary(pair: SideBySide) -> list[str]:
    """What stands in both, and whether it differs by more than noise."""
    if not pair.both:
        return [
            'No cell stands in both: none agrees in method, backbone, K, regime, split, schedule '
            'and evaluation.'
        ]
    texts = [f'{formatting.counted(len(pair.both), "cell")} with figures in both.']
    tested = [one for one in pair.both if one.corrected_p is not None]
    apart = pair.told_apart()
    if any('data' in one.unlike for one in pair.both):
        texts.append('Where the clips are not the same, no difference of accuracies is given.')
    if apart:
        texts.append(
            f'Top-1 differs by more than noise explains in {len(apart)} of {len(tested)} '
            '(p < 0.05 after Holm’s correction).'
        )
    elif tested:
        texts.append(
            f'Top-1 differs by no more than noise explains in any of {len(tested)} (Holm, 0.05). '
            'That is no proof that nothing differs: the intervals say how much may.'
        )
    elif any(one.difference for one in pair.both):
        texts.append('With one seed, no difference of accuracies can be told from noise.')
    return texts


def _doubts(pair: SideBySide, rules: Sequence[Claims]) -> list[Content]:
    """What weakens either sweep, named by its letter, and the comparison itself."""
    sweeps, both = (pair.first, pair.second), pair.both
    whose: dict[Doubt, list[str]] = {}
    for letter, sweep, rule in zip(LETTERS, sweeps, rules, strict=True):
        for doubt in doubts(sweep, rule.sha256):
            whose.setdefault(doubt, []).append(letter)
    found = [
        dict(of='A − B', text=text, means=means)
        for unlike, text, means in (
            (
                rules[0].sha256 != rules[1].sha256,
                'The two are decided by different claims files.',
                'A verdict may differ by its rule alone.',
            ),
            (
                any('data' in one.unlike for one in both),
                'They did not see the same clips.',
                'Accuracies on other clips tell nothing of a difference between the two.',
            ),
            (
                any('distillation' in one.unlike for one in both),
                'Some students were distilled by another rule, loss, weight or temperature.',
                'A difference may be one of these.',
            ),
        )
        if unlike
    ]
    return found + [
        dict(of=' and '.join(letters), text=doubt.text, means=doubt.means)
        for doubt, letters in whose.items()
    ]
