"""Sorting codes in doubt into data errors and model errors."""

import csv
import io
from collections.abc import Callable

import pytest
from django.test import Client

from coding_app.choices import JobKind, JobState, LabelSource, LabelVerdict, Verb
from coding_app.models import Code, Event, Job, LabelSuspect, Study, Training
from coding_app.services import labels
from tests import factories

SignIn = Callable[[str], Client]
DATA, MODEL = LabelVerdict.DATA_ERROR, LabelVerdict.MODEL_ERROR


@pytest.fixture
def study(coded_study: Study) -> Study:
    """Three records whose code is in doubt: 009 is the worst, 006 the best of them."""
    job = Job.objects.create(study=coded_study, kind=JobKind.TRAIN, state=JobState.DONE)
    training = Training.objects.create(
        study=coded_study, job=job, labels=LabelSource.REFERENCE, template="{occupation}"
    )
    for external_id, code, suggested, quality in (
        ("009", "411", "715", 0.01),
        ("001", "716", "295", 0.05),
        ("006", "295", "801", 0.2),
    ):
        LabelSuspect.objects.create(
            study=coded_study,
            training=training,
            record=factories.record(coded_study, external_id),
            code=Code.objects.get(code=code),
            suggested=Code.objects.get(code=suggested),
            quality=quality,
        )
    return coded_study


def suspect(external_id: str) -> LabelSuspect:
    return LabelSuspect.objects.get(record__external_id=external_id)


def at(study: Study, part: str = "") -> str:
    return f"/studies/{study.slug}/labels/{part}"


def on_screen(answer: object) -> str:
    found = answer.context["suspect"]  # type: ignore[attr-defined]
    return found.record.external_id if found else ""


def send(client: Client, study: Study, external_id: str, verdict: str, **more: str) -> object:
    return client.post(
        at(study, f"{suspect(external_id).pk}/"),
        {"verdict": verdict, "seen_verdict": "", "note": "", **more},
        headers={"HX-Request": "true"},
    )


def test_the_worst_comes_first_with_both_codes_side_by_side(study: Study, sign_in: SignIn) -> None:
    answer = sign_in("supervisor").get(at(study, "review/"))
    assert on_screen(answer) == "009"
    page = answer.content.decode()
    for words in ("Record 009", "411", "Carpenter", "715", "Driver"):
        assert words in page


def test_a_verdict_leads_to_the_next_one_and_is_written_down(study: Study, sign_in: SignIn) -> None:
    supervisor = sign_in("supervisor")
    answer = send(supervisor, study, "009", DATA, note="  two jobs ")
    assert on_screen(answer) == "001"
    made = suspect("009")
    assert made.reviewed_by is not None
    assert (made.verdict, made.note, made.reviewed_by.username) == (DATA, "two jobs", "supervisor")
    event = Event.objects.get(verb=Verb.LABEL_REVIEWED)
    assert (event.before, event.after, event.record) == ("", DATA, made.record)
    assert on_screen(send(supervisor, study, "001", MODEL)) == "006"
    last = send(supervisor, study, "006", MODEL)
    assert on_screen(last) == ""
    assert "Every code in doubt is sorted" in last.content.decode()  # type: ignore[attr-defined]


def test_without_scripts_a_verdict_redirects(study: Study, sign_in: SignIn) -> None:
    answer = sign_in("supervisor").post(
        at(study, f"{suspect('009').pk}/"), {"verdict": DATA, "seen_verdict": ""}, follow=True
    )
    assert answer.redirect_chain == [(at(study, "review/"), 302)]
    assert "Data error. Next one." in answer.content.decode()


def test_undo_takes_back_ones_own_latest_verdict_once(study: Study, sign_in: SignIn) -> None:
    supervisor, manager = sign_in("supervisor"), sign_in("manager")
    send(supervisor, study, "009", DATA)
    send(manager, study, "001", MODEL)
    key = {"suspect": str(suspect("009").pk)}
    assert on_screen(supervisor.post(at(study, "undo/"), key, headers={"HX-Request": "true"})) == "009"
    assert suspect("009").verdict == ""
    assert suspect("001").verdict == MODEL
    again = supervisor.post(at(study, "undo/"), key, headers={"HX-Request": "true"})
    assert again.status_code == 409
    assert "nothing was undone" in again.content.decode()


