"""What is set aside, which table takes a record, how it is decided, and who else is offered."""

from __future__ import annotations

import math

import pytest

from dictionary import Coder, Record, Status
from tests.dictionary.build import code, dictionary

UNKNOWN = "phrase\nUNKNOWN\nN/A\nDON'T KNOW\n"


def test_children_are_set_aside_below_the_age_given() -> None:
    words = dictionary()
    assert code(words, "truck driver", age=13.9).status is Status.CHILD
    assert code(words, "truck driver", age=14).status is Status.CODED
    assert code(words, "truck driver", age=None).status is Status.CODED
    assert Coder(words, child_age=16).code(Record("1", "truck driver", age=15)).status is Status.CHILD
    assert Coder(words, child_age=0).code(Record("1", "truck driver", age=0)).status is Status.CODED


def test_a_child_has_candidates_but_no_code_and_no_trace() -> None:
    result = code(dictionary(), "truck driver", age=3)
    assert (result.code, result.table, result.priority, result.matches) == (None, None, None, ())
    assert [candidate.code for candidate in result.candidates] == ["715"]


@pytest.mark.parametrize("age", [-1, math.nan, math.inf])
def test_an_age_that_is_none_is_refused(age: float) -> None:
    with pytest.raises(ValueError, match="give years"):
        Record("1", "cook", age=age)


@pytest.mark.parametrize(
    ("occupation", "industry"),
    [
        ("", ""),
        ("  ", "-"),
        ("???", ""),
        ("n/a", "Unknown."),
        ("DON’T KNOW", ""),
        ("", "UNKNOWN"),
        ("the", ""),
    ],
)
def test_blank_or_unknown_in_both_fields_is_set_aside(occupation: str, industry: str) -> None:
    words = dictionary(unknown=UNKNOWN, spelling="variant,standard\nTHE,\n")
    assert code(words, occupation, industry).status is Status.UNKNOWN


@pytest.mark.parametrize(("occupation", "industry"), [("", "fuel"), ("UNKNOWN", "fuel"), ("fuel", "UNKNOWN")])
def test_one_field_that_says_something_is_matched(occupation: str, industry: str) -> None:
    assert code(dictionary(unknown=UNKNOWN), occupation, industry).matches != ()


def test_unknown_is_compared_with_the_whole_literal() -> None:
    assert code(dictionary(unknown=UNKNOWN), "unknown driver").status is Status.TIE


def test_unknown_literals_are_also_met_through_spelling_rules() -> None:
    words = dictionary(unknown=UNKNOWN, spelling="variant,standard\nUNKN,UNKNOWN\n")
    assert code(words, "Unkn").status is Status.UNKNOWN


def test_special_tables_are_tried_in_file_name_order() -> None:
    words = dictionary(
        special_20_aircraft="phrase,code\nAIRCRAFT,2\nAIRCRAFT HOUSEWIFE,2\n",
        special_10_homemaker="phrase,code\nHOUSEWIFE,1\n",
    )
    result = code(words, "housewife", "aircraft truck driver")
    assert (result.code, result.table, result.priority) == ("1", "homemaker", 1)
    assert code(words, "driver", "aircraft").table == "aircraft"
    assert code(words, "driver").table == "general"


def test_a_tie_in_a_special_table_is_a_tie() -> None:
    words = dictionary(special_10_mill="phrase,code\nDRIVER,1\nTRUCK,2\n")
    result = code(words, "truck driver")
    assert (result.status, result.table, result.priority) == (Status.TIE, "mill", 1)
    assert [candidate.code for candidate in result.candidates] == ["1", "2", "715"]


def test_occupation_only_rule_leaves_a_tie_of_two_occupation_codes() -> None:
    result = code(dictionary("phrase,code\nA,1\nB,2\nC,3\n"), "a b", "c")
    assert result.status is Status.TIE
    assert [c.code for c in result.candidates] == ["1", "2", "3"]
    assert [c.occupation_only for c in result.candidates] == [True, True, False]


def test_no_match_has_no_table() -> None:
    result = code(dictionary(), "astronaut")
    assert (result.status, result.table, result.priority, result.matches) == (Status.NO_MATCH, None, None, ())


