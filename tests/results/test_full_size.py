"""Memory at full size: how files are read, joined and refused, and the curves they give."""

import hashlib

import pytest

from ukd_bench.errors import ResultsError
from ukd_bench.results import load_full_size as module
from ukd_bench.results.curve import MEASURED, PREDICTED, first_reached
from ukd_bench.results.full_size import FullSize
from ukd_bench.results.load_full_size import find_full_size, load_full_size

from .made_up_memory import COUNTS, FLOOR_MIB, GIB, MIB, MadeUpMemory, row


@pytest.fixture
def made():
    return MadeUpMemory()


def measured_up_to_4(**growth):
    """As predicted, with more in every peak: what a prediction cannot know."""
    made = MadeUpMemory(predicted=False, **growth)
    made.rows = [one for one in made.rows if one['num_teachers'] <= 4]
    for one in made.rows:
        one['allocated_peak_bytes'] += 100 * MIB
    return made


def test_a_file_is_read_as_it_is(made, tmp_path):
    (student,) = load_full_size(made.write(tmp_path)).students
    assert (student.name, student.label) == ('R(2+1)D-34', 'R(2+1)D-34, full size')
    assert student.setting.clip == (3, 32, 112, 112)
    assert len(student.figures) == len(made.rows)
    naive = student.find('naive', 8, 'train', True)
    assert naive.allocated_peak_bytes == 6 * GIB and naive.basis == PREDICTED
    assert naive.breakdown == made.select('naive', 8)['breakdown']


def test_the_source_names_file_hash_command_and_device(made, tmp_path):
    (source,) = load_full_size(made.write(tmp_path)).sources
    path = tmp_path / 'r2plus1d-r34.json'
    assert source.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert (source.name, source.device) == (path.name, 'Made-up CPU')
    assert source.command == 'ukd-bench measure memory --student r2plus1d-r34 --predict'


def test_a_curve_by_hand(made, tmp_path):
    (student,) = load_full_size(made.write(tmp_path)).students
    curve = student.curve('naive', 'plain')
    assert curve.peaks == {k: (FLOOR_MIB + 256 * k) * MIB for k in COUNTS}
    assert curve.multiples[64] == 5 and curve.floor == 4 * GIB
    assert (curve.basis, curve.measured, curve.teacher_bytes) == (PREDICTED, (), 256 * MIB)
    assert student.curve('mutual', 'plain').multiples == {k: k for k in COUNTS[1:]}
    assert student.curve('chain', 'plain').empty and student.curve('chain', 'plain').floor


def test_measured_figures_go_before_predicted_ones_and_stand_on_measured_floors(made, tmp_path):
    made.write(tmp_path)
    measured_up_to_4().write(tmp_path, 'measured')
    (student,) = load_full_size(tmp_path).students
    curve = student.curve('naive', 'plain')
    assert curve.peaks[4] == (FLOOR_MIB + 1024 + 100) * MIB
    assert curve.floors[4] == (FLOOR_MIB + 100) * MIB and curve.floors[8] == FLOOR_MIB * MIB
    assert curve.measured == (1, 2, 4) and curve.basis == PREDICTED
    # On one floor, all lie on the line of 256 MiB a teacher.
    assert curve.levelled == {k: (FLOOR_MIB + 256 * k) * MIB for k in COUNTS}
    ukd = student.curve('ukd', 'plain')
    assert {*ukd.multiples.values()} == {1.0}


def test_measured_figures_alone(tmp_path):
    (student,) = load_full_size(measured_up_to_4().write(tmp_path)).students
    assert student.curve('naive', 'plain').basis == MEASURED


def test_a_measured_figure_stands_beside_no_predicted_floor(made, tmp_path):
    made.write(tmp_path)
    measured = measured_up_to_4()
    measured.rows = [one for one in measured.rows if one['method'] != 'plain']
    measured.write(tmp_path, 'measured')
    (student,) = load_full_size(tmp_path).students
    assert student.curve('naive', 'plain').measured == ()


def test_out_of_memory_and_failed(made, tmp_path):
    made.select('naive', 64).update(row('naive', 64, 'train', None))
    made.select('naive', 32).update(row('naive', 32, 'train', None), status='failed')
    (student,) = load_full_size(made.write(tmp_path)).students
    curve = student.curve('naive', 'plain')
    assert [*curve.peaks] == [1, 2, 4, 8, 16] and curve.out_of_memory == (64,)


def test_the_whole_pipeline_by_hand(made, tmp_path):
    (student,) = load_full_size(made.write(tmp_path)).students
    plain, ukd = (student.find(*cell, 'train', True) for cell in (('plain', 0), ('ukd', 4)))
    assert student.pipeline_peak(plain, None) == FLOOR_MIB * MIB
    # The training of a teacher is its largest part.
    assert student.pipeline_peak(ukd, 'banks') == 5000 * MIB
    naive = student.find('naive', 64, 'train', True)
    assert student.pipeline_peak(naive, 'checkpoints') == 20 * GIB
    made.rows = [one for one in made.rows if one['method'] != 'bank']
    (student,) = load_full_size(made.write(tmp_path)).students
    assert student.pipeline_peak(ukd, 'banks') is None
    assert student.pipeline_peak(ukd, 'checkpoints') == 5000 * MIB


