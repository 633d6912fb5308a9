"""A compact forward pass for BERT and DistilBERT, for inference only.

It computes what the modules of transformers compute, with less work: queries, keys and values in one product,
which for the first layer is looked up, not computed; biases, residuals and GELU together with the products
they follow; no mask where nothing is padded; and, for heads that read the first token only, a last layer that
computes that token only (of DistilKoBERT's three layers, this saves the third).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import torch
from torch import Tensor
from torch.nn.functional import embedding, layer_norm, linear

from classifier.encoder import TextClassifier
from classifier.fused import Product, product

Weights = tuple[Tensor, Tensor]
"""A weight and its bias."""

PARTS: Final[dict[str, dict[str, Any]]] = {
    "distilbert": {
        "layer": "transformer.layer.",
        "inputs": ("attention.q_lin", "attention.k_lin", "attention.v_lin"),
        "output": "attention.out_lin",
        "first_norm": "sa_layer_norm",
        "up": "ffn.lin1",
        "down": "ffn.lin2",
        "second_norm": "output_layer_norm",
    },
    "bert": {
        "layer": "encoder.layer.",
        "inputs": ("attention.self.query", "attention.self.key", "attention.self.value"),
        "output": "attention.output.dense",
        "first_norm": "attention.output.LayerNorm",
        "up": "intermediate.dense",
        "down": "output.dense",
        "second_norm": "output.LayerNorm",
    },
}
"""What the two architectures call the parts of a layer."""

_ROOM: Final = 2**27
"""Bytes that a looked-up product may take: a vocabulary too large for it is computed as it comes."""


@dataclass(frozen=True, slots=True)
class _After:
    """What a layer does with each token once attention has mixed them."""

    output: Product
    up: Product
    down: Product
    first_norm: Weights
    second_norm: Weights


@dataclass(frozen=True, slots=True)
class _Layer:
    """One layer that computes every token; the scale of attention is in the queries' weight."""

    inputs: Product  # (.., width) to (.., 3 * width): queries, keys, values
    after: _After


@dataclass(frozen=True, slots=True)
class _LastLayer(_Layer):
    """The last layer under a head that reads the first token only: `inputs` has the queries alone."""

    keys: Tensor  # (heads, width / heads, width)
    values: Weights  # the weight likewise, the bias (width,)


class _Table:
    """Queries, keys and values of the first layer, looked up.

    A token enters the first layer as the norm of u = w + p, w its word and p its place. Of its product with
    a weight W, W norm(u) = (W g (w - mean w) + W g (p - mean p)) / deviation(u) + W b, where g and b are the
    norm's weight and bias, one part is the word's, one the place's, one the same for all.
    """

    def __init__(
        self, words: Tensor, positions: Tensor, norm: Weights, inputs: Weights, dtype: torch.dtype
    ) -> None:
        weight, bias = inputs
        centred = weight * norm[0]
        centred = centred - centred.mean(1, keepdim=True)  # as good as taking a mean from each word and place
        self._words = linear(words.to(dtype), centred.to(dtype))
        self._positions = linear(positions.to(dtype), centred.to(dtype))
        self._rest = (weight @ norm[1] + bias).to(dtype)

    def __call__(self, ids: Tensor, steepness: Tensor) -> Tensor:
        """(n, length, 3 * width), of ids (n, length) and 1 / deviation of each token (n, length, 1)."""
        parts = embedding(ids, self._words).add_(self._positions[: ids.shape[1]])
        return torch.addcmul(self._rest, parts, steepness.to(parts.dtype))


def can_be_compact(model: TextClassifier) -> bool:
    """Whether the architecture is one that this module computes."""
    config = model.config
    activation = getattr(config, "activation", None) or getattr(config, "hidden_act", None)
    return (
        config.model_type in PARTS
        and activation == "gelu"
        and not getattr(config, "is_decoder", False)
        and getattr(config, "position_embedding_type", "absolute") == "absolute"
    )


