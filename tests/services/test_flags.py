"""Flags: a coder asks a supervisor about a record, once at a time, and is answered once."""

from pathlib import Path

import pytest

from coding_app.choices import Verb
from coding_app.exceptions import Conflict, InvalidInput
from coding_app.models import Event, Flag, Record, Study
from coding_app.selectors import replay
from coding_app.services import flags
from tests import factories
from tests.rounds import boss, coder


@pytest.fixture
def study(db: None, tmp_path: Path) -> Study:
    made = factories.make_study(tmp_path)
    factories.bring_in(made)
    factories.code(made)
    return made


def flagged(study: Study, name: str = "coder", note: str = "Which of the two?") -> Flag:
    return flags.raise_flag(record=factories.record(study, "003"), user=coder(study, name), note=note)


def test_a_flag_leaves_the_record_where_it_is_and_stands_in_its_history(study: Study) -> None:
    before = Record.objects.values().get(external_id="003")
    made = flagged(study, note=" Which\r\nof the two? ")
    assert Record.objects.values().get(external_id="003") == before
    assert (made.note, made.raised_by, made.answered_at) == (
        "Which\nof the two?",
        coder(study, "coder"),
        None,
    )
    event = Event.objects.get(verb=Verb.RECORD_FLAGGED)
    assert (event.record, event.actor, event.before, event.after) == (
        made.record, made.raised_by, "waiting", "waiting",
    )  # fmt: skip
    assert (event.data["flag"], event.data["code"], event.data["route"]) == (made.pk, None, "")


def test_a_flag_at_a_coded_record_says_what_it_stood_at(study: Study) -> None:
    record = factories.record(study, "001")
    flags.raise_flag(record=record, user=coder(study, "coder"), note="Really?")
    told = Event.objects.filter(record=record).order_by("pk")
    assert told.latest("pk").data["code"] == "716"
    assert replay.rebuilt(told) == replay.standing(record)


@pytest.mark.parametrize(
    ("note", "told"),
    [("", "Say in the note"), (" \n ", "Say in the note"), ("x" * 2001, "2000"), ("a\0", "NUL")],
)
def test_a_note_that_cannot_be_kept_is_refused(study: Study, note: str, told: str) -> None:
    with pytest.raises(InvalidInput, match=told):
        flagged(study, note=note)
    assert not Flag.objects.exists()
    assert not Event.objects.filter(verb=Verb.RECORD_FLAGGED).exists()


def test_a_coder_has_one_waiting_flag_at_a_record_and_others_have_their_own(study: Study) -> None:
    first = flagged(study)
    with pytest.raises(Conflict, match="waits for its answer already"):
        flagged(study, note="once more")
    assert Event.objects.filter(verb=Verb.RECORD_FLAGGED).count() == 1, "what was refused left nothing"
    flagged(study, "anna")
    flags.answer(flag=first, user=boss(study), text="The second.")
    assert flagged(study, note="And now?").pk != first.pk
    assert Flag.objects.filter(answered_at=None).count() == 2


def test_an_answer_is_given_once_and_the_first_stands(study: Study) -> None:
    made = flagged(study)
    seen_by_another = Flag.objects.get(pk=made.pk)
    answered = flags.answer(flag=made, user=boss(study), text=" The second.\r\nSee note 3. ")
    assert (answered.answer, answered.answered_by) == ("The second.\nSee note 3.", boss(study))
    assert answered.answered_at is not None
    with pytest.raises(Conflict, match="answered this flag meanwhile"):
        flags.answer(flag=seen_by_another, user=study.members.get(username="supervisor"), text="The first.")
    made.refresh_from_db()
    assert made.answer == "The second.\nSee note 3."
    event = Event.objects.get(verb=Verb.FLAG_ANSWERED)
    assert (event.actor, event.data["flag"]) == (boss(study), made.pk)


@pytest.mark.parametrize("text", ["", "  ", "x" * 2001, "a\0"])
def test_an_answer_that_cannot_be_kept_is_refused_and_the_flag_waits(study: Study, text: str) -> None:
    made = flagged(study)
    with pytest.raises(InvalidInput):
        flags.answer(flag=made, user=boss(study), text=text)
    assert Flag.objects.filter(answered_at=None).count() == 1
    assert not Event.objects.filter(verb=Verb.FLAG_ANSWERED).exists()
