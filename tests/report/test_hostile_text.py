"""Whatever text stands in a plan, its records and its claims, it is text in every format."""

import json
import tomllib

import pytest

from ukd_bench.report.page import write_report
from ukd_bench.results.claims import claims_path

from ..results.made_up import CLASSES, STUDENT, MadeUpSweep, change_sealed
from .browser import DESKTOP, PHONE, chromium, needs_chromium, opened, unfold
from .reading import Html, as_tex, flat, markdown, rows_of_csv, svg_texts, tex

SIGNS = (
    r"""# <script>alert(1)</script> "q" 'r' ../../x $\frac{1}{2}$ 50% &amp; a|b `c` *d* _e_ """
    '[f](g) '
    'אבג ابج 你好 🎬 {{ 7 * 7 }} {% x %} ~h~ ^i \\ <!-- ]]> =1+1'
)
LONG = 'w' * 1000
REFERENCES = (
    *('key', 'execution', 'folder', 'parents', 'status', 'method', 'reads', 'name_of_method'),
    *('selection', 'purpose', 'digest', 'claims_sha256', 'hashes', 'marker', 'colour', 'hook'),
    *('normalization', 'start', 'schema'),
)
"""Keys whose values are names of files or of things that the suite has, or hashes of contents."""


class Marked:
    """Takes each different text for a hostile one, told apart by a number."""

    def __init__(self, signs):
        self.taken, self._signs, self._ids = {}, signs, {}

    def all_of(self, value, *place):
        """A value of JSON with all its texts changed, but for references."""
        if isinstance(value, dict):
            return {key: self.all_of(one, *place, key) for key, one in value.items()}
        if isinstance(value, list):
            return [self.all_of(one, *place) for one in value]
        if isinstance(value, str) and not {*REFERENCES} & {*place}:
            return self.of(value, *place)
        return value

    def of(self, text, *place):
        number = self._ids.setdefault(text, len(self._ids))
        kind = '.'.join(map(str, place))
        # A name is one at whatever place it stands.
        hostile = f'{number}z{self._signs}'
        self.taken.setdefault(kind, set()).add(hostile)
        return hostile


def sweep():
    """A sweep with every kind of text that a report shows."""
    made = MadeUpSweep(seeds=(0, 1))
    made.methods = [
        dict(name='mine', title='mine', sentence='What it does.', unmeasured='Why.',
             count_meaning='counts')
    ]  # fmt: skip
    made.add_own_method('mine', STUDENT)
    made.regimes = [dict(name='only', start='weights from elsewhere', normalization='fixed')]
    made.regimes_of = {key: ['only'] for key in made.records}
    made.records[f'naive4-{STUDENT}-1'].update(
        status='oom', error=dict(type='OutOfMemoryError', message='tried to allocate')
    )
    made.lose(f'ukd4-{STUDENT}-1', 'failed', 'RuntimeError: no such clip')
    for record in made.select('mine'):
        record['counts']['teacher_forwards'] = 0
    return made


def changed(made, signs):
    """The sweep with all its texts hostile, and what was made of them."""
    marked = Marked(signs)
    made.methods = [
        dict(one) | {key: marked.of(one[key], key) for key in ('title', 'sentence', 'unmeasured')}
        for one in made.methods
    ]
    made.regimes = marked.all_of(made.regimes, 'regimes')
    made.regimes_of = {
        key: [marked.of(name, 'regimes', 'name') for name in names]
        for key, names in made.regimes_of.items()
    }
    made.dataset = marked.all_of(made.dataset, 'dataset')
    made.records = {key: marked.all_of(record) for key, record in made.records.items()}
    made.states = {key: marked.all_of(state) for key, state in made.states.items()}
    return made, marked


def claims(folder, marked):
    """A claims file whose texts are hostile."""
    content = claims_path().read_text()
    for claim in tomllib.loads(content)['claim']:
        for key in ('claim', 'rule_text'):
            hostile = json.dumps(marked.of(claim[key], 'claims', key), ensure_ascii=False)
            content = content.replace(f'"{claim[key]}"', hostile)
    path = folder / 'claims.toml'
    path.write_text(content)
    return path


