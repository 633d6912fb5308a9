"""Reopening and removing on pages and in the API: counted first, done at once, taken back as a whole."""

from collections.abc import Callable
from typing import Any

from django.test import Client

from coding_app.choices import RecordStatus
from coding_app.models import Record, Study
from tests import factories


def statuses(study: Study) -> dict[str, str]:
    """Where every record stands, by its own id."""
    return dict(Record.objects.filter(study=study).values_list("external_id", "status"))


def test_what_a_code_means_is_counted_then_reopened_then_taken_back(
    coded_study: Study, sign_in: Callable[[str], Client]
) -> None:
    client, here = sign_in("supervisor"), f"/studies/{coded_study.slug}/reopen/"
    before = statuses(coded_study)
    meant = {"by": "code", "value": "1"}
    page = client.get(here, meant).content.decode()
    assert "Reopen 2 records" in page
    assert statuses(coded_study) == before
    assert client.post(here, {**meant, "action": "reopen", "why": "a doubt"}).status_code == 302
    page = client.get(here).content.decode()
    assert "2 records are being reopened" in page
    assert "Reopening and removing" in page
    assert statuses(coded_study) == before
    factories.do(coded_study.jobs.get(kind="reopen"))
    changed = {name for name, status in statuses(coded_study).items() if status != before[name]}
    assert changed == {"001", "009"}
    page = client.get(here).content.decode()
    assert "records are being reopened" not in page
    gesture = page.split('name="gesture" value="')[1].split('"')[0]
    told = client.post(f"{here}take-back/", {"gesture": gesture}, follow=True).content.decode()
    assert "2 records go back to where they stood" in told
    factories.do(coded_study.jobs.filter(kind="reopen").latest("pk"))
    assert statuses(coded_study) == before


def test_a_record_is_removed_from_its_page_and_restored_there(
    coded_study: Study, sign_in: Callable[[str], Client]
) -> None:
    client, study = sign_in("supervisor"), coded_study
    record = factories.record(study, "001")
    page = client.get(f"/studies/{study.slug}/records/{record.pk}/").content.decode()
    assert f"/reopen/?by=record&amp;value={record.pk}" in page
    sent = {"by": "record", "value": record.pk, "action": "remove", "why": "asked to"}
    shown = client.post(f"/studies/{study.slug}/reopen/", sent, follow=True).content.decode()
    assert "Removed from the study – asked to" in shown
    assert "001" not in client.get(f"/studies/{study.slug}/records/").content.decode().split("<tbody>")[-1]
    client.post(f"/studies/{study.slug}/records/{record.pk}/restore/")
    assert factories.record(study, "001").status == RecordStatus.ACCEPTED
    shown = client.get(f"/studies/{study.slug}/records/{record.pk}/").content.decode()
    assert "Back where it stood: 716" in shown


def test_what_is_not_in_the_study_is_not_found(coded_study: Study, sign_in: Callable[[str], Client]) -> None:
    client, here = sign_in("supervisor"), f"/studies/{coded_study.slug}/reopen/"
    for by in ("record", "dictionary", "model"):
        for value in ("999999", "x", "9" * 50):
            assert client.get(here, {"by": by, "value": value}).status_code == 404
    assert client.get(here, {"by": "weather", "value": "1"}).status_code == 200
    assert client.post(here, {"action": "reopen"}).status_code == 422
    assert client.post(f"{here}take-back/", {"gesture": "x"}).status_code == 302


def test_the_api_does_the_same(coded_study: Study, sign_in: Callable[[str], Client]) -> None:
    client, api = sign_in("supervisor"), f"/api/v1/studies/{coded_study.slug}"
    before = statuses(coded_study)
    meant = {"by": "code", "value": "1"}

    def post(where: str, body: dict[str, str] | None = None, status: int = 200) -> dict[str, object]:
        answer = client.post(f"{api}/{where}/", body or {}, content_type="application/json")
        assert answer.status_code == status, answer.content
        return dict(answer.json())

    def work(done: dict[str, Any]) -> None:
        assert (done["job"]["kind"], done["job"]["state"]) == ("reopen", "queued")
        factories.do(coded_study.jobs.get(pk=done["job"]["id"]))

    assert post("records/count", meant) == {"reopenable": 2, "removable": 2}
    done = post("records/remove", {**meant, "why": "a doubt"}, 202)
    assert (done["records"], done["left"]) == (0, 2)
    work(done)
    assert [one["gesture"] for one in client.get(f"{api}/gestures/").json()["results"]] == [done["gesture"]]
    record = factories.record(coded_study, "001")
    restored = post(f"records/{record.pk}/restore")
    assert (restored["records"], restored["job"]) == (1, None)
    back = post(f"gestures/{done['gesture']}/take-back", status=202)
    assert back["left"] == 2, "to be looked at"
    work(back)
    assert statuses(coded_study) == before
