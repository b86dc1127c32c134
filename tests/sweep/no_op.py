"""A run that trains nothing and leaves what a training leaves: ``python -m tests.sweep.no_op``."""

import sys

from ukd_bench.files.hashes import file_sha256
from ukd_bench.runs import carry_out as module
from ukd_bench.runs.__main__ import main


def train(paths, spec, memory, facts, *_):
    """Stands for the training."""
    for name in ('checkpoint', 'scores', 'curve'):
        getattr(paths, name).write_text(f'{name} of {spec.key}')
        facts.hashes[name] = file_sha256(getattr(paths, name))
    facts.hashes['student_state'] = spec.key
    facts.metrics = dict(top1=0.5, top5=1.0, mean_class=0.5)


if __name__ == '__main__':
    module.train_and_test = train
    sys.exit(main())
