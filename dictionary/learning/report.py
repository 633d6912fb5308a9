"""What a person should look at after a dictionary was learned, as files by name."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Sequence

from dictionary.learning.examples import Examples
from dictionary.learning.learner import Learned, Learner
from dictionary.learning.settings import Settings


def files(examples: Examples, learner: Learner, learned: Learned, settings: Settings) -> dict[str, str]:
    """`summary.md` and `summary.json`, and a CSV for each kind of thing to look at (a header at least)."""
    conflicts = list(_conflicts(examples))
    rare = list(_rare_words(examples, learner))
    misspellings = [
        (m.word, m.texts, m.suggestion, m.suggestion_texts, m.distance, "yes" if learner.corrected else "no")
        for m in learner.misspellings
    ]
    skipped = [(row.line, row.occupation, row.industry, row.code, row.reason) for row in examples.skipped]
    undecisive = [(word.word, word.texts, f"{word.share:.3f}") for word in learner.undecisive]
    inferred = sum(bool(entry.inferred) for entry in learned.entries)
    summary: dict[str, int | float | str | bool] = {
        "records_read": examples.records + len(examples.skipped),
        "records_learned_from": examples.records,
        "records_skipped": len(examples.skipped),
        "distinct_texts": len(examples.texts),
        "codes": len({code for text in examples.texts for code in text.codes}),
        "splitter": learned.splitter,
        "strictness": settings.strictness,
        "max_words": settings.max_words,
        "min_texts": settings.min_texts,
        "inferred_pairs_asked": settings.inferred,
        "entries": len(learned.entries),
        "entries_from_texts": len(learned.entries) - inferred,
        "entries_inferred": inferred,
        "spelling_rules": len(learned.spelling),
        "conflicts": len(conflicts),
        "rare_words": len(rare),
        "probable_misspellings": len(misspellings),
        "misspellings_applied": learner.corrected,
        "undecisive_words": len(undecisive),
        "unwritable_phrases": len(learned.unwritable),
    }
    return {
        "summary.json": json.dumps(summary, indent=2, ensure_ascii=False) + "\n",
        "summary.md": _markdown(summary),
        "conflicts.csv": csv_text(("text", "records", "codes", "written", "first_line"), conflicts),
        "rare_words.csv": csv_text(("word", "records", "example", "codes"), rare),
        "misspellings.csv": csv_text(
            ("word", "texts", "suggestion", "suggestion_texts", "distance", "applied"), misspellings
        ),
        "skipped_rows.csv": csv_text(("line", "occupation", "industry", "code", "reason"), skipped),
        "undecisive_words.csv": csv_text(("word", "texts", "share_decided"), undecisive),
        "unwritable_phrases.csv": csv_text(("phrase",), [(phrase,) for phrase in learned.unwritable]),
    }


def csv_text(header: Sequence[str], rows: Iterable[Sequence[str | int]]) -> str:
    """A CSV file as text."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return stream.getvalue()


def _conflicts(examples: Examples) -> Iterable[tuple[str, int, str, str, int]]:
    """Texts with several codes, those of most records first."""
    several = [text for text in examples.texts if len(text.codes) > 1]
    for text in sorted(several, key=lambda text: (-text.records, text.occupation, text.industry)):
        words = " / ".join(" ".join(part) for part in (text.occupation, text.industry) if part)
        yield words, text.records, _counts(text.codes), text.written, text.first_line


def _rare_words(examples: Examples, learner: Learner) -> Iterable[tuple[str, int, str, str]]:
    """Words of one text only, with that text and its codes."""
    for text in examples.texts:
        for word in sorted({*text.occupation, *text.industry}):
            if learner.seen.words[word] == 1:
                yield word, text.records, text.written, _counts(text.codes)


def _counts(codes: dict[str, int]) -> str:
    return "; ".join(
        f"{code}: {n}" for code, n in sorted(codes.items(), key=lambda item: (-item[1], item[0]))
    )


_READING = """\
| file | what to do with it |
|---|---|
| `conflicts.csv` | one text with several codes: decide on one |
| `misspellings.csv` | rare words close to common ones: move the right ones to `spelling.csv` |
| `rare_words.csv` | words of a single text: what is learned from them is the least sure |
| `undecisive_words.csv` | common words that hardly decide a code, left out of the phrases |
| `unwritable_phrases.csv` | phrases that the word splitter parts differently alone: left out |
| `skipped_rows.csv` | rows without a code or without words: nothing was learned from them |

In `entries.csv` the note says what an entry rests on. Those marked `inferred` rest on no text: two words
that were never seen together, settled for the one that decides more strongly. They come last in the file.
"""


def _markdown(summary: dict[str, int | float | str | bool]) -> str:
    lines = ["# What was learned", "", "| | |", "|---|---|"]
    lines += [f"| {name.replace('_', ' ')} | {value} |" for name, value in summary.items()]
    return "\n".join(lines) + "\n\n" + _READING
