"""All that a rehearsal imports, brought into memory at once for processes that are forked.

To be imported by a process of its own: it sets torch to one thread.
"""

import gc
import warnings

import torch

with warnings.catch_warnings():
    # What mmcv-lite lacks, nothing here needs.
    warnings.filterwarnings('ignore', 'Fail to import ``MultiScaleDeformableAttention``')
    from mmaction.utils import register_all_modules

    register_all_modules(init_default_scope=True)

from . import predict as predict

torch.set_num_threads(1)
# What is imported stays, and need not be looked at by whoever collects garbage.
gc.collect()
gc.freeze()
