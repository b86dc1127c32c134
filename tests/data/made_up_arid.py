"""Trees with the lists and clips of ARID's editions, each clip a file of a few bytes."""

import shutil
import struct
from collections.abc import Sequence
from pathlib import Path

CLASSES = 'Drink', 'Jump', 'Pick', 'Pour', 'Push', 'Run', 'Sit', 'Stand', 'Turn', 'Walk', 'Wave'
ALL = (338, 357, 205, 372, 475, 339, 234, 237, 413, 448, 366)
TRAIN = {
    1: (201, 215, 110, 215, 266, 226, 135, 142, 274, 276, 228),
    2: (210, 206, 119, 209, 267, 215, 130, 134, 259, 276, 227),
    3: (194, 226, 113, 218, 276, 212, 145, 123, 254, 276, 222),
}
TEST = {
    1: (79, 78, 50, 77, 106, 70, 51, 44, 82, 110, 76),
    2: (70, 87, 41, 83, 105, 81, 56, 52, 97, 110, 77),
    3: (86, 67, 47, 74, 96, 84, 41, 63, 102, 110, 82),
}
OTHER = (58, 64, 45, 80, 103, 43, 48, 51, 57, 62, 62)
V15_TRAIN, V15_TEST, V15_ALL = 3350, 2011, 5572
UG2_TRAIN = 1837


def fake_video(path: Path) -> None:
    """Writes a container that is whole, without pictures, and unlike any other."""
    mark = path.name.encode()
    if path.suffix == '.avi':
        content = b'RIFF' + struct.pack('<I', 4 + len(mark)) + b'AVI ' + mark
    else:
        content = b'\0\0\0\x0cftypisom' + struct.pack('>I', 8 + len(mark)) + b'mdat' + mark
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def write_list(path: Path, clips: Sequence[tuple[int, str]]) -> None:
    """ARID's own format."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [f'{index}\t{label}\t{name}\n' for index, (label, name) in enumerate(clips)]
    path.write_text(''.join(lines))


def write_mapping(path: Path, first: int = 0) -> None:
    lines = [f'{label}\t{CLASSES[label]}\n' for label in range(first, len(CLASSES))]
    path.write_text(''.join(lines))


def make_v10(root: Path) -> Path:
    """Every clip a group of its own, since the lists of three splits must each be without leaks."""
    for name, number in zip(CLASSES, ALL, strict=True):
        for clip in range(1, number + 1):
            fake_video(root / name / f'{name}_{clip}_1.avi')
    for split in (1, 2, 3):
        lists: dict[str, list] = {'train': [], 'test': [], 'other': []}
        for label, name in enumerate(CLASSES):
            # Another start for each split, so that a clip is not in the same list of all.
            clips = [(clip + 7 * split) % ALL[label] + 1 for clip in range(ALL[label])]
            sizes = (TRAIN[split][label], TEST[split][label], OTHER[label])
            for subset, size in zip(lists, sizes, strict=True):
                lists[subset] += [(label, f'{name}/{name}_{clip}_1.avi') for clip in clips[:size]]
                clips = clips[size:]
            assert not clips
        for subset, listed in lists.items():
            write_list(root / 'list_cvt' / f'ARID_split{split}_{subset}.txt', listed)
    write_mapping(root / 'list_cvt' / 'mapping_table.txt')
    return root


def make_v15(root: Path) -> Path:
    clips = []
    for clip in range(V15_ALL):
        label, number = clip % 11, clip // 11 + 1
        name = f'{CLASSES[label]}/{CLASSES[label]}_{number}_1.mp4'
        clips.append((label, name))
        fake_video(root / 'clips_v1.5' / name)
    for split in (0, 1):
        turned = clips[100 * split :] + clips[: 100 * split]
        folder = root / 'list_cvt' / f'split_{split}'
        write_list(folder / f'split{split}_train.txt', turned[:V15_TRAIN])
        write_list(folder / f'split{split}_test.txt', turned[V15_TRAIN : V15_TRAIN + V15_TEST])
        # The data set itself spells it both ways.
        name = ('others', 'other')[split]
        write_list(folder / f'split{split}_{name}.txt', turned[V15_TRAIN + V15_TEST :])
    return root


def make_ug2(root: Path) -> Path:
    """With a test list that has no labels, as it was published."""
    lines = ['VideoID,Video,ClassID']
    for clip in range(UG2_TRAIN):
        label = 5 + clip % 6
        name = f'{CLASSES[label]}/{CLASSES[label]}_{clip // 6 + 1}_1.mp4'
        lines.append(f'{clip},{name},{label}')
        fake_video(root / 'train_data' / name)
    folder = root / 'list_cvt'
    folder.mkdir()
    (folder / 'ARID1.1_t1_train_pub.csv').write_text('\n'.join(lines) + '\n')
    test = ['VideoID,Video', *(f'{clip},{clip}.mp4' for clip in range(90))]
    for clip in range(90):
        fake_video(root / 'test_data' / f'{clip}.mp4')
    (folder / 'ARID1.1_t1_validation_gt_pub.csv').write_text('\n'.join(test) + '\n')
    write_mapping(folder / 'mapping_table_t1.txt', first=5)
    return root


def make_ug2_of(root: Path, videos: Path) -> list[str]:
    """UG2+'s lists of six real videos, and a test list without labels; returns their paths."""
    paths = [
        str(path.relative_to(videos))
        for name in CLASSES[5:]
        for path in sorted(videos.glob(f'{name}/*.avi'))[:1]
    ]
    for path in paths:
        (root / path).parent.mkdir(parents=True)
        shutil.copy(videos / path, root / path)
    rows = [f'{clip},{path},{5 + clip}\n' for clip, path in enumerate(paths)]
    (root / 'train.csv').write_text('VideoID,Video,ClassID\n' + ''.join(rows))
    (root / 'test.csv').write_text('VideoID,Video\n0,0.mp4\n')
    return paths
