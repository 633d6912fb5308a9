"""Flags: raised at the record in the queue, answered by a supervisor, seen again by whoever asked."""

from collections.abc import Callable

import pytest
from django.test import Client

from coding_app.choices import Verb
from coding_app.models import Event, Flag, Study
from tests import factories
from tests.pages.test_queue import address, choice, fields, open_page

HTMX = {"HX-Request": "true"}
SignIn = Callable[[str], Client]


@pytest.fixture
def coder(coded_study: Study, sign_in: SignIn) -> Client:
    return sign_in("coder")


def flagged(client: Client, study: Study, note: str = "Which of the two?") -> Flag:
    sent = {**fields(open_page(client, study)), "flag": note}
    assert client.post(address(study, "flag/"), sent, headers=HTMX).status_code == 200
    return Flag.objects.latest("pk")


def test_a_flag_is_raised_and_what_was_entered_stays(coded_study: Study, coder: Client) -> None:
    page = open_page(coder, coded_study)
    sent = {**fields(page), "choice": choice(page, "510"), "note": "van", "flag": "Which of the two?"}
    answer = coder.post(address(coded_study, "flag/"), sent, headers=HTMX)
    assert answer.status_code == 200
    text = answer.content.decode()
    assert "a supervisor will answer" in text
    assert "Which of the two?" in text
    assert ">van</textarea>" in text
    assert f'value="{sent["choice"]}" data-code="510" data-number="2" checked' in text
    flag = Flag.objects.get()
    record = factories.record(coded_study, "003")
    assert (flag.record, flag.raised_by.username, flag.note) == (record, "coder", "Which of the two?")
    event = Event.objects.get(verb=Verb.RECORD_FLAGGED)
    assert (event.record, event.before, event.after) == (record, record.status, record.status)
    assert (event.data["code"], event.data["route"]) == (None, "")


def test_a_flag_needs_a_note_and_waits_for_its_answer_once(coded_study: Study, coder: Client) -> None:
    sent = {**fields(open_page(coder, coded_study)), "note": "keep me"}
    for note in ("", "  ", "x" * 2001, "\0"):
        answer = coder.post(address(coded_study, "flag/"), {**sent, "flag": note})
        assert answer.status_code == 422
        assert "keep me" in answer.content.decode()
    flagged(coder, coded_study)
    answer = coder.post(address(coded_study, "flag/"), {**sent, "flag": "once more"})
    assert answer.status_code == 409
    assert "once more" in answer.content.decode()
    assert Flag.objects.count() == 1


def test_a_supervisor_answers_and_the_coder_sees_it_at_the_record(
    coded_study: Study, coder: Client, sign_in: SignIn
) -> None:
    flag = flagged(coder, coded_study)
    supervisor = sign_in("supervisor")
    listed = supervisor.get(f"/studies/{coded_study.slug}/flags/").content.decode()
    assert "Which of the two?" in listed
    assert "coder" in listed
    answer = supervisor.post(
        f"/studies/{coded_study.slug}/flags/{flag.pk}/answer/", {"answer": "The plumber."}, follow=True
    )
    assert "Answered." in answer.content.decode()
    flag.refresh_from_db()
    assert (flag.answer, flag.answered_by.username if flag.answered_by else "") == (
        "The plumber.",
        "supervisor",
    )
    assert Event.objects.filter(verb=Verb.FLAG_ANSWERED, record=flag.record).count() == 1
    assert "The plumber." in open_page(coder, coded_study)
    assert "The plumber." in coder.get(f"/studies/{coded_study.slug}/flags/").content.decode()


def test_a_flag_is_answered_once_and_the_second_answer_is_not_lost(
    coded_study: Study, coder: Client, sign_in: SignIn
) -> None:
    flag = flagged(coder, coded_study)
    target = f"/studies/{coded_study.slug}/flags/{flag.pk}/answer/"
    supervisor = sign_in("supervisor")
    assert supervisor.post(target, {"answer": " "}).status_code == 422
    assert supervisor.post(target, {"answer": "First"}).status_code == 302
    second = sign_in("manager").post(target, {"answer": "Second"})
    assert second.status_code == 409
    assert "Second" in second.content.decode()
    flag.refresh_from_db()
    assert flag.answer == "First"


def test_coders_see_their_own_flags_alone_and_answer_none(
    coded_study: Study, coder: Client, sign_in: SignIn
) -> None:
    flag = flagged(coder, coded_study)
    other = factories.make_user("other")
    coded_study.memberships.create(user=other, role="coder")
    client = sign_in("other")
    assert "Which of the two?" not in client.get(f"/studies/{coded_study.slug}/flags/").content.decode()
    target = f"/studies/{coded_study.slug}/flags/{flag.pk}/answer/"
    assert client.post(target, {"answer": "Mine"}).status_code == 403
    assert coder.post(target, {"answer": "Mine"}).status_code == 403


def test_a_flag_of_another_study_is_not_there(
    coded_study: Study, coder: Client, sign_in: SignIn, tmp_path: object
) -> None:
    flag = flagged(coder, coded_study)
    elsewhere = factories.make_study(tmp_path, "Elsewhere")  # type: ignore[arg-type]
    target = f"/studies/{elsewhere.slug}/flags/{flag.pk}/answer/"
    assert sign_in("supervisor").post(target, {"answer": "?"}).status_code == 404
