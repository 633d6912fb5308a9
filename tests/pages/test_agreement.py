"""The supervisors' pages of agreement, of coders and of the evaluation's table."""

import csv
import io
import re
from collections.abc import Callable
from html import unescape

import openpyxl
import pytest
from django.test import Client

from coding_app.choices import RoundKind
from coding_app.models import Study
from tests import factories
from tests.rated import CANNOT, Row, make_round, person

SignIn = Callable[[str], Client]


@pytest.fixture
def study(coded_study: Study) -> Study:
    """A round of double coding and an evaluation."""
    make_round(
        coded_study,
        {
            "001": Row(
                {"ann": "716", "ben": "715"}, machine="716", probability=0.9, final="716", adjudicated=True
            ),
            "002": Row({"ann": "465", "ben": "465"}, machine="465", probability=0.5, final="465"),
            "003": Row({"ann": CANNOT, "ben": "406"}, gold="406"),
        },
    )
    make_round(
        coded_study,
        {
            "005": Row({"ann": "900"}, machine="900", final="900", stratum="birth"),
            "006": Row({"ben": "411"}, machine="801", final="801", stratum="=death", adjudicated=True),
            "009": Row({"ben": "715"}, machine="715"),
        },
        kind=RoundKind.EVALUATION,
        stratum_column="type",
    )
    return coded_study


def at(study: Study, part: str = "") -> str:
    return f"/studies/{study.slug}/{part}"


def ids(client: Client, address: str) -> list[str]:
    """Ids of the records that an address lists."""
    answer = client.get(unescape(address))
    assert answer.status_code == 200, address
    return [record.external_id for record in answer.context["rows"]]


def test_agreement_is_there_at_every_level_and_its_numbers_lead_to_records(
    study: Study, sign_in: SignIn
) -> None:
    supervisor = sign_in("supervisor")
    answer = supervisor.get(at(study, "agreement/"))
    levels = answer.context["levels"]
    assert [(row.figures.level, row.figures.records, row.figures.differing) for row in levels] == [
        (1, 3, 1),
        (2, 3, 1),
        (3, 3, 2),
    ]
    assert ids(supervisor, levels[2].all) == ["001", "002", "003"]
    assert ids(supervisor, levels[2].differing) == ["001", "003"]
    assert ids(supervisor, levels[0].differing) == ["003"]
    page = answer.content.decode()
    for words in ("Cohen&#x27;s kappa", "Gwet&#x27;s AC1", "<svg", "33.3"):
        assert words in page
    confused = answer.context["confused"]
    assert [(row.first, row.second, row.records) for row in confused] == [("", "406", 1), ("715", "716", 1)]
    assert ids(supervisor, confused[0].href) == ["003"]
    assert ids(supervisor, confused[1].href) == ["001"]


@pytest.mark.parametrize(
    ("asked", "compared", "records"),
    [
        ({"between": "machine"}, 7, ["001", "002", "005", "006", "009"]),
        ({"between": "machine", "sure": "yes"}, 2, ["001"]),
        ({"between": "machine", "sure": "no", "column": "industry", "value": "construction"}, 2, ["002"]),
        ({"between": "gold"}, 2, ["003"]),
        ({"between": "final"}, 6, ["001", "002", "005", "006"]),
        ({"since": "2026-03-03", "until": "2026-03-03"}, 3, ["001", "002", "003"]),
    ],
)
def test_a_subset_is_compared_alone(
    study: Study, sign_in: SignIn, asked: dict[str, str], compared: int, records: list[str]
) -> None:
    supervisor = sign_in("supervisor")
    answer = supervisor.get(at(study, "agreement/"), asked)
    row = answer.context["levels"][-1]
    assert row.figures.percent.n == compared
    assert ids(supervisor, row.all) == records


def test_two_coders_can_be_picked_out(study: Study, sign_in: SignIn) -> None:
    supervisor = sign_in("supervisor")
    ann, ben = person(study, "ann").pk, person(study, "ben").pk
    answer = supervisor.get(at(study, "agreement/"), {"first": ann, "second": ben})
    assert answer.context["levels"][-1].figures.records == 3
    refused = supervisor.get(at(study, "agreement/"), {"first": ann, "second": ann})
    assert refused.status_code == 422
    assert "Choose another coder" in refused.content.decode()


