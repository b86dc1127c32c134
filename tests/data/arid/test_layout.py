import os

import pytest

from ukd_bench.data.arid.editions import EDITIONS, LayoutError
from ukd_bench.data.arid.facts import ARID_CLASSES
from ukd_bench.data.arid.layout import find_layout, read_mapping
from ukd_bench.data.arid.lists import Clip, UnlabelledError
from ukd_bench.errors import DataError

from ..made_up_arid import fake_video, write_list, write_mapping

LISTED = [(0, 'Drink/Drink_1_1.avi'), (10, 'Wave/Wave_2_1.avi')]


@pytest.fixture
def v10(tmp_path):
    """A root in ARID v1.0's layout: one split, two clips a list."""
    for subset in ('train', 'test', 'others'):
        write_list(tmp_path / 'list_cvt' / f'ARID_split1_{subset}.txt', LISTED)
    for _, name in LISTED:
        fake_video(tmp_path / name)
    return tmp_path


def own(root, train='train.txt', test='test.txt', folder='', labels=(0, 2, 1)):
    """MMAction2's lists of three videos, under their usual or other names."""
    lines = [f'{name} {label}\n' for name, label in zip(OWN, labels, strict=True)]
    (root / train).write_text(''.join(lines[:2]))
    (root / test).write_text(lines[2])
    for name in OWN:
        fake_video(root / folder / name)


OWN = ('a.mp4', 'b/c.mp4', 'd.mp4')


def test_v10(v10):
    layout = find_layout(v10)
    assert (layout.edition, layout.splits, layout.classes) == ('v1.0', (1,), ARID_CLASSES)
    assert layout.clips(1, 'train') == [Clip(path, label) for label, path in LISTED]
    assert layout.list_file(1, 'other').name == 'ARID_split1_others.txt'
    with pytest.raises(
        DataError, match=r'ARID_split2_train.txt does not exist; there is split 1 alone$'
    ):
        layout.clips(2, 'train')


def test_v10_lists_serve_v15_clips(v10):
    for _, name in LISTED:
        (v10 / name).unlink()
        fake_video(v10 / 'clips_v1.5' / name.replace('.avi', '.mp4'))
    paths = [clip.path for clip in find_layout(v10).clips(1, 'train')]
    assert paths == ['clips_v1.5/Drink/Drink_1_1.mp4', 'clips_v1.5/Wave/Wave_2_1.mp4']


def test_an_absent_clip_is_not_replaced_by_another_editions(v10):
    fake_video(v10 / 'clips_v1.5' / 'Wave' / 'Wave_2_1.mp4')
    (v10 / 'Wave' / 'Wave_2_1.avi').unlink()
    with pytest.raises(DataError, match=r'Wave/Wave_2_1.avi does not exist$'):
        find_layout(v10).clips(1, 'train')


@pytest.mark.parametrize('folder', ['clips_v1.5', 'clips_v1.5_avi', ''])
def test_v15(tmp_path, folder):
    for split, other in ((0, 'others'), (1, 'other')):
        for subset in ('train', 'test', other):
            path = tmp_path / 'list_cvt' / f'split_{split}' / f'split{split}_{subset}.txt'
            write_list(path, [(10, 'Wave/Wave_10_1.mp4')])
    fake_video(tmp_path / folder / 'Wave' / 'Wave_10_1.mp4')
    layout = find_layout(tmp_path)
    assert (layout.edition, layout.splits) == ('v1.5', (0, 1))
    path = f'{folder}/Wave/Wave_10_1.mp4'.lstrip('/')
    for subset in ('train', 'test', 'other'):
        assert layout.clips(1, subset) == [Clip(path, 10)]
    with pytest.raises(DataError, match=r'list_cvt/split_2/split2_test.txt does not exist'):
        layout.list_file(2, 'test')


