"""From a literal as written to plain words (Figure 1, step 3).

Unicode NFKC, case fold, punctuation and symbols to space, split. What a reader sees as one word stays one
word: format characters (zero-width joiners and spaces, soft hyphens, byte order marks), which show nothing,
are taken out, while everything that shows a gap or a mark between letters parts them. `DON'T` therefore
becomes the two words `don` and `t`, and `plumbing & heating` the two words it names.
"""

from __future__ import annotations

import unicodedata

_ASCII_TABLE = {code: (chr(code).lower() if chr(code).isalnum() else " ") for code in range(128)}

_HANGUL_FILLERS = frozenset({0x115F, 0x1160, 0x3164, 0xFFA0})
"""Letters by category that show as a blank; Korean forms are padded with them."""

_COMBINING_GRAPHEME_JOINER = 0x034F


def _is_variation_selector(code: int) -> bool:
    return 0xFE00 <= code <= 0xFE0F or 0xE0100 <= code <= 0xE01EF or 0x180B <= code <= 0x180D


class _Invisible(dict[int, str | None]):
    """`str.translate` table that takes out what shows nothing; filled as characters are met."""

    def __missing__(self, code: int) -> str | None:
        character = chr(code)
        invisible = (
            unicodedata.category(character) == "Cf"
            or code == _COMBINING_GRAPHEME_JOINER
            or _is_variation_selector(code)
        )
        self[code] = None if invisible else character
        return self[code]


class _Separators(dict[int, str]):
    """`str.translate` table that turns all but letters, digits and their marks into space."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        category = unicodedata.category(character)
        kept = category[0] in "LN" or category in ("Mn", "Mc")
        self[code] = character if kept and code not in _HANGUL_FILLERS else " "
        return self[code]


_invisible = _Invisible()
_separators = _Separators()


def _starts_word(character: str) -> bool:
    return unicodedata.category(character)[0] in "LN"


def _strip_leading_marks(word: str) -> str:
    """A combining mark with no letter before it (`´` becomes space and a mark under NFKC) is punctuation."""
    for position, character in enumerate(word):
        if _starts_word(character):
            return word[position:]
    return ""


def split_words(text: str) -> tuple[str, ...]:
    """The words of `text`, normalised; empty when nothing but punctuation, space or controls is there."""
    if text.isascii():
        return tuple(text.translate(_ASCII_TABLE).split())
    folded = unicodedata.normalize("NFKC", text.translate(_invisible))
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", folded.casefold()).casefold())
    words = folded.translate(_invisible).translate(_separators).split()
    return tuple(stripped for word in words if (stripped := _strip_leading_marks(word)))