def test_more_than_two_coders_get_fleiss_and_a_line_for_each_two(study: Study, sign_in: SignIn) -> None:
    make_round(
        study,
        {"004": Row({"ann": "411", "ben": "411", "cleo": "465"})},
        kind=RoundKind.CALIBRATION,
    )
    supervisor = sign_in("supervisor")
    answer = supervisor.get(at(study, "agreement/"))
    assert "Fleiss&#x27; kappa" in answer.content.decode()
    pairs = answer.context["pairs"]
    assert [(row.first, row.second) for row in pairs] == [("ann", "ben"), ("ann", "cleo"), ("ben", "cleo")]
    assert ids(supervisor, pairs[1].differing) == ["004"]
    assert ids(supervisor, pairs[0].all) == ["001", "002", "003", "004"]


def test_the_cross_table_leads_to_the_records_of_a_cell(study: Study, sign_in: SignIn) -> None:
    supervisor = sign_in("supervisor")
    answer = supervisor.get(at(study, "agreement/"), {"between": "machine", "level": "1"})
    heads, rows = answer.context["matrix"]
    assert [code for code, _title in heads] == ["1", "2", "3", "4"]
    cell = rows[1][2][3]  # coded 2, the machine said 4
    assert cell.number == 1
    assert not cell.same
    assert ids(supervisor, cell.href) == ["006"]


def test_codes_that_are_confused_have_titles_in_the_readers_language(study: Study, sign_in: SignIn) -> None:
    answer = sign_in("supervisor").get(at(study, "agreement/"), headers={"Accept-Language": "ko"})
    assert [one.second_title for one in answer.context["confused"]] == ["도급업자", "연료유 트럭 운전원"]
    assert ("406", "도급업자") in answer.context["matrix"][0]


def test_pages_without_anything_say_what_to_do(empty_study: Study, sign_in: SignIn) -> None:
    supervisor = sign_in("supervisor")
    assert "Set up a round" in supervisor.get(at(empty_study, "agreement/")).content.decode()
    assert "Nobody has coded a record yet" in supervisor.get(at(empty_study, "coders/")).content.decode()
    factories.bring_in(empty_study)
    made = make_round(empty_study, {"001": Row({"ann": "716"})}, kind=RoundKind.EVALUATION)
    assert (
        "coded by two of these people yet" in supervisor.get(at(empty_study, "agreement/")).content.decode()
    )
    table = supervisor.get(at(empty_study, f"agreement/rounds/{made.number}/")).content.decode()
    assert "the machine had no code for it" in table


def test_each_coder_has_figures_that_lead_to_records(study: Study, sign_in: SignIn) -> None:
    supervisor = sign_in("supervisor")
    answer = supervisor.get(at(study, "coders/"))
    rows = {one.row.name: one for one in answer.context["rows"]}
    assert set(rows) == {"ann", "ben"}
    assert ids(supervisor, f"{rows['ben'].list}&what=wrong") == ["001", "006"]
    assert ids(supervisor, f"{rows['ann'].list}&what=gold-wrong") == ["003"]
    assert ids(supervisor, f"{rows['ann'].list}&what=cannot-code") == ["003"]
    assert ids(supervisor, f"{rows['ben'].list}&what=blinded") == ["002", "009"]
    assert ids(supervisor, f"{rows['ben'].list}&what=did-not-see") == ["001", "002", "006", "009"]
    assert rows["ben"].row.work.accepted_blinded.n == 4
    assert len(ids(supervisor, f"{rows['ann'].list}&what=decided")) == 4
    for wrong in ("what=nonsense", "what=part&part=9"):
        assert supervisor.get(f"{rows['ann'].list}&{wrong}").status_code == 404
    assert supervisor.get(at(study, "coders/records/?coder=x&what=decided")).status_code == 404


