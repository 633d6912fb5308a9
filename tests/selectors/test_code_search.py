"""Search over a classification: what a coder means comes first."""

from pathlib import Path

import pytest

from coding_app.models import Study
from coding_app.selectors.code_search import search
from tests import factories


@pytest.fixture
def study(db: None, tmp_path: Path) -> Study:
    return factories.make_study(tmp_path)


def found(study: Study, query: str) -> list[str]:
    return [hit.code.code for hit in search(study, query)]


def test_a_code_typed_out_comes_first_even_when_it_is_a_group(study: Study) -> None:
    assert found(study, "715") == ["715"]
    assert found(study, "11")[0] == "11"


def test_the_beginning_of_a_code_finds_what_is_below_before_other_groups(study: Study) -> None:
    assert found(study, "71") == ["715", "716"]


def test_a_group_comes_after_the_codes_below_it(study: Study) -> None:
    order = found(study, "driver")
    assert order.index("715") < order.index("11")
    assert order[0] == "715"


def test_words_may_come_in_any_order_and_be_half_typed(study: Study) -> None:
    assert found(study, "truck fu") == ["716"]


def test_a_dictionary_phrase_leads_to_its_code_and_is_named(study: Study) -> None:
    hits = search(study, "framer")
    assert [(hit.code.code, hit.phrase) for hit in hits] == [("411", "FRAMER")]


@pytest.mark.parametrize("query", ["목수", "목ㅅ", "배관공"])
def test_korean_titles_are_found_also_half_typed(study: Study, query: str) -> None:
    assert found(study, query)[0] == ("510" if query == "배관공" else "411")


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("ㅁㅅ", "411"),
        ("목ㅅ", "411"),
        ("ㅁ수", "411"),
        ("ㅂㄱㄱ", "510"),
        ("배ㄱ공", "510"),
        ("ㅂㄱㄳ", None),
        ("ㅇㄹㅇ ㅌㄹ", "716"),
        ("ㅌㄹ", "716"),
        ("트ㄹ", "716"),
    ],
)
def test_korean_is_found_by_first_consonants_also_mixed_with_syllables(
    study: Study, query: str, code: str | None
) -> None:
    assert found(study, query)[:1] == ([code] if code else [])


def test_consonants_that_a_keyboard_puts_together_are_two_syllables(study: Study) -> None:
    assert "470" in found(study, "ㄴㅂㄷㄱ")
    assert found(study, "ㄷㄳ") == [], "도급업자 is ㄷㄱㅇㅈ"
    assert found(study, "ㄱㄱㄱ")[0] == "465"


def test_a_syllable_shown_with_the_consonant_of_the_next_finds_both(study: Study) -> None:
    assert found(study, "갖")[0] == "900", "가정주부 on its way"
    assert found(study, "가저")[0] == "900"


@pytest.mark.parametrize("query", ["난방도급", "난방 도급", "난 방도급업"])
def test_spaces_do_not_matter_in_korean(study: Study, query: str) -> None:
    assert found(study, query)[0] == "470"


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("carpnter", "411"),
        ("machinsit", "465"),
        ("plunber", "510"),
        ("labuorer", "982"),
        ("constuction labor", "982"),
        ("배간공", "510"),
        ("도급엄자", "406"),
    ],
)
def test_a_typing_error_is_forgiven_and_said_to_be_one(study: Study, query: str, code: str) -> None:
    hits = search(study, query)
    assert hits[0].code.code == code
    assert hits[0].alike


def test_what_is_written_so_comes_before_what_is_like_it(study: Study) -> None:
    hits = search(study, "machinis")
    assert (hits[0].code.code, hits[0].alike) == ("465", False)


def test_a_text_that_is_the_query_comes_before_one_that_begins_with_it_and_one_that_has_it_inside(
    db: None, tmp_path: Path
) -> None:
    codes = "code,title,parent,level\n1,Heartburner,,1\n2,A burner,,1\n3,Burners,,1\n4,Burner,,1\n"
    study = Study(classification=factories.make_classification(tmp_path, "Burners", codes))
    assert found(study, "burner") == ["4", "3", "2", "1"]


def test_codes_are_found_with_and_without_their_hyphens(db: None, tmp_path: Path) -> None:
    codes = "code,title,parent,level\n11-1021,Managers,,1\n11-1031,Legislators,,1\n"
    study = Study(classification=factories.make_classification(tmp_path, "Hyphens", codes))
    for query in ("11-1021", "111021", "11 1021", "1110-2"):
        assert found(study, query)[0] == "11-1021"
    assert found(study, "11-10") == ["11-1021", "11-1031"]


@pytest.mark.parametrize("query", ["", "   ", "!!!", "\0", "xyzzy", "7" * 5000])
def test_what_is_nothing_finds_nothing(study: Study, query: str) -> None:
    assert found(study, query) == []
