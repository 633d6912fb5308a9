"""The methods page says what the study shows, and nothing that it does not."""

import io
import re
from collections.abc import Callable
from html import unescape

import pytest
from django.test import Client
from docx import Document as read

from coding_app.choices import RoundKind
from coding_app.document import Flow, Step
from coding_app.models import Study
from coding_app.selectors import methods
from coding_app.views.flow_diagram import diagram
from tests.rated import Row, make_round

SignIn = Callable[[str], Client]


@pytest.fixture
def rounds(coded_study: Study) -> Study:
    """Double coding and an evaluation, both adjudicated."""
    make_round(
        coded_study,
        {
            "001": Row({"ann": "716", "ben": "715"}, machine="716", final="716", adjudicated=True),
            "002": Row({"ann": "465", "ben": "465"}, machine="465", final="465"),
        },
    )
    make_round(
        coded_study,
        {
            "005": Row({"ann": "900"}, machine="900", final="900", stratum="birth"),
            "006": Row({"ben": "411"}, machine="801", final="801", stratum="death", adjudicated=True),
        },
        kind=RoundKind.EVALUATION,
        stratum_column="type",
    )
    return coded_study


def at(study: Study, part: str = "") -> str:
    return f"/studies/{study.slug}/methods/{part}"


def words(page: str) -> str:
    """The text of a page's content."""
    main = page[page.index("<h1") :]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", main)).split()).replace(" ;", ";")


def test_the_study_fills_paragraphs_and_tables(rounds: Study, sign_in: SignIn) -> None:
    text = words(sign_in("supervisor").get(at(rounds)).content.decode())
    for said in (
        "9 records were imported from 1 file",
        "Jobs (1): 19 codes that records may have, at 3 levels.",
        "against the dictionary Words v1",
        "No statistical model was used.",
        "What the dictionary coded was accepted without a person.",
        "2 people made 6 decisions, in 20 seconds each at the median. 1 person adjudicated.",
        "In a blinded round coders saw what was written",
        "1. Round 1 Double coding Coding yes A random sample 2 / 2 7 2 1 1",
        "Before adjudication, machine and people agreed on 50.0 %",
        "Machine birth 1 1 100.0 %",
        "Coders together Total 2 1 50.0 %",
        "Tiebreak, on Django 5",
    ):
        assert said in text, said
    for name in ("ann", "ben", "supervisor"):
        assert f" {name} " not in text.replace("supervisor Dashboard", "")


def test_every_number_that_is_a_link_leads_to_as_many_rows(rounds: Study, sign_in: SignIn) -> None:
    supervisor = sign_in("supervisor")
    double = rounds.rounds.get(kind=RoundKind.DOUBLE)
    page = supervisor.get(at(rounds)).content.decode()
    links = [(unescape(href), number) for href, number in re.findall(r'<a href="([^"]+)">(\d+)</a>', page)]
    assert {href.split("?")[0].split("/", 3)[3] for href, _number in links} == {
        "records/",
        "coders/records/",
        "agreement/records/",
        "agreement/rounds/2/records/",
        "rounds/1/records/",
        "rounds/2/records/",
    }
    for href, number in links:
        answer = supervisor.get(href)
        rows = re.search(r'<p role="status"><b>(\d+)</b>', answer.content.decode())
        assert rows, href
        # Against the machine each coder's code counts: two of each record in the round of double coding.
        of_each = 2 if "between=machine" in href and href.endswith(f"round={double.pk}") else 1
        assert int(rows[1]) * of_each == int(number), href


def test_what_the_study_does_not_show_is_not_claimed(coded_study: Study, sign_in: SignIn) -> None:
    text = words(sign_in("supervisor").get(at(coded_study)).content.decode())
    for said in (
        "No person has coded a record yet.",
        "No round of coding was drawn",
        "No record was coded by two people independently",
        "The machine was not evaluated against adjudicated codes.",
        "The study shows nothing of it",
    ):
        assert said in text, said
    for claim in (
        "blinded round",
        "kappa that of",
        "adjudicated, blinded",
        "drawn at random",
        "Adjudicators saw",
    ):
        assert claim not in text, claim


def test_an_empty_study_has_a_page_and_files(empty_study: Study, sign_in: SignIn) -> None:
    supervisor = sign_in("supervisor")
    assert "The study has no records yet." in words(supervisor.get(at(empty_study)).content.decode())
    for part in ("methods.html", "methods.docx"):
        assert supervisor.get(at(empty_study, part)).status_code == 200


def test_the_html_file_needs_no_other(rounds: Study, sign_in: SignIn) -> None:
    answer = sign_in("supervisor").get(at(rounds, "methods.html"))
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    page = answer.content.decode()
    assert not re.findall(r'(?:src|href)="', page)
    assert "url(http" not in page
    assert "<svg" in page
    assert "2 people made 6 decisions" in words(page)


def test_the_docx_says_the_same_as_the_page(rounds: Study, sign_in: SignIn) -> None:
    supervisor = sign_in("supervisor")
    answer = supervisor.get(at(rounds, "methods.docx"))
    assert answer.headers["Content-Disposition"].endswith('-methods.docx"')
    file = read(io.BytesIO(answer.content))
    document = methods.methods(rounds)
    headings = [one.text for one in file.paragraphs if one.style and one.style.name == "Heading 1"]
    assert headings == [section.title for section in document.sections]
    text = " ".join(one.text for one in file.paragraphs)
    assert "2 people made 6 decisions" in text
    cells = [[cell.text for cell in row.cells] for table in file.tables for row in table.rows]
    assert ["Machine", "birth", "1", "1", "100.0 % (20.7–100.0)"] in cells
    page = words(supervisor.get(at(rounds)).content.decode())
    assert ["Imported\n9", "", ""] in cells
    assert ["In the study\n9", "→", "Children: 1\nUnknown or blank: 1"] in cells
    for row in cells:
        for cell in row:
            assert cell in "↓→" or " ".join(cell.split()) in page


def test_the_flow_adds_up(rounds: Study) -> None:
    document = methods.methods(rounds)
    flow = next(block for section in document.sections for block in section.blocks if isinstance(block, Flow))
    imported, inside, beyond, to_people, decided, final = flow.steps
    assert imported.records == inside.records == 9
    assert inside.records - sum(one.records for one in inside.beside) == beyond.records
    assert beyond.records - sum(one.records for one in beyond.beside) == to_people.records
    assert to_people.records - sum(one.records for one in to_people.beside) == decided.records
    assert final.records == decided.records + sum(one.records for one in beyond.beside)


def test_boxes_of_the_diagram_do_not_overlap() -> None:
    drawn = diagram(
        Flow("x", (Step("a", 9, (Step("b", 1), Step("c", 2), Step("d", 3))), Step("e", 3), Step("f", 3)))
    )
    for one in drawn.boxes:
        assert one.x >= 0
        assert one.x + one.width <= drawn.width
        assert one.y + one.height <= drawn.height
        for other in drawn.boxes:
            apart = (
                one.x + one.width <= other.x
                or other.x + other.width <= one.x
                or one.y + one.height <= other.y
                or other.y + other.height <= one.y
            )
            assert one is other or apart


def test_coders_do_not_see_it(rounds: Study, sign_in: SignIn) -> None:
    for part in ("", "methods.html", "methods.docx"):
        assert sign_in("coder").get(at(rounds, part)).status_code == 403
