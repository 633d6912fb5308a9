"""A routing is saved, tried, taken to the records that were coded before, and audited."""

from dataclasses import replace
from pathlib import Path

import pytest
from django.contrib.auth.models import User

from coding_app.choices import (
    AcceptBy,
    CannotCodeReason,
    JobKind,
    QueueState,
    RecordStatus,
    Rule,
)
from coding_app.exceptions import Conflict, Faults
from coding_app.models import Code, Event, Job, QueueItem, Record, Rerouting, Routing, Study
from coding_app.routing import Guard, Settings, Stratum
from coding_app.selectors import routing_preview, routing_settings
from coding_app.selectors.records import RecordFilter, records
from coding_app.services import review, route
from tests import factories
from tests.routed import BY_PROBABILITY, NOBODY, by_id, coded_study, open_places, save, scored_study

pytestmark = pytest.mark.django_db


@pytest.fixture
def study(tmp_path: Path) -> Study:
    return coded_study(tmp_path)


@pytest.fixture
def scored(tmp_path: Path) -> Study:
    return scored_study(tmp_path)


def test_coding_names_the_rule_of_each_record(study: Study) -> None:
    assert by_id(study) == {
        "001": ("accepted", "716", "dictionary", "dictionary"),
        "002": ("accepted", "465", "dictionary", "dictionary"),
        "003": ("waiting", None, "", "not_coded"),
        "004": ("waiting", None, "", "no_code"),
        "005": ("accepted", "900", "dictionary", "dictionary"),
        "006": ("accepted", "801", "dictionary", "dictionary"),
        "007": ("set_aside", None, "", ""),
        "008": ("set_aside", None, "", ""),
    }
    assert not Record.objects.exclude(routing=None).exists()


def test_a_saved_routing_is_taken_to_the_records_coded_before(scored: Study) -> None:
    made = save(scored, BY_PROBABILITY)
    assert by_id(scored) == {
        "001": ("accepted", "715", "both", "threshold"),
        "002": ("accepted", "982", "dictionary", "threshold"),
        "003": ("waiting", None, "", "below"),
        "004": ("accepted", "900", "model", "threshold"),
        "005": ("accepted", "900", "both", "threshold"),
        "006": ("waiting", None, "", "below"),
        "007": ("set_aside", None, "", ""),
        "008": ("set_aside", None, "", ""),
    }
    assert open_places(scored) == {"003", "006"}
    work = Rerouting.objects.get()
    assert (work.looked_at, work.changed, work.routing) == (6, 6, made)
    assert factories.record(scored, "001").routing == made
    assert factories.record(scored, "007").routing is None


def test_every_record_that_changes_has_its_event(scored: Study) -> None:
    save(scored, BY_PROBABILITY)
    events = Event.objects.filter(verb="record_routed")
    assert events.count() == 6
    assert len(set(events.values_list("gesture", flat=True))) == 1
    lost = events.get(record__external_id="006")
    assert (lost.actor, lost.before, lost.after) == (None, "accepted", "waiting")
    assert lost.data == {
        "routing": 1,
        "rule": {"from": "dictionary", "to": "below"},
        "code": {"from": "801", "to": None},
        "route": "",
        "version": factories.record(scored, "006").version,
    }
    changed = Event.objects.get(verb="routing_changed")
    assert changed.actor == scored.created_by
    assert changed.data == {
        "from": None,
        "to": 1,
        "settings": {"accept_by": {"from": "dictionary", "to": "probability"}},
    }


def test_routing_again_changes_nothing(scored: Study) -> None:
    save(scored, BY_PROBABILITY)
    before = list(Record.objects.order_by("pk").values())
    factories.do(route.apply(study=scored, user=scored.created_by))
    assert list(Record.objects.order_by("pk").values()) == before
    assert Event.objects.filter(verb="record_routed").count() == 6
    assert list(Rerouting.objects.order_by("-pk").values_list("changed", flat=True)) == [0, 6]


def test_saving_what_is_in_force_already_writes_nothing(scored: Study) -> None:
    first = save(scored, BY_PROBABILITY)
    assert save(scored, BY_PROBABILITY) == first
    assert Routing.objects.count() == 1
    assert Event.objects.filter(verb="routing_changed").count() == 1
    assert Job.objects.filter(kind=JobKind.ROUTE).count() == 1


def test_an_earlier_routing_is_restored_as_a_new_version(scored: Study) -> None:
    first = save(scored, BY_PROBABILITY)
    save(scored, NOBODY)
    made = route.restore(study=scored, user=scored.created_by, routing=first)
    assert (made.number, Settings.of(made)) == (3, BY_PROBABILITY)
    scored.refresh_from_db()
    assert scored.routing == made


