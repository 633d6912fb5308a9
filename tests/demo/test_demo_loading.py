"""The demonstration right after its load: coded by dictionary and model, routed, with records to judge by."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import transaction
from django.db.models import Sum
from django.test import override_settings
from pytest_django import DjangoDbBlocker

from coding_app import bases, routing
from coding_app.choices import (
    Engine,
    JobState,
    LabelSource,
    ModelOrigin,
    RecordStatus,
    RoundKind,
    RoundState,
    Rule,
    SuggestionSource,
)
from coding_app.models import (
    Adjudication,
    Decision,
    Event,
    Job,
    QueueItem,
    Record,
    Round,
    Run,
    Study,
    Suggestion,
    SuggestionSet,
    Training,
)
from coding_app.selectors import explorer, rounds
from coding_app.selectors import routing as routings
from coding_app.selectors.studies import membership_in
from coding_app.services import demo, demo_studies, suggest

# Nine trainings of a linear model for the first study alone.
pytestmark = pytest.mark.timeout(900)

CERTIFICATES, SURVEY = demo_studies.STUDIES


def load() -> str:
    said = StringIO()
    call_command("load_demo", stdout=said)
    return said.getvalue()


@pytest.fixture(scope="module")
def said(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[str]:
    """What the load of the whole demonstration said; the tests below look at what it left."""
    # Nobody dates the jobs meanwhile: that would wait for the transaction that is undone at the end.
    with django_db_blocker.unblock(), override_settings(JOB_STALLED_AFTER=3600), transaction.atomic():
        yield load()
        transaction.set_rollback(True)


def study_of(wanted: demo_studies.DemoStudy) -> Study:
    return Study.objects.get(name=wanted.study)


def test_each_study_is_coded_with_a_model_learnt_from_its_own_records(said: str) -> None:
    for wanted in demo_studies.STUDIES:
        study = study_of(wanted)
        assert f"{study.name}: {study.records.count()} made-up records" in said
        model = study.model_version
        assert model is not None
        assert (model.number, model.origin, model.base) == (1, ModelOrigin.TRAINED, bases.BASELINE)
        (run,) = Run.objects.filter(study=study)
        assert (run.engine, run.model_version, run.fallback) == (Engine.BOTH, model, "")
        sets = SuggestionSet.objects.filter(record__study=study).exclude(
            record__status=RecordStatus.SET_ASIDE
        )
        assert sets.count() > 200
        assert not sets.filter(probability__isnull=True).exists()
        sources = set(Suggestion.objects.filter(suggestion_set__in=sets).values_list("source", flat=True))
        assert {SuggestionSource.BOTH, SuggestionSource.MODEL} <= sources


def test_records_go_where_the_routing_says(said: str) -> None:
    for wanted in demo_studies.STUDIES:
        study = study_of(wanted)
        assert study.routing is not None
        assert routings.current(study) == wanted.routing
        for rule, status in (
            (Rule.THRESHOLD, RecordStatus.ACCEPTED),
            (Rule.BELOW, RecordStatus.WAITING),
            (Rule.GUARDED, RecordStatus.WAITING),
            (Rule.AUDIT, RecordStatus.WAITING),
        ):
            taken = study.records.filter(rule=rule).exclude(rounds__round__settles=True)
            assert set(taken.values_list("status", flat=True)) == {status}, rule
        accepted = study.records.filter(rule=Rule.THRESHOLD)
        assert not accepted.filter(suggestion_set__probability__lt=wanted.routing.threshold).exists()
        guarded = study.records.filter(rule=Rule.GUARDED).values_list("suggestion_set__best__code", flat=True)
        assert all(code.startswith("1") for code in guarded)


def test_a_labelled_sample_that_the_model_did_not_learn_from_is_left(said: str) -> None:
    for wanted, least in ((CERTIFICATES, 500), (SURVEY, 50)):
        study = study_of(wanted)
        found = explorer.sample(study, LabelSource.REFERENCE, routings.current(study))
        assert found.size >= least
        assert found.unknown == 0
        assert found.learnt > found.size
        drawn = explorer.points(found, explorer.TABLE)
        assert drawn[0].accepted > drawn[-1].accepted


def test_the_larger_model_is_left_to_the_training_worker(said: str) -> None:
    waiting = Job.objects.exclude(state=JobState.DONE)
    (training,) = Training.objects.filter(job__in=waiting)
    assert waiting.count() == 1
    assert (training.study, training.base) == (study_of(CERTIFICATES), bases.MINILM)
    assert (training.job.state, training.job.queue, training.promote) == (JobState.QUEUED, "training", True)


def test_two_coders_have_been_at_work_in_the_english_study(said: str) -> None:
    study = study_of(CERTIFICATES)
    evaluation, double = study.rounds.order_by("number")
    assert (evaluation.kind, evaluation.state) == (RoundKind.EVALUATION, RoundState.CLOSED)
    settled = rounds.progress(evaluation).records
    assert settled["agreed"] + settled["adjudicated"] == evaluation.drawn == 60
    assert settled["adjudicated"] > 5
    assert (double.kind, double.state) == (RoundKind.DOUBLE, RoundState.CODING)
    found = rounds.progress(double)
    assert [(one.user.username, one.decided, one.left) for one in found.coders if one.user] == [
        ("coder", 24, 0),
        ("coder2", 24, 0),
    ]
    assert found.open_adjudications == found.records["disputed"] > 2
    assert not study_of(SURVEY).rounds.exists()


def test_every_account_may_open_both_studies_and_no_coder_is_left_blinded(said: str) -> None:
    for wanted in demo_studies.STUDIES:
        for name, role in demo.ACCOUNTS.items():
            membership = membership_in(User.objects.get(username=name), study_of(wanted).slug)
            assert (membership.role, membership.blinded) == (role, False)


def test_the_description_says_that_records_and_codes_are_made_up(said: str) -> None:
    assert "codes are made up" in study_of(CERTIFICATES).description
    assert "지어낸" in study_of(SURVEY).description


def test_loading_it_again_changes_nothing(said: str) -> None:
    before = _state()
    load()
    assert _state() == before


def _state() -> list[object]:
    models = (Adjudication, Decision, Event, Job, QueueItem, Round, Run, Study, SuggestionSet, Training)
    counted = [model.objects.count() for model in models]
    return [*counted, Record.objects.aggregate(Sum("version"))]


@pytest.mark.django_db
def test_a_load_that_was_cut_off_goes_on_where_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = (demo.DEMO / SURVEY.records).read_text("utf-8").splitlines(keepends=True)
    (tmp_path / "few.csv").write_text("".join(rows[:80]), "utf-8")
    few = replace(SURVEY, records=str(tmp_path / "few.csv"), dictionary_phrases=False)
    users = demo.accounts()

    def cut_off(**given: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(suggest, "start", cut_off)
        with pytest.raises(KeyboardInterrupt):
            demo.load(few, users, tell=str)
    study = study_of(SURVEY)
    assert study.model_version is not None
    assert not SuggestionSet.objects.exists()
    demo.load(few, users, tell=str)
    assert SuggestionSet.objects.count() == study.records.count() == 79
    assert Training.objects.count() == study.imports.count() == study.routings.count() == 1


def test_the_words_that_let_managers_through_are_words_of_their_language() -> None:
    # A guard whose words never occur would send every manager to a person, and look as if it worked.
    for wanted, row, code in (
        (CERTIFICATES, {"occupation": "Store Manager", "industry": "retail"}, "1420"),
        (SURVEY, {"occupation": "회사 경영 총괄", "industry": "주식회사", "직위": "대표이사"}, "112"),
    ):
        rules = routing.Rules.of(wanted.routing, {"1": None, code: "1"}, reads=tuple(row))
        facts = routing.Facts(1, code, code, 0.99, 0.9, code, row)
        assert rules.apply(facts)[1] in {Rule.THRESHOLD, Rule.AUDIT}
        bare = routing.Facts(1, code, code, 0.99, 0.9, code, dict.fromkeys(row, "x"))
        assert rules.apply(bare) == (False, Rule.GUARDED)
