"""C1 to C3 at full size, beside what a sweep measures: every verdict worked out by hand."""

import pytest

from ukd_bench.errors import ConfigError
from ukd_bench.results.claims import claims_path, load_claims
from ukd_bench.results.load_full_size import load_full_size
from ukd_bench.results.loading import load_sweep
from ukd_bench.results.verdicts import evaluate

from .made_up_memory import GIB, MIB, MadeUpMemory, row

OWN = 'At the sweep’s own scale, measured: '
LARGE = 'At full size, predicted: '
END = 'r2plus1d-r18-w8'
FORMER = """
[[claim]]
id = "F1"
claim = "Former."
rule = "memory_grows"
rule_text = "Former."
method = "naive"
against = "plain"
least_multiple = 1.5
"""


@pytest.fixture
def found(made_up, tmp_path):
    """Verdicts by id, of a sweep and of files at full size that a test may change."""

    def judge(*files, sweep=None, claims=None):
        made = sweep or made_up.MadeUpSweep(seeds=(0,))
        folder = tmp_path / 'memory'
        folder.mkdir(exist_ok=True)
        for index, one in enumerate(files):
            one.write(folder, str(index))
        loaded = load_sweep(made.write(tmp_path / 'results'))
        rules = load_claims(claims) if claims else load_claims()
        full_size = load_full_size(folder).beside(loaded.students)
        verdicts = evaluate(loaded, rules, full_size.students)
        return {verdict.id: verdict for verdict in verdicts}

    return judge


def of(verdict, scale, method):
    (finding,) = (
        one
        for one in verdict.findings
        if (one.rests.scale == 'full size') == (scale == 'full') and one.rests.method == method
    )
    return finding


def test_c1_holds_where_every_way_needs_the_memory(found):
    verdict = found(MadeUpMemory(swap=64))['C1']
    assert verdict.verdict == 'SUPPORTED'
    # 1 + K / 16 is 1.5 at K = 8; 1 + K / 2 is so at K = 1; K at K = 2; 1.0625 + K / 64 at K = 28.
    assert verdict.reason.startswith(
        f'{LARGE}1.5 times the memory of plain is needed by naive (from K = 8 on); naive, graphs '
        'kept (from K = 1 on); naive, swapped (from K = 28 on); mutual learning (from K = 2 on).'
        f'\n{OWN}'
    )
    assert verdict.reason.endswith('Full size decides.')


def test_c1_fails_where_one_way_does_not_and_says_which_do(found):
    verdict = found(MadeUpMemory())['C1']
    assert verdict.verdict == 'NOT SUPPORTED'
    # What breaks the claim comes first.
    without, needed = verdict.reason.split(OWN)[0].split(' is needed by ')
    assert 'naive (from K = 8' in needed and 'mutual learning (from K = 2' in needed
    assert without.startswith(
        f'{LARGE}1.5 times the memory of plain is not needed up to K = 64 by naive, swapped. '
    )
    ways = {
        method: of(verdict, 'full', method).verdict
        for method in ('naive', 'naive_graph', 'swap', 'mutual')
    }
    assert ways == dict(naive='SUPPORTED', naive_graph='SUPPORTED', mutual='SUPPORTED') | dict(
        swap='NOT SUPPORTED'
    )
    naive = of(verdict, 'full', 'naive')
    ends = 'takes 5.00 times the memory of plain; it reaches 1.5 times at K = 8.'
    assert naive.reason.endswith(ends)
    assert (naive.rests.basis, naive.rests.scale, naive.rests.crossed_at) == (
        *('predicted', 'full size', 8),
    )
    assert dict(naive.figures)['naive / plain reaches 1.5'] == 'at K = 8'
    swap = of(verdict, 'full', 'swap')
    assert dict(swap.figures)['naive, swapped / plain reaches 1.5'] == 'never up to K = 64'


def test_a_small_growth_says_where_its_line_would_reach_the_bound(found):
    # 1.0625 + K / 512 is 1.5 at K = 224.
    finding = of(found(MadeUpMemory(swap=8))['C1'], 'full', 'swap')
    assert finding.verdict == 'NOT SUPPORTED'
    assert 'the line reaches it at K = 224' in finding.reason


