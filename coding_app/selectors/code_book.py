"""The codes of a classification with all their titles, read once: a classification never changes once loaded.

What is kept is shared by all who ask: it is to be read, not to be changed.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from coding_app.models import Classification, Code


@dataclass(frozen=True, slots=True, eq=False)
class CodeBook:
    """Every code by its key and by its text, each with the one above it and its ``labels``.

    A book is equal to itself alone, so that what is made of one can be kept by it.
    """

    by_key: Mapping[int, Code]
    by_text: Mapping[str, Code]

    def of(self, key: int | None) -> Code | None:
        """The code with this key; ``None`` for no key."""
        return None if key is None else self.by_key[key]

    @classmethod
    def made_of(cls, codes: Iterable[Code]) -> "CodeBook":
        """A book of all the codes of one classification."""
        by_key = {code.pk: code for code in codes}
        for code in by_key.values():
            code.parent = by_key[code.parent_id] if code.parent_id is not None else None
        return cls(by_key, {code.code: code for code in by_key.values()})


def code_book(classification: Classification) -> CodeBook:
    """The codes of a classification."""
    return _made(classification.pk, classification.fingerprint)


@lru_cache(maxsize=8)
def _made(classification_id: int, _fingerprint: str) -> CodeBook:
    return CodeBook.made_of(Code.objects.filter(classification=classification_id).prefetch_related("labels"))
