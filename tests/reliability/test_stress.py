"""A short form of the command that kills a sweep again and again."""

import pytest

from .stress import KINDS, Stress

pytestmark = pytest.mark.slow


def test_a_sweep_that_is_killed_again_and_again_ends_as_an_undisturbed_one(tmp_path):
    outcome = Stress(tmp_path, kills=20, seed=1).run()
    assert outcome.wrong == []
    assert outcome.number >= 20 and outcome.rounds >= 1
    assert outcome.kills.keys() <= {*KINDS, 'slurmctld'} and len(outcome.kills) > 2
