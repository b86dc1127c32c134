import hashlib

import pytest

from ukd_bench.errors import ConfigError
from ukd_bench.methods.known import KnownMethods
from ukd_bench.results.claims import claims_path, load_claims
from ukd_bench.results.loading import load_sweep
from ukd_bench.results.verdicts import evaluate

MIB = 1024**2
END = 'r2plus1d-r18-w8'


def verdicts(made, path):
    found = evaluate(load_sweep(made.write(path)), load_claims())
    return {verdict.id: verdict for verdict in found}


def set_peaks(made, method, peaks):
    for k, mib in peaks.items():
        for record in made.select(method, k):
            record['memory']['train']['allocated_peak_bytes'] = int(mib * MIB)


def set_top1(made, method, values, k=0):
    for record, value in zip(made.select(method, k), values, strict=True):
        record['metrics']['top1'] = value


def test_planted_sweep(made_up, tmp_path):
    found = verdicts(made_up.MadeUpSweep(), tmp_path)
    assert [(name, verdict.verdict) for name, verdict in found.items()] == [
        ('C1', 'SUPPORTED'),
        ('C2', 'SUPPORTED'),
        ('C3', 'SUPPORTED'),
        ('C4', 'SUPPORTED'),
        ('P1', 'INCONCLUSIVE'),
        ('N1', 'INCONCLUSIVE'),
        ('C5', 'INCONCLUSIVE'),
        ('C6', 'INCONCLUSIVE'),
    ]
    assert 'needed by naive (from K = 2 on)' in found['C1'].reason
    assert 'Beyond K = 4 nothing was measured' in found['C3'].reason
    # +5.0 points with a spread of 2.2, at 0.05 / 3 after the first step of Holm's correction.
    assert 'about 6 seeds would settle' in found['C5'].reason
    assert found['C5'].seeds_needed == 6
    nothing = 'No run that could decide it was planned in any regime'
    assert (found['P1'].reason, found['N1'].reason) == (f'{nothing} for controls.', f'{nothing}.')
    assert 'synthetic (darkroom-quick)' in found['C6'].reason


def test_growth_that_is_not_massive(made_up, tmp_path):
    made = made_up.MadeUpSweep()
    set_peaks(made, 'naive', {1: 32, 2: 34, 4: 38})
    verdict = verdicts(made, tmp_path)['C1']
    assert verdict.verdict == 'NOT SUPPORTED'
    # 1.5 x 30 = 45 = 30 + 2 K at K = 7.5
    assert 'is not needed up to K = 4 by naive.' in verdict.reason
    assert 'grows by 2.00 MiB' in verdict.findings[0].reason
    assert 'reaches it at K = 8' in verdict.findings[0].reason


def test_out_of_memory_is_a_result(made_up, tmp_path):
    made = made_up.MadeUpSweep()
    for method in ('naive', 'ukd'):
        for record in made.select(method, 4):
            record.update(status='oom', metrics=None)
    found = verdicts(made, tmp_path)
    assert 'needed by naive (out of memory at K = 4; from K = 2 on)' in found['C1'].reason
    assert 'naive ran out of memory at K = 4' in found['C1'].findings[0].reason
    assert [found[name].verdict for name in ('C1', 'C2', 'C3')] == [
        'SUPPORTED',
        'NOT SUPPORTED',
        'NOT SUPPORTED',
    ]


def test_memory_that_grows_with_ukd(made_up, tmp_path):
    made = made_up.MadeUpSweep()
    set_peaks(made, 'ukd', {1: 30.1, 2: 30.2, 4: 30.4})
    found = verdicts(made, tmp_path)
    # At most 1.0133 times plain; 0.1 MiB a teacher is 5 % of a teacher's 2 MiB.
    assert found['C2'].verdict == 'NOT SUPPORTED'
    assert '1.0133 times' in found['C2'].reason
    assert found['C3'].verdict == 'NOT SUPPORTED'


def test_one_number_of_teachers_shows_no_slope(made_up, tmp_path):
    made = made_up.MadeUpSweep()
    made.records = {
        key: r
        for key, r in made.records.items()
        if not (r['method'] in ('ukd', 'naive') and r['num_teachers'] > 1)
    }
    found = verdicts(made, tmp_path)
    assert [found[name].verdict for name in ('C1', 'C2', 'C3')] == [
        'INCONCLUSIVE',
        'SUPPORTED',
        'INCONCLUSIVE',
    ]


def test_one_seed_decides_no_accuracy(made_up, tmp_path):
    verdict = verdicts(made_up.MadeUpSweep(seeds=(0,)), tmp_path)['C4']
    assert verdict.verdict == 'INCONCLUSIVE'
    assert '+15.0 points with one seed' in verdict.reason
    assert 'clips resampled (secondary)' in dict(verdict.findings[0].figures)


def test_accuracy_that_falls(made_up, tmp_path):
    made = made_up.MadeUpSweep()
    set_top1(made, 'ukd', [0.45, 0.4875, 0.475], k=4)
    verdict = verdicts(made, tmp_path)['C4']
    assert verdict.verdict == 'NOT SUPPORTED'
    assert 'UKD (K = 4) − plain: −10.4 points' in verdict.reason


