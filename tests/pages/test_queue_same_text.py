"""The same text: how it was coded before, and all records with it coded at once."""

from collections.abc import Callable

import pytest
from django.test import Client

from coding_app.choices import RecordStatus
from coding_app.models import Decision, QueueItem, Record, Study
from coding_app.services import review
from tests import factories
from tests.pages.test_queue import address, choice, fields, open_page

SignIn = Callable[[str], Client]
HTMX = {"HX-Request": "true"}
ROWS = (
    ("201", "contractor", "plumbing & heating", "33"),
    ("202", "Contractor ", "PLUMBING  & heating", "40"),
    ("203", "lion tamer", "circus", "50"),
    ("204", "contractor", "plumbing & heating", "51"),
)


@pytest.fixture
def study(empty_study: Study) -> Study:
    factories.bring_in(empty_study, factories.csv_bytes(ROWS))
    factories.code(empty_study)
    return empty_study


@pytest.fixture
def coder(study: Study, sign_in: SignIn) -> Client:
    return sign_in("coder")


def preview(client: Client, study: Study, page: str, **more: str) -> str:
    sent = {**fields(page), **more}
    return client.post(address(study, "same-text/"), sent, headers=HTMX).content.decode()


def keys(*external_ids: str) -> list[str]:
    return [str(Record.objects.get(external_id=one).pk) for one in external_ids]


def test_the_screen_says_how_many_others_wait_with_the_text(study: Study, coder: Client) -> None:
    page = open_page(coder, study)
    assert "Same text · 2" in page
    assert "<b>202</b>" not in page
    review.release(study=study, user=study.members.get(username="coder"))
    coder.post(address(study, f"open/{keys('203')[0]}/"))
    assert "Same text" not in open_page(coder, study)


def test_the_preview_lists_them_and_keeps_what_was_entered(study: Study, coder: Client) -> None:
    page = open_page(coder, study)
    text = preview(coder, study, page, choice=choice(page, "510"), note="two vans")
    for external_id in ("202", "204"):
        assert f"<b>{external_id}</b>" in text
    assert "<b>203</b>" not in text
    assert "2 other records wait with the same text" in text
    assert ">two vans</textarea>" in text
    assert f'value="{choice(page, "510")}" data-code="510" data-number="2" checked' in text
    assert not Decision.objects.exists()


def test_all_are_coded_at_once_and_one_undo_takes_them_back(study: Study, coder: Client) -> None:
    page = open_page(coder, study)
    sent = {**fields(page), "choice": choice(page, "510"), "confirmed": "1", "same": keys("202", "204")}
    text = coder.post(address(study, "same-text/"), sent, headers=HTMX).content.decode()
    assert "Coded 510: 3 records. Next record." in text
    assert "Record 203" in text
    decided = Record.objects.filter(status=RecordStatus.DECIDED, final_code__code="510")
    assert sorted(decided.values_list("external_id", flat=True)) == ["201", "202", "204"]
    last = Decision.objects.latest("pk")
    coder.post(address(study, "undo/"), {"decision": last.pk})
    assert not Record.objects.filter(status=RecordStatus.DECIDED).exists()
    assert "Record 201" in open_page(coder, study)


def test_those_unticked_are_left(study: Study, coder: Client) -> None:
    page = open_page(coder, study)
    sent = {**fields(page), "choice": "c510", "confirmed": "1", "same": keys("204")}
    coder.post(address(study, "same-text/"), sent)
    waiting = Record.objects.filter(status=RecordStatus.WAITING)
    assert sorted(waiting.values_list("external_id", flat=True)) == ["202", "203"]


def test_one_that_another_coder_took_meanwhile_is_left_out_and_said(
    study: Study, coder: Client, sign_in: SignIn
) -> None:
    page = open_page(coder, study)
    sent = {**fields(page), "choice": "c510", "confirmed": "1", "same": keys("202", "204")}
    review.open_record(
        record=Record.objects.get(external_id="204"), user=study.members.get(username="supervisor")
    )
    text = coder.post(address(study, "same-text/"), sent, headers=HTMX).content.decode()
    assert "2 records. Next record. 1 record was left out" in text
    assert Record.objects.get(external_id="204").status == RecordStatus.WAITING


def test_a_code_has_to_be_chosen(study: Study, coder: Client) -> None:
    page = open_page(coder, study)
    sent = {**fields(page), "confirmed": "1", "same": keys("202", "204"), "note": "still here"}
    answer = coder.post(address(study, "same-text/"), sent, headers=HTMX)
    assert answer.status_code == 422
    text = answer.content.decode()
    assert "Choose a code first" in text
    assert "still here" in text
    assert "<b>202</b>" in text
    assert not Decision.objects.exists()


def test_sent_twice_it_codes_once(study: Study, coder: Client) -> None:
    page = open_page(coder, study)
    sent = {**fields(page), "choice": "c510", "confirmed": "1", "same": keys("202", "204")}
    for _ in range(2):
        answer = coder.post(address(study, "same-text/"), sent, headers=HTMX)
        assert answer.status_code == 200
        assert "Record 203" in answer.content.decode()
    assert Decision.objects.count() == 3


def test_a_record_of_another_text_or_study_is_not_coded_along(study: Study, coder: Client) -> None:
    page = open_page(coder, study)
    sent = {**fields(page), "choice": "c510", "confirmed": "1", "same": [*keys("203"), "999999", "x"]}
    coder.post(address(study, "same-text/"), sent)
    assert Decision.objects.count() == 1


def test_how_the_text_was_coded_before_is_shown_without_the_code_known_beforehand(
    study: Study, coder: Client
) -> None:
    assert "The same text before" not in open_page(coder, study)
    page = open_page(coder, study)
    coder.post(address(study, "decide/"), {**fields(page), "choice": "c510"})
    page = open_page(coder, study)
    assert "Record 202" in page
    before = page[page.index("The same text before") :]
    assert '<span class="code">510</span> Plumber' in before
    assert "1 by a person" in before
    Record.objects.filter(external_id="201").update(reference_code="982")
    assert "982" not in open_page(coder, study)
    key = Record.objects.get(external_id="201").text_key
    listed = coder.get(f"/studies/{study.slug}/records/?same={key}").content.decode()
    assert "with one and the same text" in listed
    assert listed.count('<th scope="row" class="nowrap">') == 3


def test_machine_and_people_are_counted_apart(empty_study: Study, sign_in: SignIn) -> None:
    rows = [(str(at), "truck driver", "fuel oil", "40") for at in range(4)]
    factories.bring_in(empty_study, factories.csv_bytes(rows))
    factories.code(empty_study)
    again = Record.objects.get(external_id="3")
    Record.objects.filter(pk=again.pk).update(status=RecordStatus.WAITING, final_code=None, route="")
    QueueItem.objects.create(study=empty_study, record=again)
    page = open_page(sign_in("coder"), empty_study)
    assert "3 by machine" in page
    assert "by a person" not in page
