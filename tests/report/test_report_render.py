import re

import pytest

from ukd_bench.errors import ResultsError
from ukd_bench.report.__main__ import main
from ukd_bench.report.page import markdown_cell, write_report
from ukd_bench.results.claims import load_claims

from . import golden
from .reading import markdown

NAMES = ['A$$AP', '$x^{', r'\frac', '<script>&']
"""Names of classes that mean something to matplotlib or to a page."""


@pytest.fixture(scope='module')
def page(tmp_path_factory):
    folder = tmp_path_factory.mktemp('page')
    golden.write(folder)
    return folder / 'out'


def test_golden_report(page):
    """After a wanted change: ``python -m tests.report.golden``, then read the difference."""
    text = (page / 'report.md').read_text()
    assert text == golden.GOLDEN.read_text().replace('CLAIMS', load_claims().sha256)


def names_of_tables(page):
    return [path.name for path in (page / 'tables').iterdir()]


@pytest.mark.slow
def test_equal_inputs_give_equal_bytes(page, tmp_path):
    golden.write(tmp_path)
    names = sorted(path.relative_to(page) for path in page.rglob('*') if path.is_file())
    figures = [path.stem for path in (page / 'figures').glob('*.svg')]
    assert len(figures) > 20 and sorted(figures) == sorted(
        path.stem for path in (page / 'figures').glob('*.png')
    )
    assert len(names) == 3 + 2 * len(figures) + len(names_of_tables(page))
    for name in names:
        assert (page / name).read_bytes() == (tmp_path / 'out' / name).read_bytes(), name


def test_page_is_self_contained_and_tells_no_path(page):
    for name in ('index.html', 'report.md'):
        text = (page / name).read_text()
        assert '/home/' not in text and str(page) not in text and '/tmp/' not in text
    html = (page / 'index.html').read_text()
    # Pictures within figures are in the page; links lead to the records, and nowhere else.
    links = set(re.findall(r'(?:src|href)="(?!#|data:image/png)([^"]*)', html))
    beside = r'(figures|tables)/[\w-]+\.(svg|png|csv|tex)|report\.json'
    kinds = rf'\.\./results/[^/]+/record\.json|{beside}'
    assert len(links) > 100 and all(re.fullmatch(kinds, link) for link in links)
    assert all((page / link).is_file() for link in links)
    assert 'url(http' not in html and '@import' not in html


def test_ids_of_the_page_are_unique(page):
    ids = re.findall(r'\bid="([^"]+)"', (page / 'index.html').read_text())
    assert len(ids) == len(set(ids))


def test_references_within_figures_resolve(page):
    html = (page / 'index.html').read_text()
    ids = set(re.findall(r'\bid="([^"]+)"', html))
    wanted = set(re.findall(r'(?:href="#|url\(#)([^")]+)', html))
    assert wanted <= ids


def test_page_says_what_it_must(page):
    for name in ('index.html', 'report.md'):
        text = (page / name).read_text()
        assert 'is about the mechanism, not about ARID' in text
        assert 'our reconstruction from the abstract' in text
        assert 'Not measured here' in text
        assert 'has changed since this sweep was planned' in text
        assert 'ran out of memory' in text.lower() or 'oom' in text


def test_real_data_carry_no_banner(made_up, tmp_path):
    made = made_up.MadeUpSweep(seeds=(0,))
    made.dataset = {'name': 'arid-v1.0', 'synthetic': False}
    for record in made.records.values():
        record['dataset'].update(name='arid-v1.0', edition='v1.0', synthetic=False)
    report = write_report(made.write(tmp_path / 'results'), tmp_path / 'out')
    assert 'Synthetic data' not in report.index.read_text()


def test_text_of_errors_is_escaped(made_up, tmp_path):
    made = made_up.MadeUpSweep(seeds=(0,))
    made.lose('plain-r2plus1d-r18-w8-0', 'failed', '<script>alert(1)</script> | no')
    report = write_report(made.write(tmp_path / 'results'), tmp_path / 'out')
    assert '<script>alert' not in report.index.read_text()
    assert r'\<script\>' in report.markdown.read_text()


def test_nothing_done_still_gives_a_report(made_up, tmp_path):
    made = made_up.MadeUpSweep(seeds=(0,))
    for key in made.records:
        made.lose(key, 'interrupted', None)
    report = write_report(made.write(tmp_path / 'results'), tmp_path / 'out')
    assert {verdict.verdict for verdict in report.verdicts} == {'INCONCLUSIVE'}
    assert 'Runs without figures' in report.index.read_text()


def test_unwritable_folder(made_up, tmp_path):
    results = made_up.MadeUpSweep(seeds=(0,)).write(tmp_path / 'results')
    (tmp_path / 'file').write_text('')
    with pytest.raises(ResultsError, match='cannot be written'):
        write_report(results, tmp_path / 'file')


def test_markdown_cell():
    assert markdown_cell('a|b\n*c*') == r'a\|b \*c\*'


@pytest.mark.parametrize(
    'text', ['# a', '## a', '- a', '+ a', '12. a', '1) a', '    a', '+1.5 [a]', '-', '* a', '> a']
)
def test_no_text_begins_a_heading_or_a_list(text):
    page = markdown(f'- {markdown_cell(text)}\n')
    assert page.tags.count('li') == 1 and not {'h1', 'h2', 'ol', 'pre'} & {*page.tags}
    assert page.text == text.strip()


def test_names_that_are_no_words_are_told_as_they_are(made_up, tmp_path):
    """Neither as mathematics, which matplotlib would refuse, nor as markup."""
    made = made_up.MadeUpSweep(seeds=(0,))
    made.methods = [dict(name='mine', title='my $\\sum$ _way_', sentence='A *way*.')]
    made.add_own_method('mine', 'r2plus1d-r18-w8')
    for record in made.records.values():
        record['dataset']['classes'] = NAMES
    results = made.write(tmp_path / 'results')
    made_up.change_sealed(results / 'plan.json', 'a_b|[c](d) *e* `f` $g$ <h>', 'name')
    report = write_report(results, tmp_path / 'out')
    classes = (tmp_path / 'out' / 'figures' / 'classes.svg').read_text()
    for name in ('A$$AP', '$x^{', r'\frac', '&lt;script&gt;&amp;', r'My $\sum$ _way_'):
        assert f'>{name}' in classes, name
    text = report.markdown.read_text()
    assert text.startswith(r'# UKD benchmark: a\_b\|\[c\](d) \*e\* \`f\` \$g\$ \<h\>')
    assert r'- **My \$\\sum\$ \_way\_**: A \*way\*.' in text
    assert '<script>&' not in report.index.read_text()


def test_the_terminal_takes_no_name_for_markup(made_up, tmp_path, capsys):
    results = made_up.MadeUpSweep(seeds=(0,)).write(tmp_path / 'results')
    made_up.change_sealed(results / 'plan.json', 'odd [/b] [red]', 'name')
    assert main([str(results), '--out', str(tmp_path / 'out')]) == 0
    assert 'Sweep odd [/b] [red]' in capsys.readouterr().out