def test_what_the_sweep_measured_stands_beside_and_the_scales_may_differ(found, made_up):
    sweep = made_up.MadeUpSweep(seeds=(0,))
    for k, mib in ((1, 32), (2, 34), (4, 38)):
        for record in sweep.select('naive', k):
            record['memory']['train']['allocated_peak_bytes'] = mib * MIB
    verdict = found(MadeUpMemory(swap=64), sweep=sweep)['C1']
    assert verdict.verdict == 'SUPPORTED'
    own = of(verdict, 'own', 'naive')
    assert (own.verdict, own.decides, own.rests.basis) == ('NOT SUPPORTED', False, 'measured')
    differ = 'SUPPORTED at full size, NOT SUPPORTED at the sweep’s own scale'
    assert f'The scales differ for naive: {differ}. Full size decides.' in verdict.reason
    assert 'Not run in this sweep: naive, graphs kept; naive, swapped; mutual' in verdict.reason
    (graph,) = (one for one in verdict.findings if 'graphs kept: not run' in one.reason)
    assert (graph.verdict, graph.decides) == ('INCONCLUSIVE', False)


def test_ways_without_figures_at_full_size_are_decided_by_the_sweep(found, made_up):
    sweep = made_up.MadeUpSweep(seeds=(0,))
    sweep.add_other_methods(END, 0)
    file = MadeUpMemory()
    file.rows = [one for one in file.rows if one['method'] not in ('swap', 'mutual')]
    verdict = found(file, sweep=sweep)['C1']
    assert verdict.verdict == 'SUPPORTED'
    assert verdict.reason.endswith('Full size decides, but for mutual learning.')
    deciding = [one.rests.method for one in verdict.findings if one.decides]
    # Swapping has no training peak on a CPU: it decides nothing.
    assert deciding == ['naive', 'naive_graph', 'mutual']
    assert 'No training peak of naive, swapped was measured.' in verdict.reason


def test_without_files_the_sweep_decides_alone(found):
    verdicts = found()
    assert [verdicts[name].verdict for name in ('C1', 'C2', 'C3')] == ['SUPPORTED'] * 3
    for name in ('C1', 'C2', 'C3'):
        assert verdicts[name].reason.startswith(OWN)
        assert verdicts[name].reason.endswith('There are no figures at full size.')


def test_out_of_memory_at_full_size(found):
    file = MadeUpMemory(swap=64)
    file.select('mutual', 64).update(row('mutual', 64, 'train', None))
    verdict = found(file)['C1']
    assert verdict.verdict == 'SUPPORTED'
    assert 'mutual learning (out of memory at K = 64; from K = 2 on)' in verdict.reason


def test_c2_and_c3_hold_and_show_what_the_others_take(found):
    verdicts = found(MadeUpMemory())
    assert [verdicts[name].verdict for name in ('C2', 'C3')] == ['SUPPORTED'] * 2
    assert verdicts['C2'].reason.startswith(
        f'{LARGE}UKD takes at most 1.0000 times the memory of plain (K = 1, 2, 4, 8, 16, 32 and 64 '
        'predicted). Beside it at K = 64: naive 5.00 times; naive, graphs kept 33.00 times; naive, '
        f'swapped 1.06 times; mutual learning 64.00 times.\n{OWN}UKD takes at most 1.0000 times'
    )
    assert verdicts['C3'].reason.startswith(
        f'{LARGE}UKD grows by 0.000 MiB a teacher from K = 1 to 64, where one teacher weighs '
        '256.00 MiB. Beside it, in weights of a teacher: naive +1.00; naive, graphs kept +8.00; '
        'naive, swapped 0.00; mutual learning +16.00. Beyond K = 64 nothing was predicted.'
    )
    for name in ('C2', 'C3'):
        assert verdicts[name].reason.endswith('Both must hold.')
        assert all(one.decides for one in verdicts[name].findings)
    figures = dict(of(verdicts['C3'], 'full', 'ukd').figures)
    # 4 GiB + K / 4 GiB is above 11 GiB from K = 29 on, above 24 from 81, above 80 from 305.
    passes = [figures[f'contrast: naive passes {card} GiB'] for card in (11, 24, 80)]
    assert passes == ['K = 29', 'K = 81', 'K = 305']
    assert figures['contrast: naive, swapped passes 80 GiB'] == 'never'
    assert '[' not in figures['slope per teacher'], 'predicted figures have no interval'
    own = dict(of(verdicts['C3'], 'own', 'ukd').figures)
    assert not any('GiB' in name for name in own) and '[' in own['slope per teacher']


