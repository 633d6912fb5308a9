"""`learn` on Korean records: the splitter is chosen by the script, and phrases give their words back."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from dictionary import Coder, Dictionary, Record
from dictionary.cli import main
from dictionary.learn import CodedRecord, learn

pytest.importorskip("kiwipiepy")

TITLES = [
    ("기계 조작원", "831"),
    ("기계조작원(으로)", "831"),
    ("포장 기계 조작원", "831"),
    ("섬유 기계 조작원", "831"),
    ("초등학교 교사", "252"),
    ("중학교 교사", "252"),
    ("음악 교사", "252"),
    ("수학 교사", "252"),
]


def records() -> list[CodedRecord]:
    return [CodedRecord(line, title, "", code) for line, (title, code) in enumerate(TITLES, start=2)]


def test_korean_splitter_is_chosen_for_mostly_hangul_texts() -> None:
    files, _ = learn(records())
    assert Dictionary.from_texts(files).words == "korean"


def test_plain_words_stay_for_other_scripts_and_when_asked() -> None:
    assert Dictionary.from_texts(learn([CodedRecord(2, "weaver", "", "754")])[0]).words == "words"
    assert Dictionary.from_texts(learn(records(), words="words")[0]).words == "words"


def test_title_never_seen_is_coded_by_its_morphemes() -> None:
    coder = Coder(Dictionary.from_texts(learn(records())[0]))
    assert coder.code(Record("1", "영어교사로")).code == "252"


def test_every_phrase_gives_its_own_words_back() -> None:
    dictionary = Dictionary.from_texts(learn(records())[0])
    entries = dictionary.tables["general"].entries
    assert entries
    assert all(sorted(entry.words) == sorted(entry.phrase.split()) for entry in entries)


def test_command_says_that_it_chose_the_splitter(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = tmp_path / "coded.csv"
    with source.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([("occupation", "code"), *TITLES])
    assert main(["learn", str(source), "--out", str(tmp_path / "out")]) == 0
    assert "Hangul" in capsys.readouterr().out
    assert main(["check", str(tmp_path / "out")]) == 0
