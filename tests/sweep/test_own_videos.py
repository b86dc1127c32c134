"""From videos on disk to a sweep, for each layout that the README tells a user about."""

import shutil
from pathlib import Path

import cv2
import pytest

from ukd_bench.data.arid.facts import ARID_CLASSES
from ukd_bench.data.darkroom.film import read_video

from ..warm import run_module
from .conftest import SWEEP, Sweep, call_sweep

pytestmark = pytest.mark.slow

TABLE = ''.join(f'{label}\t{name}\n' for label, name in enumerate(ARID_CLASSES))


def listed(videos: Path, subset: str) -> list[tuple[str, int]]:
    """(path, label) of the small data set's clips."""
    lines = (videos / 'list_cvt' / f'ARID_split1_{subset}.txt').read_text().splitlines()
    return [(line.split('\t')[2], int(line.split('\t')[1])) for line in lines]


def as_mp4(source: Path, target: Path) -> None:
    frames = read_video(source)
    target.parent.mkdir(parents=True, exist_ok=True)
    size = frames.shape[2], frames.shape[1]
    writer = cv2.VideoWriter(str(target), cv2.CAP_FFMPEG, cv2.VideoWriter_fourcc(*'mp4v'), 30, size)
    for frame in frames:
        writer.write(frame)
    writer.release()


def write_list(path: Path, lines: list[str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text('\n'.join(lines) + '\n')


def arid_v10(videos: Path, root: Path) -> None:
    shutil.copytree(videos, root)
    (root / 'manifest.json').unlink()


def arid_v15(videos: Path, root: Path) -> None:
    for subset in ('train', 'test'):
        clips = [(path.replace('.avi', '.mp4'), label) for path, label in listed(videos, subset)]
        for path, _ in clips:
            as_mp4(videos / path.replace('.mp4', '.avi'), root / 'clips_v1.5' / path)
        write_list(
            root / 'list_cvt' / 'split_0' / f'split0_{subset}.txt',
            [f'{index}\t{label}\t{path}' for index, (path, label) in enumerate(clips)],
        )
    (root / 'list_cvt' / 'mapping_table.txt').write_text(TABLE)


def own_lists(videos: Path, root: Path) -> None:
    """Two classes of videos that are named as nobody expects."""
    for subset in ('train', 'test'):
        lines = []
        for number, (path, label) in enumerate(listed(videos, subset)):
            if label in (5, 9):
                name = f'{subset} {number}.mp4' if label == 5 else f'night/{subset}{number}.mp4'
                as_mp4(videos / path, root / name)
                lines.append(f'{name} {int(label == 9)}')
        write_list(root / f'{subset}.txt', lines)
    write_list(root / 'classes.txt', ['run', 'walk'])


# What a method reads of the videos: frames, frames by a bank, frames and flow.
@pytest.mark.parametrize(
    ('make', 'methods'),
    [
        (arid_v10, dict(plain=0)),
        (arid_v15, dict(two_stream_rgb_flow=0)),
        (own_lists, dict(ukd=1, two_stream_rgb_flow=0)),
    ],
)
def test_from_videos_to_a_report(make, methods, small_videos, tmp_path):
    make(small_videos, tmp_path / 'mine')
    (tmp_path / 'small.py').write_text(SWEEP.replace('epochs=2', 'epochs=1'))
    split = '0' if make is arid_v15 else '1'
    checked = run_module('ukd_bench.data', 'check', 'mine', '--decode', cwd=tmp_path)
    assert 'Traceback' not in checked.stderr and checked.returncode in (0, 1)
    done = call_sweep(
        '--data-root', 'mine', '--split', split, '--methods', ','.join(methods),
        '--teachers', '1', cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    sweep = Sweep(tmp_path)
    classes = ['run', 'walk'] if make is own_lists else list(ARID_CLASSES)
    for method, count in methods.items():
        record = sweep.record(method, count)
        assert record['dataset']['classes'] == classes
        assert (record['dataset']['synthetic'], record['dataset']['name']) == (False, 'mine')
    assert (tmp_path / 'reports' / 'small' / 'index.html').is_file()
    assert list((tmp_path / 'data' / 'cache').glob('mine-72-*/*.npy'))


def test_held_out_groups_and_many_views(small_videos, tmp_path):
    arid_v10(small_videos, tmp_path / 'videos')
    rules = "selection = 'best_on_held_out_groups'\nprotocol = 'clips10_crops3'\n"
    (tmp_path / 'small.py').write_text(SWEEP + rules)
    sweep = Sweep(tmp_path)
    options = ('--methods', 'ukd,ensemble', '--teachers', '2')
    done = sweep.call(*options, report=True)
    assert done.returncode == 0, done.stdout + done.stderr
    records = [record for record in sweep.records() if record['method'] != 'bank']
    assert sorted(r['method'] for r in records) == ['ensemble', 'teacher', 'teacher', 'ukd']
    for record in records:
        assert record['selection'] == 'best_on_held_out_groups'
        assert record['protocol'] == dict(name='clips10_crops3', version=1, views=30)
        if record['method'] != 'ensemble':
            # One of two groups of each class is held out.
            assert record['dataset']['train_samples'] == 11
            assert record['selected_epoch'] in (1, 2)
    again = sweep.call(*options)
    assert '0 carried out' in again.stdout, again.stdout
    report = (sweep.report / 'report.md').read_text()
    assert 'best on groups held out' in report and '30 views a clip' in report


def test_lists_of_two_editions_need_a_choice(small_videos, tmp_path):
    arid_v15(small_videos, tmp_path / 'mine')
    for subset in ('train', 'test'):
        name = f'ARID_split1_{subset}.txt'
        shutil.copy(small_videos / 'list_cvt' / name, tmp_path / 'mine' / 'list_cvt' / name)
    (tmp_path / 'small.py').write_text(SWEEP)
    command = ('--data-root', 'mine', '--dry-run')
    open_choice = call_sweep(*command, cwd=tmp_path)
    assert open_choice.returncode == 2
    assert 'v1.0' in open_choice.stderr and 'v1.5' in open_choice.stderr
    for edition, split in (('v1.0', '1'), ('v1.5', '0')):
        chosen = call_sweep(*command, '--edition', edition, '--split', split, cwd=tmp_path)
        assert chosen.returncode == 0, chosen.stderr
