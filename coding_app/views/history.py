"""What happened to a record, in words."""

from typing import Any

from django.utils.translation import gettext as _

from coding_app.choices import CannotCodeReason, LabelVerdict, Outcome, RecordStatus, Rule, Verb
from coding_app.models import Event, Record


def happened(event: Event, record: Record, *, with_rules: bool) -> str:
    """An event in words. Which rule took a record would tell a coder what the machine holds of it."""
    words = _told(event, record)
    rule = event.data.get("rule")
    rule = rule.get("to") if isinstance(rule, dict) else rule
    if with_rules and rule in Rule.values and event.verb != Verb.RECORD_REOPENED:  # which says it already
        words = f"{words} · {Rule(rule).label}"
    return words


def _told(event: Event, record: Record) -> str:
    tell = _WORDS.get(Verb(event.verb))
    return tell(event.data, event, record) if tell else event.get_verb_display()


def _imported(data: dict[str, Any], event: Event, record: Record) -> str:
    return _("Imported from %(file)s, line %(line)s") % {
        "file": record.source.file_name,
        "line": data.get("line", record.line),
    }


def _coded(data: dict[str, Any], event: Event, record: Record) -> str:
    if data.get("code") and data.get("rule") == Rule.THRESHOLD:
        return _("Coded %(code)s by its probability") % {"code": data["code"]}
    if data.get("code"):
        return _("Coded %(code)s by the dictionary") % {"code": data["code"]}
    outcome = dict(Outcome.choices).get(data.get("outcome", ""), "")
    return _("Looked at by the machine: %(outcome)s") % {"outcome": outcome}


def _routed(data: dict[str, Any], event: Event, record: Record) -> str:
    code = data.get("code", {}).get("to")
    if code:
        return _("Routed again: accepted as %(code)s") % {"code": code}
    return _("Routed again: to a person")


def _reviewed(data: dict[str, Any], event: Event, record: Record) -> str:
    verdict = dict(LabelVerdict.choices).get(event.after)
    code = data.get("code", "")
    if verdict is None:
        return _("The verdict on the code %(code)s was taken back") % {"code": code}
    return _("The code %(code)s was reviewed: %(verdict)s") % {"code": code, "verdict": verdict}


def _decided(data: dict[str, Any], event: Event, record: Record) -> str:
    code = data.get("code") or data.get("said")
    if "round" in data:
        if code:
            return _("In round %(number)s: %(code)s") % {"number": data["round"], "code": code}
        return _("In round %(number)s: cannot be coded: %(reason)s") % {
            "number": data["round"],
            "reason": _reason(data),
        }
    if code:
        return _("Decided: %(code)s") % {"code": code}
    return _("Cannot be coded: %(reason)s") % {"reason": _reason(data)}


def _reason(data: dict[str, Any]) -> str:
    return str(dict(CannotCodeReason.choices).get(data.get("reason", ""), ""))


def _undone(data: dict[str, Any], event: Event, record: Record) -> str:
    if "round" in data:
        return _("Decision in round %(number)s undone") % {"number": data["round"]}
    return _("Decision undone")


def _drawn(data: dict[str, Any], event: Event, record: Record) -> str:
    return _("Drawn for round %(number)s") % {"number": data.get("round", "")}


def _agreed(data: dict[str, Any], event: Event, record: Record) -> str:
    return _result(data, _("The coders of round %(number)s agreed: %(code)s"))


def _disputed(data: dict[str, Any], event: Event, record: Record) -> str:
    return _("The coders of round %(number)s did not agree") % {"number": data.get("round", "")}


def _adjudicated(data: dict[str, Any], event: Event, record: Record) -> str:
    return _result(data, _("Adjudicated in round %(number)s: %(code)s"))


def _result(data: dict[str, Any], words: str) -> str:
    """The round's result, which is not always the record's final code."""
    code = data.get("result", data.get("code"))
    return words % {"number": data.get("round", ""), "code": code or _("cannot be coded")}


def _returned(data: dict[str, Any], event: Event, record: Record) -> str:
    return _("Sent back to the coders of round %(number)s with a question") % {
        "number": data.get("round", "")
    }


def _withdrawn(data: dict[str, Any], event: Event, record: Record) -> str:
    return _("Taken out of round %(number)s") % {"number": data.get("round", "")}


def _reopened(data: dict[str, Any], event: Event, record: Record) -> str:
    if "round" in data:
        return _("Before the coders of round %(number)s again") % {"number": data["round"]}
    code = data.get("from", {}).get("code")
    words = _("Reopened: it had the code %(code)s") % {"code": code} if code else _("Reopened")
    return _why(words, data)


def _removed(data: dict[str, Any], event: Event, record: Record) -> str:
    return _why(_("Removed from the study"), data)


def _restored(data: dict[str, Any], event: Event, record: Record) -> str:
    code = data.get("code")
    if code:
        return _("Back where it stood: %(code)s") % {"code": code}
    status = dict(RecordStatus.choices).get(event.after, "")
    return _("Back where it stood: %(status)s") % {"status": status}


def _why(words: str, data: dict[str, Any]) -> str:
    return f"{words} – {data['why']}" if data.get("why") else words


_WORDS = {
    Verb.RECORD_IMPORTED: _imported,
    Verb.RECORD_CODED: _coded,
    Verb.RECORD_ROUTED: _routed,
    Verb.LABEL_REVIEWED: _reviewed,
    Verb.RECORD_DECIDED: _decided,
    Verb.DECISION_UNDONE: _undone,
    Verb.RECORD_DRAWN: _drawn,
    Verb.RECORD_AGREED: _agreed,
    Verb.RECORD_DISPUTED: _disputed,
    Verb.RECORD_ADJUDICATED: _adjudicated,
    Verb.ADJUDICATION_RETURNED: _returned,
    Verb.RECORD_WITHDRAWN: _withdrawn,
    Verb.RECORD_REOPENED: _reopened,
    Verb.RECORD_REMOVED: _removed,
    Verb.RECORD_RESTORED: _restored,
}
