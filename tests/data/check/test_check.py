"""Small trees with one thing wrong at a time."""

import json
import os
import re
import shutil
import wave

import cv2
import numpy as np
import pytest

from ukd_bench.data.__main__ import main
from ukd_bench.data.arid.editions import LayoutError
from ukd_bench.data.check import check
from ukd_bench.errors import DataError

from .. import made_up_arid as arid
from .asking import kinds, list_of, run


@pytest.fixture
def small(dark_root, tmp_path):
    """Eleven real videos a list, which a test may damage."""
    shutil.copytree(dark_root, tmp_path / 'videos')
    return tmp_path / 'videos'


def a_video(root, class_name='Wave'):
    """A video of the training list."""
    (path,) = re.findall(rf'{class_name}/\S+', list_of(root).read_text())
    return root / path


def test_a_darkroom_is_checked_to_its_last_frame(small, capsys):
    report = check(small, decode=True, workers=2)
    assert report.findings == [] and report.decoded == report.whole == 33
    status, text = run(capsys, small, '--decode', '--workers', '2')
    assert status == 0
    assert 'DarkRoom at' in text and '33 videos decode to the last frame' in text
    assert 'known' not in text.replace('no known counts', '')


def truncate(root):
    video = a_video(root)
    video.write_bytes(video.read_bytes()[:-100])
    return video


def empty(root):
    a_video(root).write_bytes(b'')
    return a_video(root)


def only_sound(root):
    video = a_video(root)
    with wave.open(str(video), 'wb') as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(bytes(1600))
    return video


def not_a_video(root):
    a_video(root).write_text('<html>404</html>' * 50)
    return a_video(root)


def blank_middle(root):
    """What a copy that went wrong leaves: the right length, zeros inside."""
    video = a_video(root)
    content = bytearray(video.read_bytes())
    start, end = content.find(b'movi'), content.find(b'idx1')
    middle = slice((2 * start + end) // 3, (start + 2 * end) // 3)
    content[middle] = bytes(middle.stop - middle.start)
    video.write_bytes(content)
    return video


@pytest.mark.parametrize(
    ('damage', 'reason', 'decode'),
    [
        (truncate, 'truncated: ', False),
        (empty, 'the file is empty', False),
        (only_sound, 'it holds sound but no pictures', False),
        (not_a_video, 'Error reading', True),
        (blank_middle, 'frames can be decoded', True),
    ],
)
def test_a_damaged_video_is_named(small, capsys, damage, reason, decode):
    video = damage(small).relative_to(small)
    arguments = [small, *(['--decode'] if decode else [])]
    status, text = run(capsys, *arguments, '--json')
    assert status == 1
    findings = {finding['kind']: finding['items'] for finding in json.loads(text)['findings']}
    (item,) = findings['damaged']
    assert item.startswith(f'{video}: ') and reason in item


def test_a_width_that_decord_cannot_read_is_no_damage(small, capsys):
    path = a_video(small)
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*'MJPG'), 10, (48, 32))
    for level in range(0, 120, 20):
        writer.write(np.full((32, 48, 3), level, np.uint8))
    writer.release()
    status, text = run(capsys, small, '--decode', '--json')
    found = {finding['kind']: finding['items'] for finding in json.loads(text)['findings']}
    assert status == 1 and 'damaged' not in found
    (item,) = found['width']
    name = path.relative_to(small)
    assert item == f'{name}: decord cannot read videos of this width (48x32)'


def in_lower_case(root):
    (root / 'Wave').rename(root / 'wave')
    return 'the folder is named wave'


def other_extension(root):
    video = a_video(root)
    video.rename(video.with_suffix('.mov'))
    return f'there is {video.stem}.mov'


def broken_link(root):
    a_video(root).unlink()
    os.symlink('nowhere.avi', a_video(root))
    return 'it is a link to nowhere.avi, where no file is'


def gone(root):
    a_video(root).unlink()
    return ''


