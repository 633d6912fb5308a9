"""The ensemble of the baseline and a frozen encoder; and the parts it shares with the baseline."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file
from scipy.sparse import csr_matrix

from classifier import Examples, Model, TrainSettings, train
from classifier.baseline import Baseline
from classifier.engine import FitData, Progress, engine_class, kind_of
from classifier.ensemble import Ensemble
from classifier.errors import ClassifierError
from classifier.frozen import FrozenEncoder
from classifier.kin import without_kin
from classifier.mixture import fit_weights, log_softmax, mix
from classifier.neighbours import LikeNgrams, LikeVectors
from classifier.tuned import TunedEnsemble
from tests.classifier.encoders import WORDS, jobs, tiny_encoder
from tests.classifier.samples import examples

TEXTS = ["cook in the kitchen", "in the ward", "bus", "never seen", "a" * 300]


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_encoder(tmp_path_factory.mktemp("base") / "encoder", "bert", mean=True)


def settings(base: Path, **more: object) -> TrainSettings:
    return TrainSettings(base=f"ensemble+{base}", seed=3, **more)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def engine(base: Path) -> Ensemble:
    return Ensemble.fit(jobs(), settings(base))


def trained(base: Path) -> Model:
    data = jobs(160, seed=1)
    codes = list(WORDS)
    pairs = [(text, codes[target]) for text, target in zip(data.texts, data.targets, strict=True)]
    return train(Examples.of(pairs), template="{job}", settings=settings(base, test_size=0.2))


def test_the_base_says_which_engine_it_needs() -> None:
    bases = ("baseline", "ensemble+minilm", "baseline+minilm", "minilm", "ensemble", "tuned")
    kinds = ["baseline", "ensemble", "tuned", "transformer", "transformer", "transformer"]
    assert [kind_of(base) for base in bases] == kinds
    assert (engine_class("ensemble"), engine_class("tuned")) == (Ensemble, TunedEnsemble)


def test_it_learns_and_tells_how_far_it_is(base: Path) -> None:
    heard: list[Progress] = []
    engine = Ensemble.fit(jobs(), settings(base), report=heard.append)
    unseen = jobs(80, seed=9)
    scores = engine.scores(unseen.texts)
    # A text in eight has no word that tells its class.
    assert (scores.argmax(axis=1) == unseen.targets).mean() > 0.8
    assert scores.dtype == np.float32
    assert heard[-1].done == heard[-1].total
    shares = [progress.done / progress.total for progress in heard]
    assert shares == sorted(shares)


def test_scores_are_the_weighted_parts_and_finite(engine: Ensemble) -> None:
    parts = engine.parts(TEXTS)
    assert parts.shape == (5, len(TEXTS), 4)
    assert np.isfinite(parts).all()
    np.testing.assert_allclose(np.exp(parts).sum(axis=2), 1, atol=1e-4)
    weights = np.array([0, 0, 1, 0, 2], dtype=np.float32)
    np.testing.assert_allclose(engine.with_weights(weights).scores(TEXTS), parts[2] + 2 * parts[4], atol=1e-5)
    assert engine.scores([]).shape == (0, 4)


def test_the_same_seed_gives_the_same_scores(base: Path, engine: Ensemble) -> None:
    np.testing.assert_array_equal(Ensemble.fit(jobs(), settings(base)).scores(TEXTS), engine.scores(TEXTS))


def test_a_trained_model_weighs_its_parts_and_predicts_the_same_when_loaded(
    base: Path, tmp_path: Path
) -> None:
    model = trained(base)
    model.save(tmp_path / "model")
    loaded = Model.load(tmp_path / "model")
    np.testing.assert_array_equal(loaded.predict_proba(TEXTS), model.predict_proba(TEXTS))
    card = json.loads((tmp_path / "model" / "card.json").read_text(encoding="utf-8"))
    assert card["engine"]["base"] == f"ensemble+{base}"
    assert card["calibration"]["unseen_by"] == "3 folds"
    weights = card["engine"]["parts"]
    assert len(weights) == 5
    assert list(weights.values()) == [float(weight) for weight in model.engine.weights]  # type: ignore[attr-defined]
    first = Ensemble.fit(jobs(), settings(base)).weights
    assert list(weights.values()) != [float(weight) for weight in first]


def test_a_baseline_predicts_the_same_when_loaded(tmp_path: Path) -> None:
    model = train(examples(), template="{text}", settings=TrainSettings(split="random"))
    model.save(tmp_path / "model")
    texts = ["truck haulage", "soup", "nothing known"]
    np.testing.assert_array_equal(
        Model.load(tmp_path / "model").predict_proba(texts), model.predict_proba(texts)
    )


@pytest.mark.parametrize("name", ["ensemble.safetensors", "linear.safetensors", "encoder/model.safetensors"])
def test_damaged_files_are_refused(engine: Ensemble, tmp_path: Path, name: str) -> None:
    engine.save(tmp_path)
    path = tmp_path / name
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(ClassifierError, match=r"cannot be|damaged"):
        Ensemble.load(tmp_path)


@pytest.mark.parametrize(
    ("file", "tensor"),
    [
        ("ensemble.safetensors", "whole.targets"),
        ("ensemble.safetensors", "network.second"),
        ("ensemble.safetensors", "parts"),
        ("ensemble.safetensors", "start.mean"),
        ("linear.safetensors", "like.targets"),
        ("linear.safetensors", "like.columns"),
    ],
)
def test_tensors_that_do_not_go_together_are_refused(
    engine: Ensemble, tmp_path: Path, file: str, tensor: str
) -> None:
    engine.save(tmp_path)
    tensors = load_file(tmp_path / file)
    broken = {name: value + 900 if value.ndim == 1 else value[:-1] for name, value in tensors.items()}
    changed = broken[tensor] if tensor.endswith(("targets", "columns", "second")) else tensors[tensor][:-1]
    save_file({**tensors, tensor: np.ascontiguousarray(changed)}, tmp_path / file)
    with pytest.raises(ClassifierError):
        Ensemble.load(tmp_path)
    tensors.pop(tensor)
    save_file(tensors, tmp_path / file)
    with pytest.raises(ClassifierError, match=tensor.split(".")[-1]):
        Ensemble.load(tmp_path)


def test_a_base_without_an_encoder_is_refused() -> None:
    with pytest.raises(ClassifierError, match="names no encoder"):
        Ensemble.fit(jobs(8), TrainSettings(base="ensemble+"))


def test_an_encoder_reads_a_text_once_and_goes_on_after_a_kill(base: Path, tmp_path: Path) -> None:
    encoder = FrozenEncoder.open(str(base))
    texts = list(jobs(40).texts)
    heard: list[tuple[int, int]] = []

    def read(done: int, total: int) -> None:
        heard.append((done, total))

    first = encoder.vectors(texts[:30], checkpoints=tmp_path, read=read)
    assert heard[-1][0] == heard[-1][1] <= len(set(texts[:30]))
    heard.clear()
    again = FrozenEncoder.open(str(base)).vectors(texts[:30], checkpoints=tmp_path, read=read)
    assert not heard
    np.testing.assert_array_equal(again, first)
    np.testing.assert_allclose(np.linalg.norm(first[:, :32], axis=1), 1, atol=1e-2)


def test_an_encoder_is_given_what_it_wants_before_a_text(base: Path, tmp_path: Path) -> None:
    folder = tiny_encoder(tmp_path / "encoder", "bert", mean=True)
    plain = FrozenEncoder.open(str(folder)).vectors(["cook soup"])
    prompts = {"prompts": {"query": "nurse "}, "default_prompt_name": "query"}
    (folder / "config_sentence_transformers.json").write_text(json.dumps(prompts), encoding="utf-8")
    encoder = FrozenEncoder.open(str(folder))
    prompted = encoder.vectors(["cook soup"])
    assert np.abs(prompted - plain).max() > 1e-3
    (tmp_path / "saved").mkdir()
    encoder.save(tmp_path / "saved")
    np.testing.assert_array_equal(FrozenEncoder.load(tmp_path / "saved").vectors(["cook soup"]), prompted)


def test_the_nearest_texts_vote() -> None:
    rows = csr_matrix(np.eye(5, dtype=np.float32)[[0, 0, 1, 2]])
    like = LikeNgrams.fit(rows, np.array([0, 1, 1, 2]), 3)
    found = np.exp(like.log_shares(csr_matrix(np.eye(5, dtype=np.float32)[[0, 1, 3]])))
    np.testing.assert_allclose(found[0], [(0.5 + 1 / 6) / 1.5, (0.5 + 1 / 6) / 1.5, 1 / 9], atol=1e-4)
    assert found[1].argmax() == 1
    np.testing.assert_allclose(found[2], found[2][0])


def test_nearest_vectors_ignore_what_all_have_in_common() -> None:
    vectors = np.array([[10, 1, 0], [10, 1.1, 0], [10, 0, 1], [10, 0, 1.1]], dtype=np.float32)
    like = LikeVectors.fit(vectors, np.array([0, 0, 1, 1]), 2)
    found = like.log_shares(np.array([[10, 2, 0], [10, 0, 2]], dtype=np.float32))
    assert found.argmax(axis=1).tolist() == [0, 1]


def test_weights_go_to_the_part_that_knows() -> None:
    generator = np.random.default_rng(0)
    targets = generator.integers(0, 4, 400)
    noise = generator.normal(size=(2, 400, 4)).astype(np.float32)
    noise[0, np.arange(400), targets] += 2
    parts = np.stack([log_softmax(part) for part in noise])
    first = np.array([0.5, 0.5], dtype=np.float32)
    weights = fit_weights(parts, targets, first)
    assert weights[0] > 0.8
    assert 0 <= weights[1] < 0.2
    rows = np.arange(400)
    before, after = (log_softmax(mix(given, parts))[rows, targets].mean() for given in (first, weights))
    assert after > before
    assert fit_weights(parts[:, :0], targets[:0], first).tolist() == [0.5, 0.5]


def test_phrases_go_with_the_record_of_their_code_that_they_are_most_like() -> None:
    held = Examples.of([("tram driver in town", "8331")])
    rest = Examples.of([("bus driver on a route", "8331"), ("cook", "5120")])
    extra = Examples.of(
        [("tram drivers", "8331"), ("bus drivers", "8331"), ("tram driver", "5120"), ("tram", "0110")]
    )
    assert without_kin(extra, held, rest).texts == ("bus drivers", "tram driver", "tram")
    assert without_kin(extra, Examples.of([]), rest) is extra


def test_the_baseline_weighs_its_parts_by_what_they_know() -> None:
    model = train(examples(noise=0.3), template="{text}", settings=TrainSettings(split="random"))
    assert isinstance(model.engine, Baseline)
    fresh = Baseline.fit(FitData(["a b", "c d"] * 20, np.arange(40) % 2, 2), TrainSettings())
    assert model.engine.weights.tolist() != fresh.weights.tolist()
    assert model.card["engine"]["parts"].keys() == {"linear", "nearest texts"}