def test_drift_is_drawn_for_the_coder_asked_for(coded_study: Study, sign_in: SignIn) -> None:
    rows = [(f"m{n:02}", "driver", "", "40") for n in range(12)]
    factories.bring_in(coded_study, factories.csv_bytes(rows), name="more.csv")
    make_round(coded_study, {row[0]: Row({"ann": "715", "ben": "715"}, final="715") for row in rows})
    supervisor = sign_in("supervisor")
    ann = str(person(coded_study, "ann").pk)
    answer = supervisor.get(at(coded_study, "coders/"), {"coder": ann})
    assert [one.part.agreed.n for one in answer.context["parts"]] == [6, 6]
    assert len(ids(supervisor, answer.context["parts"][1].href)) == 6
    week = supervisor.get(at(coded_study, "coders/"), {"coder": ann, "by": "week"})
    assert [one.name for one in week.context["parts"]] == ["2026-03-02"]
    gold = supervisor.get(at(coded_study, "coders/"), {"coder": ann, "against": "gold"})
    assert "codes are of gold records." in gold.content.decode()


def test_the_evaluations_table_has_machine_and_coders_before_and_after(study: Study, sign_in: SignIn) -> None:
    supervisor = sign_in("supervisor")
    answer = supervisor.get(at(study, "agreement/rounds/2/"))
    stages = {
        stage: {
            block.name: [(row.name, len(row.line.records), row.line.count) for row in block.lines]
            for block in blocks
        }
        for stage, blocks in answer.context["stages"]
    }
    assert stages["after"]["Machine"] == [("=death", 1, 1), ("birth", 1, 1), ("Total", 2, 2)]
    assert stages["after"]["Coders together"][-1] == ("Total", 2, 1)
    assert stages["after"]["ann"] == [("Total", 1, 1)]
    assert stages["before"]["Machine"][-1] == ("Total", 3, 2)
    after = dict(answer.context["stages"])["after"]
    people = next(block for block in after if block.name == "Coders together")
    assert ids(supervisor, people.lines[-1].wrong) == ["006"]
    assert ids(supervisor, people.lines[-1].right) == ["005"]
    assert ids(supervisor, people.lines[0].all) == ["006"]
    assert "with the seed 7" in answer.content.decode()


def test_the_table_can_be_exported_without_names(study: Study, sign_in: SignIn) -> None:
    supervisor = sign_in("supervisor")
    answer = supervisor.get(at(study, "agreement/rounds/2/table.csv"))
    assert answer.headers["Content-Disposition"].endswith('-evaluation-2.csv"')
    rows = list(csv.DictReader(io.StringIO(answer.getvalue().decode("utf-8-sig"), newline="")))
    machine = next(row for row in rows if (row["rater"], row["stage"]) == ("machine", "after"))
    assert machine["type_of_record"] == "'=death", "a spreadsheet must not run it"
    assert {row["rater"] for row in rows} == {"machine", "people", "person-01", "person-02"}
    total = next(row for row in rows if (row["rater"], row["type_of_record"]) == ("people", "all"))
    assert (total["n"], total["coded_correctly"], total["percent"]) == ("3", "2", "66.67")
    book = openpyxl.load_workbook(
        io.BytesIO(supervisor.get(at(study, "agreement/rounds/2/table.xlsx")).getvalue())
    )
    assert book.worksheets[0].max_row == len(rows) + 1
    assert supervisor.get(at(study, "agreement/rounds/2/table.pdf")).status_code == 404
    assert supervisor.get(at(study, "agreement/rounds/9/table.csv")).status_code == 404


def test_a_coder_sees_none_of_it(study: Study, sign_in: SignIn) -> None:
    coder = sign_in("coder")
    for part in (
        "agreement/",
        "agreement/records/",
        "agreement/rounds/2/",
        "agreement/rounds/2/records/",
        "agreement/rounds/2/table.csv",
        "coders/",
        "coders/records/",
    ):
        assert coder.get(at(study, part)).status_code == 403, part


def test_no_link_of_the_pages_leads_nowhere(study: Study, sign_in: SignIn) -> None:
    supervisor = sign_in("supervisor")
    for part in ("agreement/", "agreement/?between=machine&level=1", "coders/", "agreement/rounds/2/"):
        page = supervisor.get(at(study, part)).content.decode()
        main = page[page.index("<main") :]
        links = {unescape(link) for link in re.findall(r'href="(/[^"#]+)', main)}
        assert len(links) > 3
        for link in sorted(links):
            assert supervisor.get(link).status_code == 200, link
