"""A small network over the vectors of an encoder: one hidden layer, learnt in seconds.

torch trains it; three arrays and a few lines score with it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Self

import numpy as np
import numpy.typing as npt

from classifier.engine import Floats, Ints

_HIDDEN: Final = 512
_EPOCHS: Final = 12
_BATCH: Final = 128
_RATE: Final = 2e-3
_DECAY: Final = 0.02
_DROPPED: Final = (0.1, 0.3)
"""Of the vector, and of the hidden layer."""


@dataclass(frozen=True, slots=True)
class Network:
    """`mean` and `scale` (e,) bring vectors to one size; `first` (e + 1, h) and `second` (h + 1, k) have the
    bias as their last row.
    """

    mean: Floats
    scale: Floats
    first: Floats
    second: Floats

    @classmethod
    def fit(
        cls,
        vectors: Floats,
        targets: Ints,
        classes: int,
        *,
        seed: int,
        report: Callable[[int, int, float], None],
    ) -> Self:
        """(n, e) vectors of the classes `targets`; `report` is told steps, their number, the latest loss."""
        import torch
        from torch.nn.functional import cross_entropy

        mean, scale = vectors.mean(axis=0), np.maximum(vectors.std(axis=0), np.float32(1e-6))
        inputs, wanted = torch.from_numpy((vectors - mean) / scale), torch.from_numpy(targets)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            net = torch.nn.Sequential(
                torch.nn.Dropout(_DROPPED[0]),
                torch.nn.Linear(vectors.shape[1], _HIDDEN),
                torch.nn.ReLU(),
                torch.nn.Dropout(_DROPPED[1]),
                torch.nn.Linear(_HIDDEN, classes),
            )
            steps = _EPOCHS * -(-len(targets) // _BATCH)
            optimizer = torch.optim.AdamW(net.parameters(), lr=_RATE, weight_decay=_DECAY)
            schedule = torch.optim.lr_scheduler.OneCycleLR(
                optimizer, _RATE, total_steps=max(steps, 10), pct_start=0.1
            )
            done = 0
            for _ in range(_EPOCHS):
                for rows in torch.split(torch.randperm(len(targets)), _BATCH):
                    loss = cross_entropy(net(inputs[rows]), wanted[rows])
                    optimizer.zero_grad()
                    loss.backward()  # type: ignore[no-untyped-call]
                    optimizer.step()
                    schedule.step()
                    done += 1
                    if done % 20 == 0 or done == steps:
                        report(done, steps, float(loss.detach()))
        layers = [
            torch.cat([layer.weight.T, layer.bias[None]]).detach().numpy()
            for layer in net
            if isinstance(layer, torch.nn.Linear)
        ]
        return cls(mean, scale, layers[0], layers[1])

    def scores(self, vectors: Floats) -> Floats:
        """(n, e) vectors to (n, k) unnormalised log-probabilities."""
        hidden = (vectors - self.mean) / self.scale @ self.first[:-1] + self.first[-1]
        found: Floats = np.maximum(hidden, 0) @ self.second[:-1] + self.second[-1]
        return found

    def tensors(self) -> dict[str, npt.NDArray[Any]]:
        """What `from_tensors` makes the same of."""
        return {"mean": self.mean, "scale": self.scale, "first": self.first, "second": self.second}

    @classmethod
    def from_tensors(cls, tensors: dict[str, npt.NDArray[Any]], width: int, classes: int) -> Self:
        """Raises ValueError or KeyError for tensors that do not go together."""
        made = cls(*(np.ascontiguousarray(tensors[name]) for name in ("mean", "scale", "first", "second")))
        hidden = made.first.shape[1] if made.first.ndim == 2 else -1
        if (made.mean.shape, made.scale.shape, made.first.shape, made.second.shape) != (
            (width,),
            (width,),
            (width + 1, hidden),
            (hidden + 1, classes),
        ):
            raise ValueError(f"a network of {made.first.shape} and {made.second.shape}")
        return made
