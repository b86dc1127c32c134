"""Verdicts over several regimes, with controls: results that hold, fail, or cannot be told."""

import numpy as np
import pytest

from ukd_bench.errors import ConfigError
from ukd_bench.results.claims import claims_path, load_claims
from ukd_bench.results.loading import load_sweep
from ukd_bench.results.statistics import paired_difference, seeds_to_decide
from ukd_bench.results.verdicts import evaluate

from .made_up_regimes import add_student, made_up_regimes

END = 'r2plus1d-r18-w8'
PLAIN = [0.70, 0.7125, 0.7, 0.725, 0.7]
# What is added to plain, seed by seed: 80 clips, so steps of 1.25 points.
UP = [0.075, 0.0625, 0.0875, 0.075, 0.0625]
DOWN = [-one for one in UP]
LEVEL = [0.0, -0.0125, 0.0, 0.0, -0.0125]
OPEN = [0.0875, -0.05, 0.0375, -0.0125, 0.0625]


def beside(gaps, plain=PLAIN):
    return [round(one + gap, 4) for one, gap in zip(plain, gaps, strict=True)]


def students(gain, over_two_stream=DOWN, control=None):
    """Accuracies of a regime, from UKD's gaps to plain and to the two-stream network."""
    ukd = beside(gain)
    two_stream = [round(one - gap, 4) for one, gap in zip(ukd, over_two_stream, strict=True)]
    top1 = dict(plain=PLAIN, label_smoothing=PLAIN, ukd=ukd, two_stream_dark_light=two_stream)
    return top1 | ({'shuffled_across': beside(control)} if control else {})


def noisy(gain):
    plain = [one - 0.25 for one in PLAIN]
    return dict(plain=plain, ukd=beside(gain, plain))


def verdicts(top1, path):
    found = evaluate(load_sweep(made_up_regimes(top1).write(path)), load_claims())
    return {verdict.id: verdict for verdict in found}


YES, NO, MAYBE = 'SUPPORTED', 'NOT SUPPORTED', 'INCONCLUSIVE'


@pytest.mark.parametrize(
    ('gaps', 'expected'), [(UP, YES), (DOWN, NO), (LEVEL, NO), (OPEN, MAYBE)], ids=str
)
def test_each_comparison_gets_exactly_its_verdict(tmp_path, gaps, expected):
    top1 = dict(bright=students(gaps, gaps, control=gaps), noisy=noisy(gaps))
    found = verdicts(top1, tmp_path)
    assert {name: found[name].verdict for name in ('C4', 'C5', 'P1')} == dict.fromkeys(
        ('C4', 'C5', 'P1'), expected
    )
    # No gain holds where a gain does not, and the other way round.
    assert found['N1'].verdict == {YES: NO, NO: YES, MAYBE: MAYBE}[expected]
    assert all(
        finding.regime.startswith('pretrained on darkroom-bright, 20 epochs; fixed normalisation')
        for name in ('C4', 'C5', 'P1', 'N1')
        for finding in found[name].findings
    )


@pytest.mark.parametrize(
    ('bright', 'scratch', 'expected'),
    [(UP, UP, YES), (UP, LEVEL, NO), (OPEN, UP, MAYBE), (OPEN, DOWN, NO), (LEVEL, DOWN, NO)],
    ids=str,
)
def test_regimes_that_agree_and_disagree(tmp_path, bright, scratch, expected):
    found = verdicts(dict(bright=students(bright), scratch=students(scratch)), tmp_path)
    assert found['C4'].verdict == expected
    assert {finding.bench for finding in found['C4'].findings} == {
        f'{END} (bright)',
        f'{END} (scratch)',
    }


def test_a_reason_names_regimes_and_what_they_are(tmp_path):
    found = verdicts(dict(bright=students(LEVEL), scratch=students(UP)), tmp_path)
    seen = 'The least gain that would have been seen: +1.9 points with 80 % power.'
    assert found['C4'].reason == (
        f'{END} (bright): UKD (K = 2) − plain: −0.5 points [−1.4, +0.4], n = 5: a gain of +1.0 '
        f'points, the least that counts, is outside the interval. {seen} UKD (K = 2) − label '
        'smoothing: −0.5 points [−1.4, +0.4], n = 5: a gain of +1.0 points, the least that counts, '
        f'is outside the interval. {seen} Regime: pretrained on '
        'darkroom-bright, 20 epochs; fixed normalisation; 8 epochs. SUPPORTED for '
        f'{END} (scratch).'
    )


def test_controls_lend_weight_or_take_it(tmp_path):
    top1 = dict(bright=students(LEVEL, control=UP), noisy=noisy(LEVEL))
    found = verdicts(top1, tmp_path)
    assert (found['P1'].control_of, found['N1'].control_of) == ('C4', 'C4')
    assert found['P1'].follows == (
        'No gain is seen even where there must be one: a “no” on C4 proves nothing.'
    )
    assert 'a “yes” on C4 proves nothing of knowledge' in found['N1'].follows
    assert found['C4'].control_of is None and found['C4'].follows == ''


def test_controls_are_no_part_of_claims_and_count_where_they_were_run(tmp_path):
    """A gain with wrong labels helps no claim; N1 speaks wherever it was planned."""
    top1 = dict(bright=students(DOWN), noisy=noisy(UP) | {'shuffled_across': beside(DOWN)})
    top1['scratch'] = students(DOWN, control=DOWN)
    found = verdicts(top1, tmp_path)
    assert found['C4'].verdict == NO and found['P1'].verdict == YES
    assert [finding.bench for finding in found['P1'].findings] == [f'{END} (noisy)']
    assert {finding.bench for finding in found['N1'].findings} == {
        f'{END} (scratch)',
        f'{END} (noisy)',
    }


