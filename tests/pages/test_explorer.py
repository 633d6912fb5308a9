"""The threshold explorer: curve, table, offer, strata, and what it says where there is nothing to draw."""

import re
from collections.abc import Callable

import pytest
from django.test import Client

from coding_app.choices import AcceptBy, RecordStatus
from coding_app.models import Code, Record, Study
from coding_app.routing import Settings
from coding_app.selectors import explorer
from coding_app.services import route
from tests import factories
from tests.scored import Answer, make_model, score

SignIn = Callable[[str], Client]
HEADER = ("id", "occupation", "industry", "age", "sex", "reference")


def rows(n: int, *, wrong_below: float) -> list[tuple[tuple[str, ...], float]]:
    """Records whose probability falls from near 1; those below a bound are wrong."""
    found: list[tuple[tuple[str, ...], float]] = []
    for at in range(n):
        probability = round(0.999 - 0.9 * at / n, 4)
        known = "715" if probability >= wrong_below else "411"
        cells = (f"{at:03}", "driver", "", "40", "f" if at % 3 else "m", known)
        found.append((cells, probability))
    return found


def make(study: Study, found: list[tuple[tuple[str, ...], float]], **run: object) -> Study:
    factories.bring_in(study, factories.csv_bytes([cells for cells, _ in found], HEADER))
    score(study, {cells[0]: Answer({"715": probability}) for cells, probability in found}, **run)
    return study


def page(client: Client, study: Study, **asked: str) -> str:
    answer = client.get(f"/studies/{study.slug}/explorer/", asked)
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.fixture
def study(empty_study: Study) -> Study:
    """Two hundred labelled records, all right from 0.2 up."""
    return make(empty_study, rows(200, wrong_below=0.2))


def text(found: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", found))


def test_the_curve_is_drawn_with_its_table_and_the_offer(study: Study, sign_in: SignIn) -> None:
    answer = sign_in("manager").get(f"/studies/{study.slug}/explorer/")
    found = answer.content.decode()
    assert '<polygon class="band" points="' in found
    assert '<polyline class="line" points="' in found
    shown = answer.context["rows"]
    assert len(shown) >= 20
    offered = answer.context["offered"]
    assert [row.point.threshold for row in shown if row.is_offered] == [offered.threshold]
    assert 0.1 < offered.threshold <= 0.2
    taken = [p for _cells, p in rows(200, wrong_below=0.2) if p >= offered.threshold]
    assert (offered.accepted, offered.wrong) == (len(taken), sum(p < 0.2 for p in taken))
    assert f"It accepts {len(taken)} of 200 labelled records" in text(found)
    assert f'?threshold={offered.threshold}"' in found


def test_every_count_of_the_table_leads_to_its_records(study: Study, sign_in: SignIn) -> None:
    manager = sign_in("manager")
    links = re.findall(r'<a href="([^"]*/explorer/records/[^"]*)">([\d,]+)</a>', page(manager, study))
    assert len(links) > 20
    for href, number in links:
        listed = manager.get(href.replace("&amp;", "&")).context["page"].paginator.count
        assert listed == int(number), href
    assert any(href.endswith("wrong") for href, _ in links)


def test_strata_stand_in_a_table_of_their_own(study: Study, sign_in: SignIn) -> None:
    manager = sign_in("manager")
    answer = manager.get(f"/studies/{study.slug}/explorer/", {"column": "sex"})
    assert [(row.name, row.point.of) for row in answer.context["strata"]] == [("f", 133), ("m", 67)]
    first = answer.context["strata"][1]
    listed = manager.get(first.accepted).context["page"].paginator.count
    assert listed == first.point.accepted
    assert manager.get(f"/studies/{study.slug}/explorer/", {"column": "reference"}).status_code == 422


def test_the_threshold_that_holds_is_marked(study: Study, sign_in: SignIn) -> None:
    route.save(study=study, user=None, settings=Settings(accept_by=AcceptBy.PROBABILITY, threshold=0.735))
    found = sign_in("manager").get(f"/studies/{study.slug}/explorer/")
    assert [row.point.threshold for row in found.context["rows"] if row.is_current] == [0.735]
    assert "0.735 now" in text(found.content.decode())


def test_a_supervisor_is_not_offered_to_change_the_routing(study: Study, sign_in: SignIn) -> None:
    assert "Put it into the routing" in page(sign_in("manager"), study)
    assert "Put it into the routing" not in page(sign_in("supervisor"), study)


def test_too_few_records_say_how_many_more_it_takes(empty_study: Study, sign_in: SignIn) -> None:
    make(empty_study, rows(40, wrong_below=0.0))
    found = sign_in("manager").get(f"/studies/{empty_study.slug}/explorer/")
    offered = found.context["offered"]
    assert offered.threshold is None
    assert offered.more > 0
    assert f"It takes about {offered.more} more labelled records" in text(found.content.decode())


def test_a_model_that_is_never_sure_enough_is_said_to_be_so(empty_study: Study, sign_in: SignIn) -> None:
    make(empty_study, rows(60, wrong_below=2.0))
    assert "more records of this kind would not help" in page(sign_in("manager"), empty_study)


def test_decisions_are_no_random_sample(study: Study, sign_in: SignIn) -> None:
    Record.objects.filter(external_id="000").update(
        status=RecordStatus.DECIDED, final_code=Code.objects.get(code="715")
    )
    warning = "no random sample"
    assert warning not in page(sign_in("manager"), study)
    assert warning in page(sign_in("manager"), study, labels="decisions")
    assert warning in page(sign_in("manager"), study, labels="both")


def test_what_the_model_learnt_is_left_out_and_said(study: Study, sign_in: SignIn) -> None:
    score(study, {"000": Answer({"715": 0.9}, learnt=True), "001": Answer({"715": 0.9}, learnt=True)})
    found = text(page(sign_in("manager"), study))
    assert "2 records are left out: the model learnt from their texts" in found


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({"max_error": "0"}, 422),
        ({"max_error": "100"}, 422),
        ({"max_error": "nan"}, 422),
        ({"confidence": "x"}, 422),
        ({"labels": "file"}, 422),
        ({"rules": "perhaps"}, 422),
        ({"rules": "off", "max_error": "1", "confidence": "99"}, 200),
    ],
)
def test_what_cannot_be_is_told_at_its_field(
    study: Study, sign_in: SignIn, sent: dict[str, str], status: int
) -> None:
    answer = sign_in("manager").get(f"/studies/{study.slug}/explorer/", sent)
    assert answer.status_code == status
    assert ('class="errorlist"' in answer.content.decode()) == (status == 422)


