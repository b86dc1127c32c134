import pytest

from ukd_bench.data.arid.groups import group_of, part_of
from ukd_bench.data.arid.lists import Clip
from ukd_bench.errors import ConfigError, DataError


def clips(groups: int, per_group: int = 3, labels=(0, 1)) -> list[Clip]:
    return [
        Clip(f'C{label}/C{label}_{group}_{number}.avi', label)
        for label in labels
        for group in range(1, groups + 1)
        for number in range(per_group)
    ]


def pairs(part):
    return {(clip.label, group_of(clip.path)) for clip in part}


def test_the_group_stands_in_the_name():
    assert group_of('Wave/Wave_12_3.avi') == 12
    assert group_of('videos/night_walk_7_10.mp4') == 7
    long = f'Wave/Wave_{"9" * 5000}_3.avi'
    for name in ('Wave/Wave_3.avi', '12_3.avi', 'Wave/Wave_a_3.avi', 'Wave_12_3', long):
        assert group_of(name) is None


@pytest.mark.parametrize('fraction', [0.01, 0.2, 0.5, 0.99])
def test_parts_are_disjoint_in_groups_and_together_the_list(fraction):
    listed = clips(10)
    fit, held_out = (part_of(listed, part, fraction, 1, 'list') for part in ('fit', 'held_out'))
    assert not pairs(fit) & pairs(held_out)
    assert sorted([*fit, *held_out], key=listed.index) == listed
    wanted = {0.01: 1, 0.2: 2, 0.5: 5, 0.99: 9}[fraction]
    assert [sum(clip.label == label for clip in held_out) for label in (0, 1)] == [3 * wanted] * 2


def test_the_draw_depends_on_split_and_class_alone():
    listed = clips(10)
    held_out = part_of(listed, 'held_out', 0.2, 1, 'list')
    assert held_out == part_of(listed, 'held_out', 0.2, 1, 'list')
    assert set(held_out) == set(part_of(listed[::-1], 'held_out', 0.2, 1, 'list'))
    one_class = [clip for clip in listed if clip.label == 1]
    alone = part_of(one_class, 'held_out', 0.2, 1, 'list')
    assert alone == [clip for clip in held_out if clip.label == 1]
    assert pairs(held_out) != pairs(part_of(listed, 'held_out', 0.2, 2, 'list'))
    # Written down so that it stays: records name what was held out by these arguments alone.
    assert sorted(pairs(held_out)) == [(0, 5), (0, 7), (1, 3), (1, 5)]


def test_a_class_of_one_group_keeps_it():
    listed = clips(1, labels=(0,)) + clips(2, labels=(1,))
    held_out = part_of(listed, 'held_out', 0.9, 1, 'list')
    assert len(pairs(held_out)) == 1 and {clip.label for clip in held_out} == {1}
    with pytest.raises(DataError, match='list: no class has two groups, so none can be held out'):
        part_of(clips(1), 'fit', 0.2, 1, 'list')


def test_names_without_groups_are_refused_with_the_first():
    listed = [*clips(2), Clip('own/a.mp4', 0), Clip('own/b.mp4', 0)]
    with pytest.raises(DataError, match=r'list: own/a.mp4 carries no group'):
        part_of(listed, 'fit', 0.2, 1, 'list')


def test_wrong_arguments():
    with pytest.raises(ConfigError, match="groups 'all' is none of fit, held_out"):
        part_of(clips(2), 'all', 0.2, 1, 'list')
    for fraction in (0, 1, -0.5):
        with pytest.raises(ConfigError, match=r'held_out_fraction = .* is not between 0 and 1'):
            part_of(clips(2), 'fit', fraction, 1, 'list')


def test_a_scene_of_all_classes_is_held_out_of_all():
    listed = clips(10, labels=(0, 1, 2))
    held_out = part_of(listed, 'held_out', 0.2, 1, 'list', across_classes=True)
    groups = {group_of(clip.path) for clip in held_out}
    assert len(groups) == 2
    fit = part_of(listed, 'fit', 0.2, 1, 'list', across_classes=True)
    assert not groups & {group_of(clip.path) for clip in fit}
