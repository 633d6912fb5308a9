"""A draw at work: records come into a round, each chunk with its places and events in one transaction.

The seed decides who is drawn and who codes what. A worker that takes a draw up again goes on with the record
after the last committed one; from the same population it draws what the first would have drawn.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice

from django.conf import settings
from django.db import transaction
from django.db.models import Count, F
from django.utils.translation import gettext as _

from coding_app.choices import QueueState, RecordStatus, RoundState, Verb
from coding_app.exceptions import InvalidInput
from coding_app.models import Code, QueueItem, Record, Round, RoundRecord, SuggestionSet
from coding_app.models.rounds import OPEN_RECORD_STATES
from coding_app.round_plans import RoundPlan
from coding_app.sampling import share_out
from coding_app.selectors import populations
from coding_app.selectors.populations import Candidate
from coding_app.services import bulk, events, jobs, ordering


def run(claim: jobs.Claim) -> None:
    """Draw what is left to draw; then the round's coders can begin.

    Raises:
        InvalidInput: when there is nothing to draw.
    """
    current = Round.objects.select_related("study", "created_by").get(job_id=claim.job_id)
    if current.state != RoundState.DRAWING:
        return
    drawing = _Drawing(current, claim)
    drawing.draw()
    if not current.drawn:
        raise InvalidInput(_("No record can be drawn: the population of this round is empty by now."))
    drawing.finish()


class _Drawing:
    """One worker's part of a draw."""

    def __init__(self, round_: Round, claim: jobs.Claim) -> None:
        self._round = round_
        self._claim = claim
        self._plan = RoundPlan.of(round_)
        if not round_.strata:
            self._note_population()
        self._quotas = {one["stratum"]: one["drawn"] for one in round_.strata}
        self._total = sum(self._quotas.values())
        self._coders = [user for user, _share in self._plan.coders]
        shares = [share for _user, share in self._plan.coders]
        self._shared = (
            list(share_out(shares, self._total, each=self._plan.each, seed=round_.seed)) if shares else []
        )
        known = Code.objects.filter(classification=round_.study.classification_id)
        self._codes: dict[str, int] = dict(known.values_list("code", "pk"))
        self._texts: dict[int | None, str] = {key: text for text, key in self._codes.items()}

    def _note_population(self) -> None:
        """Fix how many of each stratum are drawn, before the first is: later records do not change it."""
        found = populations.strata(self._round.study, self._plan)
        self._round.strata = [
            {"stratum": one.name, "population": one.population, "drawn": one.drawn} for one in found
        ]
        self._round.population_size = sum(one.population for one in found)
        self._round.save(update_fields=["strata", "population_size"])

    def draw(self) -> None:
        """Chunk after chunk, until every stratum has its part or has no more to give."""
        self._claim.advance(done=self._round.drawn, total=self._total)
        # Somebody may have taken one of the records meanwhile: the next ones in order stand in for them.
        while missing := self._missing():
            before = self._round.drawn
            chosen = iter(missing)
            while chunk := list(islice(chosen, settings.JOB_CHUNK)):
                self._claim.check()
                with transaction.atomic():
                    going = Round.objects.select_for_update().filter(
                        pk=self._round.pk, state=RoundState.DRAWING
                    )
                    if not going.exists():
                        raise InvalidInput(_("This round was cancelled."))
                    self._draw(chunk)
                    self._claim.advance(done=self._round.drawn, lasting=True)
            if self._round.drawn == before:
                break

    def _missing(self) -> list[Candidate]:
        """What is still to be drawn, in the order of the draw."""
        drawn = RoundRecord.objects.filter(round=self._round).order_by().values_list("stratum")
        left = Counter(self._quotas)
        left.subtract(dict(drawn.annotate(n=Count("pk"))))
        if not any(part > 0 for part in left.values()):
            return []
        return populations.lowest(self._round.study, self._plan, left)

    def _draw(self, chunk: Sequence[Candidate]) -> None:
        """Draw those of a chunk that can still be drawn, locked."""
        strata = {one.key: one.stratum for one in chunk}
        study = self._round.study
        wanted = populations.drawable(study, self._plan).filter(pk__in=strata)
        found = {
            record.pk: record
            for record in wanted.select_for_update(of=("self",)).defer("values", "occupation", "industry")
        }
        # Asked again: what a lock waited for is not seen in other tables.
        busy = set(
            RoundRecord.objects.filter(record__in=found, state__in=OPEN_RECORD_STATES).values_list(
                "record_id", flat=True
            )
        )
        records = [found[key] for key in strata if key in found and key not in busy]
        rows = bulk.insert(self._rows(records, strata))
        if self._plan.exclusive:
            self._take_out(records)
        bulk.insert(self._places(rows))
        events.write_all(
            events.make(
                study=study,
                verb=Verb.RECORD_DRAWN,
                gesture=self._claim.token,
                actor=self._round.created_by,
                record=record,
                before=record.status,
                after=record.status,
                data={
                    "round": self._round.number,
                    "code": self._texts.get(record.final_code_id),
                    "route": record.route,
                    "version": record.version + self._plan.exclusive,
                },
            )
            for record in records
        )
        self._round.drawn += len(rows)
        self._round.save(update_fields=["drawn"])

    def _rows(self, records: Sequence[Record], strata: dict[int, str]) -> Iterator[RoundRecord]:
        answers = SuggestionSet.objects.defer("trace").in_bulk(
            [record.suggestion_set_id for record in records if record.suggestion_set_id]
        )
        gold = {} if self._plan.exclusive else populations.gold_codes(self._round.study, strata)
        for position, record in enumerate(records, start=self._round.drawn + 1):
            answer = answers.get(record.suggestion_set_id or 0)
            machine = (answer.best_id or answer.code_id) if answer else None
            if record.status == RecordStatus.ACCEPTED:
                machine = record.final_code_id
            yield RoundRecord(
                round=self._round,
                record=record,
                position=position,
                stratum=strata[record.pk],
                status_before=record.status,
                code_before_id=record.final_code_id,
                route_before=record.route,
                decided_by_before_id=record.decided_by_id,
                decided_at_before=record.decided_at,
                suggestion_set=answer,
                machine_code_id=machine,
                machine_probability=answer.probability if answer else None,
                gold_id=self._codes[gold[record.pk]] if gold else None,
            )

    def _take_out(self, records: Sequence[Record]) -> None:
        """Out of the study's own queue; whoever has one open there finds it changed."""
        keys = [record.pk for record in records]
        Record.objects.filter(pk__in=keys).update(version=F("version") + 1)
        QueueItem.objects.filter(record__in=keys, state=QueueState.OPEN, round_record__isnull=True).update(
            state=QueueState.WITHDRAWN, holder=None, leased_until=None
        )

    def _places(self, rows: Sequence[RoundRecord]) -> Iterator[QueueItem]:
        for row in rows:
            at = self._shared[row.position - 1] if self._shared else ()
            for slot, coder in enumerate([self._coders[one] for one in at] or [None], start=1):
                yield QueueItem(
                    study_id=self._round.study_id,
                    record_id=row.record_id,
                    round_record=row,
                    slot=slot,
                    assigned_id=coder,
                    uncertainty=ordering.uncertainty(row.machine_probability),
                )

    @transaction.atomic
    def finish(self) -> None:
        """Open the round to its coders, and note what every stratum gave in fact."""
        drawn = RoundRecord.objects.filter(round=self._round).order_by().values_list("stratum")
        given = dict(drawn.annotate(n=Count("pk")))
        strata = [{**one, "drawn": given.get(one["stratum"], 0)} for one in self._round.strata]
        open_now = Round.objects.filter(pk=self._round.pk, state=RoundState.DRAWING)
        if not open_now.update(state=RoundState.CODING, strata=strata):
            raise InvalidInput(_("This round was cancelled."))
        events.write(
            study=self._round.study,
            verb=Verb.ROUND_MOVED,
            before=RoundState.DRAWING,
            after=RoundState.CODING,
            data={"round": self._round.number, "records": self._round.drawn},
        )
        self._claim.advance(done=self._round.drawn, total=self._round.drawn)
