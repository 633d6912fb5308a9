"""Sentences that were stored in English, with values in them, said in the reader's language."""

import re
from functools import cache
from typing import NamedTuple

from django.utils.translation import get_language, trans_real
from django.utils.translation import gettext as _

_VALUE = re.compile(r"%\((\w+)\)[srd]")
_FEWEST_WORDS = 3
"""Words of its own that a sentence needs to be known by; with fewer it would be found in others."""


class _Sentence(NamedTuple):
    msgid: str
    words: tuple[str, ...]
    pattern: re.Pattern[str]


def in_words(stored: str) -> str:
    """What a job or an import wrote down, each line in the reader's language where it is one that is known.

    What it says in values stays as it is, but for those that are such sentences themselves.
    """
    return "\n".join(_line(line) for line in stored.split("\n"))


def _line(stored: str) -> str:
    if not stored:
        return ""
    whole = _(stored)
    language = get_language()
    if whole != stored or language is None:
        return whole
    for sentence in _sentences(language):
        if not all(words in stored for words in sentence.words):
            continue
        if found := sentence.pattern.fullmatch(stored):
            values = {
                name: in_words(value) if " " in value else value for name, value in found.groupdict().items()
            }
            return _VALUE.sub(r"%(\1)s", _(sentence.msgid)) % values
    return stored


@cache
def _sentences(language: str) -> list[_Sentence]:
    """Those of the catalogue with values in them, the most words of their own first."""
    # As Django's own JavaScriptCatalog gets at it: there is no public way.
    catalogue = trans_real.translation(language)._catalog  # type: ignore[attr-defined]
    found = [_sentence(msgid) for msgid in catalogue.keys() if isinstance(msgid, str)]  # noqa: SIM118
    known = [one for one in found if one is not None]
    return sorted(known, key=lambda one: -sum(map(len, one.words)))


def _sentence(msgid: str) -> _Sentence | None:
    names = _VALUE.findall(msgid)
    words = tuple(part.replace("%%", "%") for part in _VALUE.split(msgid)[::2])
    own = re.findall(r"[^\W\d_]{2,}", " ".join(words))
    if not names or len(names) > len(set(names)) or len(own) < _FEWEST_WORDS:
        return None
    pattern = "".join(
        re.escape(part) + (f"(?P<{names[at]}>.+)" if at < len(names) else "") for at, part in enumerate(words)
    )
    return _Sentence(msgid, words, re.compile(pattern))
