"""Every mistake of a user is one clear line, and costs nothing that was finished."""

import pytest

from ukd_bench.results.claims import claims_path
from ukd_bench.sweep.__main__ import main


def refuse(capsys, *arguments: str) -> str:
    """Calls the sweep, which must refuse, and returns its one line."""
    capsys.readouterr()
    assert main([str(argument) for argument in arguments]) == 2
    captured = capsys.readouterr()
    (line,) = captured.err.splitlines()
    assert line.startswith('error: ')
    return line


@pytest.fixture
def inside(empty_sweep, monkeypatch):
    """The small sweep's folder as the working directory."""
    monkeypatch.chdir(empty_sweep.folder)
    return empty_sweep.folder


def test_absent_data_root(inside, capsys):
    assert 'nowhere does not exist' in refuse(capsys, 'small.py', '--data-root', 'nowhere')


@pytest.mark.parametrize(
    ('line', 'complaint'),
    [
        ('0\tDrink/Drink_1_1.avi', '2 columns'),
        ('0\t11\tDrink/Drink_1_1.avi', "label '11'"),
        ('0\tDrink\tDrink/Drink_1_1.avi', "label 'Drink'"),
        ('0\t0\t../Drink_1_1.avi', "'../Drink_1_1.avi'"),
        ('0\t0\tDrink/absent.avi', 'absent.avi does not exist'),
    ],
)
def test_list_line(inside, capsys, line, complaint):
    listed = inside / 'videos' / 'list_cvt' / 'ARID_split1_train.txt'
    lines = listed.read_text().splitlines()
    lines[2] = line
    listed.write_text('\n'.join(lines) + '\n')
    message = refuse(capsys, 'small.py', '--data-root', 'videos')
    assert complaint in message
    assert 'ARID_split1_train.txt' in message
    assert ':3:' in message or 'absent' in message


def test_config_key_that_does_not_exist(inside, capsys):
    text = (inside / 'small.py').read_text().replace('num_teachers =', 'num_teacher =')
    (inside / 'small.py').write_text(text)
    message = refuse(capsys, 'small.py', '--data-root', 'videos')
    assert "small.py: key 'num_teacher' does not exist; did you mean 'num_teachers'?" in message


@pytest.mark.parametrize('code', [None, 3])
def test_a_config_that_ends_the_program(inside, capsys, code):
    with (inside / 'small.py').open('a') as config:
        config.write(f'raise SystemExit({code})\n')
    message = refuse(capsys, 'small.py', '--data-root', 'videos')
    assert message == f'error: sweep config small.py ends the program, SystemExit({code})'


def test_a_students_config_that_ends_the_program(inside, capsys):
    (inside / 'mine.py').write_text('raise SystemExit(3)\n')
    config = inside / 'small.py'
    shipped = '{method}/{student}_darkroom-quick.py'
    config.write_text(config.read_text().replace(shipped, 'mine.py'))
    message = refuse(capsys, 'small.py', '--data-root', 'videos', '--methods', 'plain')
    assert message == 'error: config mine.py ends the program, SystemExit(3)'


def test_claims_file_that_cannot_be_used(inside, capsys):
    with (inside / 'small.py').open('a') as config:
        config.write("claims = 'mine.toml'\n")
    arguments = 'small.py', '--data-root', 'videos'
    assert 'mine.toml: cannot be read (No such file' in refuse(capsys, *arguments)
    shipped = claims_path().read_text()
    (inside / 'mine.toml').write_text(shipped.replace('"memory_flat"', '"no_rules.Flat"'))
    message = refuse(capsys, *arguments)
    assert "mine.toml: claim 'C3': rule 'no_rules.Flat' cannot be imported" in message
    (inside / 'mine.toml').write_text(shipped.replace('"naive", ', '"naïve", ', 1))
    message = refuse(capsys, *arguments)
    assert "mine.toml: claim 'C1': methods: there is no method 'naïve'" in message
    assert not (inside / 'results').exists()


def test_nested_config_key_that_does_not_exist(inside, capsys):
    text = (inside / 'small.py').read_text().replace("w8', epochs", "w8', epoch")
    (inside / 'small.py').write_text(text)
    message = refuse(capsys, 'small.py', '--data-root', 'videos')
    assert "students[0]: key 'epoch' does not exist" in message


