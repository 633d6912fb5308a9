"""What a model's suggestions change on the coder's screen, the page of a record and the list of records."""

import re
from collections.abc import Callable

import pytest
from django.test import Client

from coding_app.choices import AcceptBy, Rule, SuggestionSource
from coding_app.models import Record, Study
from coding_app.routing import Guard, Settings, Stratum
from coding_app.services import review, route, work
from tests import factories
from tests.scored import ANSWERS, Answer, score

SignIn = Callable[[str], Client]
PERCENT = "\N{NO-BREAK SPACE}%"
BY_PROBABILITY = Settings(accept_by=AcceptBy.PROBABILITY, threshold=0.8)


def routed(study: Study, settings: Settings) -> None:
    route.save(study=study, user=None, settings=settings)
    job = study.jobs.latest("pk")
    work.run_job(job_id=job.pk, worker="test")


def on_screen(study: Study, client: Client, external_id: str) -> str:
    coder = study.members.get(username="coder")
    review.open_record(record=factories.record(study, external_id), user=coder)
    return client.get(f"/studies/{study.slug}/queue/").content.decode()


def why(page: str) -> str:
    found = re.search(r'<p class="why">(.*?)</p>', page, re.DOTALL)
    assert found is not None
    return found[1]


@pytest.mark.parametrize(
    ("routing", "record", "rule", "words"),
    [
        (BY_PROBABILITY, "003", Rule.BELOW, f"55.0{PERCENT} for the first code, and 80.0{PERCENT} are"),
        (
            Settings(accept_by=AcceptBy.PROBABILITY, threshold=0.5, min_margin=0.3),
            "003",
            Rule.MARGIN,
            f"ahead by 15.0{PERCENT}, and 30.0{PERCENT} are asked for",
        ),
        (
            Settings(accept_by=AcceptBy.PROBABILITY, threshold=0.5, require_agreement=True),
            "004",
            Rule.DISAGREEMENT,
            "the model says 411, the dictionary nothing",
        ),
        (
            Settings(accept_by=AcceptBy.PROBABILITY, threshold=0.5, guarded=(Guard("4", ("chief",)),)),
            "006",
            Rule.GUARDED,
            "801 belongs to 4 Aircraft, and no word of the text says so",
        ),
        (
            Settings(accept_by=AcceptBy.PROBABILITY, threshold=0.5, person_codes=("21",)),
            "004",
            Rule.PERSON_CODE,
            "The code 411 always goes to a person",
        ),
        (
            Settings(accept_by=AcceptBy.PROBABILITY, threshold=0.5, person_strata=(Stratum("age", ("40",)),)),
            "001",
            Rule.PERSON_STRATUM,
            "Records of this stratum always go to a person",
        ),
        (Settings(accept_by=AcceptBy.NOBODY), "001", Rule.EVERYTHING, "Every record of this study"),
        (Settings(audit_share=1.0), "001", Rule.AUDIT, "Drawn at random, whatever the machine says"),
        (Settings(), "003", Rule.NOT_CODED, "Tied: "),
    ],
    ids=lambda value: value.value if isinstance(value, Rule) else "",
)
def test_the_screen_says_which_rule_brought_the_record(
    coded_study: Study, sign_in: SignIn, routing: Settings, record: str, rule: Rule, words: str
) -> None:
    score(coded_study, ANSWERS)
    routed(coded_study, routing)
    assert factories.record(coded_study, record).rule == rule
    assert words in why(on_screen(coded_study, sign_in("coder"), record))


def test_rows_carry_probability_bar_and_source(coded_study: Study, sign_in: SignIn) -> None:
    answer = Answer(
        {"470": 0.55, "510": 0.30, "406": 0.10},
        sources={"470": SuggestionSource.BOTH, "406": SuggestionSource.MATCH},
    )
    score(coded_study, {"003": answer})
    page = on_screen(coded_study, sign_in("coder"), "003")
    rows = re.findall(r'<label class="candidate.*?</label>', page, re.DOTALL)[:3]
    told = [
        (re.search(r'data-code="(\d+)"', row)[1],  # type: ignore[index]
         re.search(r'<span class="badge">([^<]+)</span>', row)[1],  # type: ignore[index]
         re.search(r"([\d.]+)" + PERCENT, row)[1],  # type: ignore[index]
         re.search(r'<rect width="([\d.]+)%"', row)[1])  # type: ignore[index]
        for row in rows
    ]  # fmt: skip
    assert told == [
        ("470", "words and model", "55.0", "55.00"),
        ("510", "model", "30.0", "30.00"),
        ("406", "words", "10.0", "10.00"),
    ]


def test_without_a_model_rows_count_words_as_before(coded_study: Study, sign_in: SignIn) -> None:
    page = on_screen(coded_study, sign_in("coder"), "003")
    rows = "".join(re.findall(r'<label class="candidate.*?</label>', page, re.DOTALL))
    assert "2 words" in rows
    assert "words and model" not in rows


