"""A model tells which texts it learnt from, and its folder keeps none of them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from classifier import ClassifierError, Model, TrainSettings, load, partition, train
from classifier.learnt import FILE, Learnt
from tests.classifier.samples import examples


@pytest.fixture(scope="module")
def model() -> Model:
    return train(examples(), template="{text}", settings=TrainSettings(split="grouped"))


@pytest.fixture
def folder(model: Model, tmp_path: Path) -> Path:
    model.save(tmp_path / "m")
    return tmp_path / "m"


def test_training_and_calibration_texts_are_learnt_and_test_texts_are_not(model: Model, folder: Path) -> None:
    parts = partition(examples(), settings=TrainSettings(split="grouped"))
    for one in (model, load(folder)):
        on_train, on_test = one.learnt(parts.train.texts), one.learnt(parts.test.texts)
        assert on_train is not None
        assert on_test is not None
        assert on_train.all()
        assert not on_test.any()


def test_texts_are_compared_as_in_a_grouped_split() -> None:
    learnt = Learnt.of(["Truck-driver ", "!!!"])
    assert learnt.has(["truck driver", "TRUCK  DRIVER", "!!!", "???", "", "truck"]).tolist() == [
        *[True] * 3,
        *[False] * 3,
    ]
    assert learnt.has([]).tolist() == []
    assert Learnt.of([]).has(["a"]).tolist() == [False]


def test_no_text_is_kept_and_two_models_cannot_be_matched(model: Model, folder: Path) -> None:
    content = (folder / FILE).read_bytes()
    assert not any(text.encode() in content for text in examples().texts)
    assert len(content) < 8 * len(examples()) + 400
    one, other = Learnt.of(["cook", "nurse"]), Learnt.of(["cook", "nurse"])
    assert not np.intersect1d(one.numbers, other.numbers).size


def test_a_removed_file_means_not_known(folder: Path) -> None:
    fingerprint = load(folder).fingerprint
    (folder / FILE).unlink()
    again = load(folder)
    assert again.learnt(["cook"]) is None
    assert again.fingerprint == fingerprint


def test_a_model_of_an_older_version_does_not_know(folder: Path) -> None:
    content = json.loads((folder / "model.json").read_text(encoding="utf-8"))
    del content["learnt"]
    (folder / "model.json").write_text(json.dumps(content), encoding="utf-8")
    (folder / FILE).unlink()
    assert load(folder).learnt(["cook"]) is None


def test_a_changed_file_is_refused(folder: Path) -> None:
    Learnt.of(["someone else's"]).save(folder / FILE)
    with pytest.raises(ClassifierError, match=r"learnt\.safetensors was changed"):
        load(folder)


def test_a_broken_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"\x10\0\0\0\0\0\0\0nothing of the kind")
    with pytest.raises(ClassifierError, match="is not what a model keeps of its texts"):
        Learnt.load(tmp_path / FILE)
