"""The rules of a routing alone: what they accept, in which order they refuse, and what never happens."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from coding_app.choices import AcceptBy, Rule
from coding_app.routing import ACCEPTING, Facts, Guard, Rules, Settings, Stratum, drawn

PARENTS = {"1": None, "11": "1", "111": "11", "112": "11", "2": None, "21": "2", "211": "21"}
SURE = Facts(key=1, coded="111", best="111", probability=0.95, margin=0.9, model="111", row={})
BY_PROBABILITY = Settings(accept_by=AcceptBy.PROBABILITY, threshold=0.8)


def apply(settings: Settings, facts: Facts = SURE) -> tuple[bool, Rule]:
    return Rules.of(settings, PARENTS).apply(facts)


def says(settings: Settings, text: str, code: str = "111") -> bool:
    """Whether a record with this occupation is accepted with this code."""
    facts = replace(SURE, coded=code, best=code, model=code, row={"occupation": text})
    return apply(settings, facts)[0]


def test_the_default_accepts_what_the_dictionary_codes_and_nothing_else() -> None:
    assert apply(Settings()) == (True, Rule.DICTIONARY)
    assert apply(Settings(), replace(SURE, coded=None)) == (False, Rule.NOT_CODED)
    assert apply(Settings(), replace(SURE, probability=0.01, margin=0.0)) == (True, Rule.DICTIONARY)


@pytest.mark.parametrize(
    ("settings", "facts", "rule"),
    [
        (Settings(), {"best": None, "coded": None}, Rule.NO_CODE),
        (Settings(accept_by=AcceptBy.NOBODY), {"best": None}, Rule.NO_CODE),
        (Settings(accept_by=AcceptBy.NOBODY), {}, Rule.EVERYTHING),
        (BY_PROBABILITY, {"probability": None}, Rule.NOT_CODED),
        (replace(BY_PROBABILITY, person_codes=("11",)), {}, Rule.PERSON_CODE),
        (replace(BY_PROBABILITY, person_codes=("111",)), {"probability": 0.1}, Rule.PERSON_CODE),
        (BY_PROBABILITY, {"probability": 0.7999}, Rule.BELOW),
        (replace(BY_PROBABILITY, min_margin=0.5), {"margin": 0.4}, Rule.MARGIN),
        (replace(BY_PROBABILITY, require_agreement=True), {"model": "112"}, Rule.DISAGREEMENT),
        (replace(BY_PROBABILITY, require_agreement=True), {"coded": None}, Rule.DISAGREEMENT),
        (Settings(require_agreement=True), {"model": None}, Rule.DISAGREEMENT),
        (replace(BY_PROBABILITY, audit_share=1.0), {}, Rule.AUDIT),
        (replace(BY_PROBABILITY, audit_share=1.0), {"probability": 0.1}, Rule.BELOW),
    ],
)
def test_a_record_goes_to_a_person_by_the_first_rule_that_refuses(
    settings: Settings, facts: dict[str, Any], rule: Rule
) -> None:
    assert apply(settings, replace(SURE, **facts)) == (False, rule)


def test_a_probability_at_the_threshold_is_enough() -> None:
    assert apply(BY_PROBABILITY, replace(SURE, probability=0.8)) == (True, Rule.THRESHOLD)


def test_codes_beside_a_group_that_goes_to_a_person_are_accepted() -> None:
    settings = Settings(person_codes=("11",))
    assert apply(settings, replace(SURE, coded="211", best="211"))[0]


def test_values_of_a_stratum_are_compared_without_case_and_blanks() -> None:
    settings = Settings(person_strata=(Stratum("sex", ("F", "")),))
    for value, accepted in (("f ", False), ("M", True), ("", False)):
        assert apply(settings, replace(SURE, row={"sex": value}))[0] is accepted, value
    assert apply(settings, replace(SURE, row={}))[1] == Rule.PERSON_STRATUM, "no such column is a blank one"


@pytest.mark.parametrize(
    ("word", "text", "found"),
    [
        ("manager", "Sales MANAGER, north", True),
        ("manager", "management of sales", False),
        ("manager", "store-manager", True),
        ("in charge", "in   charge of a shop", True),
        ("CEO", "대기업 CEO는", True),
        ("부장", "영업부장님", True),
        ("부장", "영업과장", False),
        ("chef", "ｃｈｅｆ", True),
        ("c++", "writes c++ code", True),
    ],
)
def test_guard_words_are_whole_words_and_korean_ones_stand_anywhere(
    word: str, text: str, found: bool
) -> None:
    assert says(Settings(guarded=(Guard("11", (word,)),)), text) is found


def test_a_guard_binds_its_group_only_and_any_of_its_words_will_do() -> None:
    settings = Settings(guarded=(Guard("11", ("manager", "head")),))
    assert says(settings, "head of sales")
    assert not says(settings, "sells things")
    assert says(settings, "sells things", code="211")


def test_guards_of_a_group_and_of_one_above_it_both_bind() -> None:
    settings = Settings(guarded=(Guard("1", ("manager",)), Guard("11", ("sales",))))
    assert says(settings, "sales manager")
    assert not says(settings, "manager")


def test_guard_words_are_looked_for_where_the_model_reads() -> None:
    facts = replace(SURE, row={"occupation": "sells", "position": "manager", "note": "head"})
    settings = Settings(guarded=(Guard("11", ("manager",)),))
    assert not Rules.of(settings, PARENTS).apply(facts)[0]
    assert Rules.of(settings, PARENTS, reads=("position",)).apply(facts)[0]
    other = Settings(guarded=(Guard("11", ("head",)),))
    assert not Rules.of(other, PARENTS, reads=("position",)).apply(facts)[0]


def test_rows_are_asked_for_only_where_they_matter() -> None:
    assert not Rules.of(BY_PROBABILITY, PARENTS).needs_rows
    assert Rules.of(Settings(guarded=(Guard("11", ("a",)),)), PARENTS).needs_rows
    assert Rules.of(Settings(person_strata=(Stratum("sex", ("f",)),)), PARENTS).needs_rows


def test_the_audit_draws_its_share_the_same_records_every_time() -> None:
    keys = range(20_000)
    first = [key for key in keys if drawn(7, key, 0.1)]
    assert first == [key for key in keys if drawn(7, key, 0.1)]
    assert 1_850 < len(first) < 2_150, "four standard deviations around 2,000"
    assert set(first) < {key for key in keys if drawn(7, key, 0.2)}
    other = {key for key in keys if drawn(8, key, 0.1)}
    assert 120 < len(other & set(first)) < 280, "another seed draws independently"


words = some.text(some.sampled_from("ab가 -"), min_size=1, max_size=5).filter(str.strip)
codes = some.sampled_from(sorted(PARENTS))
shares = some.floats(0, 1)
all_settings = some.builds(
    Settings,
    accept_by=some.sampled_from(AcceptBy),
    threshold=shares,
    min_margin=shares,
    require_agreement=some.booleans(),
    guarded=some.lists(
        some.builds(Guard, codes, some.lists(words, min_size=1, max_size=2).map(tuple)), max_size=2
    ).map(tuple),
    person_codes=some.lists(codes, max_size=1).map(tuple),
    person_strata=some.lists(some.builds(Stratum, some.just("sex"), some.just(("f",))), max_size=1).map(
        tuple
    ),
    audit_share=some.sampled_from([0.0, 0.3, 1.0]),
    audit_seed=some.integers(0, 5),
)
all_facts = some.builds(
    Facts,
    key=some.integers(1, 50),
    coded=some.none() | codes,
    best=some.none() | codes,
    probability=some.none() | shares,
    margin=some.none() | shares,
    model=some.none() | codes,
    row=some.fixed_dictionaries({"occupation": words, "sex": some.sampled_from(["f", "m"])}),
)


@given(all_settings, all_facts)
def test_what_is_accepted_has_a_code_and_an_accepting_rule(settings: Settings, facts: Facts) -> None:
    rules = Rules.of(settings, PARENTS)
    accepted, rule = rules.apply(facts)
    assert accepted == (rule in ACCEPTING)
    if accepted:
        assert rules.taken(facts) in PARENTS
    assert rules.apply(facts) == (accepted, rule), "the same every time"


@given(all_settings, all_facts, shares)
def test_a_higher_threshold_accepts_nothing_more(settings: Settings, facts: Facts, more: float) -> None:
    higher = replace(settings, threshold=max(settings.threshold, more))
    assert apply(settings, facts)[0] or not apply(higher, facts)[0]


@given(all_settings, all_facts)
def test_every_further_condition_only_takes_away(settings: Settings, facts: Facts) -> None:
    free = Settings(accept_by=settings.accept_by, threshold=settings.threshold)
    if apply(settings, facts)[0]:
        assert apply(free, facts)[0]


@given(all_settings, all_facts)
def test_an_audited_record_is_one_that_would_be_accepted(settings: Settings, facts: Facts) -> None:
    if apply(settings, facts)[1] == Rule.AUDIT:
        assert apply(replace(settings, audit_share=0.0), facts)[0]


@given(all_settings)
def test_settings_go_through_their_columns(settings: Settings) -> None:
    class Row:
        pass

    row: Any = Row()
    for name, value in settings.columns().items():
        setattr(row, name, value)
    assert Settings.of(row) == settings
