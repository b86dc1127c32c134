"""Trees of the sizes of ARID's editions: their published counts, and one change in thousands."""

import json
import os
import re
import shutil

from ukd_bench.data.__main__ import main
from ukd_bench.data.check import check

from .. import made_up_arid as arid
from .asking import kinds, list_of, run


def test_v10_agrees_with_every_published_count(trees):
    report = check(trees['v1.0'])
    assert report.findings == []
    assert {key: count.per_class for key, count in report.lists.items()} == {
        (split, subset): per_class
        for split in (1, 2, 3)
        for subset, per_class in (
            ('train', arid.TRAIN[split]), ('test', arid.TEST[split]), ('other', arid.OTHER),
        )
    }  # fmt: skip
    assert all(count.known.per_class == count.per_class for count in report.lists.values())
    assert [count.total for count in report.lists.values()] == [
        2288, 823, 673, 2252, 859, 673, 2259, 852, 673,
    ]  # fmt: skip
    assert report.disk.per_class == arid.ALL == report.disk.known.per_class
    assert report.disk.total == report.whole == 3784


def test_v15_and_ug2_agree_with_the_published_totals(trees):
    report = check(trees['v1.5'])
    assert report.findings == [] and report.disk.total == 5572
    known = {key: count.known and count.known.total for key, count in report.lists.items()}
    assert {key: total for key, total in known.items() if total} == {
        (0, 'train'): 3350, (0, 'test'): 2011,
    }  # fmt: skip
    assert all(report.lists[key].agrees for key in report.lists)
    report = check(trees['ug2'])
    assert report.problems == [] and report.lists[1, 'train'].total == 1837
    assert report.classes == ('Run', 'Sit', 'Stand', 'Turn', 'Walk', 'Wave')
    assert 'unlabelled_list' in kinds(report)


def test_the_videos_of_another_edition_are_not_counted(trees, tmp_path):
    root = tmp_path / 'all'
    for tree in ('ug2', 'v1.5', 'v1.0'):
        shutil.copytree(trees[tree], root, copy_function=os.link, dirs_exist_ok=True)
    (root / 'data').mkdir()
    os.link(root / 'Wave' / 'Wave_1_1.avi', root / 'Wave' / 'ours.avi')
    assert kinds(check(root, 'v1.0')) == {
        'videos': ('3785 clips instead of 3784 (Wave 367 instead of 366)',),
        'unlisted': ('Wave/ours.avi',),
    }
    (root / 'Wave' / 'ours.avi').unlink()
    for edition, videos in (('v1.0', 3784), ('v1.5', 5572), ('ug2', 1837 + 90)):
        report = check(root, edition)
        assert report.disk.total == videos and report.problems == []
        assert set(kinds(report)) <= (
            {'unlisted', 'unlabelled_list'} if edition == 'ug2' else set()
        )


def test_clips_that_two_editions_share_are_counted(trees, tmp_path):
    root = tmp_path / 'v15'
    shutil.copytree(trees['v1.5'], root, copy_function=os.link)
    names = [f'{name}/{name}_1_1.avi' for name in arid.CLASSES]
    arid.write_list(list_of(root), list(enumerate(names)))
    assert check(root, 'v1.0').disk.total == check(root, 'v1.5').disk.total == 5572


def test_one_change_in_thousands_is_found(trees, tmp_path, capsys):
    root = tmp_path / 'v10'
    shutil.copytree(trees['v1.0'], root, copy_function=os.link)
    listed = root / 'list_cvt' / 'ARID_split2_train.txt'
    lines = listed.read_text().splitlines(keepends=True)
    listed.unlink()
    listed.write_text(''.join(lines[:-1]))
    (root / 'Pour' / 'Pour_8_1.avi').unlink()
    found = kinds(check(root))
    assert set(found) == {'counts', 'absent', 'videos'}
    assert found['counts'] == (
        'split 2 train: 2251 clips instead of 2252 (Wave 226 instead of 227)',
    )
    assert found['absent'] == ('Pour/Pour_8_1.avi',)
    assert found['videos'] == ('3783 clips instead of 3784 (Pour 371 instead of 372)',)


def test_the_table_fits_into_80_columns(trees, monkeypatch, capsys):
    monkeypatch.setenv('COLUMNS', '80')
    status, text = run(capsys, trees['v1.0'])
    assert status == 0
    lines = text.splitlines()
    assert max(map(len, lines)) <= 80
    assert re.search(r'^all\s+3784\s+2288\s+823\s+673\s+2252\s+859\s+673\s+2259\s+852\s+673$',
                     text, re.MULTILINE)  # fmt: skip
    assert re.search(r'^Wave\s+366\s+228\s+76\s+62\s', text, re.MULTILINE)
    assert 'nothing is wrong' in text and '3784 videos are whole' in text


def test_json_is_all_there_is_on_stdout(trees, capsys):
    capsys.readouterr()
    assert main(['check', str(trees['ug2']), '--json']) == 0
    out = json.loads(capsys.readouterr().out)
    assert out['edition'] == 'ug2' and out['ok'] and out['decoded'] is None
    assert out['lists'][0] == {
        'split': 1, 'subset': 'train', 'list': 'list_cvt/ARID1.1_t1_train_pub.csv', 'clips': 1837,
        'per_class': [307, 306, 306, 306, 306, 306], 'known_clips': 1837, 'known_per_class': None,
    }  # fmt: skip
    (unlisted,) = [finding for finding in out['findings'] if finding['kind'] == 'unlisted']
    assert unlisted['count'] == len(unlisted['items']) == 90 and not unlisted['problem']