def test_without_a_model_the_page_leads_to_the_models(coded_study: Study, sign_in: SignIn) -> None:
    assert "has no model yet" in page(sign_in("manager"), coded_study)


def test_without_a_run_the_page_offers_to_code(coded_study: Study, sign_in: SignIn) -> None:
    make_model(coded_study)
    assert "Code the study with its current model first" in page(sign_in("manager"), coded_study)


def test_without_known_codes_the_page_says_how_to_get_them(empty_study: Study, sign_in: SignIn) -> None:
    factories.bring_in(empty_study)
    make_model(empty_study)
    assert "No record has a known code" in page(sign_in("manager"), empty_study)
    assert "No person has decided" in page(sign_in("manager"), empty_study, labels="decisions")


def test_lists_of_no_threshold_are_not_found(study: Study, sign_in: SignIn) -> None:
    for sent in ({}, {"threshold": "x"}, {"threshold": "nan"}, {"threshold": "0.5", "labels": "x"}):
        answer = sign_in("manager").get(f"/studies/{study.slug}/explorer/records/", sent)
        assert answer.status_code == 404


def test_the_curve_goes_from_strict_to_lax() -> None:
    from coding_app.views.coverage_curve import curve

    seen = tuple(
        explorer.Seen(at, probability, probability >= 0.5, True, "")
        for at, (_cells, probability) in enumerate(rows(100, wrong_below=0.5))
    )
    sample = explorer.Sample(seen, 100, 0, 0, 0, 0)
    drawn = curve(explorer.points(sample, explorer.CURVE), [], [], max_error=0.05)
    assert drawn is not None
    places = [tuple(map(float, one.split(","))) for one in drawn.line.split()]
    assert [x for x, _y in places] == sorted(x for x, _y in places)
    assert all(drawn.left <= x <= drawn.right and drawn.top <= y <= drawn.bottom for x, y in places)
    assert places[0][1] == drawn.top  # all of the surest are right
    assert places[-1] == (drawn.right, max(y for _x, y in places))
    nobody = explorer.Sample((explorer.Seen(1, 0.5, True, False, ""),), 1, 0, 0, 0, 0)
    assert curve(explorer.points(nobody, [0.0]), [], [], max_error=0.05) is None
