"""`python -m dictionary`: what goes in comes out, and nothing is written by halves."""

from __future__ import annotations

import argparse
import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import dictionary
from dictionary.cli import ADDED, main
from tests.dictionary.build import PAPER_ENTRIES

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "dictionary"
    folder.mkdir()
    (folder / "entries.csv").write_text(PAPER_ENTRIES, encoding="utf-8")
    (folder / "unknown.csv").write_text("phrase\nUNK\n", encoding="utf-8")
    return folder


def _rows(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.reader(stream))


def _code(folder: Path, records: Path, *options: str) -> tuple[int, Path]:
    out = folder.parent / "out.csv"
    return main(["code", str(records), "--dictionary", str(folder), "--out", str(out), *options]), out


def _write(folder: Path, content: str | bytes) -> Path:
    path = folder.parent / "records.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    return path


def test_code_keeps_every_column_and_appends_the_result(folder: Path) -> None:
    cells = [
        ["id", "occupation", "industry", "age", "note", "note"],
        ["001", "Truck driver", "fuel oil", "44", ' "quoted", and\nbroken ', "=1+1"],
        ["002", "contractor", "plumbing & heating", "", "기계", ""],
        ["003", "driver", "", "5", "", ""],
        ["004", "unk", "", "", "", ""],
        ["005", "arkitect", "", "", "\x00\r", "\r\n"],
    ]
    records = folder.parent / "records.csv"
    with records.open("w", encoding="utf-8-sig", newline="") as stream:
        csv.writer(stream).writerows(cells)
    status, out = _code(folder, records)
    assert status == 0
    rows = _rows(out)
    assert [row[:6] for row in rows] == cells
    assert tuple(rows[0][6:]) == ADDED
    assert [row[6:11] for row in rows[1:]] == [
        ["coded", "716", "general", "4", "unique"],
        ["tie", "", "general", "2", ""],
        ["child", "", "", "", ""],
        ["unknown", "", "", "", ""],
        ["no_match", "", "", "", ""],
    ]
    candidates, trace = json.loads(rows[1][11]), json.loads(rows[1][12])
    assert candidates[0]["code"] == "716"
    assert trace[0] == {
        "phrase": "FUEL OIL TRUCK DRIVER", "code": "716", "priority": 4, "scope": "both", "table": "general",
    }  # fmt: skip
    assert json.loads(rows[5][11])[0]["guesses"] == [["arkitect", "architect"]]


def test_columns_are_chosen_by_option(folder: Path) -> None:
    records = _write(folder, "nr,job,branch,years\n7,machinist,construction,90\n")
    status, out = _code(
        folder, records, "--id", "nr", "--occupation", "job", "--industry", "branch", "--age", "years",
        "--child-age", "91",
    )  # fmt: skip
    assert (status, _rows(out)[1][4]) == (0, "child")


def test_industry_and_age_may_be_absent(folder: Path) -> None:
    status, out = _code(folder, _write(folder, "occupation,id\ndriver,1\n"))
    assert (status, _rows(out)[1][:4]) == (0, ["driver", "1", "coded", "715"])


