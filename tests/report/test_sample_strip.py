"""Headings of the strip of sample frames, where eight teachers leave each frame little room."""

from itertools import pairwise

from ukd_bench.files.configs import configs_root
from ukd_bench.report.figures import samples
from ukd_bench.report.figures.svg import draw
from ukd_bench.results.loading import load_sweep


def test_no_heading_runs_into_the_next(monkeypatch):
    figures = []

    def keeping(name, caption, size, paint, *others):
        return draw(name, caption, size, lambda one: (figures.append(one), paint(one)), *others)

    monkeypatch.setattr(samples, 'draw', keeping)
    sweep = load_sweep(configs_root().parent / 'results' / 'reference' / 'darkroom')
    assert samples.sample_strip(sweep) is not None
    figure = figures[0]
    figure.draw_without_rendering()
    headings = [ax.title for ax in figure.axes if ax.get_title()]
    assert sum(one.get_text().startswith('Teacher') for one in headings) == 8
    boxes = [one.get_window_extent() for one in headings]
    assert all(one.x1 < other.x0 for one, other in pairwise(boxes))
    assert all(one.y1 <= figure.bbox.y1 for one in boxes)