@pytest.mark.parametrize(
    ('before', 'after', 'complaint'),
    [
        ('num_teachers = [1, 2]', 'num_teachers = 4', "'num_teachers' is 4, not a list"),
        ('seeds = [0]', "seeds = ['a']", "seeds is 'a', not of type int"),
        ('seeds = [0]', 'seeds = []', "'seeds' is [], not a list of at least one"),
        ('seeds = [0]', 'seeds = [0]\nthreads = 0', 'threads = 0 is not in 1 to 1024'),
        ("name = 'small'", 'name = 3', 'name is 3, not of type str'),
        ("name = 'small'", "name = '../up'", "name = '../up' is no name of a folder"),
        ("name = 'small'", "name = ''", "name = '' is no name of a folder"),
        ("name = 'small'", "name = 'a/b'", "name = 'a/b' is no name of a folder"),
        ("name = 'small'", "name = 'a\\nb'", "name = 'a\\nb' is no name of a folder: printable"),
        (
            "name = 'small'",
            f"name = '{'x' * 500}'",
            'xxx... (502 characters) is no name of a folder',
        ),
        ("'darkroom-tiny'", "'/up'", "dataset.name = '/up' is no name of a folder"),
        ("'darkroom-tiny'", "'../up'", "dataset.name = '../up' is no name of a folder"),
        ("name='i3d-r18-w8'", "name='i3d/r18'", "students[0].name = 'i3d/r18' is no name of"),
        ("name='i3d-gamma1.8'", "name='..'", "teachers[0].name = '..' is no name of a folder"),
        ('seeds = [0]', 'seeds = [0]\nthreads = 100000', 'threads = 100000 is not in 1 to 1024'),
        (
            'seeds = [0]',
            'seeds = [2**32]',
            'seeds[0] = 4294967296 is no seed, a whole number from 0',
        ),
        (
            'seeds = [0]',
            'seeds = [0, -1]',
            'seeds[1] = -1 is no seed, a whole number from 0 to 4294',
        ),
        (
            'seeds = [0]',
            'seeds = [10**5000]',
            'seeds[0] = of type int and too long to be written is',
        ),
        ('seeds = [0]', 'seeds = [0]\nview_seed = 2**32', 'view_seed = 4294967296 is no seed'),
        ('seed=101', 'seed=2**40', 'teachers[0].seed = 1099511627776 is no seed'),
        ('seeds = [0]', "seeds = 'x' * 10**7", 'xxx... (10000002 characters), not a list of'),
        ('{method}/{student}', '{method}/{model}', 'may hold only {method}, {student}'),
        ("preset='tiny'", "preset='huge'", "preset 'huge' is none of quick, full, tiny"),
        ("dict(preset='tiny')", "'tiny'", "darkroom is 'tiny', not of type dict"),
        *(
            ('seeds = [0]', f'seeds = [0]\ndistillation = {value}', complaint)
            for value, complaint in (
                ('dict(weights=0.5)', "key 'weights' does not exist; did you mean 'weight'?"),
                ('dict(weight=2)', 'weight = 2 is not in [0, 1]'),
                ("dict(weight='a')", "weight is 'a', not of type float"),
                ('dict(temperature=0.0)', 'temperature = 0.0 is not positive'),
                ("dict(rule='mean')", "rule 'mean' is none of mean_probability, mean_logit, "),
                ('dict(rule=3)', 'rule is 3, not of type str or dict'),
                ('dict(rule=dict(weights=[1]))', "{'weights': [1]} has no 'type' that names"),
                ('dict(rule=dict(type="aekd", x=1j))', "rule 'aekd': its arguments are no plain"),
                ('dict(weight=True)', 'weight is True, not of type float'),
                ("'aekd'", "distillation is 'aekd', not of type dict"),
            )
        ),
    ],
)
def test_config_value(inside, capsys, before, after, complaint):
    text = (inside / 'small.py').read_text()
    assert before in text
    (inside / 'small.py').write_text(text.replace(before, after))
    root = [] if 'tiny' in before else ['--data-root', 'videos']
    assert complaint in refuse(capsys, 'small.py', *root)