def test_gain_over_plain_alone_is_not_enough(made_up, tmp_path):
    made = made_up.MadeUpSweep()
    set_top1(made, 'label_smoothing', [0.70, 0.74, 0.71])
    verdict = verdicts(made, tmp_path)['C4']
    assert [finding.verdict for finding in verdict.findings] == ['SUPPORTED', 'NOT SUPPORTED']
    assert verdict.verdict == 'NOT SUPPORTED'


def test_shortened_runs_decide_no_accuracy(made_up, tmp_path):
    made = made_up.MadeUpSweep()
    for record in made.select('ukd', 4):
        record['schedule']['epochs'] = 5
    assert 'UKD (K = 2) − plain' in verdicts(made, tmp_path)['C4'].reason


def test_all_backbones_must_hold(made_up, tmp_path):
    made = made_up.MadeUpSweep(students=(END, 'slowonly-r18-w8'))
    for record in made.select('ukd', 4):
        if record['student'].startswith('slowonly'):
            record['memory']['train']['allocated_peak_bytes'] = 40 * MIB
    verdict = verdicts(made, tmp_path)['C2']
    assert verdict.verdict == 'NOT SUPPORTED'
    own = 'At the sweep’s own scale, measured: '
    assert verdict.reason.startswith(f'{own}slowonly-r18-w8: UKD takes at most 1.3333 times')


def test_arid_takes_over_the_verdict_on_accuracy(made_up, tmp_path):
    made = made_up.MadeUpSweep()
    for record in made.records.values():
        record['dataset'].update(name='arid-v1.0', edition='v1.0', synthetic=False)
    assert verdicts(made, tmp_path)['C6'].verdict == 'SUPPORTED'


def test_nothing_done_is_inconclusive(made_up, tmp_path):
    made = made_up.MadeUpSweep()
    for key in made.records:
        made.lose(key, 'failed', 'no')
    assert {v.verdict for v in verdicts(made, tmp_path).values()} == {'INCONCLUSIVE'}


def test_the_hash_is_of_the_files_bytes():
    assert load_claims().sha256 == hashlib.sha256(claims_path().read_bytes()).hexdigest()


def test_missing_claims_file(tmp_path):
    with pytest.raises(ConfigError, match='cannot be read'):
        load_claims(tmp_path / 'none.toml')


@pytest.mark.parametrize(
    ('old', 'new', 'message'),
    [
        ('alpha = 0.05', '', "key 'alpha' is absent"),
        (
            'rule = "memory_flat"',
            'rule = "guess"',
            "claim 'C3': rule 'guess' is none of memory_grows",
        ),
        ('least_multiple = 1.5', '', "claim 'C1': key 'least_multiple' is absent"),
        ('rests_on = "C4"', 'rests_on = "C9"', "rests_on 'C9' is no earlier claim"),
        ('schema = 1', 'schema = ', 'not valid TOML'),
    ],
)
def test_broken_claims_file(tmp_path, old, new, message):
    path = tmp_path / 'claims.toml'
    path.write_text(claims_path().read_text().replace(old, new))
    with pytest.raises(ConfigError, match=message):
        load_claims(path)


def test_an_oracle_decides_no_accuracy(made_up, tmp_path):
    made = made_up.MadeUpSweep()
    for record in made.records.values():
        record['selection'] = 'oracle_best_on_test'
    found = verdicts(made, tmp_path)
    assert found['C4'].verdict == found['C5'].verdict == 'INCONCLUSIVE'
    assert 'that count: full schedule, no oracle' in found['C4'].reason
    assert found['C2'].verdict == 'SUPPORTED'


def test_controls_that_have_a_number_of_teachers_are_compared_at_the_same_one(made_up, tmp_path):
    made = made_up.MadeUpSweep()
    for seed in (0, 1, 2):
        made.add_other_methods(END, seed)
    # What stands at another K, or is of a K of its own, decides nothing.
    set_top1(made, 'shuffled', [0.9, 0.9, 0.9], k=2)
    rules = tmp_path / 'claims.toml'
    against = '["plain", "label_smoothing"]'
    assert against in claims_path().read_text()
    others = '["shuffled", "self", "plain_long", "wide", "two_stream_rgb_flow"]'
    rules.write_text(claims_path().read_text().replace(against, others))
    (verdict,) = (
        verdict
        for verdict in evaluate(load_sweep(made.write(tmp_path / 'results')), load_claims(rules))
        if verdict.id == 'C4'
    )
    taught = [record['metrics']['top1'] for record in made.select('ukd', 4)]
    for method, k in (('shuffled', 4), ('self', 1), ('plain_long', 4), ('wide', 0)):
        own = [record['metrics']['top1'] for record in made.select(method, k)]
        gap = 100 * sum(one - other for one, other in zip(taught, own, strict=True)) / 3
        name = f'UKD (K = 4) − {KnownMethods().title(method)}'
        (finding,) = (f for f in verdict.findings if name in dict(f.figures))
        assert dict(finding.figures)[name].startswith(f'+{gap:.1f} points')
        assert finding.verdict == 'SUPPORTED'


def test_a_controls_teacher_is_none_of_the_claims(made_up, tmp_path):
    made = made_up.MadeUpSweep()
    for seed in (0, 1, 2):
        made.add_other_methods(END, seed)
    before = verdicts(made, tmp_path / 'before')['C3']
    for record in made.select('self'):
        record['teachers'][0].update(name='own', state_bytes=50 * MIB)
    assert verdicts(made, tmp_path / 'after')['C3'] == before
