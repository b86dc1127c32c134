"""Writes the page of a report, with what every report says and what its methods are."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import jinja2
from markupsafe import Markup

from ..files.atomic import write_bytes, write_json, write_text
from ..results import formatting
from ..results.claims import applying_claims, load_claims
from ..results.compare import Compared, compare
from ..results.full_size import FullSize
from ..results.load_full_size import load_full_size
from ..results.loading import load_sweep
from ..results.runs import Sweep
from ..results.verdicts import Verdict, evaluate
from .content import (
    KIND,
    SCHEMA,
    Content,
    doubt_content,
    figure_content,
    named,
    plain,
    straight,
    sweep_content,
    table_content,
    verdict_content,
)
from .doubts import Doubt, doubts
from .figures.gallery import MOST_BENCHES, draw_all, left_out_text
from .figures.svg import Drawing
from .provenance import made_by, provenance, take_away
from .tables.agreement import agreement_table
from .tables.calibration import calibration_table
from .tables.checklist import checklist_table
from .tables.comparison import comparison_table, every_comparison
from .tables.differences import differences_table
from .tables.equality import equality_table
from .tables.full_size import every_figure, full_size_table, own_scale_table
from .tables.gains import gains_table
from .tables.glance import glance_table
from .tables.limits import deviations_table, threats_table, untested_table
from .tables.lost import lost_table
from .tables.memory import memory_table, slope_table
from .tables.payoff import payoff_table
from .tables.published import published_table
from .tables.runs import every_run, place_of_results, runs_table
from .tables.starts import pretraining_table, regime_table
from .tables.students import accuracy_table, cost_table, likeness_table
from .tables.table import Table
from .tables.teachers import teacher_table
from .tables.ways import ways_table
from .take_away import csv_text, latex_text
from .words import words

TEMPLATES = Path(__file__).parent / 'templates'

COMPARISON, LEADERBOARD = 'comparison', 'leaderboard'
_PAGES = {
    KIND: ('report', 'index.html.j2', 'report.md.j2'),
    COMPARISON: ('report', 'comparison.html.j2', 'comparison.md.j2'),
    LEADERBOARD: ('leaderboard', 'leaderboard.html.j2', 'leaderboard.md.j2'),
}
"""What files are called and which templates fill them, by the kind of content."""

RECONSTRUCTION = (
    'The UKD mechanism measured here is our reconstruction from the abstract of arXiv 2308.09327; '
    'the paper’s own mechanism is not public. Verdicts on memory hold for this reconstruction.'
)


def methods_text(sweep: Sweep, full_size: FullSize) -> list[tuple[str, str]]:
    """(name, description) of the methods that a page tells of, in the order of tables."""
    present = {run.method for run in sweep.runs}
    present |= {one.method for student in full_size.students for one in student.figures}
    return [
        (sweep.methods.heading(name), look.sentence)
        for name, look in sweep.methods.looks.items()
        if name in present
    ]


@dataclass(frozen=True)
class Report:
    """The files of a report, and what they say; ``compared`` is None without a reference."""

    index: Path
    markdown: Path
    sweep: Sweep
    verdicts: tuple[Verdict, ...]
    compared: Compared | None
    doubts: tuple[Doubt, ...]

    @property
    def agrees(self) -> bool:
        """Whether nothing differs from the reference; so it is without one."""
        return self.compared is None or self.compared.agrees


def write_report(
    results: Path,
    out: Path,
    reference: Path | None = None,
    claims: Path | None = None,
    memory: Path | None = None,
    most_drawn: int | None = None,
) -> Report:
    """Reads a sweep and writes a report into ``out``: its pages, ``report.json`` and figures.

    Equal inputs give equal bytes.

    Args:
        results: a sweep's folder.
        out: the folder to write; made if absent.
        reference: another sweep's folder to compare with.
        claims: a claims file in place of the sweep's own, or else the shipped one.
        memory: a folder of figures at full size; None for none.
        most_drawn: how many backbones, in each of their regimes, have figures of their own;
            None for :data:`.figures.gallery.MOST_BENCHES`.

    Raises:
        ResultsError: a folder, plan or file of figures cannot be read, or ``out`` not be written.
        ConfigError: the claims file cannot be used.
    """
    sweep = load_sweep(results)
    rules = load_claims(applying_claims(results, claims))
    compared = compare(sweep, load_sweep(reference)) if reference else None
    full_size = load_full_size(memory).beside(sweep.students)
    verdicts = tuple(evaluate(sweep, rules, full_size.students))
    doubted = tuple(doubts(sweep, rules.sha256))
    most = MOST_BENCHES if most_drawn is None else most_drawn
    drawings = draw_all(sweep, most)
    place = place_of_results(results, out)
    side = _side_tables(sweep, compared, verdicts, rules.sha256, place)
    tables = [glance_table(sweep), ways_table(verdicts), *_main_tables(sweep, full_size), *side]
    content: Content = dict(
        schema=SCHEMA,
        kind=KIND,
        sweep=sweep_content(sweep),
        heading='Claims of the abstract' if rules.are_shipped else 'Claims',
        reconstruction=RECONSTRUCTION,
        doubts=[doubt_content(doubt, verdicts) for doubt in doubted],
        verdicts=[verdict_content(verdict) for verdict in verdicts],
        methods=named(methods_text(sweep, full_size)),
        words=named(words(sweep)),
        figures=[figure_content(drawing) for drawing in drawings],
        figures_left_out=left_out_text(sweep, most),
        tables=[table_content(table) for table in tables if table],
        take_away=named(take_away(sweep, place)),
        provenance=named([*provenance(sweep, rules.sha256), *made_by(full_size)]),
    )
    drawings += [table.drawing for table in tables if table and table.drawing]
    index, markdown = write_files(content, drawings, Path(out))
    return Report(index, markdown, sweep, verdicts, compared, doubted)


def write_files(content: Content, drawings: Sequence[Drawing], out: Path) -> tuple[Path, Path]:
    """Writes all files of a content: its figures, tables and pages, and itself as JSON.

    Args:
        content: What they say.
        drawings: The figures that it names.
        out: The folder; made if absent.

    Returns:
        The page and its Markdown.
    """
    content = straight(content)
    for drawing in drawings:
        write_text(out / 'figures' / f'{drawing.name}.svg', drawing.svg)
        write_bytes(out / 'figures' / f'{drawing.name}.png', drawing.png)
    write_json(out / f'{_PAGES[content["kind"]][0]}.json', plain(content))
    for table in content['tables']:
        if table['rows']:
            write_text(out / 'tables' / f'{table["id"]}.csv', csv_text(table))
            write_text(out / 'tables' / f'{table["id"]}.tex', latex_text(table))
    return write_pages(content, drawings, out)


def write_pages(content: Content, drawings: Iterable[Drawing], out: Path) -> tuple[Path, Path]:
    """Writes the page and its Markdown.

    Args:
        content: What they say.
        drawings: The figures that it names.
        out: The folder.
    """
    name, as_html, as_markdown = _PAGES[content['kind']]
    index, markdown = out / 'index.html', out / f'{name}.md'
    svg = {drawing.name: Markup(drawing.inline) for drawing in drawings}
    write_text(markdown, render(as_markdown, content))
    write_text(index, render(as_html, content | dict(svg=svg)))
    return index, markdown


def render(template: str, content: Content) -> str:
    """Fills a template; HTML is escaped, Markdown cells by the filter ``cell``."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=lambda name: bool(name and '.html' in name),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(
        cell=markdown_cell,
        chip=_chip,
        controls=_controls,
        sentence=formatting.sentence,
        rests=_rests,
    )
    return environment.get_template(template).render(content)


