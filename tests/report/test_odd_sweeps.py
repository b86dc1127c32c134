"""Sweeps that lack something, or hold what cannot be read: the report names it, and goes on."""

import json

import pytest

from ukd_bench.report.__main__ import main
from ukd_bench.report.page import write_report

from ..results.made_up import STUDENT, MadeUpSweep, change_sealed

PLAIN, NAIVE = f'plain-{STUDENT}-0', f'naive4-{STUDENT}-0'


def report_of(results, out):
    """``report.json`` of a report that was written, and its Markdown."""
    page = write_report(results, out)
    return json.loads((out / 'report.json').read_text()), page.markdown.read_text()


def lost(content):
    """(status, reason) of the runs without figures, by method and network."""
    (table,) = (one for one in content['tables'] if one['id'] == 'lost')
    return {tuple(row[:2]): tuple(row[-2:]) for row in table['rows']}


def table(content, name):
    return next((one for one in content['tables'] if one['id'] == name), None)


@pytest.fixture
def results(tmp_path):
    return MadeUpSweep(seeds=(0, 1)).write(tmp_path / 'results')


def damage(path, what):
    whole = path.read_bytes()
    half = whole[: len(whole) // 2]
    contents = dict(empty=b'', half=half, other=b'no such thing', longer=whole * 2)
    path.write_bytes(contents[what])


@pytest.mark.parametrize('what', ['empty', 'half', 'other', 'longer'])
@pytest.mark.parametrize('name', ['scores.npz', 'record.json', 'curve.csv'])
def test_a_damaged_file_costs_its_run_alone(results, tmp_path, name, what):
    damage(results / f'{PLAIN}-cafe' / name, what)
    content, _ = report_of(results, tmp_path / 'out')
    ((run, (status, why)),) = lost(content).items()
    assert run == ('Plain', STUDENT) and status == 'unreadable' and name in why
    assert '\n' not in why and str(tmp_path) not in why
    assert content['sweep']['done'] == content['sweep']['planned'] - 1
    (doubt,) = (one for one in content['doubts'] if 'cannot be read' in one['text'])
    assert '1' in doubt['text']


def test_scores_that_disagree_with_their_record_are_named(results, tmp_path):
    change_sealed(results / f'{PLAIN}-cafe' / 'record.json', 0.99, 'metrics', 'top1')
    content, _ = report_of(results, tmp_path / 'out')
    ((_, (status, why)),) = lost(content).items()
    assert status == 'unreadable' and 'metrics.top1 is 0.99' in why


def test_unknown_keys_are_passed_over(results, tmp_path):
    before, _ = report_of(results, tmp_path / 'before')
    change_sealed(results / 'plan.json', {'a': ['b']}, 'later')
    change_sealed(results / 'plan.json', 'b', 'runs', 0, 'later')
    for folder in results.glob('*-cafe'):
        change_sealed(folder / 'record.json', {'a': None}, 'later')
        change_sealed(folder / 'record.json', 7, 'environment', 'later')
        change_sealed(folder / 'record.json', 7, 'counts', 'later')
    after, _ = report_of(results, tmp_path / 'after')
    assert after == before


def former(path):
    """The file as schema 1 had it: without a digest of itself."""
    content = json.loads(path.read_text())
    del content['digest']
    path.write_text(json.dumps(content | {'schema': 1}))


def test_a_record_of_the_former_schema_is_told_from_others(results, tmp_path):
    former(results / f'{PLAIN}-cafe' / 'record.json')
    content, _ = report_of(results, tmp_path / 'out')
    ((_, (status, why)),) = lost(content).items()
    assert (status, why) == (
        'unreadable',
        'record.json: schema 1 is not 2, which this release reads',
    )


def test_a_sweep_whose_records_are_all_of_the_former_schema(results, tmp_path):
    for folder in results.glob('*-cafe'):
        former(folder / 'record.json')
    content, markdown = report_of(results, tmp_path / 'out')
    assert {why for _, why in lost(content).values()} == {
        'record.json: schema 1 is not 2, which this release reads'
    }
    assert content['sweep']['done'] == 0 and content['figures'] == []
    assert {one['verdict'] for one in content['verdicts']} == {'INCONCLUSIVE'}
    assert table(content, 'published') and 'Published on ARID' in markdown


def test_a_plan_of_the_former_schema_is_refused_in_a_line(results, tmp_path, capsys):
    former(results / 'plan.json')
    assert main([str(results), '--out', str(tmp_path / 'out')]) == 2
    told = capsys.readouterr().err.strip()
    assert told.endswith('plan.json: schema 1 is not 2, which this release reads')
    assert '\n' not in told and not (tmp_path / 'out').exists()


def without(*methods, seeds=(0, 1)):
    made = MadeUpSweep(seeds=seeds)
    made.records = {
        key: record for key, record in made.records.items() if record['method'] not in methods
    }
    return made


def test_without_two_streams_the_rest_stands(tmp_path):
    made = without('two_stream_dark_light', 'two_stream_rgb_flow')
    content, _ = report_of(made.write(tmp_path / 'results'), tmp_path / 'out')
    (claim,) = (one for one in content['verdicts'] if one['id'] == 'C5')
    assert claim['verdict'] == 'INCONCLUSIVE' and 'two-stream' in claim['reason'].lower()
    gains = table(content, 'gains')
    assert any('two-stream (dark, light)' in note for note in gains['notes'])


@pytest.mark.parametrize(
    ('methods', 'named'),
    [
        (('plain',), {'C1': 'No training peak of plain', 'C4': 'plain'}),
        (('ukd',), {'C2': 'UKD', 'C4': 'UKD'}),
        (('naive',), {'C1': 'naive'}),
        (('plain', 'label_smoothing'), {'C4': 'label smoothing'}),
        (('plain', 'ukd', 'naive', 'label_smoothing', 'two_stream_dark_light'), {'C4': 'UKD'}),
    ],
)
def test_missing_methods_leave_claims_open_and_are_named(tmp_path, methods, named):
    made = without(*methods)
    content, markdown = report_of(made.write(tmp_path / 'results'), tmp_path / 'out')
    assert content['sweep']['done'] == len(made.records)
    verdicts = {one['id']: one for one in content['verdicts']}
    for claim, words in named.items():
        assert verdicts[claim]['verdict'] == 'INCONCLUSIVE'
        assert words in verdicts[claim]['reason'], verdicts[claim]['reason']
    assert 'None' not in markdown and '| nan' not in markdown


def test_teachers_alone(tmp_path):
    made = MadeUpSweep(seeds=())
    content, _ = report_of(made.write(tmp_path / 'results'), tmp_path / 'out')
    assert {one['verdict'] for one in content['verdicts']} == {'INCONCLUSIVE'}
    assert table(content, 'teachers')['rows'] and content['figures'] == []


def test_one_seed_has_no_intervals_and_says_so(tmp_path):
    made = MadeUpSweep(seeds=(2,))
    content, _ = report_of(made.write(tmp_path / 'results'), tmp_path / 'out')
    assert any('one seed' in one['text'].lower() for one in content['doubts'])
    rows = table(content, 'accuracy')['rows']
    cells = [cell for row in rows for cell in row if isinstance(cell, dict)]
    assert rows and not any('low' in cell for cell in cells)


@pytest.mark.parametrize('status', ['failed', 'interrupted', 'running', 'pending'])
def test_a_sweep_in_which_nothing_came_to_an_end(tmp_path, status):
    made = MadeUpSweep(seeds=(0,))
    for key in made.records:
        made.lose(key, status, f'RuntimeError: why {key}' if status == 'failed' else None)
    content, _ = report_of(made.write(tmp_path / 'results'), tmp_path / 'out')
    assert len(table(content, 'lost')['rows']) == content['sweep']['planned'] == len(made.records)
    assert {told for told, _ in lost(content).values()} == {status}
    if status == 'failed':
        assert lost(content)['Plain', STUDENT] == (status, f'RuntimeError: why {PLAIN}')
    assert content['sweep']['done'] == 0 and content['figures'] == []


def test_all_out_of_memory(tmp_path):
    made = MadeUpSweep(seeds=(0,))
    for record in made.records.values():
        record.update(
            status='oom', metrics=None, error=dict(type='OutOfMemoryError', message='2 GiB')
        )
    content, _ = report_of(made.write(tmp_path / 'results'), tmp_path / 'out')
    assert {told for told, _ in lost(content).values()} == {'oom'}
    assert {why for _, why in lost(content).values()} == {'OutOfMemoryError: 2 GiB'}