@pytest.mark.parametrize(
    ("content", "options", "message"),
    [
        ("id,job\n1,x\n", [], "no column 'occupation' for the occupation; its columns are 'id', 'job'"),
        ("occupation\nx\n", [], "no column 'id' for the id"),
        ("id,occupation\n1,x\n", ["--industry", "branch"], "no column 'branch' for the industry"),
        ("id,occupation,occupation\n1,x,y\n", [], "has 2 columns 'occupation'"),
        ("id,occupation,status,code\n1,x,y,z\n", [], "already has the columns 'status', 'code'"),
    ],
)
def test_wrong_columns_are_a_usage_error(
    folder: Path, content: str, options: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    status, out = _code(folder, _write(folder, content), *options)
    assert status == 2
    assert message in capsys.readouterr().err
    assert not out.exists()


@pytest.mark.parametrize(
    ("content", "messages"),
    [
        (b"", [":1: the file is empty"]),
        (b'id,occupation\n1,x\n2\n3,"y\nz"\n4,5,6\n', [":3: has 1 cells", ":6: has 3 cells"]),
        (b"id,occupation\n1,x\n2,\xe9\n", [":2: here or soon after is not UTF-8"]),
        (b'id,occupation\n1,x\n2,"y\n', [":3: is not readable as CSV"]),
    ],
)
def test_a_faulty_record_file_leaves_what_was_there_before(
    folder: Path, content: bytes, messages: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    before = folder.parent / "out.csv"
    before.write_text("earlier", encoding="utf-8")
    status, out = _code(folder, _write(folder, content))
    assert status == 1
    shown = capsys.readouterr().err
    if b"\xe9" in content:
        messages = ["is not UTF-8"]
    assert all(message in shown for message in messages)
    assert out.read_text(encoding="utf-8") == "earlier"
    assert sorted(path.name for path in folder.parent.iterdir()) == ["dictionary", "out.csv", "records.csv"]


def test_ages_that_are_none_are_reported_counted_and_taken_as_missing(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ages = ["-1", "nan", "inf", "ten", " 50 ", ""]
    content = "id,occupation,age\n" + "".join(f"{n},driver,{age}\n" for n, age in enumerate(ages))
    status, out = _code(folder, _write(folder, content))
    assert status == 0
    assert [row[3] for row in _rows(out)[1:]] == ["coded"] * 6
    shown = capsys.readouterr().err
    assert "records.csv:2: age '-1' is not a number of years" in shown
    assert "4 ages could not be read" in shown


def test_a_dictionary_with_faults_codes_nothing(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "entries.csv").write_text("phrase,code\nA,\n,1\n", encoding="utf-8")
    status, out = _code(folder, _write(folder, "id,occupation\n1,driver\n"))
    assert status == 1
    shown = capsys.readouterr().err
    assert "entries.csv:2: " in shown
    assert "entries.csv:3: " in shown
    assert not out.exists()


def test_out_may_be_the_file_that_was_read(folder: Path) -> None:
    records = _write(folder, "id,occupation\n1,driver\n")
    assert main(["code", str(records), "--dictionary", str(folder), "--out", str(records)]) == 0
    assert _rows(records)[1][:4] == ["1", "driver", "coded", "715"]


def test_check_prints_every_fault_with_file_and_line(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "spelling.csv").write_text("variant,standard\nA,B\nB,A\n", encoding="utf-8")
    codes = folder.parent / "codes.csv"
    codes.write_text("code,title\n715,Driver\n", encoding="utf-8")
    assert main(["check", str(folder), "--classification", str(codes)]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "entries.csv:2: code '716' of 'FUEL OIL TRUCK DRIVER' is not in the classification"
    assert lines[-2] == "spelling.csv:2: the rules loop: a -> b -> a"
    assert lines[-1].endswith(f"{len(lines) - 1} faults")


def test_check_of_a_good_dictionary_summarises_it(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "speling.csv").write_text("variant,standard\n", encoding="utf-8")
    assert main(["check", str(folder)]) == 0
    shown = capsys.readouterr().out
    assert "no faults" in shown
    assert "general 22" in shown
    assert "not read, being no part of a dictionary: speling.csv" in shown


def test_evaluate_prints_rates_and_writes_json(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    coded = folder.parent / "coded.csv"
    coded.write_text("job,answer\ntruck driver,715\ndriver,1\nastronaut,2\ncook,\n", encoding="utf-8")
    figures = folder.parent / "figures.json"
    status = main(
        ["evaluate", str(coded), "--dictionary", str(folder), "--occupation", "job", "--code", "answer",
         "--json", str(figures)]
    )  # fmt: skip
    assert status == 0
    shown = capsys.readouterr().out
    assert "coding rate  66.7 %  (95 % interval 20.8-93.9)" in shown
    assert "accuracy     50.0 % of the coded  (95 % interval 9.5-90.5)" in shown
    assert "1 -> 715  1  driver" in shown
    assert "left out: 1 rows without a reference code" in shown
    written = json.loads(figures.read_text(encoding="utf-8"))
    assert (written["records"], written["coded"], written["correct"], written["without_reference"]) == (
        3,
        2,
        1,
        1,
    )


def _python(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [sys.executable, *arguments], cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )


def test_the_module_runs_from_any_folder(folder: Path) -> None:
    _write(folder, "id,occupation\n1,truck driver\n")
    arguments = ["code", "records.csv", "--dictionary", "dictionary", "--out", "out.csv"]
    # The folder it runs in has a 'dictionary' of its own, which is no package.
    done = _python("-m", "dictionary", *arguments, cwd=folder.parent)
    assert (done.returncode, done.stderr) == (0, "")
    assert _rows(folder.parent / "out.csv")[1][2] == "coded"
    missing = _python("-m", "dictionary", "check", "nowhere", cwd=folder.parent)
    assert missing.returncode == 1
    assert "nowhere: is not there" in missing.stdout
    assert _python("-m", "dictionary", "code", cwd=folder.parent).returncode == 2


def test_the_library_needs_no_django_and_learning_is_loaded_when_asked_for(folder: Path) -> None:
    program = (
        "import sys, dictionary, dictionary.cli; dictionary.cli.main(['check', sys.argv[1]]); "
        "print(sorted(m for m in sys.modules if m.split('.')[0] in "
        "('django', 'coding_app', 'classifier', 'celery', 'rest_framework', 'kiwipiepy', 'pandas') "
        "or m.startswith('dictionary.learn')))"
    )
    done = _python("-c", program, str(folder), cwd=folder.parent)
    assert done.stdout.splitlines()[-1] == "[]", done.stderr


def test_a_result_that_cannot_be_written_is_a_clear_error(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    records = _write(folder, "id,occupation\n1,driver\n")
    for out in (folder, folder.parent / "nowhere" / "out.csv"):
        assert main(["code", str(records), "--dictionary", str(folder), "--out", str(out)]) == 2
        assert str(out) in capsys.readouterr().err
    assert sorted(path.name for path in folder.parent.iterdir()) == ["dictionary", "records.csv"]


def test_learn_hands_its_arguments_to_the_learner(monkeypatch: pytest.MonkeyPatch) -> None:
    class Learner:
        @staticmethod
        def add_arguments(parser: argparse.ArgumentParser) -> None:
            parser.add_argument("coded")

        @staticmethod
        def main(args: argparse.Namespace) -> int:
            return 0 if args.coded == "coded.csv" else 1

    monkeypatch.setattr(dictionary, "learn", Learner, raising=False)
    assert main(["learn", "coded.csv"]) == 0
