import shutil

import pytest

from ukd_bench.data.__main__ import main
from ukd_bench.data.flow.format import read_manifest, totals

from ..made_up_arid import make_ug2_of, write_list


def test_every_listed_video_once(dark_root, tmp_path, capsys):
    out = tmp_path / 'flow'
    command = ['flow', str(dark_root), '--out', str(out), '--algorithm', 'farneback']
    assert main([*command, '--bound', '8', '--workers', '1']) == 0
    printed = capsys.readouterr().out
    manifest = read_manifest(out)
    videos = {str(path.relative_to(dark_root)) for path in dark_root.glob('*/*.avi')}
    assert {entry['source']['path'] for entry in manifest['clips'].values()} == videos
    assert printed.startswith(
        f'{out}: {totals(manifest, manifest["clips"])["fields"]} fields of {len(videos)} clips, '
    )
    assert main([*command, '--bound', '9']) == 2
    refused = capsys.readouterr().err
    assert refused.count('\n') == 1
    assert refused.startswith(f'error: {out}: holds flow with bound 8.0, not 9.0; name another')


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        ([], 'the following arguments are required: --algorithm'),
        (['--algorithm', 'horn'], "argument --algorithm: invalid choice: 'horn'"),
        (['--algorithm', 'tvl1', '--bound', '-1'], 'flow: bound = -1.0 is not in'),
        (['--algorithm', 'tvl1', '--gamma', 'x'], "argument --gamma: invalid float value: 'x'"),
        (['--algorithm', 'tvl1', '--device', 'cuda'], '--weights and --device are for raft and'),
        (['--algorithm', 'raft', '--weights', 'none.pth'], 'none.pth: cannot be read'),
    ],
)
def test_bad_values_are_one_line_and_exit_2(dark_root, arguments, message, capsys):
    try:
        status = main(['flow', str(dark_root), *arguments])
    except SystemExit as left:
        status = left.code
    printed = capsys.readouterr().err
    assert status == 2
    assert printed.startswith('error: ') and message in printed and printed.count('\n') == 1


def test_of_two_editions_one_must_be_named(dark_root, tmp_path, capsys):
    root, out = tmp_path / 'videos', tmp_path / 'out'
    shutil.copytree(dark_root, root)
    video = str(min(root.glob('Wave/*.avi')).relative_to(root))
    write_list(root / 'list_cvt' / 'split_0' / 'split0_train.txt', [(10, video)])
    command = ['flow', str(root), '--out', str(out), '--algorithm', 'farneback', '--workers', '1']
    assert main(command) == 2
    assert 'name the edition: v1.5, darkroom' in capsys.readouterr().err
    assert main([*command, '--edition', 'v1.5']) == 0
    assert made(out) == {video}


def test_unlabelled_and_blank_lists_are_left_out(dark_root, tmp_path):
    root, out = tmp_path / 'videos', tmp_path / 'out'
    paths = make_ug2_of(root, dark_root)
    command = ['flow', str(root), '--out', str(out), '--algorithm', 'farneback', '--workers', '1']
    assert main(command) == 0
    assert made(out) == set(paths)
    (root / 'train.csv').unlink()
    write_list(root / 'list_cvt' / 'ARID_split1_train.txt', [(5, paths[0])])
    (root / 'list_cvt' / 'ARID_split1_other.txt').write_text('\n\n')
    out.rename(tmp_path / 'ug2')
    assert main([*command, '--edition', 'v1.0']) == 0
    assert made(out) == {paths[0]}


def made(out):
    """The videos that the command has been through."""
    return {entry['source']['path'] for entry in read_manifest(out)['clips'].values()}
