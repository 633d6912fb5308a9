"""The classifications that ship are whole, consistent, and equal to their published lists."""

from __future__ import annotations

import csv
import unicodedata
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.shared import REPOSITORY, require_shared

FOLDER = REPOSITORY / "coding_app" / "reference" / "classifications"

COUNTS = {
    "isco08": {1: 10, 2: 43, 3: 130, 4: 436},
    "soc2018": {1: 23, 2: 98, 3: 459, 4: 867},
    "ksco7": {1: 10, 2: 52, 3: 156},
}
COLUMNS = {
    "isco08": ["code", "title", "parent", "level"],
    "soc2018": ["code", "title", "parent", "level"],
    "ksco7": ["code", "title", "parent", "level", "title_en"],
}

# English titles as Kim et al. 2024 print them.
PRINTED_KSCO_TITLES = {
    "1": "Managers",
    "2": "Professionals and Related Workers",
    "3": "Clerks",
    "4": "Service Workers",
    "5": "Sales Workers",
    "6": "Skilled Agricultural, Forestry and Fishery Workers",
    "7": "Craft and Related Trades Workers",
    "8": "Plant, Machine Operators and Assemblers",
    "9": "Elementary Workers",
    "A": "Armed Forces",
    "111": "Legislators, Senior Government Officials and Senior Officials of Public Organization",
    "112": "Senior Corporate Officers",
    "122": "Marketing, Advertising and Public Relations Managers",
    "134": "Culture and Art Related Managers",
    "135": "Information and Communications Related Managers",
    "149": "Other Construction, Electricity and Production Related Managers",
    "153": "Environmental, Cleaning, and Protective Service Related Managers",
    "159": "Other Sales and Customer Service Managers",
    "225": "Telecommunication and Broadcast Transmissions Equipment Technicians",
    "235": "Mechanical and Robot Engineers and Technicians",
    "285": "Designers",
    "287": "Culinary Arts Related Professionals",
    "288": "Cultural Art Planners and Agents",
    "320": "Finance Clerks",
    "630": "Fishery Related Workers",
    "851": "Metal Work Machinery Operators",
    "861": "Power Generation and Distribution Equipment Operators",
    "872": "Freight Train Related Workers",
    "874": "Freight-handling Equipment Operators",
    "875": "Construction and Mining Machines Operators",
    "876": "Ship Workers and Related Workers",
    "910": "Construction and Mining Laborers",
    "A09": "Other Armed Forces",
}


# Misspellings of the published ISCO-08 structure file, put right here.
ISCO_MISSPELLINGS = {
    "Aalespersons": "Salespersons",
    "Aents": "Agents",
    "Aministrators": "Administrators",
    "AssociatePprofessionals": "Associate Professionals",
}


@dataclass(frozen=True)
class Code:
    """One line of a classification file."""

    code: str
    parent: str
    level: int
    titles: Mapping[str, str]


def read(name: str) -> list[Code]:
    """The lines of the classification file `name`, in the order of the file."""
    with (FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return [
            Code(
                code=row["code"],
                parent=row["parent"],
                level=int(row["level"]),
                titles={column: text for column, text in row.items() if column.startswith("title")},
            )
            for row in csv.DictReader(file, strict=True)
        ]


def published(path: Path) -> list[dict[str, str]]:
    """The rows of a published list among the shared data."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(params=sorted(COUNTS))
def name(request: pytest.FixtureRequest) -> str:
    """The name of each classification that ships, in turn."""
    return str(request.param)


def test_every_level_has_its_official_number_of_codes(name: str) -> None:
    assert Counter(code.level for code in read(name)) == COUNTS[name]


def test_columns_are_the_agreed_ones_and_every_line_has_as_many(name: str) -> None:
    with (FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        header, *lines = csv.reader(file, strict=True)
    assert header == COLUMNS[name]
    assert {len(line) for line in lines} == {len(header)}


def test_codes_are_unique(name: str) -> None:
    codes = [code.code for code in read(name)]
    assert len(codes) == len(set(codes))


def test_every_parent_is_one_level_up_and_on_an_earlier_line(name: str) -> None:
    levels: dict[str, int] = {"": 0}
    for code in read(name):
        assert levels.get(code.parent) == code.level - 1, code
        levels[code.code] = code.level


def test_every_code_above_the_lowest_level_has_a_child(name: str) -> None:
    codes = read(name)
    parents = {code.parent for code in codes}
    lowest = max(COUNTS[name])
    assert [code.code for code in codes if code.level < lowest and code.code not in parents] == []


@pytest.mark.parametrize("digits_name", ["isco08", "ksco7"])
def test_a_code_is_its_parent_with_one_more_digit(digits_name: str) -> None:
    for code in read(digits_name):
        assert code.code[:-1] == code.parent
        assert len(code.code) == code.level


def test_no_title_is_blank_or_has_stray_space_in_any_language(name: str) -> None:
    for code in read(name):
        for title in code.titles.values():
            assert title, code
            assert title == " ".join(title.split()), code
            assert title == unicodedata.normalize("NFC", title), code
            assert title.isprintable(), code
        assert code.code == code.code.strip()


def test_leading_zeros_are_kept() -> None:
    armed_forces = [code.code for code in read("isco08") if code.code.startswith("0")]
    assert armed_forces == ["0", "01", "011", "0110", "02", "021", "0210", "03", "031", "0310"]


def test_korean_titles_use_one_mark_between_words() -> None:
    other_marks = set("∙‧・•ㆍ⋅")
    assert [code.code for code in read("ksco7") if other_marks & set(code.titles["title"])] == []


def test_ksco_english_titles_use_the_printed_wording() -> None:
    titles = {code.code: code.titles["title_en"] for code in read("ksco7")}
    assert {code: titles[code] for code in PRINTED_KSCO_TITLES} == PRINTED_KSCO_TITLES


def test_isco_equals_the_published_structure() -> None:
    # The published file has doubled spaces in two titles, uneven capitals in eleven, and four misspellings.
    rows = published(require_shared("data/isco_soc_schemes/isco08_structure_definitions.csv"))
    expected = {
        row["isco08_code"]: " ".join(
            ISCO_MISSPELLINGS.get(word, word) for word in row["isco08_title"].split()
        ).casefold()
        for row in rows
    }
    assert {code.code: code.titles["title"].casefold() for code in read("isco08")} == expected


def test_soc_equals_the_published_structure() -> None:
    rows = published(require_shared("data/isco_soc_schemes/soc2018_structure_definitions.csv"))
    levels = {"Major": 1, "Minor": 2, "Broad": 3, "Detailed": 4}
    expected = {
        row["soc2018_code"]: (row["soc2018_title"].replace("’", "'"), levels[row["soc_group"]])
        for row in rows
    }
    assert {code.code: (code.titles["title"], code.level) for code in read("soc2018")} == expected


def test_soc_parents_equal_the_published_ones() -> None:
    rows = published(require_shared("data/isco_soc_schemes/soc2018_all.csv"))
    expected = {row["code"]: "" if row["parent"] == "NA" else row["parent"] for row in rows}
    assert {code.code: code.parent for code in read("soc2018")} == expected


def test_ksco_minor_groups_equal_the_published_list() -> None:
    # The list writes U+2219 for the mark between words and has lost the spaces of six titles.
    rows = published(require_shared("data/ksco_schemes/ksco7_minor_groups_3digit_ko.csv"))
    expected = {row["ksco7_3"]: "".join(row["title_ko"].replace("∙", "·").split()) for row in rows}
    found = {code.code: "".join(code.titles["title"].split()) for code in read("ksco7") if code.level == 3}
    assert found == expected
