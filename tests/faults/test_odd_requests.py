"""Requests that no page sends: none of them ends in a crash, changes anything, or shows another's study."""

import logging
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from coding_app.choices import FileKind, QueueState, RecordStatus
from coding_app.exceptions import InvalidInput
from coding_app.models import Classification, Event, Export, Import, Job, QueueItem, Record, Study
from coding_app.services import exports, members, review, studies
from tests import factories

pytestmark = pytest.mark.django_db
NUL, LONG, HUGE = "a\0b", "a" * 5000, "9" * 40
LISTS = ("study", "imports", "exports", "members", "queue", "queue-search", "records", "classification")
FILTERS = (
    "q",
    "page",
    "kind",
    "status",
    "outcome",
    "table",
    "code",
    "source",
    "reason",
    "coder",
    "text",
    "pick",
)
POSTS = ("code-start", "exports", "upload", "members", "queue-decide", "queue-cannot-code", "queue-undo")


@pytest.fixture
def study(settings: Any, tmp_path: Path) -> Study:
    settings.MEDIA_ROOT = tmp_path / "media"
    study = factories.make_study(tmp_path)
    factories.bring_in(study)
    factories.code(study)
    return study


def signed_in(name: str, **options: Any) -> Client:
    client = Client(**options)
    client.force_login(User.objects.get(username=name))
    return client


@pytest.mark.parametrize("page", LISTS)
def test_no_value_of_a_parameter_breaks_a_page(study: Study, page: str) -> None:
    manager = signed_in("manager")
    for name in FILTERS:
        for value in (NUL, HUGE, "-1", "²", "%00"):
            answer = manager.get(reverse(page, args=[study.slug]), {name: value})
            assert answer.status_code in {200, 404}, (name, value)


@pytest.mark.parametrize("name", ["import", "import-issues", "job", "export-download", "record"])
def test_a_key_that_is_no_key_is_not_found(study: Study, name: str) -> None:
    manager = signed_in("manager")
    for key in (0, 2**31, 2**63, 10**30):
        assert manager.get(reverse(name, args=[study.slug, key])).status_code == 404


@pytest.mark.parametrize("slug", ["%00", "mills%00", "a" * 3000, "%2e%2e", "mills%2F"])
def test_an_address_that_names_no_study_is_not_found(study: Study, slug: str) -> None:
    assert signed_in("manager").get(f"/studies/{slug}/").status_code == 404


@pytest.mark.parametrize("page", ["queue-decide", "queue-cannot-code", "queue-undo", "queue-renew"])
@pytest.mark.parametrize("value", [NUL, HUGE, "-1", "", "²", LONG])
def test_a_decision_with_a_wrong_field_changes_nothing(study: Study, page: str, value: str) -> None:
    record = Record.objects.filter(status=RecordStatus.WAITING)[0]
    right = {
        "record": record.pk,
        "version": 999,
        "choice": "c510",
        "reason": "vague",
        "note": "",
        "decision": "1",
    }
    coder = signed_in("coder")
    for name in right:
        answer = coder.post(reverse(page, args=[study.slug]), {**right, name: value})
        assert answer.status_code in {200, 302, 404, 409, 422}, name
    assert not Record.objects.filter(status__in=[RecordStatus.DECIDED, RecordStatus.CANNOT_CODE]).exists()


@pytest.mark.parametrize("page", POSTS)
def test_a_form_of_another_site_is_refused(study: Study, page: str) -> None:
    before = Event.objects.count(), Job.objects.count()
    manager = signed_in("manager", enforce_csrf_checks=True)
    assert manager.post(reverse(page, args=[study.slug]), {"kind": "csv"}).status_code == 403
    assert (Event.objects.count(), Job.objects.count()) == before


@pytest.mark.parametrize(
    "page", ["code-start", "queue-decide", "queue-cannot-code", "queue-undo", "queue-renew", "logout"]
)
def test_following_a_link_changes_nothing(study: Study, page: str) -> None:
    address = reverse(page) if page == "logout" else reverse(page, args=[study.slug])
    assert signed_in("manager").get(address).status_code == 405


def test_things_of_another_study_are_not_found_under_ones_own(study: Study, tmp_path: Path) -> None:
    other = studies.create(
        name="Other",
        classification=study.classification,
        dictionary_version=study.dictionary_version,
        user=factories.make_user("stranger"),
    )
    export = exports.request(study=study, kind=FileKind.CSV, user=None)
    factories.do(export.job)
    record = Record.objects.filter(status=RecordStatus.WAITING)[0]
    upload, stranger = Import.objects.get(), signed_in("stranger")
    for slug in (study.slug, other.slug):
        for name, key in (
            ("import", upload.pk),
            ("import-issues", upload.pk),
            ("job", export.job_id),
            ("export-download", export.pk),
            ("record", record.pk),
        ):
            assert stranger.get(reverse(name, args=[slug, key])).status_code == 404, (slug, name)
        for name, key in (
            ("import", upload.pk),
            ("import-discard", upload.pk),
            ("job-stop", export.job_id),
            ("job-resume", export.job_id),
            ("queue-open", record.pk),
        ):
            assert stranger.post(reverse(name, args=[slug, key])).status_code == 404, (slug, name)
        form = {"record": record.pk, "version": record.version, "choice": "c510", "reason": "vague"}
        for name in ("queue-decide", "queue-cannot-code"):
            assert stranger.post(reverse(name, args=[slug]), form).status_code == 404, (slug, name)
        member = study.memberships.get(user__username="coder")
        removal = {"action": "remove", "member": member.pk}
        assert stranger.post(reverse("members", args=[slug]), removal).status_code == 404
    assert study.memberships.count() == 3
    assert not QueueItem.objects.exclude(state=QueueState.OPEN).exists()


