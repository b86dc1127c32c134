"""Made-up files of memory at full size: peaks chosen by hand, so that tests can work rules out."""

import json
from pathlib import Path
from typing import Any

GIB = 1024**3
MIB = 1024**2
COUNTS = (1, 2, 4, 8, 16, 32, 64)
FLOOR_MIB, TEACHER_MIB = 4096, 256
STUDENT, TITLE = 'r2plus1d-r34', 'R(2+1)D-34'
GROWTH = {'ukd': 0, 'naive': TEACHER_MIB, 'naive_graph': 2048, 'swap': 0, 'mutual': 4096}
"""MiB that each K adds."""
PARTS = (
    'weights', 'gradients', 'optimizer', 'activations', 'teachers', 'inputs', 'temporaries',
)  # fmt: skip


def row(
    method: str, k: int, phase: str, mib: float | None, predicted: bool = True, **more: Any
) -> dict[str, Any]:
    """One row; its breakdown has sizes that no other row has."""
    size = None if mib is None else int(mib * MIB)
    known = predicted and size is not None
    parts = {name: (index + 1) * 7 * MIB + 1024 * k for index, name in enumerate(PARTS)}
    if known:
        parts['activations'] += size - sum(parts.values())
    return dict(
        method=method,
        num_teachers=k,
        phase=phase,
        predicted=predicted,
        status='oom' if size is None else 'done',
        allocated_peak_bytes=size,
        reserved_peak_bytes=None if size is None else size + 96 * MIB,
        process_peak_bytes=None if predicted or size is None else size + 512 * MIB,
        workspace_bound_bytes=33 * MIB if known else None,
        breakdown=parts if known else None,
        **more,
    )


class MadeUpMemory:
    """One file, to be changed at will, then written with :meth:`write`.

    Each K of a method adds to plain's peak what ``growth`` says; swapping holds one teacher.
    """

    def __init__(
        self,
        student: str = STUDENT,
        title: str | None = TITLE,
        predicted: bool = True,
        **growth: float,
    ) -> None:
        self.content: dict[str, Any] = dict(
            schema=1,
            kind='memory',
            command=f'ukd-bench measure memory --student {student} --predict',
            environment=dict(device=dict(kind='cpu', name='Made-up CPU')),
            setting=dict(
                student=student,
                title=title,
                batch_size=8,
                device='cuda',
                precision='float32',
                clip=[3, 32, 112, 112],
                parameters=63_600_000,
                teacher_kinds=[student],
                teacher_bytes=TEACHER_MIB * MIB,
            ),
        )
        self.rows = [
            row('plain', 0, 'train', FLOOR_MIB, predicted),
            row('two_stream_dark_light', 0, 'train', 2 * FLOOR_MIB, predicted),
            row('teacher', 0, 'train', 5000, predicted, teacher=student),
            row('bank', 0, 'fill', 1500, predicted, teacher=student),
        ]
        for method, added in (GROWTH | growth).items():
            for k in COUNTS if method != 'mutual' else COUNTS[1:]:
                # A network learns alone where K is 1.
                held = TEACHER_MIB if method == 'swap' else -added if method == 'mutual' else 0
                peak = FLOOR_MIB + held + added * k
                self.rows.append(row(method, k, 'train', peak, predicted))
        trained = [one for one in self.rows if one['phase'] == 'train' and 'teacher' not in one]
        self.rows += [
            row(one['method'], one['num_teachers'], 'eval', 1200, predicted) for one in trained
        ]

    def select(self, method: str, k: int, phase: str = 'train') -> dict[str, Any]:
        """The row of a cell, for a test to change in place."""
        (found,) = (
            one
            for one in self.rows
            if (one['method'], one['num_teachers'], one['phase']) == (method, k, phase)
        )
        return found

    def write(self, folder: Path, name: str | None = None) -> Path:
        """Writes the file into a folder, and returns the folder."""
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f'{name or self.content["setting"]["student"]}.json'
        path.write_text(json.dumps(self.content | dict(rows=self.rows)))
        return folder
