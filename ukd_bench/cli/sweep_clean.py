"""``ukd-bench sweep --clean``: lists what no call reads again, asks, and removes it."""

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..sweep.run import SweepRun


def clean(sweep: 'SweepRun', without_question: bool) -> int:
    """Lists what may be removed, and removes it where a person says so; returns 1 where not.

    Raises:
        ConfigError: nobody can be asked.
    """
    from ..errors import ConfigError
    from ..sweep.clean import in_words, remove_all

    leftovers = sweep.leftovers()
    if not leftovers:
        print(f'{sweep.paths.root}: there is nothing to remove')
        return 0
    print(*in_words(leftovers), sep='\n')
    if not without_question:
        if not sys.stdin.isatty():
            raise ConfigError('--clean asks before it removes anything; --yes answers')
        if input('Remove these files? [y/N] ').strip().lower() not in ('y', 'yes'):
            print('nothing is removed')
            return 1
    for line in remove_all(leftovers):
        print(line)
    return 0
