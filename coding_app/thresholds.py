"""The bridge to the classifier's thresholds: what a labelled sample can vouch for."""

from collections.abc import Sequence
from dataclasses import dataclass

from coding_app.exceptions import InvalidInput


@dataclass(frozen=True, slots=True)
class Offered:
    """What ``classifier.lowest_threshold`` found; ``threshold`` is ``None`` where none can be vouched for.

    ``bound`` is the exact one-sided upper bound of the error among accepted records. Without a threshold,
    ``more`` says how many more labelled records it takes if errors stay as rare as they were at ``best``;
    ``None`` where they are not rare enough at any threshold.
    """

    threshold: float | None
    accepted: int
    wrong: int
    bound: float
    more: int | None
    best: float | None


def offered(
    probabilities: Sequence[float], right: Sequence[bool], *, max_error: float, confidence: float
) -> Offered:
    """The lowest threshold whose error among accepted records is at most ``max_error``.

    A probability below 0 is that of a record no threshold accepts: it counts for the coverage alone.

    Raises:
        InvalidInput: for bounds that are no shares between 0 and 1, or without records.
    """
    # Here, not above: a page that asks for no threshold needs neither numpy nor scipy.
    import numpy as np

    from classifier import ClassifierError, lowest_threshold

    try:
        found = lowest_threshold(
            np.array(probabilities, dtype=np.float64),
            np.array(right, dtype=bool),
            max_error=max_error,
            confidence=confidence,
        )
    except ClassifierError as error:
        raise InvalidInput(error.message) from error
    return Offered(found.threshold, found.accepted, found.wrong, found.error_bound, found.more, found.best)


def fewest_records(max_error: float, confidence: float) -> int:
    """How many accepted records, all of them right, it takes at least to vouch for ``max_error``."""
    from classifier.threshold import fewest_records as fewest

    return fewest(max_error, confidence)
