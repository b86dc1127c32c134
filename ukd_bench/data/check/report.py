"""The outcome of a check: counts and findings."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ...errors import shortened
from .known import Known

_LONGEST = 1000
"""Characters of an item from which on it is cut."""


@dataclass(frozen=True)
class Finding:
    """One kind of finding, with all that it affects.

    Attributes:
        kind: A word for programs.
        title: A sentence for people.
        items: All that are affected, by name.
        problem: Whether it is wrong, or only worth knowing.
    """

    kind: str
    title: str
    items: tuple[str, ...] = ()
    problem: bool = True


@dataclass(frozen=True)
class Count:
    """Numbers of clips.

    Attributes:
        total: Clips of all classes.
        per_class: Clips by class, in label order.
        known: The published numbers; None where there are none.
    """

    total: int
    per_class: tuple[int, ...]
    known: Known | None = None

    @property
    def agrees(self) -> bool:
        """Whether the clips are as many as are known to be; true where nothing is known."""
        if self.known is None:
            return True
        return self.total == self.known.total and self.known.per_class in (None, self.per_class)


@dataclass
class Report:
    """The outcome of a check.

    Attributes:
        root: The data root.
        edition: Name and title of the edition; None where lists cannot be read.
        classes: Names of the classes in label order.
        lists: The clips of each list, by (split, subset).
        files: Paths of the lists below the root.
        disk: Videos on disk, by the class folder that they lie in.
        findings: Problems and notes, in the order in which they were found.
        whole: Videos that are whole as far as their container tells.
        decoded: Videos that decode to their last frame; None where decoding was not asked for.
    """

    root: Path
    edition: tuple[str, str] | None
    classes: tuple[str, ...] = ()
    lists: dict[tuple[int, str], Count] = field(default_factory=dict)
    files: dict[tuple[int, str], str] = field(default_factory=dict)
    disk: Count | None = None
    findings: list[Finding] = field(default_factory=list)
    whole: int = 0
    decoded: int | None = None

    @property
    def problems(self) -> list[Finding]:
        """Findings of things that are wrong."""
        return [finding for finding in self.findings if finding.problem]

    @property
    def notes(self) -> list[Finding]:
        """Findings that are only worth knowing."""
        return [finding for finding in self.findings if not finding.problem]

    def add(self, kind: str, title: str, items: Sequence[str] = (), problem: bool = True) -> None:
        """Adds a finding, unless there is nothing to name."""
        if items:
            self.findings.append(Finding(kind, title, tuple(map(_printable, items)), problem))

    def to_dict(self) -> dict[str, Any]:
        """Everything, as JSON has it."""
        return {
            'root': str(self.root),
            'edition': self.edition[0] if self.edition else None,
            'ok': not self.problems,
            'classes': list(self.classes),
            'lists': [
                {'split': split, 'subset': subset, 'list': self.files[split, subset]}
                | _count(count)
                for (split, subset), count in self.lists.items()
            ],
            'videos': _count(self.disk) if self.disk else None,
            'whole': self.whole,
            'decoded': self.decoded,
            'findings': [
                {
                    'kind': finding.kind,
                    'problem': finding.problem,
                    'title': finding.title,
                    'count': len(finding.items),
                    'items': list(finding.items),
                }
                for finding in self.findings
            ],
        }


def _printable(name: str) -> str:
    """A name that any terminal and JSON can show, since disks and lists hold others."""
    name = shortened(name, _LONGEST)
    return ''.join(sign if sign.isprintable() else '\ufffd' for sign in name)


def _count(count: Count) -> dict[str, Any]:
    known = count.known
    return {
        'clips': count.total,
        'per_class': list(count.per_class),
        'known_clips': known.total if known else None,
        'known_per_class': list(known.per_class) if known and known.per_class else None,
    }


def number(items: Sequence | int, one: str, many: str) -> str:
    """``1 video is`` or ``3 videos are``."""
    n = items if isinstance(items, int) else len(items)
    return f'{n} {one if n == 1 else many}'
