"""The list of records with its filters, and the page of one record."""

import re
from collections.abc import Callable

import pytest
from django.test import Client

from coding_app.models import Code, Decision, Record, Study
from coding_app.selectors.records import RecordFilter, records
from coding_app.services import review
from tests import factories

SignIn = Callable[[str], Client]


def listed(client: Client, study: Study, **wanted: str) -> list[str]:
    answer = client.get(f"/studies/{study.slug}/records/", wanted)
    assert answer.status_code == 200
    return [record.external_id for record in answer.context["rows"]]


def page_of(client: Client, study: Study, external_id: str) -> str:
    pk = factories.record(study, external_id).pk
    return client.get(f"/studies/{study.slug}/records/{pk}/").content.decode()


@pytest.fixture
def decided_study(coded_study: Study) -> Study:
    tie = factories.record(coded_study, "003")
    coder = coded_study.members.get(username="coder")
    review.decide(
        record=tie, user=coder, code=Code.objects.get(code="510"), seen_version=tie.version, note="van"
    )
    return coded_study


@pytest.mark.parametrize(
    ("wanted", "ids"),
    [
        ({}, ["001", "002", "003", "004", "005", "006", "007", "008", "009"]),
        ({"status": "waiting"}, ["004"]),
        ({"outcome": "tie"}, ["003"]),
        ({"table": "homemaker"}, ["005"]),
        ({"code": "716"}, ["001"]),
        ({"code": "1"}, ["001", "009"]),
        ({"coder": "coder"}, ["003"]),
        ({"text": "ZOO"}, ["004"]),
        ({"text": "009"}, ["009"]),
        ({"status": "accepted", "code": "4"}, ["006"]),
        ({"compared": "right"}, ["001", "002", "005"]),
        ({"compared": "wrong"}, ["006", "009"]),
        ({"status": "nonsense"}, []),
        ({"source": "x"}, []),
        ({"text": "\0"}, ["001", "002", "003", "004", "005", "006", "007", "008", "009"]),
    ],
)
def test_the_list_shows_what_the_filter_asks_for(
    decided_study: Study, sign_in: SignIn, wanted: dict[str, str], ids: list[str]
) -> None:
    assert listed(sign_in("supervisor"), decided_study, **wanted) == ids


def test_the_reason_a_record_cannot_be_coded_is_a_filter(coded_study: Study, sign_in: SignIn) -> None:
    none = factories.record(coded_study, "004")
    coder = coded_study.members.get(username="coder")
    from coding_app.choices import CannotCodeReason

    review.cannot_code(record=none, user=coder, reason=CannotCodeReason.VAGUE, seen_version=none.version)
    assert listed(sign_in("coder"), coded_study, reason="vague") == ["004"]
    assert listed(sign_in("coder"), coded_study, reason="other") == []


def test_a_coder_cannot_compare_with_the_known_codes(coded_study: Study, sign_in: SignIn) -> None:
    coder = sign_in("coder")
    assert listed(coder, coded_study, compared="wrong") == listed(coder, coded_study)
    page = coder.get(f"/studies/{coded_study.slug}/records/?compared=wrong").content.decode()
    assert 'name="compared"' not in page
    assert "known code" not in page


def test_every_field_of_the_filter_can_be_set_on_the_page(coded_study: Study, sign_in: SignIn) -> None:
    page = sign_in("supervisor").get(f"/studies/{coded_study.slug}/records/").content.decode()
    for name in RecordFilter.__dataclass_fields__:
        assert f'name="{name}"' in page


def test_dates_are_written_alike_on_every_page(coded_study: Study, sign_in: SignIn) -> None:
    client = sign_in("supervisor")
    key = factories.record(coded_study, "001").pk
    for end in (f"records/{key}/", "dictionary/", "imports/", ""):
        page = client.get(f"/studies/{coded_study.slug}/{end}").content.decode()
        assert re.search(r"\b20\d\d-\d\d-\d\d \d\d:\d\d\b", page), end
        assert not re.search(r"\d/\d\d/20\d\d|[ap]\.m\.", page), end


def test_the_active_filter_is_told_in_words_and_can_be_taken_away(
    coded_study: Study, sign_in: SignIn
) -> None:
    upload = coded_study.imports.get()
    target = f"/studies/{coded_study.slug}/records/"
    page = sign_in("supervisor").get(
        target,
        {
            "status": "accepted", "outcome": "coded", "table": "general", "code": "1", "coder": "coder",
            "source": str(upload.pk), "compared": "right", "reason": "vague", "text": "a&b",
        },
    ).content.decode()  # fmt: skip
    for words in (
        "status: Accepted by machine",
        "dictionary coder: Coded",
        "coded by: general table",
        "final code 1 or below it",
        "imported from records.csv",
        "machine&#x27;s code is the known code",
        "decided by coder",
        "cannot be coded: Too vague",
        "with “a&amp;b” in id or literals",
    ):
        assert words in page
    assert "No record is like this" in page
    narrowed = sign_in("supervisor").get(target, {"status": "waiting", "text": "z"})
    without = [condition.without for condition in narrowed.context["conditions"]]
    assert without == [f"{target}?text=z", f"{target}?status=waiting"]


def test_pages_keep_the_filter(empty_study: Study, sign_in: SignIn) -> None:
    rows = [(f"{n:03}", "driver" if n % 2 else "plumber of ships", "", "30") for n in range(250)]
    factories.bring_in(empty_study, factories.csv_bytes(rows))
    target = f"/studies/{empty_study.slug}/records/"
    answer = sign_in("coder").get(target, {"text": "driver", "page": "2"})
    assert len(answer.context["rows"]) == 25
    assert answer.context["page"].paginator.count == 125
    assert 'href="?text=driver&amp;page=1"' in answer.content.decode()
    assert sign_in("coder").get(target, {"page": "zzz"}).context["page"].number == 1


