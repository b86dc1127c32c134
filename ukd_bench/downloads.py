"""Checkpoints that are named by a URL: downloaded once, and used with the right hash alone."""

import re
import urllib.error
from pathlib import Path
from urllib.parse import urlparse

from .errors import ConfigError, one_line
from .records import file_sha256

_URL = re.compile(r'[a-z]+://', re.IGNORECASE)
_PUBLISHED = re.compile(r'-([0-9a-f]{8,64})\.pth$')


def is_url(source: str) -> bool:
    """Whether a checkpoint is named by a URL rather than a path."""
    return bool(_URL.match(source))


def file_name(url: str) -> str:
    """The name of a URL's file."""
    return urlparse(url).path.rsplit('/', 1)[-1]


def downloaded(url: str, sha256: str | None = None) -> Path:
    """The local copy of a published checkpoint.

    It lies in torch's own cache (``$TORCH_HOME/hub/checkpoints``) and is used only if its SHA-256
    begins with the digits that are given, or with those that end the file's name, as in the names
    of MMAction2's published checkpoints.

    Args:
        url: Of the file.
        sha256: First digits of its SHA-256; None where only the name says them.

    Raises:
        ConfigError: there are no digits, it cannot be downloaded, or it has another hash.
    """
    import torch

    name = file_name(url)
    published = _PUBLISHED.search(name)
    digits = sha256 or (published and published[1])
    if not digits:
        raise ConfigError(
            f'checkpoint {url}: its name ends in no hash to check it by; say its SHA-256, or '
            'download it and name the file'
        )
    local = Path(torch.hub.get_dir()) / 'checkpoints' / name
    if local.is_file():
        require_hash(local, digits)
        return local
    try:
        local.parent.mkdir(parents=True, exist_ok=True)
        # Writes beside it, and renames once the hash is right.
        torch.hub.download_url_to_file(url, str(local), hash_prefix=digits, progress=False)
    except (urllib.error.URLError, OSError, ValueError) as error:
        reason = getattr(error, 'reason', None) or one_line(error)
        raise ConfigError(f'checkpoint {url} cannot be downloaded ({reason})') from error
    except RuntimeError as error:
        raise ConfigError(f'checkpoint {url}: its SHA-256 does not begin with {digits}') from error
    return local


def require_hash(path: Path, digits: str) -> None:
    """Compares a file with the first digits of its SHA-256.

    Raises:
        ConfigError: it has another.
    """
    if not file_sha256(path).startswith(digits):
        raise ConfigError(f'checkpoint {path}: its SHA-256 does not begin with {digits}')
