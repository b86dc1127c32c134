"""Small subjects for tests of predicted and measured memory."""

from pathlib import Path

from ukd_bench.files.configs import configs_root
from ukd_bench.measure.memory.rehearsal.subject import Subject

TEACHER = configs_root() / 'teachers' / 'i3d-gamma2.5_darkroom-quick.py'


def small(**options) -> Subject:
    """The quick sweep's student on small clips."""
    values = dict(
        student='i3d-r18-w8', template='{method}/{student}_darkroom-quick.py',
        pool=(str(TEACHER),), batch_size=4, device='cpu', clip=(8, 40, 40),
    )  # fmt: skip
    return Subject(**values | options)


def weighty(folder: Path, classes: int, **options) -> Subject:
    """A student of one config most of whose memory is its classifier's."""
    plain = configs_root() / 'plain' / 'i3d-r18-w8_darkroom-quick.py'
    path = folder / 'weighty.py'
    path.write_text(f"_base_ = '{plain}'\nmodel = dict(cls_head=dict(num_classes={classes}))\n")
    return small(student='weighty', template=str(path), **options)
