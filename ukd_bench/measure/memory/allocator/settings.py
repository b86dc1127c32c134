"""The settings of CUDA's caching allocator that decide how large its blocks and segments are."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ....errors import ConfigError, quoted

MIB = 1024**2
MIN_BLOCK = 512
LARGE_SEGMENT = 20 * MIB
# Requests below this share segments, so a shared segment has to be larger.
SHARED_BELOW = 10 * MIB
# Powers of two from 1 MiB to 32 GiB, at each of which `roundup_power2_divisions` may change.
DIVISION_INTERVALS = 16
# What torch knows besides and what changes no size of a block or segment. It collects garbage
# only in a process whose memory fraction is limited.
IGNORED_KEYS = frozenset(
    {
        'garbage_collection_threshold',
        'graph_capture_record_stream_reuse',
        'pinned_num_register_threads',
        'pinned_reserve_segment_size_mb',
        'pinned_use_background_threads',
        'pinned_use_cuda_host_register',
        'pinned_use_hip_host_register',
        'release_lock_on_cudamalloc',
        'release_lock_on_hipmalloc',
    }
)


@dataclass(frozen=True)
class AllocatorSettings:
    """What ``PYTORCH_ALLOC_CONF`` (or ``PYTORCH_CUDA_ALLOC_CONF``) sets, sizes in bytes.

    Attributes:
        expandable_segments: One growing segment a pool instead of many of fixed size.
        max_split_size: Blocks of at least this size are not split; none: all may be.
        max_non_split_rounding: A cached block that is not split serves requests that are smaller
            than it by less than this; none: the size of a large segment.
        large_segment_size: Size of the segments that requests of 1 to 10 MiB share, and of the
            large pool's pages where segments are expandable.
        roundup_power2_divisions: For requests from 1, 2, 4, ... MiB on: into how many steps the
            span up to the next power of two is divided, to one of which a request is rounded up;
            0 or 1: rounded to 512 bytes like all others.
    """

    expandable_segments: bool = False
    max_split_size: int | None = None
    max_non_split_rounding: int | None = None
    large_segment_size: int = LARGE_SEGMENT
    roundup_power2_divisions: tuple[int, ...] = (0,) * DIVISION_INTERVALS

    @classmethod
    def parse(cls, text: str) -> 'AllocatorSettings':
        """Reads settings as torch reads them from the environment.

        Args:
            text: As in ``expandable_segments:True,max_split_size_mb:128``; may be empty.

        Raises:
            ConfigError: for a key that torch does not know, a value that it does not take, and
                for settings that this model does not cover; it names the key.
        """
        values: dict[str, Any] = {}
        # Commas within brackets separate the entries of a list.
        for item in re.split(r',(?![^\[]*\])', re.sub(r'\s', '', text)):
            key, _, value = item.partition(':')
            if key in _READERS:
                name, read = _READERS[key]
                values[name] = read(key, value)
            elif key == 'backend' and value != 'native':
                raise _refusal(key, value, 'only the native allocator is modelled')
            elif key == 'per_process_memory_fraction' and value not in ('1', '1.0'):
                raise _refusal(key, value, 'not modelled; give a smaller capacity instead')
            elif key and key not in IGNORED_KEYS | {'backend', 'per_process_memory_fraction'}:
                raise ConfigError(f'allocator setting {quoted(key)}: no such key')
        least = values.get('large_segment_size', LARGE_SEGMENT)
        if least <= SHARED_BELOW:
            over = f'over {SHARED_BELOW // MIB}'
            raise _refusal('large_segment_size_mb', str(least // MIB), over)
        for name in ('max_split_size', 'max_non_split_rounding'):
            if values.get(name, least) < least:
                at_least = f'at least {least // MIB}'
                raise _refusal(f'{name}_mb', str(values[name] // MIB), at_least)
        return cls(**values)

    def rounded(self, size: int) -> int:
        """The bytes of the block that a request of ``size`` bytes asks for."""
        interval = min(max(size.bit_length() - MIB.bit_length(), 0), DIVISION_INTERVALS - 1)
        divisions = self.roundup_power2_divisions[interval]
        step = MIN_BLOCK
        if divisions > 1 and size > MIN_BLOCK * divisions:
            step = (1 << size.bit_length() - 1) // divisions
        return -(-size // step) * step


def _refusal(key: str, value: str, why: str) -> ConfigError:
    return ConfigError(f'allocator setting {key}: {quoted(value)}: {why}')


def _flag(key: str, value: str) -> bool:
    if value not in ('True', 'False'):
        raise _refusal(key, value, 'True or False')
    return value == 'True'


def _number(key: str, value: str) -> int:
    if not re.fullmatch('[0-9]{1,9}', value):
        raise _refusal(key, value, 'a whole number')
    return int(value)


def _mebibytes(key: str, value: str) -> int:
    return _number(key, value) * MIB


def _power_of_two(key: str, value: str, or_zero: bool = False) -> int:
    number = _number(key, value)
    if number & number - 1 or not (number or or_zero):
        raise _refusal(key, value, 'a power of two')
    return number


def _divisions(key: str, value: str) -> tuple[int, ...]:
    """Divisions by interval, from one number or a list as in ``[256:1,512:2,>:4]``.

    A list's first entry holds from 1 MiB on, ``>`` after the last, and nothing in between.
    """
    if not value.startswith('['):
        return (_power_of_two(key, value),) * DIVISION_INTERVALS
    divisions = [0] * DIVISION_INTERVALS
    last = None
    for entry in value.removeprefix('[').removesuffix(']').split(','):
        boundary, _, count = entry.partition(':')
        number = _power_of_two(key, count, or_zero=True)
        if boundary == '>':
            start = 0 if last is None else last + 1
            divisions[start:] = [number] * (DIVISION_INTERVALS - start)
            continue
        # Both ends are in MiB; the first interval begins at 1.
        interval = min(_power_of_two(key, boundary).bit_length() - 1, DIVISION_INTERVALS - 1)
        if last is None:
            divisions[:interval] = [number] * interval
        divisions[interval] = number
        last = interval
    return tuple(divisions)


_READERS: dict[str, tuple[str, Callable[[str, str], Any]]] = {
    'expandable_segments': ('expandable_segments', _flag),
    'max_split_size_mb': ('max_split_size', _mebibytes),
    'max_non_split_rounding_mb': ('max_non_split_rounding', _mebibytes),
    'large_segment_size_mb': ('large_segment_size', _mebibytes),
    'roundup_power2_divisions': ('roundup_power2_divisions', _divisions),
}
