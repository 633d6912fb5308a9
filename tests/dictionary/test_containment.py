"""The index finds what the literal enumeration of all permutations finds."""

from __future__ import annotations

import string

from hypothesis import given, settings
from hypothesis import strategies as st

from dictionary import Coder, Dictionary, Record
from tests.dictionary.build import code, dictionary
from tests.dictionary.enumeration import LiteralCoder

_word = st.sampled_from(string.ascii_lowercase[:5])
_words = st.lists(_word, min_size=1, max_size=4)


@st.composite
def _dictionaries(draw: st.DrawFn) -> Dictionary:
    phrases = draw(st.lists(_words, max_size=12, unique_by=lambda words: tuple(sorted(words))))
    rows = [f"{' '.join(words)},{draw(st.integers(1, 3))}" for words in phrases]
    return Dictionary.from_texts({"entries.csv": "\n".join(["phrase,code", *rows])})


@settings(max_examples=300, deadline=None)
@given(_dictionaries(), st.lists(_word, max_size=3), st.lists(_word, max_size=3))
def test_index_equals_the_literal_enumeration(
    words: Dictionary, occupation: list[str], industry: list[str]
) -> None:
    result = Coder(words).code(Record("1", " ".join(occupation), " ".join(industry)))
    literal = LiteralCoder(words)
    assert list(result.matches) == literal.matches([*occupation, *industry], occupation)
    assert result.code == literal.code([*occupation, *industry], occupation)


def test_words_are_counted_with_repetition() -> None:
    twice = dictionary("phrase,code\nBABY BABY,1\nBABY,2\n")
    assert code(twice, "baby").code == "2"
    assert code(twice, "baby", "baby").code == "1"
    assert [m.scope for m in code(twice, "baby", "baby").matches] == ["both", "both", "occupation"]


def test_order_of_words_does_not_matter() -> None:
    assert code(dictionary(), "driver, truck").code == "715"


def test_a_record_of_many_words_is_coded() -> None:
    filler = " ".join(f"word{number}" for number in range(200))
    assert code(dictionary(), f"{filler} driver {filler} truck").code == "715"
