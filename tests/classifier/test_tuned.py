"""The baseline and a trained encoder, which speak together."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from classifier import Examples, Model, TrainSettings, train
from classifier.baseline import Baseline
from classifier.cli import main
from classifier.engine import Progress
from classifier.errors import ClassifierError
from classifier.mixture import log_softmax
from classifier.transformer import TransformerEngine
from classifier.tuned import TunedEnsemble
from tests.classifier.encoders import WORDS, jobs, tiny_encoder
from tests.classifier.samples import read_csv, write_csv

TEXTS = ["cook in the kitchen", "in the ward", "bus", "never seen", "a" * 300]


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_encoder(tmp_path_factory.mktemp("base") / "encoder", "bert", mean=True)


def settings(base: str, **more: object) -> TrainSettings:
    return TrainSettings(base=base, seed=3, epochs=2, batch_size=16, **more)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def engine(base: Path) -> TunedEnsemble:
    return TunedEnsemble.fit(jobs(), settings(f"baseline+{base}"))


@pytest.fixture(scope="module")
def model(base: Path) -> Model:
    pairs = zip(*written(), strict=True)
    return train(Examples.of(pairs), template="{job}", settings=settings(f"baseline+{base}", test_size=0.2))


def test_its_parts_are_those_of_the_baseline_and_the_encoder(base: Path, engine: TunedEnsemble) -> None:
    parts = engine.parts(TEXTS)
    assert parts.shape == (3, len(TEXTS), 4)
    np.testing.assert_array_equal(parts[:2], Baseline.fit(jobs(), settings("baseline")).parts(TEXTS))
    encoder = TransformerEngine.fit(jobs(), settings(str(base)))
    np.testing.assert_allclose(parts[2], log_softmax(encoder.scores(TEXTS)), atol=1e-5)
    weights = np.array([1, 0, 2], dtype=np.float32)
    np.testing.assert_allclose(engine.with_weights(weights).scores(TEXTS), parts[0] + 2 * parts[2], atol=1e-5)
    assert engine.scores([]).shape == (0, 4)


def test_it_tells_how_far_it_is_and_goes_on_after_its_last_epoch(
    base: Path, engine: TunedEnsemble, tmp_path: Path
) -> None:
    heard: list[Progress] = []
    made = settings(f"baseline+{base}")
    TunedEnsemble.fit(jobs(), made, report=heard.append, checkpoints=tmp_path)
    shares = [progress.done / progress.total for progress in heard]
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0, 1)
    told = [progress.done for progress in heard if progress.loss is not None]
    assert len(told) > 2, "the losses are those of the encoder"
    assert told == sorted(set(told))
    heard.clear()
    again = TunedEnsemble.fit(jobs(), made, report=heard.append, checkpoints=tmp_path)
    assert not any(progress.loss for progress in heard), "no epoch was done again"
    np.testing.assert_allclose(again.scores(TEXTS), engine.scores(TEXTS), atol=1e-5)


def test_weights_are_learnt_from_what_was_kept_back(model: Model) -> None:
    assert model.card["calibration"]["unseen_by"] == "0.1 kept back"
    weights = model.card["engine"]["parts"]
    assert weights.keys() == {"linear", "nearest texts", "encoder"}
    assert isinstance(model.engine, TunedEnsemble)
    assert list(weights.values()) == [float(weight) for weight in model.engine.weights]
    assert list(weights.values()) != pytest.approx([0.4, 0.1, 0.5])
    assert model.card["engine"]["encoder"]["losses"]


def test_a_loaded_model_predicts_the_same(base: Path, model: Model, tmp_path: Path) -> None:
    model.save(tmp_path / "model")
    loaded = Model.load(tmp_path / "model")
    np.testing.assert_allclose(loaded.predict_proba(TEXTS), model.predict_proba(TEXTS), atol=1e-6)
    assert loaded.card["engine"]["base"] == f"baseline+{base}"


@pytest.mark.parametrize("name", ["linear.safetensors", "encoder/model.safetensors", "tuned.json"])
def test_damaged_files_are_refused(engine: TunedEnsemble, tmp_path: Path, name: str) -> None:
    engine.save(tmp_path)
    path = tmp_path / name
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(ClassifierError):
        TunedEnsemble.load(tmp_path)


@pytest.mark.parametrize("weights", [[0.5, 0.5], [0.1, 0.2, "x"], None, [1, 2, float("inf")]])
def test_weights_that_do_not_fit_are_refused(engine: TunedEnsemble, tmp_path: Path, weights: object) -> None:
    engine.save(tmp_path)
    about = json.loads((tmp_path / "tuned.json").read_text(encoding="utf-8"))
    (tmp_path / "tuned.json").write_text(json.dumps({**about, "parts": weights}), encoding="utf-8")
    with pytest.raises(ClassifierError, match=r"damaged|cannot be"):
        TunedEnsemble.load(tmp_path)


def test_parts_of_different_classes_are_refused(base: Path, engine: TunedEnsemble, tmp_path: Path) -> None:
    engine.save(tmp_path)
    other = tmp_path / "other"
    other.mkdir()
    data = jobs()
    fewer = type(data)(data.texts, data.targets % 2, 2)
    Baseline.fit(fewer, settings("baseline")).save(other)
    for name in ("linear.safetensors", "baseline.json"):
        (other / name).replace(tmp_path / name)
    with pytest.raises(ClassifierError, match="of different classes"):
        TunedEnsemble.load(tmp_path)


def test_a_base_without_an_encoder_is_refused() -> None:
    with pytest.raises(ClassifierError, match="names no encoder"):
        TunedEnsemble.fit(jobs(8), settings("baseline+"))


@pytest.mark.parametrize("base_of", ["baseline+{}", "{}"])
def test_how_an_encoder_computes_is_chosen_on_the_command_line(
    base: Path, tmp_path: Path, base_of: str
) -> None:
    data = write_csv(tmp_path / "data.csv", ["job", "code"], [*zip(*written(), strict=True)])
    model = tmp_path / "model"
    learn = ["--text", "{job}", "--code", "code", "--epochs", "1", "--base", base_of.format(base)]
    assert main(["train", str(data), *learn, "--out", str(model)]) == 0
    found = {}
    for precision in ("auto", "float32", "int8"):
        out = tmp_path / precision
        own = ["--model", str(model), "--precision", precision]
        assert main(["predict", str(data), *own, "--out", f"{out}.csv"]) == 0
        found[precision] = [float(row["prob_1"]) for row in read_csv(out.with_suffix(".csv"))]
        assert main(["evaluate", str(data), *own, "--code", "code", "--out", str(out)]) == 0
        assert json.loads((out / "metrics.json").read_text())["model"]["precision"] == precision
    assert found["auto"] == pytest.approx(found["float32"], abs=0.02)
    assert found["int8"] != found["float32"]
    threshold = ["--model", str(model), "--code", "code", "--precision", "int8"]
    assert main(["threshold", str(data), *threshold, "--max-error", "0.9"]) == 0


def test_a_baseline_computes_in_one_way(
    tmp_path: Path, base: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = write_csv(tmp_path / "data.csv", ["job", "code"], [*zip(*written(), strict=True)])
    model, out = tmp_path / "model", tmp_path / "out.csv"
    assert main(["train", str(data), "--text", "{job}", "--code", "code", "--out", str(model)]) == 0
    told = ["--model", str(model), "--out", str(out), "--precision", "int8"]
    assert main(["predict", str(data), *told]) == 1
    assert "its engine is 'baseline'" in capsys.readouterr().err
    assert not out.exists()


def written() -> tuple[list[str], list[str]]:
    """Texts and their codes."""
    data, codes = jobs(160, seed=1), list(WORDS)
    return list(data.texts), [codes[target] for target in data.targets]
