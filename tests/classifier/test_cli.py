"""The command line, from a CSV file to coded records."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from classifier import load
from classifier.cli import main
from tests.classifier.samples import pairs, read_csv, write_csv
from tests.shared import REPOSITORY

CONTRACT = ("train", "predict", "evaluate", "compare", "threshold")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    rows = [[str(place), text, "", code] for place, (text, code) in enumerate(pairs())]
    return write_csv(tmp_path / "data.csv", ["id", "job", "industry", "code"], rows)


@pytest.fixture
def model(data: Path, tmp_path: Path) -> Path:
    out = tmp_path / "model"
    assert main(["train", str(data), "--text", "{job} {industry}", "--code", "code", "--out", str(out)]) == 0
    return out


def test_training_tells_what_it_did(data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    small = tmp_path / "small.csv"
    small.write_text(data.read_text(encoding="utf-8") + "x,pilot,,3153\r\ny,,,3153\r\n", encoding="utf-8")
    out = tmp_path / "model"
    options = ["--text", "{job}", "--code", "code", "--out", str(out), "--split", "grouped", "--seed", "4"]
    assert main(["train", str(small), *options]) == 0
    told = capsys.readouterr()
    assert "4 classes" in told.out
    assert "left out: 1 records with no text" in told.out
    assert "left out: 1 classes of fewer than 11 records: 3153 (1)" in told.out
    assert "grouped split, seed 4" in told.out
    assert "top-1  100.0 %" in told.out
    assert "100 %" in told.err
    assert load(out).card["settings"]["split"] == "grouped"


def test_prediction_keeps_all_columns_and_appends_the_five_best(
    data: Path, model: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out.csv"
    assert main(["predict", str(data), "--model", str(model), "--out", str(out)]) == 0
    before, after = read_csv(data), read_csv(out)
    assert [{name: row[name] for name in before[0]} for row in after] == before
    assert list(after[0])[4:] == [f"{name}_{rank}" for rank in range(1, 6) for name in ("code", "prob")]
    assert sum(row["code_1"] == row["code"] for row in after) == len(after)
    assert all(0 <= float(row["prob_2"]) <= float(row["prob_1"]) <= 1 for row in after)
    assert after[0]["code_5"] == after[0]["prob_5"] == ""  # four classes
    assert (
        main(["predict", str(data), "--model", str(model), "--out", str(tmp_path / "1.csv"), "--top", "1"])
        == 0
    )
    assert list(read_csv(tmp_path / "1.csv")[0])[4:] == ["code_1", "prob_1"]


def test_a_record_without_text_gets_no_code(model: Path, tmp_path: Path) -> None:
    odd = write_csv(
        tmp_path / "odd.csv",
        ["job", "industry"],
        [["", " "], ["nan", ""], ["a" * 100_000, ""], ["cook 요리사 повар 料理人", "kitchen"]],
    )
    assert main(["predict", str(odd), "--model", str(model), "--out", str(tmp_path / "o.csv")]) == 0
    assert [bool(row["code_1"]) for row in read_csv(tmp_path / "o.csv")] == [False, False, True, True]


def test_the_threshold_and_its_coverage_are_printed(
    data: Path, model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = write_csv(
        tmp_path / "labelled.csv",
        ["job", "industry", "c"],
        [[text, "", code] for text, code in pairs(300, seed=8)],
    )
    options = ["--model", str(model), "--code", "c", "--max-error", "0.05", "--confidence", "0.95"]
    assert main(["threshold", str(other), *options]) == 0
    told = capsys.readouterr().out
    assert "at most 5.0 % wrong with 95.0 % confidence" in told
    assert "left out: 1 records with a text that the model learnt from" in told
    assert "accepts 299 of 299 records, 0 of them wrong" in told
    assert "coverage 100.0 %  (98.7 % to 100.0 %)" in told


def test_a_sample_too_small_for_a_threshold_says_how_many_more_it_takes(
    model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    few = write_csv(
        tmp_path / "few.csv", ["job", "industry", "c"], [[text, "", code] for text, code in pairs(40, seed=8)]
    )
    assert main(["threshold", str(few), "--model", str(model), "--code", "c"]) == 0
    told = capsys.readouterr().out
    assert "no threshold: 40 records cannot vouch" in told
    assert "more labelled records should do" in told


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"--text": "{job} {trade}"}, "names 'trade', not in"),
        ({"--text": "job"}, "names no column"),
        ({"--code": "isco"}, "no column 'isco'"),
        ({"--classification": "codes.csv"}, "not in"),
        ({"--extra": "phrases.csv"}, "no column 'phrase'"),
        ({"--min-class-size": "500"}, "at least two codes"),
        ({"--base": "./nowhere"}, "nowhere"),
    ],
)
def test_bad_input_is_an_error_of_one_kind_and_leaves_nothing_behind(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], change: dict[str, str], reason: str
) -> None:
    write_csv(tmp_path / "codes.csv", ["code", "title"], [["5120", "Cooks"]])
    write_csv(tmp_path / "phrases.csv", ["title", "code"], [["cook", "5120"]])
    options = {"--text": "{job}", "--code": "code", "--out": str(tmp_path / "model"), **change}
    for name in ("--classification", "--extra"):
        if name in options:
            options[name] = str(tmp_path / options[name])
    before = sorted(path.name for path in tmp_path.iterdir())
    assert main(["train", str(data), *(part for item in options.items() for part in item)]) == 1
    assert reason in capsys.readouterr().err
    assert sorted(path.name for path in tmp_path.iterdir()) == before


def test_a_folder_that_is_no_model_is_refused_before_training(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "a.txt").write_text("x")
    options = ["--text", "{job}", "--code", "code", "--out", str(tmp_path / "thesis")]
    assert main(["train", str(data), *options]) == 1
    told = capsys.readouterr()
    assert "is not a model" in told.err
    assert "training" not in told.err


def test_columns_that_the_results_need_are_not_overwritten(
    model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    coded = write_csv(tmp_path / "coded.csv", ["job", "industry", "prob_2"], [["cook", "", "1"]])
    assert main(["predict", str(coded), "--model", str(model), "--out", str(tmp_path / "o.csv")]) == 1
    assert "already has the column 'prob_2'" in capsys.readouterr().err
    assert not (tmp_path / "o.csv").exists()


@pytest.mark.parametrize("option", ["--test-size=1.5", "--min-class-size=0", "--split=moon", "--epochs=x"])
def test_options_out_of_range_are_wrong_use(data: Path, tmp_path: Path, option: str) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["train", str(data), "--text", "{job}", "--code", "code", "--out", str(tmp_path / "m"), option])
    assert caught.value.code == 2


def test_it_runs_as_a_module() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "classifier", "--help"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
    )
    for command in (*CONTRACT, "variants", "label-errors", "recode"):
        assert command in done.stdout


def test_training_with_a_report_tells_everything_the_paper_does(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tree = write_csv(
        tmp_path / "codes.csv",
        ["code", "title", "parent"],
        [
            *[[group, "", ""] for group in "0258"],
            *[["0110", "Officers", "0"], ["2221", "Nurses", "2"], ["5120", "Cooks", "5"]],
            *[["5141", "Hairdressers", "5"], ["8332", "Drivers", "8"]],
        ],
    )
    line = ["train", str(data), "--text", "{job}", "--code", "code", "--out", str(tmp_path / "m")]
    report = tmp_path / "report"
    assert main([*line, "--classification", str(tree), "--report", str(report)]) == 0
    told = capsys.readouterr().out
    assert "1 classes without records can be given through them" in told
    metrics = json.loads((report / "metrics.json").read_text(encoding="utf-8"))
    assert metrics["overall"]["records"] == load(tmp_path / "m").card["data"]["test"]
    assert [row["model"] for row in metrics["models"]] == ["model 1", "half", "model 3"]
    assert {row["model"] for row in metrics["models_left_out"]} == {"model 2", "model 4"}
    assert {row["model"] for row in metrics["under_and_over"]} == {"model 1", "half"}
    assert [row["level"] for row in metrics["levels"]] == [1, 2]
    assert [row["code"] for row in metrics["unseen"]["without_training"]] == ["5141"]
    assert metrics["learnt"]["left_out"] is False
    assert metrics["data"]["split"] == "random, seed 0, 30.0 % kept back for the test"
    assert "Models side by side" in (report / "report.html").read_text(encoding="utf-8")


def test_a_report_can_do_without_the_papers_other_models(data: Path, tmp_path: Path) -> None:
    line = ["train", str(data), "--text", "{job}", "--code", "code", "--out", str(tmp_path / "m")]
    assert main([*line, "--report", str(tmp_path / "r"), "--no-variants"]) == 0
    metrics = json.loads((tmp_path / "r" / "metrics.json").read_text(encoding="utf-8"))
    assert metrics["models"] == []
    assert metrics["size_and_precision"]["points"]


def test_a_report_without_test_records_is_refused_before_training(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    line = ["train", str(data), "--text", "{job}", "--code", "code", "--out", str(tmp_path / "m")]
    assert main([*line, "--report", str(tmp_path / "r"), "--no-test"]) == 1
    assert "a report needs test records" in capsys.readouterr().err
    assert not (tmp_path / "m").exists()


def test_small_classes_are_left_out_as_in_the_paper_when_nothing_is_described(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    codes = ["0110", "2221", "5120", "8332", "3153"]
    tree = write_csv(
        tmp_path / "codes.csv", ["code", "title"], [[code, f"title of {code}"] for code in codes]
    )
    few = tmp_path / "few.csv"
    few.write_text(data.read_text(encoding="utf-8") + "x,pilot,,3153\r\n", encoding="utf-8")
    line = ["train", str(few), "--text", "{job}", "--code", "code", "--classification", str(tree)]
    assert main([*line, "--out", str(tmp_path / "m")]) == 0
    assert "1 classes of fewer than 11 records stay: 3153 (1)" in capsys.readouterr().out
    assert "3153" in load(tmp_path / "m").classes
    assert main([*line, "--out", str(tmp_path / "p"), "--describe", "none"]) == 0
    assert "left out: 1 classes of fewer than 11 records: 3153 (1)" in capsys.readouterr().out
    assert "3153" not in load(tmp_path / "p").classes


def test_a_random_split_tells_how_the_model_does_on_texts_it_never_saw(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [[text, code] for text, code in [*pairs(120), *pairs(120)]]
    path = write_csv(tmp_path / "twice.csv", ["job", "code"], rows)
    assert main(["train", str(path), "--text", "{job}", "--code", "code", "--out", str(tmp_path / "m")]) == 0
    metrics = load(tmp_path / "m").card["metrics"]
    new = metrics["top_new"][0]["trials"]
    assert 0 < new < metrics["records"]
    assert f"of these, {new} with a text that no training record has" in capsys.readouterr().out


def test_likely_label_errors_are_ranked_by_models_that_never_saw_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [[text, code] for text, code in pairs(240)]
    rows[20][1] = "5120"
    data = write_csv(tmp_path / "d.csv", ["job", "code"], rows)
    out = tmp_path / "errors.csv"
    line = ["label-errors", str(data), "--text", "{job}", "--code", "code", "--out", str(out), "--folds", "3"]
    assert main(line) == 0
    found = read_csv(out)
    first = {name: found[0][name] for name in ("line", "text", "code", "suggested")}
    assert first == {"line": "22", "text": rows[20][0], "code": "5120", "suggested": "0110"}
    assert f"{len(found)} of 240 records" in capsys.readouterr().out


@pytest.mark.parametrize("command", ["train", "variants", "label-errors"])
def test_the_help_tells_the_learning_rates(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main([command, "--help"])
    told = " ".join(capsys.readouterr().out.split())
    assert "default: 2e-5, the paper's" in told
    assert "1.5e-4" in told
