"""The routing page: its form, what it shows before anything is saved, and what saving does."""

import re
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client

from coding_app.choices import AcceptBy, JobKind, RecordStatus, Rule
from coding_app.models import Job, Record, Routing, Study
from coding_app.routing import Guard, Settings, Stratum
from coding_app.services import review, route
from tests import factories
from tests.scored import ANSWERS, score

SignIn = Callable[[str], Client]

SENT = {
    "accept_by": "probability",
    "threshold": "0.8",
    "min_margin": "0",
    "audit_percent": "0",
    "audit_seed": "0",
}


@pytest.fixture
def study(coded_study: Study) -> Study:
    """Nine records, seven of which the model scored; six of these have a known code."""
    score(coded_study, ANSWERS)
    return coded_study


def address(study: Study, part: str = "") -> str:
    return f"/studies/{study.slug}/routing/{part}"


def previewed(client: Client, study: Study, **sent: object) -> str:
    answer = client.post(address(study, "preview/"), {**SENT, **sent}, headers={"HX-Request": "true"})
    assert answer.status_code == 200
    return answer.content.decode()


def applied(client: Client, study: Study, **sent: object) -> int:
    page = previewed(client, study, **sent)
    digest = re.search(r'name="previewed" value="([0-9a-f]+)"', page)
    assert digest is not None
    return client.post(address(study, "apply/"), {**SENT, **sent, "previewed": digest[1]}).status_code


def rows(page: str) -> dict[str, list[str]]:
    """Cells of the rule table by rule: now, then, change."""
    found = {}
    for row in re.findall(r'<tr><th scope="row">([^<]+)</th><td><span class="badge.*?</tr>', page, re.DOTALL):
        cells = re.search(rf'<th scope="row">{re.escape(row)}</th>(.*?)</tr>', page, re.DOTALL)
        assert cells is not None
        found[row] = [
            re.sub(r"<[^>]+>", "", cell) for cell in re.findall(r'<td class="num">(.*?)</td>', cells[1])
        ]
    return found


def links(page: str, pattern: str) -> list[str]:
    return [one.replace("&amp;", "&") for one in re.findall(rf'href="([^"]*{pattern}[^"]*)"', page)]


def listed(client: Client, target: str) -> list[str]:
    answer = client.get(target)
    assert answer.status_code == 200
    return [record.external_id for record in answer.context["rows"]]


def test_the_preview_counts_by_rule_and_writes_nothing(study: Study, sign_in: SignIn) -> None:
    before = list(Record.objects.order_by("pk").values())
    page = previewed(sign_in("manager"), study)
    assert rows(page) == {
        "Coded by the dictionary": ["5", "0", "-5"],
        "Nothing suggested": ["1", "0", "-1"],
        "Not coded by the dictionary": ["1", "0", "-1"],
        "At or above the threshold": ["0", "4", "+4"],
        "Below the threshold": ["0", "3", "+3"],
    }
    assert list(Record.objects.order_by("pk").values()) == before
    assert not Routing.objects.exists()
    assert not Job.objects.filter(kind=JobKind.ROUTE).exists()


def test_every_number_of_the_preview_leads_to_its_records(study: Study, sign_in: SignIn) -> None:
    manager = sign_in("manager")
    page = previewed(manager, study)
    assert listed(manager, links(page, "rule=below")[0]) == ["003", "004", "009"]
    assert listed(manager, links(page, "rule=threshold")[0]) == ["001", "002", "005", "006"]
    assert listed(manager, links(page, "records/[?]rule=not_coded")[0]) == ["003"]
    assert links(page, "move=to_accepted") == []
    assert listed(manager, links(page, "move=to_waiting")[0]) == ["009"]
    assert listed(manager, links(page, "sample=accepted")[0]) == ["001", "002", "005", "006"]
    assert listed(manager, links(page, "sample=wrong")[0]) == ["006"]


def test_the_error_is_expected_from_probabilities_and_measured_on_known_codes(
    study: Study, sign_in: SignIn
) -> None:
    page = previewed(sign_in("manager"), study)
    expected = ((1 - 0.95) + (1 - 0.90) + (1 - 0.99) + (1 - 0.85)) / 4
    assert f"{100 * expected:.1f}\N{NO-BREAK SPACE}%" in page
    assert "25.0\N{NO-BREAK SPACE}%" in page  # 1 of 4
    assert "4.6\N{NO-BREAK SPACE}% – 69.9\N{NO-BREAK SPACE}%" in page  # Wilson, by hand


def test_lists_of_the_form_become_settings(study: Study, sign_in: SignIn) -> None:
    sent = {
        "guard_group": ["1 Drivers and movers", ""],
        "guard_words": ["chief,  head of\nowner", ""],
        "person_code": ["21 Crafts", "", "900"],
        "stratum": ['["age", "40"]', '["age", "51"]', "nonsense"],
        "require_agreement": "on",
        "audit_percent": "2.5",
        "audit_seed": "7",
    }
    assert applied(sign_in("manager"), study, **sent) == 302
    study.refresh_from_db()
    assert Settings.of(study.routing) == Settings(
        accept_by=AcceptBy.PROBABILITY,
        threshold=0.8,
        require_agreement=True,
        guarded=(Guard("1", ("chief", "head of", "owner")),),
        person_codes=("21", "900"),
        person_strata=(Stratum("age", ("40", "51")),),
        audit_share=0.025,
        audit_seed=7,
    )


