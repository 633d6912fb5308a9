"""Records before people again, and records taken out of a study: both can be undone."""

from pathlib import Path
from typing import Any

import pytest

from coding_app.choices import (
    AcceptBy,
    JobKind,
    JobState,
    QueueState,
    RecordStatus,
    RoundKind,
    RoundState,
    Rule,
    Selection,
    Verb,
)
from coding_app.exceptions import Conflict, InvalidInput
from coding_app.models import Code, Decision, Event, Job, QueueItem, Record, Round, RoundRecord, Study
from coding_app.routing import Settings
from coding_app.selectors import reopening as selected
from coding_app.selectors import replay, routing_preview
from coding_app.selectors.progress import progress
from coding_app.selectors.records import records
from coding_app.selectors.reopening import By, Chosen
from coding_app.services import jobs, reopening, review, work
from coding_app.services.reopening import Done
from coding_app.views.history import happened
from tests import factories
from tests.reopened import carried_out, remove, reopen, take_back
from tests.routed import save


@pytest.fixture
def study(db: None, tmp_path: Path, settings: Any) -> Study:
    """Eight records, coded: four accepted, two waiting, two set aside."""
    settings.MEDIA_ROOT = tmp_path / "media"
    made = factories.make_study(tmp_path)
    factories.bring_in(made)
    factories.code(made)
    return made


def one(study: Study, external_id: str) -> Chosen:
    """A single record."""
    return Chosen(By.RECORD, str(factories.record(study, external_id).pk))


def decided(study: Study, external_id: str) -> Decision:
    """A record of the queue decided by the coder."""
    record = factories.record(study, external_id)
    return review.decide(
        record=record,
        user=study.members.get(username="coder"),
        code=Code.objects.get(code="510"),
        seen_version=record.version,
    )


def stand(study: Study, external_id: str) -> tuple[object, ...]:
    """All that a record's status means, but its version."""
    record = factories.record(study, external_id)
    return record.status, record.final_code_id, record.route, record.decided_by_id, record.decided_at


def test_a_decided_record_waits_again_and_its_decision_is_taken_back(study: Study) -> None:
    made = decided(study, "003")
    version = factories.record(study, "003").version
    done = reopen(study=study, wanted=one(study, "003"), user=boss(study), why="second thoughts")
    record = factories.record(study, "003")
    assert (done.records, done.left) == (1, 0)
    assert (record.status, record.final_code, record.route, record.version) == (
        RecordStatus.WAITING, None, "", version + 1,
    )  # fmt: skip
    made.refresh_from_db()
    assert made.undone_at is not None
    assert QueueItem.objects.filter(record=record, state=QueueState.OPEN).count() == 1
    event = Event.objects.filter(record=record).latest("pk")
    assert (event.verb, event.before, event.after) == (Verb.RECORD_REOPENED, "decided", "waiting")
    assert event.data["why"] == "second thoughts"
    assert decided(study, "003").pk != made.pk  # and can be decided anew


def boss(study: Study) -> Any:
    """The supervisor."""
    return study.members.get(username="supervisor")


@pytest.mark.parametrize("change", [reopen, remove])
def test_taking_a_gesture_back_brings_every_record_to_where_it_stood(study: Study, change: Any) -> None:
    decided(study, "003")
    names = [record.external_id for record in Record.objects.filter(study=study)]
    before = {name: stand(study, name) for name in names}
    standing = set(Decision.objects.filter(undone_at=None).values_list("pk", flat=True))
    done = change(study=study, wanted=Chosen(By.CODE, "2"), user=boss(study))
    assert done.records == selected.gestures(study)[0].records > 1
    assert {name: stand(study, name) for name in names} != before
    back = take_back(study=study, gesture=done.gesture, user=boss(study))
    assert (back.records, back.left) == (done.records, 0)
    assert {name: stand(study, name) for name in names} == before
    assert set(Decision.objects.filter(undone_at=None).values_list("pk", flat=True)) == standing
    open_places = QueueItem.objects.filter(state=QueueState.OPEN).values_list(
        "record__external_id", flat=True
    )
    assert sorted(open_places) == [name for name in names if before[name][0] == RecordStatus.WAITING]
    with pytest.raises(Conflict):
        take_back(study=study, gesture=done.gesture, user=boss(study))


def test_what_a_dictionary_version_decided_is_reopened_and_nothing_else(study: Study) -> None:
    decided(study, "003")
    accepted = set(Record.objects.filter(status=RecordStatus.ACCEPTED).values_list("pk", flat=True))
    version = Chosen(By.DICTIONARY, str(study.dictionary_version_id))
    assert selected.reopenable(study, version).count() == len(accepted) == 4
    reopen(study=study, wanted=version, user=boss(study))
    assert set(Event.objects.filter(verb=Verb.RECORD_REOPENED).values_list("record", flat=True)) == accepted
    assert factories.record(study, "003").status == RecordStatus.DECIDED


