"""Which column of a file is probably what, by its name in English or Korean."""

import re
import unicodedata
from collections.abc import Sequence

# In the order in which columns are given away; within one, earlier words are surer than later ones.
_WORDS: dict[str, tuple[str, ...]] = {
    "reference": (
        "reference code", "reference", "known code", "gold", "isco code", "soc code", "ksco code",
        "occupation code", "job code", "isco", "soc", "ksco", "직업코드", "분류코드", "기존코드", "정답",
        "코드", "code",
    ),
    "age": ("age", "age in years", "age years", "나이", "연령", "만나이"),
    "industry": (
        "industry", "business", "kind of business", "employer", "company", "sector",
        "업종", "산업", "사업체", "회사", "사업", "직장",
    ),
    "occupation": (
        "occupation", "usual occupation", "job", "job title", "profession", "trade",
        "하는일", "직업", "직무", "직종", "직책", "occ", "title",
    ),
    "id": (
        "id", "record id", "case id", "certificate id", "respondent id", "identifier", "record", "case",
        "number", "no", "일련번호", "번호", "응답자번호", "아이디", "식별자", "key",
    ),
}  # fmt: skip


def guess(header: Sequence[str]) -> dict[str, int]:
    """The likeliest position of each role in ``header``; a role that nothing hints at is left out.

    A column gets one role. A name that is the word wins over one that merely holds it, an earlier word over
    a later one, and among equals the leftmost column.
    """
    names = [_plain(name) for name in header]
    found: dict[str, int] = {}
    for role, words in _WORDS.items():
        scored = [
            (score, at)
            for at, name in enumerate(names)
            if at not in found.values() and (score := _score(name, words)) is not None
        ]
        if scored:
            found[role] = min(scored)[1]
    return found


def _plain(name: str) -> str:
    folded = unicodedata.normalize("NFKC", name)
    parted = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", folded).casefold()
    return " ".join(re.findall(r"[^\W_]+", parted))


def _score(name: str, words: tuple[str, ...]) -> int | None:
    """How far from certain a name is, 0 being sure; ``None`` where no word is in it."""
    compact = name.replace(" ", "")
    for rank, word in enumerate(words):
        if name == word or compact == word:
            return rank
    parts = f" {name} "
    for rank, word in enumerate(words):
        # Korean compounds are written together; a Latin word must stand by itself.
        if f" {word} " in parts or (not word.isascii() and word in compact):
            return len(words) + rank
    return None
