import numpy as np
import pytest

from ukd_bench.data.darkroom.actions import CLASSES, COLUMN, draw_style, pose
from ukd_bench.data.darkroom.figure import draw_body, joints

U = np.linspace(0, 1, 31)


def style(action, seed=3):
    return draw_style(action, 2.0, np.random.default_rng(seed))


def test_classes_are_those_of_arid_in_its_order():
    assert ' '.join(CLASSES) == 'Drink Jump Pick Pour Push Run Sit Stand Turn Walk Wave'


def test_stand_is_sit_played_backwards():
    sit, stand = pose('Sit', U, style('Sit')), pose('Stand', U, style('Sit'))
    np.testing.assert_allclose(stand, sit[::-1], atol=1e-12)
    assert np.abs(sit - stand).max() > 1


@pytest.mark.parametrize('action', CLASSES)
def test_limbs_keep_their_length_and_feet_stay_above_the_floor(action):
    body = draw_body(0.2, np.random.default_rng(1))
    j = joints(pose(action, U, style(action)), body)
    for side in 'lr':
        forearm = np.linalg.norm(j[f'hand_{side}'] - j[f'elbow_{side}'], axis=-1)
        shank = np.linalg.norm(j[f'ankle_{side}'] - j[f'knee_{side}'], axis=-1)
        np.testing.assert_allclose(forearm, body.forearm)
        np.testing.assert_allclose(shank, body.shank)
        assert j[f'ankle_{side}'][:, 2].min() > 0.049


def test_each_action_does_what_its_name_says():
    body = draw_body(0.2, np.random.default_rng(1))
    at = {name: joints(pose(name, U, style(name)), body) for name in CLASSES}
    hand = {name: at[name][f'hand_{style(name).hand}'] for name in CLASSES}
    head = {name: at[name]['head'] for name in CLASSES}
    assert np.linalg.norm(hand['Drink'] - at['Drink']['face'], axis=-1).min() < 0.2
    lowest = np.minimum(at['Jump']['ankle_l'][:, 2], at['Jump']['ankle_r'][:, 2])
    assert lowest.max() > 0.25
    assert hand['Pick'][:, 2].min() < 0.4 < hand['Pick'][0, 2]
    assert np.ptp(pose('Pour', U, style('Pour'))[:, COLUMN['pour']]) > 1.5
    assert np.ptp(head['Run'][:, 0]) > np.ptp(head['Walk'][:, 0]) > np.ptp(head['Push'][:, 0]) > 0.4
    assert head['Sit'][0, 2] - head['Sit'][-1, 2] > 0.3
    assert head['Stand'][-1, 2] - head['Stand'][0, 2] > 0.3
    assert np.ptp(pose('Turn', U, style('Turn'))[:, COLUMN['yaw']]) > 2
    assert (hand['Wave'][:, 2] > at['Wave']['chest'][:, 2]).mean() > 0.8


def test_an_unknown_action_is_named():
    with pytest.raises(ValueError, match="action 'Fly' is none of Drink, Jump"):
        pose('Fly', U, style('Sit'))
