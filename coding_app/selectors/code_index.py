"""Texts that lead to codes, laid out so that each keystroke of a search is answered at once.

The texts stand in order of rank in long strings, one a line: looking for a word is then one pass at the speed
of the machine's memory, and it ends as soon as enough codes are found.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, pairwise

from rapidfuzz import process
from rapidfuzz.distance import OSA

from coding_app import hangul

FEW = 3
"""Codes found below which texts that are only like the query are shown, too."""

_NEAREST = 60
"""Written words that one word of a query may be a typing error of."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A text that leads to a code; a smaller ``weight`` comes first, ``shown`` says what led there."""

    text: str
    code: str
    weight: int
    shown: str = ""
    is_code: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """A code, what led to it, and whether only by something like the query."""

    code: str
    shown: str
    alike: bool


class _Lines:
    """Texts one a line in one string."""

    def __init__(self, texts: Iterable[str]) -> None:
        starts, lines, at = [0], [], 0
        for text in texts:
            lines.append(f"\n {text}")
            at += len(lines[-1])
            starts.append(at)
        self._starts = starts
        self._all = "".join(lines)

    def __getitem__(self, line: int) -> str:
        """A line with its break and the space before its first word."""
        return self._all[self._starts[line] : self._starts[line + 1]]

    def with_(self, part: str, lines: range) -> Iterator[int]:
        """The lines that ``part`` stands in, each once, in order."""
        at, end = self._starts[lines.start], self._starts[lines.stop]
        while (at := self._all.find(part, at, end)) >= 0:
            line = bisect_right(self._starts, at) - 1
            yield line
            at = self._starts[line + 1]


class CodeIndex:
    """Finds codes by texts. Not changed once made, so threads may share it."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        folded = [(_folded(one), one) for one in entries]
        ranked = sorted(folded, key=lambda pair: (pair[1].weight, len(pair[0])))
        self._entries = [entry for _, entry in ranked]
        texts = [text for text, _ in ranked]
        together = [text.replace(" ", "") for text in texts]
        self._spaced = _Lines(texts)
        self._together = _Lines(together)
        self._initials = _Lines(hangul.first_consonants(text) for text in together)
        self._exact: dict[str, list[int]] = defaultdict(list)
        self._with_word: dict[str, list[int]] = defaultdict(list)
        for line, text in enumerate(texts):
            self._exact[together[line]].append(line)
            for word in text.split():
                self._with_word[word].append(line)
        self._words = sorted(self._with_word)
        self._prefixes = lru_cache(maxsize=64)(self._prefixes_of)
        weights = [entry.weight for entry in self._entries]
        bounds = [bisect_left(weights, weight) for weight in sorted(set(weights))]
        self._parts = [range(first, last) for first, last in pairwise([*bounds, len(weights)])]

    def search(self, query: str, limit: int) -> list[Found]:
        """The codes that a query may mean, best first: see :func:`code_search.search`."""
        asked = hangul.letters(query)
        if not asked:
            return []
        found: dict[str, Found] = {}
        for line in self._led_by(asked):
            entry = self._entries[line]
            found.setdefault(entry.code, Found(entry.code, entry.shown, alike=False))
            if len(found) == limit:
                return list(found.values())
        if len(found) < FEW:
            for line in self._like(asked.split()):
                entry = self._entries[line]
                found.setdefault(entry.code, Found(entry.code, entry.shown, alike=True))
                if len(found) == limit:
                    break
        return list(found.values())

    def _led_by(self, asked: str) -> Iterator[int]:
        """Lines that the query leads to, best first; some more than once."""
        readings = [asked, *filter(None, [hangul.typed_on(asked)])]
        yield from self._exact.get(asked.replace(" ", ""), ())
        for find in (self._begun, self._inside):
            for part in self._parts:
                yield from chain.from_iterable(find(reading, part) for reading in readings)
        if hangul.has_lone_consonant(asked):
            yield from self._by_first_consonants(asked.replace(" ", ""))

    def _begun(self, asked: str, part: range) -> Iterator[int]:
        """Texts that begin with the query, then those whose words do."""
        if self._entries[part.start].is_code:
            yield from self._spaced.with_(f"\n {asked.replace(' ', '')}", part)
            return
        yield from self._spaced.with_(f"\n {asked}", part)
        words = [f" {word}" for word in asked.split()]
        yield from self._with_all(self._spaced, words, part, lambda line: self._spaced[line])

    def _inside(self, asked: str, part: range) -> Iterator[int]:
        """Texts that the query's words stand inside, or the whole query whatever its spaces."""
        whole = asked.replace(" ", "")
        if len(whole) < 2:
            return
        words = asked.split()
        longest = max(words, key=len)
        any_spaces = hangul.is_korean(whole) or len(whole) > 3
        for line in self._together.with_(longest, part):
            written = self._spaced[line]
            if all(word in written for word in words) or (any_spaces and whole in self._together[line]):
                yield line

    def _with_all(
        self, lines: _Lines, parts: list[str], among: range, text_of: Callable[[int], str]
    ) -> Iterator[int]:
        longest = max(parts, key=len)
        for line in lines.with_(longest, among):
            written = text_of(line)
            if all(part in written for part in parts):
                yield line

    def _by_first_consonants(self, asked: str) -> Iterator[int]:
        """Korean texts of which syllables are named by their first consonants: ㄱㅎㅅ is 간호사."""
        written = hangul.with_lone_consonants(asked)
        initials = hangul.first_consonants(asked)
        for start in ("\n ", ""):
            for part in self._parts:
                for line in self._initials.with_(start + initials, part):
                    if written.search(self._together[line], 2 if start else 0):
                        yield line

    def _like(self, asked: list[str]) -> Iterator[int]:
        """Lines that have, for each word of the query, a word that begins like it but for typing errors."""
        errors: dict[int, int] | None = None
        for word in asked:
            near = self._near(word)
            errors = (
                near
                if errors is None
                else {line: errors[line] + more for line, more in near.items() if line in errors}
            )
        yield from sorted(errors or {}, key=lambda line: (errors or {})[line] * 1_000_000 + line)

    def _near(self, word: str) -> dict[int, int]:
        """Lines with words that begin like ``word``, with the number of errors it would have."""
        found: dict[int, int] = {}
        begins: dict[str, int] = {word: 0}
        allowed = 0 if len(word) < 4 else 1 if len(word) < 8 else 2
        if allowed:
            for length in (len(word) - 1, len(word), len(word) + 1):
                near = process.extract(
                    word, self._prefixes(length), scorer=OSA.distance, score_cutoff=allowed, limit=_NEAREST
                )
                for prefix, distance, _ in near:
                    begins[prefix] = min(int(distance), begins.get(prefix, allowed))
        for prefix, distance in begins.items():
            for at in range(bisect_left(self._words, prefix), len(self._words)):
                if not self._words[at].startswith(prefix):
                    break
                for line in self._with_word[self._words[at]]:
                    found[line] = min(distance, found.get(line, distance))
        return found

    def _prefixes_of(self, length: int) -> tuple[str, ...]:
        return tuple(dict.fromkeys(word[:length] for word in self._words))


def _folded(entry: Entry) -> str:
    text = hangul.letters(entry.text)
    return text.replace(" ", "") if entry.is_code else text
