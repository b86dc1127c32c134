import pytest
import torch
from mmaction.utils import register_all_modules


@pytest.fixture
def one_thread():
    """What is predicted in this process is for one thread, as a fresh process has it."""
    register_all_modules(init_default_scope=True)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)