def test_a_record_for_the_audit_looks_like_any_other_to_a_coder(coded_study: Study, sign_in: SignIn) -> None:
    score(coded_study, ANSWERS)
    routed(coded_study, Settings(accept_by=AcceptBy.PROBABILITY, threshold=0.5, audit_share=1.0))
    record = factories.record(coded_study, "001")
    assert record.rule == Rule.AUDIT
    coder, supervisor = sign_in("coder"), sign_in("supervisor")
    for target in (
        f"/studies/{coded_study.slug}/records/{record.pk}/",
        f"/api/v1/studies/{coded_study.slug}/records/{record.pk}/",
        f"/api/v1/studies/{coded_study.slug}/records/",
    ):
        assert "audit" not in coder.get(target).content.decode().lower(), target
        assert "audit" in supervisor.get(target).content.decode().lower(), target
    assert "audit" not in on_screen(coded_study, coder, "001").lower()
    assert coder.get(f"/api/v1/studies/{coded_study.slug}/records/?rule=audit").status_code == 403


def test_the_page_of_a_record_names_models_rule_and_versions(coded_study: Study, sign_in: SignIn) -> None:
    score(coded_study, {**ANSWERS, "003": Answer({"470": 0.55, "510": 0.40}, own="510", learnt=True)})
    routed(coded_study, BY_PROBABILITY)
    record = factories.record(coded_study, "003")
    page = sign_in("supervisor").get(f"/studies/{coded_study.slug}/records/{record.pk}/").content.decode()
    answer = page[page.index('id="answer"') : page.index('id="trace"')]
    for words in (
        "Below the threshold",
        "routing 1",
        "model 1",
        '<span class="code">510</span>',
        "learnt from this text",
        "Words v1",
        f"55.0{PERCENT}",
        f"ahead of the second by 15.0{PERCENT}",
    ):
        assert words in answer, words
    assert "Routed again: to a person · Below the threshold" in page


def test_the_final_code_names_the_model(coded_study: Study, sign_in: SignIn) -> None:
    score(coded_study, ANSWERS)
    routed(coded_study, BY_PROBABILITY)
    record = factories.record(coded_study, "001")
    page = sign_in("coder").get(f"/studies/{coded_study.slug}/records/{record.pk}/").content.decode()
    final = page[page.index('id="final"') : page.index('id="decisions"')]
    assert "model 1" in final
    assert "716" in final


@pytest.mark.parametrize(
    ("wanted", "ids"),
    [
        ({"rule": "below"}, ["003", "004", "009"]),
        ({"rule": "threshold"}, ["001", "002", "005", "006"]),
        ({"route": "model"}, ["001", "002", "005", "006"]),
        ({"by": "model"}, ["001", "002", "003", "004", "005", "006", "009"]),
        ({"by": "match"}, []),
        ({"p_from": "0.9"}, ["001", "002", "005"]),
        ({"p_from": "0.6", "p_to": "0.85"}, ["004", "006", "009"]),
        ({"p_to": "x"}, []),
        ({"p_from": "nan"}, []),
        ({"model": "1"}, ["001", "002", "003", "004", "005", "006", "009"]),
        ({"model": "2"}, []),
        ({"model": "9" * 30}, []),
        ({"first": "wrong"}, ["006", "009"]),
        ({"first": "right"}, ["001", "002", "004", "005"]),
        ({"labelled": "reference"}, ["001", "002", "004", "005", "006", "009"]),
        ({"labelled": "decisions"}, []),
        ({"labelled": "file"}, []),
    ],
)
def test_the_list_is_narrowed_by_what_the_model_said(
    coded_study: Study, sign_in: SignIn, wanted: dict[str, str], ids: list[str]
) -> None:
    score(coded_study, ANSWERS)
    routed(coded_study, BY_PROBABILITY)
    answer = sign_in("supervisor").get(f"/studies/{coded_study.slug}/records/", wanted)
    assert [record.external_id for record in answer.context["rows"]] == ids
    assert len(answer.context["conditions"]) == len(wanted)


def test_what_a_run_said_is_listed_though_a_later_one_says_otherwise(
    coded_study: Study, sign_in: SignIn
) -> None:
    run = score(coded_study, ANSWERS)
    score(coded_study, {"001": Answer({"715": 0.5}, sources={"715": SuggestionSource.MATCH})})
    client = sign_in("coder")
    page = client.get(f"/studies/{coded_study.slug}/jobs/{run.job_id}/")
    assert [(count.label, count.number) for count in page.context["sources"]] == [("Model", 7)]
    listed = client.get(page.context["sources"][0].href).context["page"].paginator.count
    assert listed == 7


def test_coders_are_not_told_which_first_suggestions_are_right(coded_study: Study, sign_in: SignIn) -> None:
    score(coded_study, ANSWERS)
    coder = sign_in("coder")
    for wanted in ({"first": "wrong"}, {"labelled": "reference"}):
        answer = coder.get(f"/studies/{coded_study.slug}/records/", wanted)
        assert answer.context["page"].paginator.count == Record.objects.count()
        assert coder.get(f"/api/v1/studies/{coded_study.slug}/records/", wanted).status_code == 403
