"""Scores of many texts from a trained encoder, fast and in bounded memory.

Every distinct text is computed once; texts are cut to tokens a few thousand at a time, sorted by length, and
batched by a number of tokens, so that next to nothing is padding and a long text makes no batch large. Each
core of the processor works on a batch of its own: none waits for another within a product, and the scores
are the same whatever the number of cores. Where the processor multiplies in bfloat16 it does: probabilities
stay the same to the second decimal. int8 moves probabilities by up to 0.3: it is used only where it is asked
for by name.
"""

from __future__ import annotations

import copy
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Final, get_args

import numpy as np
import torch

from classifier.compact import Compact, can_be_compact
from classifier.encoder import TextClassifier
from classifier.engine import Floats, Precision
from classifier.errors import ClassifierError
from classifier.tokenizers import TextCutter
from classifier.training import has_bfloat16, pad, pick_device
from classifier.workers import workers

_CHUNK: Final = 4096  # distinct texts cut and sorted together
_TOKENS: Final = {"cpu": 2048, "cuda": 65_536}  # in one batch


class Scorer:
    """A trained model made ready to score texts; its weights are those at the moment this is made."""

    def __init__(
        self,
        model: TextClassifier,
        cutter: TextCutter,
        *,
        precision: Precision = "auto",
        device: torch.device | None = None,
    ) -> None:
        if precision not in get_args(Precision):
            raise ClassifierError(
                f"no precision {precision!r}: choose one of {', '.join(get_args(Precision))}"
            )
        self.cutter = cutter
        self.classes = model.classes
        self.device = device or pick_device()
        if precision == "auto":
            precision = "bfloat16" if has_bfloat16(self.device) else "float32"
        self.precision: Precision = precision
        self.tokens = _TOKENS.get(self.device.type, _TOKENS["cpu"])
        self._forward = self._prepare(model)

    def _prepare(self, model: TextClassifier) -> Callable[[torch.Tensor, torch.Tensor], torch.Tensor]:
        if self.precision == "int8":
            self.device = torch.device("cpu")
            return _quantised(model)
        dtype = torch.bfloat16 if self.precision == "bfloat16" else torch.float32
        if can_be_compact(model):
            return Compact(model, dtype, self.device)
        model = model.to(self.device).eval()

        def forward(ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
            with torch.autocast(self.device.type, dtype=torch.bfloat16, enabled=dtype == torch.bfloat16):
                logits: torch.Tensor = model(ids.to(self.device), mask.to(self.device))
                return logits

        return forward

    def __call__(self, texts: Sequence[str]) -> Floats:
        """Logits, (len(texts), classes) float32.

        Raises ClassifierError where a logit is no finite number: weights that were damaged or diverged.
        """
        numbers: dict[str, int] = {}
        for text in texts:
            numbers.setdefault(text, len(numbers))
        distinct = list(numbers)
        scores = np.empty((len(distinct), self.classes), dtype=np.float32)
        with workers(torch.get_num_threads() if self.device.type == "cpu" else 1) as work:
            for start in range(0, len(distinct), _CHUNK):
                ids = self.cutter(distinct[start : start + _CHUNK])
                lengths = [len(row) for row in ids]
                drawn = list(by_length(lengths, self._room(sum(lengths))))
                batches = ([ids[place] for place in places] for places in drawn)
                for places, logits in zip(drawn, list(work(self._logits, batches)), strict=True):
                    scores[[start + place for place in places]] = logits.cpu().numpy()
        if not np.isfinite(scores).all():
            raise ClassifierError(
                "the model gives scores that are no numbers: its weights are damaged; train it again"
            )
        return scores if len(distinct) == len(texts) else scores[[numbers[text] for text in texts]]

    def _room(self, tokens: int) -> int:
        """The most tokens of a batch, where there are so many in all: few texts still occupy every core."""
        return self.tokens if self.device.type != "cpu" else min(self.tokens, max(tokens // 16, 256))

    def _logits(self, rows: Sequence[Sequence[int]]) -> torch.Tensor:
        with torch.inference_mode():
            return self._forward(*pad(rows, self.cutter.pad_id)).float()


def by_length(lengths: Sequence[int], tokens: int) -> Iterator[list[int]]:
    """The places of `lengths` from short to long, in batches of at most `tokens` with padding, or of one."""
    batch: list[int] = []
    for place in sorted(range(len(lengths)), key=lambda place: lengths[place]):
        if batch and lengths[place] * (len(batch) + 1) > tokens:
            yield batch
            batch = []
        batch.append(place)
    if batch:
        yield batch


def _quantised(model: TextClassifier) -> Callable[[torch.Tensor, torch.Tensor], torch.Tensor]:
    """A copy whose linear layers multiply 8-bit integers."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        warnings.simplefilter("ignore", UserWarning)
        from torch.ao.quantization import quantize_dynamic

        small: torch.nn.Module = quantize_dynamic(  # type: ignore[no-untyped-call]
            copy.deepcopy(model).cpu().eval(), {torch.nn.Linear}, dtype=torch.qint8
        )
    return small
