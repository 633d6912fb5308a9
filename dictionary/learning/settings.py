"""What can be set about learning."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

DEFAULT_STRICTNESS: Final = 0.25
DEFAULT_MAX_WORDS: Final = 3
DEFAULT_INFERRED: Final = 20_000


@dataclass(frozen=True, slots=True)
class Settings:
    """How a dictionary is chosen.

    `strictness` is the least trust, between 0 and 1, that a phrase needs to become an entry: higher codes
    fewer records and more of them rightly. `max_words` bounds the sub-phrases (whole texts are phrases at any
    length), `min_texts` is how many different texts a sub-phrase must be in, `inferred` how many pairs of
    words never seen together are written to settle which of the two decides.
    Raises ValueError for a value outside its bounds.
    """

    strictness: float = DEFAULT_STRICTNESS
    max_words: int = DEFAULT_MAX_WORDS
    min_texts: int = 1
    inferred: int = DEFAULT_INFERRED

    def __post_init__(self) -> None:
        if not 0 <= self.strictness <= 1:
            raise ValueError(f"strictness is {self.strictness}; give a number between 0 and 1")
        if not 1 <= self.max_words <= 4:
            raise ValueError(f"max_words is {self.max_words}; give 1 to 4")
        if self.min_texts < 1:
            raise ValueError(f"min_texts is {self.min_texts}; give 1 or more")
        if self.inferred < 0:
            raise ValueError(f"inferred is {self.inferred}; give 0 or more")
