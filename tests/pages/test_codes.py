"""The classification to browse and search, and the dictionary to read."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from django.test import Client

from coding_app.models import Study
from coding_app.services import classifications, studies
from tests import factories

SignIn = Callable[[str], Client]
SHIPPED = Path(classifications.__file__).parents[1] / "reference" / "classifications"


def get(client: Client, study: Study, end: str) -> str:
    answer = client.get(f"/studies/{study.slug}/{end}")
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_tree_counts_the_records_at_and_below_each_code(coded_study: Study, sign_in: SignIn) -> None:
    answer = sign_in("coder").get(f"/studies/{coded_study.slug}/classification/")
    counts = {line.code.code: line.records for line in answer.context["lines"]}
    assert counts["716"] == 1
    assert counts["715"] == 1
    assert counts["11"] == counts["1"] == 2
    assert counts["411"] == 0
    page = answer.content.decode()
    assert f'href="/studies/{coded_study.slug}/records/?code=716"' in page
    assert "연료유 트럭 운전원" in page


def test_the_tree_is_well_formed(coded_study: Study, sign_in: SignIn) -> None:
    page = get(sign_in("coder"), coded_study, "classification/")
    tree = page[page.index('class="box tree"') : page.index("</main>")]
    for tag in ("ul", "li", "details", "summary"):
        assert len(re.findall(rf"<{tag}\b", tree)) == len(re.findall(rf"</{tag}>", tree)), tag
    depth = 0
    for mark in re.findall(r"<(/?)details\b", tree):
        depth += -1 if mark else 1
        assert depth >= 0


def test_a_code_is_shown_with_its_titles_description_and_way_down(
    coded_study: Study, sign_in: SignIn
) -> None:
    page = get(sign_in("coder"), coded_study, "classification/?code=11")
    assert "People who drive." in page
    assert "운전원" in page
    answer = sign_in("coder").get(f"/studies/{coded_study.slug}/classification/?code=716")
    opened = {line.code.code for line in answer.context["lines"] if line.open}
    assert opened == {"1", "11", "716"}
    assert "There is no code nope" in get(sign_in("coder"), coded_study, "classification/?code=nope")


@pytest.mark.parametrize(
    ("query", "code"), [("oil", "716"), ("71", "715"), ("배관", "510"), ("house", "900")]
)
def test_the_classification_is_searched(coded_study: Study, sign_in: SignIn, query: str, code: str) -> None:
    page = get(sign_in("coder"), coded_study, f"classification/?q={query}")
    assert f">{code}</a>" in page
    assert "Nothing is called" in get(sign_in("coder"), coded_study, "classification/?q=zzz")


def test_the_largest_shipped_classification_is_one_page_of_few_queries(
    coded_study: Study, sign_in: SignIn, django_assert_max_num_queries: Callable[..., object]
) -> None:
    soc = classifications.load(name="SOC", edition="2018", files=[SHIPPED / "soc2018.csv"])
    study = studies.create(
        name="Large", classification=soc, dictionary_version=None, user=coded_study.created_by
    )
    client = sign_in("manager")
    with django_assert_max_num_queries(12):  # type: ignore[attr-defined]
        answer = client.get(f"/studies/{study.slug}/classification/")
    assert len(answer.context["lines"]) == soc.codes.count() > 1400
    assert answer.content.decode().count("<details") == answer.content.decode().count("</details>") > 100


def test_the_dictionary_lists_its_phrases_by_table(coded_study: Study, sign_in: SignIn) -> None:
    client = sign_in("coder")
    page = get(client, coded_study, "dictionary/")
    version = coded_study.dictionary_version
    assert version is not None
    assert version.fingerprint in page
    assert page.index("OWN HOME") < page.index("AIRCRAFT") < page.index("FUEL OIL TRUCK DRIVER")
    page = get(client, coded_study, "dictionary/?table=homemaker")
    assert "OWN HOME" in page
    assert "MACHINIST" not in page
    page = get(client, coded_study, "dictionary/?q=contractor")
    assert "PLUMBING CONTRACTOR" in page
    assert "MACHINIST" not in page
    page = get(client, coded_study, "dictionary/?q=71")
    assert "TRUCK DRIVER" in page
    assert "CONTRACTOR" not in page
    assert "Nothing is called “zzz” here" in get(client, coded_study, "dictionary/?q=zzz")
    assert "FUEL OIL TRUCK DRIVER" in get(client, coded_study, "dictionary/?table=nope&page=999")


def test_the_dictionary_shows_spelling_rules_and_words_for_unknown(
    coded_study: Study, sign_in: SignIn
) -> None:
    client = sign_in("coder")
    page = get(client, coded_study, "dictionary/?part=spelling")
    assert "DRVR" in page
    assert "left out" in page
    page = get(client, coded_study, "dictionary/?part=spelling&q=truck")
    assert "TRK" in page
    assert "DRVR" not in page
    page = get(client, coded_study, "dictionary/?part=unknown")
    assert "N/A" in page


def test_a_long_dictionary_is_paged(empty_study: Study, sign_in: SignIn, tmp_path: Path) -> None:
    lines = "".join(f"WORD{n:04},715\n" for n in range(450))
    folder = factories.write_dictionary(tmp_path / "long", {"entries.csv": f"phrase,code\n{lines}"})
    from coding_app.services import dictionaries

    version = dictionaries.load(name="Long", classification=empty_study.classification, folder=folder)
    Study.objects.update(dictionary_version=version)
    page = get(sign_in("coder"), empty_study, "dictionary/?page=3&q=word")
    assert "WORD0449" in page
    assert "WORD0000" not in page
    assert "page 3 of 3" in page
    assert "There is nothing here" in get(sign_in("coder"), empty_study, "dictionary/?part=spelling")


def test_a_study_without_a_dictionary_says_so(empty_study: Study, sign_in: SignIn) -> None:
    Study.objects.update(dictionary_version=None)
    assert "has no dictionary" in get(sign_in("coder"), empty_study, "dictionary/")
    assert "Choose one" in get(sign_in("manager"), empty_study, "dictionary/")
