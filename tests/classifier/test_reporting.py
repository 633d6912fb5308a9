"""`evaluate` and `compare` from file to report, with an engine that knows words by heart."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar, Self, cast

import numpy as np
import pytest

from classifier.calibrate import Calibration
from classifier.cli import main
from classifier.engine import ENGINES, Engine, Floats
from classifier.learnt import Learnt
from classifier.model import Model
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


def run(command: str, folder: Path, *more: str) -> int:
    data, tree = folder / "data.csv", folder / "tree.csv"
    data.write_text(DATA, encoding="utf-8")
    tree.write_text(TREE, encoding="utf-8")
    line = [str(data), "--code", "code", "--out", str(folder / "out"), "--classification", str(tree), *more]
    return main([command, *line])


def written(folder: Path) -> tuple[dict[str, Any], str]:
    metrics = json.loads((folder / "out" / "metrics.json").read_text(encoding="utf-8"))
    return metrics, (folder / "out" / "report.html").read_text(encoding="utf-8")


def test_evaluate_writes_metrics_and_a_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = saved(tmp_path / "m", "경찰", "택시")
    assert run("evaluate", tmp_path, "--model", str(model)) == 0
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
    assert run("compare", tmp_path, "--model", str(good), "--model", str(poor)) == 0
    metrics, html = written(tmp_path)
    assert [model["name"] for model in metrics["models"]] == ["a/model", "b/model"]
    assert metrics["records"] == 4
    assert metrics["data"]["left_out"] == "2 with no text, 1 with no code"
    test = metrics["pairs"][0]["tests"][0]
    assert [test[key] for key in ("both", "first_only", "second_only", "neither")] == [0, 2, 1, 1]
    assert test["p"] == 1.0
    assert "b/model against a/model" in html
    assert "McNemar" in capsys.readouterr().out


def test_one_model_is_no_comparison(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = saved(tmp_path / "m", "경찰", "택시")
    assert run("compare", tmp_path, "--model", str(model)) == 1
    assert "needs two models" in capsys.readouterr().err


def test_a_file_without_the_code_column_is_refused_before_anything_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = saved(tmp_path / "m", "경찰", "택시")
    assert run("compare", tmp_path, "--model", str(model), "--model", str(model), "--code", "kode") == 1
    assert "kode" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_variants_of_another_shape_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = saved(tmp_path / "m", "경찰", "택시")
    (tmp_path / "v.json").write_text("[]", encoding="utf-8")
    assert run("evaluate", tmp_path, "--model", str(model), "--variants", str(tmp_path / "v.json")) == 1
    assert "v.json is not what the variants" in capsys.readouterr().err


def test_variants_are_written_and_shown_beside_the_model(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = [f"{i},{'택시 운전' if i % 2 else '경찰 순찰'} {i},{873 if i % 2 else 411}" for i in range(80)]
    (tmp_path / "train.csv").write_text("\n".join(["id,job,code", *lines]) + "\n", encoding="utf-8")
    out = tmp_path / "deep" / "v.json"
    line = f"variants {tmp_path / 'train.csv'} --text {{job}} --code code --out {out} --large 20"
    assert main(line.split()) == 0
    assert "model 3 was not trained: no descriptions were given" in capsys.readouterr().out
    found = json.loads(out.read_text(encoding="utf-8"))
    assert [row["model"] for row in found["models"]] == ["model 1", "half", "model 2"]
    model = saved(tmp_path / "m", "경찰", "택시")
    assert run("evaluate", tmp_path, "--model", str(model), "--variants", str(out)) == 0
    metrics, html = written(tmp_path)
    assert metrics["models"] == found["models"]
    assert "Models side by side" in html
    assert "model 4 (model 2 with descriptions) was not trained: no descriptions were given." in html


def learning(folder: Path, *texts: str) -> Path:
    """A model that learnt from these texts."""
    engine = cast("Engine", Words("경찰", "택시"))
    template = Template("{job} {place}")
    Model(["411", "873"], engine, Calibration(0.5), template, {}, Learnt.of(texts)).save(folder)
    return folder


def test_records_that_the_model_learnt_from_are_left_out_and_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = learning(tmp_path / "m", "택시-운전 회사", "여객선")
    assert run("evaluate", tmp_path, "--model", str(model)) == 0
    metrics, _ = written(tmp_path)
    # Rows 1 and 3 have the text learnt from; 3 is miscoded. Of rows 2, 4 and 7 the last is wrong.
    assert metrics["overall"]["accuracy"]["trials"] == 3
    assert metrics["learnt"]["records"] == 2
    assert metrics["learnt"]["left_out"] is True
    assert metrics["learnt"]["on_learnt"]["value"] == 0.5
    assert metrics["learnt"]["on_others"]["value"] == pytest.approx(2 / 3)
    assert "left out: 2 records with a text that the model learnt from" in capsys.readouterr().out
    assert run("evaluate", tmp_path, "--model", str(model), "--learnt", "keep") == 0
    metrics, html = written(tmp_path)
    assert metrics["overall"]["accuracy"]["trials"] == 5
    assert metrics["learnt"]["left_out"] is False
    assert "learnt from the texts of 2 records" in html


def test_a_comparison_leaves_out_what_any_of_the_models_learnt_from(tmp_path: Path) -> None:
    first, second = learning(tmp_path / "a", "택시 운전 회사"), learning(tmp_path / "b", "경찰")
    assert run("compare", tmp_path, "--model", str(first), "--model", str(second)) == 0
    metrics, _ = written(tmp_path)
    assert metrics["records"] == 2
    assert metrics["data"]["left_out"] == (
        "1 with no text, 1 with no code, 3 with a text that a model learnt from"
    )
    assert [row["learnt"] for row in metrics["models"]] == [2, 1]


@pytest.mark.parametrize("command", ["evaluate", "compare", "threshold"])
def test_records_that_were_all_learnt_from_judge_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    model = learning(tmp_path / "m", "택시 운전 회사", "경찰", "경찰 파출소")
    other = learning(tmp_path / "n")
    (tmp_path / "data.csv").write_text(DATA, encoding="utf-8")
    line = [command, str(tmp_path / "data.csv"), "--code", "code", "--model", str(model)]
    line += {"evaluate": [], "compare": ["--model", str(other)], "threshold": []}[command]
    line += [] if command == "threshold" else ["--out", str(tmp_path / "out")]
    assert main(line) == 1
    assert "learnt from the texts of all 5 records" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
    assert main([*line, "--learnt", "keep"]) == 0


@pytest.mark.parametrize("command", ["evaluate", "compare", "threshold"])
def test_a_model_that_does_not_tell_what_it_learnt_from_says_so_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    model, other = saved(tmp_path / "m", "경찰", "택시"), saved(tmp_path / "n", "경찰", "택시")
    (tmp_path / "data.csv").write_text(DATA, encoding="utf-8")
    line = [command, str(tmp_path / "data.csv"), "--code", "code", "--model", str(model)]
    line += {"evaluate": [], "compare": ["--model", str(other)], "threshold": []}[command]
    line += [] if command == "threshold" else ["--out", str(tmp_path / "out")]
    assert main(line) == 0
    assert capsys.readouterr().out.count("not known which records") == 1
