"""Encoders of Hugging Face: loading one safely, and putting a head on it.

Loading runs no code that comes with a model and unpickles nothing: weights are safetensors, classes come from
the transformers library alone, and settings of a model that would fetch or run anything are dropped.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Literal

import torch
from safetensors import SafetensorError
from torch import nn
from transformers import (
    AutoConfig,
    AutoModel,
    AutoModelForSequenceClassification,
    AutoTokenizer,
    PreTrainedConfig,
)
from transformers.utils import logging

from classifier.bases import Base
from classifier.errors import ClassifierError
from classifier.tokenizers import KOBERT_IDS, KOBERT_PIECES, TextCutter, kobert_tokenizer

Pooling = Literal["stock", "mean"]

# What a configuration may say that makes transformers fetch or choose code; see `_clean`.
_UNSAFE_SETTINGS = ("auto_map", "quantization_config", "attn_implementation", "_attn_implementation")
_ATTENTION = "sdpa"


class TextClassifier(nn.Module):
    """An encoder with a head: token ids (n, length) and their mask to logits (n, classes).

    'stock' is the head that transformers puts on the architecture (for DistilBERT a dense layer with ReLU
    over the first token, as in the paper); 'mean' a linear layer over the mean of the last states, which
    suits encoders trained for sentence embeddings (MiniLM, e5).
    """

    def __init__(self, body: nn.Module, pooling: Pooling, classes: int) -> None:
        super().__init__()
        self.body = body
        self.pooling: Pooling = pooling
        self.classes = classes
        if pooling == "mean":
            self.dropout = nn.Dropout(0.1)
            self.head = nn.Linear(self.config.hidden_size, classes)
            nn.init.normal_(self.head.weight, std=0.02)
            nn.init.zeros_(self.head.bias)

    @property
    def config(self) -> PreTrainedConfig:
        """The configuration of the architecture."""
        config = self.body.config
        assert isinstance(config, PreTrainedConfig)
        return config

    def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Logits, (n, classes)."""
        if self.pooling == "stock":
            stock: torch.Tensor = self.body(input_ids=ids, attention_mask=mask).logits
            return stock
        states = self.body(input_ids=ids, attention_mask=mask).last_hidden_state
        weights = mask.unsqueeze(-1).to(states.dtype)
        pooled = (states * weights).sum(1) / weights.sum(1)
        logits: torch.Tensor = self.head(self.dropout(pooled))
        return logits

    def is_head(self, parameter: str) -> bool:
        """Whether the parameter of that name is part of the head, which was not trained before."""
        if self.pooling == "mean":
            return parameter.startswith("head.")
        return not parameter.startswith(f"body.{self.body.base_model_prefix}.")


def default_pooling(base: Base) -> Pooling:
    """'mean' for an encoder that says it makes sentence embeddings by the mean, otherwise its stock head."""
    pooling = base.file("1_Pooling/config.json")
    if pooling is None:
        return "stock"
    return "mean" if json.loads(pooling.read_text("utf-8")).get("pooling_mode_mean_tokens") else "stock"


def load_base(
    base: Base, *, pooling: Pooling, classes: int, max_length: int
) -> tuple[TextClassifier, TextCutter]:
    """A pretrained encoder with a fresh head, and its tokenizer; the head is drawn from torch's generator."""
    try:
        with _quiet():
            config = _clean(AutoConfig.from_pretrained(base.source, **base.options))
            options = {
                "config": config,
                "use_safetensors": True,
                "weights_only": True,
                "dtype": torch.float32,
                "attn_implementation": _ATTENTION,
                "output_loading_info": True,
                **base.options,
            }
            if pooling == "stock":
                config.num_labels = classes
                body, found = AutoModelForSequenceClassification.from_pretrained(base.source, **options)
            else:
                options |= _without_pooler(config)
                body, found = AutoModel.from_pretrained(base.source, **options)
            _check_complete(body, found["missing_keys"], pooling)
            cutter = _cutter(base, config, max_length)
    except (OSError, ValueError, ImportError, KeyError, RuntimeError, SafetensorError) as error:
        raise ClassifierError(
            f"the base {base.asked!r} cannot be loaded: {error}\nName a folder or a repository on the hub "
            "that has config.json, a tokenizer and weights as safetensors, and needs no code of its own."
        ) from error
    return TextClassifier(body, pooling, classes), cutter


