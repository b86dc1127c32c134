"""Checkpoints of teachers: local files, and URLs that are downloaded once and checked."""

import re
import urllib.error
from pathlib import Path
from urllib.parse import urlparse

from ..errors import ConfigError
from ..records import file_sha256

_PUBLISHED = re.compile(r'-([0-9a-f]{8,64})\.pth$')


def local_file(path: Path, url: str | None, sha256: str | None) -> Path:
    """The local file of a teacher's weights, downloaded where a URL names it.

    A download lies in torch's own cache (``$TORCH_HOME/hub/checkpoints``) and is kept only if its
    SHA-256 begins with the digits that are given or that end the file's name, as in the names of
    published MMAction2 checkpoints.

    Args:
        path: Of a local file; for a URL, the name of its file.
        url: None for a local file.
        sha256: First digits of the file's SHA-256; None where nobody said.

    Raises:
        ConfigError: the file is absent, cannot be downloaded, or has another hash.
    """
    if url is None:
        if not path.is_file():
            raise ConfigError(f'checkpoint {path} does not exist')
        if sha256:
            _require_hash(path, sha256)
        return path
    digits = sha256 or _digits_of(url)
    if digits is None:
        raise ConfigError(
            f'checkpoint {url}: its name ends in no hash to check it by; give its entry in the '
            "pool a key 'sha256'"
        )
    local = _cache() / f'{digits[:16]}-{path.name}'
    if local.is_file():
        _require_hash(local, digits)
    else:
        _download(url, local, digits)
    return local


def _require_hash(path: Path, digits: str) -> None:
    if not file_sha256(path).startswith(digits):
        raise ConfigError(f'checkpoint {path}: its SHA-256 does not begin with {digits}')


def _digits_of(url: str) -> str | None:
    found = _PUBLISHED.search(urlparse(url).path)
    return found[1] if found else None


def _cache() -> Path:
    import torch

    return Path(torch.hub.get_dir()) / 'checkpoints'


def _download(url: str, local: Path, digits: str) -> None:
    import torch

    try:
        local.parent.mkdir(parents=True, exist_ok=True)
        # Writes to a temporary neighbour and renames it once its hash is right.
        torch.hub.download_url_to_file(url, str(local), hash_prefix=digits, progress=False)
    except (urllib.error.URLError, OSError, ValueError) as error:
        raise ConfigError(f'checkpoint {url} cannot be downloaded ({error})') from error
    except RuntimeError as error:
        raise ConfigError(f'checkpoint {url}: its SHA-256 does not begin with {digits}') from error
