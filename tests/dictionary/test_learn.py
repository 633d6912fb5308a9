"""`learn` on small data written by hand: what becomes an entry, what goes to the report, what is refused."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable
from pathlib import Path

import pytest

from dictionary import Coder, Dictionary, Record
from dictionary.cli import main
from dictionary.learn import CodedRecord, Settings, learn


def coded(*rows: tuple[str, str] | tuple[str, str, str]) -> list[CodedRecord]:
    """Records from (occupation, code) or (occupation, industry, code)."""
    return [
        CodedRecord(line, row[0], row[1] if len(row) == 3 else "", row[-1])
        for line, row in enumerate(rows, start=2)
    ]


def trades() -> list[CodedRecord]:
    """Enough texts for a pattern: the trade's word decides, the modifier does not."""
    heads = {
        "weaver": "754",
        "fitter": "841",
        "clerk": "300",
        "labourer": "999",
        "farmer": "611",
        "baker": "776",
    }
    modifiers = ["cotton", "iron", "railway", "silk", "general", "town", "master", "junior"]
    rows = [(f"{modifier} {head}", code) for head, code in heads.items() for modifier in modifiers]
    rows += list(heads.items())
    return coded(*rows)


def entries(files: dict[str, str]) -> dict[tuple[str, ...], str]:
    table = Dictionary.from_texts(files).tables["general"]
    return {tuple(sorted(entry.words)): entry.code for entry in table.entries}


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def write(path: Path, header: Iterable[str], body: Iterable[Iterable[str]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(header)
        writer.writerows(body)
    return path


def test_word_that_decides_becomes_an_entry_of_its_code() -> None:
    files, _ = learn(trades())
    learned = entries(files)
    assert learned[("weaver",)] == "754"
    assert learned[("labourer",)] == "999"


def test_word_that_decides_nothing_is_no_entry_and_is_reported() -> None:
    files, report = learn(trades())
    assert ("railway",) not in entries(files)
    assert "railway" in {row["word"] for row in rows(report["undecisive_words.csv"])}


def test_text_never_seen_is_coded_by_the_word_that_decides() -> None:
    files, _ = learn(trades())
    result = Coder(Dictionary.from_texts(files)).code(Record("1", "Woollen Weaver (deceased)"))
    assert result.code == "754"


def test_longer_phrase_with_a_code_of_its_own_overrules_its_words() -> None:
    exception = coded(
        *[("bank clerk", "331"), ("bank clerk retired", "331"), ("chief bank clerk", "331")] * 3
    )
    files, _ = learn(trades() + exception)
    coder = Coder(Dictionary.from_texts(files))
    assert coder.code(Record("1", "bank clerk, formerly")).code == "331"
    assert coder.code(Record("2", "shipping clerk")).code == "300"


def test_majority_of_a_text_becomes_its_code_and_the_conflict_is_reported() -> None:
    conflict = coded(*[("lock keeper", "551")] * 9, ("lock keeper", "999"))
    files, report = learn(trades() + conflict)
    assert Coder(Dictionary.from_texts(files)).code(Record("1", "lock keeper")).code == "551"
    (reported,) = rows(report["conflicts.csv"])
    assert (reported["text"], reported["codes"]) == ("lock keeper", "551: 9; 999: 1")


def test_text_without_any_majority_is_no_entry_at_a_high_strictness() -> None:
    split = coded(*[("lock keeper", code) for code in ("551", "999", "300", "611")])
    files, report = learn(trades() + split, Settings(strictness=0.6))
    assert ("keeper", "lock") not in entries(files)
    assert "lock keeper" in {row["text"] for row in rows(report["conflicts.csv"])}


def test_stricter_never_means_more_entries_from_texts() -> None:
    counts = []
    for strictness in (0.0, 0.3, 0.6, 0.9):
        _, report = learn(trades(), Settings(strictness=strictness))
        counts.append(json.loads(report["summary.json"])["entries_from_texts"])
    assert counts == sorted(counts, reverse=True)
    assert counts[0] > counts[-1]


def test_phrase_of_too_few_texts_is_no_entry() -> None:
    texts = coded(*[(f"{place} ostler", "624") for place in ("inn", "coach", "hotel")])
    files, _ = learn(trades() + texts, Settings(min_texts=2, inferred=0))
    assert ("inn", "ostler") not in entries(files)
    assert ("ostler",) in entries(files)
    assert ("inn", "ostler") in entries(learn(trades() + texts, Settings(inferred=0))[0])


def test_no_sub_phrase_is_longer_than_asked() -> None:
    texts = coded(
        *[(f"head keeper of {place} lock", "551") for place in ("upper", "lower", "middle", "north")]
    )
    files, _ = learn(trades() + texts, Settings(max_words=2, inferred=0))
    whole = {
        tuple(sorted(f"head keeper of {place} lock".split()))
        for place in ("upper", "lower", "middle", "north")
    }
    assert all(len(words) <= 2 or words in whole for words in entries(files))


def test_two_deciding_words_never_seen_together_do_not_tie_where_one_is_stronger() -> None:
    stronger = coded(*[(f"{trade} labourer", "999") for trade in ("weaver", "fitter", "farmer")])
    records = trades() + stronger
    inferred, report = learn(records)
    without, _ = learn(records, Settings(inferred=0))
    new = Record("1", "baker labourer")
    if json.loads(report["summary.json"])["entries_inferred"]:
        assert Coder(Dictionary.from_texts(inferred)).code(new).code == "999"
    assert Coder(Dictionary.from_texts(without)).code(new).code is None


def test_inferred_entries_are_marked_and_come_last() -> None:
    stronger = coded(*[(f"{trade} labourer", "999") for trade in ("weaver", "fitter", "farmer")])
    files, _ = learn(trades() + stronger)
    notes = [row["note"].startswith("inferred") for row in rows(files["entries.csv"])]
    assert notes == sorted(notes)


def test_plurals_and_joined_words_meet_their_standard() -> None:
    texts = coded(("station master", "221"), ("station master railway", "221"), ("weavers labourer", "999"))
    files, _ = learn(trades() + texts)
    coder = Coder(Dictionary.from_texts(files))
    assert coder.standardise("weavers") == ("weaver",)
    assert coder.standardise("farmers") == ("farmer",)
    assert coder.code(Record("1", "stationmaster")).code == "221"


def test_probable_misspelling_is_reported_and_applied_only_when_asked() -> None:
    misspelt = coded(("cotton weavver", "754"))
    files, report = learn(trades() + misspelt)
    (found,) = rows(report["misspellings.csv"])
    assert (found["word"], found["suggestion"], found["distance"], found["applied"]) == (
        "weavver",
        "weaver",
        "1",
        "no",
    )
    assert Coder(Dictionary.from_texts(files)).standardise("weavver") == ("weavver",)
    files, report = learn(trades() + misspelt, correct=True)
    assert rows(report["misspellings.csv"])[0]["applied"] == "yes"
    assert Coder(Dictionary.from_texts(files)).standardise("weavver") == ("weaver",)


def test_word_of_one_text_is_reported_as_rare() -> None:
    _, report = learn(trades() + coded(("ostler", "624")))
    assert {"word": "ostler", "records": "1", "example": "ostler", "codes": "624: 1"} in rows(
        report["rare_words.csv"]
    )


def test_rows_without_code_or_words_are_listed_with_their_line() -> None:
    records = [*trades(), CodedRecord(90, "gilder", "", " "), CodedRecord(91, " - ", "", "999")]
    _, report = learn(records)
    assert [(row["line"], row["reason"]) for row in rows(report["skipped_rows.csv"])] == [
        ("90", "no code"),
        ("91", "no words in the occupation or industry"),
    ]


def test_nothing_to_learn_from_is_said() -> None:
    with pytest.raises(ValueError, match="none of 1 rows has both"):
        learn(coded(("gilder", "")))


def test_same_records_give_the_same_bytes_whatever_their_order() -> None:
    records = trades()
    assert learn(records)[0] == learn(records)[0]
    assert learn(records)[0] == learn(list(reversed(records)))[0]


def test_codes_stay_text() -> None:
    files, _ = learn(coded(*[(f"{m} chemist", "01110") for m in ("works", "town", "", "analytical")]))
    assert set(entries(files).values()) == {"01110"}


def test_industry_word_decides_where_the_occupation_leaves_it_open() -> None:
    texts = []
    for industry, code in (
        ("cotton mill", "754"),
        ("railway", "983"),
        ("brewery", "778"),
        ("colliery", "711"),
    ):
        texts += [
            (f"{word}", industry, code) for word in ("worker", "hand", "employee", "general worker", "helper")
        ]
    files, _ = learn(coded(*texts))
    coder = Coder(Dictionary.from_texts(files))
    assert coder.code(Record("1", "assistant", "brewery")).code == "778"
    assert coder.code(Record("2", "assistant", "colliery")).code == "711"


def test_occupation_word_decides_over_the_industry() -> None:
    texts = []
    for industry in ("cotton mill", "railway", "brewery", "colliery", "bank"):
        texts += [("clerk", industry, "300"), ("porter", industry, "971"), ("engineer", industry, "020")]
    files, _ = learn(coded(*texts))
    assert Coder(Dictionary.from_texts(files)).code(Record("1", "clerk", "brewery")).code == "300"
    assert Coder(Dictionary.from_texts(files)).code(Record("2", "porter", "gas works")).code == "971"


@pytest.mark.parametrize(
    "wrong", [{"strictness": 1.5}, {"max_words": 0}, {"max_words": 5}, {"min_texts": 0}, {"inferred": -1}]
)
def test_settings_out_of_bounds_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Settings(**wrong)


# the command line


def test_command_writes_a_folder_that_checks_and_codes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = write(
        tmp_path / "coded.csv", ("what", "hisco"), [(record.occupation, record.code) for record in trades()]
    )
    out = tmp_path / "made" / "dictionary"
    asked = ["learn", str(source), "--occupation", "what", "--code", "hisco", "--out", str(out)]
    assert main(asked) == 0
    assert main(["check", str(out)]) == 0
    assert Coder(Dictionary.load(out)).code(Record("1", "carpet weaver")).code == "754"
    assert json.loads((out / "report" / "summary.json").read_text(encoding="utf-8"))["records_read"] == 54
    assert "Learned" in capsys.readouterr().out
    assert [path.name for path in out.parent.iterdir()] == ["dictionary"]


def test_folder_that_is_not_empty_is_refused_and_left_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = write(tmp_path / "coded.csv", ("occupation", "code"), [("weaver", "754")])
    out = tmp_path / "out"
    out.mkdir()
    (out / "mine.txt").write_text("mine", encoding="utf-8")
    assert main(["learn", str(source), "--out", str(out)]) == 2
    assert "not empty" in capsys.readouterr().err
    assert [path.name for path in out.iterdir()] == ["mine.txt"]


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (["--code", "soc"], "no column 'soc'"),
        (["--strictness", "2"], "strictness is 2"),
        (["--max-words", "9"], "max_words is 9"),
    ],
)
def test_command_that_cannot_be_done_says_why_and_writes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], asked: list[str], said: str
) -> None:
    source = write(tmp_path / "coded.csv", ("occupation", "code"), [("weaver", "754")])
    out = tmp_path / "out"
    assert main(["learn", str(source), "--out", str(out), *asked]) == 2
    assert said in capsys.readouterr().err
    assert not out.exists()


def test_file_without_any_coded_row_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = write(tmp_path / "coded.csv", ("occupation", "code"), [("weaver", ""), ("", "754")])
    assert main(["learn", str(source), "--out", str(tmp_path / "out")]) == 1
    assert "none of its 2 rows has both words and a code" in capsys.readouterr().err
