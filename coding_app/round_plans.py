"""What a supervisor asks of a round, before anything is drawn."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Self

from coding_app.choices import RoundKind, Selection
from coding_app.models import Round

EVERYBODY: Final = 0
"""``coders_per_record`` when every coder of the round codes every record."""


@dataclass(frozen=True, slots=True)
class RoundPlan:
    """A round as it is to be.

    Attributes:
        coders: keys of users, each with their share of the work (above 0; equal shares balance it). None at
            all only for a review: whoever codes in the study may then take its records.
        coders_per_record: counts for double coding alone, where 0 means all of them; a calibration set and
            gold records are coded by everybody, a review and an evaluation by one coder each.
        population: fields of :class:`selectors.records.RecordFilter`: what is drawn from.
        size: records to draw; ``None`` takes them all.
        seed: ``None`` draws one; it is recorded.
        stratum_column: the original column that makes the strata of a stratified sample.
        equal_strata: as many records of each stratum; else in proportion to its size.
        machine_unlabelled: adjudicators see the machine's code as one more, without being told.
        settles: results become final codes of the records. Gold records never do.
        feedback: a coder is told at once where the known code of a gold record is another.
        gold_every: one gold record comes among so many records, on average.
    """

    name: str
    kind: RoundKind
    coders: tuple[tuple[int, float], ...] = ()
    blinded: bool = False
    coders_per_record: int = 1
    selection: Selection = Selection.ALL
    population: Mapping[str, str] = field(default_factory=dict)
    size: int | None = None
    seed: int | None = None
    stratum_column: str = ""
    equal_strata: bool = False
    machine_unlabelled: bool = False
    settles: bool = True
    feedback: bool = False
    gold_every: int | None = None

    @classmethod
    def of(cls, stored: Round) -> Self:
        """The plan of a round that was set up."""
        return cls(
            name=stored.name,
            kind=RoundKind(stored.kind),
            coders=tuple((one["user"], one["share"]) for one in stored.coders),
            blinded=stored.blinded,
            coders_per_record=stored.coders_per_record,
            selection=Selection(stored.selection),
            population=stored.population,
            size=stored.size,
            seed=stored.seed,
            stratum_column=stored.stratum_column,
            equal_strata=stored.equal_strata,
            machine_unlabelled=stored.machine_unlabelled,
            settles=stored.settles,
            feedback=stored.feedback,
            gold_every=stored.gold_every,
        )

    @property
    def each(self) -> int:
        """How many different coders code a record."""
        if self.kind in (RoundKind.CALIBRATION, RoundKind.GOLD):
            return len(self.coders)
        if self.kind == RoundKind.DOUBLE:
            return self.coders_per_record or len(self.coders)
        return 1

    @property
    def exclusive(self) -> bool:
        """Whether its records are kept from the study's own queue and from the machine meanwhile."""
        return self.kind != RoundKind.GOLD
