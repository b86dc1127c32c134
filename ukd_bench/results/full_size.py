"""Memory of networks as large as people train them: peaks by method, K and phase."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from .curve import FULL_SIZE, MEASURED, OWN_SCALE, PREDICTED, Curve
from .formatting import GIB, MIB

TRAIN, EVAL, FILL = 'train', 'eval', 'fill'
TEACHER, BANK = 'teacher', 'bank'
DONE, OUT_OF_MEMORY, FAILED = 'done', 'oom', 'failed'
PARTS = (
    *('weights', 'gradients', 'optimizer', 'activations', 'teachers', 'inputs', 'temporaries'),
)
"""What a peak is made of; together they are the peak."""


@dataclass(frozen=True)
class Setting:
    """What a file's figures are of; names as in the file.

    ``device`` is whose memory it is; ``clip`` is (channels, frames, height, width);
    ``teacher_bytes`` is the mean size of a teacher's weights and buffers.
    """

    student: str
    title: str | None
    batch_size: int
    device: str
    precision: str
    clip: tuple[int, ...]
    parameters: int
    teacher_kinds: tuple[str, ...]
    teacher_bytes: int | None

    @property
    def name(self) -> str:
        """What the student is called."""
        return self.title or self.student


@dataclass(frozen=True)
class Figure:
    """The peaks of one method, K and phase in bytes; None for what is not known.

    ``breakdown`` and ``workspace_bound_bytes``, what a prediction cannot know at most, are those of
    predicted figures alone. ``teacher`` is the kind of teacher that is trained or fills a bank.
    """

    method: str
    num_teachers: int
    phase: str
    predicted: bool
    status: str
    allocated_peak_bytes: int | None
    reserved_peak_bytes: int | None
    process_peak_bytes: int | None
    workspace_bound_bytes: int | None
    breakdown: Mapping[str, int] | None
    teacher: str | None = None

    @property
    def basis(self) -> str:
        """``predicted`` or ``measured``."""
        return PREDICTED if self.predicted else MEASURED


@dataclass(frozen=True)
class Source:
    """A file that was read: its name, SHA-256, the command that makes it, and where it was made."""

    name: str
    sha256: str
    command: str
    device: str


@dataclass(frozen=True)
class FullSizeStudent:
    """All figures of one student in one setting.

    Attributes:
        name: What it is called, with a number where several settings are of one name.
        setting: What the figures are of.
        figures: In the order of the files and their rows.
        scale: That of the sweep that it is shown beside, where it is a student of that sweep, too.
    """

    name: str
    setting: Setting
    figures: tuple[Figure, ...]
    scale: str = FULL_SIZE

    @property
    def label(self) -> str:
        """What verdicts call it, beside a sweep's bench of the same name."""
        return f'{self.name}, {FULL_SIZE if self.scale == FULL_SIZE else "measured apart"}'

    def find(self, method: str, num_teachers: int, phase: str, predicted: bool) -> Figure | None:
        """The figure of a cell; None where there is none."""
        wanted = method, num_teachers, phase, predicted
        mine = (one for one in self.figures if one.teacher is None)
        cells = ((one, (one.method, one.num_teachers, one.phase, one.predicted)) for one in mine)
        return next((one for one, cell in cells if cell == wanted), None)

    def curve(self, method: str, against: str) -> Curve:
        """The training peaks of a method, each beside that of another method without teachers.

        A measured peak goes before a predicted one of the same K, and stands beside a measured
        floor, a predicted one beside a predicted floor: a prediction's error is in no multiple.
        """
        pairs = {k: pair for k in self.counts(method) if (pair := self._pair(method, k, against))}
        peaks = {
            k: float(mine.allocated_peak_bytes)
            for k, (mine, _) in pairs.items()
            if mine.allocated_peak_bytes is not None
        }
        beside = [floor for _, floor in pairs.values()] or self._floors(against)
        return Curve(
            peaks,
            float(beside[-1].allocated_peak_bytes or 0) if beside else None,
            {k: float(pairs[k][1].allocated_peak_bytes or 0) for k in peaks},
            tuple(k for k, (mine, _) in pairs.items() if mine.status == OUT_OF_MEMORY),
            PREDICTED if any(floor.predicted for floor in beside) else MEASURED,
            tuple(k for k in peaks if not pairs[k][0].predicted),
            self.setting.teacher_bytes,
        )

    def counts(self, method: str) -> list[int]:
        """The K of a method's trainings, ascending."""
        mine = (one for one in self.figures if (one.method, one.phase) == (method, TRAIN))
        return sorted({one.num_teachers for one in mine if one.teacher is None})

    def _floors(self, against: str) -> list[Figure]:
        """A method's trainings without teachers that came to an end, a measured one first."""
        found = (self.find(against, 0, TRAIN, predicted) for predicted in (False, True))
        return [one for one in found if one and one.status == DONE]

    def _pair(self, method: str, k: int, against: str) -> tuple[Figure, Figure] | None:
        for floor in self._floors(against):
            mine = self.find(method, k, TRAIN, floor.predicted)
            if mine and mine.status != FAILED:
                return mine, floor
        return None

    def pipeline_peak(self, figure: Figure, reads: str | None) -> int | None:
        """The largest peak, in bytes, of a training, its test, its teachers and their banks.

        Args:
            figure: The student's training.
            reads: What it needs of its teachers: ``banks``, ``checkpoints`` or None.

        Returns:
            None where any of them has no figure that was got in the same way.
        """
        test = self.find(figure.method, figure.num_teachers, EVAL, figure.predicted)
        needed: list[Figure | None] = [figure, test]
        wanted = [(TEACHER, TRAIN)] * bool(reads) + [(BANK, FILL)] * (reads == 'banks')
        for place in wanted:
            mine = [one for one in self.figures if (one.method, one.phase) == place]
            needed += [one for one in mine if one.predicted == figure.predicted] or [None]
        peaks = [one.allocated_peak_bytes if one else None for one in needed]
        return None if None in peaks else max(peak for peak in peaks if peak is not None)


@dataclass(frozen=True)
class FullSize:
    """All that a folder of such files holds; empty where there is no folder."""

    students: tuple[FullSizeStudent, ...] = ()
    sources: tuple[Source, ...] = ()

    def beside(self, own: Collection[str]) -> 'FullSize':
        """The same beside a sweep, whose own students are not of full size.

        Args:
            own: Names of the sweep's students.
        """
        students = (
            replace(one, scale=OWN_SCALE) if one.setting.student in own else one
            for one in self.students
        )
        return replace(
            self, students=tuple(sorted(students, key=lambda one: one.scale == OWN_SCALE))
        )

    def at(self, scale: str) -> 'FullSize':
        """The students of one scale alone."""
        return replace(self, students=tuple(one for one in self.students if one.scale == scale))

    @property
    def unit(self) -> tuple[str, int]:
        """The unit that suits the students' training peaks, and its bytes."""
        peaks = [
            one.allocated_peak_bytes
            for student in self.students
            for one in student.figures
            if one.phase == TRAIN and one.allocated_peak_bytes is not None
        ]
        return ('GiB', GIB) if min(peaks, default=0) >= GIB / 2 else ('MiB', MIB)
