"""The loader's throughput: what is compared, and how it is told."""

import json

import pytest

from ukd_bench.errors import ConfigError
from ukd_bench.measure.__main__ import main
from ukd_bench.measure.speed.loader import MODES, LoaderSetting, measure_loader

pytestmark = pytest.mark.slow


def test_all_modes_are_timed_over_the_same_clips(dark_root, tmp_path, monkeypatch):
    monkeypatch.setattr('ukd_bench.measure.speed.loader._BLOCK_S', 0.01)
    setting = LoaderSetting(short_side=36, clip_len=4, crop=32)
    figures = measure_loader(dark_root, tmp_path / 'cache', setting, clips=5, blocks=2)
    assert figures.clips == 5
    assert figures.frame_bytes == 5 * 4 * 36 * 48 * 3
    for mode in MODES:
        assert len(figures.wall_s[mode]) == len(figures.cpu_s[mode]) == 2
        assert figures.clips_per_s(mode) == pytest.approx(
            2 * figures.passes * 5 / sum(figures.wall_s[mode])
        )
    for ratio, low, high in (figures.speed_up('cached'), figures.cpu_saving('cached')):
        assert 0 < low <= ratio <= high
    with pytest.raises(ConfigError, match='blocks is 1'):
        measure_loader(dark_root, tmp_path / 'cache', setting, clips=5, blocks=1)


def test_the_command_prints_a_table_and_writes_the_figures(
    dark_root, tmp_path, capsys, monkeypatch
):
    monkeypatch.setattr('ukd_bench.measure.speed.loader._BLOCK_S', 0.01)
    out = tmp_path / 'figures.json'
    command = ['loader', str(dark_root), '--clips', '4', '--blocks', '2', '--workers', '1']
    assert main([*command, '--crop', '24', '--json', str(out)]) == 0
    printed = capsys.readouterr().out
    assert 'videos: 4 clips, 8 frames of each,\n  crop 24; cache 0.3 MB' in printed
    assert all(mode in printed for mode in MODES)
    content = json.loads(out.read_text())
    assert content['kind'] == 'loader'
    assert content['environment']['device']['name']
    (case,) = content['cases']
    assert case['synthetic'] is None
    assert case['setting'] == {'short_side': None, 'clip_len': 8, 'crop': 24}
    assert len(case['wall_s']['cached']) == 2
    assert str(tmp_path) not in out.read_text()


def test_synthetic_clips_are_made_in_the_size_asked_for(capsys, monkeypatch):
    monkeypatch.setattr('ukd_bench.measure.speed.loader._BLOCK_S', 0.01)
    command = ['loader', '--size', '64x48', '--frames', '8', '--clips', '3', '--clip-len', '2']
    assert main([*command, '--blocks', '2', '--workers', '1']) == 0
    assert 'synthetic: 3 clips of 64x48, 2 frames of each' in capsys.readouterr().out


def test_mistakes_get_one_line_and_no_command_gets_help(capsys, tmp_path):
    assert main(['loader', str(tmp_path / 'nowhere')]) == 2
    message = capsys.readouterr().err
    assert 'nowhere does not exist' in message
    assert message.count('\n') == 1
    with pytest.raises(SystemExit):
        main(['loader', '--blocks', '1'])
    assert "'1' is not a whole number of at least 2" in capsys.readouterr().err
    assert main([]) == 0
    assert 'loader' in capsys.readouterr().out
