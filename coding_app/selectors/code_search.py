"""Finding a code among hundreds: by code, title or dictionary phrase, in any language that is loaded."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from coding_app import dictionary_texts
from coding_app.models import Code, Study
from coding_app.selectors.code_book import CodeBook, code_book
from coding_app.selectors.code_index import CodeIndex, Entry

LIMIT = 20
_CODE, _TITLE, _GROUP_CODE, _PHRASE, _GROUP_TITLE = range(5)
"""What leads to a code, the best first. A group is seldom what is meant: what lies below it comes first."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A code that was found.

    ``phrase`` is the dictionary phrase that led to it, empty for code and title; ``alike`` whether only a
    typing error away.
    """

    code: Code
    phrase: str
    alike: bool = False


def search(study: Study, query: str, *, limit: int = LIMIT, with_dictionary: bool = True) -> list[Hit]:
    """The codes a coder may mean, best first.

    A text that is the query comes first; then texts with words that begin with its words; then texts that
    have them inside, Korean ones whatever their spaces; then those that it names by first consonants (ㄱㅎㅅ
    for 간호사, also mixed with syllables). Of each, codes come before titles, titles before dictionary
    phrases, shorter texts before longer ones. Where that finds next to nothing, texts follow that are a
    typing error or two away. Accents do not matter, and a Korean syllable may be half typed. A blank query
    finds nothing.

    For a blinded coder search without the dictionary: its phrases lead to the code that the machine gives.
    """
    if not query.strip():
        return []
    version = study.dictionary_version if with_dictionary else None
    book = code_book(study.classification)
    index = _index(book, version.pk if version else None, version.fingerprint if version else "")
    found, codes = index.search(query, limit), book.by_text
    return [Hit(codes[one.code], one.shown, one.alike) for one in found if one.code in codes]


@lru_cache(maxsize=8)
def _index(book: CodeBook, version_id: int | None, _version_fingerprint: str) -> CodeIndex:
    """Classifications and dictionary versions never change, so neither does what is made of them."""
    return CodeIndex(_entries(book, version_id))


def _entries(book: CodeBook, version_id: int | None) -> Iterator[Entry]:
    codes = [code for code in book.by_key.values() if code.codable]
    groups = {code.parent_id for code in codes}
    for code in codes:
        group = code.pk in groups
        yield Entry(code.code, code.code, _GROUP_CODE if group else _CODE, is_code=True)
        for title in sorted({code.title, *(label.title for label in code.labels.all() if label.title)}):
            yield Entry(title, code.code, _GROUP_TITLE if group else _TITLE)
    if version_id is not None:
        for phrase in dictionary_texts.phrases(version_id):
            yield Entry(phrase.text, phrase.code, _PHRASE, phrase.text)


def code_of(study: Study, text: str) -> Code | None:
    """The code of the study's classification that reads exactly so, with its parent."""
    return code_book(study.classification).by_text.get(text)
