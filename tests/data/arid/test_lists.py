import pytest

from ukd_bench.data.arid.facts import ARID_CLASSES
from ukd_bench.data.arid.lists import Clip, is_blank, read_csv, read_list, read_pairs
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
        ('1 Wave/a.avi', r'2 columns .*1 Wave/a.avi'),
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


def test_spaces_serve_as_tabs_and_a_byte_order_mark_is_no_text(listed):
    wanted = [Clip('Jump/a b.avi', 1)]
    assert read_list(listed('0 1 Jump/a b.avi\n')) == wanted
    assert read_list(listed('0   1\t Jump/a b.avi\n'.replace(' 1', '\t1'))) == wanted
    assert read_list(listed(b'\xef\xbb\xbf0\t1\tJump/a b.avi\r\n\r\n')) == wanted


@pytest.mark.parametrize('encoding', ['utf-16', 'utf-16-le', 'utf-16-be'])
def test_utf16_is_named(listed, encoding):
    path = listed('0\t1\tJump/a.avi\n'.encode(encoding))
    with pytest.raises(DataError, match=f'^{path}: cannot be read .it is UTF-16; save it as UTF-8'):
        read_list(path)


def test_latin1_is_named_with_its_line(listed):
    path = listed('0\t1\tJump/a.avi\n1\t1\tJump/Müller.avi\n'.encode('latin-1'))
    with pytest.raises(
        DataError, match=f'^{path}:2: cannot be read .it is not UTF-8 but, it seems'
    ):
        read_list(path)


def test_an_absent_list_is_named(tmp_path):
    with pytest.raises(DataError, match=r'absent.txt: cannot be read .No such file'):
        read_list(tmp_path / 'absent.txt')


def test_the_labels_that_a_list_may_have_bound_it(listed):
    assert read_list(listed('0\t11\ta.avi'), range(12))[0].label == 11
    with pytest.raises(DataError, match="label '11' is not one of 0 to 10"):
        read_list(listed('0\t11\ta.avi'))


def test_mmaction2s_pairs(listed):
    path = listed('a/x y.mp4 3\r\nb.mp4\t0\n\n')
    assert read_pairs(path) == [Clip('a/x y.mp4', 3), Clip('b.mp4', 0)]
    with pytest.raises(DataError, match=r":1: label '3' is not one of 0 to 2"):
        read_pairs(path, range(3))
    with pytest.raises(DataError, match=r'list.txt:1: 1 columns instead of `path label`'):
        read_pairs(listed('a.mp4\n'))
    with pytest.raises(DataError, match=r"label 'x' is not a whole number"):
        read_pairs(listed('a.mp4 x\n'))


def test_the_csv_of_ug2_counts_its_labels_from_the_first(listed):
    header = 'VideoID,Video,ClassID\r\n'
    path = listed(b'\xef\xbb\xbf' + f'{header}0,Run/Run_1_1.mp4,5\r\n1,Wave/a.mp4,10\r\n'.encode())
    assert read_csv(path, range(5, 11)) == [Clip('Run/Run_1_1.mp4', 0), Clip('Wave/a.mp4', 5)]
    with pytest.raises(DataError, match=r":2: label '4' is not one of 5 to 10"):
        read_csv(listed(header + '0,Push/a.mp4,4\n'), range(5, 11))
    with pytest.raises(DataError, match=r':2: 2 columns instead of VideoID,Video,ClassID'):
        read_csv(listed(header + '0,Push/a.mp4\n'), range(5, 11))
    with pytest.raises(DataError, match=r'list.txt: has no column ClassID, only VideoID, Video'):
        read_csv(listed('VideoID,Video\n0,0.mp4\n'), range(5, 11))
    with pytest.raises(DataError, match=r'list.txt: lists no video'):
        read_csv(listed(header), range(5, 11))


def test_the_csv_of_an_old_mac_is_read(listed):
    path = listed('VideoID,Video,ClassID\r0,Run/a.mp4,5\r1,Wave/b.mp4,10\r')
    assert read_csv(path, range(5, 11)) == [Clip('Run/a.mp4', 0), Clip('Wave/b.mp4', 5)]


@pytest.mark.parametrize('header', ['VideoID,Video,ClassID\n', ''])
def test_a_csv_that_is_none_is_named(listed, header):
    path = listed(f'{header}0,{"a" * 140_000}.mp4,5\n')
    with pytest.raises(DataError, match=f'^{path}: cannot be read as CSV .field larger than'):
        read_csv(path, range(5, 11))


@pytest.mark.parametrize(('content', 'blank'), [('', True), ('\r\n \n', True), (' a 0', False)])
def test_blank_lists_are_told(listed, content, blank):
    assert is_blank(listed(content)) is blank


def test_newlines_alone_end_a_line(listed):
    """Python takes a form feed or a separator in a name for an end, too."""
    for sign in '\x0b\x0c\x1c\x85\u2028':
        path = listed(f'0\t1\tJump/a{sign}b.avi\n'.encode())
        assert read_list(path) == [Clip(f'Jump/a{sign}b.avi', 1)]


LONG = 10**7


@pytest.mark.parametrize(
    ('columns', 'text'),
    [
        (
            lambda: ('1', '9' * 5000, 'Wave/a.avi'),
            r"label '9{79}\.\.\. \(5002 characters\) is not one",
        ),
        (lambda: ('1', 'x' * LONG, 'Wave/a.avi'), r"label 'x{79}\.\.\. \(10000002 characters\) is"),
        (lambda: ('x' * LONG,), r": 'x{79}\.\.\. \(10000002 characters\)$"),
        (lambda: ('1', '2', '/' + 'x' * LONG), r"path '/x{78}\.\.\. \(10000003 characters\) does"),
        (lambda: ('1', '2', f'{"x" * 64}\0.avi'), r"path 'x+\\x00.avi' cannot be that of a file"),
    ],
    ids=['digits', 'label', 'columns', 'path', 'zero'],
)
def test_what_is_quoted_is_cut(listed, columns, text):
    """More digits than Python reads, and more text than anybody does."""
    with pytest.raises(DataError, match=text):
        read_list(listed('\t'.join(columns()) + '\n'))
