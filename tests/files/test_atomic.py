from concurrent.futures import ThreadPoolExecutor

import pytest

from ukd_bench.errors import ConfigError, DataError, ResultsError, UkdBenchError
from ukd_bench.files.atomic import (
    atomic_write,
    folder_once,
    read_json,
    write_json,
    write_text,
)
from ukd_bench.files.configs import configs_root
from ukd_bench.records.folder import RunPaths, SweepPaths


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_writer_that_fails_leaves_the_old_file_and_no_scrap(tmp_path):
    path = tmp_path / 'file.txt'
    write_text(path, 'old')

    def write(file):
        file.write(b'half of the n')
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        atomic_write(path, write)
    assert path.read_text() == 'old'
    assert names(tmp_path) == ['file.txt']


def test_the_new_file_appears_only_when_it_is_whole(tmp_path):
    path = tmp_path / 'deep' / 'file.txt'

    def write(file):
        file.write('größer'.encode())
        assert not path.exists()

    atomic_write(path, write)
    assert path.read_text(encoding='utf-8') == 'größer'
    assert path.stat().st_mode & 0o777 == 0o644


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / 'file').write_text('')
    with pytest.raises(ResultsError, match=r'file/record.json: cannot be written \(.+\)'):
        write_json(tmp_path / 'file' / 'record.json', {})


def test_json_refuses_what_other_readers_cannot_read(tmp_path):
    with pytest.raises(ValueError, match='JSON'):
        write_json(tmp_path / 'a.json', {'a': float('nan')})
    assert names(tmp_path) == []
    (tmp_path / 'b.json').write_text('{"a": ')
    with pytest.raises(ResultsError, match=r'b.json: not valid JSON'):
        read_json(tmp_path / 'b.json')
    with pytest.raises(ResultsError, match=r'c.json: cannot be read \(No such file'):
        read_json(tmp_path / 'c.json')
    (tmp_path / 'd.json').write_bytes(b'"\xff"')
    with pytest.raises(ResultsError, match=r'd\.json'):
        read_json(tmp_path / 'd.json')


@pytest.mark.parametrize(
    ('content', 'message'),
    [
        ('[' * 100_000, 'nested too deep'),
        ('[' * 200 + ']' * 200, 'nested too deep'),
        ('{"a": NaN}', 'NaN is no finite number'),
        ('[-Infinity]', 'no finite number'),
        ('[1e400]', '1e400 is no finite number'),
        (f'[1{"0" * 5000}.5e999]', 'no finite number'),
        (f'[1{"0" * 5000}]', r'Exceeds the limit'),
        ('["\\ud800"]', 'surrogates not allowed'),
        ('', 'Expecting value'),
    ],
)
def test_json_that_no_reader_of_ours_expects(tmp_path, content, message):
    (tmp_path / 'a.json').write_text(content)
    with pytest.raises(ResultsError, match=rf'a\.json: not valid JSON \(.*{message}') as told:
        read_json(tmp_path / 'a.json')
    assert len(str(told.value)) < 400 + len(str(tmp_path))


def test_json_of_any_alphabet_and_of_some_depth_is_read(tmp_path):
    value = {'a': [[{'b': '𝄞 ö'}]], 'c': 1.5, 'd': -7, 'e': None}
    write_json(tmp_path / 'a.json', value)
    assert '\\ud834' in (tmp_path / 'a.json').read_text()
    assert read_json(tmp_path / 'a.json') == value
    with pytest.raises(ResultsError, match=r'cannot be read \(Is a directory'):
        read_json(tmp_path)


def test_runs_are_the_folders_with_a_record_by_name(tmp_path):
    for name in ('b-x', 'a-x'):
        write_json(RunPaths(tmp_path / name).record, {})
    write_json(RunPaths(tmp_path / 'c-x').state, {})
    assert [run.root.name for run in SweepPaths(tmp_path).runs()] == ['a-x', 'b-x']


def test_shipped_configs_are_found():
    assert (configs_root() / '_base_' / 'default_runtime.py').is_file()


def test_errors_are_caught_as_what_they_are_and_as_ours():
    assert issubclass(ConfigError, UkdBenchError) and issubclass(ConfigError, ValueError)
    assert issubclass(DataError, ValueError) and issubclass(ResultsError, OSError)


def test_a_folder_is_there_whole_or_not_at_all(tmp_path):
    made = []

    def fill(folder):
        folder.mkdir()
        (folder / 'one').write_text('1')
        made.append(folder)
        assert not wanted.exists()

    wanted = tmp_path / 'within' / 'wanted'
    for _ in range(2):
        folder_once(wanted, fill)
    assert len(made) == 1 and [path.name for path in wanted.iterdir()] == ['one']
    assert [path.name for path in wanted.parent.iterdir()] == ['wanted']


def test_the_folder_of_who_was_first_stays(tmp_path):
    wanted = tmp_path / 'wanted'

    def fill(folder):
        folder.mkdir()
        (folder / 'mine').touch()
        wanted.mkdir()
        (wanted / 'theirs').touch()

    folder_once(wanted, fill)
    assert [path.name for path in tmp_path.iterdir()] == ['wanted']
    assert [path.name for path in wanted.iterdir()] == ['theirs']


def test_a_folder_that_cannot_be_filled_leaves_nothing(tmp_path):
    def fail(folder):
        folder.mkdir()
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        folder_once(tmp_path / 'wanted', fail)
    assert not [*tmp_path.iterdir()]


def test_processes_that_fill_one_folder_at_once_leave_one(tmp_path):
    def fill(folder):
        folder.mkdir()
        for number in range(50):
            (folder / str(number)).write_text(str(number))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: folder_once(tmp_path / 'wanted', fill), range(8)))
    assert [path.name for path in tmp_path.iterdir()] == ['wanted']
    assert len([*(tmp_path / 'wanted').iterdir()]) == 50
