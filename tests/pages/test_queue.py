"""The coder's screen: every answer to a form, with and without scripts, and nothing a coder may not see."""

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from coding_app.choices import CannotCodeReason, RecordStatus
from coding_app.models import Code, Decision, QueueItem, Record, Study
from coding_app.services import dictionaries, review
from tests import factories

HTMX = {"HX-Request": "true"}
SignIn = Callable[[str], Client]


def fields(page: str) -> dict[str, str]:
    """The hidden fields of the form that decides."""
    form = page[page.index('id="decide"') :]
    return {
        name: unescape(re.search(rf'name="{name}" value="([^"]*)"', form)[1])  # type: ignore[index]
        for name in ("record", "version", "opened")
    }


def choice(page: str, code: str) -> str:
    """What the row of a code sends."""
    found = re.search(rf'name="choice" value="([^"]*)" data-code="{code}"', page)
    assert found, f"no row for {code}"
    return found[1]


def address(study: Study, end: str = "") -> str:
    return f"/studies/{study.slug}/queue/{end}"


def coder_of(study: Study) -> User:
    return study.members.get(username="coder")


@pytest.fixture
def coder(coded_study: Study, sign_in: SignIn) -> Client:
    return sign_in("coder")


def open_page(client: Client, study: Study) -> str:
    return client.get(address(study)).content.decode()


def test_the_screen_shows_the_literals_the_candidates_and_why(coded_study: Study, coder: Client) -> None:
    page = open_page(coder, coded_study)
    assert '<mark data-for="1 2 3">contractor</mark>' in page
    assert '<mark data-for="2">plumbing</mark>' in page
    for code in ("470", "510", "406"):
        assert choice(page, code)
    assert "Tied: 470, 510 match with 2 words each" in page
    assert "PLUMBING CONTRACTOR" in page
    assert "occupation words alone" in page
    assert "<b>2</b> waiting" in page


def test_a_literal_is_shown_exactly_as_written(empty_study: Study, sign_in: SignIn) -> None:
    literal = "  <b>contractor</b> &\t'x'  "
    factories.bring_in(empty_study, factories.csv_bytes([("1", literal, "plumbing & heating", "30")]))
    factories.code(empty_study)
    page = open_page(sign_in("coder"), empty_study)
    shown = re.search(r'<dd class="literal first">(.*?)</dd>', page, re.DOTALL)
    assert shown
    assert unescape(re.sub(r"</?(mark|span)[^>]*>", "", shown[1])) == Record.objects.get().occupation


def test_a_suggestion_is_accepted_and_the_next_record_comes_at_once(
    coded_study: Study, coder: Client
) -> None:
    page = open_page(coder, coded_study)
    sent = {**fields(page), "choice": choice(page, "510"), "note": "sign on the van"}
    answer = coder.post(address(coded_study, "decide/"), sent, headers=HTMX)
    assert answer.status_code == 200
    text = answer.content.decode()
    assert "<html" not in text
    assert "zookeeper" in text
    assert "Coded 510. Next record." in text
    made = Decision.objects.get()
    assert (made.code.code if made.code else "", made.note) == ("510", "sign on the van")
    assert made.suggestion is not None
    assert made.suggestion.code == made.code
    assert made.opened_at is not None
    assert made.opened_at <= made.decided_at


def test_without_scripts_a_decision_leads_back_to_the_queue(coded_study: Study, coder: Client) -> None:
    page = open_page(coder, coded_study)
    answer = coder.post(
        address(coded_study, "decide/"), {**fields(page), "choice": choice(page, "470")}, follow=True
    )
    assert answer.redirect_chain == [(address(coded_study), 302)]
    text = answer.content.decode()
    assert "zookeeper" in text
    assert re.search(r'<span class="code">470</span> Heating contractor', text)


def test_a_code_found_by_search_is_accepted_without_a_suggestion(coded_study: Study, coder: Client) -> None:
    page = open_page(coder, coded_study)
    coder.post(address(coded_study, "decide/"), {**fields(page), "choice": "c982"})
    made = Decision.objects.get()
    assert made.suggestion is None
    assert factories.record(coded_study, "003").final_code == Code.objects.get(code="982")


