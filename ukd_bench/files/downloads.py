"""Hashes of checkpoints, and checkpoints that are named by a URL.

A URL's checkpoint is downloaded once, and used only with the right hash.
"""

import functools
import http.client
import os
import re
from pathlib import Path
from urllib.parse import urlparse

from ..errors import ConfigError, one_line
from .hashes import file_sha256

_URL = re.compile(r'[a-z][\w+.:-]*://', re.IGNORECASE)
_PUBLISHED = re.compile(r'-([0-9a-f]{8,64})\.pth$')
_DATE = re.compile(r'(19|20)\d\d(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])')


def is_url(source: str) -> bool:
    """Whether a checkpoint is named by a URL rather than a path."""
    return bool(_URL.match(source))


def local_path(name: str) -> Path:
    """The path of a local checkpoint as MMEngine takes it: ``~`` is the home folder."""
    # Where there is no such user, it stays as it is.
    return Path(os.path.expanduser(name))


def file_name(url: str) -> str:
    """The name of a URL's file."""
    return urlparse(url).path.rsplit('/', 1)[-1]


def downloaded(url: str, sha256: str | None = None) -> Path:
    """The local copy of a published checkpoint.

    It lies in torch's own cache (``$TORCH_HOME/hub/checkpoints``) and is used only if its SHA-256
    begins with the digits that are given, or with those that end the file's name, as in the names
    of MMAction2's published checkpoints.

    Args:
        url: URL of the file.
        sha256: First digits of its SHA-256; None where only the name says them.

    Raises:
        ConfigError: there are no digits, or the file cannot be downloaded or has another hash.
    """
    import torch

    name = file_name(url)
    if not sha256:
        sha256, origin = (
            published_digits(url),
            ', which the end of its name was taken for; give sha256 if that is no hash',
        )
    else:
        sha256, origin = sha256.lower(), ''
    local = Path(torch.hub.get_dir()) / 'checkpoints' / name
    if local.is_file():
        require_hash(local, sha256, origin)
        return local
    try:
        local.parent.mkdir(parents=True, exist_ok=True)
        # Torch writes beside the file, and renames once the hash is right.
        torch.hub.download_url_to_file(url, str(local), hash_prefix=sha256, progress=False)
    except (OSError, ValueError, RuntimeError, http.client.HTTPException) as error:
        if 'invalid hash value' in str(error):
            raise _differs(url, sha256, origin) from error
        reason = getattr(error, 'reason', None) or one_line(error)
        raise ConfigError(f'checkpoint {url} cannot be downloaded ({reason})') from error
    return local


def published_digits(url: str) -> str:
    """First digits of the SHA-256 of a URL's file, which end its name.

    Raises:
        ConfigError: the name ends in none, or in what looks like a date.
    """
    published = _PUBLISHED.search(file_name(url))
    if published is None:
        raise ConfigError(
            f'checkpoint {url}: its name ends in no hash to check it by; give sha256, or download '
            'it and name the file'
        )
    # A hash may look like a date, once in a hundred thousand times.
    if _DATE.fullmatch(published[1]):
        raise ConfigError(
            f'checkpoint {url}: its name ends in {published[1]}, which is rather a date than a '
            'hash; give sha256, or download it and name the file'
        )
    return published[1]


def require_hash(path: Path, digits: str, origin: str = '') -> None:
    """Refuses a checkpoint whose SHA-256 does not begin with the expected digits.

    Args:
        path: The file.
        digits: The first digits of the hash, in lower case.
        origin: End of the message, on where the digits come from.

    Raises:
        ConfigError: the file has another hash.
    """
    if not checkpoint_sha256(path).startswith(digits):
        raise _differs(path, digits, origin)


def checkpoint_sha256(path: Path) -> str:
    """SHA-256 of a checkpoint's bytes, computed once in a process as long as the file stays as is.

    Raises:
        ResultsError: the file cannot be read.
    """
    try:
        now = path.stat()
    except OSError:
        # Reading the file says why it cannot be used.
        return file_sha256(path)
    return _sha256(path.absolute(), now.st_ino, now.st_size, now.st_mtime_ns)


@functools.cache
def _sha256(path: Path, *_: int) -> str:
    return file_sha256(path)


def _differs(checkpoint: str | Path, digits: str, origin: str) -> ConfigError:
    return ConfigError(f'checkpoint {checkpoint}: its SHA-256 does not begin with {digits}{origin}')
