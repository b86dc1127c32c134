import dataclasses

import numpy as np

from ukd_bench.data.darkroom.actions import CLASSES, PROPS_NEEDED
from ukd_bench.data.darkroom.film import frames_of, length_of, light_of
from ukd_bench.data.darkroom.layout import Take, clips_of
from ukd_bench.data.darkroom.paint import reduce
from ukd_bench.data.darkroom.scene import PROPS, draw_look, draw_shot
from ukd_bench.data.darkroom.sensor import brighten
from ukd_bench.data.darkroom.spec import PRESETS

TINY = PRESETS['tiny']


def test_a_group_looks_the_same_in_every_class():
    corner = (slice(None), slice(0, 4), slice(0, 4))
    looks = [light_of(TINY, Take(label, 1, 1)) for label in (0, 5, 10)]
    for light, camera in looks[1:]:
        assert camera == looks[0][1]
        # The camera sways, so the corner is alike, not equal.
        ratio = light[corner].mean() / looks[0][0][corner].mean()
        assert 0.8 < ratio < 1.25
    _, other = light_of(TINY, Take(0, 2, 1))
    assert other.exposure != looks[0][1].exposure


def test_no_object_tells_the_class():
    look = draw_look(TINY, np.random.default_rng(0))
    shown = {
        (name, prop): np.mean([
            prop in draw_shot(name, 5, look, np.random.default_rng([seed, 1])).props
            for seed in range(60)
        ])
        for name in CLASSES
        for prop in PROPS
    }  # fmt: skip
    assert any(PROPS_NEEDED.get(name) for name in CLASSES)
    for (name, prop), share in shown.items():
        if prop in PROPS_NEEDED.get(name, ()):
            assert share == 1
        else:
            assert 0.05 < share < 0.6


def test_the_person_moves_and_the_place_does_not():
    light, _ = light_of(PRESETS['quick'], Take(CLASSES.index('Walk'), 2, 1))
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


def test_the_bright_twin_shows_the_same_scene_with_more_light_and_less_noise():
    spec = dataclasses.replace(TINY, rendering=2)
    twin = dataclasses.replace(spec, bright=True)
    clip = Take(9, 2, 1)
    light, dark = light_of(spec, clip)
    twin_light, lit = light_of(twin, clip)
    np.testing.assert_array_equal(light, twin_light)
    assert lit.exposure > 10 * dark.exposure
    assert lit.read_sigma < 0.2 * dark.read_sigma and lit.gain < 0.2 * dark.gain
    stored = frames_of(twin, clip)
    assert 40 < stored.mean() < 140
    assert [c.path for c in clips_of(twin)] == [c.path for c in clips_of(spec)]


def test_the_full_presets_colours_and_contrast_are_those_of_arid():
    """RGB mean and deviation of ARID v1.5, on every group of a small twin of the preset."""
    spec = dataclasses.replace(
        PRESETS['full'], width=64, height=48, fps=3, min_frames=3, max_frames=3, lengths='uniform',
        seed=102,
    )  # fmt: skip
    frames = [frames_of(spec, Take((5 * group) % 11, group, 1)) for group in range(1, 39)]
    pixels = np.concatenate(frames).reshape(-1, 3)[:, ::-1].astype(float)
    np.testing.assert_allclose(pixels.mean(0), [13.1, 11.6, 11.1], rtol=0.15)
    np.testing.assert_allclose(pixels.std(0), [20.2, 19.1, 17.7], rtol=0.15)


def test_what_is_drawn_at_the_edge_is_drawn_like_the_rest():
    """Only the part of a frame about the person is drawn anew; the rest must not tell."""
    look = draw_look(TINY, np.random.default_rng(0))
    stage = look.stage
    corner = stage.corner(np.array([0.7, -0.4]))
    first, last = stage.bounds(np.array([[-50.0, -50.0]]), np.array([[1e4, 1e4]]))
    assert first.tolist() == [[0, 0]] and last.tolist() == [[64, 48]]
    np.testing.assert_array_equal(
        reduce(stage.canvas(corner, first[0], last[0])), stage.empty(corner)
    )
    first, last = stage.bounds(np.array([[-90.0, 1e4]]), np.array([[-80.0, 2e4]]))
    assert stage.canvas(corner, first[0], last[0]).shape == (3, 3, 3)


def test_the_length_of_a_clip_is_known_before_it_is_drawn():
    clips = [Take(label, 2, 1) for label in (0, 4, 9)]
    assert [length_of(TINY, clip) for clip in clips] == [
        len(frames_of(TINY, clip)) for clip in clips
    ]