def test_the_form_shows_what_holds_and_sends_the_same_again(study: Study, sign_in: SignIn) -> None:
    settings = Settings(
        accept_by=AcceptBy.PROBABILITY,
        threshold=0.735,
        guarded=(Guard("11", ("chief", "팀장")),),
        person_codes=("465",),
        person_strata=(Stratum("industry", ("", "aircraft")),),
        audit_share=0.05,
    )
    route.save(study=study, user=None, settings=settings)
    manager = sign_in("manager")
    form = manager.get(address(study)).context["form"]
    sent = {name: form[name].value() for name in form.fields if name != "require_agreement"}
    sent |= {
        "guard_group": [row.group for row in form.guard_rows],
        "guard_words": [row.words for row in form.guard_rows],
        "person_code": form.code_rows,
        "stratum": [box.sent for column in form.stratum_columns for box in column.boxes if box.ticked],
    }
    again = manager.post(address(study, "preview/"), sent)
    assert not again.context["form"].errors, again.context["form"].list_errors
    assert again.context["form"].settings == settings
    assert again.context["unchanged"]


def test_applying_saves_a_version_and_routes_the_records_in_a_job(study: Study, sign_in: SignIn) -> None:
    assert applied(sign_in("manager"), study) == 302
    routing = Routing.objects.get(study=study)
    assert (routing.number, routing.threshold, routing.created_by) == (
        1,
        0.8,
        study.members.get(username="manager"),
    )
    factories.do(Job.objects.get(kind=JobKind.ROUTE))
    assert {one.external_id: (one.status, one.rule) for one in Record.objects.exclude(rule="")} == {
        "001": (RecordStatus.ACCEPTED, Rule.THRESHOLD),
        "002": (RecordStatus.ACCEPTED, Rule.THRESHOLD),
        "003": (RecordStatus.WAITING, Rule.BELOW),
        "004": (RecordStatus.WAITING, Rule.BELOW),
        "005": (RecordStatus.ACCEPTED, Rule.THRESHOLD),
        "006": (RecordStatus.ACCEPTED, Rule.THRESHOLD),
        "009": (RecordStatus.WAITING, Rule.BELOW),
    }


def test_what_was_not_previewed_is_not_applied(study: Study, sign_in: SignIn) -> None:
    manager = sign_in("manager")
    for previewed_digest in ("", "0" * 32):
        answer = manager.post(address(study, "apply/"), {**SENT, "previewed": previewed_digest})
        assert answer.status_code == 409
        assert "These are not the settings that were shown" in answer.content.decode()
    assert not Routing.objects.exists()


def test_a_preview_on_a_routing_that_changed_meanwhile_is_not_applied(study: Study, sign_in: SignIn) -> None:
    manager = sign_in("manager")
    digest = re.search(r'name="previewed" value="([0-9a-f]+)"', previewed(manager, study))
    assert digest is not None
    route.save(study=study, user=None, settings=Settings(accept_by=AcceptBy.NOBODY))
    assert manager.post(address(study, "apply/"), {**SENT, "previewed": digest[1]}).status_code == 409
    assert Routing.objects.count() == 1


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        ({"threshold": "1.5"}, "less than or equal to 1"),
        ({"threshold": "nan"}, "Enter a number"),
        ({"threshold": ""}, "This field is required"),
        ({"audit_percent": "101"}, "less than or equal to 100"),
        ({"accept_by": "everything"}, "Select a valid choice"),
        ({"person_code": ["8888 Nothing"]}, "is no code of"),
        ({"guard_group": ["1"], "guard_words": [" , "]}, "Give a word"),
        ({"guard_group": [""], "guard_words": ["chief"]}, "is no code of"),
        ({"stratum": ['["reference", "716"]']}, "codes known beforehand"),
    ],
)
def test_a_fault_stands_in_the_form_and_nothing_is_counted(
    study: Study, sign_in: SignIn, sent: dict[str, object], told: str
) -> None:
    answer = sign_in("manager").post(address(study, "preview/"), {**SENT, **sent})
    assert answer.status_code == 422
    page = answer.content.decode()
    assert told in page
    assert "Press “Preview”" in page


def test_strata_are_offered_from_the_columns_of_the_study_and_never_the_known_codes(
    study: Study, sign_in: SignIn
) -> None:
    columns = {
        one.name: one for one in sign_in("manager").get(address(study)).context["form"].stratum_columns
    }
    assert set(columns) == {"id", "occupation", "industry", "age"}
    assert {(box.value, box.records) for box in columns["industry"].boxes} >= {("", 3), ("aircraft", 1)}