def test_ug2_counts_labels_from_five(tmp_path):
    folder = tmp_path / 'list_cvt'
    folder.mkdir()
    (folder / 'ARID1.1_t1_train_pub.csv').write_text(
        'VideoID,Video,ClassID\n0,Run/Run_1_1.mp4,5\n1,Wave/Wave_1_1.mp4,10\n'
    )
    (folder / 'ARID1.1_t1_validation_gt_pub.csv').write_text('VideoID,Video\n0,0.mp4\n')
    for name in ('Run/Run_1_1.mp4', 'Wave/Wave_1_1.mp4'):
        fake_video(tmp_path / 'train_data' / name)
    layout = find_layout(tmp_path)
    assert (layout.edition, layout.classes) == ('ug2', ARID_CLASSES[5:])
    clips = [Clip('train_data/Run/Run_1_1.mp4', 0), Clip('train_data/Wave/Wave_1_1.mp4', 5)]
    assert layout.clips(1, 'train') == clips
    with pytest.raises(UnlabelledError, match=r'gt_pub.csv: has no column ClassID'):
        layout.clips(1, 'test')
    (folder / 'test.csv').write_text('VideoID,Video,ClassID\n0,0.mp4,7\n')
    fake_video(tmp_path / 'test_data' / '0.mp4')
    assert find_layout(tmp_path).clips(1, 'test') == [Clip('test_data/0.mp4', 2)]
    for first in (5, 0):
        write_mapping(folder / 'mapping_table_t1.txt', first)
        assert find_layout(tmp_path).classes == ARID_CLASSES[5:]
        assert find_layout(tmp_path).clips(1, 'train') == clips


@pytest.mark.parametrize('names', [{}, {'test': 'val.txt'}, {'folder': 'videos'}])
def test_own_lists(tmp_path, names):
    own(tmp_path, **names)
    layout = find_layout(tmp_path)
    assert (layout.edition, layout.splits, layout.classes) == ('own', (1,), ('0', '1', '2'))
    prefix = f'{names["folder"]}/' if 'folder' in names else ''
    wanted = [Clip(f'{prefix}a.mp4', 0), Clip(f'{prefix}b/c.mp4', 2)]
    assert layout.clips(1, 'train') == wanted
    assert layout.clips(1, 'test') == [Clip(f'{prefix}d.mp4', 1)]


def test_own_lists_under_other_names_and_with_class_names(tmp_path):
    folder = tmp_path / 'annotations'
    folder.mkdir()
    own(tmp_path, 'annotations/my_train_list.txt', 'annotations/my_val_list.txt', labels=(0, 0, 1))
    (folder / 'classes.txt').write_text('sweep\nmop the floor\n\n')
    layout = find_layout(tmp_path)
    assert layout.classes == ('sweep', 'mop the floor')
    assert layout.clips(1, 'test') == [Clip('d.mp4', 1)]
    (folder / 'classes.txt').write_text('sweep\n')
    with pytest.raises(DataError, match=r"my_val_list.txt:1: label '1' is not one of 0 to 0"):
        find_layout(tmp_path).clips(1, 'test')


def test_ambiguous_lists_are_refused_with_their_names(tmp_path):
    own(tmp_path, train='train_a.txt')
    (tmp_path / 'train_b.txt').write_text('a.mp4 0\n')
    with pytest.raises(LayoutError, match=r'which is the train list, train_a.txt, train_b.txt\?'):
        find_layout(tmp_path)
    # The usual name decides.
    (tmp_path / 'train_a.txt').rename(tmp_path / 'train.txt')
    assert find_layout(tmp_path).list_file(1, 'train').name == 'train.txt'


def test_two_editions_at_one_root_need_a_word(v10):
    write_list(v10 / 'list_cvt' / 'split_0' / 'split0_train.txt', LISTED)
    with pytest.raises(LayoutError, match=r'ARID v1.0 and ARID v1.5; name the edition: v1.0, v1.5'):
        find_layout(v10)
    assert find_layout(v10, 'v1.5').splits == (0,)
    assert find_layout(v10, 'v1.0').splits == (1,)
    with pytest.raises(
        LayoutError, match=r"edition 'v2' is none of v1.0, v1.5, ug2, darkroom, own"
    ):
        find_layout(v10, 'v2')
    with pytest.raises(LayoutError, match='holds no lists of DarkRoom'):
        find_layout(v10, 'darkroom')


def test_a_root_without_lists_tells_how_to_get_some(tmp_path):
    with pytest.raises(LayoutError, match=r'holds no lists .*xuyu0010.*ug2.*ukd-bench data make'):
        find_layout(tmp_path)
    with pytest.raises(LayoutError, match=r'data root .*absent does not exist or is not a folder'):
        find_layout(tmp_path / 'absent')


