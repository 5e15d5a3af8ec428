"""Search for settings of a config: draws them, trains with each, and tells which mattered."""

from .search import Sweep, sweep
from .space import Parameter, read_space

__all__ = ["Parameter", "Sweep", "read_space", "sweep"]
