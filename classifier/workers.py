"""Threads that each compute a part alone, in place of torch's own that share every single product.

Threads that share a product wait for each other at its end, a hundred times a batch; where others use the
processor too, most of the time goes by waiting. With a part of its own, none waits until all is done.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Protocol, TypeVar

import torch

T = TypeVar("T")
S = TypeVar("S")


class Map(Protocol):
    """Calls a function for every part; results are in the order of the parts."""

    def __call__(self, function: Callable[[S], T], parts: Iterable[S], /) -> Iterator[T]:
        """See Map."""
        ...


@contextmanager
def workers(count: int) -> Iterator[Map]:
    """`count` threads that share those torch may use (`torch.get_num_threads`); for 1, the calling thread."""
    threads = torch.get_num_threads()
    if count == 1:
        yield map
        return
    try:
        each = max(threads // count, 1)
        with ThreadPoolExecutor(count, initializer=torch.set_num_threads, initargs=(each,)) as pool:
            yield pool.map
    finally:
        # What a thread sets is also what threads to come begin with.
        torch.set_num_threads(threads)
