"""Who may do what: every kind of user x every address x every method, checked against the URL configuration.

``ROWS`` has one line an address and set of methods: its name as ``reverse`` takes it, the methods, and who is
let in. To add one, write a line where its neighbours are. An address without a line fails, and so does a
line without an address; a method that no line of the address names has to answer 405. An address about one
thing also needs a key in ``keys`` below, by the part of its route that leads to it; the thing is made in the
fixture ``study``. Let in means: neither 401, 403, 404, 405, nor sent to the login page; that a body is
refused because it is empty does not matter here.
"""

import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.contrib.auth.models import User
from django.db import transaction
from django.http import HttpResponseBase
from django.test import Client
from django.utils import timezone

from coding_app.choices import FileKind, QueueState, Role, RoundKind, RoundState, Selection
from coding_app.models import Code, Flag, LabelSuspect, Membership, QueueItem, Round, RoundRecord, Study
from coding_app.selectors.reopening import By, Chosen
from coding_app.services import exports, invitations, members, reopening
from tests import factories, kept_models
from tests.addresses import Address, addresses

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")

ADMINISTRATOR = frozenset({"administrator"})
MANAGE = frozenset({"manager"})
SUPERVISE = MANAGE | {"supervisor"}
SEE = SUPERVISE | {"coder"}
"""Members who are not blinded."""
MEMBERS = SEE | {"blinded"}
SIGNED_IN = MEMBERS | ADMINISTRATOR | {"stranger"}
ANYBODY = SIGNED_IN | {"anonymous"}
CREATORS = ADMINISTRATOR | MANAGE
"""Whoever has the permission to create studies; the manager of these tests has it."""
NOBODY: frozenset[str] = frozenset()

