"""Drawing of samples and sharing out of work: the same seed gives the same result. No database."""

import hashlib
import random
from collections.abc import Iterator, Mapping, Sequence
from math import floor
from typing import Final

_BITS: Final = 8


def rank(seed: int, key: str) -> int:
    """A number from 0 to 2^64 - 1 that puts records, by their own ids, in random order.

    A sample of size n are the n records of the lowest rank: it does not change where others join the
    population whose rank is higher, and a sample of n + 1 has the same records and one more.
    """
    return int.from_bytes(hashlib.blake2b(f"{seed}:{key}".encode(), digest_size=_BITS).digest())


def allocate(sizes: Mapping[str, int], n: int, *, equal: bool = False) -> dict[str, int]:
    """How many of ``n`` records each stratum gives; in all ``n``, or everything where there are fewer.

    In proportion to the sizes, with at least one of each stratum where ``n`` allows; with ``equal`` as many
    of each, as far as it has them. What rounding leaves goes to the largest remainders (Hamilton's method).
    """
    strata = {name: size for name, size in sizes.items() if size > 0}
    if n >= sum(strata.values()):
        return {name: strata.get(name, 0) for name in sizes}
    weights = {name: 1.0 if equal else float(size) for name, size in strata.items()}
    least = 1 if not equal and n >= len(strata) else 0
    found = _divide(n, weights, caps=strata, least=least)
    return {name: found.get(name, 0) for name in sizes}


def loads(shares: Sequence[float], records: int, *, each: int) -> list[int]:
    """How many of ``records`` each coder gets when ``each`` different ones code a record, by their shares.

    In all ``records * each``. Equal shares differ by one at most. Nobody gets a record twice: a share that
    would need it is cut to all records, and the others take what is left.
    """
    weights = {str(at): share for at, share in enumerate(shares)}
    caps = dict.fromkeys(weights, records)
    found = _divide(records * each, weights, caps=caps, least=0)
    return [found[str(at)] for at in range(len(shares))]


def _divide(n: int, weights: Mapping[str, float], *, caps: Mapping[str, int], least: int) -> dict[str, int]:
    """Whole parts of ``n`` in proportion to weights, none above its cap or below ``least``."""
    exact: dict[str, float] = {}
    open_names = list(weights)
    left = float(n)
    # What would go beyond a bound is set to it, and the rest is shared again among the others.
    while open_names:
        total = sum(weights[name] for name in open_names)
        parts = {name: left * weights[name] / total for name in open_names}
        bound = {name: float(caps[name]) for name in open_names if parts[name] >= caps[name]}
        bound = bound or {name: float(least) for name in open_names if parts[name] < least}
        if not bound:
            exact |= parts
            break
        exact |= bound
        left -= sum(bound.values())
        open_names = [name for name in open_names if name not in bound]
    whole = {name: floor(part + 1e-9) for name, part in exact.items()}
    order = {name: at for at, name in enumerate(weights)}
    by_remainder = sorted(exact, key=lambda name: (round(whole[name] - exact[name], 9), order[name]))
    for name in by_remainder:
        if sum(whole.values()) >= n:
            break
        if whole[name] < caps[name]:
            whole[name] += 1
    return whole


def share_out(shares: Sequence[float], records: int, *, each: int, seed: int) -> Iterator[tuple[int, ...]]:
    """For one record after the other, the positions of the ``each`` different coders who are to code it.

    Everybody ends with their load (:func:`loads`). Who codes with whom is random: each coder is drawn in
    proportion to what is left of their load.

    Raises:
        ValueError: when there are fewer than ``each`` coders.
    """
    if not 1 <= each <= len(shares):
        raise ValueError(f"{each} different coders of {len(shares)}")
    if each == len(shares):
        yield from (tuple(range(each)) for _ in range(records))
        return
    left = loads(shares, records, each=each)
    chance = random.Random(f"coders {seed}")
    for remaining in range(records, 0, -1):
        # Who has as many to do as there are records left must have them all.
        chosen = [at for at, load in enumerate(left) if load >= remaining]
        while len(chosen) < each:
            others = [at for at in range(len(left)) if at not in chosen and left[at] > 0]
            weights = [left[at] for at in others]
            chosen += chance.choices(others, weights)
        for at in chosen:
            left[at] -= 1
        yield tuple(sorted(chosen))