def test_c2_fails_at_full_size(found):
    file = MadeUpMemory()
    # 1.01 x 4096 MiB is 4136.96 MiB: from K = 32 at 4096 to 64 at 4160, past K = 52.48.
    file.select('ukd', 64).update(row('ukd', 64, 'train', 4160))
    verdicts = found(file)
    assert verdicts['C2'].verdict == 'NOT SUPPORTED'
    assert 'at most 1.0156 times' in verdicts['C2'].reason
    assert 'It passes 1.01 times at K = 53.' in verdicts['C2'].reason
    differ = 'NOT SUPPORTED at full size, SUPPORTED at the sweep’s own scale'
    assert f'The scales differ for UKD: {differ}. Both must hold.' in verdicts['C2'].reason
    # Its line rises by less than a hundredth of 256 MiB.
    assert verdicts['C3'].verdict == 'SUPPORTED'


def test_c3_fails_at_full_size(found):
    verdicts = found(MadeUpMemory(ukd=2.5625))
    # One per cent of 256 MiB is 2.56 MiB.
    assert verdicts['C3'].verdict == 'NOT SUPPORTED'
    assert 'UKD grows by 2.562 MiB a teacher' in verdicts['C3'].reason
    assert of(verdicts['C3'], 'own', 'ukd').verdict == 'SUPPORTED'
    assert 'at most 1.0400 times' in verdicts['C2'].reason


def test_what_the_sweep_measured_must_hold_too(found, made_up):
    sweep = made_up.MadeUpSweep(seeds=(0,))
    for k in (1, 2, 4):
        for record in sweep.select('ukd', k):
            record['memory']['train']['allocated_peak_bytes'] = int((30 + 0.1 * k) * MIB)
    verdicts = found(MadeUpMemory(), sweep=sweep)
    for name in ('C2', 'C3'):
        assert verdicts[name].verdict == 'NOT SUPPORTED'
        assert of(verdicts[name], 'full', 'ukd').verdict == 'SUPPORTED'
        assert 'The scales differ for UKD' in verdicts[name].reason


def test_predicted_figures_alone_do_not_decide_what_must_hold_at_both(found, made_up):
    sweep = made_up.MadeUpSweep(seeds=(0,))
    sweep.records = {
        key: one for key, one in sweep.records.items() if one['method'] in ('teacher', 'bank')
    }
    verdicts = found(MadeUpMemory(swap=64), sweep=sweep)
    assert verdicts['C1'].verdict == 'SUPPORTED'
    for name in ('C2', 'C3'):
        assert verdicts[name].verdict == 'INCONCLUSIVE'
        assert 'Nothing was measured at the sweep’s own scale' in verdicts[name].reason


def test_figures_of_the_sweeps_own_student_are_of_its_scale(found):
    """They show C3 up to a K that the sweep does not train, and ways that it does not run."""
    own = MadeUpMemory(student=END, title='Small', predicted=False)
    verdicts = found(MadeUpMemory(), own)
    third = [one for one in verdicts['C3'].findings if one.bench == 'Small, measured apart']
    assert [(one.rests.scale, one.rests.basis, one.rests.largest) for one in third][:1] == [
        ('the sweep’s own scale', 'measured', 64)
    ]
    assert verdicts['C3'].verdict == 'SUPPORTED' and all(one.decides for one in third[:1])
    apart = [one for one in verdicts['C1'].findings if one.rests.scale != 'full size']
    assert not any('not run in this sweep' in one.reason for one in apart)
    assert {one.rests.method for one in apart} == {'naive', 'naive_graph', 'swap', 'mutual'}
    # It grows at the sweep's scale, and nothing measured there may say otherwise.
    leaking = MadeUpMemory(student=END, title='Small', predicted=False, ukd=8)
    assert found(MadeUpMemory(), leaking)['C3'].verdict == 'NOT SUPPORTED'


