"""The figures of agreement over the API."""

from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from coding_app.choices import RoundKind
from coding_app.models import Study
from tests import factories
from tests.rated import Row, make_round, person


@pytest.fixture
def study(db: None, tmp_path: Path) -> Study:
    study = factories.make_study(tmp_path)
    factories.bring_in(study)
    make_round(
        study,
        {
            "001": Row({"ann": "716", "ben": "715"}, machine="716", probability=0.9),
            "002": Row({"ann": "465", "ben": "465"}, machine="465", probability=0.4, final="465"),
        },
    )
    make_round(
        study,
        {"005": Row({"ann": "900"}, machine="900", final="900", stratum="birth")},
        kind=RoundKind.EVALUATION,
        stratum_column="type",
    )
    return study


def ask(study: Study, part: str, status: int = 200, name: str = "supervisor", **asked: Any) -> Any:
    client = Client()
    client.force_login(person(study, name))
    answer = client.get(f"/api/v1/studies/{study.slug}/{part}", asked)
    assert answer.status_code == status, answer.content
    return answer.json()


def test_agreement_has_every_level_with_intervals(study: Study) -> None:
    found = ask(study, "agreement/")
    assert [one["level"] for one in found["levels"]] == [1, 2, 3]
    deepest = found["levels"][-1]
    assert (deepest["records"], deepest["differing"], deepest["percent"]["value"]) == (2, 1, 0.5)
    assert deepest["percent"]["low"] < 0.5 < deepest["percent"]["high"]
    assert deepest["fleiss"] is None
    assert found["levels"][0]["cohen"]["problem"] == "no_spread"
    assert found["confused"] == [{"first": "715", "second": "716", "records": 1}]
    assert [(one["first"], one["second"]) for one in found["pairs"]] == [
        (person(study, "ann").pk, person(study, "ben").pk)
    ]


def test_a_subset_can_be_asked_for(study: Study) -> None:
    sure = ask(study, "agreement/", between="machine", sure="true", threshold="0.8")
    assert sure["levels"][-1]["percent"]["n"] == 2
    one = ask(study, "agreement/", between="machine", round="2", coder=person(study, "ann").pk)
    assert one["levels"][-1]["percent"]["value"] == 1.0
    assert ask(study, "agreement/", column="industry", value="construction")["levels"][-1]["records"] == 1


def test_what_cannot_be_is_refused(study: Study) -> None:
    ask(study, "agreement/", 400, level=9)
    ask(study, "agreement/", 400, nonsense="1")
    ask(study, "agreement/", 404, round=9)
    ask(study, "rounds/9/table/", 404)
    for part in ("agreement/", "coders/", "rounds/2/table/"):
        ask(study, part, 403, name="coder")


def test_coders_and_the_table_are_there(study: Study) -> None:
    ann, ben = ask(study, "coders/")
    assert (ann["name"], ann["pseudonym"], ann["decisions"]) == ("ann", "person-01", 3)
    assert ann["work"]["median_seconds"] == 20.0
    assert ben["final"]["n"] == 1
    table = ask(study, "rounds/2/table/")
    assert table["by"] == "type"
    machine = next(one for one in table["blocks"] if (one["rater"], one["stage"]) == ("machine", "after"))
    assert [(line["stratum"], line["n"], line["correct"]) for line in machine["lines"]] == [(None, 1, 1)]
