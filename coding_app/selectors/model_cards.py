"""A version's card, read with care: the card of an uploaded model may say anything, or nothing."""

from dataclasses import dataclass
from typing import Any

from coding_app.models import ModelVersion

TOP = 5


@dataclass(frozen=True, slots=True)
class Card:
    """What a card says; ``None`` or empty where it does not.

    ``top`` are the rates (as ``docs/metrics.md`` has them) of the right code being among the first one to
    five, on the ``test`` records that were held out. ``class_counts`` are records learnt from by code,
    ``too_small`` codes that the class filter left out, and ``titled`` codes that a title alone teaches.
    """

    records: int | None
    train: int | None
    test: int | None
    phrases: int | None
    left_out: dict[str, int]
    top: list[dict[str, Any]]
    ece_before: float | None
    ece_after: float | None
    class_counts: dict[str, int]
    too_small: dict[str, int]
    titled: list[str]
    packages: dict[str, str]
    hashes: dict[str, str]


def read(version: ModelVersion) -> Card:
    """The card of a version."""
    card = _mapping(version.card)
    data, metrics = _mapping(card.get("data")), _mapping(card.get("metrics"))
    top = metrics.get("top")
    rates = [rate for rate in map(_rate, top) if rate] if isinstance(top, list) else []
    titled = _mapping(card.get("described")).get("without_records")
    return Card(
        records=_whole(data.get("records")),
        train=_whole(data.get("train")),
        test=_whole(data.get("test")),
        phrases=_whole(data.get("further_phrases")),
        left_out=_counts(data.get("left_out")),
        top=rates if len(rates) == TOP else [],
        ece_before=_share(metrics.get("ece_before")),
        ece_after=_share(metrics.get("ece_after")),
        class_counts=_counts(card.get("class_counts")),
        too_small=_counts(card.get("classes_too_small")),
        titled=[code for code in titled if isinstance(code, str)] if isinstance(titled, list) else [],
        packages=_texts(card.get("versions")),
        hashes={name: text for name, text in _texts(data).items() if name.endswith("sha256")},
    )


def _mapping(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _share(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and 0 <= value <= 1 else None


def _counts(value: object) -> dict[str, int]:
    return {name: number for name, found in _mapping(value).items() if (number := _whole(found)) is not None}


def _texts(value: object) -> dict[str, str]:
    return {name: text for name, text in _mapping(value).items() if isinstance(text, str)}


def _rate(value: object) -> dict[str, Any] | None:
    """A rate with trials; anything else is none."""
    rate = _mapping(value)
    shares = {name: _share(rate.get(name)) for name in ("value", "low", "high")}
    counts = {name: _whole(rate.get(name)) for name in ("successes", "trials")}
    return None if None in (*shares.values(), *counts.values()) else {**shares, **counts}
