"""The cases that Ossiander and Milham print: Figures 2-5 and the miscodes they own up to."""

from __future__ import annotations

from dictionary import Result, Status
from tests.dictionary.build import code, dictionary


def _trace(result: Result) -> list[tuple[str, int, str, str]]:
    """As the figures print it: phrase, priority, 'Y' for occupation only, code."""
    return [
        (match.phrase, match.priority, "Y" if match.scope == "occupation" else "", match.code)
        for match in result.matches
    ]


def test_figure_2_longest_phrase_decides() -> None:
    result = code(dictionary(), "truck driver", "fuel oil")
    assert (result.status, result.code, result.priority, result.decided_by) == (
        Status.CODED, "716", 4, "unique",
    )  # fmt: skip
    assert result.table == "general"
    assert _trace(result) == [
        ("FUEL OIL TRUCK DRIVER", 4, "", "716"),
        ("OIL TRUCK DRIVER", 3, "", "716"),
        ("TRUCK DRIVER FUEL", 3, "", "716"),
        ("FUEL OIL", 2, "", "295"),
        ("FUEL TRUCK", 2, "", "716"),
        ("TRUCK DRIVER", 2, "", "715"),
        ("TRUCK DRIVER", 2, "Y", "715"),
        ("DRIVER", 1, "", "715"),
        ("FUEL", 1, "", "291"),
        ("DRIVER", 1, "Y", "715"),
    ]


def test_figure_3_occupation_only_breaks_the_tie() -> None:
    result = code(dictionary(), "machinist", "construction")
    assert (result.code, result.priority, result.decided_by) == ("465", 1, "occupation_only")
    assert _trace(result) == [
        ("CONSTRUCTION", 1, "", "982"),
        ("MACHINIST", 1, "", "465"),
        ("MACHINIST", 1, "Y", "465"),
    ]


def test_figure_4_one_code_at_the_highest_priority_is_no_tie() -> None:
    result = code(dictionary(), "construction framer", "construction")
    assert (result.code, result.priority, result.decided_by) == ("411", 2, "unique")
    # The figure counts a phrase once for every way to form it from the repeated word; the trace has it once.
    assert _trace(result) == [
        ("CONSTRUCTION FRAMER", 2, "", "411"),
        ("CONSTRUCTION FRAMER", 2, "Y", "411"),
        ("CONSTRUCTION", 1, "", "982"),
        ("FRAMER", 1, "", "411"),
        ("CONSTRUCTION", 1, "Y", "982"),
        ("FRAMER", 1, "Y", "411"),
    ]


def test_figure_5_occupation_only_of_lower_priority_does_not_break_a_tie() -> None:
    result = code(dictionary(), "contractor", "plumbing & heating")
    assert (result.status, result.code, result.priority, result.decided_by) == (Status.TIE, None, 2, "")
    assert _trace(result) == [
        ("HEATING CONTRACTOR", 2, "", "470"),
        ("PLUMBING CONTRACTOR", 2, "", "510"),
        ("CONTRACTOR", 1, "", "406"),
        ("HEATING", 1, "", "470"),
        ("PLUMBING", 1, "", "510"),
        ("CONTRACTOR", 1, "Y", "406"),
    ]
    assert [candidate.code for candidate in result.candidates] == ["470", "510", "406"]


def test_archiect_is_coded_by_the_word_unknown_and_offered_as_architect() -> None:
    result = code(dictionary(unknown="phrase\nUNKNOWN\n"), "ARCHIECT", "UNKNOWN")
    assert (result.status, result.code) == (Status.CODED, "999")
    matched, guessed = result.candidates
    assert (matched.code, matched.source) == ("999", "match")
    assert (guessed.code, guessed.source) == ("013", "spelling_guess")
    assert guessed.guesses == (("archiect", "architect"),)
    assert guessed.occupation_only


def test_archiect_is_not_coded_where_unknown_is_no_entry() -> None:
    result = code(
        dictionary("phrase,code\nARCHITECT,013\n", unknown="phrase\nUNKNOWN\n"), "ARCHIECT", "UNKNOWN"
    )
    assert (result.status, result.code) == (Status.NO_MATCH, None)
    assert [candidate.code for candidate in result.candidates] == ["013"]


def test_legal_agent_is_miscoded_as_sales_agent() -> None:
    result = code(dictionary(), "legal agent", "sales")
    assert (result.code, result.priority) == ("380", 2)


def test_microfilm_technician_is_taken_by_the_aluminium_table() -> None:
    words = dictionary(special_30_aluminum="phrase,code\nALUMINUM,700\nALUMINUM PLANT,700\n")
    result = code(words, "microfilm technician", "aluminum fabrication plant")
    assert (result.code, result.table) == ("700", "aluminum")
    assert {match.table for match in result.matches} == {"aluminum"}
    assert [candidate.code for candidate in result.candidates] == ["700", "290"]
