"""The threshold explorer's numbers, recomputed here from the rows."""

from pathlib import Path

import pytest

from coding_app.choices import AcceptBy, LabelSource, RecordStatus
from coding_app.exceptions import InvalidInput
from coding_app.models import Code, Record, Study
from coding_app.routing import Guard, Settings, Stratum
from coding_app.selectors import explorer
from tests import factories
from tests.scored import Answer, make_model, score

HEADER = ("id", "occupation", "industry", "age", "sex", "reference")
# id, occupation, industry, age, sex, known code; the model's first code and its probability
ROWS = (
    ("a", "truck driver", "", "40", "f", "716", "716", 0.95),
    ("b", "machinist", "", "51", "m", "465", "465", 0.90),
    ("c", "contractor", "", "33", "f", "510", "470", 0.55),
    ("d", "zookeeper", "", "28", "m", "411", "411", 0.80),
    ("e", "chief rivet", "", "45", "f", "295", "801", 0.85),
    ("f", "driver", "", "35", "m", "411", "715", 0.60),
    ("g", "plumber", "", "35", "m", "510", "510", 0.99),
    ("h", "framer", "", "35", "f", "", "411", 0.99),
    ("i", "framer", "", "35", "f", "9999", "411", 0.99),
)
SETTINGS = Settings(accept_by=AcceptBy.PROBABILITY, threshold=0.8)


@pytest.fixture
def study(db: None, tmp_path: Path) -> Study:
    made = factories.make_study(tmp_path)
    factories.bring_in(made, factories.csv_bytes([row[:6] for row in ROWS], HEADER))
    make_model(made)
    score(made, {str(row[0]): Answer({str(row[6]): float(row[7])}) for row in ROWS})
    return made


def ids(study: Study, keys: list[int]) -> str:
    found = Record.objects.filter(study=study, pk__in=keys).order_by("pk")
    return "".join(found.values_list("external_id", flat=True))


def sample(study: Study, source: LabelSource = LabelSource.REFERENCE, **options: object) -> explorer.Sample:
    settings = options.pop("settings", SETTINGS)
    return explorer.sample(study, source, settings, **options)  # type: ignore[arg-type]


def test_points_count_what_the_rows_say(study: Study) -> None:
    found = sample(study)
    known = [row for row in ROWS if row[5] not in {"", "9999"}]
    assert len(found.seen) == found.labelled == len(known) == 7
    for point in explorer.points(found, explorer.TABLE):
        taken = [row for row in known if float(row[7]) >= point.threshold]
        wrong = [row for row in taken if row[5] != row[6]]
        assert (point.accepted, point.wrong, point.of) == (len(taken), len(wrong), 7), point.threshold
    at = explorer.points(found, [0.8])[0]
    assert (at.accepted, at.wrong) == (5, 1)
    assert at.accuracy.value == 0.8
    assert at.coverage.value == 5 / 7


def test_the_table_has_twenty_thresholds_and_more(study: Study) -> None:
    assert len(set(explorer.TABLE)) == len(explorer.TABLE) >= 20
    assert 0.8 in explorer.TABLE


def test_the_keys_behind_the_numbers(study: Study) -> None:
    found = sample(study)
    assert ids(study, explorer.keys(found, 0.8)) == "abdeg"
    assert ids(study, explorer.keys(found, 0.8, wrong=True)) == "e"
    assert ids(study, explorer.keys(found, 0.0, wrong=True)) == "cef"


def test_strata_add_up_to_the_whole(study: Study) -> None:
    found = sample(study, column="sex")
    split = dict(explorer.strata(found, 0.8))
    assert {value: (one.accepted, one.wrong, one.of) for value, one in split.items()} == {
        "m": (3, 0, 4),
        "f": (2, 1, 3),
    }
    assert [value for value, _point in explorer.strata(found, 0.8)] == ["m", "f"]
    assert ids(study, explorer.keys(found, 0.8, stratum="f")) == "ae"


def test_other_rules_keep_records_from_every_threshold_and_can_be_left_out(study: Study) -> None:
    settings = Settings(
        accept_by=AcceptBy.PROBABILITY,
        threshold=0.99,
        guarded=(Guard("2", ("builder",)),),
        person_codes=("716",),
        person_strata=(Stratum("age", ("28",)),),
        audit_share=1.0,
    )
    heeded = sample(study, settings=settings)
    assert ids(study, explorer.keys(heeded, 0.0)) == "ef"
    assert heeded.not_admitted == 5
    assert explorer.points(heeded, [0.0])[0].coverage.value == 2 / 7
    assert ids(study, explorer.keys(sample(study, settings=settings, other_rules=False), 0.0)) == "abcdefg"


def test_records_that_cannot_judge_the_model_are_left_out_and_counted(study: Study) -> None:
    score(study, {"a": Answer({"716": 0.9}, learnt=True), "b": Answer({"465": 0.9}, learnt=None)})
    score(study, {"c": Answer({"470": 0.9})}, fallback="baseline", fallback_reason="no torch")
    older = make_model(study, 2, current=False)
    score(study, {"d": Answer({"411": 0.9})}, model_version=older)
    Record.objects.filter(external_id="e").update(suggestion_set=None)
    found = sample(study)
    assert (found.labelled, found.learnt, found.unknown, found.elsewhere, found.unscored) == (7, 1, 1, 2, 1)
    assert ids(study, [one.key for one in found.seen]) == "bfg"


def test_peoples_decisions_are_labels_only_where_asked_for(study: Study) -> None:
    record = factories.record(study, "h")
    Record.objects.filter(pk=record.pk).update(
        status=RecordStatus.DECIDED, final_code=Code.objects.get(code="510")
    )
    assert ids(study, [one.key for one in sample(study, LabelSource.DECISIONS).seen]) == "h"
    assert ids(study, explorer.keys(sample(study, LabelSource.DECISIONS), 0.0, wrong=True)) == "h"
    assert ids(study, [one.key for one in sample(study, LabelSource.BOTH).seen]) == "abcdefgh"


def test_the_offer_takes_the_exact_bound_into_account(study: Study) -> None:
    found = sample(study)
    few = explorer.offer(found, max_error=0.05, confidence=0.95)
    assert few is not None
    assert few.threshold is None
    # 0.3 ** 3 = 0.027 <= 1 - 0.95: three right ones of three vouch for an error of 70 %.
    lax = explorer.offer(found, max_error=0.7, confidence=0.95)
    assert lax is not None
    assert lax.threshold is not None
    assert lax.threshold <= 0.9
    with pytest.raises(InvalidInput):
        explorer.offer(found, max_error=1.5, confidence=0.95)
    assert explorer.offer(explorer.Sample((), 0, 0, 0, 0, 0), max_error=0.05, confidence=0.95) is None


def test_measured_judges_by_the_code_that_would_be_accepted(study: Study) -> None:
    found = explorer.measured(study, LabelSource.REFERENCE, SETTINGS)
    assert (found.of, found.left_out) == (7, 0)
    assert (ids(study, list(found.accepted)), ids(study, list(found.wrong))) == ("abdeg", "e")
    assert (found.error.k, found.error.n) == (1, 5)
    nobody = explorer.measured(study, LabelSource.REFERENCE, Settings(accept_by=AcceptBy.NOBODY))
    assert (nobody.of, nobody.accepted) == (7, ())


def test_by_dictionary_the_dictionarys_code_is_judged(study: Study) -> None:
    factories.code(study)
    found = explorer.measured(study, LabelSource.REFERENCE, Settings())
    assert ids(study, list(found.accepted)) == "abcf"
    assert ids(study, list(found.wrong)) == "acf"
