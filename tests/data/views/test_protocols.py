"""Evaluation protocols give the views that they are named after."""

import numpy as np
import pytest

from ukd_bench.data.views.draw import EvaluationViews
from ukd_bench.data.views.protocols import PROTOCOLS, Source, ViewParameters, protocol
from ukd_bench.errors import ConfigError

CLIP = Source(sample=3, frames=80, shape=(240, 320))


@pytest.mark.parametrize('name', sorted(PROTOCOLS))
@pytest.mark.parametrize('clip', [CLIP, Source(0, 7, (320, 240)), Source(1, 1, (5, 5))])
def test_views_lie_within_the_clip_and_are_as_many_as_stated(name, clip):
    views = protocol(name).views(clip)
    assert len(views) == protocol(name).num_views
    for view in views:
        assert min(view) >= 0 and not view.flip
        assert max(view.start + view.span, view.left + view.width, view.top + view.height) <= 1.0001


def test_center_is_everything():
    assert protocol('center').views(CLIP) == (ViewParameters(),)


def test_ten_clips_of_three_squares():
    views = protocol('clips10_crops3').views(CLIP)
    starts = sorted({view.start for view in views})
    assert np.allclose(starts, np.linspace(0, 0.2, 10))
    assert {view.span for view in views} == {0.8}
    assert [view.left for view in views[:3]] == [0, 0.125, 0.25]
    assert {(view.top, view.width, view.height) for view in views} == {(0, 0.75, 1)}


def test_squares_lie_along_the_longer_side():
    upright = protocol('clips10_crops3').views(Source(0, 80, (320, 240)))
    assert [view.top for view in upright[:3]] == [0, 0.125, 0.25]


def test_thirty_random_clips_of_arids_span():
    views = protocol('arid_official_30').views(CLIP)
    assert {view.span for view in views} == {32 / 80}
    assert len({view.start for view in views}) == 30
    assert views == protocol('arid_official_30').views(CLIP)
    assert views != protocol('arid_official_30').views(CLIP._replace(sample=4))


def test_an_unknown_name_is_refused():
    with pytest.raises(ConfigError, match="'centre' is none of center, clips10_crops3"):
        protocol('centre')


class Video:
    shape = (48, 64)


def test_a_pipeline_asks_for_the_frame_only_where_the_protocol_needs_it():
    clip = dict(sample_idx=2, total_frames=9)
    assert EvaluationViews()(dict(clip))['views'] == (ViewParameters(),)
    views = EvaluationViews('clips10_crops3')(dict(clip, video=Video()))['views']
    assert views == protocol('clips10_crops3').views(Source(2, 9, (48, 64)))
