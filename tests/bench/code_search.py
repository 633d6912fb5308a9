"""Finding a code as one types: `python -m tests.bench.code_search`.

2,000 codes with titles and 40,000 dictionary phrases, half of them English and half Korean, made of the words
of SOC 2018 and KSCO-7. Coders look for titles and phrases and type them letter by letter, as a Korean
keyboard shows them too; some type first consonants alone, some make a typing error. Every state of the field
is a keystroke, and each is one search with the codes read from SQLite. The baseline is what one writes first:
a loop over all texts. Options: --codes N, --phrases N, --words N (that are typed), --seed N.
"""

from __future__ import annotations

import argparse
import csv
import io
import random
import statistics
import tempfile
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

from tests.bench.coding_with_model import set_up
from tests.shared import REPOSITORY

if TYPE_CHECKING:
    from coding_app.models import Study

TITLES = REPOSITORY / "coding_app" / "reference" / "classifications"
LIMIT = 20


def main() -> None:
    """Print the measures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--codes", type=int, default=2_000)
    parser.add_argument("--phrases", type=int, default=40_000)
    parser.add_argument("--words", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    draw = random.Random(options.seed)
    with tempfile.TemporaryDirectory(prefix="tiebreak-bench-") as name:
        set_up(Path(name))
        measure(options.codes, options.phrases, options.words, draw)


def measure(codes: int, phrases: int, words: int, draw: random.Random) -> None:
    from coding_app.selectors.code_search import search

    pools = [words_of("soc2018.csv"), words_of("ksco7.csv")]
    titles = made(pools, codes, draw)
    texts = made(pools, phrases, draw)
    study = study_of(titles, texts, draw)
    started = perf_counter()
    search(study, "a")
    print(f"  {codes:,} codes, {phrases:,} phrases: index and first search {perf_counter() - started:.1f} s")
    targets = [*draw.sample(titles, words // 2), *draw.sample(texts, words - words // 2)]
    typed = [state for target in targets for state in states(target, draw)]
    ours = times(typed, lambda query: search(study, query))
    told = f"p50 {middle(ours):.1f} ms, p95 {tail(ours):.1f} ms, longest {max(ours):.1f} ms"
    print(f"  {len(typed):,} keystrokes: {told}")
    found = sum(
        finds(target, lambda query: [hit.code.title for hit in search(study, query)]) for target in titles
    )
    print(f"  a title typed with one error is among the {LIMIT} in {found / len(titles):.0%}")
    scanned = [(fold(text), fold(text).split()) for text in (*titles, *texts)]
    sample = typed[:: max(1, len(typed) // 100)]
    plain = times(sample, lambda query: scan(scanned, query))
    told = f"p50 {middle(plain):.0f} ms, p95 {tail(plain):.0f} ms"
    print(f"  a loop over all texts ({len(sample)} of them): {told}")
    print(
        f"  {middle(plain) / middle(ours):.0f} times the loop at p50, {tail(plain) / tail(ours):.0f} at p95"
    )


def words_of(file: str) -> list[str]:
    """The words of a classification's titles."""
    with (TITLES / file).open(encoding="utf-8", newline="") as stream:
        titles = [row["title"] for row in csv.DictReader(stream)]
    return sorted({word.strip(",.()") for title in titles for word in title.split() if len(word) > 1})


def made(pools: Sequence[Sequence[str]], count: int, draw: random.Random) -> list[str]:
    """Texts of one to four words, of one language each, all different."""
    found: dict[str, None] = {}
    while len(found) < count:
        pool = pools[len(found) % len(pools)]
        found[" ".join(draw.choices(pool, k=draw.randint(1, 4)))] = None
    return list(found)


def study_of(titles: Sequence[str], phrases: Sequence[str], draw: random.Random) -> Study:
    """A study whose codes have these titles, and whose dictionary these phrases."""
    from coding_app.models import Classification, Code, Dictionary, DictionaryFile, DictionaryVersion, Study

    classification = Classification.objects.create(name="Bench")
    names = [f"{at:05}" for at in range(len(titles))]
    Code.objects.bulk_create(
        Code(classification=classification, code=name, title=title, level=1, position=at)
        for at, (name, title) in enumerate(zip(names, titles, strict=True))
    )
    text = io.StringIO()
    csv.writer(text).writerows([("phrase", "code"), *((phrase, draw.choice(names)) for phrase in phrases)])
    dictionary = Dictionary.objects.create(name="Bench", classification=classification)
    version = DictionaryVersion.objects.create(dictionary=dictionary, number=1, entries=len(phrases))
    DictionaryFile.objects.create(version=version, path="entries.csv", text=text.getvalue())
    return Study(classification=classification, dictionary_version=version)


def states(text: str, draw: random.Random) -> Iterator[str]:
    """What the search field holds while ``text`` is typed, up to 12 letters of it."""
    kind = draw.random()
    if kind < 0.15 and text[0] >= "가":
        initials = "".join(
            "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"[(ord(one) - 0xAC00) // 588]
            for one in text
            if one >= "가"
        )
        yield from (initials[:end] for end in range(1, len(initials) + 1))
        return
    written = wrong(text, draw) if kind > 0.8 else text
    letters = unicodedata.normalize("NFD", written)[: 30 if text[0] >= "가" else 12]
    yield from (unicodedata.normalize("NFC", letters[:end]) for end in range(1, len(letters) + 1))


def wrong(text: str, draw: random.Random) -> str:
    """The text with one letter left out, of a Korean syllable too."""
    letters = unicodedata.normalize("NFD", text)
    at = draw.randrange(len(letters))
    return unicodedata.normalize("NFC", letters[:at] + letters[at + 1 :])


def finds(title: str, titles_found: Callable[[str], list[str]]) -> bool:
    """Whether a title is found by itself with one error."""
    return title in titles_found(wrong(title, random.Random(title)))


def times(queries: Sequence[str], search: Callable[[str], object]) -> list[float]:
    """Milliseconds that each took."""
    found = []
    for query in queries:
        started = perf_counter()
        search(query)
        found.append(1000 * (perf_counter() - started))
    return found


def middle(values: Sequence[float]) -> float:
    return statistics.median(values)


def tail(values: Sequence[float]) -> float:
    return statistics.quantiles(values, n=20)[-1]


def fold(text: str) -> str:
    return unicodedata.normalize("NFKD", text.casefold())


def scan(texts: Sequence[tuple[str, list[str]]], query: str) -> list[str]:
    """Every word of the query begins a word."""
    asked = fold(query).split()
    found = [text for text, words in texts if all(any(w.startswith(a) for w in words) for a in asked)]
    return sorted(found, key=len)[:LIMIT]


if __name__ == "__main__":
    main()
