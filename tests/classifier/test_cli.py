"""The command line, from a CSV file to coded records."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from classifier import load
from classifier.cli import main
from tests.classifier.samples import pairs, read_csv, write_csv
from tests.shared import REPOSITORY


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
    for command in ("train", "predict", "evaluate", "compare", "threshold"):
        assert command in done.stdout