def test_darkroom_is_told_by_its_manifest(dark_root):
    layout = find_layout(dark_root)
    assert layout.edition == 'darkroom' and layout.classes == ARID_CLASSES
    assert not EDITIONS['darkroom'].swaps


def test_the_mapping_table_names_the_classes(v10):
    table = v10 / 'list_cvt' / 'mapping_table.txt'
    write_mapping(table)
    assert find_layout(v10).classes == ARID_CLASSES
    table.write_text('0\tSweep\n1\tMop the floor\n')
    layout = find_layout(v10)
    assert layout.classes == ('Sweep', 'Mop the floor')
    with pytest.raises(DataError, match="label '10' is not one of 0 to 1"):
        layout.clips(1, 'train')
    table.write_text('0\tSweep\n2\tMop\n')
    with pytest.raises(DataError, match=r'mapping_table.txt:2: label 2 where 1 should follow'):
        find_layout(v10)


@pytest.mark.parametrize(
    ('change', 'hint'),
    [
        (lambda root: (root / 'Wave').rename(root / 'wave'), 'the folder is named wave'),
        (lambda root: rename(root, 'Wave_2_1.mkv'), 'there is Wave_2_1.mkv'),
        (lambda root: rename(root, 'wave_2_1.AVI'), 'there is wave_2_1.AVI'),
        (lambda root: link(root, 'nowhere.avi'), 'it is a link to nowhere.avi, where no file is'),
        (lambda root: link(root, 'Wave_2_1.avi'), 'it is a link to Wave_2_1.avi, where no file'),
    ],
)  # fmt: skip
def test_what_is_absent_comes_with_what_may_be_meant(v10, change, hint):
    change(v10)
    with pytest.raises(DataError, match=rf'split1_train.txt: .*Wave_2_1.avi does .* \({hint}'):
        find_layout(v10).clips(1, 'train')


def rename(root, name):
    (root / 'Wave' / 'Wave_2_1.avi').rename(root / 'Wave' / name)


def link(root, target):
    (root / 'Wave' / 'Wave_2_1.avi').unlink()
    os.symlink(target, root / 'Wave' / 'Wave_2_1.avi')


def test_what_is_named_csv_and_is_no_list_does_no_harm(v10):
    (v10 / 'x.csv').mkdir()
    (v10 / 'dangling.csv').symlink_to('nowhere.csv')
    (v10 / 'loop.csv').symlink_to('loop.csv')
    assert find_layout(v10).edition == 'v1.0'


@pytest.mark.parametrize(
    ('table', 'labels'),
    [
        (list(enumerate(ARID_CLASSES[:5])), '0 to 4'),
        (list(enumerate(ARID_CLASSES[5:])), '0 to 5'),
    ],
)
def test_a_mapping_table_that_counts_otherwise_than_ug2_is_named(tmp_path, table, labels):
    folder = tmp_path / 'list_cvt'
    folder.mkdir()
    (folder / 'train.csv').write_text('VideoID,Video,ClassID\n0,Run/Run_1_1.mp4,5\n')
    lines = [f'{label}\t{name}\n' for label, name in table]
    (folder / 'mapping_table.txt').write_text(''.join(lines))
    wanted = f'mapping_table.txt: has labels {labels}, but lists of UG2. 2.1 have 5 to 10'
    with pytest.raises(DataError, match=wanted):
        find_layout(tmp_path)


@pytest.mark.parametrize('name', ['latest_notes.txt', 'contestants.txt', 'intervals.txt'])
def test_words_that_only_contain_those_of_lists_tell_none(tmp_path, name):
    own(tmp_path, test=name)
    assert find_layout(tmp_path).files == {(1, 'train'): tmp_path / 'train.txt'}


@pytest.mark.parametrize('name', ['testlist01.txt', 'my-Validation.txt', 'hmdb51_val_split_1.txt'])
def test_the_usual_names_of_test_lists_are_told(tmp_path, name):
    own(tmp_path, test=name)
    assert find_layout(tmp_path).list_file(1, 'test') == tmp_path / name


