"""A job's own page: what it did, with numbers that lead to what they count."""

import re
from collections.abc import Callable

from django.test import Client

from coding_app.choices import JobKind
from coding_app.models import Export, Job, Study
from coding_app.services import work
from tests import factories

SignIn = Callable[[str], Client]
LINK = re.compile(r'<a href="([^"]*/records/[^"]*)">([\d,]+)</a>')


def address(study: Study, kind: JobKind) -> str:
    return f"/studies/{study.slug}/jobs/{Job.objects.filter(study=study, kind=kind).latest('pk').pk}/"


def test_a_coding_run_says_what_it_found_and_every_number_leads_to_its_records(
    coded_study: Study, sign_in: SignIn
) -> None:
    target = address(coded_study, JobKind.CODE)
    client = sign_in("coder")
    page = client.get(target).content.decode()
    assert f'href="{target}"' not in page
    found = LINK.findall(page)
    assert len(found) == 6  # five outcomes and their sum
    for href, number in found:
        listed = client.get(href.replace("&amp;", "&")).context["page"].paginator.count
        assert listed == int(number), href


def test_a_run_counts_what_it_said_whatever_a_later_one_says(coded_study: Study, sign_in: SignIn) -> None:
    client = sign_in("coder")
    before = LINK.findall(client.get(address(coded_study, JobKind.CODE)).content.decode())
    coded_study.records.update(suggestion_set=None)
    for href, number in before:
        listed = client.get(href.replace("&amp;", "&")).context["page"].paginator.count
        assert listed == int(number), href


def test_a_run_that_is_none_has_no_records(coded_study: Study, sign_in: SignIn) -> None:
    for key in ("x", "0", "9" * 40):
        answer = sign_in("coder").get(f"/studies/{coded_study.slug}/records/", {"run": key})
        assert answer.context["page"].paginator.count == 0


def test_an_import_says_rows_on_its_page_and_in_its_report(coded_study: Study, sign_in: SignIn) -> None:
    upload = coded_study.imports.get()
    client = sign_in("supervisor")
    report = f"/studies/{coded_study.slug}/imports/{upload.pk}/"
    page = client.get(address(coded_study, JobKind.IMPORT)).content.decode()
    assert f'href="{report}"' in page
    for text in (page, client.get(report).content.decode()):
        assert "<li>9 rows read</li>" in text
        assert "lines" not in re.sub(r"<[^>]*>", "", text)
    assert f'href="{report}"' not in sign_in("coder").get(
        address(coded_study, JobKind.IMPORT)
    ).content.decode()  # fmt: skip


def test_an_import_under_way_counts_lines_of_the_file(empty_study: Study, sign_in: SignIn) -> None:
    client = sign_in("supervisor")
    upload = factories.upload(empty_study)
    client.post(f"/studies/{empty_study.slug}/imports/{upload.pk}/", {"id": 0, "occupation": 1})
    Job.objects.update(state="running", done=3, total=9)
    part = client.get(address(empty_study, JobKind.IMPORT), headers={"HX-Request": "true"})
    assert "3 of 9 lines of the file done" in part.content.decode()


def test_the_polled_results_are_a_part_that_asks_again_until_the_end(
    empty_study: Study, sign_in: SignIn
) -> None:
    factories.bring_in(empty_study)
    client = sign_in("supervisor")
    client.post(f"/studies/{empty_study.slug}/code/")
    target = address(empty_study, JobKind.CODE)
    assert f'hx-get="{target}?results"' in client.get(target).content.decode()
    part = client.get(target, {"results": ""}, headers={"HX-Request": "true"})
    assert "<html" not in part.content.decode()
    assert "HX-Refresh" not in part
    work.run_job(job_id=Job.objects.latest("pk").pk, worker="test")
    part = client.get(target, {"results": ""}, headers={"HX-Request": "true"})
    assert "hx-get" not in part.content.decode()


def test_an_export_is_downloaded_from_its_job(coded_study: Study, sign_in: SignIn) -> None:
    client = sign_in("supervisor")
    client.post(f"/studies/{coded_study.slug}/exports/", {"kind": "csv"})
    export = Export.objects.get()
    target = address(coded_study, JobKind.EXPORT)
    assert "Download" not in client.get(target).content.decode()
    work.run_job(job_id=export.job_id, worker="test")
    assert f"/exports/{export.pk}/download/" in client.get(target).content.decode()


def test_a_job_among_others_leads_to_its_page_and_keeps_doing_so(empty_study: Study, sign_in: SignIn) -> None:
    factories.bring_in(empty_study)
    client = sign_in("supervisor")
    client.post(f"/studies/{empty_study.slug}/code/")
    target = address(empty_study, JobKind.CODE)
    for page in (
        client.get(f"/studies/{empty_study.slug}/"),
        client.get(target, {"linked": ""}, headers={"HX-Request": "true"}),
    ):
        assert f'<a href="{target}">' in page.content.decode()
        assert f'hx-get="{target}?linked"' in page.content.decode()
    assert f'<a href="{target}">' not in client.get(target).content.decode()
