"""Further phrases that were made from a record: other words for its title, as a list of titles has them.

A model that learnt them finds the record easier than one it has never heard of, and is then too sure of
itself. Which phrase came from which record nobody writes down; here, each goes with the record of its code
that it is most like. On job descriptions with a list of titles, calibration errors of new titles are halved.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Final

import numpy as np

from classifier.examples import Examples
from classifier.ngrams import Shape, Vectoriser

_SHAPE: Final = Shape(letters=(1, 2, 3), words=())
_HEAD: Final = 24
"""Letters of a record that are compared: people put the title first."""


def without_kin(extra: Examples, held: Examples, rest: Examples) -> Examples:
    """The phrases `extra` without those that are most like a record `held`, of all records of their code.

    A phrase whose code has no record stays, and so does one that is as much like a record of `rest`.
    """
    if not len(extra) or not len(held):
        return extra
    heads = [text[:_HEAD] for text in (*rest.texts, *held.texts)]
    codes = (*rest.codes, *held.codes)
    vectoriser = Vectoriser.fit([*heads, *extra.texts], _SHAPE, min_documents=1)
    records, phrases = (
        vectoriser.transform(heads),
        vectoriser.transform([text[:_HEAD] for text in extra.texts]),
    )
    by_code: dict[str, list[int]] = defaultdict(list)
    for place, code in enumerate(codes):
        by_code[code].append(place)
    phrases_of: dict[str, list[int]] = defaultdict(list)
    for place, code in enumerate(extra.codes):
        phrases_of[code].append(place)
    kept = np.ones(len(extra), dtype=bool)
    for code, places in phrases_of.items():
        if code in by_code:
            own = np.asarray(by_code[code])
            likeness = (phrases[places] @ records[own].T).toarray()
            kept[places] = own[likeness.argmax(axis=1)] < len(rest)
    return extra.take(np.flatnonzero(kept).tolist())
