"""A small network as a user's own config, and what asks for its memory."""

from pathlib import Path

from mmengine.config import Config

from ukd_bench.files.configs import configs_root
from ukd_bench.measure.memory.rehearsal.subject import Subject

SHIPPED = 'slowonly-r18-w8_darkroom-quick.py'


def small_config(folder: Path, name: str = 'mine.py', **changes) -> Path:
    """Path of a config of a network of half a million parameters on clips of 8x32x32."""
    config = Config.fromfile(configs_root() / 'plain' / SHIPPED)
    config.merge_from_dict(changes)
    config.dump(folder / name)
    return folder / name


def small_subject(folder: Path, device: str = 'cuda', batch_size: int | None = 2) -> Subject:
    """That network with itself for a teacher."""
    path = str(small_config(folder))
    return Subject('mine', path, (path,), batch_size, device)