@pytest.mark.parametrize(
    ("settings", "fields"),
    [
        (Settings(threshold=1.5), ["threshold"]),
        (Settings(min_margin=float("nan"), audit_share=-0.1), ["min_margin", "audit_share"]),
        (Settings(person_codes=("999",)), ["person_codes"]),
        (Settings(guarded=(Guard("11", ()),)), ["guarded"]),
        (Settings(guarded=(Guard("99", ("manager", " ")),)), ["guarded", "guarded"]),
        (Settings(guarded=(Guard("11", ("a\0b",)),)), ["guarded"]),
        (Settings(guarded=(Guard("11", ("a" * 201,)),)), ["guarded"]),
        (Settings(person_strata=(Stratum("nowhere", ("x",)),)), ["person_strata"]),
        (Settings(person_strata=(Stratum("age", ()),)), ["person_strata"]),
        (Settings(audit_seed=-1), ["audit_seed"]),
    ],
)
def test_settings_that_cannot_be_used_are_refused_field_by_field(
    study: Study, settings: Settings, fields: list[str]
) -> None:
    assert [fault.field for fault in routing_settings.faults(study, settings)] == fields
    with pytest.raises(Faults):
        route.save(study=study, user=study.created_by, settings=settings)
    with pytest.raises(Faults):
        routing_preview.preview(study, settings)
    assert not Routing.objects.exists()
    assert not Event.objects.filter(verb="routing_changed").exists()


def test_a_column_with_known_codes_makes_no_stratum(tmp_path: Path) -> None:
    study = factories.make_study(tmp_path)
    header = ("id", "occupation", "place", "reference")
    factories.bring_in(study, factories.csv_bytes([("1", "driver", "north", "715")], header))
    assert routing_settings.columns(study) == ["id", "occupation", "place"]
    assert routing_settings.column_values(study, "place") == [("north", 1)]
    settings = Settings(person_strata=(Stratum("reference", ("715",)),))
    assert [fault.field for fault in routing_settings.faults(study, settings)] == ["person_strata"]


def test_values_of_a_column_are_counted_most_frequent_first(study: Study) -> None:
    assert routing_settings.column_values(study, "industry", limit=2) == [("", 2), ("N/A", 1)]


def test_strata_and_guards_read_the_record(study: Study) -> None:
    strata = (Stratum("age", ("51", "60")),)
    guards = (Guard("716", ("fuel", "gas")), Guard("801", ("assembler",)))
    save(study, Settings(person_strata=strata, guarded=guards))
    found = {name: rule for name, (*_, rule) in by_id(study).items()}
    assert found == {
        "001": "dictionary",
        "002": "person_stratum",
        "003": "not_coded",
        "004": "no_code",
        "005": "person_stratum",
        "006": "guarded",
        "007": "",
        "008": "",
    }


def test_the_preview_says_what_saving_then_does(scored: Study) -> None:
    settings = replace(BY_PROBABILITY, min_margin=0.8)
    before = list(Record.objects.order_by("pk").values())
    told = routing_preview.preview(scored, settings)
    assert list(Record.objects.order_by("pk").values()) == before
    assert not Job.objects.filter(kind=JobKind.ROUTE).exists()
    lines = {line.rule: (line.now, line.then) for line in told.lines if line.now or line.then}
    assert lines == {
        Rule.DICTIONARY: (4, 0),
        Rule.NOT_CODED: (1, 0),
        Rule.NO_CODE: (1, 0),
        Rule.THRESHOLD: (0, 3),
        Rule.BELOW: (0, 2),
        Rule.MARGIN: (0, 1),
    }
    assert (told.records, told.accepted_now, told.accepted_then) == (6, 4, 3)
    assert (told.waiting_now, told.waiting_then) == (2, 3)
    assert (told.to_accepted, told.to_waiting, told.other_code) == (1, 2, 1)
    assert told.without_probability == 0
    assert told.expected_of == 3
    assert told.expected_error == pytest.approx((0.1 + 0.05 + 0.01) / 3)
    save(scored, settings)
    now = [status for status, *_ in by_id(scored).values()]
    assert now.count("accepted") == told.accepted_then
    after = routing_preview.preview(scored, settings)
    assert {line.rule: line.now for line in after.lines} == {line.rule: line.then for line in told.lines}
    assert (after.to_accepted, after.to_waiting, after.other_code) == (0, 0, 0)


def test_every_count_of_the_preview_can_be_listed(scored: Study) -> None:
    told = routing_preview.preview(scored, BY_PROBABILITY)
    for line in told.lines:
        assert records(scored, RecordFilter(**line.filter_now)).count() == line.now
        assert len(routing_preview.listed(scored, BY_PROBABILITY, rule=line.rule)) == line.then
    for move in routing_preview.MOVES:
        assert len(routing_preview.listed(scored, BY_PROBABILITY, move=move)) == told.moves[move]


