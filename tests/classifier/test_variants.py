"""The half model and models 2 to 4: with a stand-in that remembers what it got, and with the baseline."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
import pytest

from classifier.engine import Floats, Progress, TrainSettings
from classifier.errors import ClassifierError
from classifier.evaluation import evaluate
from classifier.examples import Examples
from classifier.metrics import Predictions
from classifier.report import render
from classifier.variants import Trained, fit_engine, run

WORDS = {
    "411": ("경찰", "순찰", "치안", "파출소"),
    "510": ("매장", "판매", "손님", "계산대"),
    "611": ("농사", "벼", "밭", "작물"),
    "873": ("택시", "운전", "승객", "버스"),
}
SIZES = {"411": 150, "510": 120, "611": 40, "873": 30, "999": 3}


def records() -> Examples:
    numbers = np.random.default_rng(5)
    pairs = []
    for code, size in SIZES.items():
        words = WORDS.get(code, ("드문",))
        for i in range(size):
            chosen = numbers.choice(words, 2).tolist()
            pairs.append((f"{' '.join(chosen)} {code[0]}번 {i}", code))
    return Examples.of(pairs)


DESCRIPTIONS = Examples.of([("치안을 지킨다", "411"), ("벼농사를 짓는다", "611"), ("없는 직업", "000")])


class Remembering:
    """Gives every class the same probability; keeps what each training got."""

    def __init__(self) -> None:
        self.trainings: list[tuple[Counter[str], Counter[str]]] = []
        self.texts: list[tuple[str, ...]] = []

    def __call__(self, examples: Examples, extra: Examples) -> Trained:
        self.texts.append(examples.texts)
        self.trainings.append((Counter(examples.codes), Counter(extra.codes)))
        return Uniform(sorted({*examples.codes, *extra.codes}))


class Uniform:
    def __init__(self, classes: Sequence[str]) -> None:
        self.classes = classes

    def predict_proba(self, texts: Sequence[str]) -> Floats:
        return np.full((len(texts), len(self.classes)), 1 / len(self.classes), dtype=np.float32)


def test_each_variant_learns_from_what_the_paper_says() -> None:
    fit = Remembering()
    found = run(records(), fit, descriptions=DESCRIPTIONS)
    (full, no_extra), (half, _), (large, _), (third, with_extra), (fourth, large_extra) = fit.trainings
    assert set(full) == {"411", "510", "611", "873"}  # 999 has too few records
    assert full.total() == found["records"]["train"] == pytest.approx(0.7 * 340, abs=2)
    assert no_extra.total() == 0
    assert half.total() == pytest.approx(full.total() / 2, abs=2)
    assert set(half) == set(full)
    assert set(large) == {"411", "510"}
    assert large["411"] == full["411"]
    assert (third, with_extra) == (full, Counter({"411": 1, "611": 1}))
    assert (fourth, large_extra) == (large, Counter({"411": 1}))


def test_all_variants_are_judged_on_the_same_records() -> None:
    found = run(records(), Remembering(), descriptions=DESCRIPTIONS)
    assert [row["model"] for row in found["models"]] == ["model 1", "half", "model 2", "model 3", "model 4"]
    assert {row["all"]["records"] for row in found["models"]} == {found["records"]["test"]}
    by_name = {row["model"]: row for row in found["models"]}
    assert by_name["model 2"]["own"]["records"] < by_name["model 2"]["all"]["records"]
    assert by_name["model 1"]["own"] == by_name["model 1"]["all"]
    assert by_name["model 3"]["trained"] == by_name["model 1"]["trained"] + 2


def test_what_cannot_be_trained_is_left_out_with_its_reason() -> None:
    found = run(records(), Remembering(), large=1000)
    assert [row["model"] for row in found["models"]] == ["model 1", "half"]
    reasons = {row["model"]: row["reason"] for row in found["left_out"]}
    assert reasons["model 2"] == "no class has more than 1000 records; two are needed"
    assert reasons["model 3"] == "no descriptions were given"
    assert reasons["model 4"] == reasons["model 2"]


def test_the_same_seed_gives_the_same_and_another_seed_another_split() -> None:
    first, again, other = Remembering(), Remembering(), Remembering()
    assert run(records(), first, seed=3) == run(records(), again, seed=3)
    run(records(), other, seed=4)
    assert first.texts == again.texts
    assert first.texts[0] != other.texts[0]


def test_progress_ends_at_its_total() -> None:
    seen: list[Progress] = []
    run(records(), Remembering(), report=seen.append)
    assert [progress.done for progress in seen] == [0, 1, 2, 3]
    assert seen[-1].done == seen[-1].total


def test_too_few_classes_are_refused() -> None:
    with pytest.raises(ClassifierError):
        run(Examples.of([("x", "a")] * 20), Remembering())


def test_the_baseline_trains_every_variant_and_the_report_shows_them() -> None:
    found = run(records(), fit_engine(TrainSettings()), descriptions=DESCRIPTIONS)
    by_name = {row["model"]: row for row in found["models"]}
    assert by_name["model 1"]["own"]["accuracy"]["value"] > 0.95
    assert by_name["model 2"]["own"]["accuracy"]["value"] > 0.95
    assert by_name["model 2"]["all"]["accuracy"]["value"] < 0.9
    assert [(row["model"], row["side"]) for row in found["under_and_over"]] == [
        ("model 1", "under"), ("model 1", "over"), ("half", "under"), ("half", "over")
    ]  # fmt: skip
    one = Predictions(["411"], ["411", "510"], np.array([[0.9, 0.1]], dtype=np.float32))
    html = render(evaluate(one, variants=found))
    assert "Models side by side" in html
    assert "model 4" in html