def test_a_list_takes_the_same_queries_however_many_records_it_shows(
    coded_study: Study, sign_in: SignIn, django_assert_max_num_queries: Callable[..., object]
) -> None:
    client = sign_in("coder")
    with django_assert_max_num_queries(13):  # type: ignore[attr-defined]
        client.get(f"/studies/{coded_study.slug}/records/")


def test_an_empty_list_says_what_to_do(empty_study: Study, sign_in: SignIn) -> None:
    target = f"/studies/{empty_study.slug}/records/"
    assert "Upload records" in sign_in("supervisor").get(target).content.decode()
    assert "Upload records" not in sign_in("coder").get(target).content.decode()


def test_a_record_shows_its_trace_with_the_deciding_rows_marked(coded_study: Study, sign_in: SignIn) -> None:
    client = sign_in("coder")
    rows = client.get(
        f"/studies/{coded_study.slug}/records/{factories.record(coded_study, '002').pk}/"
    ).context["trace"]
    marked = [(row.phrase, row.occupation_only, row.code) for row in rows if row.deciding]
    assert marked == [("MACHINIST", True, "465")]
    assert {row.code for row in rows} == {"465", "982"}
    page = page_of(client, coded_study, "003")
    assert len(re.findall(r">tied</span>", page)) == 2
    page = page_of(client, coded_study, "001")
    assert len(re.findall(r">decided</span>", page)) == 1
    assert "FUEL OIL TRUCK DRIVER" in page
    for title in ("Drivers and movers", "Drivers", "Fuel oil truck driver"):
        assert title in page


def test_records_without_a_trace_say_why(coded_study: Study, sign_in: SignIn) -> None:
    client = sign_in("coder")
    assert "No phrase of the dictionary is made of these words" in page_of(client, coded_study, "004")
    assert "set aside before" in page_of(client, coded_study, "007")


def test_a_record_not_coded_yet_has_a_page(empty_study: Study, sign_in: SignIn) -> None:
    factories.bring_in(empty_study)
    assert "not coded by machine yet" in page_of(sign_in("coder"), empty_study, "001")


def test_decisions_and_history_are_told_in_words(decided_study: Study, sign_in: SignIn) -> None:
    client = sign_in("coder")
    page = page_of(client, decided_study, "003")
    assert "van" in page
    for words in (
        "Imported from records.csv, line 4",
        "Looked at by the machine: Tied",
        "Decided: 510",
        "found by search",
    ):
        assert words in page
    assert "Coded 716 by the dictionary" in page_of(client, decided_study, "001")
    review.undo(study=decided_study, user=decided_study.members.get(username="coder"))
    page = page_of(client, decided_study, "003")
    assert "undone" in page
    assert "Decision undone" in page
    assert "Go on with it in the queue" in page


def test_a_waiting_record_can_be_opened_in_the_queue(coded_study: Study, sign_in: SignIn) -> None:
    waiting = factories.record(coded_study, "004")
    target = f"/studies/{coded_study.slug}/queue/open/{waiting.pk}/"
    assert target in page_of(sign_in("coder"), coded_study, "004")
    assert "queue/open/" not in page_of(sign_in("coder"), coded_study, "001")


def test_coders_do_not_see_the_known_code_in_list_or_record(empty_study: Study, sign_in: SignIn) -> None:
    rows = [("1", "driver", "", "30", "SECRET-7"), ("2", "zoo", "", "30", "SECRET-8")]
    header = ("id", "occupation", "industry", "age", "reference")
    factories.bring_in(empty_study, factories.csv_bytes(rows, header))
    factories.code(empty_study)
    coder, supervisor = sign_in("coder"), sign_in("supervisor")
    target = f"/studies/{empty_study.slug}"
    pages = [f"{target}/records/", f"{target}/records/?text=SECRET", f"{target}/classification/"]
    pages += [f"{target}/records/{record.pk}/" for record in Record.objects.all()]
    for page in pages:
        text = coder.get(page).content.decode()
        assert "SECRET-" not in text, page
        assert "reference" not in text, page
    assert "SECRET-7" in page_of(supervisor, empty_study, "1")


def test_records_are_not_there_for_those_outside_the_study(
    coded_study: Study, sign_in: SignIn, tmp_path_factory: pytest.TempPathFactory
) -> None:
    pk = factories.record(coded_study, "001").pk
    outsider = sign_in("outsider")
    for end in ("records/", f"records/{pk}/", "classification/", "dictionary/"):
        assert outsider.get(f"/studies/{coded_study.slug}/{end}").status_code == 404
    other = factories.make_study(tmp_path_factory.mktemp("other"), "Docks")
    assert sign_in("coder").get(f"/studies/{other.slug}/records/{pk}/").status_code == 404


def test_the_list_leaves_the_record_as_it_is(coded_study: Study, sign_in: SignIn) -> None:
    before = list(Record.objects.order_by("pk").values_list("pk", "version", "status"))
    listed(sign_in("coder"), coded_study)
    page_of(sign_in("coder"), coded_study, "003")
    assert list(Record.objects.order_by("pk").values_list("pk", "version", "status")) == before
    assert not Decision.objects.exists()
    assert records(coded_study).count() == 9
