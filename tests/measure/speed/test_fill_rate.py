"""The fill's rate: what is compared, and how it is told."""

import json

import pytest

from ukd_bench.errors import ConfigError
from ukd_bench.knowledge.bank.format import Bank
from ukd_bench.measure.__main__ import main
from ukd_bench.measure.speed.blocks import ratio_interval
from ukd_bench.measure.speed.fill_rate import FillFigures, FillSetting, measure_fill

pytestmark = pytest.mark.slow

TINY = FillSetting('mc3_18', (32, 24), 4, clips=3, clip_len=1, crop=16, short_side=24)


def test_shares_are_paired_by_block_and_count_all_views():
    figures = FillFigures(clips=4, views=3)
    figures.bare_s.extend([1.0, 2.0])
    figures.loading_s.extend([0.5, 0.5])
    figures.fill_s[0].extend([6.0, 8.0])
    figures.first_s[0].extend([3.5, 3.0])
    figures.bare_cpu_s.extend([1.0, 1.0])
    figures.fill_cpu_s[0].extend([4.0, 5.0])
    assert figures.bare_clips_per_s == pytest.approx(8 / 3)
    assert figures.loaded_clips_per_s == 8
    assert figures.clips_per_s(0) == pytest.approx(24 / 14)
    assert figures.efficiency(0) == ratio_interval([3.0, 6.0], [6.0, 8.0])
    assert figures.cpu_efficiency(0) == ratio_interval([3.0, 3.0], [4.0, 5.0])
    assert figures.later_efficiency(0) == ratio_interval([2.0, 4.0], [2.5, 5.0])


def test_a_real_bank_is_filled_from_the_cache_in_every_block(tmp_path):
    done = []
    figures = measure_fill(tmp_path, TINY, blocks=2, progress=lambda *n: done.append(n))
    assert done == [(1, 2), (2, 2)]
    assert (figures.clips, figures.views) == (3, 2)
    for blocks in (figures.bare_s, figures.bare_cpu_s, figures.loading_s):
        assert len(blocks) == 2 and min(blocks) > 0
    for workers in (0, 1):
        firsts, wholes = figures.first_s[workers], figures.fill_s[workers]
        assert len(firsts) == len(wholes) == len(figures.fill_cpu_s[workers]) == 2
        assert all(0 < first < whole for first, whole in zip(firsts, wholes, strict=True))
    bank = Bank(tmp_path / 'bank')
    assert (bank.num_views, bank.num_samples, bank.num_classes) == (2, 3, 11)
    assert len(list((tmp_path / 'cache').glob('*.npy'))) >= 3


def test_one_block_is_too_few(tmp_path):
    with pytest.raises(ConfigError, match='blocks is 1'):
        measure_fill(tmp_path, TINY, blocks=1)


def test_the_command_prints_a_table_and_writes_the_figures(tmp_path, capsys):
    out = tmp_path / 'figures.json'
    command = ['fill', '--network', 'mc3_18', '--size', '32x24', '--frames', '4', '--clips', '2']
    command += ['--clip-len', '1', '--crop', '16', '--short-side', '24']
    command += ['--workers', '1', '--blocks', '2', '--json', str(out)]
    assert main(command) == 0
    printed = capsys.readouterr().out
    assert 'mc3_18: 2 clips of 1x16x16 from frames of short side 24' in printed
    assert all(name in printed for name in ('bare teacher', 'fill, 0 workers', 'fill, 1 worker'))
    # An interval over two tiny blocks may have any number of digits.
    assert all(len(line) <= 80 for line in printed.splitlines() if ' to ' not in line)
    content = json.loads(out.read_text())
    assert content['kind'] == 'fill'
    share = ratio_interval([2 * bare for bare in content['bare_s']], content['fill_s']['0'])
    assert content['efficiency']['0'] == pytest.approx(share)
    assert f'{share[0]:.3f}' in printed
    assert str(tmp_path) not in out.read_text()


def test_a_mistake_gets_one_line(capsys):
    assert main(['fill', '--network', 'resnet']) == 2
    message = capsys.readouterr().err
    assert "name 'resnet' is none of r2plus1d_18" in message and message.count('\n') == 1
