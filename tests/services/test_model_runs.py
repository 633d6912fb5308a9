"""Dictionary and model code a study together; a model that cannot be loaded is replaced, and that is said."""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from classifier import Examples, Model, TrainSettings, train
from coding_app import model_folders
from coding_app.choices import AcceptBy, Engine, JobState, Rule, SuggestionSource, WorkQueue
from coding_app.exceptions import InvalidInput
from coding_app.models import Blend, Code, Event, Job, ModelVersion, Record, Run, Study, Suggestion
from coding_app.models import SuggestionSet as Sets
from coding_app.routing import Settings
from coding_app.services import answering, registry, review, suggest
from tests import factories, models
from tests.routed import save

pytestmark = pytest.mark.django_db

TEMPLATE = "{occupation} {industry}"
ROWS = (
    ("m1", "lathe milling", "north", "40", "465"),
    ("m2", "truck driver", "fuel oil", "40", "716"),
    ("m3", "roof timber beams", "", "40", "411"),
    ("m4", "machinist", "", "40", ""),
    ("m5", "child of nine", "", "9", ""),
    ("m6", "", "", "40", ""),
    ("m7", "lathe milling", "north", "40", ""),
    ("m8", "장비 lathe Ж ✂ مخرطة milling", "北", "40", ""),
    ("m9", "lathe " * 16_667, "", "40", ""),
    ("m10", "PLUMMBING CONTRACTOR", "", "40", ""),
)
COLUMNS = ("id", "occupation", "industry", "age", "reference")


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an instant model of four codes, which learnt 240 records."""
    examples = Examples.of((f"{row[1]} {row[2]}", row[4]) for row in models.rows())
    settings = TrainSettings(min_class_size=1, test_size=0.0)
    folder = tmp_path_factory.mktemp("model") / "model"
    train(examples, template=TEMPLATE, settings=settings).save(folder)
    return folder


@pytest.fixture
def study(tmp_path: Path) -> Study:
    made = factories.make_study(tmp_path)
    factories.bring_in(made, factories.csv_bytes(ROWS, COLUMNS))
    return made


def use(study: Study, folder: Path, *, baseline: bool = False) -> ModelVersion:
    """Make the model the study's current one, with the baseline beside it if there is to be one."""
    version = registry.add(
        study=study, user=study.created_by, folder=folder, baseline=folder if baseline else None
    )
    study.model_version = version
    study.save(update_fields=["model_version"])
    return version


def code(study: Study) -> Run:
    factories.code(study)
    return Run.objects.latest("pk")


def answer(study: Study, external_id: str) -> Sets:
    made = factories.record(study, external_id).suggestion_set
    assert made is not None
    return made


def suggestions(study: Study, external_id: str) -> list[Suggestion]:
    return list(answer(study, external_id).suggestions.select_related("code").order_by("rank"))


def damage(version: ModelVersion, *, baseline: bool = False) -> Path:
    """Cut a file of the model short; the file."""
    home = (model_folders.baseline if baseline else model_folders.model)(version.stored_as)
    path = home / "engine" / "linear.safetensors"
    path.write_bytes(path.read_bytes()[:100])
    return path


def state() -> list[Any]:
    """Everything a run may change."""
    return [list(kind.objects.order_by("pk").values()) for kind in (Record, Sets, Suggestion)]


# Together --------------------------------------------------------------------------------------------------


def test_a_run_of_both_ranks_the_codes_of_either(study: Study, model: Path) -> None:
    version = use(study, model)
    run = code(study)
    assert (run.engine, run.model_version, run.fallback) == (Engine.BOTH, version, "")
    assert run.job.queue == WorkQueue.MODEL
    found = suggestions(study, "m2")
    assert [one.rank for one in found] == [1, 2, 3, 4, 5]
    assert (found[0].code.code, found[0].source) == ("716", SuggestionSource.MATCH)
    assert found[0].reason["phrases"] == ["FUEL OIL TRUCK DRIVER"]
    assert found[0].reason["model"] is None, "the model never met this code"
    driver = next(one for one in found if one.code.code == "715")
    assert driver.source == SuggestionSource.BOTH
    assert driver.reason["model"] > 0.3
    alone = next(one for one in found if one.code.code == "510")
    assert (alone.source, alone.priority) == (SuggestionSource.MODEL, 0)
    assert alone.reason == {
        "phrases": [], "guesses": [], "occupation_only": False, "model": alone.reason["model"]
    }  # fmt: skip


