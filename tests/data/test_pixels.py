import numpy as np

from ukd_bench.cli.main import main
from ukd_bench.data.arid.layout import find_layout
from ukd_bench.data.pixels import pixel_statistics
from ukd_bench.data.video.frames import DecodedVideo


def test_every_pixel_of_the_training_clips_counts_alike(dark_root, capsys):
    clips = find_layout(dark_root, None).clips(1, 'train')
    videos = [DecodedVideo(dark_root / clip.path) for clip in clips]
    pixels_PC = np.concatenate([one.take(range(len(one))).reshape(-1, 3) for one in videos])
    mean_C, std_C = pixel_statistics(dark_root)
    np.testing.assert_allclose(mean_C, pixels_PC.mean(axis=0), rtol=1e-9)
    np.testing.assert_allclose(std_C, pixels_PC.std(axis=0), rtol=1e-9)
    assert main(['data', 'pixels', str(dark_root)]) == 0
    mean, std = (', '.join(f'{one:.1f}' for one in values) for values in (mean_C, std_C))
    assert capsys.readouterr().out == f'normalization=dict(mean=[{mean}], std=[{std}])\n'
