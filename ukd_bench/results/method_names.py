"""Which methods a sweep can have runs of, and what sentences call them."""

from ..methods.table import STUDENT_METHODS
from . import formatting
from .load import Sweep


def student_methods(sweep: Sweep) -> tuple[str, ...]:
    """The methods that train a student, as plans and claims name them."""
    return STUDENT_METHODS


def method_name(sweep: Sweep, method: str) -> str:
    """A method's name within a sentence."""
    return formatting.method_name(method)
