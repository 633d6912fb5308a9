"""Loading: what a dictionary folder may hold, and that all its faults come at once."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from dictionary import Dictionary, DictionaryError, Fault

ENTRIES = "phrase,code,note\nTRUCK DRIVER,715,road\n"


def _faults(texts: dict[str, str], codes: set[str] | None = None) -> list[str]:
    with pytest.raises(DictionaryError) as caught:
        Dictionary.from_texts(texts, codes=codes)
    assert all(isinstance(fault, Fault) for fault in caught.value.faults)
    return [str(fault) for fault in caught.value.faults]


def _write(folder: Path, files: dict[str, bytes]) -> Path:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder


def test_a_folder_is_loaded_whole(tmp_path: Path) -> None:
    folder = _write(
        tmp_path,
        {
            "entries.csv": b"\xef\xbb\xbfCode,Phrase\r\n0110,Truck Driver\r\n\r\n",
            "special/20_aircraft.csv": b"phrase,code\nRIVETER,1\n",
            "special/10_homemaker.csv": b"phrase,code\nHOUSEWIFE,2\n",
            "special/notes.txt": b"\xff",
            "unknown.csv": b"phrase\nUNK\nN/A\n",
            "dictionary.toml": b'name = "Test"\ndescription = "d"\nlanguage = "en"\nwords = "words"\n',
            "README.md": b"not read",
        },
    )
    dictionary = Dictionary.load(folder)
    assert list(dictionary.tables) == ["homemaker", "aircraft", "general"]
    (entry,) = dictionary.tables["general"].entries
    assert (entry.phrase, entry.words, entry.code, entry.note, entry.line) == (
        "Truck Driver", ("truck", "driver"), "0110", "", 2,
    )  # fmt: skip
    assert (dictionary.name, dictionary.description, dictionary.language, dictionary.words) == (
        "Test", "d", "en", "words",
    )  # fmt: skip
    assert set(Dictionary.read_folder(folder)) == {
        "entries.csv", "special/20_aircraft.csv", "special/10_homemaker.csv", "unknown.csv",
        "dictionary.toml",
    }  # fmt: skip
    again = Dictionary.from_texts(Dictionary.read_folder(folder))
    assert again.fingerprint == dictionary.fingerprint


def test_every_fault_of_every_file_is_reported_at_once() -> None:
    texts = {
        "entries.csv": (
            'phrase,code\nCOOK,1\n"line\nbreak cook",\n---,2\ncook,1\nTRUCK DRIVER,3\nDriver truck,4\n'
            "BAKER,9\nBAKER,9,note,more\nSMITH\nTHE,1\n"
        ),
        "spelling.csv": "variant,standard\nTHE,\nA,B\nB,A\n",
        "special/10_mill.csv": "phrase,codes\nX,1\n",
        "special/20_general.csv": "phrase,code\nX,1\n",
        "special/30_.csv": "phrase,code\nX,1\n",
        "special/40_mill.csv": "phrase,code\nX,1\n",
        "unknown.csv": "phrase\n???\nUNK\nunk.\n",
        "dictionary.toml": 'name = "x"\nwords = "klingon"\ncolour = "red"\nlanguage = 3\n',
    }
    faults = _faults(texts, codes={"1", "2", "3", "4"})
    starts = [fault.split(": ")[0] for fault in faults]
    assert starts == [
        "dictionary.toml:2", "dictionary.toml:3", "dictionary.toml:4",
        "entries.csv:3", "entries.csv:5", "entries.csv:6", "entries.csv:8", "entries.csv:9",
        "entries.csv:10", "entries.csv:11", "entries.csv:12",
        "special/10_mill.csv:1", "special/20_general.csv", "special/30_.csv", "special/40_mill.csv",
        "spelling.csv:3", "unknown.csv:2", "unknown.csv:4",
    ]  # fmt: skip
    text = dict(zip(starts, faults, strict=True))
    assert "'words' or" not in text["dictionary.toml:2"]
    assert "klingon" in text["dictionary.toml:2"]
    assert '"korean"' in text["dictionary.toml:2"]
    assert "has no code" in text["entries.csv:3"]
    assert "empty after normalising" in text["entries.csv:5"]
    assert "duplicate of 'COOK' on line 2" in text["entries.csv:6"]
    assert "has code '4', but 'TRUCK DRIVER' on line 7" in text["entries.csv:8"]
    assert "'9' of 'BAKER' is not in the classification" in text["entries.csv:9"]
    assert "has 4 cells" in text["entries.csv:10"]
    assert "code missing" in text["entries.csv:11"]
    assert "empty after normalising and spelling" in text["entries.csv:12"]
    assert "column code missing; column 'codes' not known" in text["special/10_mill.csv:1"]


def test_the_same_words_in_different_tables_are_no_fault() -> None:
    Dictionary.from_texts({"entries.csv": ENTRIES, "special/1_x.csv": "phrase,code\nDRIVER TRUCK,9\n"})


def test_phrases_that_meet_through_spelling_rules_are_a_fault() -> None:
    texts = {
        "entries.csv": "phrase,code\nMGR,1\nMANAGER,2\n",
        "spelling.csv": "variant,standard\nMGR,MANAGER\n",
    }
    assert _faults(texts)[0].startswith("entries.csv:3: ")


def test_missing_entries_are_a_fault_beside_the_others() -> None:
    faults = _faults({"unknown.csv": "phrases\n"})
    assert faults[0].startswith("entries.csv: is missing")
    assert faults[1].startswith("unknown.csv:1: column phrase missing")


@pytest.mark.parametrize("text", ["", "\n\n", "\ufeff"])
def test_an_empty_file_is_a_fault(text: str) -> None:
    assert _faults({"entries.csv": text})[0].startswith("entries.csv:1: has no header")


def test_an_unclosed_quote_is_a_fault_on_its_line() -> None:
    assert _faults({"entries.csv": 'phrase,code\nA,1\n"B,2\nC,3\n'})[0].startswith(
        "entries.csv:3: is not readable"
    )


def test_unreadable_toml_is_a_fault_on_its_line() -> None:
    faults = _faults({"entries.csv": ENTRIES, "dictionary.toml": 'name = "x"\nwords = korean\n'})
    assert faults[0].startswith("dictionary.toml:2: is not readable as TOML")


def test_bytes_that_are_not_utf8_are_a_fault_beside_the_others(tmp_path: Path) -> None:
    _write(
        tmp_path,
        {
            "entries.csv": b"phrase,code\nA,1\nCAF\xc9,2\nB\xe9,3\nA,4\n",
            "unknown.csv": "phrase\nx\n".encode("utf-16"),
            "spelling.csv": b"variant,standard\nTHE\n",
        },
    )
    with pytest.raises(DictionaryError) as caught:
        Dictionary.load(tmp_path)
    faults = [str(fault) for fault in caught.value.faults]
    assert faults[0].startswith("entries.csv:3: is not UTF-8 (byte 0xC9 at 4), nor are 1 other lines")
    assert faults[1].startswith("entries.csv:5: 'A' has code '4'")
    assert faults[2].startswith("spelling.csv:2: ")
    assert faults[3].startswith("unknown.csv:1: is UTF-16")
    with pytest.raises(DictionaryError):
        Dictionary.read_folder(tmp_path)


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(DictionaryError, match="is not there"):
        Dictionary.load(tmp_path / "none")
    (tmp_path / "file").write_text("x", encoding="utf-8")
    with pytest.raises(DictionaryError, match="is not a folder"):
        Dictionary.load(tmp_path / "file")


def test_fingerprint_is_of_the_content_alone() -> None:
    texts = {"entries.csv": ENTRIES, "special/1_x.csv": "phrase,code\nY,1\n"}
    first = Dictionary.from_texts(texts).fingerprint
    assert len(first) == 64
    other_ends = {name: "\ufeff" + text.replace("\n", "\r\n") for name, text in reversed(texts.items())}
    assert Dictionary.from_texts(other_ends).fingerprint == first
    assert Dictionary.from_texts({**texts, "notes.txt": "x"}).fingerprint == first
    assert Dictionary.from_texts({**texts, "entries.csv": ENTRIES + "COOK,1\n"}).fingerprint != first
    moved = {"entries.csv": ENTRIES, "special/2_x.csv": "phrase,code\nY,1\n"}
    assert Dictionary.from_texts(moved).fingerprint != first


def test_files_that_are_no_part_are_listed_as_ignored() -> None:
    dictionary = Dictionary.from_texts({"entries.csv": ENTRIES, "speling.csv": "variant,standard\n"})
    assert dictionary.ignored == ("speling.csv",)


def test_a_missing_korean_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "kiwipiepy", None)
    faults = _faults({"entries.csv": ENTRIES, "dictionary.toml": 'words = "korean"'})
    assert "kiwipiepy" in faults[0]
    assert "pip install" in faults[0]
