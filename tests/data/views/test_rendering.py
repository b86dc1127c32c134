import copy

import pytest
from mmengine.config import Config

from ukd_bench.data.views import rendering
from ukd_bench.data.views.rendering import (
    draw_step,
    rendering_fingerprint,
    steps_of,
    teacher_pipeline,
    views_fingerprint,
)
from ukd_bench.records.key import holds_step

DRAW = dict(type='ukd_bench.DrawView', min_span=0.8)


def suite(size: int, **drawing) -> list[dict]:
    return [
        dict(type='ukd_bench.OpenVideo', short_side=size + 8),
        DRAW | drawing,
        dict(type='ukd_bench.ViewFrames', clip_len=8),
        dict(type='ukd_bench.ViewCrop', size=size),
    ]


STOCK = [dict(type='SampleFrames', clip_len=8), dict(type='RandomResizedCrop')]


def teacher(pipeline) -> Config:
    return Config(dict(train_dataloader=dict(dataset=dict(pipeline=copy.deepcopy(pipeline)))))


class TestViews:
    def test_students_of_another_size_have_the_same_views(self):
        assert views_fingerprint(0, suite(48)) == views_fingerprint(0, suite(112))

    def test_another_seed_or_drawing_is_another_view(self):
        first = views_fingerprint(0, suite(48))
        assert views_fingerprint(1, suite(48)) != first
        assert views_fingerprint(0, suite(48, min_span=0.5)) != first

    def test_a_stock_pipeline_is_bound_to_itself(self):
        first = views_fingerprint(0, STOCK)
        assert views_fingerprint(0, tuple(dict(reversed(step.items())) for step in STOCK)) == first
        others = [
            views_fingerprint(1, STOCK),
            views_fingerprint(0, STOCK[::-1]),
            views_fingerprint(0, [STOCK[0] | dict(clip_len=4), STOCK[1]]),
        ]
        assert len({first, *others}) == 4


def test_steps_are_found_by_their_type_and_are_the_very_steps():
    pipeline = [*suite(48), dict(type='DrawView'), DRAW | dict(min_span=0.5)]
    found = steps_of(pipeline, 'ukd_bench.DrawView')
    assert [step['min_span'] for step in found] == [0.8, 0.5]
    found[0]['min_span'] = 0.6
    assert draw_step(pipeline)['min_span'] == 0.6
    assert steps_of(STOCK, 'ukd_bench.DrawView') == []


def test_a_step_may_be_named_by_its_whole_path():
    named = 'ukd_bench.data.views.draw.DrawView'
    pipeline = [*suite(48)[:1], DRAW | dict(type=named), *suite(48)[2:]]
    assert draw_step(pipeline)['type'] == named
    assert holds_step(pipeline, DRAW['type'])
    rendered = teacher_pipeline(suite(32, min_span=0.5), teacher(pipeline))
    assert rendered[1] == DRAW | dict(min_span=0.5) and rendered[3]['size'] == 48


class TestTeachersPipeline:
    def test_a_teacher_renders_the_students_views_in_its_own_way(self):
        student, own = suite(48, min_span=0.5), suite(112)
        rendered = teacher_pipeline(student, teacher(own))
        assert draw_step(rendered) == draw_step(student)
        assert [step for step in rendered if step['type'] != DRAW['type']] == [
            step for step in own if step['type'] != DRAW['type']
        ]
        assert rendering_fingerprint(rendered) != rendering_fingerprint(student)

    @pytest.mark.parametrize(
        ('student', 'own'), [(STOCK, suite(48)), (suite(48), STOCK), (suite(48), None)]
    )
    def test_otherwise_it_sees_what_the_student_sees(self, student, own):
        config = Config(dict(model=dict())) if own is None else teacher(own)
        assert teacher_pipeline(student, config) == student
        assert rendering_fingerprint(teacher_pipeline(student, config)) == rendering_fingerprint(
            student
        )

    def test_places_on_a_machine_are_no_part_of_a_rendering(self):
        elsewhere = suite(48)
        elsewhere[0]['cache'] = '/scratch/frames'
        assert rendering_fingerprint(elsewhere) == rendering_fingerprint(suite(48))

    def test_the_version_of_flow_is_part_of_a_rendering_that_has_flow(self, monkeypatch):
        pipelines = [suite(48), [dict(type='ukd_bench.OpenFlow', bound=8), *suite(48)]]
        before = [rendering_fingerprint(one) for one in pipelines]
        monkeypatch.setattr(rendering, 'FLOW_VERSION', 2)
        after = [rendering_fingerprint(one) for one in pipelines]
        assert before[0] == after[0] and before[1] != after[1]
