"""Candidates as rows of the coder's screen."""

from dataclasses import dataclass, replace

from django.utils.translation import gettext as _

from coding_app.choices import SuggestionSource
from coding_app.models import Code, CodeLabel, Suggestion
from coding_app.selectors.code_tree import Level

SHOWN = 3
"""Phrases named in a row; the rest are counted, so that all rows have the same height."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A row to choose; ``number`` is its key, 0 for a code found by search; ``share`` sizes its bar.

    The bar is the ``probability`` where there is one, else the words that matched against the most of any
    row; a guess has none then: its words count only if the guess is right. ``maker`` says where the code
    comes from, once a model is in play. In a walk through the classification ``below`` is how many codes lie
    right below a group, and ``itself`` marks the group one is in.
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
    probability: float | None = None
    maker: str = ""
    below: int = 0
    itself: bool = False

    @property
    def has_bar(self) -> bool:
        """Whether there is something to draw."""
        return self.number > 0 and (self.probability is not None or not self.guess)


def suggested(suggestions: list[Suggestion]) -> list[Candidate]:
    """The machine's candidates in order."""
    matched = [one.priority for one in suggestions if one.source != SuggestionSource.SPELLING_GUESS]
    top = max([1, *matched])
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
                share=one.priority / top if one.probability is None else one.probability,
                occupation_only=bool(one.reason.get("occupation_only")),
                guess=one.source == SuggestionSource.SPELLING_GUESS,
                guesses=tuple((pair[0], pair[1]) for pair in one.reason.get("guesses", ())),
                probability=one.probability,
                maker="" if one.probability is None else _maker(one.source),
            )
        )
    return rows


def _maker(source: str) -> str:
    if source == SuggestionSource.BOTH:
        return _("words and model")
    return _("model") if source == SuggestionSource.MODEL else _("words")


def found(code: Code, *, phrase: str = "") -> Candidate:
    """A code that the coder found by search; ``phrase`` is the dictionary phrase that led to it."""
    phrases = (phrase,) if phrase else ()
    return Candidate(choice=f"c{code.code}", number=0, code=code, label=text_of(code), phrases=phrases)


def walked(level: Level) -> list[Candidate]:
    """A level of the classification: the group itself where records may have it, then what lies below."""
    rows = [replace(found(level.here), itself=True)] if level.here and level.here.codable else []
    return rows + [
        replace(found(one.code), below=one.below) for one in level.branches if one.below or one.code.codable
    ]


def text_of(code: Code) -> CodeLabel | None:
    """Description, inclusions and exclusions in the reader's language, else in any; ``None`` without them."""
    own = code.label()
    labels = [own] if own else []
    labels += [label for label in code.labels.all() if label != own]
    return next((one for one in labels if one.description or one.includes or one.excludes), None)
