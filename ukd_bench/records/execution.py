"""Where a result comes from: machine, versions, source; found out without importing torch."""

import os
import platform
import subprocess
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from ..errors import ConfigError
from ..files.configs import PACKAGE
from ..files.hashes import digest, file_sha256
from .nvidia import driver_version
from .source import source_sha256

PACKAGES = (
    'torch', 'torchvision', 'mmaction2', 'mmengine', 'mmcv', 'mmcv-lite', 'numpy', 'scipy',
    'kornia', 'decord', 'opencv-contrib-python-headless', 'opencv-python', 'opencv-contrib-python',
)  # fmt: skip
"""The packages that can change a figure; absent ones are left out."""

DEVICES = ('cpu', 'cuda')

UNKNOWN = 'unknown'
"""Stands for the fingerprint of an execution on a device that is not here."""


@cache
def lock_sha256() -> str | None:
    """Hash of the lock of exact versions; None outside a clone."""
    lock = PACKAGE.parent / 'requirements.lock'
    return file_sha256(lock) if lock.is_file() else None


@cache
def git_state() -> dict | None:
    """Commit of the clone the package runs from and whether it was changed; None outside one."""
    commands = (
        ['rev-parse', '--show-toplevel'],
        ['rev-parse', 'HEAD'],
        ['status', '--porcelain', '--untracked-files=no'],
    )
    try:
        top, commit, changes = (
            subprocess.run(
                ['git', '-C', str(PACKAGE.parent), *command],
                capture_output=True, text=True, check=True, timeout=10,
            ).stdout
            for command in commands
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return None
    # An installed package may lie in somebody else's repository.
    if Path(top.strip()).resolve() != PACKAGE.parent:
        return None
    return dict(commit=commit.strip(), dirty=bool(changes.strip()))


@cache
def package_versions() -> Mapping[str, str]:
    """Versions of the packages that can change a figure."""
    versions = {}
    for package in PACKAGES:
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            continue
    return versions


@cache
def cuda_devices() -> tuple[str, ...]:
    """Names of the CUDA devices that torch sees, in its order."""
    # A plan is told their names by another process, and never asks here.
    torch = import_module('torch')
    return tuple(map(torch.cuda.get_device_name, range(torch.cuda.device_count())))


def device_name(kind: str) -> str:
    """Name of the processor, or of the first GPU, that computes where a device kind is asked for.

    Raises:
        ConfigError: the kind is unknown, or torch finds no CUDA device.
    """
    if kind not in DEVICES:
        raise ConfigError(f'device {kind!r} is none of {", ".join(DEVICES)}')
    if kind == 'cpu':
        return _processor_name()
    if not cuda_devices():
        raise ConfigError('device cuda: torch finds no CUDA device on this machine')
    return cuda_devices()[0]


@cache
def _processor_name() -> str:
    info = Path('/proc/cpuinfo')
    if not info.is_file():
        return platform.processor() or platform.machine()
    facts: dict[str, str] = {}
    for line in info.read_text().split('\n\n')[0].splitlines():
        fact, _, value = line.partition(':')
        facts[fact.strip()] = value.strip()
    name = facts.get('model name') or platform.machine()
    # Virtual machines shorten the name; family and model tell which kernels the libraries choose.
    if 'cpu family' in facts and 'model' in facts:
        name += f' (family {facts["cpu family"]}, model {facts["model"]})'
    return name


def environment(
    device: str, threads: int, precision: str = 'float32', name: str | None = None
) -> dict:
    """What the execution fingerprint covers, and what a record says of its surroundings.

    Args:
        device: ``cpu`` or ``cuda``.
        threads: Threads a CPU run uses.
        precision: Precision of the arithmetic.
        name: Name of the device; None for that of :func:`device_name`.
    """
    driver = driver_version() if device == 'cuda' else None
    return dict(
        device=dict(kind=device, name=name or device_name(device)),
        **({} if driver is None else dict(driver=driver)),
        threads=threads,
        precision=precision,
        python=platform.python_version(),
        packages=dict(package_versions()),
        platform=f'{platform.system()} {platform.machine()}',
        cores=os.cpu_count(),
        source_sha256=source_sha256(),
        lock_sha256=lock_sha256(),
        git=git_state(),
    )


def execution_fingerprint(environment: dict) -> str:
    """Eight digits over device, precision, threads, versions, source; not over commit or cores."""
    covered = ('device', 'threads', 'precision', 'python', 'packages', 'platform', 'source_sha256')
    return digest({name: environment[name] for name in covered}, 8)
