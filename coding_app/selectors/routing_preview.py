"""What a routing would do before it is saved, and what the audit of the one in force has found."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from coding_app import coders
from coding_app.choices import RecordStatus, Rule
from coding_app.exceptions import Faults
from coding_app.models import Record, Study
from coding_app.routing import ACCEPTING, Settings
from coding_app.selectors import routing, routing_settings
from coding_app.selectors.progress import Rate
from coding_app.selectors.routing import Standing

MOVES: Final = ("to_accepted", "to_waiting", "other_code")
"""How a record may go another way: to the machine, to a person, or to another code of the machine."""


@dataclass(frozen=True, slots=True)
class Line:
    """The records that one rule takes: ``now``, and ``then``; ``filter_now`` lists the first of these."""

    rule: Rule
    now: int
    then: int

    @property
    def accepts(self) -> bool:
        """Whether the rule accepts; otherwise it sends to a person."""
        return self.rule in ACCEPTING

    @property
    def filter_now(self) -> dict[str, str]:
        """Fields of ``selectors.records.RecordFilter``."""
        return {"rule": self.rule.value}


@dataclass(frozen=True, slots=True)
class Preview:
    """What settings would do with the ``records`` that routing is for.

    ``moves`` counts the records that would go another way, by ``MOVES``. ``without_probability`` of them were
    coded without a model. ``expected_error`` is the mean, over the ``expected_of`` records that would be
    accepted and have a probability, of what their codes' probabilities leave to other codes.
    """

    lines: list[Line]
    records: int
    accepted_now: int
    accepted_then: int
    moves: dict[str, int]
    without_probability: int
    expected_error: float | None
    expected_of: int

    @property
    def waiting_now(self) -> int:
        """Records that a person has to decide."""
        return self.records - self.accepted_now

    @property
    def waiting_then(self) -> int:
        """Those that a person would have to decide."""
        return self.records - self.accepted_then

    @property
    def to_accepted(self) -> int:
        """Waiting now, accepted then."""
        return self.moves["to_accepted"]

    @property
    def to_waiting(self) -> int:
        """Accepted now, waiting then."""
        return self.moves["to_waiting"]

    @property
    def other_code(self) -> int:
        """Accepted both times, with another code."""
        return self.moves["other_code"]

    @property
    def share_now(self) -> Rate:
        """Of the records, those accepted."""
        return Rate(self.accepted_now, self.records)

    @property
    def share_then(self) -> Rate:
        """Of the records, those that would be."""
        return Rate(self.accepted_then, self.records)


def preview(study: Study, settings: Settings) -> Preview:
    """What the settings would do with every record that no person decided. Nothing is written.

    Raises:
        Faults: when they cannot be used.
    """
    now: Counter[str] = Counter()
    then: Counter[str] = Counter()
    moves = Counter(dict.fromkeys(MOVES, 0))
    accepted_now = without = expected_of = 0
    doubt = 0.0
    for one in _standings(study, settings):
        now[one.rule] += 1
        then[one.then_rule] += 1
        accepted_now += one.status == RecordStatus.ACCEPTED
        if move := _move(one):
            moves[move] += 1
        probability = one.facts.probability
        without += probability is None
        # Of the first suggestion: known of what is accepted where that is what is accepted.
        if one.then_accepted and probability is not None and one.then_code == one.facts.best:
            doubt += 1 - probability
            expected_of += 1
    return Preview(
        lines=[Line(rule, now[rule], then[rule]) for rule in Rule],
        records=now.total(),
        accepted_now=accepted_now,
        accepted_then=sum(then[rule] for rule in ACCEPTING),
        moves=dict(moves),
        without_probability=without,
        expected_error=doubt / expected_of if expected_of else None,
        expected_of=expected_of,
    )


def listed(study: Study, settings: Settings, *, rule: str = "", move: str = "") -> list[int]:
    """Keys, ascending, of the records that the settings' ``rule`` would take, or that make a ``move``.

    Raises:
        Faults: when the settings cannot be used.
    """
    return [
        one.facts.key
        for one in _standings(study, settings)
        if (not rule or one.then_rule == rule) and (not move or _move(one) == move)
    ]


def _standings(study: Study, settings: Settings) -> Iterator[Standing]:
    if found := routing_settings.faults(study, settings):
        raise Faults("", [fault.message for fault in found])
    return routing.standings(study, routing.rules(study, settings), routing.routed(study))


def _move(one: Standing) -> str:
    before = one.status == RecordStatus.ACCEPTED
    if before != one.then_accepted:
        return "to_accepted" if one.then_accepted else "to_waiting"
    return "other_code" if before and one.code != one.then_code else ""


@dataclass(frozen=True, slots=True)
class Audit:
    """What people found among the records drawn from what the machine would have accepted.

    Of ``drawn`` records, ``waiting`` are not decided yet: until none is, the decided ones are no random
    sample. ``wrong`` were given another code, ``cannot`` of these none at all.
    """

    drawn: int
    waiting: int
    wrong: int
    cannot: int
    bound: float

    @property
    def decided(self) -> int:
        """Records that a person has decided."""
        return self.drawn - self.waiting

    @property
    def complete(self) -> bool:
        """Whether all are decided."""
        return self.drawn > 0 and not self.waiting

    @property
    def rate(self) -> Rate:
        """Wrong ones among the decided, with its interval; ``bound`` is the exact one-sided 95 % bound."""
        return Rate(self.wrong, self.decided)


def audit(study: Study) -> Audit:
    """What the audit of the routing in force has found so far.

    It counts the records that were drawn, under this routing or an earlier one, and that it would draw again;
    of those that were reopened, whichever it would draw: the draw goes by their keys alone.
    """
    found: Counter[str] = Counter()
    wrong = 0
    for one, is_wrong in _audited(study):
        found[one.status] += 1
        wrong += is_wrong
    cannot = found[RecordStatus.CANNOT_CODE]
    decided = found[RecordStatus.DECIDED] + cannot
    return Audit(
        drawn=decided + found[RecordStatus.WAITING],
        waiting=found[RecordStatus.WAITING],
        wrong=wrong,
        cannot=cannot,
        bound=coders.error_bound(wrong, decided),
    )


def audit_wrong(study: Study) -> list[int]:
    """Keys, ascending, of the records behind :attr:`Audit.wrong`."""
    return [one.facts.key for one, is_wrong in _audited(study) if is_wrong]


def _audited(study: Study) -> Iterator[tuple[Standing, bool]]:
    """Every record of the audit, and whether a person found the machine wrong."""
    asked = routing.rules(study, routing.current(study))
    drawn = Record.objects.filter(
        study=study,
        rule__in=[Rule.AUDIT, Rule.REOPENED],
        status__in=[RecordStatus.WAITING, RecordStatus.DECIDED, RecordStatus.CANNOT_CODE],
        suggestion_set__isnull=False,
    )
    for one in routing.judged(study, asked, drawn):
        if one.then_rule == Rule.AUDIT:
            otherwise = one.status == RecordStatus.DECIDED and one.code != asked.taken(one.facts)
            yield one, otherwise or one.status == RecordStatus.CANNOT_CODE