def test_an_empty_study_has_a_preview(tmp_path: Path) -> None:
    told = routing_preview.preview(factories.make_study(tmp_path), BY_PROBABILITY)
    assert (told.records, told.expected_error, told.share_then.value) == (0, None, None)


def test_what_a_person_decided_stays(scored: Study) -> None:
    coder = User.objects.get(username="coder")
    record = factories.record(scored, "003")
    code = Code.objects.get(code="406")
    review.decide(record=record, user=coder, code=code, seen_version=record.version)
    before = Record.objects.filter(pk=record.pk).values().get()
    save(scored, Settings(accept_by=AcceptBy.PROBABILITY, threshold=0.0))
    assert Record.objects.filter(pk=record.pk).values().get() == before
    assert not Event.objects.filter(verb="record_routed", record=record).exists()


def test_a_record_accepted_under_the_coders_hands_is_refused_when_they_decide(scored: Study) -> None:
    coder = User.objects.get(username="coder")
    record = factories.record(scored, "003")
    review.open_record(record=record, user=coder)
    save(scored, Settings(accept_by=AcceptBy.PROBABILITY, threshold=0.5))
    assert open_places(scored) == {"006"}
    with pytest.raises(Conflict):
        review.decide(
            record=record, user=coder, code=Code.objects.get(code="406"), seen_version=record.version
        )
    assert not QueueItem.objects.filter(record=record, holder=coder).exists()


def test_a_coder_keeps_a_record_of_which_only_the_rule_changes(scored: Study) -> None:
    coder = User.objects.get(username="coder")
    record = factories.record(scored, "003")
    review.open_record(record=record, user=coder)
    save(scored, BY_PROBABILITY)
    assert factories.record(scored, "003").rule == Rule.BELOW
    review.decide(record=record, user=coder, code=Code.objects.get(code="406"), seen_version=record.version)
    assert factories.record(scored, "003").status == RecordStatus.DECIDED


def test_a_record_that_goes_back_to_a_person_gets_one_place_in_the_queue(scored: Study) -> None:
    for settings in (NOBODY, BY_PROBABILITY, NOBODY):
        save(scored, settings)
    assert open_places(scored) == {"001", "002", "003", "004", "005", "006"}
    assert QueueItem.objects.filter(state=QueueState.OPEN).count() == 6


# The audit -------------------------------------------------------------------------------------------------


def test_the_audit_counts_what_people_decide_otherwise(scored: Study) -> None:
    save(scored, Settings(accept_by=AcceptBy.PROBABILITY, threshold=0.5, audit_share=1.0))
    found = routing_preview.audit(scored)
    assert (found.drawn, found.waiting, found.decided, found.complete) == (5, 5, 0, False)
    assert (found.bound, found.rate.value) == (1.0, None)
    coder = User.objects.get(username="coder")
    for external_id, code in (("001", "715"), ("002", "465"), ("003", "510")):
        record = factories.record(scored, external_id)
        review.decide(
            record=record, user=coder, code=Code.objects.get(code=code), seen_version=record.version
        )
    record = factories.record(scored, "004")
    review.cannot_code(record=record, user=coder, reason=CannotCodeReason.VAGUE, seen_version=record.version)
    found = routing_preview.audit(scored)
    assert (found.drawn, found.waiting, found.decided, found.wrong, found.cannot) == (5, 1, 4, 2, 1)
    assert found.rate.value == 0.5
    assert found.bound == pytest.approx(0.902, abs=0.001), "exact binomial, 2 of 4"
    assert not found.complete
    wrong = Record.objects.filter(pk__in=routing_preview.audit_wrong(scored))
    assert set(wrong.values_list("external_id", flat=True)) == {"002", "004"}


def test_an_audit_counts_what_the_routing_in_force_would_draw(scored: Study) -> None:
    drawn = Settings(accept_by=AcceptBy.PROBABILITY, threshold=0.5, audit_share=1.0)
    save(scored, drawn)
    coder = User.objects.get(username="coder")
    record = factories.record(scored, "003")
    review.decide(record=record, user=coder, code=Code.objects.get(code="470"), seen_version=record.version)
    assert routing_preview.audit(scored).wrong == 1
    save(scored, replace(drawn, threshold=0.7))
    assert routing_preview.audit(scored).wrong == 0, "the machine would not accept it any more"
    assert routing_preview.audit(scored).drawn == 4


def test_an_undone_decision_of_an_audited_record_waits_for_the_audit_again(scored: Study) -> None:
    save(scored, Settings(accept_by=AcceptBy.PROBABILITY, threshold=0.5, audit_share=1.0))
    coder = User.objects.get(username="coder")
    record = factories.record(scored, "001")
    review.decide(record=record, user=coder, code=Code.objects.get(code="716"), seen_version=record.version)
    review.undo(study=scored, user=coder)
    found = routing_preview.audit(scored)
    assert (found.waiting, found.wrong) == (5, 0)
