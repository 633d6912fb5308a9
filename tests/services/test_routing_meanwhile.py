"""A routing is saved while the records are being coded or routed: it is in force at once, and reaches all."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from django.contrib.auth.models import User

from coding_app.choices import JobKind, JobState, Rule
from coding_app.exceptions import Conflict
from coding_app.models import Event, Job, Rerouting, Study
from coding_app.routing import Settings
from coding_app.selectors import routing as routings
from coding_app.services import jobs, route, suggest
from tests import factories
from tests.routed import BY_PROBABILITY, NOBODY, by_id, coded_study, save, scored_study

pytestmark = pytest.mark.django_db


@pytest.fixture
def study(tmp_path: Path) -> Study:
    return coded_study(tmp_path)


@pytest.fixture
def scored(tmp_path: Path) -> Study:
    return scored_study(tmp_path)


def test_a_routing_saved_during_a_run_is_in_force_at_once_and_follows_when_it_ends(
    study: Study, settings: Any
) -> None:
    settings.JOB_CHUNK = 2
    study.child_age = 15
    study.save()
    job = suggest.start(study=study, user=study.created_by)
    saved = []
    with after_chunk(2, lambda: saved.append(route.save(study=study, user=None, settings=NOBODY))):
        factories.do(job)
    found = {name: (rule, status) for name, (status, *_, rule) in by_id(study).items()}
    assert found["001"] == ("dictionary", "accepted"), "written before the routing was saved"
    assert found["005"] == ("everything", "waiting"), "written after it"
    follow = Job.objects.get(kind=JobKind.ROUTE)
    assert (follow.state, follow.rerouting.routing) == (JobState.QUEUED, saved[0])
    factories.do(follow)
    assert {rule for _, _, _, rule in by_id(study).values()} == {"everything", "no_code", ""}


def test_a_routing_saved_while_a_run_is_queued_waits_for_it(study: Study) -> None:
    job = suggest.start(study=study, user=study.created_by)
    route.save(study=study, user=study.created_by, settings=NOBODY)
    study.refresh_from_db()
    assert Settings.of(study.routing) == NOBODY
    assert routings.state(study).pending
    assert not Job.objects.filter(kind=JobKind.ROUTE).exists()
    factories.do(job)
    assert not routings.state(study).pending
    assert routings.state(study).job is not None


@pytest.mark.parametrize("how", ["cancelled", "failed"])
def test_a_waiting_routing_follows_a_job_that_ends_badly(study: Study, how: str) -> None:
    job = suggest.start(study=study, user=study.created_by)
    save(study, NOBODY)
    if how == "cancelled":
        jobs.cancel(job=job, user=User.objects.get(username="manager"))
    else:
        Job.objects.filter(pk=job.pk).update(state=JobState.FAILED)
    assert route.start_waiting() == 1, "as workers do all the time"
    factories.do(Job.objects.get(kind=JobKind.ROUTE))
    assert factories.record(study, "001").rule == Rule.EVERYTHING
    assert route.start_waiting() == 0


def test_of_two_routings_saved_during_a_run_the_latter_is_taken_to_the_records(scored: Study) -> None:
    job = jobs.create(study=scored, kind=JobKind.CODE, user=None)
    save(scored, NOBODY)
    last = save(scored, BY_PROBABILITY)
    Job.objects.filter(pk=job.pk).update(state=JobState.DONE)
    route.start_waiting()
    factories.do(Job.objects.get(kind=JobKind.ROUTE))
    assert Rerouting.objects.get().routing == last
    assert factories.record(scored, "004").rule == Rule.THRESHOLD


def test_a_routing_saved_during_another_one_ends_that_and_looks_at_all_records(
    scored: Study, settings: Any
) -> None:
    settings.JOB_CHUNK = 2
    route.save(study=scored, user=None, settings=NOBODY)
    first = Job.objects.get(kind=JobKind.ROUTE)
    with after_chunk(1, lambda: route.save(study=scored, user=None, settings=BY_PROBABILITY)):
        factories.do(first)
    assert first.rerouting.looked_at < 6
    factories.do(Job.objects.get(kind=JobKind.ROUTE, state=JobState.QUEUED))
    assert {rule for _, _, _, rule in by_id(scored).values()} == {"threshold", "below", ""}


def test_records_imported_while_they_are_routed_are_coded_afterwards(study: Study) -> None:
    route.save(study=study, user=None, settings=NOBODY)
    routing_job = Job.objects.get(kind=JobKind.ROUTE)
    content = factories.csv_bytes([("new", "machinist", "", "")])
    factories.bring_in(study, content, "more.csv")
    imported = Job.objects.filter(kind=JobKind.IMPORT).latest("pk")
    imported.follow_up = True
    suggest.follow_up(imported)
    assert not Job.objects.filter(kind=JobKind.CODE, state=JobState.QUEUED).exists(), "one at a time"
    factories.do(routing_job)
    factories.do(Job.objects.get(kind=JobKind.CODE, state=JobState.QUEUED))
    assert factories.record(study, "new").rule == Rule.EVERYTHING


def test_routing_by_hand_is_refused_while_the_records_are_coded(study: Study) -> None:
    suggest.start(study=study, user=None)
    with pytest.raises(Conflict, match="coded or routed already"):
        route.apply(study=study, user=None)
    assert not Rerouting.objects.exists()


def test_a_routing_that_lost_its_worker_goes_on_after_its_last_chunk(scored: Study, settings: Any) -> None:
    settings.JOB_CHUNK = 2
    route.save(study=scored, user=None, settings=NOBODY)
    job = Job.objects.get(kind=JobKind.ROUTE)
    with after_chunk(1, lambda: jobs.release(worker="test")), pytest.raises(AssertionError):
        factories.do(job)
    assert job.state == JobState.QUEUED
    assert Rerouting.objects.get().looked_at == 2
    assert Event.objects.filter(verb="record_routed").count() == 2
    factories.do(job)
    assert Event.objects.filter(verb="record_routed").count() == 6
    assert Event.objects.filter(verb="record_routed").values("record").distinct().count() == 6


@contextmanager
def after_chunk(number: int, act: Any) -> Iterator[None]:
    """Do something once, between the chunks of a job: when ``number`` of them are written."""
    check, checks = jobs.Claim.check, 0

    def checked(claim: jobs.Claim) -> None:
        nonlocal checks
        checks += 1
        if checks == number + 1:
            act()
        check(claim)

    with mock.patch.object(jobs.Claim, "check", checked):
        yield
