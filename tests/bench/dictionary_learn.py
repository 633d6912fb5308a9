"""How well a learned dictionary codes texts it has not seen: `python -m tests.bench.dictionary_learn`.

Learned on four fifths of coded marriage certificates, measured on the other fifth, grouped by text; the five
folds are pooled. Beside it, in the same run, what plainer ways of making a dictionary give. The settings were
chosen on these folds with seed 0 and 1; seed 7 was looked at only here.
"""

from __future__ import annotations

import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import combinations

from dictionary import Coder, Dictionary, Record, Status
from dictionary.learn import CodedRecord, Learner, Settings, dictionary_files, gather
from dictionary.learning.report import csv_text
from dictionary.normalise import split_words
from dictionary.statistics import wilson
from tests.bench.grouped_folds import MARRIAGE, Split, as_written, folds, normalised, read_marriage
from tests.shared import SHARED

CURVE = (0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8)
FRESH_SEED = 7

Files = dict[str, str]


@dataclass
class Tally:
    """Outcomes over the folds: records, statuses, codes that are right, and the wrong ones."""

    statuses: Counter[str] = field(default_factory=Counter)
    right: int = 0
    entries: list[int] = field(default_factory=list)
    wrong: list[tuple[str, str, str]] = field(default_factory=list)
    left: list[tuple[Status, str, bool]] = field(default_factory=list)

    @property
    def records(self) -> int:
        return self.statuses.total()

    @property
    def coded(self) -> int:
        return self.statuses["coded"]

    def add(self, files: Files, records: Iterable[CodedRecord], *, candidates: int = 0) -> None:
        dictionary = Dictionary.from_texts(files)
        self.entries.append(len(dictionary.tables["general"].entries))
        coder = Coder(dictionary, max_candidates=candidates)
        for record in records:
            result = coder.code(Record("", record.occupation, record.industry))
            self.statuses[result.status.value] += 1
            if result.code is None:
                offered = any(candidate.code == record.code for candidate in result.candidates)
                self.left.append((result.status, normalised(record), offered))
            elif result.code == record.code:
                self.right += 1
            else:
                self.wrong.append((normalised(record), record.code, result.code))

    def row(self, name: str) -> str:
        rate, accuracy = self.coded / self.records, self.right / max(self.coded, 1)
        low, high = (100 * end for end in wilson(self.coded, self.records))
        least, most = (100 * end for end in wilson(self.right, self.coded))
        return (
            f"  {name:<44} {100 * rate:5.1f} ({low:.1f}-{high:.1f})"
            f"  {100 * accuracy:5.1f} ({least:.1f}-{most:.1f})"
            f"  {100 * self.right / self.records:5.1f}  {sum(self.entries) // len(self.entries):>6}"
        )


def main() -> int:
    """Print the measures; 0 when they were taken or the data are absent."""
    path = SHARED / MARRIAGE
    if not path.exists():
        print(f"learning: skipped, no {MARRIAGE} beside the repository (set TIEBREAK_SHARED)")
        return 0
    records = read_marriage(path)
    print(f"learning: {len(records)} records, {len({normalised(r) for r in records})} different texts")
    print(f"  {'':<44} coding rate %      accuracy %         right  entries")
    splits = list(folds(records))
    print(exact_lookup(splits))
    for name, make in BASELINES.items():
        print(baseline(make, splits).row(name))
    learners = prepared(splits)
    default = Settings()
    pooled = run(learners, default, candidates=5)
    print(pooled.row("learn, default settings"))
    print(run(learners, Settings(inferred=0)).row("learn, no inferred pairs"))
    print(run(learners, Settings(inferred=5_000)).row("learn, 5,000 inferred pairs"))
    print(run(prepared(folds(records, seed=FRESH_SEED)), default).row("learn, other folds (seed 7)"))
    loose = list(folds(records, group=as_written))
    print(run(prepared(loose), default).row("learn, grouped by the string as written"))
    print(baseline(majority_sub_phrases, loose).row("sub-phrases <= 4, same grouping"))
    print("trade-off curve (grouped by normalised text)")
    for strictness in CURVE:
        print(run(learners, Settings(strictness=strictness)).row(f"strictness {strictness}"))
    print_errors(pooled, records)
    return 0


def prepared(splits: Iterable[Split]) -> list[tuple[Learner, list[CodedRecord]]]:
    return [(Learner(gather(known)), unseen) for known, unseen in splits]


