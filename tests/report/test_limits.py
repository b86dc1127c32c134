"""What a report says that it cannot say, and the checklist."""

import pytest

from tests.results.made_up_regimes import made_up_regimes
from ukd_bench.report.tables.checklist import checklist_table
from ukd_bench.report.tables.limits import deviations_table, threats_table, untested_table
from ukd_bench.results.claims import load_claims
from ukd_bench.results.loading import load_sweep
from ukd_bench.results.verdicts import evaluate


@pytest.fixture
def made(made_up):
    return made_up.MadeUpSweep()


def untested(sweep):
    table = untested_table(evaluate(sweep, load_claims()), sweep)
    return {what: (claims, why) for claims, what, why in table.rows}


def checklist(sweep, sha256='a' * 64):
    return {
        question: (answer, evidence)
        for question, answer, evidence in checklist_table(sweep, sha256).rows
    }


def test_what_cannot_be_told_by_claim(made, tmp_path):
    told = untested(load_sweep(made.write(tmp_path)))
    assert told['What more than 4 teachers take.'][0] == 'C1, C2, C3'
    assert told['Whether the mechanism of the paper has this memory.'][0] == 'C1, C2, C3'
    assert told['Whether it is so for people in real dark videos.'][0] == 'C4, C5'
    small = [told[what] for what in told if what.startswith('A difference of less than')]
    assert small == [
        (claim, 'It is within the 95 % interval of 3 seeds.') for claim in ('C4', 'C5')
    ]
    assert told['All of it.'][0] == 'C6' and 'Nothing was run on ARID' in told['All of it.'][1]


def test_real_videos_are_not_called_synthetic(made, tmp_path):
    made.dataset = {'name': 'arid', 'synthetic': False}
    for record in made.records.values():
        record['dataset'].update(name='arid', edition='v1.0', synthetic=False)
    sweep = load_sweep(made.write(tmp_path))
    assert 'Whether it is so for people in real dark videos.' not in untested(sweep)
    assert not any('synthetic' in cell for row in threats_table(sweep).rows for cell in row)
    assert 'arid, recorded' in {row[0]: row[2] for row in deviations_table(sweep).rows}['Data']


def test_threats_name_the_gain_that_is_too_small_to_be_seen(made, tmp_path):
    rows = threats_table(load_sweep(made.write(tmp_path))).rows
    few = next(row for row in rows if row[1].startswith('Few seeds'))
    assert few[1] == 'Few seeds on r2plus1d-r18-w8: 3.' and 'points is not seen' in few[2]
    # sqrt(0.7 x 0.3 / 80) = 5.1 points.
    assert any('5.1 points' in row[2] for row in rows)


def test_deviations_tell_what_was_run(made, tmp_path):
    rows = {row[0]: row[2] for row in deviations_table(load_sweep(made.write(tmp_path))).rows}
    assert rows['Teachers'].startswith('In their order: r2plus1d-gamma1.8, ')
    assert rows['Student'] == 'r2plus1d-r18-w8 (0.50 million parameters)'
    assert rows['Two-stream network'] == 'Two-stream (dark, light), Two-stream (RGB, flow)'


def test_a_clean_sweep_has_a_clean_checklist(tmp_path):
    sweep = load_sweep(made_up_regimes(dict(one=dict(plain=[0.5, 0.6]))).write(tmp_path))
    told = checklist(sweep, sweep.plan['claims_sha256'])
    assert told['Are the records as the runs left them?'][0] == 'yes'
    assert told['Was nothing selected on test clips?'][0] == 'yes'
    assert told['Are there several seeds, and intervals?'][0] == 'yes'
    assert told['Is UKD shown to be equal to naive distillation?'][0] == 'unknown'


def test_each_answer_can_be_no(made, tmp_path):
    for record in made.records.values():
        record['selection'] = 'oracle_best_on_test'
        record['environment'].update(git=dict(commit='f' * 40, dirty=True), lock_sha256=None)
        record.pop('config', None)
    made.claims_sha256 = 'a' * 64
    ukd = next(one for one in made.select('ukd', 1) if one['seed'] == 0)
    ukd['hashes']['student_state'] = 'other'
    key = made.select('plain')[0]['key']
    results = made.write(tmp_path)
    path = next(results.glob(f'{key}-*')) / 'record.json'
    path.write_text(path.read_text().replace('"top5": 1.0', '"top5": 0.9'))
    told = checklist(load_sweep(results), 'b' * 64)
    assert told['Are the records as the runs left them?'] == (
        'no',
        '1 record cannot be read or were edited.',
    )
    assert told['Was nothing selected on test clips?'][0] == 'no'
    assert told['Were the rules written before the results?'][0] == 'no'
    assert told['Is the code known, and one for all runs?'][0] == 'partly'
    assert told['Are the versions of all packages fixed?'][0] == 'unknown'
    assert told['Is UKD shown to be equal to naive distillation?'][0] == 'no'


def test_one_seed_is_no(made_up, tmp_path):
    sweep = load_sweep(made_up.MadeUpSweep(seeds=(0,)).write(tmp_path))
    told = checklist(sweep)
    assert told['Are there several seeds, and intervals?'] == ('no', 'One seed of each.')
