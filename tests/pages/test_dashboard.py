"""The dashboard's numbers, and the exports."""

import hashlib
import re
from collections.abc import Callable
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.test import Client
from django.utils import timezone

from coding_app import routing
from coding_app.choices import AcceptBy, JobKind, JobState, WorkQueue
from coding_app.models import Export, Job, Record, Study, WorkerHeartbeat
from coding_app.routing import Settings
from coding_app.selectors.records import RecordFilter
from coding_app.services import route, work
from tests import drawn, scored

LINK = re.compile(r'<a href="([^"]*/records/[^"]*)">\s*([\d,]+)[^<]*</a>')


@pytest.mark.parametrize("role", ["coder", "manager"])
def test_every_number_is_the_count_of_the_list_it_leads_to(
    coded_study: Study, sign_in: Callable[[str], Client], role: str
) -> None:
    client = sign_in(role)
    page = client.get(f"/studies/{coded_study.slug}/").content.decode()
    found = LINK.findall(page)
    assert len(found) >= 12
    queries = set()
    for href, number in found:
        query = urlsplit(href.replace("&amp;", "&")).query
        queries.add(query)
        RecordFilter(**dict(parse_qsl(query)))  # no parameter that the list would not heed
        listed = client.get(href.replace("&amp;", "&")).context["page"].paginator.count
        assert listed == int(number.replace(",", "")), href
    assert {"outcome=child", "outcome=unknown", "outcome=tie", "outcome=no_match"} <= queries
    assert "outcome=coded&table=homemaker" in {re.sub(r"\d+_", "", query) for query in queries}


def test_a_coder_sees_no_accuracy(coded_study: Study, sign_in: Callable[[str], Client]) -> None:
    target = f"/studies/{coded_study.slug}/"
    assert "compared=" in sign_in("supervisor").get(target).content.decode()
    page = sign_in("coder").get(target).content.decode()
    assert "compared=" not in page
    assert "Accuracy" not in page


def test_shares_of_the_bar_add_up(coded_study: Study, sign_in: Callable[[str], Client]) -> None:
    counts = sign_in("coder").get(f"/studies/{coded_study.slug}/").context["statuses"]
    assert sum(count.share for count in counts) == pytest.approx(1)
    assert [count.start for count in counts] == pytest.approx(
        [sum(count.share for count in counts[:at]) for at in range(len(counts))]
    )


def test_an_empty_study_says_what_to_do_next(empty_study: Study, sign_in: Callable[[str], Client]) -> None:
    target = f"/studies/{empty_study.slug}/"
    assert "Upload records" in sign_in("supervisor").get(target).content.decode()
    page = sign_in("coder").get(target).content.decode()
    assert "Upload records" not in page
    assert "A supervisor or manager uploads them" in page


def test_coding_is_started_once(coded_study: Study, sign_in: Callable[[str], Client]) -> None:
    client = sign_in("supervisor")
    target = f"/studies/{coded_study.slug}/code/"
    assert client.post(target)["Location"] == f"/studies/{coded_study.slug}/"
    page = client.post(target, follow=True).content.decode()
    assert "being coded or routed already" in page
    assert "No worker answers" in page
    assert Job.objects.filter(kind=JobKind.CODE, state=JobState.QUEUED).count() == 1


def test_a_study_without_dictionary_says_so_instead_of_coding(
    coded_study: Study, sign_in: Callable[[str], Client]
) -> None:
    Study.objects.update(dictionary_version=None)
    client = sign_in("supervisor")
    assert (
        "has no dictionary" in client.post(f"/studies/{coded_study.slug}/code/", follow=True).content.decode()
    )


@pytest.mark.parametrize("kind", ["csv", "xlsx", "parquet"])
def test_an_export_is_asked_for_written_and_downloaded(
    coded_study: Study, sign_in: Callable[[str], Client], kind: str
) -> None:
    client = sign_in("supervisor")
    target = f"/studies/{coded_study.slug}/exports/"
    assert client.post(target, {"kind": kind}).status_code == 302
    export = Export.objects.get()
    assert client.get(f"{target}{export.pk}/download/").status_code == 404
    work.run_job(job_id=export.job_id, worker="test")
    page = client.get(target).content.decode()
    export.refresh_from_db()
    assert export.sha256 in page
    response = client.get(f"{target}{export.pk}/download/")
    content = response.getvalue()
    assert hashlib.sha256(content).hexdigest() == export.sha256
    name = f"{coded_study.slug}-{timezone.localtime(export.created_at):%Y-%m-%d}.{kind}"
    assert response["Content-Disposition"] == f'attachment; filename="{name}"'


def test_an_export_in_no_format_is_refused(coded_study: Study, sign_in: Callable[[str], Client]) -> None:
    response = sign_in("supervisor").post(f"/studies/{coded_study.slug}/exports/", {"kind": "pdf"})
    assert response.status_code == 422
    assert not Export.objects.exists()


def test_an_export_whose_file_is_gone_is_not_found(
    coded_study: Study, sign_in: Callable[[str], Client]
) -> None:
    client = sign_in("supervisor")
    target = f"/studies/{coded_study.slug}/exports/"
    client.post(target, {"kind": "csv"})
    export = Export.objects.get()
    work.run_job(job_id=export.job_id, worker="test")
    Export.objects.update(stored_as="exports/none.csv")
    assert client.get(target).status_code == 200
    assert client.get(f"{target}{export.pk}/download/").status_code == 404


