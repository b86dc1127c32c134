"""The page of many sweeps, and the command that writes it."""

import csv
import json
import re
import sys

import pytest

from ukd_bench.cli.main import main

from .reading import Html, flat

END = 'r2plus1d-r18-w8'
HOSTILE = '<img src=x> & $a$ _b_ `c` |'


@pytest.fixture
def good(made_up, tmp_path):
    return made_up.MadeUpSweep().write(tmp_path / 'good')


@pytest.fixture
def board(tmp_path, capsys):
    """Writes a leaderboard; returns status, out and err."""

    def run(*folders):
        status = main(['leaderboard', *map(str, folders), '--out', str(tmp_path / 'out')])
        return (status, *capsys.readouterr())

    return run


def content_of(tmp_path):
    return json.loads((tmp_path / 'out' / 'leaderboard.json').read_text())


def rows_of(content, name):
    (found,) = (one for one in content['tables'] if one['id'] == name)
    titles = [column['title'] for column in found['columns']]
    return [dict(zip(titles, row, strict=True)) for row in found['rows']]


def dirty(made):
    for record in made.records.values():
        record['environment']['device'] = {'kind': 'cuda', 'name': 'Made-up GPU'}
        record['environment']['git']['dirty'] = True
    for record in made.select('ukd', 4):
        record['metrics']['top1'] = 0.9 + 0.0125 * record['seed']


def test_rows_of_all_sweeps_stand_in_one_ranking(board, good, made_up, tmp_path):
    made = made_up.MadeUpSweep()
    dirty(made)
    status, out, err = board(good, made.write(tmp_path / 'theirs'))
    assert (status, err) == (0, '')
    lines = out.splitlines()
    assert lines[0] == '20 rows of 2 sweeps, measured.'
    assert lines[1].startswith(
        'darkroom-quick (synthetic), split 1, clips dddddddddddd: UKD (K = 4) of theirs has the '
        'best mean, 91.2 ± 3.1 %. Of 19 other rows, '
    )
    content = content_of(tmp_path)
    assert (content['schema'], content['kind']) == (1, 'leaderboard')
    rows = rows_of(content, 'ranking')
    first, second = rows[:2]
    assert (first['Sweep'], first['Against the best'], first['Rank']['value']) == (
        'theirs',
        'best',
        1,
    )
    assert first['Device'] == 'CUDA: Made-up GPU' and first['Remarks'] == 'uncommitted source'
    assert second['Against the best'] == 'worse' and second['p']['value'] < 0.05
    assert second['Less the best, points']['high'] < 0
    assert second['Data'] == 'darkroom-quick (synthetic)'
    told = {one['text']: one['of'] for one in content['doubts']}
    assert told['The videos are synthetic.'] == 'All'
    uncommitted = 'Some runs were made from a working tree with uncommitted changes.'
    assert told[uncommitted] == 'theirs'


def test_what_was_only_reported_stands_apart(board, good, tmp_path):
    board(good)
    content = content_of(tmp_path)
    reported = rows_of(content, 'published')
    assert len(reported) > 20
    assert not {row['Method'] for row in reported} & {
        row['Method'] for row in rows_of(content, 'ranking')
    }
    assert content['tables'][-1]['title'] == 'Published on ARID: only reported'


def test_runs_of_another_version_are_remarked(board, made_up, good, tmp_path):
    plan = json.loads((good / 'plan.json').read_text())
    number = next(n for n, row in enumerate(plan['runs']) if row['method'] == 'plain')
    made_up.change_sealed(good / 'plan.json', True, 'runs', number, 'stale')
    board(good)
    told = {row['Method']: row['Remarks'] for row in rows_of(content_of(tmp_path), 'ranking')}
    assert told['Plain'] == 'runs of another version stand in' and told['UKD'] == '–'


@pytest.mark.parametrize(
    ('text', 'changed'),
    [
        ('[[claim]]\nrule = "this.Rule"\n', False),
        ('[[claim]]\nrule = "gain"\n', True),
        ('[[claim]', True),
        ('claim = 3\n', True),
    ],
)
def test_rules_of_others_are_not_imported(board, made_up, tmp_path, text, changed):
    made = made_up.MadeUpSweep()
    made.claims_sha256 = 'f' * 64
    folder = made.write(tmp_path / 'theirs')
    (folder / 'claims.toml').write_text(text)
    assert board(folder)[0] == 0 and 'this' not in sys.modules
    texts = [one['text'] for one in content_of(tmp_path)['doubts']]
    assert ('The claims file has changed since this sweep was planned.' in texts) is changed


def test_lost_runs_are_listed(board, made_up, tmp_path):
    made = made_up.MadeUpSweep()
    error = {'type': 'OutOfMemoryError', 'message': 'tried to allocate 2 GiB'}
    made.records[f'naive4-{END}-0'].update(status='oom', error=error)
    board(made.write(tmp_path / 'it'))
    (row,) = rows_of(content_of(tmp_path), 'lost')
    assert (row['Sweep'], row['Method'], row['Status']) == ('it', 'Naive', 'oom')


