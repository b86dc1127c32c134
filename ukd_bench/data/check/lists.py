"""Checks the lists on their own: counts, doubles, leaks, labels."""

from collections import Counter

from ...errors import DataError
from ..arid.facts import SUBSETS
from ..arid.groups import group_of
from ..arid.layout import Layout
from ..arid.lists import Clip, UnlabelledError, is_blank
from .known import Known, comparable, known_lists, needed_lists
from .report import Count, Report, number

Lists = dict[tuple[int, str], list[Clip]]


def check_lists(layout: Layout, report: Report) -> Lists:
    """Reads all lists and adds what is wrong with them to the report.

    Returns:
        The clips of the lists that can be read, with the paths that are written there.
    """
    lists: Lists = {}
    unreadable, unlabelled = [], []
    for split, subset in sorted(layout.files, key=_order):
        try:
            if subset == 'other' and is_blank(layout.files[split, subset]):
                continue  # A DarkRoom need not have further clips.
            lists[split, subset] = layout.listed(split, subset)
        except UnlabelledError:
            unlabelled.append(report.files[split, subset])
        except DataError as error:
            unreadable.append(str(error).removeprefix(f'{layout.root}/'))
    title = number(unreadable, 'list cannot be used', 'lists cannot be used')
    report.add('unusable_list', title, unreadable)
    title = number(unlabelled, 'list has', 'lists have') + ' no labels, so nothing is tested on it'
    report.add('unlabelled_list', title, unlabelled, problem=False)
    absent = [_usual(layout, *key) for key in needed_lists(layout) if key not in layout.files]
    report.add('absent_list', number(absent, 'list is', 'lists are') + ' absent', absent)
    _count(layout, lists, report)
    _doubles(lists, report)
    for split in layout.splits:
        _overlaps(layout, split, lists, report)
        _untrained(layout, split, lists, report)
    _labels(layout, lists, report)
    return lists


def name_of(split: int, subset: str) -> str:
    """Name of a list in sentences."""
    return f'split {split} {subset}'


def _order(key: tuple[int, str]) -> tuple[int, int]:
    return key[0], SUBSETS.index(key[1])


def _usual(layout: Layout, split: int, subset: str) -> str:
    return layout.kind.expected.format(split=split, subset=subset)


def _count(layout: Layout, lists: Lists, report: Report) -> None:
    known = known_lists(layout)
    if known:
        wrong = []
        for key, clips in lists.items():
            report.lists[key] = count = count_of(layout, clips, known.get(key))
            if not count.agrees:
                wrong.append(f'{name_of(*key)}: {difference(layout, count)}')
        title = f'the counts are not those of {layout.kind.title}'
        report.add('counts', title, wrong)
        return
    for key, clips in lists.items():
        report.lists[key] = count_of(layout, clips)
    if layout.edition not in ('darkroom', 'own') and not comparable(layout):
        names = ', '.join(layout.classes[:12])
        title = "the classes are not ARID's, so its counts are not compared"
        report.add('other_classes', title, [f'classes: {names}'], problem=False)


def count_of(layout: Layout, clips: list[Clip], known: Known | None = None) -> Count:
    """Clips by class."""
    labels = Counter(clip.label for clip in clips)
    return Count(len(clips), tuple(labels[label] for label in range(len(layout.classes))), known)


def difference(layout: Layout, count: Count) -> str:
    """Says how a count differs from the known one."""
    known = count.known
    assert known is not None
    text = f'{count.total} clips instead of {known.total}'
    if known.per_class is None:
        return text
    classes = [
        f'{name} {have} instead of {want}'
        for name, have, want in zip(layout.classes, count.per_class, known.per_class, strict=True)
        if have != want
    ]
    return f'{text} ({", ".join(classes)})'


def _doubles(lists: Lists, report: Report) -> None:
    doubles = []
    for key, clips in lists.items():
        times = Counter(clip.path for clip in clips)
        doubles += [f'{path} ({name_of(*key)}, {n} times)' for path, n in times.items() if n > 1]
    title = number(doubles, 'path stands', 'paths stand') + ' more than once in a list'
    report.add('listed_twice', title, doubles)


def _overlaps(layout: Layout, split: int, lists: Lists, report: Report) -> None:
    train, test, other = (lists.get((split, subset), []) for subset in SUBSETS)
    trained = {clip.path for clip in train}
    tested = {clip.path for clip in test}
    for subset, paths in (('test', tested), ('other', {clip.path for clip in other})):
        both = sorted(paths & trained)
        title = f'split {split}: ' + number(both, 'clip is', 'clips are')
        report.add(f'{subset}_in_train', f'{title} in both train and {subset}', both)
    # `other` shares groups with both, by design.
    train_groups, test_groups = _groups(train, tested), _groups(test, trained)
    items = [
        f'{layout.classes[label]} group {group}: {train_groups[label, group]} in train, '
        f'{test_groups[label, group]} in test'
        for label, group in sorted(train_groups.keys() & test_groups.keys())
    ]
    title = number(items, 'group has clips', 'groups have clips')
    report.add('group_leak', f'split {split}: {title} in both train and test', items)


def _untrained(layout: Layout, split: int, lists: Lists, report: Report) -> None:
    if not {(split, 'train'), (split, 'test')} <= lists.keys():
        return
    train, test = (
        Counter(clip.label for clip in lists[split, subset]) for subset in ('train', 'test')
    )
    items = [
        f'{layout.classes[label]}: {number(test[label], "test clip", "test clips")}'
        for label in sorted(test.keys() - train.keys())
    ]
    title = number(items, 'class has', 'classes have')
    report.add('untrained', f'split {split}: {title} test clips and no training clip', items)


def _groups(clips: list[Clip], named: set[str]) -> dict[tuple[int, int], str]:
    """A clip of each (label, group), but for clips that were named already."""
    groups: dict[tuple[int, int], str] = {}
    for clip in clips:
        group = group_of(clip.path)
        if group is not None and clip.path not in named:
            groups.setdefault((clip.label, group), clip.path)
    return groups


def _labels(layout: Layout, lists: Lists, report: Report) -> None:
    wrong: dict[str, None] = {}
    names = set(layout.classes)
    for key, clips in lists.items():
        for clip in clips:
            folders = clip.path.split('/')[:-1]
            label = layout.classes[clip.label]
            # Own videos may lie in folders that are no classes.
            if folders and folders[-1] != label and folders[-1] in names:
                wrong[f'{clip.path} is labelled {label} ({name_of(*key)})'] = None
    title = number(len(wrong), 'clip has', 'clips have')
    report.add('label', f'{title} another label than its folder says', list(wrong))