Row = tuple[str, str, frozenset[str]]
ROWS: tuple[Row, ...] = (
    # Pages of everybody
    ("studies", "GET HEAD", SIGNED_IN),
    ("login", "GET HEAD POST", ANYBODY),
    ("logout", "POST", ANYBODY),
    ("password_change", "GET HEAD POST", SIGNED_IN),
    ("set_language", "GET HEAD POST PUT PATCH DELETE OPTIONS", ANYBODY),
    ("study-create", "GET HEAD POST", CREATORS),
    ("healthz", "GET HEAD", ANYBODY),
    ("invitation", "GET HEAD POST", ANYBODY),
    # A study
    ("study", "GET HEAD", MEMBERS),
    ("classification", "GET HEAD", MEMBERS),
    ("dictionary", "GET HEAD", SEE),
    ("study-settings", "GET HEAD POST", MANAGE),
    # Coding
    ("queue", "GET", MEMBERS),
    ("queue-decide", "POST", MEMBERS),
    ("queue-cannot-code", "POST", MEMBERS),
    ("queue-undo", "POST", MEMBERS),
    ("queue-flag", "POST", MEMBERS),
    ("queue-narrow", "POST", SEE),
    ("queue-same-text", "POST", SEE),
    ("queue-search", "GET", MEMBERS),
    ("queue-renew", "POST", MEMBERS),
    ("queue-open", "POST", MEMBERS),
    ("flags", "GET HEAD", MEMBERS),
    ("flag-answer", "POST", SUPERVISE),
    # Records
    ("records", "GET HEAD", MEMBERS),
    ("record", "GET HEAD", SEE),
    ("record-restore", "POST", SUPERVISE),
    ("reopen", "GET HEAD POST", SUPERVISE),
    ("reopen-take-back", "POST", SUPERVISE),
    # Files and jobs
    ("upload", "GET HEAD POST", SUPERVISE),
    ("imports", "GET HEAD", SUPERVISE),
    ("import", "GET HEAD POST", SUPERVISE),
    ("import-read-as", "POST", SUPERVISE),
    ("import-discard", "POST", SUPERVISE),
    ("import-issues", "GET HEAD", SUPERVISE),
    ("exports", "GET HEAD POST", SUPERVISE),
    ("export-download", "GET HEAD", SUPERVISE),
    ("export-evidence", "GET HEAD", SUPERVISE),
    ("code-start", "POST", SUPERVISE),
    ("job", "GET HEAD", SEE),
    ("job-stop", "POST", SUPERVISE),
    ("job-resume", "POST", SUPERVISE),
    # Models
    ("models", "GET HEAD", SUPERVISE),
    ("model-upload", "GET HEAD POST", MANAGE),
    ("model-roll-back", "POST", MANAGE),
    ("model", "GET HEAD", SUPERVISE),
    ("model", "POST", MANAGE),
    ("model-promote", "POST", MANAGE),
    ("model-download", "GET HEAD", SUPERVISE),
    ("model-remove", "GET HEAD POST", MANAGE),
    ("trainings", "GET HEAD", SUPERVISE),
    ("training-new", "GET HEAD POST", SUPERVISE),
    ("training-preview", "POST", SUPERVISE),
    ("training-columns", "POST", SUPERVISE),
    ("training", "GET HEAD", SUPERVISE),
    ("training-report", "GET HEAD", SUPERVISE),
    ("training-metrics", "GET HEAD", SUPERVISE),
    ("evaluations", "GET HEAD", SUPERVISE),
    ("evaluation-new", "GET HEAD POST", SUPERVISE),
    ("evaluation", "GET HEAD", SUPERVISE),
    ("evaluation-report", "GET HEAD", SUPERVISE),
    ("evaluation-metrics", "GET HEAD", SUPERVISE),
    # Routing and codes in doubt
    ("routing", "GET HEAD", SUPERVISE),
    ("routing-preview", "POST", MANAGE),
    ("routing-apply", "POST", MANAGE),
    ("routing-again", "POST", MANAGE),
    ("routing-records", "GET HEAD", SUPERVISE),
    ("routing-audit", "GET HEAD", SUPERVISE),
    ("explorer", "GET HEAD", SUPERVISE),
    ("explorer-records", "GET HEAD", SUPERVISE),
    ("labels", "GET HEAD", SUPERVISE),
    ("label-review", "GET HEAD", SUPERVISE),
    ("label-disagreements", "POST", SUPERVISE),
    ("label-undo", "POST", SUPERVISE),
    ("label-decide", "POST", SUPERVISE),
    ("label-download", "GET HEAD", SUPERVISE),
    # Rounds, adjudication, agreement
    ("rounds", "GET HEAD", SUPERVISE),
    ("round-new", "GET HEAD POST", SUPERVISE),
    ("round-preview", "POST", SUPERVISE),
    ("round", "GET HEAD", SUPERVISE),
    ("round-records", "GET HEAD", SUPERVISE),
    ("round-go-on", "POST", SUPERVISE),
    ("round-close", "POST", SUPERVISE),
    ("round-cancel", "POST", SUPERVISE),
    ("adjudication", "GET", SUPERVISE),
    ("adjudication-settle", "POST", SUPERVISE),
    ("adjudication-cannot-code", "POST", SUPERVISE),
    ("adjudication-send-back", "POST", SUPERVISE),
    ("adjudication-undo", "POST", SUPERVISE),
    ("adjudication-renew", "POST", SUPERVISE),
    ("adjudication-open", "POST", SUPERVISE),
    ("agreement", "GET HEAD", SUPERVISE),
    ("agreement-records", "GET HEAD", SUPERVISE),
    ("evaluation-table", "GET HEAD", SUPERVISE),
    ("evaluation-table-records", "GET HEAD", SUPERVISE),
    ("evaluation-table-file", "GET HEAD", SUPERVISE),
    ("coders", "GET HEAD", SUPERVISE),
    ("coder-records", "GET HEAD", SUPERVISE),
    ("methods", "GET HEAD", SUPERVISE),
    ("methods-html", "GET HEAD", SUPERVISE),
    ("methods-docx", "GET HEAD", SUPERVISE),
    # Members
    ("members", "GET HEAD POST", MANAGE),
    ("member-invite", "POST", MANAGE),
    ("member-transfer", "GET HEAD POST", MANAGE),
    ("invitation-withdraw", "POST", MANAGE),
    # The API of everybody
    ("api:root", "GET HEAD POST PUT PATCH DELETE OPTIONS", ANYBODY),
    ("api:schema", "GET HEAD", ANYBODY),
    ("api:docs", "GET HEAD", ANYBODY),
    ("api:auth-token", "POST", ANYBODY),
    ("api:classifications", "GET HEAD", SIGNED_IN),
    ("api:classification", "GET HEAD", MEMBERS | ADMINISTRATOR),
    ("api:codes", "GET HEAD", MEMBERS | ADMINISTRATOR),
    ("api:dictionaries", "GET HEAD", SIGNED_IN),
    ("api:dictionary", "GET HEAD", SEE | ADMINISTRATOR),
    ("api:dictionary-versions", "GET HEAD", SEE | ADMINISTRATOR),
    ("api:studies", "GET HEAD", SIGNED_IN),
    ("api:studies", "POST", CREATORS),
    ("api:nowhere", "GET HEAD POST PUT PATCH DELETE OPTIONS", NOBODY),
    # The API of a study
    ("api:study", "GET HEAD", SEE),
    ("api:study", "PATCH", MANAGE),
    ("api:members", "GET HEAD POST", MANAGE),
    ("api:member", "PATCH DELETE", MANAGE),
    ("api:member-transfer", "POST", MANAGE),
    ("api:invitations", "GET HEAD POST", MANAGE),
    ("api:invitation", "DELETE", MANAGE),
    ("api:imports", "GET HEAD POST", SUPERVISE),
    ("api:import", "GET HEAD DELETE", SUPERVISE),
    ("api:import-start", "POST", SUPERVISE),
    ("api:import-issues", "GET HEAD", SUPERVISE),
    ("api:import-issues-csv", "GET HEAD", SUPERVISE),
    ("api:records", "GET HEAD", SEE),
    ("api:record", "GET HEAD", SEE),
    ("api:record-restore", "POST", SUPERVISE),
    ("api:records-count", "POST", SUPERVISE),
    ("api:records-reopen", "POST", SUPERVISE),
    ("api:records-remove", "POST", SUPERVISE),
    ("api:gestures", "GET HEAD", SUPERVISE),
    ("api:gesture-take-back", "POST", SUPERVISE),
    ("api:runs", "GET HEAD", SEE),
    ("api:runs", "POST", SUPERVISE),
    ("api:jobs", "GET HEAD", SEE),
    ("api:job", "GET HEAD", SEE),
    ("api:job-stop", "POST", SUPERVISE),
    ("api:job-resume", "POST", SUPERVISE),
    ("api:flags", "GET HEAD POST", MEMBERS),
    ("api:flag-answer", "POST", SUPERVISE),
    ("api:queue", "GET HEAD", MEMBERS),
    ("api:queue-next", "POST", MEMBERS),
    ("api:queue-open", "POST", MEMBERS),
    ("api:queue-same-text", "GET HEAD", SEE),
    ("api:queue-renew", "POST", MEMBERS),
    ("api:queue-release", "POST", MEMBERS),
    ("api:decisions", "GET HEAD POST", MEMBERS),
    ("api:decisions-same-text", "POST", SEE),
    ("api:decision-undo", "POST", MEMBERS),
    ("api:routing", "GET HEAD", SUPERVISE),
    ("api:routing", "PUT", MANAGE),
    ("api:routing-preview", "POST", SUPERVISE),
    ("api:routing-versions", "GET HEAD", SUPERVISE),
    ("api:explorer", "GET HEAD", SUPERVISE),
    ("api:labels", "GET HEAD", SUPERVISE),
    ("api:agreement", "GET HEAD", SUPERVISE),
    ("api:coders", "GET HEAD", SUPERVISE),
    ("api:evaluation-table", "GET HEAD", SUPERVISE),
    ("api:label-disagreements", "POST", SUPERVISE),
    ("api:label-review", "POST", SUPERVISE),
    ("api:rounds", "GET HEAD POST", SUPERVISE),
    ("api:round-preview", "POST", SUPERVISE),
    ("api:round", "GET HEAD", SUPERVISE),
    ("api:round-go-on", "POST", SUPERVISE),
    ("api:round-close", "POST", SUPERVISE),
    ("api:round-cancel", "POST", SUPERVISE),
    ("api:adjudications", "GET HEAD", SUPERVISE),
    ("api:adjudication-next", "POST", SUPERVISE),
    ("api:adjudication-undo", "POST", SUPERVISE),
    ("api:adjudication-renew", "POST", SUPERVISE),
    ("api:adjudication-release", "POST", SUPERVISE),
    ("api:adjudication-settle", "POST", SUPERVISE),
    ("api:adjudication-send-back", "POST", SUPERVISE),
    ("api:exports", "GET HEAD POST", SUPERVISE),
    ("api:export", "GET HEAD", SUPERVISE),
    ("api:export-download", "GET HEAD", SUPERVISE),
    ("api:export-evidence", "GET HEAD", SUPERVISE),
    ("api:models", "GET HEAD", SUPERVISE),
    ("api:model-roll-back", "POST", MANAGE),
    ("api:model", "GET HEAD", SUPERVISE),
    ("api:model-promote", "POST", MANAGE),
    ("api:trainings", "GET HEAD POST", SUPERVISE),
    ("api:training", "GET HEAD", SUPERVISE),
    ("api:training-metrics", "GET HEAD", SUPERVISE),
    ("api:evaluations", "GET HEAD POST", SUPERVISE),
    ("api:evaluation", "GET HEAD", SUPERVISE),
    ("api:evaluation-metrics", "GET HEAD", SUPERVISE),
    ("api:search", "GET HEAD", MEMBERS),
)

