"""What the page does in a browser: by mouse, by keys, on paper, and for those who cannot see it."""

import json
import re
import unicodedata
from urllib.parse import unquote, urlsplit

import pytest

from ukd_bench.report.comparing import write_comparison
from ukd_bench.report.leaderboard import write_leaderboard

from ..results.made_up import MadeUpSweep
from . import golden
from .browser import DESKTOP, PHONE, chromium, needs_chromium, opened, unfold

pytestmark = [pytest.mark.slow, needs_chromium]

TABLE = '.scroll[aria-label="Accuracy"] table'
FILTER = 'input[aria-label="Filter rows of Accuracy"]'
TOP1 = 4
"""The column of top-1 accuracies."""


@pytest.fixture(scope='module')
def browser():
    with chromium() as made:
        yield made


@pytest.fixture(scope='module')
def path(tmp_path_factory):
    folder = tmp_path_factory.mktemp('page')
    golden.write(folder)
    return folder / 'out' / 'index.html'


@pytest.fixture
def page(browser, path):
    with opened(browser, path) as made:
        yield made


def shown(page, column):
    """The cells of a column that can be seen, by the heading of their group."""
    groups = page.eval_on_selector_all(
        f'{TABLE} tbody',
        """(bodies, column) => bodies.map((body) => [...body.rows].filter((row) => !row.hidden)
            .map((row) => row.cells[row.classList.contains('group') ? 0 : column].textContent))""",
        column,
    )
    return {heading: cells for heading, *cells in filter(None, groups)}


def figures(cells):
    """Cells as numbers; None for a dash."""
    return [None if cell == '–' else float(cell.split(' ')[0]) for cell in cells]


def background(page):
    return page.evaluate('getComputedStyle(document.body).backgroundColor')


LIGHT, DARK = ('rgb(255, 255, 255)', 'Dark page'), ('rgb(21, 25, 29)', 'Light page')


def test_a_table_sorts_within_its_groups_and_goes_back(page):
    heading = page.locator(f'{TABLE} thead th').nth(TOP1)
    before = shown(page, TOP1)
    assert len(before) == 2 and all(len(cells) > 8 for cells in before.values())
    for state, descending in (('ascending', False), ('descending', True)):
        heading.get_by_role('button').click()
        assert heading.get_attribute('aria-sort') == state
        for name, cells in shown(page, TOP1).items():
            known = [one for one in figures(before[name]) if one is not None]
            missing = [None] * (len(before[name]) - len(known))
            assert figures(cells) == sorted(known, reverse=descending) + missing
    heading.get_by_role('button').click()
    assert heading.get_attribute('aria-sort') is None and shown(page, TOP1) == before


def test_a_table_shows_the_rows_that_hold_all_words(page):
    everything = sum(map(len, shown(page, 0).values()))
    page.fill(FILTER, 'slowonly naive')
    ((name, cells),) = shown(page, 0).items()
    assert name.startswith('slowonly') and len(cells) > 1
    assert all('Naive' in cell for cell in cells)
    status = page.locator(f'{FILTER} + [role=status]')
    assert status.inner_text() == f'{len(cells)} of {everything} rows'
    # A column's whole cell: not every row with a 4 somewhere.
    page.fill(FILTER, 'ukd k=4')
    cells = [cell for group in shown(page, 1).values() for cell in group]
    assert cells and {*cells} == {'4'}
    page.fill(FILTER, 'no such row')
    assert shown(page, 0) == {}
    page.fill(FILTER, '')
    assert sum(map(len, shown(page, 0).values())) == everything and status.inner_text() == ''


@pytest.mark.parametrize('system', ['dark', 'light'])
def test_the_look_is_the_systems_until_the_reader_chooses(browser, path, system):
    with opened(browser, path, color_scheme=system) as page:
        looks = [DARK, LIGHT] if system == 'dark' else [LIGHT, DARK]
        button = page.locator('button.look')
        assert (background(page), button.inner_text()) == looks[0]
        button.click()
        assert (background(page), button.inner_text()) == looks[1]
        # The choice stays, whatever the system does.
        page.emulate_media(color_scheme='light' if system == 'dark' else 'dark')
        page.emulate_media(color_scheme=system)
        assert (background(page), button.inner_text()) == looks[1]


def test_every_link_leads_somewhere(page, path):
    links = page.eval_on_selector_all(
        'a', "(all) => all.map((one) => [one.textContent.trim(), one.getAttribute('href')])"
    )
    assert len(links) > 8
    for text, href in links:
        parts = urlsplit(href)
        assert text and not parts.scheme and not parts.netloc, f'{text}: {href}'
        target = path.parent / unquote(parts.path) if parts.path else path
        assert target.is_file(), f'{text}: {href}'
        if parts.fragment and target == path:
            assert page.locator(f'[id="{unquote(parts.fragment)}"]').count() == 1, href


def test_a_run_leads_to_its_record(browser, path):
    context = browser.new_context(viewport=DESKTOP)
    try:
        page = context.new_page()
        page.goto(path.as_uri())
        page.locator('#every-run summary').click()
        page.fill('input[aria-label="Filter rows of Every run"]', 'ukd seed=1 k=2')
        row = page.locator('#every-run tbody tr:visible').filter(has=page.locator('td')).first
        row.get_by_role('link').click()
        page.wait_for_url('**/record.json')
        told = json.loads(page.locator('body').inner_text())
        assert (told['method'], told['num_teachers'], told['seed']) == ('ukd', 2, 1)
    finally:
        context.close()