def test_without_scripts_the_search_finds_and_picks(coded_study: Study, coder: Client) -> None:
    page = coder.get(address(coded_study), {"q": "lab"}).content.decode()
    assert "Construction labourer" in page
    assert f"{address(coded_study)}?pick=982&amp;q=lab" in page
    page = coder.get(address(coded_study), {"pick": "982"}).content.decode()
    assert re.search(r'value="c982" data-code="982" data-number="0" checked', page)
    page = coder.get(address(coded_study), {"pick": "510"}).content.decode()
    assert re.search(r'value="s\d+" data-code="510" data-number="2" checked', page)


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("plumb", "510"),
        ("51", "510"),
        ("연료유", "716"),
        ("연료ㅇ", "716"),
        ("유 운", "716"),
        ("own ho", "900"),
    ],
)
def test_the_search_finds_by_code_title_and_phrase_in_both_languages(
    coded_study: Study, coder: Client, query: str, code: str
) -> None:
    text = coder.get(address(coded_study, "search/"), {"q": query}, headers=HTMX).content.decode()
    assert f'data-code="{code}"' in text
    assert 'role="option"' in text


def test_a_blank_search_finds_nothing_and_an_odd_one_does_no_harm(coded_study: Study, coder: Client) -> None:
    for query in ("", "   ", "%%", "\0", "x" * 5000, "zzzz"):
        answer = coder.get(address(coded_study, "search/"), {"q": query})
        assert answer.status_code == 200
        assert 'role="option"' not in answer.content.decode()


def test_nothing_chosen_is_refused_and_the_note_stays(coded_study: Study, coder: Client) -> None:
    page = open_page(coder, coded_study)
    answer = coder.post(address(coded_study, "decide/"), {**fields(page), "note": "half a thought"})
    assert answer.status_code == 422
    text = answer.content.decode()
    assert "Choose a code first" in text
    assert "half a thought" in text
    assert fields(text)["opened"] == fields(page)["opened"]
    assert not Decision.objects.exists()


@pytest.mark.parametrize("wrong", ["cNOPE", "c", "x1", "c\0", "c1" * 60])
def test_a_choice_that_is_no_code_is_refused(coded_study: Study, coder: Client, wrong: str) -> None:
    page = open_page(coder, coded_study)
    answer = coder.post(address(coded_study, "decide/"), {**fields(page), "choice": wrong})
    assert answer.status_code == 422
    assert not Decision.objects.exists()


def test_a_heading_that_records_may_not_have_is_refused(coded_study: Study, coder: Client) -> None:
    Code.objects.filter(code="11").update(codable=False)
    page = open_page(coder, coded_study)
    answer = coder.post(address(coded_study, "decide/"), {**fields(page), "choice": "c11", "note": "why not"})
    assert answer.status_code == 422
    assert "11 is no code that records of this study may have" in answer.content.decode()


@pytest.mark.parametrize(
    "wrong",
    [{"version": "x"}, {"version": ""}, {"record": ""}, {"record": "-1"}, {"version": "9" * 30}],
)
def test_an_incomplete_form_is_refused(coded_study: Study, coder: Client, wrong: dict[str, str]) -> None:
    page = open_page(coder, coded_study)
    sent = {**fields(page), "choice": choice(page, "510"), **wrong}
    answer = coder.post(address(coded_study, "decide/"), sent)
    assert answer.status_code == 422
    assert "incomplete" in answer.content.decode()


def test_a_time_of_opening_that_is_not_ours_is_not_believed(coded_study: Study, coder: Client) -> None:
    page = open_page(coder, coded_study)
    sent = {**fields(page), "choice": choice(page, "510"), "opened": "1 2001-01-01T00:00:00+00:00:forged"}
    coder.post(address(coded_study, "decide/"), sent)
    assert Decision.objects.get().opened_at is None


