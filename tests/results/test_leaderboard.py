"""What is ranked of published sweeps, and which folders are refused."""

import json
import shutil

import pytest

from tests.results.made_up_regimes import made_up_regimes
from ukd_bench.errors import ResultsError
from ukd_bench.results.leaderboard import read_leaderboard

END = 'r2plus1d-r18-w8'
RUN = f'ukd4-{END}-0-cafe'


@pytest.fixture
def good(made_up, tmp_path):
    return made_up.MadeUpSweep().write(tmp_path / 'good')


@pytest.fixture
def other(made_up, tmp_path):
    """A sweep whose UKD is better than that of ``good``, clearly so at four teachers."""
    made = made_up.MadeUpSweep()
    for record in made.select('ukd', 4):
        record['metrics']['top1'] = 0.95
    return made.write(tmp_path / 'other')


def test_rows_stand_by_their_means_and_equal_means_share_a_rank(good, other):
    board = read_leaderboard([good, other])
    (ranking,) = board.rankings
    means = [entry.top1.mean for entry in ranking.entries]
    assert len(means) == 20 and means == sorted(means, reverse=True)
    first, second, third, fourth, *_ = ranking.entries
    assert (first.published.name, first.cell.method, first.rank) == ('other', 'ukd', 1)
    assert {entry.cell.method for entry in (second, third, fourth)} == {'ukd', 'naive'}
    assert [entry.rank for entry in (second, third, fourth)] == [2, 2, 2]
    assert ranking.entries[4].rank == 5


def test_what_noise_explains_is_told(good, other):
    (alone,) = read_leaderboard([good]).rankings
    best, *rest = alone.entries
    assert (best.difference, best.p) == (None, None) and len(rest) == 9
    for entry in rest:
        assert entry.p == pytest.approx(min(1, 9 * entry.difference.p_value))
    assert rest[0].p == 1 and rest[-1].p < 0.05
    (both,) = read_leaderboard([good, other]).rankings
    # The best has no spread, and the next a standard deviation of 1.9 points: Welch has 2 degrees.
    assert both.entries[1].difference.mean == pytest.approx(-0.2333, abs=1e-4)
    assert both.entries[1].p == pytest.approx(19 * both.entries[1].difference.p_value)


def test_with_one_seed_nothing_is_tested(made_up, tmp_path):
    folder = made_up.MadeUpSweep(seeds=(0,)).write(tmp_path / 'one')
    (ranking,) = read_leaderboard([folder]).rankings
    assert all(entry.p is None for entry in ranking.entries)
    assert ranking.entries[-1].rank == 10


def test_other_data_have_a_ranking_of_their_own(made_up, good, tmp_path):
    made = made_up.MadeUpSweep()
    for number, record in enumerate(made.records.values()):
        record['dataset']['fingerprint'] = 'e' * 64
        if number % 2:
            record['split'] = 2
    there = made.write(tmp_path / 'there')
    rankings = read_leaderboard([there, good]).rankings
    told = [(ranking.data.fingerprint[0], ranking.data.split) for ranking in rankings]
    assert told == [('d', 1), ('e', 1), ('e', 2)]
    for ranking in rankings:
        assert ranking.entries[0].rank == 1
        assert {entry.cell.data for entry in ranking.entries} == {ranking.data.fingerprint}


def test_what_is_no_competitor_has_no_rank(tmp_path):
    top1 = dict(bright=dict(plain=[0.6, 0.6125]), noisy=dict(plain=[0.9, 0.9]))
    made = made_up_regimes(top1)
    made.add('ukd', 'short', student=END, k=2, epochs=4, full_epochs=8, top1=0.95)
    made.regimes_of['short'] = ['bright']
    made.add('naive', 'oracle', student=END, k=2, epochs=8, full_epochs=8, top1=0.95)
    made.records['oracle']['selection'] = 'oracle_best_on_test'
    made.regimes_of['oracle'] = ['bright']
    rankings = read_leaderboard([made.write(tmp_path / 'it')]).rankings
    told = [
        [(entry.cell.method, entry.rank, entry.unranked) for entry in ranking.entries]
        for ranking in rankings
    ]
    assert sorted(told, key=len) == [
        [('naive', None, 'chosen on the test clips')],
        [('plain', 1, ''), ('plain', None, 'control'), ('ukd', None, 'shorter schedule')],
    ]


