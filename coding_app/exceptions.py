"""Domain errors: what went wrong, where, and what to do, in words a user can act on."""

from collections.abc import Sequence


class TiebreakError(Exception):
    """Base of every error that a user caused and can mend. ``str(error)`` is shown to them."""


class InvalidInput(TiebreakError):
    """What was asked cannot be done as asked."""


class NotAllowed(TiebreakError):
    """The member's role does not allow it."""


class Conflict(TiebreakError):
    """The thing changed meanwhile: look again, then decide."""


class ModelUnavailable(TiebreakError):
    """A trained model cannot be used on this machine: ``str(error)`` says why."""


class Faults(InvalidInput):
    """Something was refused as a whole; every fault is listed.

    Attributes:
        faults: one line a fault, with file and line number.
    """

    def __init__(self, summary: str, faults: Sequence[str]) -> None:
        super().__init__("\n".join([summary, *faults]))
        self.summary = summary
        self.faults = tuple(faults)
