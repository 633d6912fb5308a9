"""Codes of people that are not the machine's are sorted like those a training doubts, and put right."""

from pathlib import Path

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from coding_app.choices import JobKind, LabelSource, LabelVerdict, Verb
from coding_app.exceptions import InvalidInput
from coding_app.models import Code, Event, LabelSuspect, Study, Training
from coding_app.selectors import labels as selected
from coding_app.services import jobs, labels, review
from tests import factories
from tests.rated import Row, make_round, person

DATA, MODEL = LabelVerdict.DATA_ERROR, LabelVerdict.MODEL_ERROR


@pytest.fixture
def study(db: None, tmp_path: Path) -> Study:
    """003 was decided otherwise than suggested first, 004 had no suggestion, 005 was settled by a round."""
    study = factories.make_study(tmp_path)
    factories.bring_in(study)
    factories.code(study)
    coder = study.members.get(username="coder")
    for external_id, code in (("003", "406"), ("004", "411")):
        record = factories.record(study, external_id)
        review.decide(record=record, user=coder, code=code_of(study, code), seen_version=record.version)
    make_round(
        study,
        {
            "001": Row({"ann": "716", "ben": "716"}, machine="716", final="716"),
            "005": Row(
                {"ann": "801", "ben": "900"}, machine="411", probability=0.9, final="801", adjudicated=True
            ),
        },
    )
    return study


def code_of(study: Study, code: str) -> Code:
    return Code.objects.get(classification=study.classification, code=code)


def listed(study: Study) -> dict[str, tuple[str, str, float]]:
    return {
        one.record.external_id: (one.code.code, one.suggested.code, round(one.quality, 3))
        for one in selected.suspects(study)
    }


def learnt(study: Study) -> dict[str, str]:
    return {one.external_id: one.label for one in selected.labelled(study, LabelSource.DECISIONS)}


def test_codes_that_are_not_the_machines_first_are_listed_the_surest_machine_first(study: Study) -> None:
    supervisor = study.members.get(username="supervisor")
    assert labels.list_disagreements(study=study, user=supervisor) == 2
    assert listed(study) == {"005": ("801", "411", 0.1), "003": ("406", "470", 1.0)}
    assert [one.record.external_id for one in selected.suspects(study, by_training=False)] == ["005", "003"]
    assert not selected.suspects(study, by_training=True)
    event = Event.objects.get(verb=Verb.DISAGREEMENTS_LISTED)
    assert (event.actor, event.data) == (supervisor, {"records": 2})


def test_what_was_reviewed_is_not_asked_about_again(study: Study) -> None:
    supervisor = study.members.get(username="supervisor")
    labels.list_disagreements(study=study, user=supervisor)
    labels.review(suspect=LabelSuspect.objects.get(record__external_id="005"), user=supervisor, verdict=MODEL)
    assert labels.list_disagreements(study=study, user=supervisor) == 1
    assert LabelSuspect.objects.count() == 2


def test_a_training_keeps_the_list_and_takes_over_what_it_doubts_too(study: Study) -> None:
    supervisor = study.members.get(username="supervisor")
    labels.list_disagreements(study=study, user=supervisor)
    job = jobs.create(study=study, kind=JobKind.EXPORT, user=None)
    training = Training.objects.create(study=study, job=job, labels="decisions", template="{occupation}")
    suspect = LabelSuspect(
        study=study,
        training=training,
        record=factories.record(study, "003"),
        code=code_of(study, "406"),
        suggested=code_of(study, "510"),
        quality=0.05,
    )
    labels.replace_suspects(study=study, found=[suspect])
    assert listed(study) == {"003": ("406", "510", 0.05), "005": ("801", "411", 0.1)}
    assert labels.list_disagreements(study=study, user=supervisor) == 1
    assert listed(study)["003"] == ("406", "510", 0.05), "the training's stays"