@pytest.mark.parametrize("reason", ["vague", "illegible", "several", "not_work"])
def test_a_record_that_cannot_be_coded_keeps_the_reason(
    coded_study: Study, coder: Client, reason: str
) -> None:
    page = open_page(coder, coded_study)
    answer = coder.post(
        address(coded_study, "cannot-code/"), {**fields(page), "reason": reason}, headers=HTMX
    )
    assert "zookeeper" in answer.content.decode()
    assert Decision.objects.get().reason == reason
    assert factories.record(coded_study, "003").status == RecordStatus.CANNOT_CODE


def test_cannot_code_needs_a_reason_and_other_a_note(coded_study: Study, coder: Client) -> None:
    page = open_page(coder, coded_study)
    target = address(coded_study, "cannot-code/")
    answer = coder.post(target, fields(page))
    assert answer.status_code == 422
    assert "Choose why" in answer.content.decode()
    assert coder.post(target, {**fields(page), "reason": "bored"}).status_code == 422
    answer = coder.post(target, {**fields(page), "reason": "other", "note": "  "})
    assert answer.status_code == 422
    text = answer.content.decode()
    assert "Say in the note why" in text
    assert '<details id="cannot" open>' in text
    assert coder.post(target, {**fields(page), "reason": "other", "note": "torn"}).status_code == 302
    assert Decision.objects.get().reason == CannotCodeReason.OTHER


def test_a_note_that_is_too_long_is_refused_and_kept(coded_study: Study, coder: Client) -> None:
    page = open_page(coder, coded_study)
    sent = {**fields(page), "choice": choice(page, "510"), "note": "x" * (review.MAX_NOTE + 1)}
    answer = coder.post(address(coded_study, "decide/"), sent)
    assert answer.status_code == 422
    assert "2001 characters" in answer.content.decode()
    assert "x" * 2001 in answer.content.decode()