@pytest.mark.parametrize('damage', [in_lower_case, other_extension, broken_link, gone])
def test_an_absent_video_is_named_with_a_hint(small, capsys, damage):
    name = a_video(small).relative_to(small)
    hint = damage(small)
    items = kinds(check(small))['absent']
    assert any(item.startswith(str(name)) and hint in item for item in items)
    status, text = run(capsys, small)
    assert status == 1 and 'absent' in text and 'Traceback' not in text


def utf16(root):
    list_of(root).write_text(list_of(root).read_text(), encoding='utf-16')
    return 'it is UTF-16'


def latin1(root):
    text = list_of(root).read_text().replace('Wave/', 'Wäve/')
    list_of(root).write_text(text, encoding='latin-1')
    return 'it seems, Latin-1'


def wrong_line(root):
    list_of(root).write_text('0\tWave/Wave_1_1.avi\n')
    return 'ARID_split1_train.txt:1: 2 columns'


@pytest.mark.parametrize('damage', [utf16, latin1, wrong_line])
def test_a_list_that_cannot_be_read_is_named(small, capsys, damage):
    reason = damage(small)
    (item,) = kinds(check(small))['unusable_list']
    assert 'list_cvt/ARID_split1_train.txt' in item and reason in item
    assert run(capsys, small)[0] == 1


def test_own_lists_that_cannot_be_read_are_wrong_but_no_traceback(tmp_path, capsys):
    (tmp_path / 'train.txt').write_text('a.mp4 0\n', encoding='utf-16')
    status, text = run(capsys, tmp_path)
    assert status == 1 and 'it is UTF-16' in text.replace('\n', ' ')


def test_links_that_leave_the_root_are_noted(small, tmp_path, capsys):
    (small / 'Wave').rename(tmp_path / 'elsewhere')
    (small / 'Wave').symlink_to(tmp_path / 'elsewhere')
    video = a_video(small, 'Walk')
    video.rename(tmp_path / 'walk.avi')
    video.symlink_to(tmp_path / 'walk.avi')
    report = check(small)
    assert report.problems == []
    targets = [f'{small / "Wave"} -> {tmp_path / "elsewhere"}', f'{video} -> {tmp_path}/walk.avi']
    wanted = sorted(target.removeprefix(f'{small}/') for target in targets)
    assert list(kinds(report)['outside_link']) == wanted
    assert report.disk.total == 33
    (small / 'Walk' / 'loop').symlink_to(small / 'Walk')
    assert check(small).disk.total == 33
    assert run(capsys, small)[0] == 0


def test_ten_thousand_absent_videos_are_counted_in_a_few_lines(tmp_path, capsys):
    names = [(0, f'Drink/Drink_{clip}_1.avi') for clip in range(10_000)]
    arid.write_list(list_of(tmp_path), names)
    status, text = run(capsys, tmp_path)
    assert status == 1
    assert '10000 listed videos are absent' in text and 'and 9992 more' in text
    assert len(text.splitlines()) < 60
    assert len(kinds(check(tmp_path))['absent']) == 10_000


def rewrite(root, subset, change):
    path = list_of(root, subset)
    lines = path.read_text().splitlines()
    path.write_text('\n'.join(change(lines)) + '\n')


def lines_of(root, subset):
    return list_of(root, subset).read_text().splitlines()


