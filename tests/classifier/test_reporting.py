"""`evaluate` and `compare` from file to report, with an engine that knows words by heart."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar, Self, cast

import numpy as np
import pytest

from classifier.calibrate import Calibration
from classifier.engine import ENGINES, Engine, Floats
from classifier.errors import ClassifierError
from classifier.model import Model
from classifier.reporting import (
    add_compare_arguments,
    add_evaluate_arguments,
    add_variants_arguments,
    main_compare,
    main_evaluate,
    main_variants,
)
from classifier.text import Template

DATA = (
    "id,job,place,code\n"
    "1,택시 운전,회사,873\n2,경찰,파출소,411\n3,택시 운전,회사,411\n4,경찰,,411\n"
    "5,,,411\n6,경찰,파출소,\n7,경찰,파출소,999\n"
)
TREE = (
    "code,title,parent,level\n4,서비스 종사자,,1\n41,가,4,2\n411,경찰,41,3\n"
    "8,장치,,1\n87,나,8,2\n873,운전원,87,3\n"
)


class Words:
    """Scores 4 for the class whose word is in the text, else 0."""

    kind: ClassVar[str] = "words"
    folds: ClassVar[int] = 0

    def __init__(self, *words: str) -> None:
        self.words = words

    def scores(self, texts: Sequence[str]) -> Floats:
        rows = [[4.0 if word in text else 0.0 for word in self.words] for text in texts]
        return np.array(rows, dtype=np.float32).reshape(len(texts), len(self.words))

    def save(self, folder: Path) -> None:
        (folder / "words.json").write_text(json.dumps(self.words), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Self:
        return cls(*json.loads((folder / "words.json").read_text(encoding="utf-8")))

    def describe(self) -> dict[str, Any]:
        return {}


@pytest.fixture(autouse=True)
def _known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(ENGINES, "words", f"{__name__}:Words")


def saved(folder: Path, *words: str, template: str = "{job} {place}") -> Path:
    """A model of 411 and 873 in a folder; `words` are what it knows them by."""
    engine = cast("Engine", Words(*words))
    Model(["411", "873"], engine, Calibration(0.5), Template(template), {}).save(folder)
    return folder


def arguments(command: str, folder: Path, *more: str) -> argparse.Namespace:
    data, tree = folder / "data.csv", folder / "tree.csv"
    data.write_text(DATA, encoding="utf-8")
    tree.write_text(TREE, encoding="utf-8")
    parser = argparse.ArgumentParser()
    (add_evaluate_arguments if command == "evaluate" else add_compare_arguments)(parser)
    line = [str(data), "--code", "code", "--out", str(folder / "out"), "--classification", str(tree), *more]
    return parser.parse_args(line)


def written(folder: Path) -> tuple[dict[str, Any], str]:
    metrics = json.loads((folder / "out" / "metrics.json").read_text(encoding="utf-8"))
    return metrics, (folder / "out" / "report.html").read_text(encoding="utf-8")


def test_evaluate_writes_metrics_and_a_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = saved(tmp_path / "m", "경찰", "택시")
    assert main_evaluate(arguments("evaluate", tmp_path, "--model", str(model))) == 0
    metrics, html = written(tmp_path)
    # Rows 5 (no text) and 6 (no code) cannot be judged; row 3 is miscoded, row 7 has a code the model lacks.
    assert metrics["overall"]["accuracy"]["successes"] == 3
    assert metrics["overall"]["accuracy"]["trials"] == 5
    assert metrics["data"]["left_out"] == "1 with no text, 1 with no code"
    assert metrics["unseen"]["unknown_to_model"] == [{"code": "999", "records": 1, "code_title": ""}]
    assert [level["accuracy"]["successes"] for level in metrics["levels"]] == [3, 3, 3]
    assert metrics["model"]["name"] == "m"
    assert (
        metrics["calibration"]["before"]["mean_confidence"]
        < metrics["calibration"]["after"]["mean_confidence"]
    )
    assert "서비스 종사자" in html
    assert "60.00%" in capsys.readouterr().out


def test_compare_judges_every_model_on_the_same_records(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good = saved(tmp_path / "a" / "model", "경찰", "택시")
    # Reads the place alone, which row 4 does not have: that record is left out for both.
    poor = saved(tmp_path / "b" / "model", "회사", "파출소", template="{place}")
    args = arguments("compare", tmp_path, "--model", str(good), "--model", str(poor))
    assert main_compare(args) == 0
    metrics, html = written(tmp_path)
    assert [model["name"] for model in metrics["models"]] == ["a/model", "b/model"]
    assert metrics["records"] == 4
    assert metrics["data"]["left_out"] == "1 with no code, 2 with no text"
    test = metrics["pairs"][0]["tests"][0]
    assert [test[key] for key in ("both", "first_only", "second_only", "neither")] == [0, 2, 1, 1]
    assert test["p"] == 1.0
    assert "b/model against a/model" in html
    assert "McNemar" in capsys.readouterr().out


def test_one_model_is_no_comparison(tmp_path: Path) -> None:
    model = saved(tmp_path / "m", "경찰", "택시")
    with pytest.raises(ClassifierError, match="needs two models"):
        main_compare(arguments("compare", tmp_path, "--model", str(model)))


def test_a_file_without_the_code_column_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    model = saved(tmp_path / "m", "경찰", "택시")
    args = arguments("compare", tmp_path, "--model", str(model), "--model", str(model))
    args.code = "kode"
    with pytest.raises(ClassifierError, match="kode"):
        main_compare(args)
    assert not (tmp_path / "out").exists()


def test_variants_of_another_shape_are_refused(tmp_path: Path) -> None:
    model = saved(tmp_path / "m", "경찰", "택시")
    (tmp_path / "v.json").write_text("[]", encoding="utf-8")
    with pytest.raises(ClassifierError, match=r"v\.json is not what the variants"):
        main_evaluate(
            arguments("evaluate", tmp_path, "--model", str(model), "--variants", str(tmp_path / "v.json"))
        )


def test_variants_are_written_and_shown_beside_the_model(tmp_path: Path) -> None:
    lines = [f"{i},{'택시 운전' if i % 2 else '경찰 순찰'} {i},{873 if i % 2 else 411}" for i in range(80)]
    (tmp_path / "train.csv").write_text("\n".join(["id,job,code", *lines]) + "\n", encoding="utf-8")
    parser = argparse.ArgumentParser()
    add_variants_arguments(parser)
    out = tmp_path / "deep" / "v.json"
    line = [
        str(tmp_path / "train.csv"),
        "--text",
        "{job}",
        "--code",
        "code",
        "--out",
        str(out),
        "--large",
        "20",
    ]
    assert main_variants(parser.parse_args(line)) == 0
    found = json.loads(out.read_text(encoding="utf-8"))
    assert [row["model"] for row in found["models"]] == ["model 1", "half", "model 2"]
    model = saved(tmp_path / "m", "경찰", "택시")
    main_evaluate(arguments("evaluate", tmp_path, "--model", str(model), "--variants", str(out)))
    metrics, html = written(tmp_path)
    assert metrics["models"] == found["models"]
    assert "Models side by side" in html
    assert "model 4 (model 2 with descriptions) was not trained: no descriptions were given." in html