def test_manifest_of_something_else_is_no_darkroom(inside, capsys):
    (inside / 'videos' / 'manifest.json').write_text('{"made": "by another tool"}')
    assert main(['small.py', '--data-root', 'videos', '--dry-run']) == 0
    (inside / 'videos' / 'manifest.json').write_text('not JSON')
    message = refuse(capsys, 'small.py', '--data-root', 'videos')
    assert 'manifest.json: not valid JSON' in message


def test_reference_that_does_not_exist(inside, capsys):
    message = refuse(capsys, 'small.py', '--data-root', 'videos', '--reference', 'nowhere')
    assert '--reference nowhere holds no sweep' in message


def test_reports_folder_that_cannot_be_written(inside, capsys):
    (inside / 'reports').write_text('a file where a folder should be')
    message = refuse(capsys, 'small.py', '--data-root', 'videos')
    assert 'reports/small: cannot be written' in message


def test_config_that_does_not_exist(capsys):
    assert 'sweep config absent.py does not exist' in refuse(capsys, 'absent.py')


def test_k_larger_than_the_pool(inside, capsys):
    message = refuse(capsys, 'small.py', '--data-root', 'videos', '--teachers', '1,3')
    assert 'num_teachers = 3 is not in 1 to 2' in message


@pytest.mark.parametrize(
    ('option', 'value', 'complaint'),
    [
        ('--methods', 'plain,magic', "method 'magic' is none of"),
        ('--backbones', 'vgg', "backbone 'vgg' is none of"),
        ('--device', 'abacus', "device 'abacus' is none of"),
        ('--jobs', '0', '--jobs 0'),
        ('--retry', 'oom,lost', '--retry lost: is none of failed, interrupted, oom, diverged'),
    ],
)
def test_option_values(inside, capsys, option, value, complaint):
    message = refuse(capsys, 'small.py', '--data-root', 'videos', option, value)
    assert complaint in message


def test_results_folder_that_cannot_be_written(inside, capsys):
    (inside / 'results').write_text('a file where a folder should be')
    message = refuse(capsys, 'small.py', '--data-root', 'videos')
    assert 'results/small: cannot be written' in message


def test_a_folder_that_is_being_published_is_left_alone(inside, capsys):
    import fcntl

    folder = inside / 'results' / 'small'
    folder.mkdir(parents=True)
    with open(folder / '.lock', 'w') as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        message = refuse(capsys, 'small.py', '--data-root', 'videos')
    assert (
        'small: it is being published, or a sweep that deletes checkpoints works in it' in message
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ('rule', 'complaint'),
    [
        ("'json.absent'", "rule 'json.absent' is none of aekd"),
        ("'json.JSONDecoder'", 'no path of an AssemblyRule'),
        ("'fixed_weights'", "rule 'fixed_weights' takes weights"),
        ("dict(type='mean_logit', k=1)", "rule 'mean_logit' takes"),
        ("dict(type='fixed_weights', weights=[1.0])", 'are 1, fewer than 2 teachers'),
    ],
)
def test_a_rule_that_cannot_be_used(inside, capsys, rule, complaint):
    """Before a teacher is trained, in a dry run too."""
    text = (inside / 'small.py').read_text()
    (inside / 'small.py').write_text(f'{text}\ndistillation = dict(rule={rule})\n')
    message = refuse(capsys, 'small.py', '--data-root', 'videos', '--dry-run')
    assert message.startswith('error: distillation: ') and complaint in message


@pytest.mark.slow
def test_a_rule_for_the_teachers_that_there_are_is_planned(inside, capsys):
    text = (inside / 'small.py').read_text()
    rule = "dict(type='fixed_weights', weights=[1.0, 2.0])"
    (inside / 'small.py').write_text(f'{text}\ndistillation = dict(rule={rule})\n')
    assert main(['small.py', '--data-root', 'videos', '--dry-run']) == 0


def test_names_that_stand_twice(inside, capsys):
    text = (inside / 'small.py').read_text()
    for part in ('students', 'teachers'):
        (inside / 'small.py').write_text(f'{text}\n{part} = [{part}[0], {part}[0]]\n')
        message = refuse(capsys, 'small.py', '--data-root', 'videos', '--dry-run')
        assert f'two {part} have the name ' in message
