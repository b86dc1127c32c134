"""What a sweep's folder holds of other calls, and what of it a plan keeps."""

from ukd_bench.errors import ConfigError, DataError
from ukd_bench.sweep.earlier import still_valid

from .planned import AXES


def row(method: str, num_teachers: int = 0, seed: int = 0, split: int = 1) -> dict:
    return dict(method=method, num_teachers=num_teachers, seed=seed, split=split)


def cells_of(axes) -> list[str]:
    """Stands for planning: one key for each cell."""
    return [
        f'{method}-{k}-{seed}-{axes.dataset.split}'
        for method in axes.methods
        for k in axes.num_teachers
        for seed in axes.seeds
    ]


def test_a_config_holds_without_earlier_calls():
    assert still_valid(AXES, [], cells_of) == {'ukd-1-0-1', 'ukd-3-0-1'}


def test_all_that_was_ever_asked_for_holds():
    rows = [row('swap', 2), row('plain', seed=7), row('plain', split=2), row('bank', seed=101)]
    valid = still_valid(AXES, rows, cells_of)
    assert {'swap-2-0-1', 'plain-1-7-1', 'plain-3-0-2', 'ukd-1-0-1'} <= valid
    # A teacher's seed is none of the students'.
    assert not any('101' in key for key in valid)


def test_k_beyond_the_pool_holds_no_more():
    assert not any('-4-' in key for key in still_valid(AXES, [row('ukd', 4)], cells_of))


def test_what_cannot_be_planned_any_more_takes_nothing_with_it():
    def plan(axes):
        if 'wide' in axes.methods:
            raise ConfigError('config wide/x.py does not exist')
        if axes.dataset.split == 2:
            raise DataError('the lists of split 2 are gone')
        return cells_of(axes)

    rows = [row('wide'), row('plain'), row('plain', split=2)]
    methods = {key.split('-')[0] for key in still_valid(AXES, rows, plan)}
    assert methods == {'ukd', 'plain'}
