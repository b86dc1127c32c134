"""A whole estimate: totals by hand, what does not fit, and how it looks."""

from dataclasses import replace

import pytest

from ukd_bench.records.folder import SweepPaths
from ukd_bench.sizes import GIB, MIB
from ukd_bench.sweep.estimate import lines, peaks, whole
from ukd_bench.sweep.estimate.earlier_runs import earlier_runs
from ukd_bench.sweep.estimate.whole import estimate
from ukd_bench.sweep.executors.devices import Devices

from ..left_runs import DEVICE, finish, state_of
from ..planned import planned, run_of

CPU = Devices('cpu', 'cpu', DEVICE['name'])
NO_GPU = Devices('cuda', 'cuda', None, absence='no GPU')
PEAKS = dict(teacher=3 * GIB, bank=1 * GIB, plain=2 * GIB, ukd=2 * GIB, naive=9 * GIB, swap=9 * GIB)
STATE = 100 * MIB
WALL = dict(teacher=40.0, plain=100.0)


@pytest.fixture
def inside(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(whole, 'reference_runs', list)
    monkeypatch.setattr(peaks, 'ask', ask)
    return tmp_path


def ask(questions):
    """A stand-in for the predictor."""
    answers = []
    for one in questions['peaks']:
        peak, cuda = PEAKS.get(one['method']), one['device'] == 'cuda'
        figures = dict(
            allocated_peak_bytes=peak,
            reserved_peak_bytes=peak if cuda else None,
            workspace_bound_bytes=GIB if cuda else 0,
        )
        error = None if peak else 'its shapes depend on data'
        phases = dict(train=figures) if peak else {}
        answers.append(dict(phases=phases, state_bytes=STATE if peak else None, error=error))
    return {'peaks': answers}


def estimated(folder, plan, devices=CPU, jobs=2, cache_gib=0.0, limit=None):
    return estimate(state_of(folder / 'results', plan), devices, jobs, cache_gib, limit)


def cells(found, name: str) -> list[str]:
    """The figures of a row: how many runs, and what each takes."""
    (line,) = (line for line in lines(found) if f'  {name}  ' in line)
    before, after = line.split(name)
    return [cell.strip() for cell in (before, *after.split('  ')) if cell.strip()]


def part(found, name: str) -> str:
    """A total, on one line."""
    text = '\n'.join(lines(found)).split('\n\n')[1].replace('\n        ', ' ')
    (line,) = (line for line in text.splitlines() if line.startswith(f'{name} '))
    return line.removeprefix(name).strip()


def notes(found) -> list[str]:
    text = '\n'.join(lines(found)).split('\n\n')[2].replace('\n  ', ' ')
    return [note.removeprefix('- ') for note in text.splitlines()]


def test_runs_that_share_a_gpu_spend_hours_of_their_own(inside):
    plan = planned(methods=('plain',), seeds=(0, 1), device='cuda')
    found = replace(estimated(inside, plan, NO_GPU), sharing=2)
    assert any(
        note.startswith('time: runs that share a GPU slow each other') for note in notes(found)
    )


def test_totals_by_hand(inside):
    # One teacher, its bank, and two seeds of plain, ukd and swap each.
    plan = planned(methods=('plain', 'ukd', 'swap'), num_teachers=(1,), seeds=(0, 1))
    state = state_of(inside / 'results', plan)
    runs = {method: run_of(plan, method, k) for method, k in (('teacher', 0), ('plain', 0))}
    for method, run in runs.items():
        finish(state, run, 'x' * 1000, time=dict(wall_s=WALL[method]), dataset=dict(
            name='darkroom-tiny', fingerprint='clips'
        ))  # fmt: skip
    found = estimated(inside, plan)
    assert (len(found.runs), found.num_finished, found.jobs) == (6, 2, 2)
    # The finished student of the same network has a checkpoint of 1000 bytes.
    by_method = {one.run.spec.method: one for one in found.runs}
    assert {one.disk_bytes for one in found.runs} == {1000, 12 * 22 * 11 * 4}
    assert by_method['plain'].duration.seconds == 100 and not by_method['plain'].duration.is_scaled
    # An epoch of ukd is as much work as a plain one, of swap 1.4 times, and a bank's 0.35, but a
    # bank goes by what took most nearly as long: the teacher's 6 epochs, in 40 s.
    assert by_method['ukd'].duration.seconds == 100
    assert by_method['swap'].duration.seconds == pytest.approx(140)
    assert by_method['bank'].duration.seconds == pytest.approx(40 * 12 * 0.35 / 6)
    # Most work hangs on the two of swap, which end at 140. Then come the bank, until 168, and
    # plain, until 240; then ukd, from 168 to 268 and from 240 to 340.
    assert found.seconds == pytest.approx(340)
    whole = sum(one.duration.seconds for one in found.runs) / 3600
    assert part(found, 'time') == f'5:40 min with 2 at once, {whole:.2f} core-hours'
    assert part(found, 'runs') == '6 of 8 are left; 2 are finished and count for nothing'
    assert cells(found, 'swap K=1 i3d-r18-w8') == ['2', '9.0 GiB', '0.0 MiB', '~2:20 min']
    assert cells(found, 'plain i3d-r18-w8') == ['1', '2.0 GiB', '0.0 MiB', '1:40 min']
    assert f'time: medians of earlier runs on {DEVICE["name"]}' in notes(found)


def test_sizes_add_up(inside):
    plan = planned(methods=('plain', 'ukd'), num_teachers=(1,), seeds=(0, 1))
    found = estimated(inside, plan)
    bank = 12 * 22 * 11 * 4
    assert sum(one.disk_bytes for one in found.runs) == 5 * STATE + bank
    told = part(found, 'disk')
    assert told == '500.0 MiB: checkpoints 500.0 MiB, banks 0.0 MiB, cache 0, flow 0'
    cached = estimated(inside, plan, cache_gib=1.0)
    assert cached.shared.cache_bytes > 0 and not (inside / 'data').exists()


def test_unknown_times_are_dashes_and_no_sum_is_made_of_them(inside):
    plan = planned(methods=('plain', 'ukd'), num_teachers=(1,))
    found = estimated(inside, plan)
    assert found.seconds is None
    assert all(one.duration is None for one in found.runs)
    assert cells(found, 'plain i3d-r18-w8')[-1] == '-'
    assert part(found, 'time') == '- (4 of 4 runs are not known)'
    missing = 'time: - has no earlier run of its network on such videos and on cpu to go by'
    assert missing in notes(found)


def test_one_that_cannot_be_predicted_has_its_line_and_the_others_their_peaks(inside):
    plan = planned(methods=('plain', 'label_smoothing'), seeds=(0, 1))
    found = estimated(inside, plan)
    assert cells(found, 'label_smoothing i3d-r18-w8') == ['2', '-', '-', '-']
    assert cells(found, 'plain i3d-r18-w8')[1] == '2.0 GiB'
    assert 'peak of label_smoothing i3d-r18-w8: its shapes depend on data' in notes(found)
    assert part(found, 'disk').startswith('at least 200.0 MiB: checkpoints -, banks 0, ')


def test_a_plan_for_a_gpu_that_is_not_here_says_what_cannot_fit(inside):
    plan = planned(methods=('plain', 'naive'), num_teachers=(1,), seeds=(0, 1), device='cuda')
    found = estimated(inside, plan, NO_GPU, jobs=1, limit=9 * GIB)
    (line,) = found.misfits
    assert line.startswith('naive K=1 i3d-r18-w8 cannot fit: its peak of 9.0 GiB and 600.0 MiB ')
    assert line.endswith(' are more than the 9.0 GiB of --memory-limit')
    assert found.tight == []
    assert part(found, 'peak') == (
        '9.0 GiB at most, by naive K=1 i3d-r18-w8; the limit is 9.0 GiB (--memory-limit)'
    )
    unlimited = estimated(inside, plan, NO_GPU, jobs=1)
    assert unlimited.misfits == unlimited.tight == []
    assert any(note.startswith('no cuda is here: --memory-limit says') for note in notes(unlimited))
    # Within a GiB of scratch memory.
    (line,) = estimated(inside, plan, NO_GPU, jobs=1, limit=10 * GIB).tight
    assert line.startswith('naive K=1 i3d-r18-w8 may not fit: ')


def test_runs_that_are_finished_are_not_asked_about(inside, monkeypatch):
    plan = planned(methods=('plain',))
    finish(state_of(inside / 'results', plan), run_of(plan, 'plain'), 'weights')
    monkeypatch.setattr(peaks, 'ask', None)
    found = estimated(inside, plan, cache_gib=1.0)
    assert lines(found) == ['runs    0 of 1 are left; 1 are finished and count for nothing']
    assert found.seconds == found.shared.cache_bytes == 0 and found.misfits == []


def test_published_runs_count_on_the_same_machine_alone(inside, monkeypatch):
    plan = planned(methods=('plain',))
    state = state_of(inside / 'published', plan)
    finish(state, run_of(plan, 'plain'), 'weights', time=dict(wall_s=9.0), dataset=dict(
        name='darkroom-tiny', fingerprint='clips'
    ))  # fmt: skip
    published = earlier_runs(SweepPaths(inside / 'published').root)
    monkeypatch.setattr(whole, 'reference_runs', lambda: published)
    assert estimated(inside, plan).seconds == 9.0
    other = Devices('cpu', 'cpu', 'Another CPU')
    assert estimated(inside, plan, other).seconds is None


def test_it_fits_the_width_of_a_terminal(inside):
    methods = ('plain', 'ukd', 'naive', 'shuffled_across', 'two_stream_dark_light', 'ensemble')
    plan = planned(methods=methods, num_teachers=(1, 3), seeds=(0, 1), device='cuda')
    found = lines(estimated(inside, plan, NO_GPU, jobs=1, limit=9 * GIB))
    assert max(map(len, found)) <= 80 and len(found) > 20
    assert found[0].split() == ['runs', 'each', 'peak', 'disk', 'time']
