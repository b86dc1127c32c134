"""The page of two sweeps, and the command that writes it."""

import csv
import json
import re

import pytest

from ukd_bench.report.__main__ import main
from ukd_bench.report.content import plain, written
from ukd_bench.report.figures.svg import Drawing
from ukd_bench.report.page import write_pages

from .reading import Html, flat

END = 'r2plus1d-r18-w8'
HOSTILE = r'<script>alert(1)</script> "q" ../ $\frac{1}{2}$ 50 % & _a_ | שלום'


@pytest.fixture
def first(made_up, tmp_path):
    return made_up.MadeUpSweep().write(tmp_path / 'first')


@pytest.fixture
def compare(made_up, first, tmp_path, capsys):
    """Writes a page of ``first`` and a sweep that a test changes; returns status, out and err."""

    def run(change=None, *options):
        made = made_up.MadeUpSweep()
        if change:
            change(made)
        second = made.write(tmp_path / 'second')
        status = main([str(first), str(second), '--out', str(tmp_path / 'out'), *options])
        return (status, *capsys.readouterr())

    return run


def content_of(tmp_path):
    return json.loads((tmp_path / 'out' / 'report.json').read_text())


def table(content, name):
    (found,) = (one for one in content['tables'] if one['id'] == name)
    titles = [column['title'] for column in found['columns']]
    return [dict(zip(titles, row, strict=True)) for row in found['rows']]


def elsewhere(made):
    for record in made.records.values():
        environment = record['environment']
        environment['device'] = {'kind': 'cuda', 'name': 'Made-up GPU'}
        environment['packages'] = environment['packages'] | {'torch': '2.12.0'}
        environment['lock_sha256'] = 'e' * 64
        record['hashes'] = {name: f'x-{value}' for name, value in record['hashes'].items()}
    for record in made.select('ukd'):
        record['metrics']['top1'] = 0.3 + 0.0125 * record['seed']


def test_equal_sweeps(compare, tmp_path):
    status, out, err = compare(None, '--check')
    assert (status, err) == (0, '')
    lines = out.splitlines()
    assert lines[0] == '19 cells with figures in both.'
    assert lines[1].startswith('Top-1 differs by no more than noise explains in any of 10')
    assert lines[2] == 'Both say the same of all 8 claims.'
    assert lines[-2].startswith('A checked against B, run by run: 39 cells compared by hash')
    assert lines[-1] == f'Page: {tmp_path / "out" / "index.html"}'
    content = content_of(tmp_path)
    assert content['kind'] == 'comparison'
    assert {row['B − A, points']['value'] for row in table(content, 'accuracy')} == {0}
    assert not any(one['id'] in ('alone', 'lost-a', 'lost-b') for one in content['tables'])
    assert [row['Of both'] for row in table(content, 'sweeps') if row['Alike'] != 'equal'] == []


def test_two_machines(compare, tmp_path):
    status, out, _ = compare(elsewhere, '--check')
    assert status == 1
    assert 'Top-1 differs by more than noise explains in 3 of 10' in out
    assert 'By the same rule, they part on C4' in out
    content = content_of(tmp_path)
    rows = {(row['Cell of'], str(row['K'])): row for row in table(content, 'accuracy')}
    ukd = next(row for (name, k), row in rows.items() if name == 'UKD' and "'value': 4" in k)
    # 0.7125, 0.7375 and 0.7 against 0.3, 0.3125 and 0.325, which began with other weights.
    assert ukd['How'] == 'unpaired' and ukd['B − A, points']['value'] == pytest.approx(
        -40.4, abs=0.1
    )
    assert ukd['B − A, points']['high'] < -35 and ukd['p']['value'] < 0.05
    verdicts = {row['Claim']: row for row in table(content, 'verdicts')}
    assert (verdicts['C4']['A'], verdicts['C4']['Verdict']) == ('SUPPORTED', 'differs')
    assert verdicts['C2']['Verdict'] == 'equal'
    assert {row['Peak, B / A'] for row in table(content, 'cost')} == {'–'}
    assert {row['Trained weights'] for row in table(content, 'hashes')} == {'not comparable'}
    differing = {row['Of both'] for row in table(content, 'sweeps') if row['Alike'] == 'differs'}
    assert differing == {'Device', 'Lock SHA-256', 'Package torch'}


def test_check_asks_whether_the_second_is_met(compare):
    def fewer(made):
        del made.records[f'plain-{END}-0']

    def more(made):
        made.add('wide', 'wide', top1=0.6)

    assert compare(fewer, '--check')[0] == 0
    assert compare(more)[0] == 0
    assert compare(more, '--check')[0] == 1


def test_other_data_and_other_rules_are_said_first(compare, tmp_path):
    def change(made):
        made.dataset = {'name': 'another', 'synthetic': False}
        for record in made.records.values():
            record['dataset'] |= made.dataset | {'fingerprint': 'e' * 64}

    _, out, _ = compare(change)
    assert 'Where the clips are not the same, no difference of accuracies is given.' in out
    content = content_of(tmp_path)
    told = [(one['of'], one['text']) for one in content['doubts']]
    assert ('A − B', 'They did not see the same clips.') in told
    assert ('A', 'The videos are synthetic.') in told
    assert {row['B − A, points'] for row in table(content, 'accuracy')} == {'–'}
    assert all(one['figure'] is None for one in content['tables'])


