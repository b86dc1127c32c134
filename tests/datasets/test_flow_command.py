import subprocess
import sys

import pytest

from ukd_bench.datasets.__main__ import main
from ukd_bench.datasets.flow_format import read_manifest


def test_every_listed_video_once(dark_root, tmp_path, capsys):
    out = tmp_path / 'flow'
    command = ['flow', str(dark_root), '--out', str(out), '--algorithm', 'farneback']
    assert main([*command, '--bound', '8', '--workers', '1']) == 0
    printed = capsys.readouterr().out
    manifest = read_manifest(out)
    videos = {str(path.relative_to(dark_root)) for path in dark_root.glob('*/*.avi')}
    assert {entry['source']['path'] for entry in manifest['clips'].values()} == videos
    assert printed.startswith(f'{out}: {manifest["fields"]} fields of {len(videos)} clips, ')
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


def test_no_torch_is_needed():
    code = (
        'import sys, ukd_bench.datasets.flow, ukd_bench.datasets.commands.flow;'
        "print(sorted({'torch', 'mmaction', 'mmcv', 'mmengine'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True)
    assert done.stdout.strip() == '[]', done.stderr
