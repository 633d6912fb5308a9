"""Training an encoder with its head: a light loop whose every epoch can be taken up again.

The paper (Kim et al. 2024, page 4) trains DistilKoBERT with Adam, batches of 64, a rate of 2e-5 and 8 epochs:
the recipe 'stock'. Encoders made for sentence embeddings want the recipe 'mean': a head that learns about
twenty times as fast as the encoder, warm-up and decay.

Three things make it fast without changing what is learned: texts of like length share a batch, so that
little is padding; where the processor multiplies in bfloat16, it does (weights and sums stay float32); and on
a processor, BERT and DistilBERT are computed by a lean forward pass, each core with a part of the batch.
"""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch.nn.functional import cross_entropy

from classifier.compact import can_be_compact
from classifier.encoder import Pooling, TextClassifier
from classifier.engine import Ints, Progress, Report
from classifier.errors import ClassifierError
from classifier.lean import Lean
from classifier.workers import Map, workers

CHECKPOINT_VERSION: Final = 1
_GROUP = 50  # batches whose texts are sorted by length together
_PATIENCE = 20  # steps before a loss is called diverged
_GRADIENTS = 2**30  # bytes that the gradients of all parts of a batch may take


@dataclass(frozen=True, slots=True)
class Recipe:
    """How weights are learned. `head_factor`: how much faster the head is; `warm_up`: share of the steps."""

    learning_rate: float
    batch_size: int = 64
    epochs: int = 8
    head_factor: float = 1.0
    warm_up: float = 0.0
    decays: bool = False
    weight_decay: float = 0.0
    clip: float = 1.0

    def __post_init__(self) -> None:
        wrong = [
            name
            for name, fine in (
                ("learning_rate", 0 < self.learning_rate < 1),
                ("batch_size", self.batch_size >= 1),
                ("epochs", self.epochs >= 1),
                ("head_factor", self.head_factor > 0),
                ("warm_up", 0 <= self.warm_up < 1),
            )
            if not fine
        ]
        if wrong:
            values = ", ".join(f"{name} = {getattr(self, name)}" for name in wrong)
            raise ClassifierError(f"these settings cannot be trained with: {values}")

    def rate(self, step: int, steps: int) -> float:
        """The share of the rate at a step (from 0): rising over the warm-up, then falling to 0 in a line."""
        warm = math.ceil(self.warm_up * steps)
        if step < warm:
            return (step + 1) / (warm + 1)
        return (steps - step) / (steps - warm) if self.decays else 1.0


RECIPES: Final[dict[Pooling, Recipe]] = {
    "stock": Recipe(learning_rate=2e-5),
    "mean": Recipe(learning_rate=1.5e-4, head_factor=20.0, warm_up=0.1, decays=True, weight_decay=0.01),
}


def pick_device(name: str = "auto") -> torch.device:
    """The graphics processor where there is one, otherwise the processor; or the one named."""
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    return torch.device(name)


def has_bfloat16(device: torch.device) -> bool:
    """Whether the device itself multiplies in bfloat16; emulated, it would be slower than float32."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    if device.type != "cpu":
        return False
    return bool(torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())


def batches(lengths: Sequence[int], size: int, seed: int, epoch: int) -> Iterator[list[int]]:
    """The rows of every batch of one epoch: drawn at random, of like length in a batch, in random order."""
    draw = np.random.default_rng((seed, epoch))
    order = draw.permutation(len(lengths))
    grouped: list[list[int]] = []
    for start in range(0, len(order), size * _GROUP):
        group = sorted(order[start : start + size * _GROUP].tolist(), key=lambda row: lengths[row])
        grouped.extend(group[at : at + size] for at in range(0, len(group), size))
    yield from (grouped[place] for place in draw.permutation(len(grouped)))


def pad(rows: Sequence[Sequence[int]], pad_id: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Token ids of several texts as one int64 tensor (n, longest), and the mask (1 for a token)."""
    longest = max(len(row) for row in rows)
    ids = np.full((len(rows), longest), pad_id, dtype=np.int64)
    mask = np.zeros((len(rows), longest), dtype=np.int64)
    for place, row in enumerate(rows):
        ids[place, : len(row)] = row
        mask[place, : len(row)] = 1
    return torch.from_numpy(ids), torch.from_numpy(mask)


@dataclass(frozen=True, slots=True)
class _Batch:
    ids: Sequence[Sequence[int]]
    targets: Ints
    pad_id: int
    step: int


