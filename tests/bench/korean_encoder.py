"""What the measures of the classifier's speed share: Korean texts, DistilKoBERT's shape, and the plain way.

The plain way is what a user of transformers would run: its pipeline and its Trainer, in float32, padded
batch by batch, with the threads that torch chooses.
"""

from __future__ import annotations

import csv
import os
import random
import tempfile
import time
from collections.abc import Callable, Sequence
from itertools import pairwise
from statistics import median
from typing import NamedTuple

import numpy as np
import torch
from torch.utils.data import Dataset
from transformers import (
    AutoModelForSequenceClassification,
    DataCollatorWithPadding,
    DistilBertConfig,
    PreTrainedTokenizerFast,
    TextClassificationPipeline,
    Trainer,
    TrainingArguments,
)

from classifier.encoder import TextClassifier
from classifier.tokenizers import KOBERT_PIECES, TextCutter, kobert_tokenizer
from tests.shared import SHARED

RECORDS = SHARED / "data/kr_kdo_ksco7/kdo_dev.csv"
TOKENIZER = SHARED / "data/kobert_tokenizer"
SEED = 0
MAX_LENGTH = 256
PAD_ID = 1


def read_texts() -> tuple[list[str], list[str]]:
    """Texts as a survey's template would join them, and their 3-digit codes; in random order."""
    with RECORDS.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    random.Random(SEED).shuffle(rows)
    texts = [f"{row['ksic10_3_title']}(에서) {row['title']}(으로) {row['summary']}" for row in rows]
    return texts, [row["ksco7_3"] for row in rows]


def tokenizer() -> PreTrainedTokenizerFast:
    """KoBERT's, as transformers has it."""
    return PreTrainedTokenizerFast(
        tokenizer_object=kobert_tokenizer(TOKENIZER / KOBERT_PIECES, TOKENIZER / "token2idx_vocab.json"),
        unk_token="[UNK]",
        pad_token="[PAD]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        mask_token="[MASK]",
        model_max_length=MAX_LENGTH,
        model_input_names=["input_ids", "attention_mask"],
    )


def cutter() -> TextCutter:
    """KoBERT's, as the classifier has it."""
    return TextCutter(tokenizer().backend_tokenizer, PAD_ID, MAX_LENGTH)


def encoder(classes: int) -> TextClassifier:
    """DistilKoBERT's shape and stock head, weights random."""
    torch.manual_seed(SEED)
    config = DistilBertConfig(vocab_size=8002, n_layers=3, pad_token_id=PAD_ID)
    config.num_labels = classes
    body = AutoModelForSequenceClassification.from_config(config, attn_implementation="sdpa")
    return TextClassifier(body, "stock", classes)


def numbers(codes: Sequence[str]) -> tuple[np.ndarray[tuple[int], np.dtype[np.int64]], int]:
    """Each code's place among the sorted codes, and how many there are."""
    places = {code: place for place, code in enumerate(sorted(set(codes)))}
    return np.array([places[code] for code in codes], dtype=np.int64), len(places)


class Cost(NamedTuple):
    """Seconds on the clock, and seconds that the processor worked for this process."""

    clock: float
    processor: float


def cost(work: Callable[[], object]) -> Cost:
    """What it takes to do the work once."""
    clock, processor = time.perf_counter(), time.process_time()
    work()
    return Cost(time.perf_counter() - clock, time.process_time() - processor)


def take_turns(
    plain: Callable[[], object], ours: Callable[[], object], rounds: int
) -> tuple[list[Cost], list[Cost]]:
    """The costs of each round: of the plain way, and of ours, the mean of just before and just after it."""
    plains, owns = [], [cost(ours)]
    for _ in range(rounds):
        plains.append(cost(plain))
        owns.append(cost(ours))
    means = [Cost(*np.mean(pair, axis=0).tolist()) for pair in pairwise(owns)]
    return plains, means


def load() -> str:
    """How busy the machine has been in the last minute."""
    return f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"


def ratio(name: str, plain: Sequence[Cost], ours: Sequence[Cost], *, scale: float = 1, aim: str = "") -> None:
    """Prints the median of the ratios, the least and the greatest; `scale`: of the plain way's sample."""
    clock, processor = (
        sorted(scale * one[kind] / other[kind] for one, other in zip(plain, ours, strict=True))
        for kind in (0, 1)
    )
    print(
        f"{name}: {median(clock):.1f} times on the clock ({clock[0]:.1f} to {clock[-1]:.1f}){aim}, "
        f"{median(processor):.1f} times by processor time; {scale * median(c.clock for c in plain):.1f} s to "
        f"{median(c.clock for c in ours):.1f} s; {load()}",
        flush=True,
    )


def pipeline(model: TextClassifier, size: int) -> Callable[[list[str]], object]:
    """The pipeline of transformers, `size` rows a batch, five codes a text."""
    pipe = TextClassificationPipeline(
        model=model.body, tokenizer=tokenizer(), task="text-classification", device="cpu", batch_size=size
    )
    return lambda texts: pipe(texts, truncation=True, top_k=5)


class _Rows(Dataset[dict[str, object]]):
    def __init__(self, ids: Sequence[list[int]], targets: Sequence[int]) -> None:
        self.rows = [
            {"input_ids": row, "attention_mask": [1] * len(row), "labels": target}
            for row, target in zip(ids, targets, strict=True)
        ]

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, place: int) -> dict[str, object]:
        return self.rows[place]


def train_plainly(
    model: TextClassifier, ids: Sequence[list[int]], targets: Sequence[int], rate: float, epochs: int
) -> None:
    """The Trainer of transformers: float32, batches of 64 drawn at random."""
    with tempfile.TemporaryDirectory() as folder:
        Trainer(
            model=model.body,
            args=TrainingArguments(
                folder,
                num_train_epochs=epochs,
                per_device_train_batch_size=64,
                learning_rate=rate,
                save_strategy="no",
                report_to=[],
                disable_tqdm=True,
                use_cpu=True,
                seed=SEED,
                dataloader_pin_memory=False,
            ),
            train_dataset=_Rows(ids, targets),
            data_collator=DataCollatorWithPadding(tokenizer()),
        ).train()
