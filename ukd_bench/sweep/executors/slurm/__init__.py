"""The executor ``slurm``: one job of a cluster a run."""

from .executor import SlurmExecutor
from .options import SlurmOptions

__all__ = ['SlurmExecutor', 'SlurmOptions']
