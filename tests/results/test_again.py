"""How published runs are made anew: which ones, by which command, and what counts as equal."""

import json
import shutil

from ukd_bench.results.loading import load_sweep

from .again import ROOT, compared, options, picked

QUICK = ROOT / 'results' / 'reference' / 'quick'


def test_the_plan_alone_says_which():
    sweep = load_sweep(QUICK)
    first, second = picked(sweep, 3), picked(sweep, 3)
    assert [run.key for run in first] == [run.key for run in second]
    assert len({run.key for run in first}) == 3 and all(run.of_student for run in first)


def test_the_command_asks_for_that_run():
    sweep = load_sweep(QUICK)
    wanted = next(run for run in sweep.runs if run.method == 'ukd' and run.num_teachers == 2)
    assert options(wanted) == [
        *('--methods', 'ukd', '--regimes', 'pretrained', '--seeds', str(wanted.seed)),
        *('--backbones', 'i3d-r18-w8', '--teachers', '2'),
    ]


def test_what_differs_is_named(tmp_path):
    kept = sorted(path.parent for path in QUICK.glob('*/record.json'))[:2]
    for folder in kept:
        shutil.copytree(folder, tmp_path / folder.name)
    assert compared(tmp_path, QUICK) == dict(runs=2, differing=[])
    path = tmp_path / kept[0].name / 'record.json'
    record = json.loads(path.read_text())
    record['hashes'] = {name: 'other' for name in record['hashes']}
    path.write_text(json.dumps(record))
    assert compared(tmp_path, QUICK) == dict(runs=2, differing=[kept[0].name.split('-')[0]])
    (tmp_path / kept[1].name).rename(tmp_path / 'another-0')
    assert compared(tmp_path, QUICK)['differing'] == sorted([kept[0].name[:12], 'another'])
