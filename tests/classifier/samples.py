"""Made-up coded records that a linear classifier can learn."""

from __future__ import annotations

import csv
import random
from collections.abc import Iterable, Sequence
from pathlib import Path

from classifier import Examples, Model, TrainSettings, train

WORDS = {
    "8332": ("truck", "lorry", "haulage", "freight", "trailer"),
    "5120": ("cook", "kitchen", "chef", "meals", "soup"),
    "2221": ("nurse", "ward", "hospital", "patients", "clinic"),
    "0110": ("officer", "army", "regiment", "soldiers", "barracks"),
}
FILLERS = (
    "works",
    "drives",
    "does",
    "day",
    "night",
    "main",
    "new",
    "north",
    "old",
    "great",
    "street",
    "small",
)


def pairs(count: int = 240, *, seed: int = 0, noise: float = 0.0) -> list[tuple[str, str]]:
    """(text, code): two words of the code and two fillers; a share `noise` with a code drawn at random."""
    generator = random.Random(seed)
    codes = sorted(WORDS)
    found = []
    for place in range(count):
        code = codes[place % len(codes)]
        words = [*generator.sample(WORDS[code], 2), *generator.sample(FILLERS, 2)]
        generator.shuffle(words)
        found.append((" ".join(words), generator.choice(codes) if generator.random() < noise else code))
    return found


def examples(count: int = 240, *, seed: int = 0, noise: float = 0.0) -> Examples:
    return Examples.of(pairs(count, seed=seed, noise=noise))


def small_model(*, noise: float = 0.0, count: int = 240) -> Model:
    return train(
        examples(count, noise=noise), template="{text}", settings=TrainSettings(test_size=0.2, split="random")
    )


def write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[str]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(header)
        writer.writerows(rows)
    return path


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))
