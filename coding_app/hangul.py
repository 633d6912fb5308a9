"""Korean as its letters: what somebody has typed halfway, and words found by their first consonants."""

import re
import unicodedata

_LETTERS_OF_CLUSTERS = str.maketrans(
    {
        "ㄳ": "ㄱㅅ",
        "ㄵ": "ㄴㅈ",
        "ㄶ": "ㄴㅎ",
        "ㄺ": "ㄹㄱ",
        "ㄻ": "ㄹㅁ",
        "ㄼ": "ㄹㅂ",
        "ㄽ": "ㄹㅅ",
        "ㄾ": "ㄹㅌ",
        "ㄿ": "ㄹㅍ",
        "ㅀ": "ㄹㅎ",
        "ㅄ": "ㅂㅅ",
    }
)
"""Keyboards put two consonants typed one after the other together, though two syllables are meant."""

_FINALS = "ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ"
"""The final consonants of syllables, from U+11A8 on."""

_VOWEL, _FINAL = "[\u1161-\u1175]", "[\u11a8-\u11c2]"
_SYLLABLE = re.compile(f"([\u1100-\u1112]){_VOWEL}{_FINAL}?")
_LONE = re.compile(f"([\u1100-\u1112])(?!{_VOWEL})")


def letters(text: str) -> str:
    """Lower case, no accents, Korean syllables as their letters: a half typed one begins many.

    Whatever is neither letter nor digit becomes a space, and spaces stand single.
    """
    plain = unicodedata.normalize("NFKC", text.translate(_LETTERS_OF_CLUSTERS)).casefold()
    folded = (one for one in unicodedata.normalize("NFKD", plain) if not unicodedata.combining(one))
    return " ".join("".join(one if one.isalnum() else " " for one in folded).split())


def is_korean(folded: str) -> bool:
    """Whether a text of :func:`letters` has a consonant that begins a syllable."""
    return any("\u1100" <= one <= "\u1112" for one in folded)


def first_consonants(folded: str) -> str:
    """A text of :func:`letters` with every syllable as its first consonant."""
    return _SYLLABLE.sub(r"\1", folded)


def has_lone_consonant(folded: str) -> bool:
    """Whether a text of :func:`letters` has a consonant that stands for a whole syllable."""
    return bool(_LONE.search(folded))


def with_lone_consonants(folded: str) -> re.Pattern[str]:
    """Finds texts of :func:`letters` in which every lone consonant of ``folded`` is some syllable with it."""
    last = len(folded) - 1
    parts = []
    for at, one in enumerate(folded):
        lone = at < last and _LONE.match(folded, at)
        parts.append(f"{one}{_VOWEL}{_FINAL}?" if lone else re.escape(one))
    return re.compile("".join(parts))


def typed_on(folded: str) -> str:
    """The same with the last consonant as the beginning of one more syllable; empty without such a reading.

    A keyboard shows 가구 as 각 before its last letter is typed.
    """
    at = ord(folded[-1]) - 0x11A8 if folded else -1
    if not 0 <= at < len(_FINALS):
        return ""
    made_of = _FINALS[at].translate(_LETTERS_OF_CLUSTERS)
    stays = chr(0x11A8 + _FINALS.index(made_of[0])) if len(made_of) > 1 else ""
    return folded[:-1] + stays + unicodedata.normalize("NFKC", made_of[-1])
