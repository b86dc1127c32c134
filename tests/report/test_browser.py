"""What the page does in a browser: it sorts, filters, switches its look and prints."""

import html
import json
import re
import shutil
import subprocess

import pytest

from . import golden

CHROMIUM = shutil.which('chromium') or shutil.which('chromium-browser')
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason='no Chromium is installed'),
]


def chromium(*words, cwd):
    command = [
        CHROMIUM,
        '--headless',
        '--no-sandbox',
        '--disable-gpu',
        '--virtual-time-budget=3000',
    ]
    run = subprocess.run(
        [*command, f'--user-data-dir={cwd / "profile"}', *map(str, words)],
        capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    return run.stdout


@pytest.fixture(scope='module')
def page(tmp_path_factory):
    folder = tmp_path_factory.mktemp('page')
    golden.write(folder)
    return folder / 'out' / 'index.html'


@pytest.fixture
def told(page, tmp_path):
    """What a script returns in the page; errors of the page's own scripts fail the test."""

    def run(script, *options):
        before = (
            '<script>window.wrong = []; onerror = (text) => { window.wrong.push(text); };</script>'
        )
        after = (
            f'<script>const told = (() => {{ {script} }})();'
            'document.body.replaceChildren();'
            'document.body.append(JSON.stringify({ told, wrong: window.wrong }));</script>'
        )
        text = (
            page.read_text()
            .replace('<head>', f'<head>{before}')
            .replace('</body>', f'{after}</body>')
        )
        path = tmp_path / 'asked.html'
        path.write_text(text)
        found = chromium(*options, '--dump-dom', path.as_uri(), cwd=tmp_path)
        body = re.search(r'<body>(.*?)</body>', found, re.DOTALL)[1]
        answer = json.loads(html.unescape(body))
        assert answer['wrong'] == []
        return answer['told']

    return run


COLUMN = """
const table = document.querySelector('.scroll[aria-label="Accuracy"] table');
const column = (index) => [...table.tBodies[0].rows].filter((row) => !row.hidden)
    .map((row) => row.cells[row.classList.contains('group') ? 0 : index].textContent);
const heading = table.tHead.rows[0].cells[4];
"""


def groups(cells):
    """Figures by heading, as numbers; None for a dash."""
    found, name = {}, ''
    for cell in cells:
        if re.match(r'[–\d]', cell):
            found[name].append(None if cell == '–' else float(cell.split(' ')[0]))
        else:
            name = cell
            found[name] = []
    return found


def test_a_table_sorts_within_its_groups_and_goes_back(told):
    before, up, down, again, states = told(
        COLUMN
        + """
        const seen = [column(4)], states = [];
        for (let times = 0; times < 3; times++) {
            heading.querySelector('button').click();
            seen.push(column(4));
            states.push(heading.getAttribute('aria-sort'));
        }
        return [...seen, states];
        """
    )
    assert states == ['ascending', 'descending', None] and again == before
    by_group = groups(before)
    assert len(by_group) == 2 and all(len(values) > 8 for values in by_group.values())
    for name, values in by_group.items():
        known = [value for value in values if value is not None]
        missing = [None] * (len(values) - len(known))
        assert groups(up)[name] == sorted(known) + missing
        assert groups(down)[name] == sorted(known, reverse=True) + missing


def test_a_table_shows_the_rows_that_hold_all_words(told):
    names, status, none, back = told(
        COLUMN
        + """
        const box = document.querySelector('input[aria-label="Filter rows of Accuracy"]');
        const type = (text) => { box.value = text; box.dispatchEvent(new Event('input')); };
        type('slowonly naive');
        const some = [column(0), box.nextSibling.textContent];
        type('no such row');
        const none = column(0);
        type('');
        return [...some, none, column(0).length];
        """
    )
    assert names[0].startswith('slowonly') and len(names) > 2
    assert all('Naive' in name for name in names[1:])
    assert status == f'{len(names) - 1} of {back - 2} rows' and none == []


@pytest.mark.parametrize('system', ['dark', 'light'])
def test_the_look_is_the_systems_until_the_reader_chooses(told, system):
    before, after = told(
        """
        const button = document.querySelector('button.look');
        const seen = () => [getComputedStyle(document.body).backgroundColor, button.textContent];
        const before = seen();
        button.click();
        return [before, seen()];
        """,
        *(['--blink-settings=preferredColorScheme=0'] if system == 'dark' else []),
    )
    looks = [['rgb(21, 25, 29)', 'Light page'], ['rgb(255, 255, 255)', 'Dark page']]
    assert [before, after] == (looks if system == 'dark' else looks[::-1])


def test_every_heading_and_control_has_a_name_and_can_be_reached(told):
    buttons, inputs, regions, unnamed = told(
        """
        const all = (what) => [...document.querySelectorAll(what)];
        return [
            all('th button').length, all('input').length, all('.scroll[tabindex="0"]').length,
            all('button, a, summary').filter((one) => !one.textContent.trim() || one.tabIndex < 0)
                .map((one) => one.outerHTML),
        ];
        """
    )
    assert buttons > 50 and inputs > 3 and regions > 5 and unnamed == []


def test_it_prints(page, tmp_path):
    chromium(f'--print-to-pdf={tmp_path / "page.pdf"}', page.as_uri(), cwd=tmp_path)
    assert (tmp_path / 'page.pdf').read_bytes().startswith(b'%PDF')
