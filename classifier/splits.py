"""Which records are learnt from and which are kept back: seeded, by record or by text."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from itertools import accumulate
from typing import Final

import numpy as np

from classifier.engine import Ints
from classifier.errors import ClassifierError
from classifier.examples import Examples
from classifier.text import normalise

SPLITS: Final = ("random", "grouped")
_FIRST_WORDS: Final = 12
"""Words at the start of a text that may be a title."""


def group_keys(texts: Sequence[str], split: str) -> list[str]:
    """What keeps records together: nothing ('random'), or the same normalised text ('grouped')."""
    if split == "random":
        return [str(place) for place in range(len(texts))]
    if split == "grouped":
        # A text of signs alone has no key; such texts are the same only when they are equal.
        return [normalise(text) or text for text in texts]
    raise ClassifierError(f"there is no split {split!r}; choose one of {', '.join(SPLITS)}")


def fold_of_each(keys: Sequence[str], codes: Sequence[str], folds: int, *, seed: int) -> Ints:
    """A fold from 0 to `folds` - 1 for each record, (n,): records of one key share one.

    Within a code, keys are dealt out in a random order, largest code first, so that codes are spread evenly
    as far as the keys allow. Deterministic for a seed.
    """
    if folds < 2:
        raise ClassifierError(f"{folds} folds: at least two are needed")
    shares = [1 / folds] * folds
    return _deal(keys, codes, shares, seed=seed)


def hold_out(keys: Sequence[str], codes: Sequence[str], size: float, *, seed: int) -> tuple[Ints, Ints]:
    """The places of the records to learn from and of those kept back (about the share `size`), both
    ascending.

    Spread over the codes like folds. A code with one record (one key) is learnt from, never only tested.
    """
    if not 0 <= size < 1:
        raise ClassifierError(
            f"a share of {size} cannot be kept back; give one from 0 up to, not including, 1"
        )
    if size == 0:
        return np.arange(len(keys)), np.empty(0, dtype=np.int64)
    part = _deal(keys, codes, [1 - size, size], seed=seed, first_to=0)
    return np.flatnonzero(part == 0), np.flatnonzero(part == 1)


def phrases_apart(extra: Examples, held: Examples, split: str, known: Collection[str]) -> Examples:
    """In a grouped split, further phrases must not tell what a held-out text is: its first words are left
    out.

    The title is where a record starts, and may be among the phrases with its code. Phrases of codes without
    any record (not `known`) stay: they can give no answer away, and may be all that is known of their class.
    """
    if split != "grouped" or not len(held):
        return extra
    starts: set[str] = set()
    for text in held.texts:
        starts.update(accumulate(normalise(text).split()[:_FIRST_WORDS], "{} {}".format))
    return extra.take(
        at
        for at, (phrase, code) in enumerate(zip(extra.texts, extra.codes, strict=True))
        if code not in known or normalise(phrase) not in starts
    )


def _deal(
    keys: Sequence[str],
    codes: Sequence[str],
    shares: Sequence[float],
    *,
    seed: int,
    first_to: int | None = None,
) -> Ints:
    """Deal keys out to parts, code by code, each key to the part that is furthest behind its share.

    The first key of each code goes to the part `first_to`, where one is given.
    """
    members: dict[str, list[int]] = defaultdict(list)
    for place, key in enumerate(keys):
        members[key].append(place)
    # A key may have records of several codes; it is dealt out under its first one.
    by_code: dict[str, list[str]] = defaultdict(list)
    for key, places in members.items():
        by_code[codes[places[0]]].append(key)
    generator = np.random.default_rng(seed)
    parts = np.zeros(len(keys), dtype=np.int64)
    wanted = np.asarray(shares)
    overall = np.zeros(len(shares))
    for code in sorted(by_code, key=lambda code: (-len(by_code[code]), code)):
        own = np.zeros(len(shares))
        for key in generator.permutation(np.asarray(by_code[code], dtype=object)):
            size = len(members[key])
            behind = wanted * (own.sum() + size) - own
            # Of parts equally far behind within the code, the one furthest behind over all codes.
            tie = wanted * (overall.sum() + size) - overall
            part = int(np.lexsort((-tie, -np.round(behind, 9)))[0])
            if first_to is not None and not own.any():
                part = first_to
            parts[members[key]] = part
            own[part] += size
            overall[part] += size
    return parts
