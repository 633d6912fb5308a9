"""metrics.json and the page: complete, documented, self-contained, with Korean titles as text."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from classifier import drawing, figures
from classifier.calibrate import softmax
from classifier.errors import ClassifierError
from classifier.evaluation import evaluate
from classifier.hierarchy import Hierarchy
from classifier.metrics import Predictions
from classifier.report import render
from classifier.reporting import write_report
from tests.shared import REPOSITORY

Json = dict[str, Any]
KSCO = REPOSITORY / "coding_app" / "reference" / "classifications" / "ksco7.csv"


@pytest.fixture(scope="module")
def ksco() -> Hierarchy:
    return Hierarchy.read(KSCO)


def judged(n: int = 300, *, seed: int = 1, ksco: Hierarchy | None = None) -> tuple[Predictions, Predictions]:
    """Before and after calibration, on twelve classes of KSCO-7; the last five records have a code without
    class.
    """
    classes = (ksco.at_level(3) if ksco else [f"{i:03d}" for i in range(100)])[4:40:3]
    numbers = np.random.default_rng(seed)
    weights = np.linspace(4, 1, len(classes))
    targets = numbers.choice(len(classes), n, p=weights / weights.sum())
    scores = (numbers.normal(size=(n, len(classes))) + 2.5 * np.eye(len(classes))[targets]).astype(np.float32)
    codes = [classes[i] for i in targets[: n - 5]] + ["111"] * min(n, 5)
    return Predictions(codes, classes, softmax(3 * scores)), Predictions(codes, classes, softmax(scores))


@pytest.fixture(scope="module")
def metrics(ksco: Hierarchy) -> Json:
    raw, predictions = judged(ksco=ksco)
    return evaluate(
        predictions,
        raw=raw,
        texts=[f"OO병원(에서) 업무 {i} <b>&" for i in range(len(predictions))],
        lines=range(2, len(predictions) + 2),
        hierarchy=ksco,
        trained={code: 10 * (i + 1) for i, code in enumerate(predictions.classes)},
        model={"name": "m"},
        data={"file": "d.csv"},
        variants={
            "under_and_over": [
                {
                    "model": "half",
                    "side": side,
                    "cut": 0.5,
                    "trained": {
                        "n": 2, "min": 5.0, "q1": 6.0, "median": 7.0, "q3": 8.0, "max": 9.0, "mean": 7.0
                    },
                    "sizes": [5, 9],
                }
                for side in ("under", "over")
            ],
            "left_out": [{"model": "model 3", "description": "d", "reason": "no descriptions were given"}],
            "models": [
                {
                    "model": "model 2",
                    "description": "classes with more than 100 records",
                    "classes": 3,
                    "trained": 500,
                    **{
                        side: {
                            "records": 10,
                            "accuracy": {"value": 0.5, "low": 0.2, "high": 0.8, "successes": 5, "trials": 10},
                            "top_5": {"value": 0.5, "low": 0.2, "high": 0.8, "successes": 5, "trials": 10},
                            "weighted": {"precision": 0.5, "recall": 0.5, "f1": 0.5},
                            "macro": {"precision": 0.5, "recall": 0.5, "f1": 0.5},
                        }
                        for side in ("own", "all")
                    },
                }
            ],
        },
    )  # fmt: skip


class Page(HTMLParser):
    """The ids, the addresses, the text and the open elements of a page."""

    VOID = ("meta", "br", "link", "img", "input")

    def __init__(self, html: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.addresses: list[str] = []
        self.tags: list[str] = []
        self.words: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        for name, value in attrs:
            if name == "id" and value:
                self.ids.append(value)
            if name in ("href", "src", "xlink:href", "action", "data") and value:
                self.addresses.append(value)

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def test_metrics_are_plain_json_without_nan(metrics: Json) -> None:
    assert json.loads(json.dumps(metrics, allow_nan=False)) == metrics


def test_every_key_of_metrics_json_is_documented(metrics: Json) -> None:
    documented = set(
        re.findall(r"`([a-z_0-9]+)`", (REPOSITORY / "docs" / "metrics.md").read_text(encoding="utf-8"))
    )

    def keys(value: object) -> set[str]:
        if isinstance(value, dict):
            return set(value).union(*(keys(item) for item in value.values()))
        if isinstance(value, list):
            return set().union(*(keys(item) for item in value))
        return set()

    assert keys(metrics) - documented == set()


def test_the_page_needs_nothing_from_outside(metrics: Json) -> None:
    html = render(metrics)
    page = Page(html)
    assert [address for address in page.addresses if not address.startswith("#")] == []
    assert not {"script", "link", "img", "iframe"} & set(page.tags)
    assert "@import" not in html
    assert "http" not in re.sub(r"<text.*?</text>", "", html)


def test_ids_are_unique_and_every_reference_has_its_target(metrics: Json) -> None:
    html = render(metrics)
    page = Page(html)
    assert len(page.ids) == len(set(page.ids))
    targets = {address[1:] for address in page.addresses} | set(re.findall(r"url\(#([^)]+)\)", html))
    assert targets <= set(page.ids)


def test_figures_keep_korean_titles_as_text_and_take_colours_from_the_page(metrics: Json) -> None:
    html = render(metrics)
    svgs = re.findall(r"<svg.*?</svg>", html, re.DOTALL)
    assert len(svgs) == 8
    assert any("전문가 및 관련 종사자" in svg for svg in svgs)
    for svg in svgs:
        assert not re.findall(r"#[0-9a-fA-F]{6}", svg)
        assert "aria-label=" in svg
        assert "<text" in svg


def test_every_figure_has_its_table(metrics: Json) -> None:
    html = render(metrics)
    assert html.count("<figure>") == html.count("The table this figure is drawn from") == 8


def test_texts_are_escaped(metrics: Json) -> None:
    html = render(metrics)
    assert "<b>&<" not in html
    assert "&lt;b&gt;&amp;" in html


def test_the_page_tells_what_the_issue_asks_for(metrics: Json) -> None:
    words = " ".join(Page(render(metrics)).words)
    for phrase in (
        "Top-5", "weighted by records", "R-squared", "Training records (B)", "Median (Q1–Q3)", "under 0.5",
        "model 2", "no descriptions were given",
        "Expected calibration error", "before calibration", "Coverage", "Commonest confusions",
        "the model does not have", "Likely label errors",
    ):  # fmt: skip
        assert phrase in words


def test_a_report_needs_no_classification_no_training_sizes_and_no_texts() -> None:
    _, predictions = judged(60)
    metrics = evaluate(predictions)
    assert metrics["size_and_precision"] is None
    assert metrics["levels"] == []
    html = render(metrics)
    assert "does not say how many records" in html


def test_a_report_on_no_records_is_a_page(ksco: Hierarchy) -> None:
    nothing = Predictions([], ["311", "312"], np.zeros((0, 2), dtype=np.float32))
    html = render(evaluate(nothing, raw=nothing, hierarchy=ksco, trained={"311": 20, "312": 30}))
    assert "nan" not in Page(html).words
    assert "There are no records." in html


def test_a_report_on_one_record_and_one_class_is_a_page() -> None:
    one = Predictions(["a"], ["a"], np.ones((1, 1), dtype=np.float32))
    assert "100.0" in render(evaluate(one, trained={"a": 5}))


def test_a_figure_is_drawn_the_same_every_time(metrics: Json) -> None:
    assert figures.size_and_precision(metrics["size_and_precision"]) == figures.size_and_precision(
        metrics["size_and_precision"]
    )


def test_a_title_with_a_dollar_sign_is_no_formula() -> None:
    row = {"group": "1", "title": "pays $5 or $10", "precisions": [0.5, 0.7]}
    assert "pays $5 or $10" in figures.precision_by_group([row])


def test_a_font_with_hangul_leads_where_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    from types import SimpleNamespace

    from matplotlib import font_manager

    present = [SimpleNamespace(name=name) for name in ("DejaVu Sans", "NanumGothic")]
    monkeypatch.setattr(font_manager, "fontManager", SimpleNamespace(ttflist=present))
    assert drawing.fonts() == ["NanumGothic", "DejaVu Sans"]
    present.pop()
    assert drawing.fonts() == ["DejaVu Sans"]


def test_a_report_replaces_the_one_before_and_leaves_nothing_else(tmp_path: Path, metrics: Json) -> None:
    folder = tmp_path / "new" / "report"
    write_report({**metrics, "data": {"file": "older"}}, folder)
    write_report(metrics, folder, title="Spring trial")
    assert json.loads((folder / "metrics.json").read_text(encoding="utf-8")) == metrics
    assert "<h1>Spring trial</h1>" in (folder / "report.html").read_text(encoding="utf-8")
    assert sorted(path.name for path in folder.iterdir()) == ["metrics.json", "report.html"]


def test_a_report_that_cannot_be_written_says_where(tmp_path: Path, metrics: Json) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")
    with pytest.raises(ClassifierError, match=r"cannot be written to .*file"):
        write_report(metrics, tmp_path / "file")
