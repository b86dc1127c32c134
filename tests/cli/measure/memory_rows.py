"""Rows that ``measure memory`` finds where nothing is rehearsed."""

FIGURES = (
    *('allocated_peak_bytes', 'reserved_peak_bytes', 'process_peak_bytes'),
    'workspace_bound_bytes',
)
SETTING = dict(
    student='mine', title=None, batch_size=8, device='cuda', precision='float32',
    clip=[3, 8, 48, 48], parameters=520_000, teacher_kinds=['mine'], teacher_bytes=2_000_000,
)  # fmt: skip


def row(method, k=0, phase='train', peak=100, error=None, **more):
    known = error is None
    parts = dict.fromkeys(
        ('weights', 'gradients', 'optimizer', 'activations', 'teachers', 'inputs'), 0
    )
    return dict(
        method=method, num_teachers=k, phase=phase, predicted=True, error=error,
        status='done' if known else 'failed', process_peak_bytes=None,
        allocated_peak_bytes=peak * 2**20 if known else None,
        reserved_peak_bytes=2 * peak * 2**20 if known else None,
        workspace_bound_bytes=2**20 if known else None,
        breakdown=parts | dict(temporaries=peak * 2**20 - 5, rounding=5) if known else None, **more,
    )  # fmt: skip
