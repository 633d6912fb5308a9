"""How a literal is split into words: a named strategy that a dictionary chooses in `dictionary.toml`.

`words`   the normalised words as they stand.
`korean`  morphemes found by kiwipiepy, content morphemes kept and particles and endings dropped, so that
          `기계조작원(으로)` meets `기계 조작원`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, Final

Splitter = Callable[[Sequence[str]], tuple[str, ...]]
"""Takes normalised words, gives the words that are matched."""

WORDS: Final = "words"
KOREAN: Final = "korean"
STRATEGIES: Final = (WORDS, KOREAN)

_CONTENT_TAGS: Final = frozenset(
    {
        "NNG", "NNP", "NNB", "NR", "NP",  # nouns, counting nouns, numerals, pronouns
        "VV", "VA",  # roots of verbs and adjectives
        "XR", "XPN", "XSN",  # roots, and the affixes that make nouns (-원, -사)
        "SL", "SH", "SN",  # foreign letters, Chinese characters, digits
        "UN",  # a noun unknown to the model
    }
)  # fmt: skip


class SplitterUnavailable(RuntimeError):
    """The package that a splitting strategy needs is not installed."""


def _plain(words: Sequence[str]) -> tuple[str, ...]:
    return tuple(words)


class _KoreanSplitter:
    """Content morphemes by kiwipiepy. One model a process, loaded at first use; calls are serialised."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kiwi: Any = None

    def __call__(self, words: Sequence[str]) -> tuple[str, ...]:
        if not words:
            return ()
        with self._lock:
            if self._kiwi is None:
                self._kiwi = _kiwi_class()(num_workers=1)
            tokens = self._kiwi.tokenize(" ".join(words))
        content = tuple(
            word
            for token in tokens
            if token.tag.partition("-")[0] in _CONTENT_TAGS
            for word in token.form.split()
        )
        # A literal of particles alone is still something written: it must not turn into a blank.
        return content or tuple(words)


def _kiwi_class() -> Any:
    try:
        from kiwipiepy import Kiwi
    except ImportError as error:
        raise SplitterUnavailable(
            f"the '{KOREAN}' word splitter needs the package kiwipiepy, which is not installed: "
            "run 'pip install kiwipiepy'"
        ) from error
    return Kiwi


@cache
def _korean() -> _KoreanSplitter:
    return _KoreanSplitter()


def splitter(name: str) -> Splitter:
    """The strategy called `name`. Raises KeyError for a name that is not in STRATEGIES."""
    if name == WORDS:
        return _plain
    if name == KOREAN:
        return _korean()
    raise KeyError(name)


def require(name: str) -> None:
    """Raise SplitterUnavailable when the strategy's package is missing; loads no model."""
    if name == KOREAN:
        _kiwi_class()