def test_candidates_are_ranked_by_priority_then_occupation_only_then_phrases_then_code() -> None:
    entries = "phrase,code\nA B,2\nB X,9\nX,5\nY,4\nZ,3\nA,6\nB,7\nY Q,8\nX Q,1\n"
    result = code(dictionary(entries), "a b", "x y z")
    assert [(c.code, c.priority, c.occupation_only) for c in result.candidates] == [
        ("2", 2, True), ("9", 2, False), ("6", 1, True), ("7", 1, True), ("3", 1, False),
    ]  # fmt: skip
    more = code(dictionary("phrase,code\nX,1\nY,2\nZ,2\n"), "", "x y z")
    assert [c.code for c in more.candidates] == ["2", "1"]
    assert more.candidates[0].phrases == ("Y", "Z")


def test_the_code_given_is_the_first_candidate() -> None:
    result = code(dictionary(), "machinist", "construction")
    assert result.candidates[0].code == result.code


def test_candidates_are_as_many_as_asked_for() -> None:
    words = dictionary("phrase,code\n" + "".join(f"W{n},{n}\n" for n in range(9)))
    record = Record("1", " ".join(f"w{n}" for n in range(9)))
    assert len(Coder(words).code(record).candidates) == 5
    assert len(Coder(words, max_candidates=2).code(record).candidates) == 2
    assert Coder(words, max_candidates=0).code(record).candidates == ()


def test_a_guess_never_codes_a_record() -> None:
    result = code(dictionary(), "truck drvier")
    assert (result.status, result.code, result.matches) == (Status.NO_MATCH, None, ())
    assert result.candidates[0].to_dict() == {
        "code": "715",
        "priority": 2,
        "source": "spelling_guess",
        "occupation_only": True,
        "phrases": ["TRUCK DRIVER", "DRIVER"],
        "guesses": [["drvier", "driver"]],
    }


def test_several_misspelt_words_are_guessed_together() -> None:
    (first, *_) = code(dictionary(), "microflim tecnician").candidates
    assert first.code == "290"
    assert dict(first.guesses) == {"microflim": "microfilm", "tecnician": "technician"}


def test_one_written_word_stands_for_one_dictionary_word_only() -> None:
    words = dictionary("phrase,code\nBAKER BARKER,1\nBAKER,2\nBARKER,3\n")
    assert {c.code for c in code(words, "baaker").candidates} == {"2", "3"}


def test_a_code_that_matches_is_not_offered_as_a_guess_too() -> None:
    result = code(dictionary(), "driver trukc")
    assert [(c.code, c.source) for c in result.candidates if c.code == "715"] == [("715", "match")]


@pytest.mark.parametrize("word", ["abc", "fue", "4711", "driv3r", "zzzzzzzz"])
def test_short_words_numbers_and_far_words_are_not_guessed(word: str) -> None:
    assert code(dictionary(), word).candidates == ()


def test_korean_is_guessed_by_its_letters() -> None:
    result = code(dictionary("phrase,code\n용접원,742\n"), "용접언")
    assert [c.guesses for c in result.candidates] == [(("용접언", "용접원"),)]


def test_codes_are_text() -> None:
    assert code(dictionary("phrase,code\nCOOK,007\n"), "cook").code == "007"


def test_result_carries_its_words() -> None:
    result = code(dictionary(spelling="variant,standard\nTRK,TRUCK\n"), "Trk. driver", "FUEL")
    assert result.words == ("truck", "driver", "fuel")
    assert result.occupation_words == ("truck", "driver")


def test_code_many_keeps_order_and_is_lazy() -> None:
    coder = Coder(dictionary())
    records = (Record(str(number), "driver") for number in iter(int, 1))
    results = coder.code_many(records)
    assert [next(results).id, next(results).code] == ["0", "715"]


@pytest.mark.parametrize("options", [{"child_age": -1}, {"child_age": math.nan}, {"max_candidates": -1}])
def test_impossible_options_are_refused(options: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="0 or more"):
        Coder(dictionary(), **options)  # type: ignore[arg-type]
