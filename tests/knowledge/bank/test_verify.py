import json
import shutil

import numpy as np
import pytest

from ukd_bench.knowledge.bank.fill_one import fill
from ukd_bench.knowledge.bank.format import Bank
from ukd_bench.knowledge.bank.verify import draw_addresses
from ukd_bench.knowledge.bank.writer import BankWriter
from ukd_bench.knowledge.pool import read_pool

from ..made_up_banks import job_of, write_bank

GOOD = 'good; 2 views of 11 clips, float32; 22 run again, largest error 0'


@pytest.fixture
def dark(own_pool):
    return read_pool(own_pool)[0]


@pytest.fixture
def verify(student_config, command):
    """Verifies the banks of a student's config; returns status and printed lines."""

    def run(*options, **hook):
        status, printed, complaint = command('verify', student_config(**hook), *options)
        assert not complaint
        return status, printed.splitlines()

    return run


def test_good_banks(verify):
    assert verify() == (0, [f'dark: {GOOD}', f'bright: {GOOD}'])
    # Any hook that has a pool, and its first K alone.
    status, lines = verify('--sample', 3, '--seed', 1, kind='NaiveEnsembleHook', num_teachers=1)
    assert (status, lines) == (0, [f'dark: {GOOD.replace("22", "3")}'])


def flip(path, offset):
    with open(path, 'r+b') as file:
        file.seek(offset)
        byte = file.read(1)[0]
        file.seek(offset)
        file.write(bytes([byte ^ 0x40]))


def test_a_flipped_byte_names_teacher_and_view(verify, dark):
    # Of the exponent of sample 3, class 2 in view 1.
    flip(dark.bank / 'scores.npy', 128 + (11 * 11 + 3 * 11 + 2) * 4 + 3)
    status, lines = verify()
    assert status == 1
    assert lines[0].startswith('dark: 2 wrong; 2 views of 11 clips, float32; 22 run again, largest')
    assert lines[1] == '  wrong: dark: view 1: its scores differ from their checksum'
    assert lines[2].startswith('  wrong: dark: view 1: run again, the score of sample 3 differs by')
    assert lines[3:] == [f'bright: {GOOD}']


def test_flipped_bytes_outside_the_views_are_named(verify, dark):
    flip(dark.bank / 'labels.npy', -1 % (128 + 88))
    content = bytearray((dark.bank / 'scores.npy').read_bytes())
    content[126] = ord('\t')
    (dark.bank / 'scores.npy').write_bytes(content)
    _, lines = verify()
    assert lines[1:3] == [
        '  wrong: dark: scores.npy differs from its checksum, outside the views',
        '  wrong: dark: labels.npy differs from its checksum',
    ]


def test_a_truncated_file_names_teacher_and_views_and_the_others_are_looked_at(verify, dark):
    path = dark.bank / 'scores.npy'
    path.write_bytes(path.read_bytes()[:900])
    status, lines = verify()
    assert status == 1
    assert lines == [
        'dark: 1 wrong',
        f'  wrong: dark: bank {dark.bank}: scores.npy is cut off, it holds 900 of 1096 bytes: '
        'views from 1 on are not whole',
        f'bright: {GOOD}',
    ]


def test_an_absent_bank_is_named(verify, dark):
    shutil.rmtree(dark.bank)
    status, lines = verify()
    assert status == 1
    assert lines[1] == (f'  wrong: dark: bank {dark.bank} does not exist or was never completed')


def test_a_bank_that_is_half_filled_says_how_far(verify, dark):
    # Two views of four are kept from before.
    with BankWriter(dark.bank, job_of(Bank(dark.bank), 4)) as writer:
        writer.write(writer.claim(), np.zeros((11, 11), np.float32))
    status, lines = verify()
    assert status == 1
    assert lines[:2] == [
        'dark: 1 wrong',
        f'  wrong: dark: bank {dark.bank} was never completed, it holds 3 of 4 views',
    ]
    assert lines[2:] == [f'bright: {GOOD}']


def only_defect(lines, teacher='dark'):
    """The one thing that is wrong with the one teacher; with such a one nothing is run again."""
    wrong = [line for line in lines if 'wrong: ' in line]
    assert len(wrong) == 1 and wrong[0].startswith(f'  wrong: {teacher}: views 0 to 1: ')
    assert f'{teacher}: 1 wrong; 2 views of 11 clips, float32; not run again' in lines
    return wrong[0].split('views 0 to 1: ')[1]


def test_a_swapped_checkpoint_names_the_teacher(verify, dark):
    shutil.copy(dark.checkpoint.with_name('bright.pth'), dark.checkpoint)
    status, lines = verify()
    assert status == 1 and lines[-1] == f'bright: {GOOD}'
    assert only_defect(lines) == (
        f"the teacher's checkpoint was swapped: {dark.checkpoint} is not the one that scored"
    )


def test_a_lost_checkpoint_names_the_teacher(verify, dark):
    dark.checkpoint.unlink()
    status, lines = verify()
    assert status == 1 and lines[-1] == f'bright: {GOOD}'
    assert only_defect(lines) == f'checkpoint {dark.checkpoint} does not exist'


def test_another_model_names_the_teacher(verify, dark):
    with open(dark.config, 'a') as file:
        file.write('\nmodel["data_preprocessor"]["streams"] = [dict(type="CLAHE")]\n')
    assert only_defect(verify()[1]) == (
        f"the teacher's model changed: {dark.config} has another section model"
    )


DATASET = 'train_dataloader.dataset'


