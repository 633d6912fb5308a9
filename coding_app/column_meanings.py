"""What the columns of an export mean: the data dictionary, in English like the names of the columns."""

import re
from typing import NamedTuple

from django.db.models import TextChoices

from coding_app.choices import CannotCodeReason, Outcome, RecordStatus, Route, Rule, Side


class Meaning(NamedTuple):
    """What a column holds: what kind of value, which values there are, and what they say."""

    kind: str
    values: str
    says: str


def _values(choices: type[TextChoices]) -> str:
    return "; ".join(choices.values)


_TIME = "time, ISO 8601 with UTC offset"
_PERSON = "person-01 and so on: the same person has the same one throughout the study"
_YES = "yes; no"

_OWN = {
    "status": Meaning("category", _values(RecordStatus), "where the record stands"),
    "final_code": Meaning(
        "code", "", "the final code; empty while there is none, or where none can be given"
    ),
    "final_title": Meaning("text", "", "title of the final code, in the classification's own language"),
    "classification": Meaning("text", "", "name and edition of the classification"),
    "route": Meaning("category", _values(Route), "how the record got its final code"),
    "dictionary_version": Meaning("text", "", "the dictionary that coded the record, and its version"),
    "outcome": Meaning("category", _values(Outcome), "what the dictionary coder said of the record"),
    "table": Meaning("text", "", "which table of the dictionary coded the record"),
    "priority": Meaning("whole number", "", "words of the phrase that decided"),
    "decided_by_rule": Meaning(
        "category", "unique; occupation_only", "which rule of the dictionary coder settled the record"
    ),
    "candidates": Meaning("JSON", "", "all suggestions of the machine, best first, and why each was made"),
    "standardised_text": Meaning("text", "", "the words as the dictionary coder saw them"),
    "decided_by": Meaning("category", f"machine; {_PERSON}", "who gave the final code"),
    "decided_at": Meaning(_TIME, "", "when the final code was given by a person"),
    "reason": Meaning("category", _values(CannotCodeReason), "why the record cannot be coded"),
    "note": Meaning("text", "", "what was noted with the decision, or why it was adjudicated so"),
    "rule": Meaning("category", _values(Rule), "which rule of the routing accepted the record or sent it on"),
    "routing": Meaning("whole number", "", "version of the routing that has the rule"),
    "threshold": Meaning("share from 0 to 1", "", "threshold of that routing, where it accepts by one"),
    "model_version": Meaning("whole number", "", "version of the model that made the suggestions"),
    "model_fallback": Meaning("category", "baseline; none", "what coded where the model could not be loaded"),
    "final_parents": Meaning(
        "text", "", "codes and titles above the final code, the top first, with | between them"
    ),
    "round": Meaning("whole number", "", "number of the round of coding that settled the record"),
    "adjudicated": Meaning("category", _YES, "whether an adjudicator settled the record"),
    "adjudicated_by": Meaning("category", _PERSON, "who adjudicated it"),
    "adjudicated_at": Meaning(_TIME, "", "when it was adjudicated"),
    "adjudicated_choice": Meaning(
        "category", _values(Side), "whose code the adjudicator chose, without knowing whose it was"
    ),
    "adjudication_reason": Meaning("text", "", "why, in the adjudicator's words"),
    "decisions": Meaning("whole number", "", "how many decisions of people stand for the record"),
}
_DECISION = {
    "coder": Meaning("category", _PERSON, "who made the decision"),
    "code": Meaning("code", "", "the code they gave; empty where they said it cannot be coded"),
    "at": Meaning(_TIME, "", "when they decided"),
    "seconds": Meaning("seconds", "", "from the record's being opened to the decision"),
    "blinded": Meaning("category", _YES, "whether they saw nothing of what the machine said"),
    "reason": Meaning("category", _values(CannotCodeReason), "why they could not code it"),
    "comment": Meaning("text", "", "what they noted"),
    "round": Meaning("whole number", "", "number of the round they decided in; empty: the study's own queue"),
}


def meaning(name: str) -> Meaning:
    """What an own column means, by its name without prefix.

    Raises:
        KeyError: for a column that nothing is known of.
    """
    if found := re.fullmatch(r"(code|prob)_(\d+)", name):
        kind, rank = found.groups()
        if kind == "code":
            return Meaning("code", "", f"suggestion {rank} of the machine")
        return Meaning("share from 0 to 1", "", f"calibrated probability of suggestion {rank}")
    if found := re.fullmatch(r"decision_(\d+)_(\w+)", name):
        number, part = found.groups()
        own = _DECISION[part]
        return own._replace(says=f"decision {number}, in order of time: {own.says}")
    return _OWN[name]
