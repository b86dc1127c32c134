"""The check of a data root, from its lists to the last frame of its videos."""

from pathlib import Path

from ...errors import DataError
from ..arid.editions import LayoutError
from ..arid.layout import find_layout
from .decode import WRONG_WIDTH, faults
from .files import Progress, check_containers, check_content, check_disk, locate
from .lists import check_lists
from .report import Report, number


def _silent(done: int, total: int) -> None:
    pass


def check(
    root: Path,
    edition: str | None = None,
    decode: bool = False,
    workers: int = 1,
    progress: Progress = _silent,
) -> Report:
    """Looks at all that can be wrong with a data set.

    Args:
        root: The data root.
        edition: Needed only where the lists of two editions lie at one root.
        decode: Whether every video is decoded to its last frame.
        workers: Processes that decode.
        progress: Called with (videos done, videos in all), first as they are read, then as they are
            decoded.

    Raises:
        LayoutError: the root is absent, holds no known lists, or those of two editions.
    """
    try:
        layout = find_layout(root, edition)
    except LayoutError:
        raise
    except DataError as error:
        report = Report(root, None)
        report.add('unusable_list', 'the lists cannot be used', [str(error)])
        return report
    report = Report(root, (layout.edition, layout.kind.title), layout.classes)
    report.files = {key: str(path.relative_to(root)) for key, path in layout.files.items()}
    lists = check_lists(layout, report)
    listed, swapped = locate(layout, lists, report)
    check_disk(layout, lists, listed, swapped, report)
    whole, broken = check_containers(root, sorted(listed), progress)
    report.whole = len(whole)
    if decode:
        found = faults([root / path for path in whole], workers, progress)
        broken |= {str(path.relative_to(root)): why for path, why in found.items()}
        report.decoded = len(whole) - len(found)
    strange = [path for path in sorted(broken) if broken[path].startswith(WRONG_WIDTH)]
    title = number(strange, 'video is', 'videos are') + ' of a width that decord cannot read'
    report.add('width', title, [f'{path}: {broken[path]}' for path in strange])
    damaged = [f'{path}: {_why(broken[path])}' for path in sorted(broken.keys() - strange)]
    title = number(damaged, 'video is', 'videos are') + ' damaged'
    report.add('damaged', title, damaged)
    check_content(root, whole, listed, report)
    return report


def _why(fault: str) -> str:
    """The reason alone, where it is said to be one for not being decoded."""
    prefix = 'cannot be decoded ('
    return fault[len(prefix) : -1] if fault.startswith(prefix) else fault