def spoil(case, folder):
    record = folder / RUN / 'record.json'
    if case == 'edited':
        record.write_text(record.read_text().replace('"seed": 0', '"seed": 1'))
    elif case == 'cut':
        record.write_text(record.read_text()[:200])
    elif case == 'lost':
        shutil.rmtree(folder / RUN)
    elif case == 'scores':
        shutil.copy(folder / f'plain-{END}-0-cafe' / 'scores.npz', folder / RUN / 'scores.npz')
    elif case == 'more':
        shutil.copytree(folder / RUN, folder / 'one-more')
    elif case == 'plan':
        (folder / 'plan.json').write_text('{')
    elif case == 'forged plan':
        plan = json.loads((folder / 'plan.json').read_text())
        plan['runs'] = [row for row in plan['runs'] if row['seed'] != 1]
        (folder / 'plan.json').write_text(json.dumps(plan))
    else:
        (folder / 'plan.json').unlink()


@pytest.mark.parametrize(
    ('case', 'reason'),
    [
        ('edited', f'1 of 39 planned runs without a valid record: {RUN}: record.json: edited'),
        ('cut', f'1 of 39 planned runs without a valid record: {RUN}: record.json'),
        ('lost', f'1 of 39 planned runs without a valid record: {RUN}: no record and no state'),
        ('scores', f'1 of 39 planned runs without a valid record: {RUN}: scores.npz'),
        ('more', "'one-more' is not in the plan"),
        ('plan', 'plan.json: '),
        ('forged plan', 'plan.json: edited or damaged'),
        ('no plan', 'holds records, but no plan.json that lists them'),
    ],
)
def test_a_folder_whose_records_do_not_validate_is_refused(case, reason, good, other, tmp_path):
    spoil(case, other)
    board = read_leaderboard([good, other])
    assert [one.name for one in board.published] == ['good']
    (left,) = board.refused
    assert left.name == 'other' and left.reason.startswith(reason)
    assert '\n' not in left.reason and str(tmp_path) not in left.reason


def test_what_is_no_sweep_is_passed_over(good, made_up, tmp_path):
    shutil.copytree(good, tmp_path / 'copy')
    (tmp_path / 'figures').mkdir()
    (tmp_path / 'figures' / 'steps.json').write_text('{}')
    (tmp_path / 'notes.txt').write_text('')
    made = made_up.MadeUpSweep(seeds=())
    made.write(tmp_path / 'teachers')
    names = 'copy', 'figures', 'good', 'notes.txt', 'teachers'
    board = read_leaderboard([tmp_path / name for name in names])
    assert board.refused == () and [one.name for one in board.published] == ['copy']
    assert {one.name: one.reason for one in board.left_out} == {
        'figures': 'holds no plan.json, so it is not the folder of a sweep',
        'good': 'the same records as copy',
        'notes.txt': 'is no folder',
        'teachers': 'no student in it was tested',
    }


def test_a_folder_given_twice_counts_once(good):
    board = read_leaderboard([good, good])
    assert len(board.published) == len(board.left_out) == 1 and not board.refused


def test_mistakes(good, tmp_path):
    with pytest.raises(ResultsError, match=r'none: no such results folder'):
        read_leaderboard([good, tmp_path / 'none'])
    spoil('plan', good)
    with pytest.raises(ResultsError, match=r'^none of 1 folders can be ranked: good: plan\.json'):
        read_leaderboard([good])
