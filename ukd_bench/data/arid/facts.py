"""ARID as its authors published it: classes, splits, names of its files, and how many clips it has.

DarkRoom takes its own classes, splits and names from here.
"""

ARID_CLASSES = (
    'Drink', 'Jump', 'Pick', 'Pour', 'Push', 'Run', 'Sit', 'Stand', 'Turn', 'Walk', 'Wave',
)  # fmt: skip
"""Class names in label order."""

SPLITS = (1, 2, 3)
"""Of v1.0."""

SUBSETS = ('train', 'test', 'other')

V10_LIST = 'list_cvt/ARID_split{split}_{subset}.txt'
V15_LIST = 'list_cvt/split_{split}/split{split}_{subset}.txt'
MAPPING_TABLE = 'list_cvt/mapping_table.txt'
"""Lists, and the table of classes, below a data root."""

_OTHER = (58, 64, 45, 80, 103, 43, 48, 51, 57, 62, 62)
V10_COUNTS = {
    (1, 'train'): (201, 215, 110, 215, 266, 226, 135, 142, 274, 276, 228),
    (1, 'test'): (79, 78, 50, 77, 106, 70, 51, 44, 82, 110, 76),
    (1, 'other'): _OTHER,
    (2, 'train'): (210, 206, 119, 209, 267, 215, 130, 134, 259, 276, 227),
    (2, 'test'): (70, 87, 41, 83, 105, 81, 56, 52, 97, 110, 77),
    (2, 'other'): _OTHER,
    (3, 'train'): (194, 226, 113, 218, 276, 212, 145, 123, 254, 276, 222),
    (3, 'test'): (86, 67, 47, 74, 96, 84, 41, 63, 102, 110, 82),
    (3, 'other'): _OTHER,
}
"""Clips of each class in each list of v1.0."""

V10_CLIPS = tuple(
    sum(V10_COUNTS[1, subset][label] for subset in SUBSETS) for label in range(len(ARID_CLASSES))
)
"""Clips of each class in v1.0; every split lists each of them once."""


def clip_path(name: str, group: int, number: int) -> str:
    """Path of a clip below the folder of all videos.

    Args:
        name: Of its class.
        group: Takes of one scene share one; from 1.
        number: Within class and group, from 1.
    """
    return f'{name}/{name}_{group}_{number}.avi'
