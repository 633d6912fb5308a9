"""A blinded coder walks every address of the application, and finds nothing they may not know.

A new address is walked by itself. Where it is open to blinded coders, add its name to ``OPEN``: the test
fails until somebody has said so.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.db import transaction
from django.test import Client

from coding_app.models import Study
from tests import blinded_study, factories
from tests.addresses import Address, addresses

OPEN = {
    "studies", "password_change", "login", "logout", "set_language", "healthz",
    "study", "classification", "records", "record",
    "queue", "queue-decide", "queue-cannot-code", "queue-undo", "queue-search", "queue-renew", "queue-open",
    "queue-flag", "flags", "api:flags",
    "api:root", "api:schema", "api:docs", "api:auth-token", "api:studies", "api:classifications",
    "api:classification", "api:codes", "api:dictionaries",
    "api:queue", "api:queue-next", "api:queue-open", "api:queue-renew", "api:queue-release",
    "api:decisions", "api:decision-undo", "api:search",
    "admin:login", "admin:logout",
}  # fmt: skip
"""What answers a blinded coder otherwise than by refusing them."""

OF_THE_CLASSIFICATION = {"classification", "queue-search", "queue", "api:codes", "api:search", "queue-undo"}
"""Addresses that show any code there is: not because of what somebody said of a record."""

PUBLIC = {"api:schema"}
"""What the program can do, as everybody may read it without an account: words, and nothing of a study."""

_CODES = f"{blinded_study.COLLEAGUES}|{blinded_study.MACHINES}"
CODES = re.compile(rf"(?<![\w.:-])({_CODES})(?![\w.:-])|Construction labourer|Aircraft assembler")
SECRETS = re.compile(
    r"SECRET\w*|zebedee|y-colleague|y-machine|secretindustry|0[.,]7351|73[.,]5|(?<!\d)74 ?%|FUEL OIL TRUCK",
    re.IGNORECASE,
)
WORDS = re.compile(r"\b(double|round|second coder|adjudic\w*|disput\w*|colleague\w*|gold)\b", re.IGNORECASE)
ASKED = {"q": "con", "text": "circus", "coder": "coder", "status": "waiting"}


@dataclass(frozen=True)
class Answer:
    """What came back; ``text`` is empty for a redirect."""

    name: str
    asked: str
    status: int
    text: str


@pytest.fixture
def study(db: None, tmp_path: Path, settings: Any) -> Study:
    """The study with its secrets."""
    settings.MEDIA_ROOT = tmp_path / "media"
    return blinded_study.make(tmp_path)


def keys(study: Study) -> list[int]:
    """Keys that lead to something in the study, whatever it is."""
    found = {1, factories.record(study, "y-colleague").pk}
    found |= {factories.record(study, name).pk for name in ("z-open", *blinded_study.OWN)}
    for model in apps.get_app_config("coding_app").get_models():
        first = model.objects.order_by("pk").values_list("pk", flat=True).first()  # type: ignore[attr-defined]
        found |= {first} if isinstance(first, int) else set()
    return sorted(found)


def targets(study: Study, address: Address, numbers: list[int]) -> Iterator[str]:
    """The address with every key there is."""
    several = numbers if set(address.parameters) - {"slug"} else numbers[:1]
    for number in several:
        values: dict[str, object] = dict.fromkeys(address.parameters, number)
        yield address.filled(values | {"slug": study.slug})


def walk(client: Client, study: Study, part: str) -> Iterator[Answer]:
    """Every address of a part by every method that could show something; what is changed is taken back."""
    numbers = keys(study)
    for address in (one for one in addresses() if part_of(one.name) == part):
        for target in targets(study, address, numbers):
            for method in ("get", "post"):
                before = transaction.savepoint()
                try:
                    answer = getattr(client, method)(target, ASKED)
                    body = b"".join(answer) if answer.streaming else answer.content
                    # What they typed themselves tells them nothing: the form of the language repeats it.
                    text = body.decode().replace(target, "")
                    yield Answer(address.name, f"{method} {target}", answer.status_code, text)
                finally:
                    transaction.savepoint_rollback(before)
                    if method == "post":
                        client.force_login(study.members.get(username="coder"))


def part_of(name: str) -> str:
    """Pages or API: each takes minutes to walk."""
    return "api" if name.startswith("api:") else "pages"


@pytest.fixture
def coder(study: Study) -> Client:
    """The blinded coder's browser."""
    client = Client()
    client.force_login(study.members.get(username="coder"))
    return client


