"""The shipped demo dictionary: its size, that it loads without a fault, what it makes of typical records."""

from __future__ import annotations

import csv
import itertools
from pathlib import Path

import pytest

from dictionary import Coder, Dictionary, Record, Status

ROOT = Path(__file__).resolve().parents[2]
DEMO = ROOT / "coding_app" / "demo"
ISCO08 = ROOT / "coding_app" / "reference" / "classifications" / "isco08.csv"


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def codable() -> frozenset[str]:
    """ISCO-08 unit groups and the codes of the supplement that have nothing below them."""
    units = {row["code"] for row in rows(ISCO08) if row["level"] == "4"}
    return frozenset(units | {row["code"] for row in rows(DEMO / "supplement.csv") if row["parent"]})


@pytest.fixture(scope="module")
def dictionary(codable: frozenset[str]) -> Dictionary:
    return Dictionary.load(DEMO / "dictionary", codes=codable)


@pytest.fixture(scope="module")
def coder(dictionary: Dictionary) -> Coder:
    return Coder(dictionary)


def test_dictionary_loads_with_every_code_a_unit_group_or_supplement_leaf(dictionary: Dictionary) -> None:
    assert list(dictionary.tables) == ["homemaker", "aircraft", "pulp_paper", "general"]
    assert dictionary.words == "words"
    assert dictionary.ignored == ()


def test_dictionary_has_the_size_the_demo_promises(dictionary: Dictionary) -> None:
    assert len(dictionary.tables["general"].entries) >= 1500
    assert len(dictionary.spelling) >= 150
    for name in ("homemaker", "aircraft", "pulp_paper"):
        assert len(dictionary.tables[name].entries) >= 20
    assert len(dictionary.unknown.plain) >= 20


def test_every_isco_unit_group_has_an_entry(dictionary: Dictionary, codable: frozenset[str]) -> None:
    used = {entry.code for table in dictionary.tables.values() for entry in table.entries}
    assert used == codable


def test_phrases_are_upper_case_and_of_one_to_five_words(dictionary: Dictionary) -> None:
    for entry in itertools.chain.from_iterable(table.entries for table in dictionary.tables.values()):
        assert entry.phrase == entry.phrase.upper()
        assert 1 <= len(entry.phrase.split()) <= 5


def test_no_general_entry_is_out_of_reach_behind_a_special_table(dictionary: Dictionary) -> None:
    special = Coder(dictionary)
    shadowed = [
        entry.phrase
        for entry in dictionary.tables["general"].entries
        if special.code(Record("r", entry.phrase)).table != "general"
    ]
    assert shadowed == []


def test_every_general_phrase_written_alone_gets_its_own_code(dictionary: Dictionary, coder: Coder) -> None:
    wrong = [
        entry.phrase
        for entry in dictionary.tables["general"].entries
        if coder.code(Record("r", entry.phrase)).code != entry.code
    ]
    assert wrong == []


def test_supplement_continues_the_classification_with_levels_and_parents() -> None:
    supplement = rows(DEMO / "supplement.csv")
    taken = {row["code"] for row in rows(ISCO08)}
    levels = {row["code"]: int(row["level"]) for row in supplement}
    assert taken.isdisjoint(levels)
    for row in supplement:
        assert row["title"]
        assert row["title_ko"]
        assert levels[row["code"]] == (levels[row["parent"]] + 1 if row["parent"] else 1)


@pytest.mark.parametrize(
    ("occupation", "industry", "code"),
    [
        ("TRUCK DRIVER", "FUEL OIL", "8332"),
        ("MACHINIST", "CONSTRUCTION", "7223"),
        ("CONSTRUCTION FRAMER", "CONSTRUCTION", "7115"),
        ("TEACHER", "HIGH SCHOOL", "2330"),
        ("TEACHER'S AIDE", "HIGH SCHOOL", "5312"),
        ("RN", "HOSPITAL", "2221"),
        ("NURSES AIDE", "NURSING HOME", "5321"),
        ("CARPENTER", "CONSTRUCTION", "7115"),
        ("LABORER", "FARM", "9211"),
        ("FARMER", "FARMING", "6130"),
        ("LOGGER", "LOGGING", "6210"),
        ("FISHERMAN", "COMMERCIAL FISHING", "6222"),
        ("CLERK", "BANK", "4211"),
        ("OWNER", "ROOFING", "7121"),
        ("OWNER OPERATOR", "TRUCKING", "8332"),
        ("OPERATOR", "TELEPHONE CO", "4223"),
        ("LINEMAN", "PUD", "7413"),
        ("HOUSEKEEPER", "HOTEL", "9112"),
        ("MAID", "PRIVATE HOME", "9111"),
        ("SOLDIER", "US ARMY", "0310"),
        ("MASTER SERGEANT", "U.S. AIR FORCE", "0210"),
        ("CAPTAIN", "US ARMY", "0110"),
        ("SOFTWARE ENGINEER", "MICROSOFT", "2512"),
        ("POLICE OFFICER", "CITY OF SPRINGFIELD", "5412"),
        ("SALES", "REAL ESTATE", "3334"),
        ("CASHIER", "GROCERY", "5230"),
        ("LEGAL AGENT", "SALES", "3411"),
    ],
)
def test_typical_record_is_coded(coder: Coder, occupation: str, industry: str, code: str) -> None:
    result = coder.code(Record("r", occupation, industry))
    assert (result.code, result.table) == (code, "general")