def test_two_settings_of_a_student_are_apart(made, tmp_path):
    made.write(tmp_path)
    other = MadeUpMemory()
    other.content['setting']['batch_size'] = 16
    other.write(tmp_path, 'sixteen')
    names = [one.name for one in load_full_size(tmp_path).students]
    assert names == ['R(2+1)D-34 (setting 1)', 'R(2+1)D-34 (setting 2)']


def test_other_kinds_are_left_out(made, tmp_path):
    made.write(tmp_path)
    (tmp_path / 'loader.json').write_text('{"schema": 1, "kind": "loader"}')
    (tmp_path / 'README.md').write_text('no JSON')
    assert len(load_full_size(tmp_path).sources) == 1


@pytest.mark.parametrize(
    ('change', 'message'),
    [
        (lambda one: one.content.update(schema=2), 'schema is 2, not 1'),
        (lambda one: one.content.pop('setting'), "key 'setting' is absent"),
        (
            lambda one: one.content['setting'].update(batch_size=0),
            'setting.batch_size is 0, not a positive whole number',
        ),
        (lambda one: one.rows[1].pop('phase'), r"key 'rows\[1\].phase' is absent"),
        (
            lambda one: one.rows[2].update(phase='rest'),
            r"rows\[2\].phase is 'rest', not one of train, eval, fill",
        ),
        (
            lambda one: one.rows[0].update(allocated_peak_bytes=1.5),
            r'rows\[0\].allocated_peak_bytes is 1.5, not a whole number',
        ),
        (
            lambda one: one.rows[0]['breakdown'].update(inputs=0),
            r'rows\[0\].breakdown adds up to \d+, not to the peak of 4294967296',
        ),
        (
            lambda one: one.rows[0].update(status='oom'),
            r'rows\[0\].allocated_peak_bytes is 4294967296, and status oom',
        ),
        (
            lambda one: one.rows.append(one.rows[0]),
            r'rows\[\d+\] is of a cell that was there before',
        ),
    ],
)
def test_a_damaged_file_is_one_line_that_names_file_and_key(made, tmp_path, change, message):
    change(made)
    with pytest.raises(ResultsError, match=rf'r34\.json: {message}') as caught:
        load_full_size(made.write(tmp_path, 'r34'))
    assert '\n' not in str(caught.value) and len(str(caught.value)) < 400


@pytest.mark.parametrize(
    ('text', 'message'),
    [
        ('{', 'not valid JSON'),
        ('[1]', 'no JSON object'),
        ('{"schema": 1}', "key 'kind' is absent"),
    ],
)
def test_a_foreign_file_is_refused(tmp_path, text, message):
    (tmp_path / 'mine.json').write_text(text)
    with pytest.raises(ResultsError, match=rf'mine\.json: {message}'):
        load_full_size(tmp_path)


def test_where_figures_come_from(tmp_path, monkeypatch):
    assert load_full_size(None) == FullSize()
    with pytest.raises(ResultsError, match='none: no such folder of figures at full size'):
        load_full_size(tmp_path / 'none')
    assert find_full_size(tmp_path / 'none') == tmp_path / 'none'
    (tmp_path / 'configs').mkdir()
    monkeypatch.setattr(module, 'configs_root', lambda: tmp_path / 'configs')
    assert find_full_size() is None
    folder = tmp_path / 'results' / 'reference' / 'memory'
    folder.mkdir(parents=True)
    assert find_full_size() == folder


def test_the_unit_suits_the_students(made, tmp_path):
    assert load_full_size(made.write(tmp_path)).unit == ('GiB', GIB)
    made.select('plain', 0).update(row('plain', 0, 'train', 500))
    assert load_full_size(made.write(tmp_path)).unit == ('MiB', MIB)


def test_the_first_k_that_reaches_a_bound_by_hand():
    # From 1.25 at K = 4 to 2.25 at K = 8: 1.5 at K = 5, more than 1.5 at K = 6.
    multiples = {1: 1.0, 2: 1.125, 4: 1.25, 8: 2.25}
    assert first_reached(multiples, lambda one: one >= 1.5) == 5
    assert first_reached(multiples, lambda one: one > 1.5) == 6
    assert first_reached(multiples, lambda one: one >= 1.4) == 5
    assert first_reached(multiples, lambda one: one >= 2.25) == 8
    assert first_reached(multiples, lambda one: one > 2.25) is None
    # Nothing is known below the smallest K.
    assert first_reached({4: 2.0, 8: 3.0}, lambda one: one >= 1.5) == 4
    assert first_reached({}, lambda one: one >= 1.5) is None