def test_what_one_sweep_has_alone(compare, tmp_path):
    def change(made):
        made.lose(f'naive4-{END}-1', 'failed', 'RuntimeError: no')
        made.add('wide', 'wide', top1=0.6)

    compare(change)
    content = content_of(tmp_path)
    rows = [[*row.values()] for row in table(content, 'alone')]
    assert [[row[0], row[2], row[3], row[5]] for row in rows] == [
        ['Naive, r2plus1d-r18-w8', 'A', '1', 'failed'],
        ['Plain, wider, r2plus1d-r18-w8', 'B', '0', 'not planned'],
    ]
    assert [row['Why'] for row in table(content, 'lost-b')] == ['RuntimeError: no']


def test_nothing_in_common(compare, tmp_path):
    def change(made):
        made.records = {k: r | {'split': 2} for k, r in made.records.items()}

    status, out, _ = compare(change)
    assert status == 0 and out.startswith('No cell stands in both')
    assert len(table(content_of(tmp_path), 'alone')) == 38


def test_pages_and_tables_hold_what_the_file_says(compare, tmp_path):
    compare(elsewhere)
    content, out = content_of(tmp_path), tmp_path / 'out'
    shown = Html((out / 'index.html').read_text()).rows
    for one in content['tables']:
        lines = list(csv.DictReader((out / 'tables' / f'{one["id"]}.csv').open()))
        assert len(lines) == len(one['rows']) > 0
        tex = (out / 'tables' / f'{one["id"]}.tex').read_text()
        assert tex.count(r' \\') >= len(one['rows'])
        for row in one['rows']:
            assert [flat(cell['text'] if isinstance(cell, dict) else cell) for cell in row] in shown
    figures = [one['figure']['name'] for one in content['tables'] if one['figure']]
    assert figures == ['two-sweeps']
    drawings = [
        Drawing(name, '', (out / 'figures' / f'{name}.svg').read_text(), b'') for name in figures
    ]
    (tmp_path / 'again').mkdir()
    for made in write_pages(written(content), drawings, tmp_path / 'again'):
        assert made.read_bytes() == (out / made.name).read_bytes()
    assert plain(written(content)) == content


def test_the_page_is_whole_and_tells_no_path(compare, tmp_path):
    compare(elsewhere)
    html = (tmp_path / 'out' / 'index.html').read_text()
    ids = re.findall(r'\bid="([^"]+)"', html)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'href="#([^"]+)"', html)) <= {*ids}
    for name in ('index.html', 'report.md', 'report.json'):
        assert str(tmp_path) not in (tmp_path / 'out' / name).read_text()


def test_hostile_names_are_text(made_up, tmp_path, capsys):
    def hostile(name):
        made = made_up.MadeUpSweep(seeds=(0,))
        made.add('wide', 'wide' if name == 'one' else 'other', top1=0.5, seed=len(name))
        made.dataset = {'name': HOSTILE}
        made.regimes = [dict(name=HOSTILE, start=HOSTILE)]
        for record in made.records.values():
            record['environment']['device']['name'] = HOSTILE
            record['environment']['packages'] = {HOSTILE: name}
            record['dataset']['name'] = HOSTILE
            made.regimes_of[record['key']] = [HOSTILE]
            if record['student'] == END:
                record['student'] = HOSTILE
        return str(made.write(tmp_path / name))

    folders = hostile('one'), hostile('<b>two & _2_')
    assert main([*folders, '--out', str(tmp_path / 'out')]) == 0
    html = (tmp_path / 'out' / 'index.html').read_text()
    assert html.count('<script>') == 1 and '<b>two' not in html and '&lt;b&gt;two' in html
    markdown = (tmp_path / 'out' / 'report.md').read_text()
    assert '<script>' not in markdown.replace(r'\<script\>', '') and r'\<b\>two' in markdown
    for path in (tmp_path / 'out' / 'tables').glob('*.tex'):
        assert r'\frac' not in path.read_text() and '<script>' not in path.read_text()
    rows = csv.DictReader((tmp_path / 'out' / 'tables' / 'sweeps.csv').open())
    assert HOSTILE in {row['A'] for row in rows}


@pytest.mark.parametrize(
    ('words', 'message'),
    [
        (
            ['first', 'first', 'first', '--out', 'x'],
            'report takes one sweep, or two side by side, not 3; ukd-bench leaderboard takes any '
            'number',
        ),
        (['first', 'first', '--findings'], '--findings goes with one sweep, and there are two'),
        (
            ['first', 'first', '--out', 'x', '--reference', 'first'],
            '--reference goes with one sweep, and there are two',
        ),
        (['first', 'none', '--out', 'x'], 'none: no such results folder'),
        (['first', 'first', '--out', 'x', '--claims', 'none'], 'none: '),
        (['first', '--out', 'x', '--check'], '--check needs --reference'),
    ],
)
def test_mistakes_are_one_line(words, message, first, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(words) == 2
    out, err = capsys.readouterr()
    assert out == '' and err.startswith(f'error: {message}') and err.count('\n') == 1
    assert not (tmp_path / 'x').exists()
