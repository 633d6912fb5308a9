"""Finding a code among hundreds: by code, title or dictionary phrase, in any language that is loaded."""

import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from coding_app import dictionary_texts
from coding_app.models import Code, Study

LIMIT = 20


@dataclass(frozen=True, slots=True)
class _Target:
    """A text that leads to a code; ``weight`` says how much a hit on it counts."""

    text: str
    words: tuple[str, ...]
    code: str
    shown: str
    weight: int


@dataclass(frozen=True, slots=True)
class Hit:
    """A code that was found; ``phrase`` is the dictionary phrase that led to it, empty for code and title."""

    code: Code
    phrase: str


def search(study: Study, query: str, *, limit: int = LIMIT) -> list[Hit]:
    """The codes a coder may mean, best first.

    Every word of ``query`` must begin a word of the code, the title or one phrase; Korean words, which are
    often written together, may also stand inside one. A text that is the query comes first, then codes that
    begin with it, then titles, then phrases, shorter texts before longer ones; a group comes after what lies
    below it. Accents do not matter, and a Korean syllable may be half typed. A blank query finds nothing.
    """
    asked = _fold(query).split()
    if not asked:
        return []
    version = study.dictionary_version_id
    best: dict[str, tuple[int, int, int, str]] = {}
    for order, target in enumerate(_targets(study.classification_id, version)):
        if not _leads(asked, target):
            continue
        exact = target.text == " ".join(asked)
        rank = (0 if exact else 1 + target.weight, len(target.text), order, target.shown)
        if target.code not in best or rank < best[target.code]:
            best[target.code] = rank
    chosen = sorted(best, key=lambda code: best[code])[:limit]
    codes = {
        code.code: code
        for code in Code.objects.filter(classification=study.classification, code__in=chosen)
        .select_related("parent")
        .prefetch_related("labels", "parent__labels")
    }
    return [Hit(codes[code], best[code][3]) for code in chosen if code in codes]


def _leads(asked: list[str], target: _Target) -> bool:
    return all(
        any(word.startswith(part) for word in target.words)
        or (part[0] in _HANGUL and any(part in word for word in target.words))
        for part in asked
    )


_HANGUL = frozenset(map(chr, range(0x1100, 0x1113)))
"""The consonants that begin a decomposed syllable."""


def _fold(text: str) -> str:
    """Lower case, no accents; Korean syllables as their letters, so that a half typed one begins many."""
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    return "".join(
        letter if letter.isalnum() or letter in "-." else " "
        for letter in folded
        if not unicodedata.combining(letter)
    )


@lru_cache(maxsize=8)
def _targets(classification_id: int, version_id: int | None) -> tuple[_Target, ...]:
    """Everything that can be searched for. Classifications and dictionary versions never change."""
    found = []
    codes = Code.objects.filter(classification_id=classification_id, codable=True).prefetch_related("labels")
    groups = {code.parent_id for code in codes}
    for code in codes:
        # A group is seldom what is meant: what lies below it comes first, unless its code was typed out.
        group = 3 if code.pk in groups else 0
        folded = _fold(code.code)
        found.append(_Target(folded, (folded, folded.replace("-", "")), code.code, "", group))
        titles = {code.title, *(label.title for label in code.labels.all() if label.title)}
        for title in sorted(titles):
            text = _fold(title)
            found.append(_Target(text, tuple(text.split()), code.code, "", 2 + group))
    if version_id is not None:
        for phrase in dictionary_texts.phrases(version_id):
            text = _fold(phrase.text)
            found.append(_Target(text, tuple(text.split()), phrase.code, phrase.text, 4))
    return tuple(found)


def code_of(study: Study, text: str) -> Code | None:
    """The code of the study's classification that reads exactly so, with its parent."""
    return (
        Code.objects.filter(classification=study.classification_id, code=text.replace("\0", ""))
        .select_related("parent")
        .prefetch_related("labels", "parent__labels")
        .first()
    )
