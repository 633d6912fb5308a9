"""Candidates as rows of the coder's screen, and in words why a record came before a person."""

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from coding_app.choices import Outcome, SuggestionSource
from coding_app.models import Code, CodeLabel, Record, Suggestion

SHOWN = 3
"""Phrases named in a row; the rest are counted, so that all rows have the same height."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A row to choose; ``number`` is its key, 0 for a code found by search; ``share`` sizes its bar.

    A guess has no bar: its words count only if the guess is right.
    """

    choice: str
    number: int
    code: Code
    label: CodeLabel | None
    phrases: tuple[str, ...] = ()
    more: int = 0
    priority: int = 0
    share: float = 0.0
    occupation_only: bool = False
    guess: bool = False
    guesses: tuple[tuple[str, str], ...] = ()


def suggested(suggestions: list[Suggestion]) -> list[Candidate]:
    """The machine's candidates in order."""
    matched = [one.priority for one in suggestions if one.source != SuggestionSource.SPELLING_GUESS]
    top = max(matched, default=1)
    rows = []
    for one in suggestions:
        phrases = tuple(one.reason.get("phrases", ()))
        rows.append(
            Candidate(
                choice=f"s{one.pk}",
                number=one.rank,
                code=one.code,
                label=text_of(one.code),
                phrases=phrases[:SHOWN],
                more=max(0, len(phrases) - SHOWN),
                priority=one.priority,
                share=one.priority / max(top, 1),
                occupation_only=bool(one.reason.get("occupation_only")),
                guess=one.source == SuggestionSource.SPELLING_GUESS,
                guesses=tuple((pair[0], pair[1]) for pair in one.reason.get("guesses", ())),
            )
        )
    return rows


def found(code: Code, *, phrase: str = "") -> Candidate:
    """A code that the coder found by search; ``phrase`` is the dictionary phrase that led to it."""
    phrases = (phrase,) if phrase else ()
    return Candidate(choice=f"c{code.code}", number=0, code=code, label=text_of(code), phrases=phrases)


def text_of(code: Code) -> CodeLabel | None:
    """Description, inclusions and exclusions in the reader's language, else in any; ``None`` without them."""
    own = code.label()
    labels = [own] if own else []
    labels += [label for label in code.labels.all() if label != own]
    return next((one for one in labels if one.description or one.includes or one.excludes), None)


def why_here(record: Record, suggestions: list[Suggestion]) -> str:
    """One sentence: why the machine left the record to a person."""
    made = record.suggestion_set
    if made is None:
        return _("No machine has looked at this record.")
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
    if suggestions:
        return _("Not matched: no dictionary phrase is made of these words. What stands below is guessed.")
    return _("Not matched: no dictionary phrase is made of these words.")
