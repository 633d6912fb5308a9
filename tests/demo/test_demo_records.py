"""The demonstration records are made up, varied, and coded only with codes that exist."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from dictionary import Coder, Dictionary, Record, Status
from tests.shared import REPOSITORY

DEMO = REPOSITORY / "coding_app" / "demo"
CLASSIFICATIONS = REPOSITORY / "coding_app" / "reference" / "classifications"

ENGLISH_HEADER = [
    "certificate_id", "record_type", "sex", "age", "occupation", "industry", "county", "year", "note",
    "reference_code",
]  # fmt: skip
KOREAN_HEADER = ["응답자번호", "성별", "나이", "사업체", "직위", "하는일", "reference_code"]

CHILD_AGE = 14
UNKNOWN = {"UNKNOWN", "UNK", "N/A", "NA", "?", "??", "-", "REFUSED", "NOT STATED", "NOT KNOWN", "DON'T KNOW"}
MISSPELT = {
    "ACCOUNTENT", "ARCHIECT", "ASSITANT", "ATTENDENT", "BOOKEEPER", "CARPENDER", "CASHEIR", "COMERCIAL",
    "CUSTODAIN", "DIRVER", "DISPATCHOR", "ELECTRICAN", "ELECTRITIAN", "ELEMENTRY", "FARMR", "GARDNER",
    "HAIRDRESSSER", "HOMEAMKER", "HOUSWIFE", "HYGENIST", "LABOROR", "LABORORER", "LICENCED", "LOGER",
    "MACHINEST", "MAINTAINENCE", "MANGER", "MECHNAIC", "MILLRIGHT", "ORDERLEY", "PHARMASIST", "PLUMER",
    "RECPTIONIST", "REGESTERED", "RESTURANT", "RIVETTER", "SALSEMAN", "SECRATARY", "SEEMSTRESS", "STUDNET",
    "SUPERVISER", "TATOO", "TEACHR", "UNEMPLOYD", "VETERNARIAN", "WAITERESS", "WELDOR",
}  # fmt: skip
ABBREVIATIONS = {
    "RN", "LPN", "CNA", "MGR", "ASST", "SUPV", "ELEC", "MECH", "ENGR", "SECTY", "OFC", "OPER", "CONST",
    "TECH", "DRVR", "EQUIP", "ACCTS", "ATTY", "SUPT", "MFG",
}  # fmt: skip


def _rows(path: Path, header: Sequence[str]) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file, strict=True)
        assert reader.fieldnames == header
        rows = list(reader)
    # DictReader files a long row's surplus under None and fills a short one up with None.
    assert all(set(row) == set(header) and None not in row.values() for row in rows)
    return rows


def _codes(path: Path) -> set[str]:
    with path.open(encoding="utf-8", newline="") as file:
        return {row["code"] for row in csv.DictReader(file)}


@pytest.fixture(scope="module")
def english() -> list[dict[str, str]]:
    return _rows(DEMO / "records.csv", ENGLISH_HEADER)


@pytest.fixture(scope="module")
def korean() -> list[dict[str, str]]:
    return _rows(DEMO / "records_ko.csv", KOREAN_HEADER)


@pytest.fixture(scope="module")
def supplement() -> set[str]:
    return _codes(DEMO / "supplement.csv")


@pytest.fixture(scope="module")
def korean_dictionary(supplement: set[str]) -> Dictionary:
    return Dictionary.load(DEMO / "dictionary_ko", codes=_codes(CLASSIFICATIONS / "ksco7.csv") | supplement)


def _is_child(age: str) -> bool:
    return age != "" and int(age) < CHILD_AGE


def _words(rows: Sequence[Mapping[str, str]]) -> Counter[str]:
    return Counter(
        word for row in rows for word in re.findall(r"\w+", f"{row['occupation']} {row['industry']}")
    )


def test_there_are_at_least_600_records_with_unique_ids(english: list[dict[str, str]]) -> None:
    ids = [row["certificate_id"] for row in english]
    assert len(ids) >= 600
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"WA-DEMO-\d{6}", identifier) for identifier in ids)


def test_every_record_says_that_it_is_made_up(english: list[dict[str, str]]) -> None:
    assert {row["note"] for row in english} == {"made-up demonstration record"}


def test_every_reference_code_is_a_unit_group_or_in_the_supplement(
    english: list[dict[str, str]], supplement: set[str]
) -> None:
    unit_groups = {code for code in _codes(CLASSIFICATIONS / "isco08.csv") if len(code) == 4}
    assert {row["reference_code"] for row in english} <= unit_groups | supplement | {""}


def test_records_spread_over_at_least_180_unit_groups(english: list[dict[str, str]]) -> None:
    groups = {row["reference_code"] for row in english if re.fullmatch(r"\d{4}", row["reference_code"])}
    assert len(groups) >= 180
    assert {"0110", "0210", "0310"} <= groups


def test_common_occupations_are_common(english: list[dict[str, str]]) -> None:
    counts = Counter(row["reference_code"] for row in english)
    coded = sum(count for code, count in counts.items() if code)
    nurses, truck_drivers, homemakers = counts["2221"], counts["8332"], counts["N1"]
    assert min(nurses, truck_drivers, homemakers) >= coded / 100
    assert sum(1 for code, count in counts.items() if code and count <= 2) >= 50
    industries = _words(english)
    assert industries["AIRCRAFT"] >= 10
    assert industries["PULP"] + industries["PAPER"] >= 10


def test_some_literals_are_written_by_several_persons(english: list[dict[str, str]]) -> None:
    literals = Counter((row["occupation"], row["industry"]) for row in english)
    assert sum(1 for count in literals.values() if count > 1) >= 50
    assert len(literals) >= len(english) // 2


def test_a_literal_has_one_reference_code(english: list[dict[str, str]]) -> None:
    codes: dict[tuple[str, str], set[str]] = {}
    for row in english:
        if not _is_child(row["age"]):
            codes.setdefault((row["occupation"], row["industry"]), set()).add(row["reference_code"])
    assert {literal: found for literal, found in codes.items() if len(found) > 1} == {}


def test_children_are_present_and_have_no_code(english: list[dict[str, str]]) -> None:
    children = [row for row in english if _is_child(row["age"])]
    assert len(children) >= 20
    assert {row["reference_code"] for row in children} == {""}
    assert {"", "CHILD", "INFANT", "STUDENT"} <= {row["occupation"] for row in children}


def test_blanks_and_unknowns_are_present_and_have_no_code(english: list[dict[str, str]]) -> None:
    adults = [row for row in english if not _is_child(row["age"])]
    blank = [row for row in adults if not row["occupation"] and not row["industry"]]
    unknown = [row for row in adults if {row["occupation"], row["industry"]} <= UNKNOWN]
    assert len(blank) >= 5
    assert len(unknown) >= 15
    assert {row["reference_code"] for row in [*blank, *unknown]} == {""}
    assert any(row["occupation"] and not row["industry"] for row in adults)
    assert any(row["industry"] and not row["occupation"] for row in adults)


def test_misspellings_and_abbreviations_are_present(english: list[dict[str, str]]) -> None:
    words = _words(english)
    assert {word for word in MISSPELT if not words[word]} == set()
    assert {word for word in ABBREVIATIONS if not words[word]} == set()


def test_awkward_writing_is_present(english: list[dict[str, str]]) -> None:
    literals = [f"{row['occupation']}|{row['industry']}" for row in english]
    assert any("\n" in literal for literal in literals)
    assert any('"' in literal for literal in literals)
    assert any("," in literal for literal in literals)
    assert any("/" in literal for literal in literals)
    assert any(not literal.isascii() for literal in literals)
    assert any(row["occupation"] != row["occupation"].strip() for row in english)
    assert sum(1 for row in english if len(row["occupation"].split()) >= 8) >= 10


def test_ages_and_sexes_suit_the_kind_of_record(english: list[dict[str, str]]) -> None:
    assert {row["record_type"] for row in english} == {"death", "birth_mother", "birth_father", "survey"}
    assert {row["sex"] for row in english if row["record_type"] == "birth_mother"} == {"F"}
    assert {row["sex"] for row in english if row["record_type"] == "birth_father"} == {"M"}
    assert {row["record_type"] for row in english if _is_child(row["age"])} == {"death"}
    ages = [int(row["age"]) for row in english if row["age"]]
    assert min(ages) == 0
    assert max(ages) <= 110
    assert all(1990 <= int(row["year"]) <= 2025 for row in english)


def test_korean_ids_are_unique_and_say_that_the_record_is_made_up(korean: list[dict[str, str]]) -> None:
    ids = [row["응답자번호"] for row in korean]
    assert len(ids) >= 120
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"가상-\d{4}", identifier) for identifier in ids)  # 가상: made up


def test_every_korean_reference_code_is_a_minor_group_or_in_the_supplement(
    korean: list[dict[str, str]], supplement: set[str]
) -> None:
    minor_groups = {code for code in _codes(CLASSIFICATIONS / "ksco7.csv") if len(code) == 3}
    used = {row["reference_code"] for row in korean}
    assert used <= minor_groups | supplement | {""}
    assert len(used & minor_groups) >= 80


def test_korean_children_blanks_and_unknowns_have_no_code(korean: list[dict[str, str]]) -> None:
    children = [row for row in korean if _is_child(row["나이"])]
    unknown = [row for row in korean if row["하는일"] in {"모름", "무응답", "?"}]
    blank = [row for row in korean if not row["사업체"] and not row["직위"] and not row["하는일"]]
    for rows in (children, unknown, blank):
        assert rows
        assert {row["reference_code"] for row in rows} == {""}
    assert any(len(row["하는일"]) >= 40 for row in korean)


def test_the_korean_dictionary_has_no_fault(korean_dictionary: Dictionary) -> None:
    assert korean_dictionary.words == "korean"
    assert len(korean_dictionary.tables["general"].entries) >= 300
    assert len(korean_dictionary.spelling) >= 30
    assert {entry.code for entry in korean_dictionary.tables["homemaker"].entries} == {"N1"}


def test_the_korean_dictionary_meets_particles_endings_and_spacing(korean_dictionary: Dictionary) -> None:
    coder = Coder(korean_dictionary)
    for written in ("환자 간호", "환자간호", "환자를 간호함", "환자 간호(병동)"):
        assert coder.code(Record("1", written, "OO병원", 40)).code == "243"
    assert coder.code(Record("2", "전업주부", "", 50)).table == "homemaker"
    assert coder.code(Record("3", "가사도우미", "가정집", 50)).code == "951"
    assert coder.code(Record("4", "모름", "무응답", 50)).status is Status.UNKNOWN


def test_the_korean_demo_codes_most_records_and_leaves_some_to_people(
    korean: list[dict[str, str]], korean_dictionary: Dictionary
) -> None:
    coder = Coder(korean_dictionary)
    found: Counter[Status] = Counter()
    right = 0
    for row in korean:
        age = float(row["나이"]) if row["나이"] else None
        result = coder.code(Record(row["응답자번호"], row["하는일"], row["사업체"], age))
        found[result.status] += 1
        right += result.status is Status.CODED and result.code == row["reference_code"]
    assert found[Status.CODED] >= len(korean) // 2
    assert found[Status.NO_MATCH] + found[Status.TIE] >= 10
    assert found[Status.CHILD] >= 3
    assert found[Status.UNKNOWN] >= 3
    assert right >= 0.8 * found[Status.CODED]
