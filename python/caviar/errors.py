"""
What the tuner refuses, as exceptions: one class for each code of caviar.h.

A refusal is an `Error` whose text says what was wrong, where, and what to do about it. Where Python
has a class for such a thing, it is one of that, too: an `InvalidError` is a `ValueError`.
"""
from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Dict, Optional, Type


class Error(Exception):
    """What the tuner refused; `code` is its word for it: "stale", "state", "invalid", …"""

    code = "io"

    def __init__(self, message: str = "", code: Optional[str] = None) -> None:
        super().__init__(message)
        if code:
            self.code = code


class NoMemoryError(Error, MemoryError):
    """Out of memory."""

    code = "no-memory"


class InvalidError(Error, ValueError):
    """A value, an option or a definition is not valid."""

    code = "invalid"


class NotFoundError(Error, LookupError):
    """There is no such study, trial, parameter or file."""

    code = "not-found"


class ExistsError(Error):
    """It exists already."""

    code = "exists"


class StateError(Error):
    """Not allowed in the present state of the trial or the study."""

    code = "state"


class StaleError(Error):
    """The trial was handed to another worker; its late result is refused."""

    code = "stale"


class DoneError(Error):
    """No further trial: the budget is spent or the space is exhausted."""

    code = "done"


class InfeasibleError(Error):
    """No point that satisfies the constraints was found."""

    code = "infeasible"


class BusyError(Error):
    """The store is locked by another process."""

    code = "busy"


class StoreError(Error, OSError):
    """Reading or writing failed."""

    code = "io"


class CorruptError(Error):
    """The store or a file is damaged."""

    code = "corrupt"


class VersionError(Error):
    """It was written by a newer version."""

    code = "version"


class CancelledError(Error):
    """Interrupted."""

    code = "interrupted"


class InternalError(Error):
    """A defect in Caviar; please report it."""

    code = "internal"


class LibraryError(Error, ImportError):
    """libcaviar, on which studies are built, was not found or is another one."""

    code = "not-found"


class TrialPruned(Exception):
    """Raised by an objective that ends early: its trial becomes `pruned`."""


BY_CODE: Dict[str, Type[Error]] = {
    kind.code: kind
    for kind in (NoMemoryError, InvalidError, NotFoundError, ExistsError, StateError, StaleError,
                 DoneError, InfeasibleError, BusyError, StoreError, CorruptError, VersionError,
                 CancelledError, InternalError)
}


def error(message: str, code: str) -> Error:
    """The exception of a code's word."""
    return BY_CODE.get(code, Error)(message, code)