def test_a_set_says_its_first_suggestion_its_probability_and_its_margin(study: Study, model: Path) -> None:
    use(study, model)
    code(study)
    for made in Sets.objects.exclude(probability=None):
        found = list(made.suggestions.order_by("rank"))
        shares = [one.probability for one in found]
        assert made.best == found[0].code
        assert made.probability == shares[0]
        assert made.margin == pytest.approx((shares[0] or 0) - (shares[1] or 0))
        assert shares == sorted(shares, reverse=True, key=lambda share: share or 0)
        assert 0 < sum(share or 0 for share in shares) <= 1
    assert answer(study, "m1").model_code == Code.objects.get(code="465")


def test_a_record_of_which_the_dictionary_says_nothing_has_the_models_probabilities(
    study: Study, model: Path
) -> None:
    use(study, model)
    Record.objects.exclude(reference_code="").update(reference_code="")
    code(study)
    made = answer(study, "m3")
    assert (made.outcome, made.code) == ("no_match", None)
    expected = Model.load(model).predict(["roof timber beams"], top=4)[0]
    found = suggestions(study, "m3")
    assert [one.code.code for one in found] == [one for one, _ in expected]
    assert [one.probability for one in found] == pytest.approx([share for _, share in expected], abs=1e-4)
    assert found[0].source == SuggestionSource.MODEL


def test_a_misspelling_that_the_model_understands_comes_from_both(study: Study, model: Path) -> None:
    use(study, model)
    code(study)
    guess = next(one for one in suggestions(study, "m10") if one.code.code == "510")
    assert guess.source == SuggestionSource.BOTH
    assert guess.reason["guesses"] == [["plummbing", "plumbing"]]


def test_children_and_records_that_say_nothing_are_set_aside_and_not_asked_of_the_model(
    study: Study, model: Path
) -> None:
    use(study, model)
    asked = watched(lambda: code(study))
    for external_id in ("m5", "m6"):
        record = factories.record(study, external_id)
        assert (record.status, record.rule) == ("set_aside", "")
        made = answer(study, external_id)
        assert (made.probability, made.learnt, made.model_code) == (None, None, None)
    assert not [text for text in asked if "child" in text]


def test_without_a_dictionary_the_model_codes_alone(study: Study, model: Path) -> None:
    use(study, model)
    Study.objects.update(dictionary_version=None)
    study.refresh_from_db()
    run = code(study)
    assert (run.engine, run.dictionary_version) == (Engine.MODEL, None)
    assert {record.status for record in Record.objects.filter(external_id__in=["m5", "m6"])} == {"set_aside"}
    assert {one.source for one in Suggestion.objects.all()} == {SuggestionSource.MODEL}
    assert factories.record(study, "m1").rule == Rule.NOT_CODED
    save(study, Settings(accept_by=AcceptBy.PROBABILITY, threshold=0.5))
    record = factories.record(study, "m1")
    assert (record.status, record.route, record.rule) == ("accepted", "model", "threshold")
    assert record.final_code == Code.objects.get(code="465")


def test_with_neither_there_is_nothing_to_run(study: Study) -> None:
    Study.objects.update(dictionary_version=None)
    study.refresh_from_db()
    with pytest.raises(InvalidInput, match="neither a dictionary nor a model"):
        suggest.start(study=study, user=None)
    assert not Job.objects.filter(kind="code").exists()


def test_a_run_without_a_model_is_as_before(study: Study) -> None:
    run = code(study)
    assert (run.engine, run.job.queue, run.model_version) == (Engine.DICTIONARY, WorkQueue.DEFAULT, None)
    assert not Suggestion.objects.exclude(probability=None).exists()
    assert not Sets.objects.exclude(probability=None).exists()
    assert all("model" not in one.reason for one in Suggestion.objects.all())
    assert not Blend.objects.exists()