def test_the_usual_words_for_managers_are_offered_where_there_is_such_a_group(
    study: Study, sign_in: SignIn
) -> None:
    manager = sign_in("manager")
    assert 'name="offer"' not in manager.get(address(study)).content.decode()
    code = study.classification.codes.get(code="1")
    code.title = "Managers"
    code.save()
    assert 'name="offer"' in manager.get(address(study)).content.decode()
    page = manager.post(address(study, "preview/"), {**SENT, "offer": "managers"})
    assert page.status_code == 200
    row = page.context["form"].guard_rows[0]
    assert row.group.startswith("1 ")
    assert {"팀장", "head of"} <= set(row.words.split(", "))
    assert 'name="offer"' not in page.content.decode()
    assert not Routing.objects.exists()


def test_the_versions_say_who_changed_what_and_can_be_used_again(study: Study, sign_in: SignIn) -> None:
    manager = sign_in("manager")
    applied(manager, study)
    applied(manager, study, threshold="0.9", person_code=["900"])
    page = manager.get(address(study))
    rows = page.context["versions"]
    assert [row.routing.number for row in rows] == [2, 1]
    assert rows[0].changes == ("threshold: 0.8 → 0.9", "codes to a person: none → 900")
    assert rows[1].changes == ("accepted: What the dictionary codes → What is probable enough",)
    assert "?version=1" in page.content.decode()
    again = manager.get(address(study), {"version": "1"})
    assert again.context["form"]["threshold"].value() == "0.8"
    assert again.context["form"].code_rows == [""]
    assert "Nothing is saved yet" in again.content.decode()
    assert manager.get(address(study), {"version": "3"}).status_code == 404
    assert manager.get(address(study), {"version": "x"}).status_code == 404


def test_a_threshold_of_the_explorer_is_filled_in_but_not_saved(study: Study, sign_in: SignIn) -> None:
    answer = sign_in("manager").get(address(study), {"threshold": "0.735"})
    form = answer.context["form"]
    assert (form["threshold"].value(), form["accept_by"].value()) == ("0.735", AcceptBy.PROBABILITY)
    assert not Routing.objects.exists()
    for nonsense in ("x", "2", "nan", ""):
        assert sign_in("manager").get(address(study), {"threshold": nonsense}).context["filled"] == ""


def test_a_supervisor_reads_but_cannot_change(study: Study, sign_in: SignIn) -> None:
    supervisor = sign_in("supervisor")
    page = supervisor.get(address(study)).content.decode()
    assert '<fieldset class="plain form" disabled>' in page
    assert "Only managers change the routing" in page
    for part in ("preview/", "apply/", "again/"):
        assert supervisor.post(address(study, part), SENT).status_code == 403


def test_addresses_of_lists_that_are_none_are_not_found(study: Study, sign_in: SignIn) -> None:
    manager = sign_in("manager")
    for sent in (
        {},
        {**SENT},
        {**SENT, "rule": "x"},
        {**SENT, "move": "x"},
        {**SENT, "threshold": "x", "rule": "below"},
    ):
        assert manager.get(address(study, "records/"), sent).status_code == 404


def test_a_study_that_is_not_coded_has_nothing_to_count(empty_study: Study, sign_in: SignIn) -> None:
    page = previewed(sign_in("manager"), empty_study)
    assert "has not answered for any record yet" in page
    assert applied(sign_in("manager"), empty_study) == 302


def test_records_without_a_probability_are_said_to_be_so(coded_study: Study, sign_in: SignIn) -> None:
    page = previewed(sign_in("manager"), coded_study)
    assert "7 records have no probability" in page


def test_the_address_of_a_list_carries_the_settings(study: Study, sign_in: SignIn) -> None:
    page = previewed(sign_in("manager"), study, guard_group=["11"], guard_words=["팀장, chief"])
    query = parse_qs(urlsplit(links(page, "rule=guarded")[0]).query)
    assert query["guard_words"] == ["팀장, chief"]
    assert listed(sign_in("manager"), links(page, "rule=guarded")[0]) == ["001", "009"]


def test_the_audit_is_counted_and_what_was_found_wrong_is_listed(study: Study, sign_in: SignIn) -> None:
    route.save(
        study=study,
        user=None,
        settings=Settings(accept_by=AcceptBy.PROBABILITY, threshold=0.8, audit_share=1.0),
    )
    factories.do(Job.objects.get(kind=JobKind.ROUTE))
    supervisor = sign_in("supervisor")
    for external_id, code in (("001", "716"), ("002", "411")):
        record = factories.record(study, external_id)
        review.decide(
            record=record,
            user=study.members.get(username="coder"),
            code=study.classification.codes.get(code=code),
            seen_version=record.version,
        )
    page = supervisor.get(address(study)).content.decode()
    found = re.search(r'id="audit">.*?</section>', page, re.DOTALL)
    assert found is not None
    assert "of 2 decided" in found[0]
    assert "those decided are no random sample" in found[0]
    assert listed(supervisor, links(found[0], "rule=audit")[0]) == ["001", "002", "005", "006"]
    assert listed(supervisor, links(found[0], "rule=audit&amp;status=waiting")[0]) == ["005", "006"]
    assert listed(supervisor, links(found[0], "routing/audit")[0]) == ["002"]
