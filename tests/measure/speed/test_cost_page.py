"""Every ratio on the page of costs, and on that of training, is the one of a record."""

import json
import re
from pathlib import Path

import pytest

from ukd_bench.measure.speed.blocks import ratio_interval

ROOT = Path(__file__).parents[3]
RECORDS = ROOT / 'results' / 'reference'
COST = (ROOT / 'docs' / 'training_cost.md').read_text()
TRAINING = (ROOT / 'docs' / 'training.md').read_text()


def record(name: str) -> dict:
    return json.loads((RECORDS / name).read_text())


def told(figures: list[float], digits: int) -> str:
    estimate, low, high = (f'{figure:.{digits}f}' for figure in figures)
    return f'{estimate} ({low} to {high})'


def rows(page: str, head: str) -> dict[str, list[str]]:
    """The cells of the table below a line that begins so, by the row's first."""
    table = page.split(f'\n{head}', 1)[1].split('\n\n', 1)[0]
    lines = [line.strip('| ').split(' | ') for line in table.splitlines()[2:]]
    return {name.strip('`'): cells for name, *cells in lines}


def test_step_times_of_every_method():
    steps = record('steps/steps.json')
    figures = {(cell['method'], cell['num_teachers']): cell['ratio'] for cell in steps['cells']}
    counted = rows(COST, '| method | K = 1')
    assert len(counted) > 1
    for method, cells in counted.items():
        wanted = [figures.get((method, k)) for k in (1, 2, 4, 8)]
        assert cells == ['–' if one is None else told(one, 3) for one in wanted]
    others = rows(COST, '| method | step')
    for method, (cell,) in others.items():
        assert cell == told(figures[method, 0], 3)
    assert {method for method, _ in figures} == counted.keys() | others.keys()


def test_steps_on_a_gpu():
    steps = record('h100-memory/steps-r2plus1d-r34.json')
    assert steps['environment']['device']['kind'] == 'cuda'
    told_of = rows(COST, '| method on an H100')
    assert told_of.keys() == {cell['method'] for cell in steps['cells']}
    for cell in steps['cells']:
        k, ratio, milliseconds, rate = told_of[cell['method']]
        assert k == str(cell['num_teachers'] or '–')
        assert (ratio, milliseconds, rate) == (
            told(cell['ratio'], 3), f'{cell["step_ms"]:.1f}', f'{cell["clips_per_s"]:.1f}',
        )  # fmt: skip


def test_how_busy_a_gpu_was():
    (path,) = (RECORDS / 'h100-full-size').glob('*/record.json')
    run = json.loads(path.read_text())
    step, train = run['time']['step_median_s'], run['time']['train_s']
    assert f'took {step:.3f} s a step' in COST
    busy = f'busy for {100 * run["gpu_utilization"]["mean"]:.0f} % of the time'
    clips = f'epochs of {run["dataset"]["train_samples"]} clips'
    share = f'steps are {100 * step * run["counts"]["train_steps"] / train:.0f} % of the training'
    assert all(text in COST.replace('\n', ' ') for text in (busy, share, clips))


def test_the_fill():
    fill = record('fill/fill.json')
    table = rows(COST, '| loader workers')
    assert table.keys() == fill['efficiency'].keys() and len(table) > 1
    for workers, cells in table.items():
        assert cells == [
            told(fill[name][workers], 3)
            for name in ('efficiency', 'cpu_efficiency', 'later_efficiency')
        ]


@pytest.mark.parametrize('student', ['i3d-r18-w8', 'slowonly-r18-w8'])
def test_channels_last(student):
    (cell,) = record(f'steps/channels-last-{student}.json')['cells']
    assert cell['channels_last'] and (cell['method'], cell['num_teachers']) == ('plain', 0)
    assert rows(TRAINING, '| network |')[student] == [
        told(cell['ratio'], 3),
        told(cell['cpu_ratio'], 3),
    ]


@pytest.mark.parametrize('path', sorted(RECORDS.glob('steps/*.json')), ids=lambda path: path.name)
def test_ratios_follow_from_the_blocks(path):
    cells = json.loads(path.read_text())['cells']
    assert cells
    for cell in cells:
        assert cell['ratio'] == pytest.approx(ratio_interval(cell['wall_s'], cell['plain_wall_s']))
        assert len(cell['wall_s']) >= 16


PROFILE = RECORDS / 'profile' / 'i3d-r18-w8.json'


def test_the_profile():
    found = json.loads(PROFILE.read_text())
    told = rows(COST, '| part | share')
    assert [name.removesuffix(' *') for name in told] == [*found['shares']]
    for name, (share,) in told.items():
        assert share == f'{100 * found["shares"][name.removesuffix(" *")]:.1f} %'
    main = [name.removesuffix(' *') for name in told if name.endswith(' *')]
    assert f'{100 * found["main_share"]:.1f} %' in COST
    assert sum(found['shares'][name] for name in main) == pytest.approx(found['main_share'])
    assert sum(found['parts_s'].values()) == pytest.approx(found['step_s'])


def test_pages_link_the_records():
    found = re.findall(r'\(\.\./(results/reference/[\w./-]+)\)', COST + TRAINING)
    links = [link for link in found if 'h100' not in link]
    assert links and {Path(link).name for link in links} == {
        path.name
        for folder in ('steps', 'fill', 'profile')
        for path in (RECORDS / folder).glob('*')
    }
    assert all((ROOT / link).exists() for link in found)
