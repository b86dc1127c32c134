"""Tells a shortage of memory from other failures."""

import torch


def out_of_memory(problem: BaseException | None) -> BaseException | None:
    """What ran out of memory, where that is what a problem comes from; None where it is not."""
    while problem is not None:
        # The CPU's allocator raises a plain RuntimeError.
        if isinstance(problem, (torch.OutOfMemoryError, MemoryError)) or (
            isinstance(problem, RuntimeError) and 'DefaultCPUAllocator' in str(problem)
        ):
            return problem
        # Whoever builds a network tells a user's mistake, whatever it came from.
        hidden = problem.__suppress_context__
        problem = problem.__cause__ or (None if hidden else problem.__context__)
    return None
