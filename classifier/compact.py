"""A compact forward pass for BERT and DistilBERT, for inference only.

It computes what the modules of transformers compute, with less work: queries, keys and values in one product,
no mask where nothing is padded, and, for heads that read the first token only, a last layer that computes
that token only (of DistilKoBERT's three layers, this saves the third).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor
from torch.nn.functional import gelu, layer_norm, linear, scaled_dot_product_attention

from classifier.encoder import TextClassifier

Weights = tuple[Tensor, Tensor]
"""A weight and its bias."""

_NAMES: Final = {
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


@dataclass(frozen=True, slots=True)
class _Layer:
    inputs: Weights  # (3 * width, width): queries, keys, values
    output: Weights
    first_norm: Weights
    up: Weights
    down: Weights
    second_norm: Weights


def can_be_compact(model: TextClassifier) -> bool:
    """Whether the architecture is one that this module computes."""
    config = model.config
    activation = getattr(config, "activation", None) or getattr(config, "hidden_act", None)
    return (
        config.model_type in _NAMES
        and activation == "gelu"
        and not getattr(config, "is_decoder", False)
        and getattr(config, "position_embedding_type", "absolute") == "absolute"
    )


class Compact:
    """The forward pass of one trained model; its weights are copied, as `dtype`, at the moment it is made."""

    def __init__(self, model: TextClassifier, dtype: torch.dtype, device: torch.device) -> None:
        config = model.config
        self.dtype = dtype
        self.heads = int(config.num_attention_heads)
        self.epsilon = float(getattr(config, "layer_norm_eps", 1e-12))
        self.mean = model.pooling == "mean"
        state = {name.removeprefix("body."): value for name, value in model.state_dict().items()}
        prefix = "" if self.mean else f"{config.model_type}."
        names = _NAMES[config.model_type]

        def take(name: str, kind: torch.dtype = dtype) -> Weights:
            return state[f"{name}.weight"].to(device, kind), state[f"{name}.bias"].to(device, kind)

        def layer(number: int) -> _Layer:
            place = f"{prefix}{names['layer']}{number}."
            inputs = [take(place + name) for name in names["inputs"]]
            rest = {name: take(place + str(names[name])) for name in _Layer.__slots__ if name != "inputs"}
            return _Layer(
                inputs=(torch.cat([w for w, _ in inputs]), torch.cat([b for _, b in inputs])), **rest
            )

        words = f"{prefix}embeddings."
        self.words = state[f"{words}word_embeddings.weight"].to(device)
        self.positions = state[f"{words}position_embeddings.weight"].to(device)
        if f"{words}token_type_embeddings.weight" in state:
            self.positions = self.positions + state[f"{words}token_type_embeddings.weight"][0].to(device)
        self.norm = take(f"{words}LayerNorm", torch.float32)
        self.layers = [layer(number) for number in range(int(config.num_hidden_layers))]
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
        padded = not bool(mask.all())
        allowed = mask[:, None, None, :].bool() if padded else None
        states = self.words[ids] + self.positions[: ids.shape[1]]
        states = layer_norm(states, states.shape[-1:], *self.norm, self.epsilon).to(self.dtype)
        for layer in self.layers[:-1]:
            states = self._layer(layer, states, allowed)
        if self.first is None:
            states = self._layer(self.layers[-1], states, allowed).float()
            weights = mask.unsqueeze(-1).float()
            pooled = (states * weights).sum(1) / weights.sum(1)
        else:
            pooled = self.bend(
                linear(self._first_token(self.layers[-1], states, allowed).float(), *self.first)
            )
        return linear(pooled, *self.last)

    def _layer(self, layer: _Layer, states: Tensor, allowed: Tensor | None) -> Tensor:
        rows, length, width = states.shape
        shape = (rows, length, 3, self.heads, width // self.heads)
        query, key, value = linear(states, *layer.inputs).view(shape).permute(2, 0, 3, 1, 4)
        mixed = scaled_dot_product_attention(query, key, value, attn_mask=allowed)
        return self._after_attention(layer, states, mixed.transpose(1, 2).reshape(rows, length, width))

    def _first_token(self, layer: _Layer, states: Tensor, allowed: Tensor | None) -> Tensor:
        """What the layer makes of the first token of each row, (rows, width).

        A query q meets the key K x of a token x as (q K) x, and values V x with shares a sum to V (sum of
        a x): so no token needs a key or a value of its own. The bias of the keys adds the same to every token
        of a row, and the softmax takes it away.
        """
        rows, _, width = states.shape
        query_weight, key_weight, value_weight = layer.inputs[0].view(3, self.heads, -1, width)
        query_bias, _, value_bias = layer.inputs[1].view(3, -1)
        first = states[:, 0]
        query = linear(first, query_weight.reshape(width, width), query_bias).view(rows, self.heads, -1)
        asked = torch.einsum("rhd,hdw->rhw", query, key_weight)
        shares = asked @ states.transpose(1, 2) * (width // self.heads) ** -0.5
        if allowed is not None:
            shares = shares.masked_fill(~allowed[:, 0], float("-inf"))
        shares = shares.softmax(-1, dtype=torch.float32).to(self.dtype)
        mixed = torch.einsum("rhw,hdw->rhd", shares @ states, value_weight).reshape(rows, width) + value_bias
        return self._after_attention(layer, first, mixed)

    def _after_attention(self, layer: _Layer, states: Tensor, mixed: Tensor) -> Tensor:
        width = states.shape[-1]
        mixed = linear(mixed, *layer.output)
        states = layer_norm(mixed.add_(states), (width,), *layer.first_norm, self.epsilon)
        grown = linear(gelu(linear(states, *layer.up)), *layer.down)
        return layer_norm(grown.add_(states), (width,), *layer.second_norm, self.epsilon)