def test_a_corrected_code_is_learnt_and_the_record_keeps_its_own(study: Study) -> None:
    supervisor = study.members.get(username="supervisor")
    labels.list_disagreements(study=study, user=supervisor)
    before = learnt(study)
    assert before["005"] == "801"
    suspect = LabelSuspect.objects.get(record__external_id="005")
    labels.review(suspect=suspect, user=supervisor, verdict=DATA)
    assert learnt(study) == {key: code for key, code in before.items() if key != "005"}
    assert selected.counts(study, LabelSource.DECISIONS).data_errors == 1
    labels.review(
        suspect=suspect, user=supervisor, verdict=DATA, seen_verdict=DATA, corrected=code_of(study, "411")
    )
    assert learnt(study) == {**before, "005": "411"}
    assert selected.counts(study, LabelSource.DECISIONS).data_errors == 0
    final = factories.record(study, "005").final_code
    assert final is not None
    assert final.code == "801"
    assert Event.objects.filter(verb=Verb.LABEL_REVIEWED).latest("pk").data["corrected"] == "411"
    labels.review(suspect=suspect, user=supervisor, verdict="", seen_verdict=DATA)
    assert learnt(study) == before


@pytest.mark.parametrize(
    ("verdict", "code", "said"),
    [
        (MODEL, "411", "Only a data error"),
        (DATA, "801", "the one that is in doubt"),
        (DATA, "21", "no code that records"),
    ],
)
def test_a_code_that_cannot_be_learnt_instead_is_refused(
    study: Study, verdict: str, code: str, said: str
) -> None:
    Code.objects.filter(code="21").update(codable=False)
    supervisor = study.members.get(username="supervisor")
    labels.list_disagreements(study=study, user=supervisor)
    suspect = LabelSuspect.objects.get(record__external_id="005")
    with pytest.raises(InvalidInput, match=said):
        labels.review(suspect=suspect, user=supervisor, verdict=verdict, corrected=code_of(study, code))


def test_the_database_allows_a_corrected_code_for_data_errors_alone(study: Study) -> None:
    labels.list_disagreements(study=study, user=study.members.get(username="supervisor"))
    with pytest.raises(IntegrityError), transaction.atomic():
        LabelSuspect.objects.update(corrected=code_of(study, "411"))


def test_the_pages_list_them_and_learn_the_models_code_or_another(study: Study) -> None:
    client = Client()
    client.force_login(person(study, "supervisor"))
    here = f"/studies/{study.slug}/labels/"
    assert "No code is in doubt" in client.get(here).content.decode()
    answer = client.post(f"{here}disagreements/", follow=True)
    assert answer.redirect_chain == [(f"{here}?found_by=disagreement", 302)]
    assert "2 records have a person" in answer.content.decode()
    assert len(answer.context["page"]) == 2
    assert len(client.get(here, {"found_by": "training"}).context["page"]) == 0
    first = LabelSuspect.objects.get(record__external_id="005")
    send = {"verdict": DATA, "seen_verdict": "", "note": ""}
    client.post(f"{here}{first.pk}/", {**send, "learn": "suggested"})
    second = LabelSuspect.objects.get(record__external_id="003")
    refused = client.post(f"{here}{second.pk}/", {**send, "other_code": "nonsense"})
    assert refused.status_code == 422
    assert "There is no code nonsense" in refused.content.decode()
    assert 'value="nonsense"' in refused.content.decode()
    client.post(f"{here}{second.pk}/", {**send, "other_code": "510", "learn": "suggested"})
    assert (learnt(study)["005"], learnt(study)["003"]) == ("411", "510")
    sorted_ones = client.get(f"{here}sorted.csv").getvalue().decode("utf-8-sig").splitlines()
    assert sorted_ones[0].endswith("corrected_code,found_by")
    assert {line.split(",")[-2] for line in sorted_ones[1:]} == {"411", "510"}


def test_the_api_lists_and_corrects_them(study: Study) -> None:
    client = Client()
    client.force_login(person(study, "supervisor"))
    here = f"/api/v1/studies/{study.slug}/labels/"
    assert client.post(f"{here}disagreements/").json() == {"listed": 2}
    found = {one["external_id"]: one for one in client.get(here).json()["results"]}
    first = found["005"]
    assert (first["found_by"], first["corrected"]) == ("disagreement", None)
    body = {"verdict": "data_error", "seen_verdict": "", "corrected": "999"}
    refused = client.post(f"{here}{first['id']}/", body, content_type="application/json")
    assert refused.status_code == 400
    made = client.post(f"{here}{first['id']}/", {**body, "corrected": "411"}, content_type="application/json")
    assert made.json()["corrected"]["code"] == "411"
    coder = Client()
    coder.force_login(person(study, "coder"))
    assert coder.post(f"{here}disagreements/").status_code == 403