def markdown_cell(text: str) -> str:
    """Escapes text, so that it stays in its table cell and stays text; a link is one."""
    if isinstance(text, formatting.Linked):
        return f'[{markdown_cell(str(text))}]({text.href})'
    line = re.sub(r'([\\|*_`\[\]<>&$~])', r'\\\1', ' '.join(text.splitlines()).strip(' \t'))
    # What would begin a heading or a list.
    return re.sub(r'^([-+#]+(?=\s|$)|\d+(?=[.)](\s|$)))', _escaped_beginning, line)


def _escaped_beginning(match: re.Match[str]) -> str:
    begins = match[0]
    return f'{begins}\\' if begins.isdigit() else f'\\{begins}'


def _main_tables(sweep: Sweep, full_size: FullSize) -> list[Table | None]:
    return [
        *(regime_table(sweep), gains_table(sweep), differences_table(sweep)),
        *(accuracy_table(sweep), likeness_table(sweep), calibration_table(sweep)),
        *(memory_table(sweep), slope_table(sweep)),
        *(full_size_table(full_size, sweep.methods), own_scale_table(full_size, sweep.methods)),
        *every_figure(full_size, sweep.methods),
        *(cost_table(sweep), payoff_table(sweep)),
        *(equality_table(sweep), teacher_table(sweep), agreement_table(sweep)),
        pretraining_table(sweep),
    ]


def _side_tables(
    sweep: Sweep,
    compared: Compared | None,
    verdicts: Sequence[Verdict],
    claims_sha256: str,
    place: str | None,
) -> list[Table | None]:
    return [
        comparison_table(compared) if compared else None,
        every_comparison(compared) if compared else None,
        *(published_table(), deviations_table(sweep), untested_table(verdicts, sweep)),
        *(threats_table(sweep), checklist_table(sweep, claims_sha256)),
        *(runs_table(sweep), every_run(sweep, place), lost_table(sweep)),
    ]


def _chip(verdict: str) -> str:
    """The style class of a verdict."""
    return verdict.lower().replace(' ', '-')


def _controls(verdicts: Sequence[Content]) -> list[tuple[str, list[Content]]]:
    """Claims that have controls, each with their verdicts, in the order of the file."""
    claims = dict.fromkeys(one['control_of'] for one in verdicts if one['control_of'])
    return [(of, [one for one in verdicts if one['control_of'] == of]) for of in claims]


def _rests(finding: Content) -> str:
    """What a finding on memory rests on, and whether it decides, in brackets after its bench."""
    rests = finding['rests']
    words = [rests['basis']] if rests and rests['basis'] else []
    if not finding['decides']:
        words.append('decides nothing here')
    return f' ({", ".join(words)})' if words else ''
