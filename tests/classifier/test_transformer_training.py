"""The training loop: batches, checkpoints, and what ends a training early."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn.functional import cross_entropy

from classifier.bases import find_base
from classifier.encoder import load_base
from classifier.engine import Progress
from classifier.errors import ClassifierError
from classifier.lean import Lean, dropout
from classifier.training import RECIPES, Recipe, Trainer, batches, pad
from classifier.transformer import TransformerEngine
from tests.classifier.encoders import jobs, quick, tiny_encoder


class Killed(Exception):
    """Stands for the end of a process."""


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_encoder(tmp_path_factory.mktemp("bases") / "tiny")


def kill_at(step: int) -> object:
    def report(progress: Progress) -> None:
        if progress.done == step:
            raise Killed

    return report


def test_killed_training_learns_in_the_end_what_an_uninterrupted_one_does(base: Path, tmp_path: Path) -> None:
    data, settings = jobs(64), quick(base, epochs=4)
    whole = TransformerEngine.fit(data, settings)
    steps: list[Progress] = []

    with pytest.raises(Killed):
        TransformerEngine.fit(data, settings, checkpoints=tmp_path / "kept", report=kill_at(10))  # type: ignore[arg-type]
    resumed = TransformerEngine.fit(data, settings, checkpoints=tmp_path / "kept", report=steps.append)

    np.testing.assert_array_equal(resumed.scores(data.texts), whole.scores(data.texts))
    assert resumed.describe()["losses"] == whole.describe()["losses"]
    assert (steps[0].done, steps[-1].done, steps[-1].total) == (9, 16, 16)


def test_finished_training_is_taken_from_its_last_checkpoint(base: Path, tmp_path: Path) -> None:
    data, settings = jobs(32), quick(base, epochs=2)
    done = TransformerEngine.fit(data, settings, checkpoints=tmp_path)
    steps: list[Progress] = []

    again = TransformerEngine.fit(data, settings, checkpoints=tmp_path, report=steps.append)

    assert not steps
    np.testing.assert_array_equal(again.scores(data.texts), done.scores(data.texts))


def test_only_the_last_checkpoint_is_kept_and_without_pickles(base: Path, tmp_path: Path) -> None:
    TransformerEngine.fit(jobs(32), quick(base, epochs=3), checkpoints=tmp_path)

    assert [path.name for path in tmp_path.iterdir()] == ["epoch-0003"]
    assert {path.suffix for path in (tmp_path / "epoch-0003").iterdir()} == {".safetensors", ".json"}


def test_half_written_checkpoint_is_not_gone_on_with(base: Path, tmp_path: Path) -> None:
    data, settings = jobs(32), quick(base, epochs=3)
    whole = TransformerEngine.fit(data, settings)
    with pytest.raises(Killed):
        TransformerEngine.fit(data, settings, checkpoints=tmp_path, report=kill_at(3))  # type: ignore[arg-type]
    shutil.copytree(tmp_path / "epoch-0001", tmp_path / "unfinished")
    (tmp_path / "unfinished" / "optimizer.safetensors").write_bytes(b"cut off")

    resumed = TransformerEngine.fit(data, settings, checkpoints=tmp_path)

    np.testing.assert_array_equal(resumed.scores(data.texts), whole.scores(data.texts))


def test_checkpoint_of_other_records_or_settings_is_refused(base: Path, tmp_path: Path) -> None:
    TransformerEngine.fit(jobs(32), quick(base, epochs=1), checkpoints=tmp_path)

    for data, settings in (
        (jobs(32, seed=4), quick(base, epochs=1)),
        (jobs(32), quick(base, epochs=1, seed=8)),
    ):
        with pytest.raises(ClassifierError, match="other records or settings"):
            TransformerEngine.fit(data, settings, checkpoints=tmp_path)


def test_damaged_checkpoint_says_what_to_remove(base: Path, tmp_path: Path) -> None:
    TransformerEngine.fit(jobs(32), quick(base, epochs=1), checkpoints=tmp_path)
    (tmp_path / "epoch-0001" / "state.json").write_text("{")

    with pytest.raises(ClassifierError, match=r"cannot be read.*Remove"):
        TransformerEngine.fit(jobs(32), quick(base, epochs=1), checkpoints=tmp_path)


def test_checkpoint_that_cannot_be_written_is_an_error_with_a_reason(base: Path, tmp_path: Path) -> None:
    place = tmp_path / "file"
    place.write_text("in the way")

    with pytest.raises(ClassifierError, match="cannot be written"):
        TransformerEngine.fit(jobs(16), quick(base, epochs=1), checkpoints=place)


def test_diverging_training_ends_early_with_advice(base: Path) -> None:
    steps: list[Progress] = []

    with pytest.raises(ClassifierError, match=r"diverged in epoch 1.*lower learning rate"):
        TransformerEngine.fit(
            jobs(400), quick(base, learning_rate=0.99, batch_size=8, epochs=50), report=steps.append
        )
    assert len(steps) < 60


def test_settings_that_cannot_be_trained_with_are_named(base: Path) -> None:
    with pytest.raises(ClassifierError, match=r"epochs = 0"):
        TransformerEngine.fit(jobs(8), quick(base, epochs=0))


def test_batches_hold_every_row_once_and_texts_of_like_length() -> None:
    lengths = np.random.default_rng(0).integers(3, 200, 1000).tolist()
    drawn = list(batches(lengths, 32, seed=1, epoch=0))

    assert sorted(row for batch in drawn for row in batch) == list(range(1000))
    padded = sum(max(lengths[row] for row in batch) * len(batch) for batch in drawn)
    assert padded < 1.05 * sum(lengths)


def test_batches_differ_between_epochs_and_come_in_no_order_of_length() -> None:
    lengths = np.random.default_rng(0).integers(3, 200, 1000).tolist()
    first, second = (list(batches(lengths, 32, seed=1, epoch=epoch)) for epoch in (0, 1))
    means = [np.mean([lengths[row] for row in batch]) for batch in first]

    assert first != second
    assert first == list(batches(lengths, 32, seed=1, epoch=0))
    assert abs(np.corrcoef(means, range(len(means)))[0, 1]) < 0.5


def test_stock_recipe_is_the_papers() -> None:
    recipe = RECIPES["stock"]

    assert (recipe.learning_rate, recipe.batch_size, recipe.epochs) == (2e-5, 64, 8)
    assert {recipe.rate(step, 80) for step in range(80)} == {1.0}
    assert recipe.head_factor == 1


def test_rate_rises_over_the_warm_up_and_falls_to_nothing() -> None:
    recipe = Recipe(learning_rate=1e-4, warm_up=0.1, decays=True)
    rates = [recipe.rate(step, 100) for step in range(100)]

    assert rates[:11] == sorted(rates[:11])
    assert max(rates) == rates[10] == 1
    assert rates[10:] == sorted(rates[10:], reverse=True)
    assert rates[-1] == pytest.approx(1 / 90)


def test_state_of_a_checkpoint_is_plain_json(base: Path, tmp_path: Path) -> None:
    TransformerEngine.fit(jobs(32), quick(base, epochs=2), checkpoints=tmp_path)

    state = json.loads((tmp_path / "epoch-0002" / "state.json").read_text())

    assert len(state["losses"]) == 2


@pytest.mark.parametrize("kind", ["distilbert", "bert"])
@pytest.mark.parametrize("mean", [False, True], ids=["stock", "mean"])
def test_lean_pass_has_the_loss_and_the_gradients_of_transformers(
    tmp_path: Path, kind: str, mean: bool
) -> None:
    base = find_base(str(tiny_encoder(tmp_path / "base", kind, mean=mean)))
    model, cutter = load_base(base, pooling="mean" if mean else "stock", classes=4, max_length=40)
    for module in model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
    for name in ("dropout", "attention_dropout", "hidden_dropout_prob", "attention_probs_dropout_prob"):
        if hasattr(model.config, name):
            setattr(model.config, name, 0.0)
    data = jobs(40)
    ids, mask = pad(cutter(data.texts), cutter.pad_id)
    targets = torch.from_numpy(data.targets)
    parameters = list(model.parameters())
    model.eval()

    plain = cross_entropy(model(ids, mask), targets)
    lean = cross_entropy(Lean(model, torch.float32)(ids, mask, np.random.default_rng(0)), targets)

    torch.testing.assert_close(lean, plain, atol=1e-6, rtol=0)
    for ours, theirs in zip(
        torch.autograd.grad(lean, parameters, materialize_grads=True),
        torch.autograd.grad(plain, parameters, materialize_grads=True),
        strict=True,
    ):
        torch.testing.assert_close(ours, theirs, atol=1e-6, rtol=0)


@pytest.mark.parametrize("kind", ["distilbert", "bert"])
def test_lean_pass_drops_out_what_its_generator_draws(tmp_path: Path, kind: str) -> None:
    base = find_base(str(tiny_encoder(tmp_path / "base", kind)))
    model, cutter = load_base(base, pooling="stock", classes=4, max_length=40)
    batch = pad(cutter(jobs(8).texts), cutter.pad_id)
    lean = Lean(model, torch.float32)

    first, again, other = (lean(*batch, np.random.default_rng(seed)) for seed in (1, 1, 2))

    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_dropout_keeps_the_share_it_says_and_the_mean() -> None:
    states = torch.ones(1000, 1000)
    dropped = dropout(states, 0.1, np.random.default_rng(0))

    assert float((dropped == 0).double().mean()) == pytest.approx(0.1, abs=2e-3)
    assert float(dropped.double().mean()) == pytest.approx(1, abs=2e-3)
    assert dropout(states, 0.0, np.random.default_rng(0)) is states


def test_batch_cut_into_parts_teaches_what_the_whole_batch_does(
    base: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("classifier.lean.dropout", lambda states, share, draw: states)
    monkeypatch.setattr("classifier.training.has_bfloat16", lambda device: False)
    losses = []
    for parts in (1, 3):
        monkeypatch.setattr(Trainer, "_parts", lambda self, parts=parts: parts)
        losses.append(TransformerEngine.fit(jobs(66), quick(base, epochs=6)).describe()["losses"])

    np.testing.assert_allclose(losses[0], losses[1], rtol=1e-3)
    assert losses[0][-1] < 0.9 * losses[0][0]