class Compact:
    """The forward pass of one trained model; its weights are copied, as `dtype`, at the moment it is made."""

    def __init__(self, model: TextClassifier, dtype: torch.dtype, device: torch.device) -> None:
        config = model.config
        self.dtype = dtype
        self.device = device
        self.heads = int(config.num_attention_heads)
        self.epsilon = float(getattr(config, "layer_norm_eps", 1e-12))
        self.mean = model.pooling == "mean"
        state = {name.removeprefix("body."): value for name, value in model.state_dict().items()}
        prefix = "" if self.mean else f"{config.model_type}."
        names = PARTS[config.model_type]

        def take(name: str, kind: torch.dtype = dtype) -> Weights:
            return state[f"{name}.weight"].to(device, kind), state[f"{name}.bias"].to(device, kind)

        def inputs(place: str) -> list[Weights]:
            """Queries, keys and values, float32."""
            (query, bias), *rest = (take(place + name, torch.float32) for name in names["inputs"])
            scale = (query.shape[0] // self.heads) ** -0.5
            return [(query * scale, bias * scale), *rest]

        def layer(number: int) -> _Layer:
            place = f"{prefix}{names['layer']}{number}."
            output, up, down = (product(*take(place + names[name])) for name in ("output", "up", "down"))
            first_norm, second_norm = (take(place + names[name]) for name in ("first_norm", "second_norm"))
            after = _After(output, up, down, first_norm, second_norm)
            query, key, value = inputs(place)
            if number < count - 1 or self.mean:
                return _Layer(product(*_joined([query, key, value], dtype)), after)
            by_head = [
                weight.to(dtype).view(self.heads, -1, weight.shape[1]) for weight in (key[0], value[0])
            ]
            return _LastLayer(
                product(*_joined([query], dtype)), after, by_head[0], (by_head[1], value[1].to(dtype))
            )

        words = f"{prefix}embeddings."
        self.words = state[f"{words}word_embeddings.weight"].to(device)
        self.positions = state[f"{words}position_embeddings.weight"].to(device)
        if f"{words}token_type_embeddings.weight" in state:
            self.positions = self.positions + state[f"{words}token_type_embeddings.weight"][0].to(device)
        self.norm = take(f"{words}LayerNorm", torch.float32)
        count = int(config.num_hidden_layers)
        self.layers = [layer(number) for number in range(count)]
        self.table: _Table | None = None
        looked_up = (len(self.words) + len(self.positions)) * 3 * self.words.shape[1] * dtype.itemsize
        if not isinstance(self.layers[0], _LastLayer) and looked_up <= _ROOM:
            first = _joined(inputs(f"{prefix}{names['layer']}0."), torch.float32)
            self.table = _Table(self.words, self.positions, self.norm, first, dtype)
        # The head is small, and what it rounds shows in the probabilities: float32.
        self.first: Weights | None = None
        self.last = take("head" if self.mean else "classifier", torch.float32)
        if not self.mean:
            self.first = take(
                "pre_classifier" if config.model_type == "distilbert" else f"{prefix}pooler.dense",
                torch.float32,
            )
        self.bend = torch.relu if config.model_type == "distilbert" else torch.tanh

    def __call__(self, ids: Tensor, mask: Tensor) -> Tensor:
        """Logits (n, classes) float32, of token ids (n, length) and their mask (1 where there is a token)."""
        padded = not bool(mask.all())  # asked while the mask is here, so that no device has to be waited for
        ids, mask = ids.to(self.device), mask.to(self.device)
        hidden = mask[:, None, None, :] == 0 if padded else None
        states = self.words[ids].add_(self.positions[: ids.shape[1]])
        states, _, steepness = torch.native_layer_norm(states, states.shape[-1:], *self.norm, self.epsilon)
        states = states.to(self.dtype)
        joined = self.table(ids, steepness) if self.table else None
        for layer in self.layers:
            if isinstance(layer, _LastLayer):
                states = self._first_token(layer, states, hidden)
            else:
                states = self._every_token(
                    layer, states, hidden, layer.inputs(states) if joined is None else joined
                )
            joined = None
        if self.first is None:
            weights = mask.unsqueeze(-1).float()
            pooled = (states.float() * weights).sum(1) / weights.sum(1)
        else:
            pooled = self.bend(linear(states.float(), *self.first))
        return linear(pooled, *self.last)

    def _every_token(self, layer: _Layer, states: Tensor, hidden: Tensor | None, joined: Tensor) -> Tensor:
        rows, length, width = states.shape
        shape = (rows, length, 3, self.heads, width // self.heads)
        # Batched products of short rows are twice as fast here as the fused attention of torch.
        query, key, value = joined.view(shape).permute(2, 0, 3, 1, 4).flatten(1, 2)
        met = torch.bmm(query, key.transpose(1, 2)).view(rows, self.heads, length, length)
        mixed = torch.bmm(self._shares(met, hidden).flatten(0, 1), value)
        mixed = mixed.view(rows, self.heads, length, -1).transpose(1, 2).reshape(rows, length, width)
        return self._after_attention(layer.after, states, mixed)

    def _first_token(self, layer: _LastLayer, states: Tensor, hidden: Tensor | None) -> Tensor:
        """What the layer makes of the first token of each row, (rows, width).

        A query q meets the key K x of a token x as (q K) x, and values V x with shares a sum to V (sum of
        a x): so no token needs a key or a value of its own. The bias of the keys adds the same to every token
        of a row, and the softmax takes it away.
        """
        rows, _, width = states.shape
        first = states[:, 0]
        query = layer.inputs(first).view(rows, self.heads, -1)
        asked = torch.einsum("rhd,hdw->rhw", query, layer.keys)
        shares = self._shares((asked @ states.transpose(1, 2)).unsqueeze(2), hidden).squeeze(2)
        weight, bias = layer.values
        mixed = torch.einsum("rhw,hdw->rhd", shares @ states, weight).reshape(rows, width) + bias
        return self._after_attention(layer.after, first, mixed)

    def _shares(self, met: Tensor, hidden: Tensor | None) -> Tensor:
        """How much each token takes of each other, of how their queries and keys met (rows, heads, n, m)."""
        if hidden is not None:
            met = met.masked_fill_(hidden, float("-inf"))
        return met.softmax(-1, dtype=torch.float32).to(self.dtype)

    def _after_attention(self, after: _After, states: Tensor, mixed: Tensor) -> Tensor:
        width = states.shape[-1:]
        states = layer_norm(after.output.added(mixed, states), width, *after.first_norm, self.epsilon)
        grown = after.down.added(after.up.bent(states), states)
        return layer_norm(grown, width, *after.second_norm, self.epsilon)


def _joined(parts: Sequence[Weights], dtype: torch.dtype) -> Weights:
    """Several weights as one, and their biases."""
    weights, biases = zip(*parts, strict=True)
    return torch.cat(weights).to(dtype), torch.cat(biases).to(dtype)