def test_each_student_of_full_size_counts(found):
    other = MadeUpMemory('x3d-m', 'X3D-M', naive=16, swap=64)
    verdict = found(MadeUpMemory(swap=64), other)['C1']
    assert verdict.verdict == 'NOT SUPPORTED'
    # 1 + K / 256 is 1.5 at K = 128.
    assert 'naive (R(2+1)D-34: from K = 8 on)' in verdict.reason
    assert 'is not needed up to K = 64 by naive (X3D-M).' in verdict.reason
    assert 128 in [one.rests.line_crosses_at for one in verdict.findings]


def test_students_of_one_verdict_are_told_together(found):
    other = MadeUpMemory('x3d-m', 'X3D-M', naive=64, swap=64)
    verdicts = found(MadeUpMemory(swap=64), other)
    assert verdicts['C1'].verdict == 'SUPPORTED'
    # 1 + K / 64 is 1.5 at K = 32.
    assert 'naive (from K = 8 to 32 on);' in verdicts['C1'].reason
    assert 'The same verdict for X3D-M.' in verdicts['C2'].reason


def test_a_measured_peak_at_full_size_goes_before_a_predicted_one(found):
    measured = MadeUpMemory(predicted=False)
    measured.rows = [one for one in measured.rows if one['num_teachers'] in (0, 4)]
    measured.select('ukd', 4)['allocated_peak_bytes'] = int(1.05 * 4 * GIB)
    verdict = found(MadeUpMemory(), measured)['C2']
    assert verdict.verdict == 'NOT SUPPORTED'
    assert '(K = 1, 2, 8, 16, 32 and 64 predicted, K = 4 measured)' in verdict.reason


def test_former_claims_files_are_judged_by_the_sweep_alone(found, tmp_path):
    text = claims_path().read_text()
    claims = tmp_path / 'claims.toml'
    claims.write_text(text[: text.index('[[claim]]')] + FORMER)
    verdict = found(MadeUpMemory(), claims=claims)['F1']
    (finding,) = verdict.findings
    assert (finding.bench, verdict.verdict) == (END, 'SUPPORTED')
    assert verdict.reason == (
        'Naive grows by 8.00 MiB a teacher and at K = 4 takes 2.07 times the memory of plain; it '
        'reaches 1.5 times at K = 2.'
    )


def test_claims_on_accuracy_are_what_they_are_without(found):
    without, beside = found(), found(MadeUpMemory())
    others = [name for name in without if name not in ('C1', 'C2', 'C3')]
    assert 'C4' in others and all(without[name] == beside[name] for name in others)
    assert without['C1'] != beside['C1']


@pytest.mark.parametrize(
    ('old', 'new', 'message'),
    [
        ('method = "naive"', '', "either 'method' or 'methods' must be there"),
        (
            'method = "naive"',
            'method = "naive"\nmethods = ["swap"]',
            "either 'method' or 'methods' must be there",
        ),
        (
            'method = "naive"',
            'method = "naive"\ndecided_at = "home"',
            "decided_at = 'home' is not one of sweep, full_size, both",
        ),
        (
            'method = "naive"',
            'method = "naive"\nbeside = ["swap"]',
            "key 'beside' does not exist",
        ),
        ('method = "naive"', 'methods = "naive"', 'is not a list of different methods'),
    ],
)
def test_keys_of_a_claim_on_memory(tmp_path, old, new, message):
    text = claims_path().read_text()
    path = tmp_path / 'claims.toml'
    path.write_text(text[: text.index('[[claim]]')] + FORMER.replace(old, new))
    with pytest.raises(ConfigError, match=rf"claim 'F1': .*{message}"):
        load_claims(path)


def test_methods_beside_it_must_exist(tmp_path):
    path = tmp_path / 'claims.toml'
    path.write_text(claims_path().read_text().replace('beside = ["naive", ', 'beside = ["naif", '))
    with pytest.raises(ConfigError, match="claim 'C2': beside: there is no method 'naif'"):
        load_claims(path).check_methods(['plain', 'ukd', 'naive', 'naive_graph', 'swap', 'mutual'])
