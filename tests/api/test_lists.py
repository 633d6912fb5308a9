"""Lists: paged by key, in a fixed number of queries."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from rest_framework.test import APIClient

from coding_app.choices import StatusGroup
from coding_app.models import Record, Study
from coding_app.selectors.records import RecordFilter, records
from tests import factories

HERE = "/api/v1/studies/mills/"
MaxQueries = Callable[..., AbstractContextManager[Any]]


@pytest.fixture
def large(study: Study) -> Study:
    """Sixty records more, tied, so that each has candidates."""
    rows = [(f"x{number}", "contractor", "plumbing & heating", "") for number in range(60)]
    factories.bring_in(study, factories.csv_bytes(rows), "more.csv")
    factories.code(study)
    return study


@pytest.mark.parametrize(
    ("address", "most"),
    [
        ("records/", 5),
        ("imports/", 4),
        ("runs/", 4),
        ("jobs/", 4),
        ("exports/", 4),
        ("decisions/", 5),
        ("members/", 4),
        ("search/?q=c", 8),
    ],
)
def test_a_list_takes_the_same_few_queries_however_long(
    large: Study,
    manager: APIClient,
    django_assert_max_num_queries: MaxQueries,
    address: str,
    most: int,
) -> None:
    for external_id in ("x1", "x2", "x3"):
        record = factories.record(large, external_id)
        body = {"record": record.pk, "seen_version": record.version, "kind": "code", "code": "510"}
        assert manager.post(f"{HERE}decisions/", body, format="json").status_code == 201
        manager.post(f"{HERE}exports/", {"kind": "csv"}, format="json")
    with django_assert_max_num_queries(most):
        answer = manager.get(f"{HERE}{address}")
    assert len(answer.json()["results"]) >= 2


@pytest.mark.parametrize(
    ("address", "most"),
    [
        ("/api/v1/studies/", 5),
        ("/api/v1/classifications/", 4),
        ("/api/v1/classifications/{classification}/codes/", 5),
        ("/api/v1/dictionaries/", 4),
    ],
)
def test_the_common_lists_take_few_queries(
    study: Study,
    manager: APIClient,
    django_assert_max_num_queries: MaxQueries,
    address: str,
    most: int,
) -> None:
    with django_assert_max_num_queries(most):
        answer = manager.get(address.format(classification=study.classification_id))
    assert answer.json()["results"]


def test_one_record_takes_few_queries_however_many_candidates(
    large: Study, manager: APIClient, django_assert_max_num_queries: MaxQueries
) -> None:
    record = factories.record(large, "x9")
    with django_assert_max_num_queries(10):
        shown = manager.get(f"{HERE}records/{record.pk}/").json()
    assert len(shown["suggestion_set"]["suggestions"]) == 3
    # The rounds under way are asked for, too, and whether they blind one.
    with django_assert_max_num_queries(15):
        manager.post(f"{HERE}queue/next/")


def test_pages_together_hold_every_record_once_though_records_are_added(
    large: Study, manager: APIClient
) -> None:
    seen: list[str] = []
    address = f"{HERE}records/?page_size=25"
    while address:
        page = manager.get(address).json()
        seen += [one["external_id"] for one in page["results"]]
        address = page["next"]
        if len(seen) == 25:
            factories.bring_in(large, factories.csv_bytes([("late", "driver", "", "")]), "late.csv")
    assert len(seen) == len(set(seen)) == 69
    assert seen[-1] == "late"


def test_a_page_before_another_is_reached_again(large: Study, manager: APIClient) -> None:
    first = manager.get(f"{HERE}records/", {"page_size": 10}).json()
    second = manager.get(first["next"]).json()
    assert manager.get(second["previous"]).json()["results"] == first["results"]


def test_no_page_is_longer_than_a_thousand(large: Study, manager: APIClient) -> None:
    assert len(manager.get(f"{HERE}records/", {"page_size": 10**30}).json()["results"]) == 68
    assert len(manager.get(f"{HERE}records/", {"page_size": "-1"}).json()["results"]) == 68


@pytest.mark.parametrize(
    "wanted",
    [
        {"status": "waiting"},
        {"outcome": "child"},
        {"table": "homemaker"},
        {"code": "21"},
        {"text": "TRUCK"},
        {"compared": "right"},
        {"reason": "vague"},
        {"status": "accepted", "code": "1"},
    ],
)
def test_parameters_narrow_the_list_as_the_record_filter_does(
    study: Study, manager: APIClient, wanted: dict[str, str]
) -> None:
    expected = [one.external_id for one in records(study, RecordFilter(**wanted))]
    listed = manager.get(f"{HERE}records/", wanted).json()["results"]
    assert [one["external_id"] for one in listed] == expected


def test_records_are_listed_by_the_import_they_came_with(large: Study, manager: APIClient) -> None:
    source = Record.objects.filter(study=large, external_id="x1").values_list("source", flat=True).get()
    listed = manager.get(f"{HERE}records/", {"source": source}).json()["results"]
    assert len(listed) == 60


def test_codes_come_in_the_order_of_the_file_and_are_found_by_their_words(
    study: Study, coder: APIClient
) -> None:
    here = f"/api/v1/classifications/{study.classification_id}/codes/"
    listed = coder.get(here, {"page_size": 4}).json()
    assert [one["code"] for one in listed["results"]] == ["1", "11", "295", "715"]
    assert [one["code"] for one in coder.get(listed["next"]).json()["results"]] == ["716", "2", "21", "406"]
    assert listed["results"][1]["parent"] == "1"
    found = coder.get(here, {"q": "fuel dr"}).json()["results"]
    assert {one["code"] for one in found} == {"295", "716"}


def test_titles_come_in_the_language_that_is_asked_for(study: Study, coder: APIClient) -> None:
    here = f"/api/v1/classifications/{study.classification_id}/codes/"
    listed = coder.get(here, headers={"accept-language": "ko"}).json()["results"]
    assert listed[0]["title"] == "운전 및 운반"


def test_a_newer_dictionary_is_used_from_the_next_run_on(
    study: Study, manager: APIClient, tmp_path: Any
) -> None:
    from coding_app.services import dictionaries

    files = {**factories.DICTIONARY, "entries.csv": factories.DICTIONARY["entries.csv"] + "ZOOKEEPER,982\n"}
    newer = dictionaries.load(
        name="Words",
        classification=study.classification,
        folder=factories.write_dictionary(tmp_path / "newer", files),
    )
    changed = manager.patch(HERE, {"dictionary_version": newer.pk}, format="json").json()
    assert changed["dictionary_version"]["name"] == "Words v2"
    assert manager.get("/api/v1/studies/").json()["results"][0]["dictionary_version"] == "Words v2"


@pytest.mark.parametrize(
    ("group", "ids"),
    [
        (StatusGroup.FINAL, {"001", "002", "005", "006", "007", "008"}),
        (StatusGroup.CODED, {"001", "002", "005", "006"}),
        (StatusGroup.ROUTED, {"001", "002", "003", "004", "005", "006"}),
        (StatusGroup.TO_PEOPLE, {"003", "004"}),
        (StatusGroup.OCCUPATIONAL, {"001", "002", "003", "004", "005", "006"}),
    ],
)
def test_records_are_narrowed_by_a_group_of_statuses(
    study: Study, manager: APIClient, group: StatusGroup, ids: set[str]
) -> None:
    found = manager.get(f"{HERE}records/", {"status": group.value}).json()["results"]
    assert {one["external_id"] for one in found} == ids