def answered(study: Study) -> None:
    """Seven records that the model scored, routed by their probabilities, two of them for the audit."""
    scored.score(study, scored.ANSWERS)
    # Who is audited depends on the keys, which go on from test to test: a seed that draws two of the four.
    sure = Record.objects.filter(external_id__in=["001", "002", "005", "006"]).values_list("pk", flat=True)
    seed = next(seed for seed in range(1000) if sum(routing.drawn(seed, key, 0.5) for key in sure) == 2)
    route.save(
        study=study,
        user=None,
        settings=Settings(accept_by=AcceptBy.PROBABILITY, threshold=0.8, audit_share=0.5, audit_seed=seed),
    )
    work.run_job(job_id=Job.objects.get(kind=JobKind.ROUTE).pk, worker="test")


def test_what_was_accepted_and_why_the_rest_waits_is_counted(
    coded_study: Study, sign_in: Callable[[str], Client]
) -> None:
    answered(coded_study)
    answer = sign_in("supervisor").get(f"/studies/{coded_study.slug}/")
    accepted = {count.label: count.number for count in answer.context["routes"]}
    waiting = {count.label: count.number for count in answer.context["waiting_by"]}
    assert accepted == {"Model": 2}
    assert waiting == {"Accepted, and drawn for the audit": 2, "Below the threshold": 3}
    for href, number in LINK.findall(answer.content.decode()):
        target = href.replace("&amp;", "&")
        listed = sign_in("supervisor").get(target).context["page"].paginator.count
        assert listed == int(number.replace(",", "")), href


def test_a_coder_is_given_no_list_of_the_audit(coded_study: Study, sign_in: Callable[[str], Client]) -> None:
    answered(coded_study)
    coder = sign_in("coder")
    page = coder.get(f"/studies/{coded_study.slug}/").content.decode()
    assert "rule=audit" not in page
    assert "Drawn at random" in page
    everything = coder.get(f"/studies/{coded_study.slug}/records/").context["page"].paginator.count
    narrowed = coder.get(f"/studies/{coded_study.slug}/records/", {"rule": "audit"})
    assert narrowed.context["page"].paginator.count == everything
    assert 'value="audit"' not in narrowed.content.decode()


def test_model_and_routing_stand_at_the_head(coded_study: Study, sign_in: Callable[[str], Client]) -> None:
    page = sign_in("supervisor").get(f"/studies/{coded_study.slug}/").content.decode()
    assert "no model" in page
    answered(coded_study)
    page = sign_in("supervisor").get(f"/studies/{coded_study.slug}/").content.decode()
    assert "model 1</a> (baseline)" in page
    assert "routing 1</a>: What is probable enough (0.80)" in page


@pytest.mark.parametrize(
    ("fallback", "words"), [("baseline", "its baseline coded"), ("none", "no record has")]
)
def test_a_run_that_fell_back_says_so_and_why(
    coded_study: Study, sign_in: Callable[[str], Client], fallback: str, words: str
) -> None:
    run = scored.score(coded_study, scored.ANSWERS, fallback=fallback, fallback_reason="The folder is gone.")
    client = sign_in("coder")
    for target in (f"/studies/{coded_study.slug}/", f"/studies/{coded_study.slug}/jobs/{run.job_id}/"):
        page = client.get(target).content.decode()
        assert words in page
        assert "The folder is gone." in page
    scored.score(coded_study, scored.ANSWERS)
    assert words not in client.get(f"/studies/{coded_study.slug}/").content.decode()


def test_a_queue_that_nobody_listens_to_is_said_for_its_jobs_alone(
    coded_study: Study, sign_in: Callable[[str], Client]
) -> None:
    WorkerHeartbeat.objects.create(name="files", queues=["default"], seen_at=timezone.now())
    model = Job.objects.create(study=coded_study, kind=JobKind.EVALUATE, queue=WorkQueue.MODEL)
    target = f"/studies/{coded_study.slug}/"
    page = sign_in("coder").get(target).content.decode()
    assert page.count("No worker answers") == 1
    assert "--queues model" in page
    assert "No worker answers" in sign_in("coder").get(f"{target}jobs/{model.pk}/").content.decode()
    WorkerHeartbeat.objects.create(name="models", queues=["model"], seen_at=timezone.now())
    assert "No worker answers" not in sign_in("coder").get(target).content.decode()


def test_the_page_of_a_routing_says_what_it_changed(
    coded_study: Study, sign_in: Callable[[str], Client]
) -> None:
    answered(coded_study)
    job = Job.objects.get(kind=JobKind.ROUTE)
    page = sign_in("coder").get(f"/studies/{coded_study.slug}/jobs/{job.pk}/")
    assert page.context["rerouting"].looked_at == 7
    assert "Routed otherwise than before" in page.content.decode()


def test_disputed_and_final_records_are_counted_and_the_open_round_is_named(
    coded_study: Study, sign_in: Callable[[str], Client]
) -> None:
    target = f"/studies/{coded_study.slug}/"
    client = sign_in("supervisor")
    before = client.get(target)
    assert "disputed" not in before.content.decode()
    codes = {"001": "716", "002": "465", "003": "510", "004": "411", "005": "900", "006": "801", "009": "715"}
    drawn.draw(coded_study, "coder", "ada", name="Autumn")
    drawn.decide(coded_study, "coder", codes)
    drawn.decide(coded_study, "ada", {**codes, "002": "411"})
    page = client.get(target)
    progress = page.context["progress"]
    assert (progress.statuses["disputed"], progress.final) == (1, 8)
    found = dict(LINK.findall(page.content.decode()))
    for status, number in (("disputed", "1"), ("final", "8")):
        href = f"{target}records/?status={status}"
        assert found[href] == number
        assert client.get(href).context["page"].paginator.count == int(number)
    assert "1 record is disputed" in page.content.decode()
    assert f'href="{target}rounds/1/"' in page.content.decode()
