import pytest

from ukd_bench.report.__main__ import main


@pytest.fixture
def results(made_up, tmp_path):
    return made_up.MadeUpSweep(seeds=(0,)).write(tmp_path / 'results')


def test_prints_verdicts_at_eighty_columns(results, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv('COLUMNS', '80')
    assert main([str(results), '--out', str(tmp_path / 'out')]) == 0
    out = capsys.readouterr().out
    lines = out.splitlines()
    assert all(len(line) <= 80 for line in lines if not line.startswith('Report:'))
    assert [line.split()[0] for line in lines if line[:1] == 'C'] == [f'C{i}' for i in range(1, 7)]
    assert lines[-1] == f'Report: {tmp_path / "out" / "index.html"}'


def test_reference(made_up, results, tmp_path, capsys):
    arguments = [str(results), '--out', str(tmp_path / 'out'), '--check', '--reference']
    assert main([*arguments, str(results)]) == 0
    assert 'agrees' in capsys.readouterr().out
    more = made_up.MadeUpSweep(seeds=(0, 1)).write(tmp_path / 'more')
    assert main([*arguments, str(more)]) == 1
    assert 'missing' in capsys.readouterr().out


@pytest.mark.parametrize('case', ['absent', 'empty', 'broken', 'out', 'claims', 'reference'])
def test_errors_are_one_line(case, results, tmp_path, capsys):
    arguments = {'results': str(results), '--out': str(tmp_path / 'out')}
    if case == 'absent':
        arguments['results'] = str(tmp_path / 'none')
    elif case == 'empty':
        (tmp_path / 'empty').mkdir()
        arguments['results'] = str(tmp_path / 'empty')
    elif case == 'broken':
        (results / 'plan.json').write_text('{')
    elif case == 'out':
        arguments['--out'] = str(results / 'plan.json')
    else:
        arguments[f'--{case}'] = str(tmp_path / 'none')
    first, *rest = arguments.values()
    flags = [word for pair in zip(list(arguments)[1:], rest, strict=True) for word in pair]
    assert main([first, *flags]) == 2
    captured = capsys.readouterr()
    assert captured.err.startswith('error: ') and captured.err.count('\n') == 1
    assert captured.out == ''


def test_check_needs_a_reference(results, tmp_path, capsys):
    assert main([str(results), '--out', str(tmp_path / 'out'), '--check']) == 2
    assert capsys.readouterr().err == 'error: --check needs --reference\n'


@pytest.mark.parametrize('option', ['--out', '--reference', '--claims'])
def test_an_empty_path_is_not_the_working_folder(results, tmp_path, capsys, monkeypatch, option):
    monkeypatch.chdir(tmp_path)
    before = sorted(tmp_path.iterdir())
    with pytest.raises(SystemExit) as ended:
        main([str(results), '--out', 'page', option, ''])
    assert ended.value.code == 2 and sorted(tmp_path.iterdir()) == before
    complaint = capsys.readouterr().err
    assert f"argument {option}: '' is no path; the working folder is ." in complaint
    assert complaint.count('\n') == 1
