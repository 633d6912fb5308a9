"""Tiny encoders with random weights, and texts, for the tests of the transformer engine."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
from transformers import (
    BertConfig,
    BertModel,
    DistilBertConfig,
    DistilBertModel,
    PreTrainedTokenizerFast,
    RobertaConfig,
    RobertaModel,
)

from classifier.engine import FitData, TrainSettings

WORDS = {
    "cook": "fries boils kitchen restaurant meals soup",
    "nurse": "patients ward hospital cares injections clinic",
    "driver": "bus truck deliveries route motorway parcels",
    "teacher": "pupils school lessons classroom exams primary",
}


def tiny_encoder(folder: Path, kind: str = "distilbert", *, mean: bool = False) -> Path:
    """Writes a folder such as the hub has: configuration, random weights as safetensors, tokenizer."""
    folder.mkdir(parents=True)
    words = sorted(
        {word for line in WORDS.values() for word in line.split()} | set(WORDS) | {"in", "the", "a"}
    )
    vocabulary = {token: n for n, token in enumerate(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *words])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        unk_token="[UNK]",
        pad_token="[PAD]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        mask_token="[MASK]",
    ).save_pretrained(folder)
    size = len(vocabulary)
    torch.manual_seed(1)
    model: torch.nn.Module
    if kind == "distilbert":
        model = DistilBertModel(
            DistilBertConfig(
                vocab_size=size, dim=32, n_layers=2, n_heads=4, hidden_dim=64, max_position_embeddings=40
            )
        )
    elif kind == "bert":
        model = BertModel(
            BertConfig(
                vocab_size=size,
                hidden_size=32,
                num_hidden_layers=2,
                num_attention_heads=4,
                intermediate_size=64,
                max_position_embeddings=40,
            )
        )
    else:
        model = RobertaModel(
            RobertaConfig(
                vocab_size=size,
                hidden_size=32,
                num_hidden_layers=2,
                num_attention_heads=4,
                intermediate_size=64,
                max_position_embeddings=40,
                pad_token_id=0,
            )
        )
    model.save_pretrained(folder)
    if mean:
        (folder / "1_Pooling").mkdir()
        (folder / "1_Pooling" / "config.json").write_text('{"pooling_mode_mean_tokens": true}')
    return folder


def jobs(count: int = 120, seed: int = 0) -> FitData:
    """Made-up job descriptions of four classes, of one to eight words."""
    draw = random.Random(seed)
    texts, targets = [], []
    for row in range(count):
        target = row % len(WORDS)
        title = list(WORDS)[target]
        words = draw.choices(WORDS[title].split(), k=draw.randint(0, 6))
        texts.append(" ".join([title] * draw.randint(0, 1) + ["in the", *words]))
        targets.append(target)
    return FitData(texts, np.array(targets, dtype=np.int64), len(WORDS))


def quick(base: Path | str, **more: object) -> TrainSettings:
    """Settings that train a tiny encoder in a second."""
    given: dict[str, object] = {"epochs": 3, "batch_size": 16, "learning_rate": 3e-3, "seed": 5, **more}
    return TrainSettings(base=str(base), **given)  # type: ignore[arg-type]
