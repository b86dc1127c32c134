import numpy as np

from ukd_bench.datasets.darkroom.actions import CLASSES, PROPS_NEEDED
from ukd_bench.datasets.darkroom.scene import PROPS, draw_look, draw_shot
from ukd_bench.datasets.darkroom.sensor import brighten
from ukd_bench.datasets.darkroom.spec import PRESETS, Clip, clips_of
from ukd_bench.datasets.darkroom.write import frames_of, light_of

TINY = PRESETS['tiny']


def test_a_group_looks_the_same_in_every_class():
    corner = (slice(None), slice(0, 4), slice(0, 4))
    looks = [light_of(TINY, Clip(label, 1, 1, 'train')) for label in (0, 5, 10)]
    for light, camera in looks[1:]:
        assert camera == looks[0][1]
        # The camera sways, so the corner is alike, not equal.
        ratio = light[corner].mean() / looks[0][0][corner].mean()
        assert 0.8 < ratio < 1.25
    _, other = light_of(TINY, Clip(0, 2, 1, 'train'))
    assert other.exposure != looks[0][1].exposure


def test_no_object_tells_the_class():
    look = draw_look(48, 36, np.random.default_rng(0))
    shown = {
        (name, prop): np.mean([
            prop in draw_shot(name, 5, look, np.random.default_rng([seed, 1])).props
            for seed in range(60)
        ])
        for name in CLASSES
        for prop in PROPS
    }  # fmt: skip
    for (name, prop), share in shown.items():
        if prop in PROPS_NEEDED.get(name, ()):
            assert share == 1
        else:
            assert 0.05 < share < 0.6


def test_the_person_moves_and_the_place_does_not():
    light, _ = light_of(PRESETS['quick'], Clip(CLASSES.index('Walk'), 2, 1, 'train'))
    change = np.abs(np.diff(light, axis=0)).mean((0, 3)) / light.mean()
    assert change[10:66, 24:72].mean() > 3 * change[:8].mean()


def test_as_dark_as_arid():
    clips = [clip for clip in clips_of(PRESETS['quick']) if clip.number == 1][::9]
    frames = np.concatenate([frames_of(PRESETS['quick'], clip)[::4] for clip in clips]).astype(
        float
    )
    assert 10 < frames.mean() < 20
    assert 14 < frames.std() < 27
    assert np.median(frames) < 16
    assert brighten(frames, 3.0).mean() > 70
