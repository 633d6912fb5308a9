"""Spelling rules: one written word to the standard words it stands for (Figure 1, step 4)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from dictionary.faults import Fault
from dictionary.normalise import split_words
from dictionary.rows import read_rows

FILE: Final = "spelling.csv"

_MAX_EXPANSION: Final = 32
"""No word stands for more words than this; chains that double at every step would otherwise explode."""


class SpellingRules:
    """Rewrites words by rules whose chains are already followed to their end.

    `rules` maps a normalised word to the normalised words it stands for; none drops the word.
    """

    def __init__(self, rules: Mapping[str, tuple[str, ...]]) -> None:
        self._rules = dict(rules)

    def __len__(self) -> int:
        return len(self._rules)

    def __contains__(self, word: object) -> bool:
        return word in self._rules

    def __call__(self, words: Iterable[str]) -> tuple[str, ...]:
        rules = self._rules
        words = tuple(words)
        if rules.keys().isdisjoint(words):
            return words
        standard: list[str] = []
        for word in words:
            replacement = rules.get(word)
            if replacement is None:
                standard.append(word)
            else:
                standard.extend(replacement)
        return tuple(standard)


def parse_spelling(text: str, faults: list[Fault], file: str = FILE) -> SpellingRules:
    """The rules of a `variant,standard` file; every fault goes to `faults`.

    A variant is one word after normalising. Faults: an empty variant or one of several words, a variant
    given twice, a standard of punctuation alone, rules that lead back to themselves.
    """
    written: dict[str, tuple[str, ...]] = {}
    lines: dict[str, int] = {}
    for row in read_rows(file, text, required=("variant", "standard"), optional=(), faults=faults):
        variant = split_words(row.cells["variant"])
        standard = split_words(row.cells["standard"])
        reason: str | None = None
        if not variant:
            reason = "the variant is empty after normalising"
        elif len(variant) > 1:
            reason = (
                f"the variant is {len(variant)} words after normalising ({' '.join(variant)}); "
                "a rule rewrites one word"
            )
        elif row.cells["standard"] and not standard:
            reason = "the standard is empty after normalising; leave it blank to drop the word"
        elif variant[0] in written:
            same = written[variant[0]] == standard
            reason = (
                f"'{variant[0]}' has {'the same' if same else 'another'} rule on line {lines[variant[0]]}"
            )
        if reason:
            faults.append(Fault(file, row.line, reason))
        else:
            written[variant[0]] = standard
            lines[variant[0]] = row.line
    return SpellingRules(_resolve(written, lines, file, faults))


def _resolve(
    written: Mapping[str, tuple[str, ...]], lines: Mapping[str, int], file: str, faults: list[Fault]
) -> dict[str, tuple[str, ...]]:
    """Follow every chain to its end, depth first without recursion: chains may be of any length."""
    resolved: dict[str, tuple[str, ...]] = {}
    for start in written:
        if start in resolved:
            continue
        path = [start]
        on_path = {start}
        while path:
            word = path[-1]
            waiting = next((w for w in written[word] if w in written and w not in resolved), None)
            if waiting is not None and waiting not in on_path:
                path.append(waiting)
                on_path.add(waiting)
                continue
            if waiting is not None:
                loop = path[path.index(waiting) :]
                first = min(loop, key=lines.__getitem__)
                turn = loop.index(first)
                shown = " -> ".join([*loop[turn:], *loop[:turn], first])
                faults.append(Fault(file, lines[first], f"the rules loop: {shown}"))
                resolved[waiting] = (waiting,)
                continue
            expansion = tuple(end for w in written[word] for end in resolved.get(w, (w,)))
            if len(expansion) > _MAX_EXPANSION:
                reason = f"'{word}' stands for {len(expansion)} words, more than {_MAX_EXPANSION}"
                faults.append(Fault(file, lines[word], reason))
                expansion = (word,)
            resolved[word] = expansion
            on_path.discard(path.pop())
    return resolved