def test_a_removed_member_is_out_at_once_and_their_record_is_free_for_others(study: Study) -> None:
    coder = User.objects.get(username="coder")
    client = signed_in("coder")
    assert client.get(reverse("queue", args=[study.slug])).status_code == 200
    held = QueueItem.objects.get(holder=coder)
    manager = User.objects.get(username="manager")
    members.remove(membership=study.memberships.get(user=coder), user=manager)
    assert client.get(reverse("queue", args=[study.slug])).status_code == 404
    form = {"record": held.record_id, "version": held.record.version, "choice": "c510"}
    assert client.post(reverse("queue-decide", args=[study.slug]), form).status_code == 404
    opened = review.open_next(study=study, user=manager)
    assert opened is not None
    assert opened.record_id == held.record_id, "nobody waits for the lease of somebody who is gone"


@pytest.mark.parametrize(
    "name", ["new-study", "admin", "api", "queue", "가나다 연구", "💥 1", "a/b/../c", "x\ty"]
)
def test_a_study_may_have_any_name(study: Study, name: str) -> None:
    manager = signed_in("manager")
    classification = Classification.objects.get().pk
    sent = {"name": name, "classification": classification, "child_age": "14"}
    answer = manager.post(reverse("study-create"), sent)
    assert answer.status_code == 302
    assert manager.get(answer.headers["Location"]).status_code == 200
    assert manager.get(reverse("studies")).status_code == 200
    twice = manager.post(reverse("study-create"), sent)
    assert twice.status_code == 422
    assert Study.objects.count() == 2


@pytest.mark.parametrize("name", ["ﷺ" * 100, "İ" * 100, "ﷺ" * 7 + "-" * 50])
def test_an_address_is_short_even_where_a_letter_becomes_many(study: Study, name: str) -> None:
    made = studies.create(name=name, classification=study.classification, dictionary_version=None, user=None)
    assert 0 < len(made.slug) <= 110


@pytest.mark.parametrize("name", ["", "  ", "..", "-", "...", "\u202e", "\0"])
def test_a_name_without_letters_is_refused(study: Study, name: str) -> None:
    with pytest.raises(InvalidInput):
        studies.create(name=name, classification=study.classification, dictionary_version=None, user=None)


def test_two_clicks_on_a_start_start_once(study: Study) -> None:
    supervisor = signed_in("supervisor")
    received = factories.upload(study, factories.csv_bytes([("100", "driver", "", "")]))
    address = reverse("import", args=[study.slug, received.pk])
    for _ in range(2):
        assert supervisor.post(address, {"id": "0", "occupation": "1"}).status_code == 302
        assert supervisor.post(reverse("code-start", args=[study.slug])).status_code == 302
    assert Job.objects.filter(kind="import").count() == 2
    assert Job.objects.filter(kind="code").count() == 2
    assert not Export.objects.exists()


def test_a_coder_learns_nothing_of_the_known_codes(study: Study) -> None:
    known = [("900", "driver", "", "", "ZX-411"), ("901", "zookeeper", "", "", "ZX-411")]
    factories.bring_in(study, factories.csv_bytes(known, (*factories.COLUMNS, "reference")))
    factories.code(study)
    for name in ("900", "901"):
        record = factories.record(study, name)
        review_page = signed_in("coder").get(reverse("record", args=[study.slug, record.pk]))
        assert "ZX-411" not in review_page.content.decode()
        assert (
            "ZX-411"
            in signed_in("supervisor").get(reverse("record", args=[study.slug, record.pk])).content.decode()
        )
    waiting = factories.record(study, "901")
    coder = User.objects.get(username="coder")
    review.open_record(record=waiting, user=coder)
    assert "ZX-411" not in signed_in("coder").get(reverse("queue", args=[study.slug])).content.decode()
    lists = reverse("records", args=[study.slug])
    counts = {
        value: len(signed_in("coder").get(lists, {"compared": value}).context["rows"])
        for value in ("", "right", "wrong")
    }
    assert len(set(counts.values())) == 1


def test_an_unexpected_fault_is_written_to_the_log() -> None:
    """Without DEBUG Django itself would send it to ADMINS alone, and there are none."""
    handlers = logging.getLogger("django").handlers
    assert any(isinstance(one, logging.StreamHandler) and not one.filters for one in handlers)