class Trainer:
    """One training: the model, its optimiser, and how far it is.

    The model is changed in place. With `checkpoints`, the state after each epoch is kept there (safetensors
    and JSON, the last epoch only), and a training of the same `fingerprint` goes on from it; what it then
    learns is what an uninterrupted training learns, to the bit on the same machine and number of threads.
    """

    def __init__(
        self,
        model: TextClassifier,
        recipe: Recipe,
        *,
        seed: int,
        fingerprint: str,
        checkpoints: Path | None = None,
        device: torch.device | None = None,
        bfloat16: bool | None = None,
    ) -> None:
        self.model = model
        self.recipe = recipe
        self.seed = seed
        self.fingerprint = fingerprint
        self.checkpoints = checkpoints
        self.device = device or pick_device()
        self.bfloat16 = has_bfloat16(self.device) if bfloat16 is None else bfloat16
        self.losses: list[float] = []
        self.optimizer = self._optimizer()
        self.parts = self._parts()

    def _optimizer(self) -> torch.optim.Optimizer:
        self.model.to(self.device)
        groups: dict[tuple[bool, bool], list[torch.nn.Parameter]] = {}
        for name, parameter in self.model.named_parameters():
            groups.setdefault((self.model.is_head(name), parameter.ndim > 1), []).append(parameter)
        recipe = self.recipe
        return torch.optim.AdamW(
            [
                {
                    "params": parameters,
                    "factor": recipe.head_factor if head else 1.0,
                    "weight_decay": recipe.weight_decay if matrix else 0.0,
                }
                for (head, matrix), parameters in groups.items()
            ],
            lr=recipe.learning_rate,
            fused=True,
        )

    def _parts(self) -> int:
        """In how many parts a batch is computed, side by side: as many as there are threads and room for."""
        if self.device.type != "cpu" or not can_be_compact(self.model):
            return 1
        room = _GRADIENTS // (4 * sum(parameter.numel() for parameter in self.model.parameters()))
        return max(min(torch.get_num_threads(), room), 1)

    def run(self, ids: Sequence[Sequence[int]], targets: Ints, pad_id: int, report: Report) -> None:
        """Trains all epochs that are not done yet; `losses` then has the mean loss of each.

        Raises ClassifierError when the loss diverges, and when a checkpoint is another training's.
        """
        self._resume()
        lengths = [len(row) for row in ids]
        per_epoch = sum(1 for _ in batches(lengths, self.recipe.batch_size, self.seed, 0))
        steps = per_epoch * self.recipe.epochs
        watch = _Watch(self.model.classes)
        self.model.train()
        with workers(self.parts) as work:
            compute = self._computation(work)
            for epoch in range(len(self.losses), self.recipe.epochs):
                step = epoch * per_epoch
                total = 0.0
                with torch.random.fork_rng():
                    # Each epoch's own: what is drawn after a resumption is what would have been drawn anyway.
                    torch.manual_seed(self.seed * 1_000_003 + epoch)
                    for rows in batches(lengths, self.recipe.batch_size, self.seed, epoch):
                        batch = _Batch([ids[row] for row in rows], targets[rows], pad_id, step)
                        loss = self._step(batch, compute, self.recipe.rate(step, steps))
                        watch(loss, epoch)
                        total += loss * len(rows)
                        step += 1
                        report(Progress("training", step, steps, loss))
                self.losses.append(total / len(ids))
                self._keep()
        self.model.eval()

    def _step(self, batch: _Batch, compute: Callable[[_Batch], float], rate: float) -> float:
        for group in self.optimizer.param_groups:
            group["lr"] = self.recipe.learning_rate * group["factor"] * rate
        loss = compute(batch)
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), self.recipe.clip)
        self.optimizer.step()
        return loss

    def _computation(self, work: Map) -> Callable[[_Batch], float]:
        """What computes the loss of a batch, and leaves the gradients with the parameters."""
        if self.device.type != "cpu" or not can_be_compact(self.model):
            return self._whole
        lean = Lean(self.model, torch.bfloat16 if self.bfloat16 else torch.float32)
        parameters = list(self.model.parameters())

        def part(batch: _Batch, number: int) -> tuple[float, tuple[torch.Tensor, ...]]:
            mine = slice(number, None, self.parts)
            draw = np.random.Generator(np.random.SFC64([self.seed, batch.step, number]))
            logits = lean(*pad(batch.ids[mine], batch.pad_id), draw)
            lost = cross_entropy(logits, torch.from_numpy(batch.targets[mine]), reduction="sum")
            loss = lost / len(batch.ids)
            return loss.item(), torch.autograd.grad(loss, parameters, materialize_grads=True)

        def compute(batch: _Batch) -> float:
            numbers = range(min(self.parts, len(batch.ids)))
            losses, gradients = zip(*work(lambda number: part(batch, number), numbers), strict=True)
            for parameter, *shares in zip(parameters, *gradients, strict=True):
                parameter.grad = sum(shares[1:], start=shares[0])
            return float(sum(losses))

        return compute

    def _whole(self, batch: _Batch) -> float:
        ids, mask = pad(batch.ids, batch.pad_id)
        with torch.autocast(self.device.type, dtype=torch.bfloat16, enabled=self.bfloat16):
            logits = self.model(ids.to(self.device), mask.to(self.device))
        loss = cross_entropy(logits.float(), torch.from_numpy(batch.targets).to(self.device))
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        return loss.item()

    def _names(self) -> dict[torch.Tensor, str]:
        return {parameter: name for name, parameter in self.model.named_parameters()}

    def _keep(self) -> None:
        """Writes a checkpoint beside the last one and only then removes that: a kill loses neither."""
        if self.checkpoints is None:
            return
        done = len(self.losses)
        final = self.checkpoints / f"epoch-{done:04d}"
        unfinished = self.checkpoints / "unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        try:
            unfinished.mkdir(parents=True)
            save_file(model_tensors(self.model), unfinished / "model.safetensors")
            names = self._names()
            moments = {
                f"{key}.{names[parameter]}": value.detach().cpu().contiguous()
                for parameter, state in self.optimizer.state.items()
                for key, value in state.items()
            }
            save_file(moments, unfinished / "optimizer.safetensors")
            state = {"version": CHECKPOINT_VERSION, "fingerprint": self.fingerprint, "losses": self.losses}
            (unfinished / "state.json").write_text(json.dumps(state), encoding="utf-8")
            unfinished.rename(final)
        except (OSError, SafetensorError) as error:
            shutil.rmtree(unfinished, ignore_errors=True)
            raise ClassifierError(
                f"{self.checkpoints}: the checkpoint of epoch {done} cannot be written ({error}). Make room "
                "and start again: training goes on after the last epoch that was kept."
            ) from error
        for older in self._kept():
            if older != final:
                shutil.rmtree(older, ignore_errors=True)

    def _kept(self) -> list[Path]:
        return sorted(self.checkpoints.glob("epoch-*")) if self.checkpoints else []

    def _resume(self) -> None:
        kept = self._kept()
        if not kept:
            return
        folder = kept[-1]
        try:
            state: dict[str, Any] = json.loads((folder / "state.json").read_text(encoding="utf-8"))
            if (state["version"], state["fingerprint"]) != (CHECKPOINT_VERSION, self.fingerprint):
                raise ClassifierError(
                    f"{folder} belongs to a training with other records or settings. Remove "
                    f"{self.checkpoints} to start anew, or give the same records and settings to go on."
                )
            self.model.load_state_dict(load_file(folder / "model.safetensors"))
            moments = load_file(folder / "optimizer.safetensors")
            for parameter, name in self._names().items():
                self.optimizer.state[parameter] = {
                    key: moments[f"{key}.{name}"].to(self.device, copy=True)
                    for key in ("step", "exp_avg", "exp_avg_sq")
                }
            self.losses = [float(loss) for loss in state["losses"]]
        except (OSError, SafetensorError, ValueError, KeyError, RuntimeError) as error:
            raise ClassifierError(
                f"{folder}: this checkpoint cannot be read ({error}). Remove {self.checkpoints} to start "
                "anew."
            ) from error


def model_tensors(model: torch.nn.Module) -> dict[str, torch.Tensor]:
    """The weights as safetensors takes them: on the processor, contiguous, none sharing memory."""
    return {name: value.detach().cpu().contiguous().clone() for name, value in model.state_dict().items()}


class _Watch:
    """Ends a training whose loss is no number, or stays far above that of guessing, before time is lost."""

    def __init__(self, classes: int) -> None:
        self.limit = 2 * math.log(max(classes, 2)) + 1
        self.steps = 0
        self.mean = 0.0

    def __call__(self, loss: float, epoch: int) -> None:
        self.steps += 1
        weight = max(0.05, 1 / self.steps)
        self.mean += weight * (loss - self.mean)
        if not math.isfinite(loss) or (self.steps >= _PATIENCE and self.mean > self.limit):
            raise ClassifierError(
                f"the training diverged in epoch {epoch + 1}, step {self.steps}: a loss of {loss:.3g}, where "
                f"guessing gives {(self.limit - 1) / 2:.3g}. Choose a lower learning rate, say a tenth."
            )
