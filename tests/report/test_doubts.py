"""What stands in the first box of a report, and that nothing does where nothing is wrong."""

import pytest

from ukd_bench.report.doubts import doubts
from ukd_bench.report.page import write_report
from ukd_bench.results.loading import load_sweep

from ..results.made_up import STUDENT as END

SHA = 'abc'


@pytest.fixture
def clean(made_up):
    """A sweep in which nothing is wrong: recorded videos, a GPU, several seeds, rules kept."""

    def make(**options):
        made = made_up.MadeUpSweep(**options)
        made.claims_sha256 = SHA
        made.dataset = dict(name='arid-v1.0', synthetic=False)
        for record in made.records.values():
            record['dataset'].update(name='arid-v1.0', synthetic=False)
            record['environment']['device'] = dict(kind='cuda', name='Made-up GPU')
        return made

    return make


@pytest.fixture
def found(tmp_path):
    """The doubts on a sweep, each as one text, and the claims that each is about."""

    def of(made, sha256=SHA):
        return doubts(load_sweep(made.write(tmp_path / 'results')), sha256)

    return of


def only(made, found):
    (one,) = found(made)
    return f'{one.text} {one.means}'


def test_nothing_wrong_no_box(clean, found, tmp_path):
    made = clean()
    assert found(made) == []
    # The shipped rules have another hash.
    report = write_report(tmp_path / 'results', tmp_path / 'out')
    assert [one.text for one in report.doubts] == [
        'The claims file has changed since this sweep was planned.'
    ]
    made.claims_sha256 = report_sha(tmp_path)
    report = write_report(made.write(tmp_path / 'results'), tmp_path / 'out')
    assert report.doubts == ()
    for path in (report.index, report.markdown):
        assert 'Read this first' not in path.read_text()


def report_sha(tmp_path):
    from ukd_bench.results.claims import load_claims

    return load_claims().sha256


def test_synthetic_videos(clean, found):
    made = clean()
    made.dataset['synthetic'] = True
    for record in made.records.values():
        record['dataset']['synthetic'] = True
    assert only(made, found) == (
        'The videos are synthetic. What these results show is about the mechanism, not about ARID.'
    )


def test_rules(clean, found):
    made = clean()
    assert 'has changed since' in found(made, 'abd')[0].text
    made.claims_sha256 = None
    assert 'no hash of the claims file' in found(made)[0].text


def test_one_seed(clean, found):
    made = clean(seeds=(0,))
    assert only(made, found) == (
        f'On {END} there is one seed. Nothing tells a difference from the noise of training: no '
        'comparison of accuracies is decided.'
    )


def test_teachers_that_are_no_better(clean, found):
    made = clean()
    for record in made.records.values():
        if record['method'] in ('teacher', 'ensemble'):
            record['metrics']['top1'] = 0.5
    text = only(made, found)
    assert 'the best teacher, 50.0 %, and the ensemble, 50.0 %, are no better than' in text
    assert text.endswith('says nothing against distillation.')


def test_an_ensemble_within_the_noise_of_the_student(clean, found):
    made = clean()
    made.records['ensemble']['metrics']['top1'] = 0.6
    made.records['teacher-slowonly-gamma2.5']['metrics']['top1'] = 0.65
    assert 'the ensemble of 4, 60.0 %, is within the interval of the plain student, 57.5 ±' in only(
        made, found
    )


def test_a_student_on_the_plateau(clean, found):
    made = clean()
    made.curve = 'epoch,loss,learning_rate\n1,1.5,0.1\n2,1.37,0.1\n'
    assert 'training loss ends at 1.37, where guessing has 1.39' in only(made, found)
    for other in ('', 'epoch,loss\n1,nothing\n', 'epoch\n1\n', 'epoch,loss\n'):
        made.curve = other
        assert found(made) == []


def test_a_foreign_hook_under_a_methods_name(clean, found):
    made = clean()
    for record in made.select('ukd', 4):
        record['config'] = dict(custom_hooks=[dict(type='mine.OtherHook')])
    for record in made.select('naive'):
        record['config'] = dict(custom_hooks=[dict(type='ukd_bench.NaiveEnsembleHook')])
    assert only(made, found) == (
        'Students of UKD were trained without its hook, ukd_bench.UKDHook, by mine.OtherHook. '
        'What stands under its name is another method’s.'
    )


def test_an_edited_record(clean, found, tmp_path):
    results = clean().write(tmp_path / 'results')
    (folder,) = results.glob(f'ukd4-{END}-0-*')
    record = folder / 'record.json'
    record.write_text(record.read_text().replace('"top1": 0.7', '"top1": 0.9'))
    (one,) = doubts(load_sweep(results), SHA)
    assert one.text.startswith('1 record cannot be read, or differ')


def test_runs_without_figures(clean, found):
    made = clean()
    made.lose(f'naive4-{END}-2', 'failed', 'RuntimeError: no')
    assert '1 of 39 runs that this call and earlier ones planned gave no figures' in only(
        made, found
    )


def test_memory_of_a_cpu_is_about_the_claims_on_memory(clean, tmp_path):
    made = clean()
    made.records[f'plain-{END}-0']['environment']['device'] = dict(kind='cpu', name='A CPU')
    report = write_report(made.write(tmp_path / 'results'), tmp_path / 'out')
    bound = next(one for one in report.doubts if 'live tensors' in one.text)
    assert bound.claims(report.verdicts) == ['C1', 'C2', 'C3']
    one_seed = clean(seeds=(0,))
    report = write_report(one_seed.write(tmp_path / 'one'), tmp_path / 'out')
    seed = next(one for one in report.doubts if 'one seed' in one.text)
    assert seed.claims(report.verdicts) == ['C4', 'C5']


def test_mixed_settings_and_dirty_trees(clean, found):
    made = clean()
    made.records[f'plain-{END}-0']['environment']['threads'] = 2
    made.records[f'plain-{END}-1']['environment']['git']['dirty'] = True
    made.records[f'plain-{END}-2']['environment']['source_sha256'] = 'other'
    texts = ' '.join(one.text for one in found(made))
    assert '2 settings' in texts and 'uncommitted changes' in texts and '2 versions' in texts


def test_runs_that_shared_a_gpu(clean, found, tmp_path):
    made = clean()
    for seed in (0, 1):
        made.records[f'plain-{END}-{seed}']['environment']['runs_per_gpu'] = 2
    assert only(made, found) == (
        '2 runs shared a GPU with others (--runs-per-gpu). Their times are not comparable, nor is '
        'how busy their GPU was; memory and accuracy are.'
    )
    report = write_report(made.write(tmp_path / 'results'), tmp_path / 'out')
    shared = next(one for one in report.doubts if 'shared a GPU' in one.text)
    assert shared.claims(report.verdicts) == []


def test_a_run_that_ran_out_of_memory_beside_others(clean, found):
    made = clean()
    made.records[f'plain-{END}-0'].update(status='oom', error=dict(type='E', message='no'))
    made.records[f'plain-{END}-0']['environment']['runs_per_gpu'] = 2
    texts = [one.text for one in found(made)]
    assert '1 run ran out of memory on a GPU that others shared (--runs-per-gpu).' in texts
    assert not any('shared a GPU with' in text for text in texts)
