"""A lean forward pass for BERT and DistilBERT, for training on a processor.

It computes what the modules of transformers compute while they train, dropout included, with less work:
queries, keys and values in one product, and, for heads that read the first token only, a last layer that
computes that token only. What is learned is the same: what the other tokens of the last layer would have
come to reaches no loss and so has no gradient. Weights, sums and norms are float32, products `dtype`.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import gelu, layer_norm, linear

from classifier.compact import PARTS
from classifier.encoder import TextClassifier


class Lean:
    """The forward pass of a model that is being trained: it reads the model's own parameters at each call.

    `classifier.compact.can_be_compact` says which models it can compute.
    """

    def __init__(self, model: TextClassifier, dtype: torch.dtype) -> None:
        config = model.config
        self.model = model
        self.dtype = dtype
        self.mean = model.pooling == "mean"
        self.heads = int(config.num_attention_heads)
        self.count = int(config.num_hidden_layers)
        self.epsilon = float(getattr(config, "layer_norm_eps", 1e-12))
        self.distil = config.model_type == "distilbert"
        hidden, attention = (
            ("dropout", "attention_dropout")
            if self.distil
            else (
                "hidden_dropout_prob",
                "attention_probs_dropout_prob",
            )
        )
        self.drop = float(getattr(config, hidden))
        self.drop_attention = float(getattr(config, attention))
        self.prefix = "body." if self.mean else f"body.{config.model_type}."
        self.names = PARTS[config.model_type]

    def __call__(self, ids: Tensor, mask: Tensor, draw: np.random.Generator) -> Tensor:
        """Logits (n, classes) float32, of token ids (n, length) and their mask; `draw` drops out."""
        parameter = self.model.get_parameter
        words = f"{self.prefix}embeddings."
        states = parameter(f"{words}word_embeddings.weight")[ids]
        states = states + parameter(f"{words}position_embeddings.weight")[: ids.shape[1]]
        if not self.distil:
            states = states + parameter(f"{words}token_type_embeddings.weight")[0]
        states = dropout(self._norm(f"{words}LayerNorm", states), self.drop, draw)
        hidden = None if bool(mask.all()) else mask[:, None, None, :] == 0
        for number in range(self.count):
            first_only = number == self.count - 1 and not self.mean
            states = self._layer(
                f"{self.prefix}{self.names['layer']}{number}.", states, hidden, draw, first_only
            )
        return self._head(states, mask, draw)

    def _head(self, states: Tensor, mask: Tensor, draw: np.random.Generator) -> Tensor:
        if self.mean:
            weights = mask.unsqueeze(-1).float()
            pooled = (states * weights).sum(1) / weights.sum(1)
            return self._linear("head", dropout(pooled, self.model.dropout.p, draw)).float()
        if self.distil:
            pooled = torch.relu(self._linear("body.pre_classifier", states))
        else:
            pooled = torch.tanh(self._linear(f"{self.prefix}pooler.dense", states))
        share = self.model.get_submodule("body.dropout").p
        assert isinstance(share, float)
        return self._linear("body.classifier", dropout(pooled, share, draw)).float()

    def _layer(
        self, place: str, states: Tensor, hidden: Tensor | None, draw: np.random.Generator, first_only: bool
    ) -> Tensor:
        attend = self._first_token if first_only else self._every_token
        mixed = self._linear(place + self.names["output"], attend(place, states, hidden, draw))
        if first_only:
            states = states[:, 0]
        if not self.distil:
            mixed = dropout(mixed, self.drop, draw)
        states = self._norm(place + self.names["first_norm"], mixed + states)
        grown = gelu(self._linear(place + self.names["up"], states))
        grown = dropout(self._linear(place + self.names["down"], grown), self.drop, draw)
        return self._norm(place + self.names["second_norm"], grown + states)

    def _every_token(
        self, place: str, states: Tensor, hidden: Tensor | None, draw: np.random.Generator
    ) -> Tensor:
        rows, length, width = states.shape
        parts = [self._weights(place + name) for name in self.names["inputs"]]
        weight, bias = (torch.cat(kind) for kind in zip(*parts, strict=True))
        shape = (rows, length, 3, self.heads, width // self.heads)
        joined = linear(states.to(self.dtype), weight, bias).view(shape)
        query, key, value = joined.permute(2, 0, 3, 1, 4).flatten(1, 2)
        met = torch.bmm(query, key.transpose(1, 2)).view(rows, self.heads, length, length)
        shares = self._shares(met, hidden, width, draw).flatten(0, 1)
        mixed = torch.bmm(shares, value).view(rows, self.heads, length, -1)
        return mixed.transpose(1, 2).reshape(rows, length, width)

    def _first_token(
        self, place: str, states: Tensor, hidden: Tensor | None, draw: np.random.Generator
    ) -> Tensor:
        """The attention of the first token of each row, (rows, width); see `classifier.compact`."""
        rows, _, width = states.shape
        states = states.to(self.dtype)
        query_name, key_name, value_name = (place + name for name in self.names["inputs"])
        query = self._linear(query_name, states[:, 0]).view(rows, self.heads, -1)
        key, _ = self._weights(key_name)
        value, bias = self._weights(value_name)
        asked = torch.einsum("rhd,hdw->rhw", query, key.view(self.heads, -1, width))
        met = (asked @ states.transpose(1, 2)).unsqueeze(2)
        shares = self._shares(met, hidden, width, draw).squeeze(2)
        mixed = torch.einsum("rhw,hdw->rhd", shares @ states, value.view(self.heads, -1, width))
        # Dropout leaves shares that no longer sum to 1.
        mixed = mixed + shares.sum(-1, keepdim=True) * bias.view(self.heads, -1)
        return mixed.reshape(rows, width)

    def _shares(self, met: Tensor, hidden: Tensor | None, width: int, draw: np.random.Generator) -> Tensor:
        met = met * (width // self.heads) ** -0.5
        if hidden is not None:
            met = met.masked_fill(hidden, float("-inf"))
        return dropout(met.softmax(-1, dtype=torch.float32).to(self.dtype), self.drop_attention, draw)

    def _weights(self, name: str) -> tuple[Tensor, Tensor]:
        parameter = self.model.get_parameter
        return parameter(f"{name}.weight").to(self.dtype), parameter(f"{name}.bias").to(self.dtype)

    def _linear(self, name: str, states: Tensor) -> Tensor:
        return linear(states.to(self.dtype), *self._weights(name))

    def _norm(self, name: str, states: Tensor) -> Tensor:
        parameter = self.model.get_parameter
        weight, bias = parameter(f"{name}.weight"), parameter(f"{name}.bias")
        return layer_norm(states.float(), states.shape[-1:], weight, bias, self.epsilon)


def dropout(states: Tensor, share: float, draw: np.random.Generator) -> Tensor:
    """`states` with a `share` of the values at 0 and the others grown to keep the mean.

    torch's own takes several times as long on a processor, and its numbers come in an order that threads
    working side by side would not repeat.
    """
    if share == 0:
        return states
    kept = draw.integers(0, 65_536, tuple(states.shape), dtype=np.uint16) >= round(share * 65_536)
    return states * torch.from_numpy(kept) * (1 / (1 - share))
