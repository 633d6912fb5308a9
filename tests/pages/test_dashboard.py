"""The dashboard's numbers, and the exports."""

import hashlib
import re
from collections.abc import Callable
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.test import Client
from django.utils import timezone

from coding_app.choices import JobKind, JobState
from coding_app.models import Export, Job, Study
from coding_app.selectors.records import RecordFilter
from coding_app.services import work

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
    assert "being coded already" in page
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
    name = f"{coded_study.slug}-{timezone.localdate():%Y-%m-%d}.{kind}"
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
