"""How fast the dictionary coder is: `python -m tests.bench.dictionary_speed`.

The ONS coding index (28,748 entries) serves as the dictionary; records are drawn from its phrases and its
industry words with a fixed seed. Times are processor time of one core, the best of several passes.
"""

from __future__ import annotations

import csv
import io
import random
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from time import process_time

from dictionary import Coder, Dictionary, Record
from dictionary.index import build_indexes, tokens_of
from dictionary.normalise import split_words
from tests.dictionary.enumeration import LiteralCoder
from tests.shared import SHARED

INDEX = "data/uk_ons_soc2010_index/ons_soc2010_coding_index_v5_1.csv"
SEED = 2005


def main() -> int:
    """Print the measures; 0 when they were taken or the data are absent."""
    path = SHARED / INDEX
    if not path.exists():
        print(f"dictionary speed: skipped, no {INDEX} beside the repository (set TIEBREAK_SHARED)")
        return 0
    phrases, industries = read_index(path)
    dictionary = Dictionary.from_texts({"entries.csv": as_entries(phrases)})
    coder = Coder(dictionary)
    print(f"dictionary speed: {len(dictionary.tables['general'].entries)} phrases of the ONS index")
    throughput(coder, phrases, industries)
    against_enumeration(dictionary, coder)
    by_length(dictionary, coder)
    return 0


def read_index(path: Path) -> tuple[list[tuple[str, str]], list[str]]:
    """Phrases with a four-digit code, each set of words once (its first code), and the industries."""
    by_words: dict[tuple[str, ...], tuple[str, str]] = {}
    industries: set[str] = set()
    with path.open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            industries.update({row["ind"].strip("()")} - {""})
            code = row["soc_2010"]
            words = tuple(sorted(split_words(row["indexocc"])))
            if words and code.isdigit():
                by_words.setdefault(words, (row["indexocc"], code))
            qualified = f"{row['indexocc']} {row['add']} {row['ind']}"
            words = tuple(sorted(split_words(qualified)))
            if words and code.isdigit():
                by_words.setdefault(words, (qualified, code))
    return list(by_words.values()), sorted(industries)


def as_entries(phrases: Iterable[tuple[str, str]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["phrase", "code"])
    writer.writerows(phrases)
    return text.getvalue()


def throughput(coder: Coder, phrases: Sequence[tuple[str, str]], industries: Sequence[str]) -> None:
    draw = random.Random(SEED)
    records = [
        Record(str(number), draw.choice(phrases)[0], draw.choice(industries)) for number in range(20_000)
    ]
    seconds = best(lambda: [coder.code(record).status for record in records], passes=1)
    print(f"  every literal new to the coder: {len(records) / seconds:,.0f} records/s on one core")
    seconds = best(lambda: [coder.code(record).status for record in records], passes=3)
    print(f"  literals met before:            {len(records) / seconds:,.0f} records/s on one core")
    seconds = best(lambda: [coder.code(record).candidates for record in records], passes=3)
    print(f"  the same with candidates:       {len(records) / seconds:,.0f} records/s on one core")


def against_enumeration(dictionary: Dictionary, coder: Coder) -> None:
    literal = LiteralCoder(dictionary)
    (index,) = build_indexes(dictionary.tables.values())

    def compare(length: int, enumerated: int, wanted: int) -> None:
        count = 200
        records = drawn(dictionary, length, count)
        words = [(coder.code(r).words, coder.code(r).occupation_words) for r in records]
        tokens = [tokens_of(both) for both, _ in words]
        slow = best(lambda: [literal.code(*pair) for pair in words[:enumerated]], passes=3) / enumerated
        fast = best(lambda: [coder.code(r).code for r in records], passes=15) / count
        offered = best(lambda: [coder.code(r).candidates for r in records], passes=15) / count
        find = best(lambda: [index.find(t) for t in tokens], passes=15) / count
        print(
            f"  {length} words: enumeration {slow * 1e6:,.0f} us, coder {fast * 1e6:,.1f} us: "
            f"{slow / fast:,.0f} times (wanted {wanted}); "
            f"with candidates {offered * 1e6:,.1f} us: {slow / offered:,.0f} times; "
            f"matching alone {find * 1e6:,.1f} us: {slow / find:,.0f} times"
        )

    compare(6, 200, 25)
    compare(8, 8, 500)


def by_length(dictionary: Dictionary, coder: Coder) -> None:
    def cost(length: int) -> float:
        records = drawn(dictionary, length, 2000)
        return best(lambda: [coder.code(r).code for r in records], passes=5) / 2000

    four, eight, twelve = cost(4), cost(8), cost(12)
    print(
        f"  4 words {four * 1e6:.1f} us, 8 words {eight * 1e6:.1f} us, 12 words {twelve * 1e6:.1f} us: "
        f"twelve cost {twelve / four:.1f} times four (wanted at most 6)"
    )


def drawn(dictionary: Dictionary, length: int, count: int) -> list[Record]:
    """Records of `length` words, half of them industry: words of the dictionary as often as it has them."""
    draw = random.Random(SEED + length)
    words = [word for entry in dictionary.tables["general"].entries for word in entry.words]
    half = length // 2
    return [
        Record(str(n), " ".join(draw.choices(words, k=half)), " ".join(draw.choices(words, k=length - half)))
        for n in range(count)
    ]


def best(work: Callable[[], object], *, passes: int) -> float:
    """Processor seconds of the quickest pass."""
    times = []
    for _ in range(passes):
        start = process_time()
        work()
        times.append(process_time() - start)
    return min(times)


if __name__ == "__main__":
    sys.exit(main())
