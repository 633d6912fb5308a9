"""Models: what they answer, and what their folders may and may not hold."""

from __future__ import annotations

import errno
import json
import pickle
import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from safetensors import SafetensorError

from classifier import ClassifierError, Examples, Model, TrainSettings, load, partition, train
from classifier.classification import Classification
from classifier.engine import Floats
from classifier.model import inspect
from tests.classifier.samples import examples, pairs, small_model


@pytest.fixture(scope="module")
def model() -> Model:
    return small_model()


@pytest.fixture
def folder(model: Model, tmp_path: Path) -> Path:
    model.save(tmp_path / "model")
    return tmp_path / "model"


def test_probabilities_are_float32_rows_that_sum_to_one(model: Model) -> None:
    found = model.predict_proba(["truck freight", "", "never heard", "요리사", "a" * 100_000])
    assert found.shape == (5, 4)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-5)


def test_a_blank_text_has_no_suggestions(model: Model) -> None:
    assert model.predict(["", " ", "nan", None]) == [[], [], [], []]
    np.testing.assert_allclose(model.predict_proba([""]), 0.25)


def test_suggestions_are_the_most_probable_codes_in_order(model: Model) -> None:
    ((first, second),) = model.predict(["cook in the kitchen"], top=2)
    probabilities = model.predict_proba(["cook in the kitchen"])[0]
    assert first[0] == "5120"
    assert first[1] == pytest.approx(probabilities.max())
    assert second[1] == pytest.approx(np.sort(probabilities)[-2])
    assert len(model.predict(["cook"], top=50)[0]) == 4


