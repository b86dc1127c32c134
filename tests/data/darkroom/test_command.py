import subprocess
import sys

import cv2
import pytest

from ukd_bench.data.__main__ import main


def test_make_with_a_preview(tmp_path, capsys):
    arguments = ['make', str(tmp_path / 'set'), '--preset', 'tiny', '--size', '32x24']
    sheet = tmp_path / 'sheet.png'
    assert main([*arguments, '--seed', '4', '--workers', '1', '--preview', str(sheet)]) == 0
    assert '44 clips, fingerprint ' in capsys.readouterr().out
    picture = cv2.imread(str(sheet))
    assert picture.shape[:2] == (20 + 11 * 24, 60 + 12 * 32 + 6)
    left, right = picture[20:, 60 : 60 + 6 * 32], picture[20:, -6 * 32 :]
    assert right.mean() > 3 * left.mean()


def test_the_bright_twin_is_shown_as_stored_and_large_frames_smaller(tmp_path, capsys):
    arguments = ['make', str(tmp_path / 'set'), '--preset', 'tiny', '--clips', '33', '--bright']
    sheet = tmp_path / 'sheet.png'
    assert main([*arguments, '--size', '160x120', '--workers', '1', '--preview', str(sheet)]) == 0
    assert '33 clips, fingerprint ' in capsys.readouterr().out
    picture = cv2.imread(str(sheet))
    assert picture.shape[:2] == (20 + 11 * 108, 60 + 6 * 144)
    assert picture[20:, 60:].mean() > 50


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        (['--size', '96'], "argument --size: '96' is not of the form 96x72"),
        (['--size', '95x72'], 'size is 95x72, the width must be a multiple of 32'),
        (['--clips', '0'], "argument --clips: '0' is not a whole number of at least 1"),
        (['--clips', '12'], 'clips is 12, too few for every class to train and be tested on'),
        (['--seed', '-3'], 'argument --seed'),
        (['--preset', 'huge'], "argument --preset: invalid choice: 'huge'"),
        (['--preset', 'tiny', '--size', '32x24', '--preview', 'a.jpg'], 'must end in .png'),
    ],
)
def test_bad_values_are_one_line_and_exit_2(tmp_path, arguments, message):
    command = [sys.executable, '-m', 'ukd_bench.data', 'make', str(tmp_path / 'set'), *arguments]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr.startswith('error: ') and message in done.stderr
    assert done.stderr.count('\n') == 1