def test_all_paths_are_those_of_labelled_lists_that_are_not_blank(v10):
    layout = find_layout(v10)
    both = [name for _, name in LISTED]
    assert layout.all_paths() == both
    layout.list_file(1, 'other').write_text('\n \n')
    layout.list_file(1, 'test').write_text('')
    assert layout.all_paths() == both
    write_list(layout.list_file(1, 'train'), LISTED[:1])
    assert layout.all_paths() == both[:1]
    layout.list_file(1, 'train').write_text('\n')
    with pytest.raises(DataError, match=f'{v10}: no list names a video with its label'):
        layout.all_paths()


def test_blank_own_lists_name_no_class(tmp_path):
    own(tmp_path)
    (tmp_path / 'other.txt').write_text('\n')
    assert find_layout(tmp_path).all_paths() == ['d.mp4', 'a.mp4', 'b/c.mp4']
    for name in ('train.txt', 'test.txt'):
        (tmp_path / name).write_text(' \n')
    with pytest.raises(DataError, match=r'train.txt: lists no video'):
        find_layout(tmp_path)


def test_ten_thousand_absent_videos_are_one_line(tmp_path):
    names = [(0, f'Drink/Drink_{clip}_1.avi') for clip in range(10_000)]
    write_list(tmp_path / 'list_cvt' / 'ARID_split1_train.txt', names)
    with pytest.raises(DataError, match=r'Drink_0_1.avi does not exist \(and 9999 more\)$'):
        find_layout(tmp_path).clips(1, 'train')


def test_own_classes_that_cannot_be_meant(tmp_path):
    for subset in ('train', 'test'):
        (tmp_path / f'{subset}.txt').write_text('a.mp4 0\nb.mp4 100000000\n')
    with pytest.raises(DataError, match=r'label 100000000 in train.txt, test.txt, which have 4'):
        find_layout(tmp_path)
    (tmp_path / 'classes.txt').write_text('walk\nrun\nwalk\n')
    with pytest.raises(DataError, match=r'classes\.txt: names a class twice'):
        find_layout(tmp_path)


def test_a_root_that_cannot_be_read(tmp_path, monkeypatch):
    def refused(root):
        raise PermissionError(13, 'Permission denied', str(root / 'list_cvt'))

    monkeypatch.setattr('ukd_bench.data.arid.layout._present', lambda root, names: refused(root))
    with pytest.raises(LayoutError, match=r'list_cvt: cannot be read \(Permission denied\)'):
        find_layout(tmp_path)


@pytest.mark.parametrize('sign', ['\x1b', '\x85', '\u2028', '\x07', '\x0b'])
def test_class_names_that_are_no_part_of_a_line_are_refused(tmp_path, sign):
    (tmp_path / 'train.txt').write_text('a.mp4 0\nb.mp4 1\n')
    (tmp_path / 'classes.txt').write_text(f'walk\nru{sign}n\n')
    with pytest.raises(
        DataError, match=r'classes.txt: the class name .ru.*n. holds a control'
    ) as c:
        find_layout(tmp_path)
    assert str(c.value).isprintable()
    (tmp_path / 'classes.txt').write_text('راه\u200cرفتن\r\n$run$ \n')
    assert find_layout(tmp_path).classes == ('راه\u200cرفتن', '$run$')
    table = tmp_path / 'mapping_table.txt'
    table.write_text(f'0\tWalk\n1\tRu{sign}n\n')
    with pytest.raises(DataError, match=r'mapping_table.txt: the class name .Ru.*n. holds a contr'):
        read_mapping(table)


def test_labels_of_thousands_of_digits(tmp_path):
    digits = '9' * 5000
    table = tmp_path / 'mapping_table.txt'
    table.write_text(f'{digits}\tWalk\n')
    with pytest.raises(
        DataError, match=r'mapping_table.txt:1: not of the form .*9\.\.\. \(5008 char'
    ):
        read_mapping(table)
    (tmp_path / 'train.txt').write_text(f'a.mp4 {digits}\n')
    with pytest.raises(
        DataError, match=r"train.txt:1: label '99+\.\.\. \(5002 characters\) is not a w"
    ):
        find_layout(tmp_path)