def test_links_of_the_contents_lead_to_their_parts(page):
    contents = page.locator('nav a')
    for number in range(contents.count()):
        page.evaluate('scrollTo(0, 0)')
        link = contents.nth(number)
        link.click()
        part = page.locator(f'[id="{link.get_attribute("href")[1:]}"]')
        box = part.bounding_box()
        assert 0 <= box['y'] < DESKTOP['height'], link.inner_text()


FOCUSED = """() => {
    const one = document.activeElement, style = getComputedStyle(one);
    window.reached ??= new Set();
    const again = window.reached.has(one);
    window.reached.add(one);
    const { top, bottom, width } = one.getBoundingClientRect();
    return {
        again, what: one.outerHTML.slice(0, 120), body: one === document.body,
        outlined: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2,
        seen: bottom > 0 && top < innerHeight && width > 0,
        named: Boolean(one.textContent.trim() || one.getAttribute('aria-label')),
    };
}"""


def test_tab_reaches_everything_and_shows_where_it_is(page):
    unfold(page)
    for _ in range(1000):
        page.keyboard.press('Tab')
        at = page.evaluate(FOCUSED)
        if at['again'] or at['body']:
            break
        assert at['outlined'] and at['seen'] and at['named'], at['what']
    left = page.evaluate(
        """() => {
            const controls = [...document.querySelectorAll('a, button, input, select, summary')];
            // A table that is wider than the page must be scrolled by keys.
            const wide = [...document.querySelectorAll('.scroll')]
                .filter((one) => one.scrollWidth > one.clientWidth);
            return [controls.length, [...controls, ...wide]
                .filter((one) => !window.reached.has(one)).map((one) => one.outerHTML)];
        }"""
    )
    assert left[0] > 60 and left[1] == []


def focus(page, selector):
    """Tabs on until an element has the focus."""
    for _ in range(1000):
        page.keyboard.press('Tab')
        if page.evaluate('(selector) => document.activeElement.matches(selector)', selector):
            return
    raise AssertionError(f'{selector} is out of reach')


def test_keys_alone_do_all_that_a_mouse_does(browser, path):
    with opened(browser, path, color_scheme='light', viewport=PHONE) as page:
        focus(page, 'button.look')
        page.keyboard.press('Enter')
        assert background(page) == DARK[0]
        focus(page, 'summary')
        folded = page.locator('details').first
        assert folded.get_attribute('open') is None
        page.keyboard.press('Space')
        assert folded.get_attribute('open') is not None
        focus(page, FILTER)
        page.keyboard.type('slowonly')
        assert len(shown(page, 0)) == 1
        focus(page, '.scroll[aria-label="Accuracy"]')
        page.keyboard.press('ArrowRight')
        page.wait_for_function('document.activeElement.scrollLeft > 0')
        focus(page, f'{TABLE} th:nth-child({TOP1 + 1}) button')
        page.keyboard.press('Space')
        (cells,) = shown(page, TOP1).values()
        known = [one for one in figures(cells) if one is not None]
        assert known == sorted(known) and len(known) > 3


@pytest.fixture(scope='module')
def pages(path, tmp_path_factory):
    """The three kinds of pages."""
    folder = tmp_path_factory.mktemp('pages')
    results = path.parent.parent / 'results'
    other = MadeUpSweep(seeds=(0, 1)).write(folder / 'other')
    return dict(
        report=path,
        comparison=write_comparison(results, other, folder / 'both').index,
        leaderboard=write_leaderboard([other], folder / 'board').index,
    )


@pytest.mark.parametrize('size', [DESKTOP, PHONE], ids=['desktop', 'phone'])
@pytest.mark.parametrize('look', ['light', 'dark'])
@pytest.mark.parametrize('kind', ['report', 'comparison', 'leaderboard'])
def test_axe_finds_no_barrier(browser, pages, kind, look, size):
    from axe_playwright_python.sync_playwright import Axe

    with opened(browser, pages[kind], color_scheme=look, viewport=size) as page:
        unfold(page)
        found = Axe().run(page)
        version = tuple(map(int, found.response['testEngine']['version'].split('.')))
        assert version >= (4, 8) and found.violations_count == 0, found.generate_report()
        # What axe has no rule for: a page that is wider than its window.
        assert page.evaluate('document.documentElement.scrollWidth <= innerWidth')


def words(text):
    """Text without spaces, and without the ligatures that paper has."""
    return re.sub(r'\s+', '', unicodedata.normalize('NFKC', text))


def test_all_of_it_prints(browser, path, tmp_path):
    from pypdf import PdfReader

    with opened(browser, path, color_scheme='dark') as page:
        page.pdf(path=tmp_path / 'page.pdf', format='A4')
        leaves = PdfReader(tmp_path / 'page.pdf').pages
        paper = words(''.join(leaf.extract_text() for leaf in leaves))
        folded = page.locator('details:not([open])').locator('dt, dd, th, td')
        # Word by word: a cell of several lines stands between those of its neighbour.
        inside = ' '.join(folded.all_text_contents()).split()
        assert len(inside) > 200 and [one for one in inside if words(one) not in paper] == []
        for row in page.locator(f'{TABLE} tbody tr').all_text_contents():
            assert words(row) in paper
        # What is for the screen alone.
        assert 'Darkpage' not in paper and 'Lightpage' not in paper
        page.emulate_media(media='print')
        assert background(page) == LIGHT[0]


def test_without_scripts_all_is_there(browser, path):
    with (
        opened(browser, path, java_script_enabled=False) as plain,
        opened(browser, path) as page,
    ):
        for told in (plain, page):
            assert told.locator(f'{TABLE} tbody tr').count() > 20
        assert plain.locator('button, input').count() == 0
        texts = [
            sorted(told.locator('main td, main th, main p, main dd').all_text_contents())
            for told in (plain, page)
        ]
        assert texts[0] == texts[1] and len(texts[0]) > 500