def test_what_a_person_reopened_no_run_and_no_routing_accepts_again(study: Study) -> None:
    before = ruled(study)
    for name in ("001", "007"):
        reopen(study=study, wanted=one(study, name), user=boss(study))
    study.child_age = 1
    study.save(update_fields=["child_age"])
    factories.code(study)
    save(study, Settings(accept_by=AcceptBy.DICTIONARY, audit_seed=1))
    for name in ("001", "007"):
        record = factories.record(study, name)
        assert (record.status, record.rule, record.routing) == ("waiting", Rule.REOPENED, None)
        assert replay.rebuilt(Event.objects.filter(record=record).order_by("pk")) == replay.standing(record)
        assert QueueItem.objects.filter(record=record, state=QueueState.OPEN).count() == 1
    coded = Event.objects.filter(record__external_id="001", verb=Verb.RECORD_CODED).latest("pk")
    assert (coded.after, coded.data["rule"], coded.data["code"]) == ("waiting", "reopened", None)
    assert "Reopened by a person" in happened(coded, factories.record(study, "001"), with_rules=True)
    assert factories.record(study, "002").status == RecordStatus.ACCEPTED, "the others are routed as ever"
    decided(study, "001")
    review.undo(study=study, user=study.members.get(username="coder"))
    factories.code(study)
    assert factories.record(study, "001").status == RecordStatus.WAITING, "nobody has decided it"
    assert ruled(study).keys() == before.keys()


def ruled(study: Study) -> dict[str, tuple[str, int | None]]:
    """The rule that each record has, and the key of its routing."""
    found = Record.objects.filter(study=study).values_list("external_id", "rule", "routing")
    return {name: (rule, routing) for name, rule, routing in found}


def test_a_preview_of_a_routing_counts_what_was_reopened_with_people(study: Study) -> None:
    reopen(study=study, wanted=one(study, "001"), user=boss(study))
    found = routing_preview.preview(study, Settings(accept_by=AcceptBy.DICTIONARY))
    assert (found.accepted_now, found.accepted_then, found.moves["to_accepted"]) == (3, 3, 0)
    assert {line.rule: (line.now, line.then) for line in found.lines}[Rule.REOPENED] == (1, 1)


def test_what_the_audit_drew_stays_in_it_when_it_is_reopened(study: Study) -> None:
    save(study, Settings(accept_by=AcceptBy.DICTIONARY, audit_share=1.0))
    study.refresh_from_db()
    drawn = routing_preview.audit(study).drawn
    assert drawn == 4
    decided(study, "001")
    reopen(study=study, wanted=one(study, "001"), user=boss(study))
    found = routing_preview.audit(study)
    assert (found.drawn, found.waiting) == (4, 4)
    decided(study, "001")
    found = routing_preview.audit(study)
    assert (found.drawn, found.waiting, found.wrong) == (4, 3, 1)


def test_taking_a_reopening_back_gives_the_rule_back(study: Study) -> None:
    save(study, Settings(accept_by=AcceptBy.DICTIONARY, audit_seed=1))
    before = ruled(study)
    assert before["001"][0] == Rule.DICTIONARY
    version = Chosen(By.DICTIONARY, str(study.dictionary_version_id))
    done = reopen(study=study, wanted=version, user=boss(study))
    assert ruled(study) != before
    take_back(study=study, gesture=done.gesture, user=boss(study))
    assert ruled(study) == before


def test_a_record_that_was_decided_since_is_not_taken_back(study: Study) -> None:
    decided(study, "003")
    done = reopen(study=study, wanted=one(study, "003"), user=boss(study))
    decided(study, "003")
    with pytest.raises(Conflict):
        take_back(study=study, gesture=done.gesture, user=boss(study))
    assert factories.record(study, "003").status == RecordStatus.DECIDED


def test_a_removed_record_is_nowhere_until_it_is_restored(study: Study) -> None:
    total = progress(study).total
    remove(study=study, wanted=one(study, "004"), user=boss(study))
    record = factories.record(study, "004")
    assert record.status == RecordStatus.REMOVED
    assert not QueueItem.objects.filter(record=record, state=QueueState.OPEN).exists()
    assert record not in records(study)
    assert list(selected.removed(study)) == [record]
    assert progress(study).total == total - 1
    factories.code(study)  # a run leaves it alone
    assert factories.record(study, "004").status == RecordStatus.REMOVED
    reopening.restore(study=study, record=record, user=boss(study))
    assert factories.record(study, "004").status == RecordStatus.WAITING
    assert QueueItem.objects.filter(record=record, state=QueueState.OPEN).count() == 1
    with pytest.raises(Conflict):
        reopening.restore(study=study, record=record, user=boss(study))