@pytest.mark.timeout(1200)
@pytest.mark.parametrize("part", ["pages", "api"])
def test_a_blinded_coder_finds_nothing_they_may_not_know(study: Study, coder: Client, part: str) -> None:
    answered, leaks = set(), []
    for answer in walk(coder, study, part):
        where = f"{answer.asked} ({answer.status})"
        if answer.status >= 500:
            leaks.append(where)
        if answer.status not in {401, 403, 404, 405} and not answer.name.startswith("admin:"):
            answered.add(answer.name)
        looked_for = [SECRETS]
        looked_for += [CODES] if answer.name not in OF_THE_CLASSIFICATION | PUBLIC else []
        looked_for += [WORDS] if answer.name not in PUBLIC else []
        found = [match for match in (one.search(answer.text) for one in looked_for) if match]
        leaks += [f"{where}: …{one.string[max(0, one.start() - 60) : one.end() + 60]}…" for one in found]
    assert not leaks, "\n".join(leaks)
    wanted = {name for name in OPEN if part_of(name) == part and not name.startswith("admin:")}
    assert answered == wanted


def test_the_walk_finds_all_of_it_for_somebody_who_sees_everything(study: Study) -> None:
    """Otherwise the test above could look in vain for what is not there."""
    client = Client()
    client.force_login(study.members.get(username="supervisor"))
    here = f"/studies/{study.slug}"
    api = f"/api/v1{here}"
    record = factories.record(study, "z-settled").pk
    seen = "".join(
        client.get(target).content.decode()
        for target in (
            f"{here}/records/",
            f"{here}/records/{record}/",
            f"{api}/records/{record}/",
            f"{api}/decisions/",
        )
    )
    for secret in (
        "SECRETREF",
        "SECRETCOLUMN",
        "SECRETWORDS",
        "SECRETNOTE",
        "zebedee",
        "y-machine",
        "0.7351",
    ):
        assert secret in seen, secret
    assert {found.group(1) for found in CODES.finditer(seen)} >= {"982", "801"}


def test_a_blinded_coder_goes_on_working(study: Study, coder: Client) -> None:
    here = f"/studies/{study.slug}"
    page = coder.get(f"{here}/queue/").content.decode()
    assert "zookeeper" in page
    assert "465" not in page  # what they said of it before the round
    record = factories.record(study, "z-open")
    sent = {"record": record.pk, "version": record.version, "choice": "c411", "note": "as ever"}
    assert coder.post(f"{here}/queue/decide/", sent).status_code == 302
    listed = coder.get(f"{here}/records/").content.decode()
    assert all(name in listed for name in ("z-open", *blinded_study.OWN))
    shown = coder.get(f"{here}/records/{record.pk}/").content.decode()
    assert ("as ever" in shown, "411" in shown, "zookeeper" in shown) == (True, True, True)


def test_a_record_that_somebody_else_decided_is_not_there(study: Study, coder: Client) -> None:
    other = factories.record(study, "y-colleague").pk
    assert coder.get(f"/studies/{study.slug}/records/{other}/").status_code == 404
    assert coder.get(f"/api/v1/studies/{study.slug}/records/{other}/").status_code == 403


def test_what_a_coder_said_of_a_record_earlier_is_hidden_while_they_code_it_again(
    study: Study, coder: Client
) -> None:
    again = factories.record(study, "z-open").pk
    assert coder.get(f"/studies/{study.slug}/records/{again}/").status_code == 404
    listed = coder.get(f"/api/v1/studies/{study.slug}/decisions/").json()["results"]
    assert sorted(one["external_id"] for one in listed) == sorted(blinded_study.OWN)


def test_a_blinded_coder_cannot_pick_a_candidate_by_guessing_its_key(study: Study, coder: Client) -> None:
    record = factories.record(study, "z-open")
    assert record.suggestion_set is not None
    first = record.suggestion_set.suggestions.earliest("rank")
    coder.get(f"/studies/{study.slug}/queue/")
    sent = {"record": record.pk, "version": record.version, "choice": f"s{first.pk}"}
    assert coder.post(f"/studies/{study.slug}/queue/decide/", sent).status_code == 422
    body = {
        "record": record.pk, "seen_version": record.version, "kind": "code", "code": "801",
        "suggestion": first.pk,
    }  # fmt: skip
    answer = coder.post(f"/api/v1/studies/{study.slug}/decisions/", body, content_type="application/json")
    assert answer.status_code == 400


def test_everything_is_open_again_when_the_round_has_ended(study: Study, coder: Client) -> None:
    study.rounds.update(state="closed")
    assert coder.get(f"/studies/{study.slug}/dictionary/").status_code == 200
    assert "y-machine" in coder.get(f"/studies/{study.slug}/records/").content.decode()