def test_correction_is_over_everything_that_is_tested(tmp_path):
    def corrected(top1, path):
        (first, *_) = verdicts(top1, path)['C4'].findings
        return float(dict(first.figures)['p, Holm-corrected'])

    some = [0.0375, 0.0125, 0.0375, 0.025, -0.0125]
    one = corrected(dict(bright=students(some, LEVEL)), tmp_path / 'one')
    more = dict(bright=students(some, LEVEL, control=LEVEL), noisy=noisy(LEVEL))
    assert one < corrected(more, tmp_path / 'more') < 1


def test_open_results_tell_the_interval_and_how_many_seeds_would_settle_them(tmp_path):
    verdict = verdicts(dict(bright=students(OPEN)), tmp_path)['C4']
    assert verdict.seeds_needed == 56
    assert verdict.reason.startswith(
        'UKD (K = 2) − plain: +2.5 points [−4.4, +9.4], n = 5: the interval leaves it open; '
        'about 56 seeds would settle a difference and spread such as these.'
    )


def test_what_the_correction_alone_leaves_open_is_told_as_such(tmp_path):
    gaps = [0.025, 0.0375, 0.0125, 0.05, 0.0125]
    verdict = verdicts(dict(bright=students(gaps, LEVEL)), tmp_path)['C4']
    assert verdict.verdict == MAYBE
    assert 'n = 5: the correction for several comparisons leaves it open; about' in verdict.reason


def test_a_small_loss_is_settled_by_fewer_seeds_than_its_significance_takes(tmp_path):
    gaps = [0.025, -0.0375, 0.0125, -0.025, 0.0125]
    verdict = verdicts(dict(bright=students(gaps)), tmp_path)['C4']
    assert verdict.verdict == MAYBE
    # Mean -0.25, spread 2.7 points: that it is 1.25 below a gain of 1 shows sooner than a loss.
    assert verdict.seeds_needed == 39 < seeds_to_decide(-0.0025, 0.0271)


def test_memory_goes_by_the_regimes_that_have_the_method(tmp_path):
    """Naive at one seed of one regime is enough: the peak depends on neither."""
    made = made_up_regimes(dict(bright=students(UP), scratch=students(UP)))
    for k, mib in ((1, 50), (2, 70), (4, 110)):
        record = add_student(made, 'bright', 'naive', 0, 0.775)
        made.records[f'naive{k}'] = made.records.pop(record['key']) | dict(key=f'naive{k}')
        made.regimes_of[f'naive{k}'] = ['bright']
        record = made.records[f'naive{k}']
        record['num_teachers'] = k
        record['memory']['train']['allocated_peak_bytes'] = mib * 1024**2
    found = {v.id: v for v in evaluate(load_sweep(made.write(tmp_path)), load_claims())}
    assert found['C1'].verdict == YES
    deciding = [finding for finding in found['C1'].findings if finding.decides]
    assert [finding.bench for finding in deciding] == [f'{END} (bright)']
    assert len(found['C2'].findings) == 2


def test_a_regime_without_the_method_leaves_a_claim_open(tmp_path):
    scratch = {name: students(UP)[name] for name in ('plain', 'label_smoothing')}
    verdict = verdicts(dict(bright=students(UP), scratch=scratch), tmp_path)['C4']
    assert verdict.verdict == MAYBE
    assert verdict.reason.startswith(f'{END} (scratch): No seed has runs of both UKD and plain')


@pytest.mark.parametrize(
    ('old', 'new', 'message'),
    [
        ('regimes = "all"', 'regimes = "some"', "'N1': regimes = 'some' is not one of claims, "),
        ('control_of = "C4"', 'control_of = "C5"', "'P1': control_of 'C5' is no earlier claim"),
        ('control_of = "C4"', 'control_of = 4', "'P1': control_of = 4 is not the id of a claim"),
        ('control_of = "C4"', 'control = "C4"', "'P1': key 'control' does not exist"),
    ],
)
def test_keys_that_cannot_be_used(tmp_path, old, new, message):
    path = tmp_path / 'claims.toml'
    assert old in claims_path().read_text()
    path.write_text(claims_path().read_text().replace(old, new))
    with pytest.raises(ConfigError, match=message):
        load_claims(path)


@pytest.mark.parametrize('seeds', [3, 5])
def test_the_interval_that_verdicts_rest_on_covers_95_percent(seeds):
    """Paired gaps of seed noise and clips' noise, as differences of two hit rates of 528 clips."""
    rng, draws, clips, true = np.random.default_rng(0), 4000, 528, 0.02
    noise = rng.normal(0, 0.019, (draws, seeds))
    first = rng.binomial(clips, 0.70 + true + noise) / clips
    second = rng.binomial(clips, np.full((draws, seeds), 0.70)) / clips
    found = [paired_difference(one, other) for one, other in zip(first, second, strict=True)]
    covered = np.mean([gap.low <= true <= gap.high for gap in found])
    # Three standard errors of the simulation itself.
    assert abs(covered - 0.95) < 3 * np.sqrt(0.95 * 0.05 / draws)