def test_a_record_in_an_open_round_is_left_alone(study: Study) -> None:
    record = factories.record(study, "001")
    made = Round.objects.create(
        study=study, number=1, name="R", kind=RoundKind.DOUBLE, state=RoundState.CODING, blinded=True,
        coders_per_record=2, selection=Selection.ALL,
    )  # fmt: skip
    RoundRecord.objects.create(round=made, record=record, position=1, status_before=record.status)
    for change in (reopen, remove):
        with pytest.raises(InvalidInput):
            change(study=study, wanted=one(study, "001"), user=boss(study))
    assert stand(study, "001")[0] == RecordStatus.ACCEPTED


def version_of(study: Study) -> Chosen:
    """All that the study's dictionary accepted: four records."""
    return Chosen(By.DICTIONARY, str(study.dictionary_version_id))


def test_many_records_are_done_in_a_job_and_one_at_once(study: Study) -> None:
    done = reopening.reopen(study=study, wanted=version_of(study), user=boss(study), why="bad file")
    assert done.job is not None
    assert (done.records, done.left, done.job.kind) == (0, 4, JobKind.REOPEN)
    assert not Event.objects.filter(verb=Verb.RECORD_REOPENED).exists()
    with pytest.raises(Conflict, match="still being worked on"):
        take_back(study=study, gesture=done.gesture, user=boss(study))
    assert carried_out(done).records == 4
    assert (done.job.done, done.job.total) == (4, 4)
    told = Event.objects.filter(verb=Verb.RECORD_REOPENED)
    assert set(told.values_list("gesture", "actor", "data__why")) == {
        (done.gesture, boss(study).pk, "bad file")
    }
    with pytest.raises(InvalidInput, match="nothing to change"):
        reopen(study=study, wanted=version_of(study), user=boss(study))
    single = reopening.remove(study=study, wanted=one(study, "001"), user=boss(study))
    assert (single.records, single.left, single.job) == (1, 0, None)


def killed(monkeypatch: pytest.MonkeyPatch, job: Job, *, after: int) -> None:
    """Let the worker of a job die after so many chunks; the job waits for the next one."""
    check, times = jobs.Claim.check, iter(range(100))

    def dies(claim: jobs.Claim) -> None:
        if next(times) == after:
            raise jobs.ClaimLost("killed")
        check(claim)

    monkeypatch.setattr(jobs.Claim, "check", dies)
    work.run_job(job_id=job.pk, worker="killed")
    monkeypatch.setattr(jobs.Claim, "check", check)
    Job.objects.filter(pk=job.pk).update(state=JobState.QUEUED)
    job.refresh_from_db()


def test_what_a_killed_worker_left_the_next_one_does(
    study: Study, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.JOB_CHUNK = 1
    before = {name: stand(study, name) for name in ("001", "002", "005", "006")}
    done = reopening.reopen(study=study, wanted=version_of(study), user=boss(study))
    assert done.job is not None
    killed(monkeypatch, done.job, after=2)
    assert (done.job.done, done.job.total) == (2, 4)
    assert Event.objects.filter(verb=Verb.RECORD_REOPENED).count() == 2
    assert carried_out(done).records == 4
    told = Event.objects.filter(verb=Verb.RECORD_REOPENED, gesture=done.gesture)
    assert told.values("record").distinct().count() == told.count() == 4
    back = reopening.take_back(study=study, gesture=done.gesture, user=boss(study))
    assert back.job is not None
    killed(monkeypatch, back.job, after=1)
    assert back.job.done == 1
    assert carried_out(back).records == 4
    assert {name: stand(study, name) for name in before} == before


def test_what_others_did_meanwhile_is_left_as_it_is(study: Study) -> None:
    done = reopen(study=study, wanted=version_of(study), user=boss(study))
    back = reopening.take_back(study=study, gesture=done.gesture, user=boss(study))
    decided(study, "001")
    assert (back.left, carried_out(back)) == (4, Done(back.gesture, 3, 1))
    assert factories.record(study, "001").status == RecordStatus.DECIDED


@pytest.mark.parametrize("value", ["", "x", "9" * 40, "-1", "999999"])
@pytest.mark.parametrize("by", list(By))
def test_what_is_nothing_reopens_nothing(study: Study, by: By, value: str) -> None:
    with pytest.raises(InvalidInput):
        reopen(study=study, wanted=Chosen(by, value), user=boss(study))
    assert not Event.objects.filter(verb=Verb.RECORD_REOPENED).exists()