def _check_complete(body: nn.Module, missing: Iterable[str], pooling: Pooling) -> None:
    """Raises ValueError where weights of the encoder itself are missing, which would be drawn anew."""
    start = f"{body.base_model_prefix}." if pooling == "stock" else ""
    lost = sorted(name for name in missing if name.startswith(start) and ".pooler." not in f".{name}")
    if lost:
        raise ValueError(
            f"its weights lack {len(lost)} of those that {type(body).__name__} has, {lost[0]} for one"
        )


def _without_pooler(config: PreTrainedConfig) -> dict[str, bool]:
    """Leaves out a layer over the first token that the mean has no use for."""
    return {"add_pooling_layer": False} if config.model_type in {"bert", "roberta", "xlm-roberta"} else {}


@contextmanager
def _quiet() -> Iterator[None]:
    """No progress bars, and no word on weights that a new head has not got: they are what is trained."""
    verbosity, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(verbosity)
        if bars:
            logging.enable_progress_bar()


def _cutter(base: Base, config: PreTrainedConfig, max_length: int) -> TextCutter:
    pieces = base.file(KOBERT_PIECES)
    ids = next((found for name in KOBERT_IDS if (found := base.file(name))), None) if pieces else None
    if pieces and ids:
        return TextCutter(kobert_tokenizer(pieces, ids), 1, _room(config, max_length, 1))
    tokenizer = AutoTokenizer.from_pretrained(base.source, use_fast=True, **base.options)
    if not tokenizer.is_fast or tokenizer.pad_token_id is None:
        raise ValueError("it has no tokenizer of the fast kind with a token for padding")
    pad_id = int(tokenizer.pad_token_id)
    room = _room(config, min(max_length, int(tokenizer.model_max_length)), pad_id)
    return TextCutter(tokenizer.backend_tokenizer, pad_id, room)


def _room(config: PreTrainedConfig, max_length: int, pad_id: int) -> int:
    """The most tokens of a text: what is asked for, as far as the encoder has positions for them."""
    positions = getattr(config, "max_position_embeddings", None) or max_length
    # RoBERTa's positions begin after the padding's.
    used = pad_id + 1 if config.model_type in {"roberta", "xlm-roberta", "camembert"} else 0
    return min(max_length, int(positions) - used)


def shape_of(model: TextClassifier) -> dict[str, Any]:
    """What it takes to build the model again, without its weights; JSON-ready."""
    config = _settings(json.loads(model.config.to_json_string(use_diff=False)))
    # The library names classes itself when it is told their number.
    for name in ("id2label", "label2id", "_name_or_path"):
        config.pop(name, None)
    return {"config": config, "pooling": model.pooling, "classes": model.classes}


def build(shape: Mapping[str, Any]) -> TextClassifier:
    """The model that `shape_of` describes, its weights not yet loaded (random)."""
    settings = _settings(shape["config"])
    config = AutoConfig.for_model(settings.pop("model_type"), **settings)
    pooling: Pooling = "mean" if shape["pooling"] == "mean" else "stock"
    classes = int(shape["classes"])
    options = {"trust_remote_code": False, "attn_implementation": _ATTENTION}
    if pooling == "stock":
        config.num_labels = classes
        body = AutoModelForSequenceClassification.from_config(config, **options)
    else:
        body = AutoModel.from_config(config, **options, **_without_pooler(config))
    return TextClassifier(body, pooling, classes)


def _settings(config: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in config.items() if name not in _UNSAFE_SETTINGS}


def _clean(config: PreTrainedConfig) -> PreTrainedConfig:
    """The same configuration without what would fetch code: kernels, quantisers, classes by name."""
    for name in _UNSAFE_SETTINGS:
        if name in config.__dict__:
            delattr(config, name)
    return config