# Texts of every kind ---------------------------------------------------------------------------------------


def test_long_mixed_and_empty_texts_are_coded(study: Study, model: Path) -> None:
    use(study, model)
    code(study)
    assert not Record.objects.filter(status="imported").exists()
    for external_id in ("m8", "m9"):
        assert answer(study, external_id).model_code == Code.objects.get(code="465")


def test_each_distinct_text_is_scored_once(study: Study, model: Path, settings: Any) -> None:
    settings.JOB_CHUNK = 2
    use(study, model)
    rows = [(f"r{n}", "truck lorry freight", "harbour", "40", "") for n in range(7)]
    factories.bring_in(study, factories.csv_bytes(rows, COLUMNS), "more.csv")
    asked = watched(lambda: code(study))
    assert asked.count("truck lorry freight harbour") == 1
    assert len(asked) == len(set(asked))


def watched(act: Any) -> list[str]:
    """The texts that a model scored meanwhile."""
    asked: list[str] = []
    scores = Model.scores

    def seen(model: Model, texts: Sequence[str | None]) -> Any:
        asked.extend(text for text in texts if text)
        return scores(model, texts)

    with mock.patch.object(Model, "scores", seen):
        act()
    return asked


# Again -----------------------------------------------------------------------------------------------------


def test_running_again_changes_nothing(study: Study, model: Path) -> None:
    use(study, model)
    code(study)
    before = state()
    run = code(study)
    assert (run.coded, run.unchanged) == (0, len(ROWS))
    assert state() == before
    assert Blend.objects.count() == 1


def test_another_version_codes_again_and_leaves_what_people_decided(study: Study, model: Path) -> None:
    code(study)
    record = factories.record(study, "m3")
    review.decide(
        record=record,
        user=factories.make_user("anne"),
        code=Code.objects.get(code="411"),
        seen_version=record.version,
    )
    decided = Record.objects.filter(pk=record.pk).values().get()
    use(study, model)
    run = code(study)
    assert run.coded == len(ROWS) - 1
    assert Record.objects.filter(pk=record.pk).values().get() == decided
    assert Event.objects.filter(verb="record_coded", record=record).count() == 1


def test_a_reference_code_does_not_show_in_what_is_suggested(
    study: Study, model: Path, tmp_path: Path
) -> None:
    use(study, model)
    code(study)
    Record.objects.filter(external_id="m1").update(reference_code="510")
    with_reference = [(one.code.code, one.probability) for one in suggestions(study, "m1")]
    without = [(one.code.code, one.probability) for one in suggestions(study, "m7")]
    assert [one for one, _ in with_reference] == [one for one, _ in without]
    for event in Event.objects.filter(verb="record_coded"):
        assert "reference" not in str(event.data)


# The blend -------------------------------------------------------------------------------------------------


def test_the_blend_is_fitted_on_labelled_records_that_the_model_did_not_learn(
    study: Study, model: Path
) -> None:
    version = use(study, model)
    rows = models.rows(60, seed=9)
    learnt = models.rows(40, seed=0)
    factories.bring_in(study, factories.csv_bytes([*rows, *learnt], models.COLUMNS), "labelled.csv")
    code(study)
    kept = Blend.objects.get()
    assert (kept.model_version, kept.dictionary_version) == (version, study.dictionary_version)
    assert kept.records == 60 + 3, "and three of the study's own"
    assert len(kept.fold_weights) == 5
    assert kept.fold_weights[0] != kept.weights
    assert answer(study, rows[0][0]).learnt is False
    assert answer(study, learnt[0][0]).learnt is True


def test_without_labelled_records_the_prior_stands(study: Study, model: Path) -> None:
    from classifier.blend import PRIOR

    use(study, model)
    Record.objects.update(reference_code="")
    code(study)
    kept = Blend.objects.get()
    assert (kept.records, kept.fold_weights, kept.weights) == (0, [], dict(PRIOR))


# A model that cannot be loaded -----------------------------------------------------------------------------