@pytest.mark.parametrize(
    ('option', 'words'),
    [
        (f'{DATASET}.pipeline.1.flip_ratio=0.1', 'the augmentation changed: the view seed, or'),
        ('custom_hooks.0.view_seed=6', 'the augmentation changed: the view seed, or'),
        (f'{DATASET}.pipeline.2.clip_len=5', 'the rendering changed: the pipeline by which'),
    ],
)
def test_other_views_or_renderings_are_said_of_each_teacher(verify, option, words):
    status, lines = verify('--cfg-options', option)
    assert status == 1
    for teacher in ('dark', 'bright'):
        own = [line for line in lines if teacher in line]
        assert only_defect(own, teacher).startswith(words)


def test_other_class_names_are_named(verify, dark):
    names = Bank(dark.bank).facts.class_names
    renamed = ','.join([*names[:3], 'Toss', *names[4:]])
    option = f'{DATASET}.metainfo.classes=[{renamed}]'
    status, lines = verify('--cfg-options', option, num_teachers=1)
    assert status == 1
    assert only_defect(lines) == f"the class names changed: label 3 is 'Toss', it was {names[3]!r}"


@pytest.fixture
def own_videos(dark_root, tmp_path):
    """A copy of the videos, which a test may change, and the option that names it."""
    root = tmp_path / 'videos'
    shutil.copytree(dark_root, root)
    return root, f'{DATASET}.data_root={root}'


def test_a_changed_video_is_named(verify, own_videos):
    root, option = own_videos
    assert verify('--cfg-options', option, num_teachers=1)[0] == 0
    listed = (root / 'list_cvt' / 'ARID_split1_train.txt').read_text().split()[2]
    video = root / listed
    video.write_bytes(video.read_bytes() + b'\0')
    status, lines = verify('--cfg-options', option, num_teachers=1)
    assert status == 1
    assert only_defect(lines).startswith(f'{video}: is not the video that manifest.json was')


def test_a_changed_video_without_a_manifest_that_knows_it(verify, own_videos):
    root, option = own_videos
    manifest = json.loads((root / 'manifest.json').read_text())
    for clip in manifest['clips'].values():
        clip['frames_sha256'] = 'f' * 64
    (root / 'manifest.json').write_text(json.dumps(manifest))
    status, lines = verify('--cfg-options', option, num_teachers=1)
    assert status == 1
    assert only_defect(lines) == 'a training video changed, or the order of the list'


def test_a_changed_list_says_what_of_it(verify, own_videos):
    root, option = own_videos
    path = root / 'list_cvt' / 'ARID_split1_train.txt'
    lines = path.read_text().splitlines(keepends=True)
    path.write_text(''.join(lines[:-1]))
    assert only_defect(verify('--cfg-options', option, num_teachers=1)[1]) == (
        'the training list changed: 10 clips, there were 11'
    )


def rewritten(bank, change):
    """A bank whose checksums are right and whose scores are not."""
    scores = np.stack([bank.read(view, range(bank.num_samples)) for view in range(bank.num_views)])
    job = job_of(bank)
    shutil.rmtree(bank.folder)
    return write_bank(bank.folder, change(scores), job)


def test_scores_that_are_not_the_teachers_are_found_by_running_it_again(verify, dark):
    def change(scores):
        scores[1, 4, 2] += 0.25
        return scores

    rewritten(Bank(dark.bank), change)
    status, lines = verify(num_teachers=1)
    assert status == 1
    assert lines[1] == (
        '  wrong: dark: view 1: run again, the score of sample 4 differs by 0.25, more than 1e-05'
    )
    assert verify('--tolerance', '0.3', num_teachers=1)[0] == 0


@pytest.mark.parametrize('storage', ['float16', 'top3'])
def test_other_storages_are_compared_in_what_they_keep(verify, dark, train_dataset, storage):
    bank = fill(dark, train_dataset, 5, 2, storage=storage)
    status, lines = verify('--tolerance', '0', num_teachers=1)
    assert status == 0
    assert lines == [f'dark: {GOOD.replace("float32", storage)} beyond {storage}']
    if storage == 'float16':
        rewritten(bank, lambda scores: scores + 0.01)
        status, lines = verify(num_teachers=1)
        assert status == 1 and 'run again, the score of sample' in lines[1]


def test_a_bank_of_fewer_views_than_the_hook_wants(verify):
    status, lines = verify(num_teachers=1, num_views=5)
    assert status == 0  # The config trains for two epochs.
    status, lines = verify('--cfg-options', 'train_cfg.max_epochs=9', num_teachers=1, num_views=5)
    assert status == 1
    assert lines[1] == '  wrong: dark: holds 2 views, 5 are needed'


def test_addresses_are_drawn_without_repetition():
    drawn = draw_addresses(3, 5, 10, seed=0)
    assert len(set(drawn)) == 10 and drawn == sorted(drawn)
    assert all(0 <= view < 3 and 0 <= sample < 5 for view, sample in drawn)
    assert drawn == draw_addresses(3, 5, 10, seed=0) != draw_addresses(3, 5, 10, seed=1)
    assert draw_addresses(2, 2, 99, seed=0) == [(0, 0), (0, 1), (1, 0), (1, 1)]


def test_a_users_mistake_is_status_2(command, student_config, tmp_path):
    assert command('verify', tmp_path / 'absent.py')[0] == 2
    config = student_config()
    for options, words in (
        (['--tolerance', '-1'], "'-1' is not a number of at least 0"),
        (['--tolerance', 'nan'], "'nan' is not a number of at least 0"),
        (['--sample', '0'], "'0' is not a whole number of at least 1"),
        (['--cfg-options', f'{DATASET}.data_root={tmp_path / "no"}'], 'data root'),
    ):
        status, printed, complaint = command('verify', config, *options)
        assert status == 2 and not printed
        assert words in complaint and complaint.count('\n') == 1