def run(
    learners: Sequence[tuple[Learner, list[CodedRecord]]], settings: Settings, *, candidates: int = 0
) -> Tally:
    """Learn with `settings` in every fold and pool what the coder does."""
    tally = Tally()
    for learner, unseen in learners:
        tally.add(dictionary_files(learner.learn(settings)), unseen, candidates=candidates)
    return tally


# what plainer ways give


def baseline(make: Callable[[list[CodedRecord]], Files], splits: Iterable[Split]) -> Tally:
    tally = Tally()
    for known, unseen in splits:
        tally.add(make(known), unseen)
    return tally


def exact_lookup(splits: Iterable[Split]) -> str:
    """The share of records whose string was met as it is written: none, by the grouping."""
    found = total = 0
    for known, unseen in splits:
        met = {record.occupation for record in known}
        found += sum(record.occupation in met for record in unseen)
        total += len(unseen)
    return f"  {'exact lookup of the string':<44} {100 * found / total:5.1f}"


def whole_phrases(known: list[CodedRecord]) -> Files:
    """Each text one entry, of its majority code."""
    return _majority(known, lambda words: [words], least=0.0)


def majority_sub_phrases(known: list[CodedRecord]) -> Files:
    """Every sub-phrase of up to four words with a majority of 70 % of the records that hold it."""
    return _majority(
        known,
        lambda words: {part for size in range(1, 5) for part in combinations(words, size)},
        least=0.7,
    )


def _majority(
    known: list[CodedRecord],
    phrases: Callable[[tuple[str, ...]], Iterable[tuple[str, ...]]],
    *,
    least: float,
) -> Files:
    counts: dict[tuple[str, ...], Counter[str]] = defaultdict(Counter)
    for record in known:
        for phrase in phrases(tuple(sorted(split_words(record.occupation)))):
            counts[phrase][record.code] += 1
    rows = []
    for phrase, codes in sorted(counts.items()):
        code, count = max(codes.items(), key=lambda item: (item[1], item[0]))
        if count >= least * codes.total():
            rows.append((" ".join(phrase), code))
    return {"entries.csv": csv_text(("phrase", "code"), rows)}


BASELINES: dict[str, Callable[[list[CodedRecord]], Files]] = {
    "whole phrases": whole_phrases,
    "sub-phrases <= 4 words, 70 % majority": majority_sub_phrases,
}


# what holds it back


def print_errors(tally: Tally, records: list[CodedRecord]) -> None:
    """Counts over the wrong codes and the records left, from the data themselves."""
    codes_of: dict[str, set[str]] = defaultdict(set)
    vocabulary: dict[str, set[str]] = defaultdict(set)
    for record in records:
        codes_of[normalised(record)].add(record.code)
        for word in split_words(record.occupation):
            vocabulary[word].add(normalised(record))
    wrong = len(tally.wrong)
    print(f"wrong codes: {wrong}")
    double = sum(given in codes_of[text] for text, _, given in tally.wrong)
    print(f"  the given code is another record's reference for the very same text: {double}")
    for digits in (1, 2, 3):
        same = sum(reference[:digits] == given[:digits] for _, reference, given in tally.wrong)
        print(f"  right in the first {digits} of 5 digits: {same}")
    conjoined = sum(" and " in f" {text} " for text, _, _ in tally.wrong)
    print(f"  two occupations joined by 'and', where order decides: {conjoined}")
    print("  commonest (reference -> given, records, an example):")
    pairs = Counter((reference, given) for _, reference, given in tally.wrong)
    for (reference, given), count in sorted(pairs.items(), key=lambda item: (-item[1], item[0]))[:12]:
        example = next(text for text, r, g in tally.wrong if (r, g) == (reference, given))
        print(f"    {reference} -> {given}  {count:>3}  {example}")
    for status in (Status.NO_MATCH, Status.TIE):
        left = [(text, offered) for kind, text, offered in tally.left if kind is status]
        rare = sum(
            all(len(vocabulary[word]) < 2 for word in text.split() if len(word) > 3) for text, _ in left
        )
        offered = sum(offered for _, offered in left)
        print(
            f"left to people as {status.value}: {len(left)}; "
            f"with the right code among five candidates: {offered}; "
            f"no word of four letters or more in any other text: {rare}"
        )


if __name__ == "__main__":
    sys.exit(main())
