from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dictionary.normalise import split_words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Plumbing & Heating", ["plumbing", "heating"]),
        ("DON'T KNOW", ["don", "t", "know"]),
        ("DON’T KNOW", ["don", "t", "know"]),
        ("DON´T KNOW", ["don", "t", "know"]),
        ("self-employed/un_employed", ["self", "employed", "un", "employed"]),
        ("C++ (senior)", ["c", "senior"]),
        ("Straße", ["strasse"]),
        ("ＴＲＵＣＫ　ｄｒｉｖｅｒ", ["truck", "driver"]),
        ("cafe\u0301 owner", ["café", "owner"]),
        ("기계조작원(으로)", ["기계조작원", "으로"]),
        ("ma\u00adna\u200bger\ufeff", ["manager"]),
        ("truck\x00driver\x1f\x85", ["truck", "driver"]),
        ("택시\u3164기사", ["택시", "기사"]),
        ("½ day №5", ["1", "2", "day", "no5"]),
        ("पुलिस", ["पुलिस"]),
        ("1️⃣ nurse 👩‍⚕️", ["1", "nurse"]),
        ("\u0301\u0302 ???", []),
        ("\ud800cook", ["cook"]),
        ("  \t\r\n\u2028\u00a0", []),
        ("", []),
    ],
)
def test_literal_becomes_plain_words(text: str, words: list[str]) -> None:
    assert list(split_words(text)) == words


def test_composed_and_decomposed_korean_are_the_same_words() -> None:
    import unicodedata

    assert split_words(unicodedata.normalize("NFD", "기계 조작원")) == split_words("기계 조작원")


@given(st.text())
def test_normalising_again_changes_nothing(text: str) -> None:
    words = split_words(text)
    assert split_words(" ".join(words)) == words


@given(st.text())
def test_a_word_has_neither_space_nor_nothing_in_it(text: str) -> None:
    assert all(word and word.split() == [word] for word in split_words(text))


@given(st.text(alphabet=st.characters(max_codepoint=127)))
def test_ascii_is_treated_as_any_other_text(text: str) -> None:
    assert split_words(text) == split_words(text + "\ufeff")
