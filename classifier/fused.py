"""Products with a weight and a bias, with what follows them done in the same pass.

On a processor oneDNN lays the weight out once for all products to come, and adds the bias, the residual and
GELU while the sums are still at hand: in bfloat16 a fifth faster than one after the other. torch has these
products for its own compiler, under names that begin with an underscore: where they are absent, and on a
graphics processor, the plain functions compute the same.
"""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Tensor
from torch.nn.functional import gelu, linear


class Product(Protocol):
    """x (..., in) to x W^T + b (..., out)."""

    def __call__(self, x: Tensor) -> Tensor:
        """The product and the bias."""
        ...

    def bent(self, x: Tensor) -> Tensor:
        """GELU of it (the exact one, by the error function)."""
        ...

    def added(self, x: Tensor, other: Tensor) -> Tensor:
        """It and `other` (..., out)."""
        ...


def product(weight: Tensor, bias: Tensor) -> Product:
    """The product with a weight (out, in) and a bias (out,), the fastest way that there is here."""
    return Packed(weight, bias) if can_be_packed(weight) else Plain(weight, bias)


def can_be_packed(weight: Tensor) -> bool:
    """Whether oneDNN multiplies with this weight, and torch has the products it is asked for."""
    return (
        weight.device.type == "cpu"
        and weight.dtype in (torch.float32, torch.bfloat16)
        and torch.backends.mkldnn.is_available()  # type: ignore[no-untyped-call]
        and hasattr(torch.ops.mkldnn, "_reorder_linear_weight")
        and hasattr(torch.ops.mkldnn, "_linear_pointwise")
    )


class Plain:
    """By the functions that everybody calls."""

    def __init__(self, weight: Tensor, bias: Tensor) -> None:
        self._weight, self._bias = weight, bias

    def __call__(self, x: Tensor) -> Tensor:
        """See Product."""
        return linear(x, self._weight, self._bias)

    def bent(self, x: Tensor) -> Tensor:
        """See Product."""
        return gelu(self(x))

    def added(self, x: Tensor, other: Tensor) -> Tensor:
        """See Product."""
        return self(x).add_(other)


class Packed:
    """By oneDNN, the weight laid out for it."""

    def __init__(self, weight: Tensor, bias: Tensor) -> None:
        self._weight = torch.ops.mkldnn._reorder_linear_weight(weight.contiguous())
        self._bias = bias.contiguous()

    def __call__(self, x: Tensor) -> Tensor:
        """See Product."""
        return self._unary(x, "none")

    def bent(self, x: Tensor) -> Tensor:
        """See Product."""
        return self._unary(x, "gelu")

    def added(self, x: Tensor, other: Tensor) -> Tensor:
        """See Product."""
        total: Tensor = torch.ops.mkldnn._linear_pointwise.binary(x, other, self._weight, self._bias, "add")
        return total

    def _unary(self, x: Tensor, what: str) -> Tensor:
        result: Tensor = torch.ops.mkldnn._linear_pointwise(x, self._weight, self._bias, what, [], "none")
        return result
