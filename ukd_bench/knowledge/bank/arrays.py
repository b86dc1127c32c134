"""Array files that are laid out at full size first and written view by view."""

import os
from pathlib import Path
from typing import IO

import numpy as np

from ...errors import ResultsError

Layout = tuple[tuple[int, ...], np.dtype]
"""Shape, views first, and type of an array."""


def lay_out(path: Path, layout: Layout) -> None:
    """Makes a ``.npy`` file of zeros, all of whose bytes the disk has set aside.

    A file that is there is replaced, so that whoever has it mapped still sees what it held.

    Raises:
        ResultsError: there is no room, or the folder cannot be written.
    """
    try:
        path.unlink(missing_ok=True)
        with open(path, 'wb') as file:
            _write_header(file, layout)
            file.flush()
            os.posix_fallocate(file.fileno(), 0, file.tell() + _num_bytes(layout))
            os.fsync(file.fileno())
    except OSError as error:
        raise ResultsError(f'{path}: cannot be written ({error.strerror or error})') from error


def write_view(path: Path, layout: Layout, view: int, rows: np.ndarray) -> None:
    """Writes one view's rows, and returns when they are on the disk.

    Raises:
        ResultsError: the file cannot be written.
    """
    try:
        with open(path, 'r+b') as file:
            header = path.stat().st_size - _num_bytes(layout)
            file.seek(header + view * rows.nbytes)
            file.write(np.ascontiguousarray(rows).data)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise ResultsError(f'{path}: cannot be written ({error.strerror or error})') from error


def is_laid_out(path: Path, layout: Layout) -> bool:
    """Whether the file is there, whole and of that layout."""
    try:
        array = np.load(path, mmap_mode='r', allow_pickle=False)
    # A header may be broken in any way, and each has an exception of its own.
    except Exception:
        return False
    return (array.shape, array.dtype) == layout


def sync_folder(folder: Path) -> None:
    """Has the disk store which names came to a folder or went."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _write_header(file: IO[bytes], layout: Layout) -> None:
    shape, kind = layout
    descr = np.lib.format.dtype_to_descr(kind)
    header = {'descr': descr, 'fortran_order': False, 'shape': shape}
    np.lib.format.write_array_header_1_0(file, header)


def _num_bytes(layout: Layout) -> int:
    shape, kind = layout
    return int(np.prod(shape)) * kind.itemsize