def test_the_second_of_two_reviewers_is_shown_what_the_first_said(study: Study, sign_in: SignIn) -> None:
    manager = study.members.get(username="manager")
    labels.review(suspect=suspect("009"), user=manager, verdict=MODEL)
    answer = send(sign_in("supervisor"), study, "009", DATA)
    assert answer.status_code == 409  # type: ignore[attr-defined]
    page = answer.content.decode()  # type: ignore[attr-defined]
    assert "Sorted as “Model error” by manager" in page
    assert suspect("009").verdict == MODEL


def test_the_same_form_sent_twice_counts_once(study: Study, sign_in: SignIn) -> None:
    supervisor = sign_in("supervisor")
    send(supervisor, study, "009", DATA)
    again = send(supervisor, study, "009", DATA)
    assert again.status_code == 200  # type: ignore[attr-defined]
    assert on_screen(again) == "001"
    assert Event.objects.filter(verb=Verb.LABEL_REVIEWED).count() == 1


def test_one_can_be_left_for_later_or_opened_again(study: Study, sign_in: SignIn) -> None:
    supervisor = sign_in("supervisor")
    assert on_screen(supervisor.get(at(study, "review/"), {"after": suspect("009").pk})) == "001"
    assert on_screen(supervisor.get(at(study, "review/"), {"after": suspect("006").pk})) == ""
    send(supervisor, study, "009", DATA)
    assert on_screen(supervisor.get(at(study, "review/"), {"suspect": suspect("009").pk})) == "009"
    assert supervisor.get(at(study, "review/"), {"suspect": "9" * 18}).status_code == 404
    assert on_screen(supervisor.get(at(study, "review/"), {"suspect": "x"})) == "001"


@pytest.mark.parametrize("verdict", ["", "nonsense"])
def test_no_verdict_is_told(study: Study, sign_in: SignIn, verdict: str) -> None:
    answer = send(sign_in("supervisor"), study, "009", verdict, note="kept")
    assert answer.status_code == 422  # type: ignore[attr-defined]
    page = answer.content.decode()  # type: ignore[attr-defined]
    assert "Say who errs" in page
    assert ">kept</textarea>" in page
    assert suspect("009").verdict == ""


def test_a_note_that_cannot_be_kept_is_told(study: Study, sign_in: SignIn) -> None:
    for note in ("x" * 2001, "a\0b"):
        answer = send(sign_in("supervisor"), study, "009", DATA, note=note)
        assert answer.status_code == 422  # type: ignore[attr-defined]
    assert suspect("009").verdict == ""


def test_the_list_is_counted_and_narrowed_by_verdict(study: Study, sign_in: SignIn) -> None:
    supervisor = sign_in("supervisor")
    send(supervisor, study, "001", MODEL)

    def listed(**wanted: str) -> list[str]:
        return [one.record.external_id for one in supervisor.get(at(study), wanted).context["page"]]

    assert listed() == ["009", "001", "006"]
    assert listed(verdict="open") == ["009", "006"]
    assert listed(verdict="model_error") == ["001"]
    assert listed(verdict="data_error") == []
    filters = supervisor.get(at(study)).context["filters"]
    assert [number for _value, _label, number in filters] == [3, 2, 0, 1]


def test_what_was_sorted_is_a_file_data_errors_first(study: Study, sign_in: SignIn) -> None:
    supervisor = sign_in("supervisor")
    send(supervisor, study, "001", MODEL, note="=1+1")
    send(supervisor, study, "006", DATA)
    answer = supervisor.get(at(study, "sorted.csv"))
    assert answer["Content-Disposition"] == 'attachment; filename="label-review.csv"'
    rows = list(csv.DictReader(io.StringIO(answer.getvalue().decode("utf-8-sig"), newline="")))
    assert [(row["error"], row["id"], row["code"], row["suggested_code"]) for row in rows] == [
        ("data_error", "006", "295", "801"),
        ("model_error", "001", "716", "295"),
    ]
    assert rows[0]["suggested_title"] == "Aircraft assembler"
    assert rows[1]["note"] == "'=1+1"
    assert rows[1]["reviewed_by"] == "supervisor"


def test_a_study_without_doubts_says_where_they_come_from(coded_study: Study, sign_in: SignIn) -> None:
    assert "No code is in doubt" in sign_in("supervisor").get(at(coded_study)).content.decode()
    assert "No code is in doubt" in sign_in("supervisor").get(at(coded_study, "review/")).content.decode()


def test_coders_see_none_of_it(study: Study, sign_in: SignIn) -> None:
    coder = sign_in("coder")
    for part in ("", "review/", "sorted.csv"):
        assert coder.get(at(study, part)).status_code == 403
    assert send(coder, study, "009", DATA).status_code == 403  # type: ignore[attr-defined]
