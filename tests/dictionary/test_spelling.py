from __future__ import annotations

from dictionary import Coder, Fault
from dictionary.spelling import SpellingRules, parse_spelling
from tests.dictionary.build import code, dictionary


def _parse(*rows: str) -> tuple[SpellingRules, list[Fault]]:
    faults: list[Fault] = []
    return parse_spelling("\n".join(["variant,standard", *rows]), faults), faults


def test_a_rule_rewrites_one_word_to_several_and_an_empty_one_drops_it() -> None:
    rules, faults = _parse("MGR,MANAGER", "RN,Registered Nurse", "THE,")
    assert faults == []
    assert rules(("the", "mgr", "rn", "cook")) == ("manager", "registered", "nurse", "cook")


def test_chains_are_followed_to_their_end() -> None:
    rules, faults = _parse("A,B C", "B,D", "C,", "D,E F")
    assert faults == []
    assert rules(("a",)) == ("e", "f")


def test_a_chain_of_thousands_of_rules_is_followed() -> None:
    rules, faults = _parse(*(f"W{n},W{n + 1}" for n in range(5000)))
    assert faults == []
    assert rules(("w0",)) == ("w5000",)


def test_each_loop_is_reported_once_with_its_rules() -> None:
    _, faults = _parse("A,B", "B,C", "C,A", "X,X", "P,Q R", "R,P", "IN,A")
    assert [(fault.line, fault.reason) for fault in faults] == [
        (2, "the rules loop: a -> b -> c -> a"),
        (5, "the rules loop: x -> x"),
        (6, "the rules loop: p -> r -> p"),
    ]


def test_a_chain_that_explodes_is_reported() -> None:
    _, faults = _parse(*(f"W{n},W{n + 1} W{n + 1}" for n in range(40)))
    assert faults
    assert all("more than 32" in fault.reason for fault in faults)


def test_other_faults_of_rules() -> None:
    _, faults = _parse("N/A,NONE", "???,X", "A,---", "MGR,MANAGER", "mgr,MANAGER", "Mgr.,MANGER", "THE")
    assert [fault.line for fault in faults] == [2, 3, 4, 6, 7, 8]
    assert "2 words" in faults[0].reason
    assert "empty" in faults[1].reason
    assert "leave it blank" in faults[2].reason
    assert "the same rule on line 5" in faults[3].reason
    assert "another rule on line 5" in faults[4].reason
    assert "standard missing" in faults[5].reason


def test_phrases_and_records_pass_the_same_rules() -> None:
    words = dictionary(
        "phrase,code\nMGR OF THE SHOP,1\n", spelling="variant,standard\nMGR,MANAGER\nTHE,\nOF,\n"
    )
    (entry,) = words.tables["general"].entries
    assert entry.words == ("manager", "shop")
    result = code(words, "The shop manager")
    assert (result.code, result.priority) == ("1", 2)
    assert Coder(words).standardise("THE MGR.") == ("manager",)
