"""The instant engine: n-grams, the linear classifier, its folder."""

from __future__ import annotations

import math
import random
import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from classifier.baseline import Baseline
from classifier.engine import FitData, Progress, TrainSettings
from classifier.errors import ClassifierError
from classifier.linear import Descent, descend
from classifier.ngrams import Shape, Vectoriser, fold
from tests.classifier.samples import pairs
from tests.shared import REPOSITORY

TEXTS = ("truck driver", "Truck-driver", "트럭 운전", "a", "truck", "driver truck", "", "!!")


def plain_ngrams(text: str, shape: Shape) -> Counter[tuple[object, ...]]:
    """The n-grams of a text, cut letter by letter and word by word."""
    folded = fold(text)
    found: Counter[tuple[object, ...]] = Counter()
    for length in shape.letters:
        for at in range(len(folded) - length + 1):
            part = folded[at : at + length]
            if length > 3 and any("가" <= sign <= "힣" for sign in part):
                continue
            inner = part if length == 1 else part[1:-1]
            if " " not in inner and part.strip():
                found["letters", part] += 1
    words = folded.split()
    for length in shape.words:
        for at in range(len(words) - length + 1):
            found["words", *words[at : at + length]] += 1
    return found


def plain_rows(texts: tuple[str, ...], shape: Shape) -> list[dict[tuple[object, ...], float]]:
    counted = [plain_ngrams(text, shape) for text in texts]
    documents = Counter(gram for grams in counted for gram in grams)
    rows = []
    for grams in counted:
        row = {
            gram: (1 + math.log(count)) * (math.log((1 + len(texts)) / (1 + documents[gram])) + 1)
            for gram, count in grams.items()
        }
        length = math.sqrt(sum(value**2 for value in row.values()))
        rows.append({gram: value / length for gram, value in row.items()})
    return rows


def test_rows_are_the_tf_idf_of_plainly_cut_ngrams() -> None:
    generator = random.Random(1)
    signs = "abế 가나-"
    texts = (
        *TEXTS,
        *("".join(generator.choices(signs, k=generator.randrange(12))) for _ in range(60)),
    )
    for shape in (Shape((1, 2, 3), (1, 2)), Shape((2, 3, 4, 5), ()), Shape((), (1, 2))):
        rows = Vectoriser.fit(texts, shape, min_documents=1).transform(texts).toarray()
        plain = plain_rows(texts, shape)
        expected = [[sum(row[gram] * other.get(gram, 0) for gram in row) for other in plain] for row in plain]
        assert np.count_nonzero(rows, axis=1).tolist() == [len(row) for row in plain]
        np.testing.assert_allclose(rows @ rows.T, expected, atol=1e-5)


def test_rare_ngrams_are_left_out() -> None:
    vectoriser = Vectoriser.fit(["ab", "ab", "xy"], Shape((), (1,)), min_documents=2)
    assert len(vectoriser.vocabulary) == 1
    assert vectoriser.transform(["xy", "ab", ""]).toarray().ravel().tolist() == [0, 1, 0]


def test_descent_separates_what_can_be_separated() -> None:
    rows = csr_matrix(np.eye(6, dtype=np.float32)[[0, 1, 2] * 20])
    targets = np.array([0, 1, 2] * 20)
    losses: list[float] = []
    linear = descend(rows, targets, 3, Descent(), report=lambda done, total, loss: losses.append(loss))
    assert linear.scores(rows).argmax(axis=1).tolist() == targets.tolist()
    assert losses[-1] < 0.1


def data(count: int = 240) -> FitData:
    found = pairs(count)
    codes = sorted({code for _, code in found})
    return FitData(
        [text for text, _ in found], np.array([codes.index(code) for _, code in found]), len(codes)
    )


def test_it_learns_and_tells_how_far_it_is() -> None:
    heard: list[Progress] = []
    engine = Baseline.fit(data(), TrainSettings(), report=heard.append)
    unseen = pairs(80, seed=9)
    codes = sorted({code for _, code in unseen})
    scores = engine.scores([text for text, _ in unseen])
    assert [codes[at] for at in scores.argmax(axis=1)] == [code for _, code in unseen]
    assert scores.dtype == np.float32
    assert heard[-1].done == heard[-1].total
    assert [progress.done for progress in heard] == sorted(progress.done for progress in heard)


def test_the_same_seed_gives_the_same_scores() -> None:
    texts = [text for text, _ in pairs(20, seed=4)]
    first, second = (Baseline.fit(data(), TrainSettings(seed=3)).scores(texts) for _ in range(2))
    np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize(
    "texts",
    [["same"] * 40, ["a" * 5_000, "b c" * 1_500] * 10, ["!", "?"] * 10, ["운전 driver водитель", "x"] * 3],
)
def test_scores_are_finite_for_odd_texts(texts: list[str]) -> None:
    targets = np.arange(len(texts)) % 2
    engine = Baseline.fit(FitData(texts, targets, 2), TrainSettings())
    assert np.isfinite(engine.scores([*texts, "never seen", "\U0001f69a"])).all()


def test_a_class_without_records_is_learnt_from_phrases() -> None:
    known = data()
    extra = ["astronaut", "space pilot", "astronaut in space"]
    engine = Baseline.fit(FitData(known.texts, known.targets, 5, extra, np.full(3, 4)), TrainSettings())
    assert engine.scores(["space astronaut"]).argmax() == 4


def test_a_saved_engine_scores_the_same(tmp_path: Path) -> None:
    engine = Baseline.fit(data(), TrainSettings())
    engine.save(tmp_path)
    assert {path.suffix for path in tmp_path.iterdir()} == {".safetensors", ".json"}
    texts = [text for text, _ in pairs(50, seed=2)]
    np.testing.assert_allclose(Baseline.load(tmp_path).scores(texts), engine.scores(texts), atol=0.02)
    assert Baseline.load(tmp_path).scores([]).shape == (0, 4)


def test_broken_weights_are_refused(tmp_path: Path) -> None:
    Baseline.fit(data(40), TrainSettings()).save(tmp_path)
    weights = tmp_path / "linear.safetensors"
    weights.write_bytes(weights.read_bytes()[:-100])
    with pytest.raises(ClassifierError, match="cannot be read"):
        Baseline.load(tmp_path)


def test_it_needs_no_torch_and_no_scikit_learn() -> None:
    program = (
        "import sys; from tests.classifier.samples import small_model;"
        "small_model(count=80).predict(['cook']);"
        "print([name for name in ('torch', 'transformers', 'sklearn', 'pandas') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=REPOSITORY, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
