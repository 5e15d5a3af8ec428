"""The libraries of the extra "review"."""

from functools import partial

from ..errors import Errors
from ..extras import import_extra

#: Imports a module of the extra.
import_review = partial(import_extra, message=Errors.E700)