@pytest.fixture(scope='module', params=[SIGNS, LONG], ids=['signs', 'long'])
def written(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp('hostile')
    made, marked = changed(sweep(), request.param)
    results = made.write(folder / 'results')
    change_sealed(results / 'plan.json', marked.of('the sweep', 'plan', 'name'), 'name')
    plan = json.loads((results / 'plan.json').read_text())
    pool = [marked.of(name, 'plan', 'pool') for name in plan['pool']]
    change_sealed(results / 'plan.json', pool, 'pool')
    report = write_report(results, folder / 'out', claims=claims(folder, marked))
    assert all(run.done for run in report.sweep.runs if run.key not in (
        f'naive4-{STUDENT}-1', f'ukd4-{STUDENT}-1'
    ))  # fmt: skip
    return folder / 'out', marked


def strings(value):
    """All texts of a JSON value, keys included."""
    if isinstance(value, dict):
        value = [*value, *value.values()]
    if isinstance(value, list):
        return [text for one in value for text in strings(one)]
    return [value] if isinstance(value, str) else []


def content(out):
    return json.loads((out / 'report.json').read_text())


def test_all_kinds_of_text_are_told(written):
    out, marked = written
    told = ' '.join(strings(content(out)))
    missing = [kind for kind, texts in marked.taken.items() if not any(map(told.count, texts))]
    # Hashes are no text, and a reason of more than 300 letters is cut.
    cut = {'environment.git.commit', 'teachers.checkpoint_sha256'}
    assert {*missing} - cut <= {'error', 'error.type', 'error.message'} and len(marked.taken) > 25


def test_the_page_shows_them_as_text(written):
    out, _ = written
    page = Html((out / 'index.html').read_text())
    assert page.tags.count('script') == 1 and not {'onerror', 'onclick'} & page.attributes
    for text in map(flat, strings(content(out))):
        if 'z#' in text or 'zw' in text:
            assert text in page.text or text in page.labels or figure_point(out, text), text[:200]


@pytest.mark.slow
@needs_chromium
def test_no_name_makes_the_page_wider_than_its_window(written):
    out, _ = written
    with chromium() as browser:
        for size in (DESKTOP, PHONE):
            with opened(browser, out / 'index.html', viewport=size) as page:
                unfold(page)
                assert page.evaluate('document.documentElement.scrollWidth <= innerWidth')
                assert page.locator('script').count() == 1


def figure_point(out, text):
    """Whether a text is of what a figure draws, which is in no page."""
    report = content(out)
    tables = [table['figure'] for table in report['tables'] if table['figure']]
    points = [one['points'] for one in (*report['figures'], *tables)]
    return text in map(flat, strings(points))


def test_markdown_shows_them_as_text(written):
    out, _ = written
    page = markdown((out / 'report.md').read_text())
    assert not {'script', 'code', 'h4'} & {*page.tags}
    cells = [cell for table in content(out)['tables'] for row in table['rows'] for cell in row]
    links = [cell for cell in cells if isinstance(cell, dict) and 'href' in cell]
    files = [table for table in content(out)['tables'] if table['rows']]
    # Two files beside each table, and report.json.
    assert page.tags.count('a') == len(links) + 2 * len(files) + 1 > 70
    rows = {tuple(row) for row in page.rows}
    for table in content(out)['tables']:
        for row in table['rows']:
            assert tuple(flat(text(cell)) for cell in row) in rows
    for verdict in content(out)['verdicts']:
        for key in ('claim', 'rule', 'reason'):
            assert flat(verdict[key]) in page.text
    for one in content(out)['methods']:
        assert flat(f'{one["name"]} : {one["value"]}') in page.text
    for one in content(out)['provenance']:
        assert (flat(one['name']), flat(text(one['value']))) in rows


def text(cell):
    return cell['text'] if isinstance(cell, dict) else cell


def value(cell):
    return cell['value'] if isinstance(cell, dict) else cell


def test_latex_shows_them_as_text(written):
    out, _ = written
    for table in content(out)['tables']:
        if table['rows']:
            rows, texts = tex((out / 'tables' / f'{table["id"]}.tex').read_text())
            wanted = [[as_tex(text(cell)) for cell in row] for row in table['rows']]
            assert rows[1:] == wanted
            headings = [title for _, title in table['groups']] if len(table['groups']) > 1 else []
            for one in (table['title'], *table['notes'], *headings):
                assert as_tex(one) in texts


def test_csv_holds_them(written):
    out, _ = written
    for table in content(out)['tables']:
        if table['rows']:
            first = table['columns'][0]['title'] or 'Column 1'
            rows = rows_of_csv(out / 'tables' / f'{table["id"]}.csv')
            assert [row[first] for row in rows] == [
                '' if row[0] == '–' else str(value(row[0])) for row in table['rows']
            ]


def test_figures_are_drawn_with_them(written):
    out, marked = written
    classes = svg_texts((out / 'figures' / 'classes.svg').read_text())
    (names,) = (texts for kind, texts in marked.taken.items() if kind == 'dataset.classes')
    assert len(names) == len(CLASSES)
    for name in names:
        short = name if len(name) <= 40 else f'{name[:39]}…'
        assert flat(short) in classes
    for path in (out / 'figures').glob('*.svg'):
        assert max(map(len, svg_texts(path.read_text()))) < 120


def test_a_name_does_not_turn_the_words_around_it(tmp_path):
    """An override of direction would have a page say 53 where 35 stands."""
    made = MadeUpSweep(seeds=(0,))
    for record in made.records.values():
        record['dataset']['classes'] = [f'\u202e{name}\u2066' for name in CLASSES]
        record['student'] = record['student'] and f'\u202e{record["student"]}'
    results = made.write(tmp_path / 'results')
    change_sealed(results / 'plan.json', '\u202esweep', 'name')
    write_report(results, tmp_path / 'out')
    for path in (tmp_path / 'out').rglob('*'):
        if path.is_file() and path.suffix != '.png':
            assert not {*'\u202e\u2066'} & {*path.read_text()}, path.name
    report = json.loads((tmp_path / 'out' / 'report.json').read_text())
    assert report['sweep']['name'] == 'sweep'
    assert {*CLASSES} <= {*svg_texts((tmp_path / 'out' / 'figures' / 'classes.svg').read_text())}


def test_control_characters_do_not_get_into_figures_and_reasons(tmp_path):
    made = MadeUpSweep(seeds=(0,))
    for record in made.records.values():
        record['dataset']['classes'] = ['a\nb', 'c\x00\x1b[31md', 'e\x7f', 'f\u2028g']
    made.lose(f'plain-{STUDENT}-0', 'failed', 'x\nRuntimeError: \x1b[31mred\x1b[0m \x07bell')
    report = write_report(made.write(tmp_path / 'results'), tmp_path / 'out')
    assert {'a b', 'e'} <= {*svg_texts((tmp_path / 'out' / 'figures' / 'classes.svg').read_text())}
    for page in (report.index, report.markdown):
        assert 'RuntimeError: red bell' in page.read_text()
