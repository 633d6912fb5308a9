"""Filter and order of the queue: kept with the session, said on the screen, cleared by one click."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from coding_app.choices import QueueOrder, RecordStatus
from coding_app.models import QueueItem, Record, Study
from tests import factories
from tests.pages.test_queue import address, choice, fields, open_page

SignIn = Callable[[str], Client]
HEADER = ("id", "occupation", "industry", "age", "county", "reference")
ROWS = (
    ("101", "contractor", "plumbing & heating", "33", "Marlow", "510"),
    ("102", "lion tamer", "circus", "40", "Hill", "411"),
    ("103", "contractor", "heating & plumbing", "50", "Hillside", "470"),
    ("104", "lion tamer", "circus", "41", "hill", "411"),
)


@pytest.fixture
def study(empty_study: Study) -> Study:
    factories.bring_in(empty_study, factories.csv_bytes(ROWS, HEADER))
    factories.code(empty_study)
    assert not Record.objects.exclude(status=RecordStatus.WAITING).exists()
    return empty_study


@pytest.fixture
def coder(study: Study, sign_in: SignIn) -> Client:
    return sign_in("coder")


def narrow(client: Client, study: Study, **wanted: str) -> str:
    answer = client.post(address(study, "narrow/"), wanted, follow=True)
    assert answer.status_code == 200
    return answer.content.decode()


def served(client: Client, study: Study) -> list[str]:
    """What comes, in order, to its end."""
    found = []
    page = open_page(client, study)
    while 'id="decide"' in page:
        record = Record.objects.get(pk=fields(page)["record"])
        found.append(record.external_id)
        sent = {**fields(page), "reason": "vague"}
        page = client.post(address(study, "cannot-code/"), sent, follow=True).content.decode()
    return found


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({"column": "county", "value": "HILL"}, ["102", "104"]),
        ({"column": "county", "value": "hill", "inside": "1"}, ["102", "103", "104"]),
        ({"column": "industry", "value": "plumbing", "inside": "1"}, ["101", "103"]),
        ({"column": "age", "value": "40"}, ["102"]),
        ({"candidate": "510"}, ["101", "103"]),
        ({"candidate": "2"}, ["101", "103"]),
        ({"candidate": "406", "column": "county", "value": "marlow"}, ["101"]),
        ({"by": "match"}, ["101", "103"]),
        ({"by": "model"}, []),
        ({"column": "county", "value": "nowhere"}, []),
    ],
)
def test_the_queue_is_narrowed(
    study: Study, coder: Client, wanted: dict[str, str], expected: list[str]
) -> None:
    narrow(coder, study, **wanted)
    assert served(coder, study) == expected


def test_nobody_filters_by_a_code_known_beforehand(study: Study, coder: Client) -> None:
    assert "<option>reference</option>" not in open_page(coder, study)
    assert "<option>county</option>" in open_page(coder, study)
    narrow(coder, study, column="reference", value="411")
    assert served(coder, study) == []


def test_the_order_is_served(study: Study, coder: Client) -> None:
    for external_id, unsure, frequent in (("101", 0.2, 1), ("102", 0.9, 2), ("103", 0.5, 7), ("104", 0.9, 2)):
        place = QueueItem.objects.filter(record__external_id=external_id)
        place.update(uncertainty=unsure, frequency=frequent)
    page = narrow(coder, study, order=QueueOrder.FREQUENCY)
    assert "Record 103" in page
    assert '<span class="badge busy">Most frequent text first</span>' in page
    narrow(coder, study, order=QueueOrder.UNCERTAINTY)
    assert served(coder, study) == ["102", "104", "103", "101"]


def test_the_filter_is_said_and_cleared_by_one_click(study: Study, coder: Client) -> None:
    page = narrow(coder, study, column="county", value="Hill", candidate="", by="")
    assert "county is “Hill”" in page
    assert "Record 102" in page
    assert "county is “Hill”" in open_page(coder, study)
    page = narrow(coder, study, clear="1", column="county", value="Hill")
    assert "county is" not in page
    assert "Record 101" in page


def test_a_filter_without_a_match_is_told_apart_from_an_empty_queue(study: Study, coder: Client) -> None:
    page = narrow(coder, study, column="county", value="nowhere")
    assert "No waiting record is like what you filter for" in page
    assert "every record is decided" not in page
    page = narrow(coder, study, clear="1")
    assert len(served(coder, study)) == 4
    page = narrow(coder, study, column="county", value="nowhere")
    assert "every record is decided" in page


def test_a_decision_is_followed_by_the_next_record_of_the_filter(study: Study, coder: Client) -> None:
    page = narrow(coder, study, candidate="510")
    sent = {**fields(page), "choice": choice(page, "510")}
    answer = coder.post(address(study, "decide/"), sent, headers={"HX-Request": "true"})
    assert "Record 103" in answer.content.decode()


def test_a_candidate_that_is_no_code_leaves_the_filter_as_it_was(study: Study, coder: Client) -> None:
    narrow(coder, study, column="county", value="Hill")
    page = narrow(coder, study, candidate="nope")
    assert "There is no code nope" in page
    assert "county is “Hill”" in page


def test_nonsense_narrows_nothing(study: Study, coder: Client) -> None:
    for wanted in (
        {"order": "x"},
        {"by": "x"},
        {"column": "county"},
        {"value": "x"},
        {"column": "\0", "value": "\0"},
    ):
        page = narrow(coder, study, **wanted)
        assert 'class="badge busy"' not in page


def test_each_coder_and_each_study_has_a_filter_of_its_own(
    study: Study, coder: Client, sign_in: SignIn, tmp_path: Any
) -> None:
    narrow(coder, study, column="county", value="Hill")
    assert "county is" not in open_page(sign_in("supervisor"), study)
    other = factories.make_study(tmp_path, "Elsewhere")
    assert "county is" not in open_page(coder, other)
