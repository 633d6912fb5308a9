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


@pytest.mark.parametrize("query", ["", "   ", "!!!", "\0", "xyzzy", "7" * 5000])
def test_what_is_nothing_finds_nothing(study: Study, query: str) -> None:
    assert found(study, query) == []