@pytest.mark.parametrize(
    ('change', 'kind', 'words'),
    [
        (lambda r: rewrite(r, 'train', lambda lines: [*lines, lines[3]]),
         'listed_twice', r'Pour/\S+ \(split 1 train, 2 times\)'),
        (lambda r: rewrite(r, 'test', lambda lines: [*lines, lines_of(r, 'train')[3]]),
         'test_in_train', r'Pour/\S+'),
        (lambda r: rewrite(r, 'other', lambda lines: [*lines, lines_of(r, 'train')[3]]),
         'other_in_train', r'Pour/\S+'),
        (lambda r: rewrite(r, 'train', lambda lines: [*lines, lines_of(r, 'other')[3]]),
         'group_leak', r'Pour group \d+: Pour/\S+ in train, Pour/\S+ in test'),
        (lambda r: rewrite(r, 'train', lambda lines: [lines[0].replace('\t0\t', '\t1\t')]),
         'label', r'Drink/\S+ is labelled Jump \(split 1 train\)'),
        (lambda r: rewrite(r, 'train', lambda lines: [one for one in lines if 'Sit/' not in one]),
         'untrained', 'Sit: 1 test clip'),
        (lambda r: list_of(r, 'test').unlink(), 'absent_list', 'list_cvt/ARID_split1_test.txt'),
        (lambda r: shutil.copy(a_video(r), r / 'Walk' / 'Walk_99_1.avi'),
         'unlisted', r'Walk/Walk_99_1\.avi'),
        (lambda r: shutil.copy(a_video(r), r / next(iter(r.glob('Walk/*_2_1.avi')))),
         'content_leak', r'Walk/\S+ = Wave/\S+ \(split 1.*\)'),
    ],
)  # fmt: skip
def test_what_is_wrong_with_lists_is_named(small, change, kind, words):
    change(small)
    items = kinds(check(small))[kind]
    assert items and re.fullmatch(words, items[0])


def test_a_video_that_is_not_what_the_manifest_says_is_named(small, rewrite):
    video = a_video(small)
    name = str(video.relative_to(small))
    rewrite(small / 'manifest.json', 'not its hash', 'clips', name, 'file_sha256')
    assert kinds(check(small))['changed'] == (name,)


def test_names_that_no_terminal_can_show_do_no_harm(small, capsys):
    with open(os.fsencode(small) + b'/Wave/\xff\n.avi', 'wb') as file:
        file.write(b'x')
    for option in ([], ['--json']):
        status, text = run(capsys, small, *option)
        assert status == 0 and 'Wave/' in text


def test_mistakes_of_usage_are_one_line_and_status_2(small, tmp_path, capsys):
    status, text = run(capsys, tmp_path / 'absent')
    assert status == 2 and text.startswith('error: data root') and text.count('\n') == 1
    (tmp_path / 'nothing').mkdir()
    status, text = run(capsys, tmp_path / 'nothing')
    assert status == 2 and 'xuyu0010.github.io/arid.html' in text and 'data make' in text
    with pytest.raises(SystemExit) as caught:
        main(['check', str(small), '--workers', '0'])
    assert caught.value.code == 2
    with pytest.raises(LayoutError, match='holds no lists of UG2'):
        check(small, edition='ug2')
    with pytest.raises(SystemExit):
        main(['check', '--help'])
    help_text = ' '.join(capsys.readouterr().out.split())
    assert 'xuyu0010.github.io/arid.html' in help_text and 'data make ROOT' in help_text


def test_check_and_the_data_set_agree_that_a_root_is_absent(tmp_path):
    with pytest.raises(DataError, match='does not exist'):
        check(tmp_path / 'absent')


def test_hundreds_of_equal_videos_are_counted_in_a_line(small):
    video = a_video(small, 'Walk')
    copies = [video.with_name(f'Walk_90{number}_1.avi') for number in range(900)]
    for copy in copies:
        os.link(video, copy)
    names = [f'{copy.parent.name}/{copy.name}' for copy in copies]
    extra = [f'{number}\t9\t{name}' for number, name in enumerate(names, 100)]
    rewrite(small, 'train', lambda lines: [*lines, *extra[:-1]])
    rewrite(small, 'test', lambda lines: [*lines, extra[-1]])
    (item,) = kinds(check(small))['content_leak']
    # One of the lists that only one of them is in, too.
    assert names[-1] in item and item.count(' = ') == 3
    assert item.endswith(' and 897 more (split 1, 2, 3)') or item.endswith(
        ' and 897 more (split 1)'
    )


def test_a_list_line_without_end_is_cut(small, capsys):
    """As a path that no disk holds, as columns, and as a label."""
    for line in (f'9\t0\tDrink/{"x" * 10**7}.avi', 'x' * 10**7, f'9\t{"9" * 10**7}\tDrink/a.avi'):
        rewrite(small, 'train', lambda lines, line=line: [*lines[:11], line])
        for option in ([], ['--json']):
            status, text = run(capsys, small, *option)
            assert status == 1 and 'characters)' in text and len(text) < 20_000
