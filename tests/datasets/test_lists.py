import pytest

from ukd_bench.datasets.lists import ARID_CLASSES, Clip, list_file, read_list, require_videos
from ukd_bench.errors import DataError


@pytest.fixture
def listed(tmp_path):
    """Writes the bytes of a list and returns its path."""

    def write(content):
        path = tmp_path / 'list.txt'
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def test_lines_become_clips_in_order(listed):
    path = listed('0\t10\tWave/Wave_1_1.avi\n7\t0\tDrink/Drink_1_1.avi\n')
    assert read_list(path) == [Clip('Wave/Wave_1_1.avi', 10), Clip('Drink/Drink_1_1.avi', 0)]
    assert len(ARID_CLASSES) == 11 and ARID_CLASSES[10] == 'Wave'


def test_crlf_blank_lines_and_no_last_newline_are_the_same_list(listed):
    plain = read_list(listed('0\t1\tJump/a b.avi\n1\t2\tPick/c.avi\n'))
    assert read_list(listed('0\t1\tJump/a b.avi\r\n\r\n1\t2\tPick/c.avi\r\n')) == plain
    assert read_list(listed('0\t1\tJump/a b.avi\n\n1\t2\tPick/c.avi')) == plain


@pytest.mark.parametrize(
    ('line', 'text'),
    [
        ('1\tWave/a.avi', r'2 columns instead of index<TAB>label<TAB>path'),
        ('1\t2\tWave/a.avi\t3', r'4 columns'),
        ('1 2 Wave/a.avi', r'1 columns .*1 2 Wave/a.avi'),
        ('1\t11\tWave/a.avi', r"label '11' is not one of 0 to 10"),
        ('1\t-1\tWave/a.avi', r"label '-1' is not one"),
        ('1\tWave\tWave/a.avi', r"label 'Wave' is not one"),
        ('1\t1.0\tWave/a.avi', r"label '1.0' is not one"),
        ('1\t\tWave/a.avi', r"label '' is not one"),
        ('1\t2\t../a.avi', r"path '../a.avi' does not stay below"),
        ('1\t2\tWave/../../a.avi', r'does not stay below the data root'),
        ('1\t2\t/etc/a.avi', r"path '/etc/a.avi' does not stay below"),
        ('1\t2\t ', r"path '' does not stay below"),
    ],
)
def test_a_wrong_line_is_named_by_file_and_number(listed, line, text):
    path = listed(f'0\t1\tJump/ok.avi\n\n{line}\n')
    with pytest.raises(DataError, match=text) as caught:
        read_list(path)
    assert str(caught.value).startswith(f'{path}:3: ')
    assert '\n' not in str(caught.value)


@pytest.mark.parametrize('content', ['', '\n\r\n  \n'])
def test_an_empty_list_is_an_error(listed, content):
    path = listed(content)
    with pytest.raises(DataError, match=f'{path}: lists no video'):
        read_list(path)


def test_absent_or_binary_lists_are_named(listed, tmp_path):
    with pytest.raises(DataError, match=r'absent.txt: cannot be read'):
        read_list(tmp_path / 'absent.txt')
    with pytest.raises(DataError, match=r'list.txt: cannot be read'):
        read_list(listed(b'0\t1\t\xff\xfe.avi\n'))


def test_other_classes_than_arids_bound_the_label(listed):
    assert read_list(listed('0\t11\ta.avi'), num_classes=12)[0].label == 11


def test_list_file_takes_both_spellings_of_other(tmp_path):
    folder = tmp_path / 'list_cvt'
    folder.mkdir()
    (folder / 'ARID_split2_others.txt').write_text('')
    assert list_file(tmp_path, 2, 'other').name == 'ARID_split2_others.txt'
    (folder / 'ARID_split2_other.txt').write_text('')
    assert list_file(tmp_path, 2, 'other').name == 'ARID_split2_other.txt'
    with pytest.raises(DataError, match=r'ARID_split1_train.txt does not exist'):
        list_file(tmp_path, 1, 'train')


def test_a_root_that_is_no_folder_is_named(tmp_path):
    (tmp_path / 'file').write_text('')
    for root in (tmp_path / 'absent', tmp_path / 'file'):
        with pytest.raises(DataError, match=f'data root {root} does not exist or is not a folder'):
            list_file(root, 1, 'train')


def test_absent_videos_are_counted_and_the_first_is_named(tmp_path):
    (tmp_path / 'a.avi').write_text('')
    clips = [Clip(name, 0) for name in ('a.avi', 'b.avi', 'c.avi')]
    with pytest.raises(DataError, match=r'list: .*b.avi does not exist \(and 1 more\)'):
        require_videos(clips, tmp_path, 'list')
    with pytest.raises(DataError, match=r'b.avi does not exist$'):
        require_videos(clips[:2], tmp_path, 'list')
    require_videos(clips[:1], tmp_path, 'list')
