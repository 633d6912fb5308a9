"""Scoring: the compact forward pass, precisions, batches by length, repeats."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch

from classifier import compact, inference
from classifier.bases import find_base
from classifier.compact import Compact, can_be_compact
from classifier.encoder import TextClassifier, load_base
from classifier.engine import Floats
from classifier.errors import ClassifierError
from classifier.fused import Packed, Plain, can_be_packed
from classifier.inference import Scorer, by_length
from classifier.tokenizers import TextCutter
from classifier.training import pad
from classifier.transformer import TransformerEngine
from tests.classifier.encoders import jobs, quick, tiny_encoder

CPU = torch.device("cpu")


def loaded(folder: Path, kind: str, mean: bool) -> tuple[TextClassifier, TextCutter]:
    base = find_base(str(tiny_encoder(folder / "base", kind, mean=mean)))
    model, cutter = load_base(base, pooling="mean" if mean else "stock", classes=4, max_length=40)
    return model.eval(), cutter


def by_transformers(model: TextClassifier, cutter: TextCutter, texts: Sequence[str]) -> Floats:
    with torch.inference_mode():
        return np.concatenate(
            [model(*pad([ids], cutter.pad_id)).numpy() for ids in cutter(texts)], dtype=np.float32
        )


@pytest.mark.parametrize("kind", ["distilbert", "bert", "roberta"])
@pytest.mark.parametrize("mean", [False, True], ids=["stock", "mean"])
def test_scores_are_those_of_transformers_one_text_at_a_time(tmp_path: Path, kind: str, mean: bool) -> None:
    model, cutter = loaded(tmp_path, kind, mean)
    texts = jobs(60).texts

    scores = Scorer(model, cutter, precision="float32", device=CPU)(texts)

    assert can_be_compact(model) == (kind != "roberta")
    np.testing.assert_allclose(scores, by_transformers(model, cutter, texts), atol=2e-6)


def test_scores_do_not_depend_on_the_company_a_text_is_in(tmp_path: Path) -> None:
    model, cutter = loaded(tmp_path, "distilbert", mean=False)
    scorer = Scorer(model, cutter, precision="float32", device=CPU)
    texts = jobs(60).texts

    np.testing.assert_allclose(scorer(texts)[::-1], scorer(texts[::-1]), atol=2e-6)


@pytest.mark.parametrize("kind", ["distilbert", "bert"])
@pytest.mark.parametrize("mean", [False, True], ids=["stock", "mean"])
def test_vocabulary_too_large_to_look_up_gives_the_same_scores(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, mean: bool
) -> None:
    model, cutter = loaded(tmp_path, kind, mean)
    batch = pad(cutter(jobs(40).texts), cutter.pad_id)
    looked_up = Compact(model, torch.float32, CPU)
    monkeypatch.setattr(compact, "_ROOM", 0)
    computed = Compact(model, torch.float32, CPU)

    assert looked_up.table is not None
    assert computed.table is None
    with torch.inference_mode():
        torch.testing.assert_close(looked_up(*batch), computed(*batch), atol=2e-6, rtol=0)


def test_scores_are_the_same_whatever_the_number_of_threads(tmp_path: Path) -> None:
    model, cutter = loaded(tmp_path, "distilbert", mean=False)
    scorer = Scorer(model, cutter, precision="float32", device=CPU)
    scorer.tokens = 64
    texts = jobs(200).texts
    threads = torch.get_num_threads()

    try:
        drawn = []
        for number in (1, 2, 3):
            torch.set_num_threads(number)
            drawn.append(scorer(texts))
            assert torch.get_num_threads() == number
    finally:
        torch.set_num_threads(threads)

    for other in drawn[1:]:
        np.testing.assert_array_equal(drawn[0], other)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=str)
@pytest.mark.parametrize("kind", [Packed, Plain])
def test_products_are_those_of_double_precision_to_a_few_roundings(
    dtype: torch.dtype, kind: type[Packed] | type[Plain]
) -> None:
    torch.manual_seed(0)
    shapes = ((96, 64), (96,), (5, 10, 64), (5, 10, 96))
    weight, bias, x, other = (torch.randn(shape).to(dtype) for shape in shapes)
    if kind is Packed and not can_be_packed(weight):
        pytest.skip("torch has no packed products here")
    made, exact = kind(weight, bias), Plain(weight.double(), bias.double())
    # What is rounded is at most the sum of the absolute terms; GELU is at most 1.13 times as steep.
    terms = x.abs().double() @ weight.abs().double().T + bias.abs().double() + other.abs().double()
    most = 4 * torch.finfo(dtype).eps * terms

    for result, wanted in (
        (made(x), exact(x.double())),
        (made.bent(x), exact.bent(x.double())),
        (made.added(x, other), exact.added(x.double(), other.double())),
    ):
        assert result.dtype == dtype
        assert ((result.double() - wanted).abs() <= most).all()


@pytest.mark.parametrize("mean", [False, True], ids=["stock", "mean"])
def test_bfloat16_agrees_with_float32_on_99_of_100_texts(tmp_path: Path, mean: bool) -> None:
    base = tiny_encoder(tmp_path / "base", mean=mean)
    engine = TransformerEngine.fit(jobs(120), quick(base, epochs=6))
    texts = [text for text in dict.fromkeys(jobs(600, seed=2).texts) if len(text.split()) > 2]

    engine.precision = "float32"
    exact = engine.scores(texts)
    engine.precision = "bfloat16"
    fast = engine.scores(texts)

    assert (exact.argmax(1) == fast.argmax(1)).mean() >= 0.99
    assert abs(probabilities(exact) - probabilities(fast)).max() < 0.05
    assert np.any(exact != fast)


def probabilities(scores: Floats) -> Floats:
    weights = np.exp(scores - scores.max(1, keepdims=True))
    return np.asarray(weights / weights.sum(1, keepdims=True), dtype=np.float32)


def test_int8_is_never_chosen_by_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model, cutter = loaded(tmp_path, "distilbert", mean=False)

    for able in (True, False):
        monkeypatch.setattr(inference, "has_bfloat16", lambda device, able=able: able)
        chosen = Scorer(model, cutter, device=CPU).precision
        assert chosen == ("bfloat16" if able else "float32")


def test_int8_scores_when_it_is_asked_for(tmp_path: Path) -> None:
    model, cutter = loaded(tmp_path, "bert", mean=True)
    texts = jobs(20).texts

    scores = Scorer(model, cutter, precision="int8")(texts)

    assert scores.shape == (20, 4)
    np.testing.assert_allclose(scores, by_transformers(model, cutter, texts), atol=0.2)
    assert all(parameter.dtype == torch.float32 for parameter in model.parameters())


def test_unknown_precision_names_those_there_are(tmp_path: Path) -> None:
    model, cutter = loaded(tmp_path, "bert", mean=False)

    with pytest.raises(ClassifierError, match=r"int4.*float32, bfloat16, int8"):
        Scorer(model, cutter, precision="int4")  # type: ignore[arg-type]


def test_repeated_text_is_computed_once(tmp_path: Path) -> None:
    model, cutter = loaded(tmp_path, "distilbert", mean=False)
    scorer = Scorer(model, cutter, precision="float32", device=CPU)
    computed: list[int] = []
    forward = scorer._forward

    def counted(ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        computed.append(len(ids))
        return forward(ids, mask)

    scorer._forward = counted
    scores = scorer(["cook in kitchen", "bus driver", "cook in kitchen"] * 50)

    assert sum(computed) == 2
    np.testing.assert_array_equal(scores[0], scores[2])
    np.testing.assert_array_equal(scores[:3], scores[-3:])


def test_no_batch_is_larger_than_its_budget_of_tokens() -> None:
    lengths = np.random.default_rng(0).integers(2, 256, 3000).tolist()
    drawn = list(by_length(lengths, 2048))

    assert sorted(place for batch in drawn for place in batch) == list(range(3000))
    assert max(max(lengths[place] for place in batch) * len(batch) for batch in drawn) <= 2048
    assert list(by_length([5000, 3], 2048)) == [[1], [0]]
    assert list(by_length([], 2048)) == []


def test_text_of_100_000_characters_is_scored(tmp_path: Path) -> None:
    model, cutter = loaded(tmp_path, "distilbert", mean=False)

    scores = Scorer(model, cutter, precision="float32", device=CPU)(
        ["cook in the kitchen " * 5000, "\x00 ", ""]
    )

    assert np.isfinite(scores).all()