@pytest.mark.parametrize(
    ("occupation", "industry", "code"),
    [
        ("TCHR", "ELEM SCH", "2341"),
        ("MGR", "RESTRAUNT", "1412"),
        ("ADMIN ASST", "UNIV", "3343"),
        ("SECRATARY", "LAW FIRM", "3342"),
        ("ELECTRITION", "SHIPBUILDING", "7412"),
        ("SYSTEMS ADMIN", "SOFTWARE CO", "2522"),
        ("COMPUTER TECH", "SCHOOL DISTRICT", "3512"),
        ("LAB TECH", "HOSP", "3212"),
        ("HVAC TECH", "HEATING & COOLING", "7127"),
        ("SECRETARY", "HVAC", "4120"),
        ("LPN", "NURSING HOME", "3221"),
        ("HEAVY EQUIP OPR", "CONST", "8342"),
        ("X-RAY TECH", "HOSPITAL", "3211"),
        ("LABOURER", "CONSTRUCTION", "9313"),
        ("SALESMAN", "INS", "3321"),
        ("RETIRED TEACHER", "PUBLIC SCHOOLS", "2341"),
        ("SELF-EMPLOYED", "CARPENTRY", "7115"),
    ],
)
def test_abbreviation_misspelling_or_variant_is_put_right(
    coder: Coder, occupation: str, industry: str, code: str
) -> None:
    assert coder.code(Record("r", occupation, industry)).code == code


@pytest.mark.parametrize(
    ("occupation", "industry", "table", "code"),
    [
        ("HOMEMAKER", "OWN HOME", "homemaker", "N1"),
        ("HOUSEWIFE", "", "homemaker", "N1"),
        ("AT HOME MOM", "SELF", "homemaker", "N1"),
        ("SEAMSTRESS", "OWN HOME", "homemaker", "7533"),
        ("DAYCARE PROVIDER", "OWN HOME", "homemaker", "5311"),
        ("MECHANIC", "BOEING", "aircraft", "8211"),
        ("AIRCRAFT MECHANIC", "AIRLINE", "aircraft", "7232"),
        ("MECH ENGR", "BOEING", "aircraft", "2144"),
        ("SECRETARY", "AIRPLANE FACTORY", "aircraft", "4120"),
        ("PHOTO RETOUCHER", "AEROSPACE", "aircraft", "8211"),
        ("MILLWRIGHT", "PULP MILL", "pulp_paper", "7233"),
        ("MACHINE TENDER", "PAPER MILL", "pulp_paper", "8171"),
        ("LABORER", "PULP & PAPER", "pulp_paper", "9329"),
        ("MICROFILM TECHNICIAN", "PAPER MILL", "pulp_paper", "8171"),
    ],
)
def test_special_table_takes_the_record(
    coder: Coder, occupation: str, industry: str, table: str, code: str
) -> None:
    result = coder.code(Record("r", occupation, industry))
    assert (result.table, result.code) == (table, code)


def test_tie_goes_to_manual_review_with_both_codes(coder: Coder) -> None:
    result = coder.code(Record("r", "CONTRACTOR", "PLUMBING & HEATING"))
    assert result.status is Status.TIE
    assert {candidate.code for candidate in result.candidates} >= {"7126", "7127"}


def test_industry_word_loses_to_the_occupation_field(coder: Coder) -> None:
    result = coder.code(Record("r", "ACCOUNTANT", "TRUCKING"))
    assert (result.code, result.decided_by) == ("2411", "occupation_only")


def test_occupation_stays_ahead_of_an_industry_of_two_words(coder: Coder) -> None:
    assert coder.code(Record("r", "RECEPTIONIST", "PHYSICAL THERAPY")).code == "4226"
    assert coder.code(Record("r", "RECEPTIONIST", "BEAUTY SALON")).code == "4226"
    assert coder.code(Record("r", "TRUCK DRIVER", "MEAT PACKING")).code == "8332"


@pytest.mark.parametrize(
    ("occupation", "industry"),
    [("UNK", "UNK"), ("N/A", ""), ("DON'T KNOW", "REFUSED"), ("RETIRED", "UNKNOWN"), ("?", "")],
)
def test_record_that_says_nothing_is_set_aside(coder: Coder, occupation: str, industry: str) -> None:
    assert coder.code(Record("r", occupation, industry)).status is Status.UNKNOWN


def test_misspelling_without_a_rule_is_offered_as_a_guess_only(coder: Coder) -> None:
    result = coder.code(Record("r", "ARCHIECT", "UNKNOWN"))
    assert result.status is Status.NO_MATCH
    assert "2161" in {candidate.code for candidate in result.candidates}


def test_people_without_an_occupation_get_the_codes_of_the_supplement(coder: Coder) -> None:
    assert coder.code(Record("r", "STUDENT", "HIGH SCHOOL")).code == "N2"
    assert coder.code(Record("r", "NONE", "NEVER WORKED")).code == "N3"