def test_a_damaged_model_is_replaced_by_its_baseline_and_the_run_says_so(study: Study, model: Path) -> None:
    version = use(study, model, baseline=True)
    damage(version)
    run = code(study)
    assert run.job.state == JobState.DONE
    assert run.fallback == "baseline"
    assert "cannot be loaded" in run.fallback_reason
    assert str(model_folders.model(version.stored_as)) not in run.fallback_reason
    assert answer(study, "m1").model_code == Code.objects.get(code="465")
    assert not Blend.objects.exists(), "what is fitted is the model's, not the baseline's"


def test_without_a_baseline_the_dictionary_codes_alone_and_the_run_says_so(study: Study, model: Path) -> None:
    damage(use(study, model))
    run = code(study)
    assert run.fallback == "none"
    assert "no baseline beside it" in run.fallback_reason
    assert len(run.fallback_reason.splitlines()) == 2
    assert answer(study, "m2").code == Code.objects.get(code="716")
    assert not Suggestion.objects.exclude(probability=None).exists()


def test_after_a_repair_everything_is_coded_again_and_before_it_nothing(study: Study, model: Path) -> None:
    version = use(study, model)
    path = damage(version)
    code(study)
    before = state()
    again = code(study)
    assert (again.coded, again.fallback) == (0, "none")
    assert state() == before
    shutil.copy(model / "engine" / path.name, path)
    repaired = code(study)
    assert (repaired.coded, repaired.fallback, repaired.fallback_reason) == (len(ROWS), "", "")
    assert answer(study, "m1").probability is not None


def test_a_run_that_fell_back_stays_so_when_another_worker_goes_on(
    study: Study, model: Path, settings: Any
) -> None:
    settings.JOB_CHUNK = 4
    version = use(study, model, baseline=True)
    path = damage(version)
    job = suggest.start(study=study, user=None)
    with mock.patch.object(answering.Writer, "write", fails_after(1)), pytest.raises(AssertionError):
        factories.do(job)
    shutil.copy(model / "engine" / path.name, path)
    Job.objects.filter(pk=job.pk).update(state=JobState.QUEUED)
    factories.do(job)
    run = Run.objects.get(job=job)
    assert (run.fallback, run.coded) == ("baseline", len(ROWS))


def test_a_worker_that_dies_costs_a_chunk(study: Study, model: Path, settings: Any) -> None:
    settings.JOB_CHUNK = 3
    use(study, model)
    job = suggest.start(study=study, user=None)
    with mock.patch.object(answering.Writer, "write", fails_after(2)), pytest.raises(AssertionError):
        factories.do(job)
    assert Sets.objects.count() == 6
    Job.objects.filter(pk=job.pk).update(state=JobState.QUEUED)
    factories.do(job)
    assert Sets.objects.count() == len(ROWS)
    assert Event.objects.filter(verb="record_coded").count() == len(ROWS)


def fails_after(chunks: int) -> Any:
    """Writes so many chunks, then finds the study's dictionary at fault."""
    write, written = answering.Writer.write, 0

    def limited(writer: answering.Writer, *args: Any, **kwargs: Any) -> None:
        nonlocal written
        written += 1
        if written > chunks:
            raise InvalidInput("no more")
        write(writer, *args, **kwargs)

    return limited


# What is accepted ------------------------------------------------------------------------------------------


def test_what_is_probable_enough_is_accepted_by_whoever_said_it(study: Study, model: Path) -> None:
    save(study, Settings(accept_by=AcceptBy.PROBABILITY, threshold=0.5))
    use(study, model)
    code(study)
    routes = dict(Record.objects.filter(rule=Rule.THRESHOLD).values_list("external_id", "route"))
    assert routes["m2"] == "dictionary"
    assert routes["m3"] == "model"
    assert routes["m4"] == "both"
    for record in Record.objects.filter(status="accepted"):
        assert record.final_code is not None
        assert record.final_code.codable
        assert record.routing is not None


def test_a_code_that_records_may_not_have_is_not_suggested(study: Study, model: Path) -> None:
    use(study, model)
    Study.objects.update(dictionary_version=None)
    study.refresh_from_db()
    Code.objects.filter(code="465").update(codable=False)
    code(study)
    assert not Suggestion.objects.filter(code__code="465").exists()
    assert answer(study, "m1").probability is not None
