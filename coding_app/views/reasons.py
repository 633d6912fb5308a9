"""In words: why a record came before a person."""

from collections.abc import Callable

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from coding_app.choices import AcceptBy, Outcome, Rule
from coding_app.models import Code, Record, Suggestion, SuggestionSet
from coding_app.selectors.records import lineage
from coding_app.services import placing
from coding_app.templatetags.tiebreak import percent


def why_here(record: Record, suggestions: list[Suggestion]) -> str:
    """One sentence: why the machine left the record to a person.

    A record drawn for the audit is said to be drawn, as it is, but not what was accepted of it: whoever
    looks at it is to judge for themselves.
    """
    if record.rule == Rule.REOPENED:
        return _("A supervisor wants it to be looked at again.")
    made = record.suggestion_set
    if made is None:
        return _("No machine has looked at this record.")
    if made.outcome in placing.SET_ASIDE or record.rule in _ACCEPTING:
        return _("A supervisor wants it to be looked at again.")
    tell = _BY_RULE.get(record.rule)
    return tell(record, made) if tell else _unmatched(made, suggestions)


def _unmatched(made: SuggestionSet, suggestions: list[Suggestion]) -> str:
    if made.outcome == Outcome.TIE:
        matched = {line["code"] for line in made.trace if line["priority"] == made.priority}
        tied = [one.code.code for one in suggestions if one.code.code in matched]
        tied += sorted(matched.difference(tied))
        named = ", ".join(tied[:5]) + ("…" if len(tied) > 5 else "")
        return ngettext(
            "Tied: %(codes)s match with %(n)s word each, and the occupation words alone do not decide.",
            "Tied: %(codes)s match with %(n)s words each, and the occupation words alone do not decide.",
            made.priority or 0,
        ) % {"codes": named, "n": made.priority}
    if any(one.priority for one in suggestions):
        return _("Not matched: no dictionary phrase is made of these words. What stands below is guessed.")
    return _("Not matched: no dictionary phrase is made of these words.")


def _below(record: Record, made: SuggestionSet) -> str:
    if record.routing is None or made.probability is None:
        return str(Rule.BELOW.label)
    return _("Below the threshold: %(probability)s for the first code, and %(threshold)s are asked for.") % {
        "probability": percent(made.probability),
        "threshold": percent(record.routing.threshold),
    }


def _margin(record: Record, made: SuggestionSet) -> str:
    if record.routing is None or made.margin is None:
        return str(Rule.MARGIN.label)
    return _("Too near the second code: the first is ahead by %(margin)s, and %(asked)s are asked for.") % {
        "margin": percent(made.margin),
        "asked": percent(record.routing.min_margin),
    }


def _disagreement(record: Record, made: SuggestionSet) -> str:
    if made.model_code is None:
        return _("The model has not said whether it agrees with the dictionary.")
    if made.code is None:
        return _("Dictionary and model have to agree: the model says %(model)s, the dictionary nothing.") % {
            "model": made.model_code.code
        }
    return _("Dictionary and model do not agree: %(dictionary)s and %(model)s.") % {
        "dictionary": made.code.code,
        "model": made.model_code.code,
    }


def _guarded(record: Record, made: SuggestionSet) -> str:
    code = _considered(record, made)
    above = {one.code: one for one in lineage(code)} if code else {}
    groups = [guard["group"] for guard in record.routing.guarded] if record.routing else []
    group = next((above[name] for name in groups if name in above), None)
    if code is None or group is None:
        return str(Rule.GUARDED.label)
    return _("Guarded: %(code)s belongs to %(group)s, and no word of the text says so.") % {
        "code": code.code,
        "group": f"{group.code} {group.local_title}",
    }


def _person_code(record: Record, made: SuggestionSet) -> str:
    code = _considered(record, made)
    if code is None:
        return str(Rule.PERSON_CODE.label)
    return _("The code %(code)s always goes to a person in this study.") % {"code": code.code}


def _considered(record: Record, made: SuggestionSet) -> Code | None:
    """The code that the machine would have given."""
    by_probability = record.routing is not None and record.routing.accept_by == AcceptBy.PROBABILITY
    return made.best if by_probability else made.code


_ACCEPTING = frozenset({Rule.DICTIONARY, Rule.THRESHOLD})
"""Rules that send nobody a record: one that waits all the same was reopened."""

_BY_RULE: dict[str, Callable[[Record, SuggestionSet], str]] = {
    Rule.BELOW: _below,
    Rule.MARGIN: _margin,
    Rule.DISAGREEMENT: _disagreement,
    Rule.GUARDED: _guarded,
    Rule.PERSON_CODE: _person_code,
    Rule.PERSON_STRATUM: lambda record, made: _("Records of this stratum always go to a person."),
    Rule.EVERYTHING: lambda record, made: _("Every record of this study goes to a person."),
    Rule.AUDIT: lambda record, made: _("Drawn at random, whatever the machine says of it."),
}