def test_refused_folders_are_named_and_the_page_is_written(board, good, made_up, tmp_path):
    bad = made_up.MadeUpSweep().write(tmp_path / 'bad')
    (bad / f'ukd4-{END}-0-cafe' / 'record.json').write_text('{}')
    (tmp_path / 'figures').mkdir()
    status, out, err = board(good, bad, tmp_path / 'figures')
    assert status == 1
    assert [line.split(': ')[:2] for line in err.splitlines()] == [
        ['refused', 'bad'],
        ['passed over', 'figures'],
    ]
    assert 'Refused, because records are missing or not as their runs left them: bad.' in out
    content = content_of(tmp_path)
    assert [row['What'] for row in rows_of(content, 'left-out')] == ['refused', 'passed over']
    assert {row['Sweep'] for row in rows_of(content, 'ranking')} == {'good'}
    assert [one['folder'] for one in content['left_out'] if one['refused']] == ['bad']


def test_rows_are_in_all_files_and_groups_in_each(board, good, made_up, tmp_path):
    made = made_up.MadeUpSweep()
    for record in made.records.values():
        record['dataset']['fingerprint'] = 'e' * 64
    board(good, made.write(tmp_path / 'other'))
    content, out = content_of(tmp_path), tmp_path / 'out'
    shown = Html((out / 'index.html').read_text()).rows
    for one in content['tables']:
        lines = list(csv.DictReader((out / 'tables' / f'{one["id"]}.csv').open()))
        assert len(lines) == len(one['rows'])
        for row in one['rows']:
            assert [flat(cell['text'] if isinstance(cell, dict) else cell) for cell in row] in shown
    lines = list(csv.DictReader((out / 'tables' / 'ranking.csv').open()))
    assert [line['Rank'] for line in lines].count('1') == 4
    assert {line['Group'] for line in lines} == {
        f'darkroom-quick (synthetic), split 1, clips {letter * 12}' for letter in 'de'
    }
    html = (out / 'index.html').read_text()
    ids = re.findall(r'\bid="([^"]+)"', html)
    assert len(ids) == len(set(ids)) and set(re.findall(r'href="#([^"]+)"', html)) <= {*ids}
    assert str(tmp_path) not in html


def test_a_figure_draws_what_is_ranked(board, good, made_up, tmp_path):
    made = made_up.MadeUpSweep(seeds=(0,))
    made.select('ukd', 4)[0]['metrics']['top1'] = 0.9
    board(good, made.write(tmp_path / 'theirs'))
    content = content_of(tmp_path)
    (figure,) = content['figures']
    rows = rows_of(content, 'ranking')
    assert [point['top1'] for point in figure['points']] == [
        row['Top-1, %']['value'] for row in rows
    ]
    assert figure['points'][0]['low'] is None and figure['points'][1]['low'] < 70
    svg = (tmp_path / 'out' / 'figures' / 'ranking-1.svg').read_text()
    assert 'UKD, K = 4, theirs' in svg and 'Naive, K = 2, good' in svg
    assert (tmp_path / 'out' / 'leaderboard.md').read_text().count('](figures/ranking-1.svg)') == 1


def test_hostile_names_are_text(board, made_up, tmp_path):
    made = made_up.MadeUpSweep(seeds=(0,))
    for record in made.records.values():
        if record['student'] == END:
            record['student'] = HOSTILE
        record['dataset']['name'] = HOSTILE
        record['environment']['device']['name'] = HOSTILE
    folder = made.write(tmp_path / HOSTILE)
    bad = tmp_path / f'{HOSTILE}\nbad'
    made.write(bad)
    (bad / 'plan.json').write_text('{')
    status, _, err = board(folder, bad)
    assert status == 1 and err.count('\n') == 1
    html = (tmp_path / 'out' / 'index.html').read_text()
    assert '<img' not in html and '&lt;img' in html
    markdown = (tmp_path / 'out' / 'leaderboard.md').read_text()
    assert '<img' not in markdown.replace(r'\<img', '')
    for path in (tmp_path / 'out' / 'tables').glob('*.tex'):
        assert '$a$' not in path.read_text() and '<img' not in path.read_text()
    (row, *_) = csv.DictReader((tmp_path / 'out' / 'tables' / 'ranking.csv').open())
    assert row['Sweep'] == row['Backbone'] == HOSTILE


def test_equal_folders_give_equal_bytes(board, good, tmp_path):
    files = []
    for _ in range(2):
        board(good)
        files.append(
            {path: path.read_bytes() for path in (tmp_path / 'out').rglob('*') if path.is_file()}
        )
    assert files[0] == files[1] and len(files[0]) == 3 + 2 + 2 * 3


@pytest.mark.parametrize('case', ['absent', 'nothing', 'out'])
def test_mistakes_are_one_line(case, board, good, tmp_path):
    folder = tmp_path / 'none'
    if case == 'nothing':
        folder.mkdir()
    if case == 'out':
        folder = good
        (tmp_path / 'out').write_text('')
    status, out, err = board(folder)
    assert (status, out) == (2, '') and err.startswith('error: ') and err.count('\n') == 1
    assert (tmp_path / 'out').exists() is (case == 'out')