def test_a_note_of_many_lines_is_as_long_as_the_browser_counts_it(coded_study: Study, coder: Client) -> None:
    page = open_page(coder, coded_study)
    note = "\r\n".join(["x"] * (review.MAX_NOTE // 2))
    sent = {**fields(page), "choice": choice(page, "510"), "note": note}
    assert coder.post(address(coded_study, "decide/"), sent).status_code == 302
    assert Decision.objects.get().note == note.replace("\r\n", "\n")


def test_a_form_sent_twice_decides_once_and_goes_on(coded_study: Study, coder: Client) -> None:
    page = open_page(coder, coded_study)
    sent = {**fields(page), "choice": choice(page, "510")}
    for _ in range(2):
        answer = coder.post(address(coded_study, "decide/"), sent, headers=HTMX)
        assert answer.status_code == 200
        assert "zookeeper" in answer.content.decode()
    assert Decision.objects.count() == 1
    other = {**fields(page), "choice": choice(page, "470")}
    assert coder.post(address(coded_study, "decide/"), other).status_code == 409
    refused = {**fields(page), "reason": "vague"}
    assert coder.post(address(coded_study, "cannot-code/"), refused).status_code == 409


def test_cannot_code_sent_twice_goes_on(coded_study: Study, coder: Client) -> None:
    page = open_page(coder, coded_study)
    for _ in range(2):
        sent = {**fields(page), "reason": "vague"}
        assert coder.post(address(coded_study, "cannot-code/"), sent).status_code == 302
    assert Decision.objects.count() == 1


def test_a_stale_decision_is_refused_with_the_record_as_it_is_now(coded_study: Study, coder: Client) -> None:
    page = open_page(coder, coded_study)
    Record.objects.filter(external_id="003").update(version=77)
    sent = {**fields(page), "choice": choice(page, "510"), "note": "keep me"}
    answer = coder.post(address(coded_study, "decide/"), sent, headers=HTMX)
    assert answer.status_code == 409
    text = answer.content.decode()
    assert "changed since you opened it" in text
    assert "keep me" in text
    assert fields(text)["version"] == "77"
    assert coder.post(address(coded_study, "decide/"), {**sent, **fields(text)}).status_code == 302


def test_a_record_that_another_coder_took_over_is_not_decided_and_the_note_is_shown(
    coded_study: Study, coder: Client, sign_in: SignIn
) -> None:
    page = open_page(coder, coded_study)
    QueueItem.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
    assert "contractor" in open_page(sign_in("supervisor"), coded_study)
    sent = {**fields(page), "choice": choice(page, "510"), "note": "my own words"}
    answer = coder.post(address(coded_study, "decide/"), sent)
    assert answer.status_code == 409
    text = answer.content.decode()
    assert "Another coder has this record open" in text
    assert "zookeeper" in text
    assert "my own words" in text
    assert "my own words" not in text[text.index('id="decide"') :]
    assert not Decision.objects.exists()


def test_a_suggestion_of_an_older_run_is_stale(coded_study: Study, coder: Client) -> None:
    page = open_page(coder, coded_study)
    answer = coder.post(address(coded_study, "decide/"), {**fields(page), "choice": "s999999"})
    assert answer.status_code == 409


def test_undo_brings_the_record_back_with_what_was_chosen(coded_study: Study, coder: Client) -> None:
    page = open_page(coder, coded_study)
    coder.post(address(coded_study, "decide/"), {**fields(page), "choice": choice(page, "510"), "note": "hm"})
    made = Decision.objects.get()
    answer = coder.post(address(coded_study, "undo/"), {"decision": made.pk}, headers=HTMX)
    text = answer.content.decode()
    assert answer.status_code == 200
    assert 'data-announce="Taken back: 003 510 Plumber"' in text
    assert '<div class="notice success" id="notice">' in text
    assert re.search(r'data-code="510" data-number="2" checked', text)
    assert ">hm</textarea>" in text
    assert factories.record(coded_study, "003").status == RecordStatus.WAITING


def test_undo_sent_twice_undoes_one_decision(coded_study: Study, coder: Client) -> None:
    for code in ("510", "982"):
        page = open_page(coder, coded_study)
        coder.post(address(coded_study, "decide/"), {**fields(page), "choice": f"c{code}"})
    last = Decision.objects.latest("pk")
    for _ in range(2):
        assert coder.post(address(coded_study, "undo/"), {"decision": last.pk}).status_code == 302
    assert Decision.objects.filter(undone_at=None).count() == 1
    assert factories.record(coded_study, "003").status == RecordStatus.DECIDED


def test_undo_names_the_decision_it_takes_back(coded_study: Study, coder: Client) -> None:
    assert "no decision of yours" in coder.post(address(coded_study, "undo/")).content.decode()
    for code in ("510", "982"):
        page = open_page(coder, coded_study)
        coder.post(address(coded_study, "decide/"), {**fields(page), "choice": f"c{code}"})
    first = Decision.objects.earliest("pk")
    answer = coder.post(address(coded_study, "undo/"), {"decision": first.pk})
    assert answer.status_code == 409
    assert "not your last decision" in answer.content.decode()
    assert Decision.objects.filter(undone_at=None).count() == 2
    assert coder.post(address(coded_study, "undo/"), {"decision": "x"}).status_code == 409


def test_a_decision_that_went_another_way_is_not_undone(coded_study: Study, coder: Client) -> None:
    page = open_page(coder, coded_study)
    coder.post(address(coded_study, "decide/"), {**fields(page), "choice": "c510"})
    Record.objects.filter(external_id="003").update(version=77)
    answer = coder.post(address(coded_study, "undo/"), {"decision": Decision.objects.get().pk})
    assert answer.status_code == 409
    assert "can no longer be undone" in answer.content.decode()


def test_the_lease_is_renewed_while_it_is_held_and_its_loss_is_told(
    coded_study: Study, coder: Client, sign_in: SignIn
) -> None:
    held = fields(open_page(coder, coded_study))["record"]
    QueueItem.objects.filter(record_id=int(held)).update(leased_until=timezone.now() + timedelta(seconds=5))
    answer = coder.post(address(coded_study, "renew/"), {"record": held}, headers=HTMX)
    assert answer.content.decode().strip() == ""
    until = QueueItem.objects.get(record_id=int(held)).leased_until
    assert until is not None
    assert until > timezone.now() + timedelta(seconds=60)
    QueueItem.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
    open_page(sign_in("supervisor"), coded_study)
    answer = coder.post(address(coded_study, "renew/"), {"record": held}, headers=HTMX)
    assert "no longer kept for you" in answer.content.decode()
    assert "no longer" in coder.post(address(coded_study, "renew/"), {"record": "x"}).content.decode()


def test_a_chosen_record_is_opened_and_an_impossible_one_is_told(
    coded_study: Study, coder: Client, sign_in: SignIn
) -> None:
    waiting = factories.record(coded_study, "004")
    answer = coder.post(address(coded_study, f"open/{waiting.pk}/"), follow=True)
    assert fields(answer.content.decode())["record"] == str(waiting.pk)
    answer = sign_in("supervisor").post(address(coded_study, f"open/{waiting.pk}/"), follow=True)
    assert "Another coder has this record open" in answer.content.decode()
    coded = factories.record(coded_study, "001")
    answer = coder.post(address(coded_study, f"open/{coded.pk}/"), follow=True)
    assert answer.redirect_chain == [(f"/studies/{coded_study.slug}/records/{coded.pk}/", 302)]
    assert "not in the queue" in answer.content.decode()


def test_an_empty_study_says_what_comes_first(empty_study: Study, sign_in: SignIn) -> None:
    page = open_page(sign_in("supervisor"), empty_study)
    assert "no records in this study yet" in page
    assert f'href="/studies/{empty_study.slug}/upload/"' in page
    assert "Upload records" not in open_page(sign_in("coder"), empty_study)


def test_records_that_are_not_coded_yet_are_told(empty_study: Study, sign_in: SignIn) -> None:
    factories.bring_in(empty_study)
    page = open_page(sign_in("supervisor"), empty_study)
    assert "8 records are not coded by machine yet" in page
    assert "Code now" in page
    page = open_page(sign_in("coder"), empty_study)
    assert "Code now" not in page
    assert "A supervisor or manager starts the coding" in page
    Study.objects.update(dictionary_version=None)
    page = open_page(sign_in("manager"), empty_study)
    assert "this study has no dictionary" in page
    assert "Settings" in page


def test_a_run_under_way_is_told(empty_study: Study, sign_in: SignIn) -> None:
    from coding_app.services import suggest

    factories.bring_in(empty_study)
    suggest.start(study=empty_study, user=None)
    page = open_page(sign_in("coder"), empty_study)
    assert "8 records are being coded by machine" in page
    assert 'hx-trigger="every 2s" hx-target="#screen"' in page


def test_a_queue_held_by_others_is_not_called_empty(
    coded_study: Study, coder: Client, sign_in: SignIn
) -> None:
    review.open_next(study=coded_study, user=coded_study.members.get(username="supervisor"))
    review.open_next(study=coded_study, user=coded_study.members.get(username="manager"))
    page = open_page(coder, coded_study)
    assert "2 records are open at other coders" in page
    assert "Try again" in page
    assert "every record is decided" not in page


def test_when_all_is_done_the_way_leads_on_and_back(
    coded_study: Study, coder: Client, sign_in: SignIn
) -> None:
    for _ in range(2):
        page = open_page(coder, coded_study)
        coder.post(address(coded_study, "decide/"), {**fields(page), "choice": "c982"}, headers=HTMX)
    page = open_page(coder, coded_study)
    assert "every record is decided" in page
    assert "/exports/" not in page
    assert "/exports/" in open_page(sign_in("supervisor"), coded_study)
    answer = coder.post(address(coded_study, "undo/"), {"decision": Decision.objects.latest("pk").pk})
    assert answer.status_code == 302
    assert "zookeeper" in open_page(coder, coded_study)


def test_the_queue_is_not_there_for_those_outside_the_study(coded_study: Study, sign_in: SignIn) -> None:
    outsider = sign_in("outsider")
    held = factories.record(coded_study, "003")
    sent = {"record": held.pk, "version": held.version, "choice": "c510"}
    for method, end in (
        ("get", ""),
        ("get", "search/?q=a"),
        ("post", "decide/"),
        ("post", "cannot-code/"),
        ("post", "undo/"),
        ("post", "renew/"),
        ("post", f"open/{held.pk}/"),
    ):
        answer = getattr(outsider, method)(address(coded_study, end), sent if method == "post" else None)
        assert answer.status_code == 404, end
    assert Client().get(address(coded_study)).status_code == 302
    assert not Decision.objects.exists()


def test_a_record_of_another_study_is_not_decided_through_this_one(
    coded_study: Study, coder: Client, sign_in: SignIn, tmp_path_factory: pytest.TempPathFactory
) -> None:
    other = factories.make_study(tmp_path_factory.mktemp("other"), "Docks")
    factories.bring_in(other)
    factories.code(other)
    foreign = factories.record(other, "003")
    sent = {"record": foreign.pk, "version": foreign.version, "choice": "c510", "reason": "vague"}
    for end in ("decide/", "cannot-code/", f"open/{foreign.pk}/"):
        assert coder.post(address(coded_study, end), sent).status_code == 404
    assert not Decision.objects.exists()


@pytest.mark.parametrize("end", ["decide/", "cannot-code/", "undo/", "renew/", "open/1/"])
def test_what_changes_something_takes_a_post(coded_study: Study, coder: Client, end: str) -> None:
    assert coder.get(address(coded_study, end)).status_code == 405


def test_the_code_known_beforehand_is_on_no_screen(empty_study: Study, sign_in: SignIn) -> None:
    rows = [("1", "contractor", "plumbing heating", "30", "SECRET-7"), ("2", "zoo", "", "30", "SECRET-8")]
    header = ("id", "occupation", "industry", "age", "reference")
    factories.bring_in(empty_study, factories.csv_bytes(rows, header))
    factories.code(empty_study)
    for name in ("coder", "supervisor"):
        page = open_page(sign_in(name), empty_study)
        assert "SECRET" not in page
        assert "reference" not in page


def test_a_spelling_guess_is_marked_as_one(empty_study: Study, sign_in: SignIn) -> None:
    factories.bring_in(empty_study, factories.csv_bytes([("1", "MACHNIST", "", "30")]))
    factories.code(empty_study)
    page = open_page(sign_in("coder"), empty_study)
    assert "What stands below is guessed" in page
    assert "spelling guess" in page
    assert "<svg" not in page[page.index('class="candidate guess"') :].split("</label>")[0]
    assert "machnist → <b>machinist</b> ?" in page
    assert '<mark data-for="1" class="guessed">MACHNIST</mark>' in page


def test_titles_are_in_the_readers_language(coded_study: Study, coder: Client) -> None:
    page = coder.get(address(coded_study), headers={"Accept-Language": "ko"}).content.decode()
    assert "배관공" in page
    assert "기능원" in page


def test_the_screen_is_not_kept_by_the_browser(coded_study: Study, coder: Client) -> None:
    assert "no-store" in coder.get(address(coded_study)).headers["Cache-Control"]


def test_words_of_a_korean_literal_are_marked_where_they_stand(
    empty_study: Study, sign_in: SignIn, tmp_path: Path
) -> None:
    files = {
        "entries.csv": "phrase,code\n기계 조작,715\n기계 정비,716\n",
        "dictionary.toml": 'words = "korean"\n',
    }
    version = dictionaries.load(
        name="Korean",
        classification=empty_study.classification,
        folder=factories.write_dictionary(tmp_path / "korean", files),
    )
    Study.objects.update(dictionary_version=version)
    empty_study.refresh_from_db()
    factories.bring_in(empty_study, factories.csv_bytes([("1", "공장에서 기계조작(과) 정비를 함", "", "30")]))
    factories.code(empty_study)
    page = open_page(sign_in("coder"), empty_study)
    assert '<mark data-for="1 2">기계조작</mark>' in page
    assert re.search(r'공장에서 <mark .*</mark>\(과\) <mark data-for="\d">정비를</mark> 함</dd>', page)
