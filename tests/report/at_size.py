"""How long a report takes over 2,000 records, and what memory: ``python -m tests.report.at_size``.

It makes a sweep up, writes its report in a process of its own, and leaves a JSON record.
"""

import argparse
import itertools
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from ukd_bench.files.atomic import write_json
from ukd_bench.files.hashes import file_sha256
from ukd_bench.methods.table import METHOD_TABLE
from ukd_bench.records.execution import environment
from ukd_bench.records.sealed import write_sealed
from ukd_bench.results.scores import Scores

from ..results.made_up import POOL, MadeUpSweep
from .browser import CHROMIUM, chromium, opened

CLASSES = ['Drink', 'Jump', 'Pick', 'Pour', 'Push', 'Run', 'Sit', 'Stand', 'Turn', 'Walk', 'Wave']
CLIPS, EPOCHS = 550, 40
ROWS = (
    *(('plain', 0), ('label_smoothing', 0), ('two_stream_dark_light', 0), ('wide', 0)),
    *((method, k) for method in ('ukd', 'naive', 'random', 'shuffled_across') for k in (1, 2, 4)),
    *(('two_stream_rgb_flow', 0), ('plain_long', 4), ('naive_graph', 4), ('swap', 4)),
)
"""(method, K) of the students of each backbone and seed."""
SCROLL = """async () => {
    const gaps = [], root = document.documentElement;
    let last = performance.now();
    while (scrollY + innerHeight < root.scrollHeight - 2) {
        scrollBy(0, 150);
        await new Promise((done) => requestAnimationFrame(done));
        const now = performance.now();
        gaps.push(now - last);
        last = now;
    }
    return gaps;
}"""
"""Milliseconds between frames, a step of the wheel each."""
SMALL = dict(backbones=2, seeds=2)
LARGE = dict(backbones=20, seeds=5)

REPORT = """
import sys, time
began = time.perf_counter()
from ukd_bench.cli.main import main
code = main(['report', *sys.argv[1:]])
wall_s = time.perf_counter() - began
told = dict(line.split(':', 1) for line in open('/proc/self/status'))
print('\\n', code, wall_s, 1024 * int(told['VmHWM'].split()[0]))
"""
"""What a process does that writes a report; its last line is the exit code, seconds and bytes."""


class LargeSweep(MadeUpSweep):
    """A sweep of as many records as are asked for, each as large as those of a real sweep."""

    def __init__(self, backbones, seeds):
        super().__init__(seeds=())
        self.dataset['classes'] = CLASSES
        self.curve = 'epoch,loss,learning_rate\n' + ''.join(
            f'{epoch},{2.4 * 0.97**epoch!r},{0.1 * 0.98**epoch!r}\n'
            for epoch in range(1, EPOCHS + 1)
        )
        for number, seed in itertools.product(range(backbones), range(seeds)):
            for method, k in ROWS:
                self._add(f'backbone{number:02d}-r18-w8', seed, method, k)
        for item in self.records.values():
            item['dataset'] |= dict(classes=CLASSES, train_samples=2200, test_samples=CLIPS)
            # As long as the configs of real records are.
            item['config'] = {f'model.part{index}': 'x' * 60 for index in range(50)}

    def _add(self, student, seed, method, k):
        row = METHOD_TABLE[method]
        kind = {'banks': 'bank', 'teachers': 'teacher'}.get(row.reads)
        parents = tuple(f'{kind}-{name}' for name in POOL[:k]) if kind else ()
        self.add(
            *(method, f'{method}{k}-{student}-{seed}'),
            **dict(student=student, seed=seed, k=k, parents=parents, top1=0.6),
            train_mib=30.0 + (8 * k if kind == 'teacher' else 0),
        )

    def _write_run(self, folder, item):
        if item['metrics'] is not None:
            made = scores(item['num_teachers'], len(folder.name) + item['seed'])
            np.savez(folder / 'scores.npz', **made)
            item['metrics'] = {name: most for name, (_, most) in Scores(**made).metrics().items()}
            item['hashes']['scores'] = file_sha256(folder / 'scores.npz')
            if item['hashes']['student_state'] is not None:
                (folder / 'curve.csv').write_text(self.curve)
                item['hashes']['curve'] = file_sha256(folder / 'curve.csv')
        write_sealed(folder / 'record.json', item)


def scores(k, seed):
    """Scores that are right more often than not, and the more so the larger K."""
    rng = np.random.default_rng(seed)
    labels = np.arange(CLIPS) % len(CLASSES)
    values = rng.normal(size=(CLIPS, len(CLASSES)))
    values[np.arange(CLIPS), labels] += 1.8 + 0.1 * k
    values = np.exp(values)
    values = (values / values.sum(axis=1, keepdims=True)).astype(np.float32)
    samples = np.array([f'{CLASSES[label]}/clip{at:04d}.avi' for at, label in enumerate(labels)])
    return dict(scores=values, labels=labels, samples=samples)


def measure(folder, **size):
    """Writes a sweep and its report, and returns the figures of a record."""
    sweep = LargeSweep(**size)
    results = sweep.write(folder / 'results')
    began = time.perf_counter()
    run = subprocess.run(
        [sys.executable, '-c', REPORT, str(results), '--out', str(folder / 'out')],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    outer_s = time.perf_counter() - began
    code, wall_s, peak = run.stdout.split()[-3:]
    assert code == '0', run.stdout
    files = [path for path in (folder / 'out').rglob('*') if path.is_file()]
    return dict(
        setting=dict(size, runs=len(sweep.records), clips=CLIPS, classes=len(CLASSES)),
        report_s=float(wall_s),
        process_s=outer_s,
        process_peak_bytes=int(peak),
        page_bytes=(folder / 'out' / 'index.html').stat().st_size,
        files=len(files),
        files_bytes=sum(path.stat().st_size for path in files),
        browser=in_browser(folder / 'out' / 'index.html') if CHROMIUM else None,
    )


def in_browser(page):
    """Seconds until a page is there, and between its frames while it is scrolled to its end."""
    with chromium() as browser:
        began = time.perf_counter()
        with opened(browser, page) as shown:
            load_s = time.perf_counter() - began
            gaps = np.array(shown.evaluate(SCROLL)) / 1000
    return dict(
        load_s=load_s,
        frames=len(gaps),
        frame_median_s=float(np.median(gaps)),
        frame_slowest_s=float(gaps.max()),
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('out', type=Path, help='the JSON file to write')
    out = parser.parse_args().out
    with tempfile.TemporaryDirectory() as folder:
        found = measure(Path(folder), **LARGE)
    write_json(out, dict(schema=1, kind='report_size', environment=environment('cpu', 1)) | found)
    print(json.dumps(found, indent=1))


if __name__ == '__main__':
    main()