ASKED = {
    "routing-records": "?accept_by=nobody&threshold=1&min_margin=0&audit_percent=0&audit_seed=0"
    "&rule=everything",
    "explorer-records": "?threshold=0.5",
    "api:search": "?q=plumber",
}
"""What an address cannot do without."""

SENT = {"members": {"action": "add"}, "round-preview": {"kind": "double"}}
"""What a form cannot do without: it would be about a thing that is not there."""


@pytest.fixture(autouse=True)
def _media(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def study(db: None, tmp_path: Path) -> Study:
    """A study with one of everything that has an address; ``blinded`` is a coder of its blinded round."""
    made = factories.make_study(tmp_path)
    factories.bring_in(made)
    factories.code(made)
    boss = made.members.get(username="manager")
    blinded = factories.make_user("blinded")
    members.add(study=made, member=blinded, role=Role.CODER, user=boss)
    factories.do(exports.request(study=made, kind=FileKind.CSV, user=boss).job)
    version = kept_models.add_version(made)
    training = kept_models.add_training(made, version=version)
    kept_models.add_evaluation(made, version)
    record = factories.record(made, "003")
    LabelSuspect.objects.create(
        study=made,
        training=training,
        record=record,
        code=Code.objects.get(code="411"),
        suggested=Code.objects.get(code="715"),
        quality=0.1,
    )
    Flag.objects.create(record=record, raised_by=blinded, note="?", raised_at=timezone.now())
    _rounds(made, blinded)
    reopening.reopen(study=made, wanted=Chosen(By.RECORD, str(factories.record(made, "001").pk)), user=boss)
    return made


def _rounds(study: Study, blinded: User) -> None:
    coders = [{"user": blinded.pk, "share": 1}]
    for number, kind in enumerate((RoundKind.EVALUATION, RoundKind.DOUBLE), start=1):
        made = Round.objects.create(
            study=study,
            number=number,
            name=f"Round {number}",
            kind=kind,
            state=RoundState.CODING if kind == RoundKind.EVALUATION else RoundState.CLOSED,
            blinded=True,
            coders_per_record=1,
            selection=Selection.ALL,
            coders=coders,
        )
        if kind == RoundKind.EVALUATION:
            record = factories.record(study, "004")
            QueueItem.objects.filter(record=record).update(state=QueueState.WITHDRAWN)
            within = RoundRecord.objects.create(
                round=made, record=record, position=1, status_before=record.status
            )
            QueueItem.objects.create(
                study=study, record=record, round_record=within, assigned=blinded, state=QueueState.OPEN
            )


def keys(study: Study) -> Mapping[str, object]:
    """What leads to a thing of the study, by the part of the route before it (the longest that fits)."""
    boss = study.members.get(username="manager")
    _invitation, secret = invitations.invite(study=study, role=Role.CODER, user=boss)
    upload = study.imports.earliest("pk")
    assert upload.job is not None
    return {
        "invitations/<str:secret>": secret,
        "invitations/<int:pk>": study.invitations.latest("pk").pk,
        "imports/<int:pk>": upload.pk,
        "jobs/<int:pk>": upload.job.pk,
        "queue/open/<int:record>": factories.record(study, "003").pk,
        "queue/same-text/<int:record>": factories.record(study, "003").pk,
        "flags/<int:pk>": Flag.objects.earliest("pk").pk,
        "records/<int:pk>": factories.record(study, "003").pk,
        "exports/<int:pk>": study.exports.earliest("pk").pk,
        "models/<int:number>": study.model_versions.earliest("pk").number,
        "trainings/<int:pk>": study.trainings.earliest("pk").pk,
        "evaluations/<int:pk>": study.evaluations.earliest("pk").pk,
        "labels/<int:pk>": study.label_suspects.earliest("pk").pk,
        "rounds/<int:number>": 1,
        "table.<str:kind>": "csv",
        "members/<int:pk>": Membership.objects.get(study=study, user__username="coder").pk,
        "classifications/<int:pk>": study.classification_id,
        "dictionaries/<int:pk>": study.dictionary_version.dictionary_id if study.dictionary_version else 0,
        "gestures/<uuid:gesture>": study.events.filter(verb="record_reopened").latest("pk").gesture,
    }


GONE = {
    "adjudication-open", "api:adjudication-settle", "api:adjudication-send-back",
    "evaluation-table-records", "coder-records",
}  # fmt: skip
"""Addresses about a thing that the study has none of: who is let in is told that it is not there."""


def target(address: Address, study: Study, found: Mapping[str, object]) -> str:
    """The address of a thing in the study."""
    route = address.route.replace("<str:slug>", study.slug).replace("<study:slug>", study.slug)
    for place, value in found.items():
        parameter = place[place.index("<") :]
        if place in route:
            route = route.replace(place, place.replace(parameter, str(value)))
    if address.name in GONE:
        route = route.replace("<int:pk>", "999999")
    assert "<" not in route, f"{address.name}: say in keys() what leads to {address.route}"
    return f"/{route}{ASKED.get(address.name, '')}"


def sessions(study: Study) -> dict[str, str]:
    """A signed-in session for each kind of user."""
    made = {"stranger": factories.make_user("stranger")}
    made["administrator"] = User.objects.create_superuser("administrator")
    made |= {name: study.members.get(username=name) for name in MEMBERS}
    found = {}
    for name, user in made.items():
        client = Client()
        client.force_login(user)
        found[name] = client.session.session_key or ""
    return found


def ask(address: str, method: str, session: str, sent: Mapping[str, str] | None = None) -> HttpResponseBase:
    """What somebody is answered; whatever it changed is taken back."""
    client = Client(raise_request_exception=False)
    if session:
        client.cookies[django_settings.SESSION_COOKIE_NAME] = session
    body: dict[str, Any] = {"data": sent or {}} if method == "POST" else {}
    if method in {"POST", "PUT", "PATCH", "DELETE"} and address.startswith("/api/"):
        body = {"data": "{}", "content_type": "application/json"}
    before = transaction.savepoint()
    try:
        answer: HttpResponseBase = getattr(client, method.lower())(address, **body)
        return answer
    finally:
        transaction.savepoint_rollback(before)


def let_in(answer: HttpResponseBase) -> bool:
    """Whether somebody was let in."""
    to_login = answer.status_code == 302 and answer["Location"].startswith(("/login/?", "/admin/login/?"))
    return not to_login and answer.status_code not in {401, 403, 404, 405, 500}


def refusal(name: str, who: str) -> set[int]:
    """How somebody is refused: the study of others does not exist for those who are no members."""
    if who == "anonymous":
        return {401} if name.startswith("api:") else {302}
    if who in {"stranger", "administrator"}:
        return {404} if name not in {"study-create", "api:studies"} else {403}
    return {403, 404} if who == "blinded" else {403}


def test_the_table_has_every_address_and_no_other() -> None:
    there = {one.name for one in addresses() if not one.name.startswith("admin:")}
    assert {name for name, _methods, _who in ROWS} == there


@pytest.mark.parametrize("who", sorted(ANYBODY))
def test_everybody_is_let_in_where_the_table_says_so_and_nowhere_else(study: Study, who: str) -> None:
    session = {**sessions(study), "anonymous": ""}[who]
    found, routes = keys(study), {one.name: one for one in addresses()}
    wrong = []
    for name, methods, allowed in ROWS:
        for method in methods.split():
            answer = ask(target(routes[name], study, found), method, session, SENT.get(name))
            there = let_in(answer) or (name in GONE and answer.status_code == 404)
            right = there if who in allowed else answer.status_code in refusal(name, who)
            if name == "api:nowhere" and who != "anonymous":
                right = answer.status_code == 404
            if not right:
                wrong.append(f"{who}: {method} {name} answered {answer.status_code}")
    assert not wrong, "\n".join(wrong)


def test_no_address_answers_to_a_method_that_the_table_does_not_name(study: Study) -> None:
    session, found = sessions(study)["manager"], keys(study)
    named: dict[str, set[str]] = {}
    for name, methods, _who in ROWS:
        named.setdefault(name, set()).update(methods.split())
    wrong = []
    for address in addresses():
        if address.name.startswith("admin:"):
            continue
        for method in set(METHODS) - named.get(address.name, set()):
            status = ask(target(address, study, found), method, session).status_code
            if status != 405:
                wrong.append(f"{method} {address.name} answered {status}")
    assert not wrong, "\n".join(sorted(wrong))


@pytest.mark.parametrize("who", sorted(ANYBODY))
def test_the_administration_is_the_administrators(study: Study, who: str) -> None:
    """Django's own pages; it lets nobody else see any of them but its sign-in."""
    session = {**sessions(study), "anonymous": ""}[who]
    wrong = []
    for address in addresses():
        if not address.name.startswith("admin:") or address.name in {"admin:login", "admin:logout"}:
            continue
        values = dict.fromkeys(address.parameters, study.members.get(username="coder").pk)
        answer = ask(address.filled(values), "GET", session)
        if who != "administrator" and let_in(answer):
            wrong.append(f"{address.name} answered {answer.status_code}")
    assert not wrong, "\n".join(wrong)
    assert let_in(ask("/admin/auth/user/", "GET", session)) == (who == "administrator")


def test_a_deactivated_member_is_a_stranger_to_the_study(study: Study) -> None:
    membership = Membership.objects.get(study=study, user__username="supervisor")
    members.deactivate(membership=membership, user=study.members.get(username="manager"))
    session, found = sessions(study)["supervisor"], keys(study)
    routes = {one.name: one for one in addresses()}
    for name, methods, _who in ROWS:
        if "slug" in routes[name].parameters:
            answer = ask(target(routes[name], study, found), methods.split()[0], session)
            assert answer.status_code == 404, name
    members.reactivate(membership=membership, user=study.members.get(username="manager"))
    assert ask(f"/studies/{study.slug}/", "GET", session).status_code == 200


def test_a_gesture_of_another_study_cannot_be_taken_back(study: Study) -> None:
    session = sessions(study)["supervisor"]
    answer = ask(f"/api/v1/studies/{study.slug}/gestures/{uuid.uuid4()}/take-back/", "POST", session)
    assert answer.status_code == 409