def test_each_distinct_text_is_scored_once(model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    scores = model.engine.scores

    def counted(texts: Sequence[str]) -> Floats:
        asked.extend(texts)
        return scores(texts)

    monkeypatch.setattr(model.engine, "scores", counted)
    texts = ["cook", "nurse", " cook ", "co\u200bok", "cook", ""]
    found = list(model.predict_many(texts * 3_000))
    assert sorted(asked) == ["co ok", "cook", "nurse"]
    assert found[0] == found[2] == found[-2]
    asked.clear()
    model.predict_proba(texts)
    assert len(asked) == 3


def test_a_saved_model_gives_the_same_probabilities(model: Model, folder: Path) -> None:
    texts = [text for text, _ in pairs(60, seed=5)]
    again = load(folder)
    np.testing.assert_allclose(again.predict_proba(texts), model.predict_proba(texts), atol=0.003)
    assert (again.classes, again.template, again.card) == (model.classes, model.template, model.card)
    assert again.fingerprint == model.fingerprint != ""


def test_the_card_tells_where_the_model_comes_from(model: Model) -> None:
    card = model.card
    assert card["data"]["records"] == 240
    assert card["data"]["train"] + card["data"]["test"] == 240
    assert sum(card["class_counts"].values()) == card["data"]["train"]
    assert len(card["metrics"]["top"]) == 4
    assert card["calibration"]["records"] == card["data"]["train"]
    assert card["settings"]["seed"] == 0
    assert card["versions"]["numpy"] == np.__version__
    assert json.loads(json.dumps(card, allow_nan=False)) == card


def test_the_test_records_can_be_had_again(model: Model) -> None:
    parts = partition(examples(), settings=TrainSettings(test_size=0.2))
    assert parts.test.fingerprint() == model.card["data"]["test_sha256"]
    assert parts.train.fingerprint() == model.card["data"]["train_sha256"]


def test_training_twice_gives_the_same_model(tmp_path: Path) -> None:
    first, second = small_model(count=80), small_model(count=80)
    first.save(tmp_path / "a")
    second.save(tmp_path / "b")
    assert first.fingerprint == second.fingerprint


@pytest.mark.parametrize(
    "name", ["w.bin", "w.pt", "w.pth", "w.pkl", "w.joblib", "w.npy", "code.py", "lib.so", "nosuffix"]
)
@pytest.mark.parametrize("place", [".", "engine"])
def test_files_that_may_run_code_are_refused(folder: Path, name: str, place: str) -> None:
    (folder / place / name).write_bytes(b"x")
    with pytest.raises(ClassifierError, match="refused") as caught:
        load(folder)
    assert any(name in fault.file for fault in caught.value.faults)


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_a_pickle_under_another_name_is_refused(folder: Path, protocol: int) -> None:
    (folder / "engine" / "notes.txt").write_bytes(pickle.dumps({"a": 1}, protocol=protocol))
    with pytest.raises(ClassifierError, match="is a pickle"):
        load(folder)


def test_weights_that_are_an_archive_are_refused(folder: Path) -> None:
    with zipfile.ZipFile(folder / "engine" / "linear.safetensors", "w") as archive:
        archive.writestr("data.pkl", pickle.dumps({}))
    with pytest.raises(ClassifierError, match="is an archive"):
        load(folder)


def test_links_are_refused(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.json").write_text("{}")
    (folder / "engine" / "more.json").symlink_to(tmp_path / "secret.json")
    with pytest.raises(ClassifierError, match="is a link"):
        load(folder)


@pytest.mark.parametrize(
    ("file", "content", "reason"),
    [
        ("model.json", None, "cannot be read"),
        ("model.json", "{", "is not JSON"),
        ("model.json", "[]", "not a JSON object"),
        ("model.json", "{}", "format"),
        ("card.json", None, "cannot be read"),
        ("engine/linear.safetensors", None, "missing or were changed"),
        ("engine/linear.safetensors", "short", "missing or were changed"),
        ("engine/baseline.json", "{}", "missing or were changed"),
    ],
)
def test_a_broken_folder_is_refused_with_the_reason(
    folder: Path, file: str, content: str | None, reason: str
) -> None:
    path = folder / file
    path.unlink() if content is None else path.write_text(content)
    with pytest.raises(ClassifierError, match=reason):
        load(folder)


@pytest.mark.parametrize(
    ("key", "value", "reason"),
    [
        ("format", 2, "its format is 2"),
        ("engine", "os:system", "no engine"),
        ("classes", ["a"], "model.json has 1"),
        ("classes", ["a", "a", "b", "c"], "no list of classes"),
        ("classes", [1, 2, 3, 4], "no list of classes"),
        ("calibration", {}, "no calibration"),
        ("template", "text", "names no column"),
    ],
)
def test_a_changed_description_is_refused_with_the_reason(
    folder: Path, key: str, value: object, reason: str
) -> None:
    path = folder / "model.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), key: value}))
    with pytest.raises(ClassifierError, match=reason):
        load(folder)


def test_no_folder_is_no_model(tmp_path: Path) -> None:
    with pytest.raises(ClassifierError, match="not a folder"):
        load(tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(ClassifierError, match=r"model\.json cannot be read"):
        load(tmp_path / "empty")


def test_a_folder_is_looked_into_without_loading_its_weights(
    model: Model, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(model.engine), "load", None)
    found = inspect(folder)
    assert (found.engine, found.classes, found.template) == ("baseline", model.classes, model.template)
    assert found.fingerprint == model.fingerprint
    assert found.card == model.card
    (folder / "engine" / "baseline.json").write_text("{}")
    with pytest.raises(ClassifierError, match="changed"):
        inspect(folder)


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        SafetensorError("Error while serializing: No space left on device (os error 28)"),
    ],
)
def test_a_full_disk_leaves_the_old_model_and_nothing_else(
    model: Model, folder: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    before = load(folder).fingerprint

    def full(place: Path) -> None:
        (place / "linear.safetensors").write_bytes(b"half")
        raise error

    monkeypatch.setattr(model.engine, "save", full)
    for target in (folder, folder.parent / "new"):
        with pytest.raises(ClassifierError, match="No space left on device"):
            model.save(target)
    assert [path.name for path in folder.parent.iterdir()] == ["model"]
    assert load(folder).fingerprint == before


def test_a_model_replaces_a_model_and_nothing_else(model: Model, folder: Path, tmp_path: Path) -> None:
    small_model(count=80).save(folder)
    model.save(folder)
    assert load(folder).card == model.card
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.md").write_text("words")
    with pytest.raises(ClassifierError, match="is not a model"):
        model.save(tmp_path / "thesis")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model", "thesis"]


def test_codes_outside_the_classification_stop_a_training() -> None:
    with pytest.raises(ClassifierError, match="not in"):
        train(examples(80), template="{text}", classification=Classification({"5120": "Cooks"}))


def test_a_class_of_one_record_can_be_trained_when_asked_for() -> None:
    data = Examples.of([*pairs(80), ("astronaut in space", "9999")])
    found = train(data, template="{text}", settings=TrainSettings(min_class_size=1))
    assert "9999" in found.classes
    assert found.card["class_counts"]["9999"] == 1


def test_a_class_with_phrases_alone_can_be_predicted() -> None:
    extra = Examples.of([("astronaut", "9999"), ("space pilot", "9999"), ("cook", "5120")])
    found = train(examples(), template="{text}", extra=extra)
    assert found.predict(["astronaut pilot in space"], top=1)[0][0][0] == "9999"


def test_with_no_test_records_everything_is_learnt_from_and_still_calibrated() -> None:
    found = train(examples(80), template="{text}", settings=TrainSettings(test_size=0))
    assert found.card["data"]["train"] == 80
    assert found.card["metrics"] is None
    assert found.card["calibration"]["records"] == 80


def test_an_unknown_base_is_refused() -> None:
    with pytest.raises(ClassifierError):
        train(examples(80), template="{text}", settings=TrainSettings(base="./no-such-encoder"))
