"""From a literal to the standard words that are matched: normalise, split, spell (Figure 1, steps 3-4)."""

from __future__ import annotations

from dataclasses import dataclass

from dictionary import splitters
from dictionary.normalise import split_words
from dictionary.spelling import SpellingRules


@dataclass(frozen=True)
class Standardiser:
    """What records and dictionary phrases both pass, so that they meet in the same words.

    With a splitter of another script the spelling rules are applied to the written words and again to what
    the splitter makes of them: a rule may be about either.
    """

    strategy: str
    rules: SpellingRules

    def __call__(self, text: str) -> tuple[str, ...]:
        words = self.rules(split_words(text))
        if self.strategy == splitters.WORDS:
            return words
        return self.rules(splitters.splitter(self.strategy)(words))
