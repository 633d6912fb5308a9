"""Writing what dictionary and model say of records: suggestion sets, where the records go, the journal."""

import uuid
from collections.abc import Mapping, Sequence

from django.db.models import prefetch_related_objects
from django.utils import timezone

from coding_app import coders
from coding_app.choices import Outcome, Rule, Verb
from coding_app.models import Code, Record, Routing, Run, Study, Suggestion, SuggestionSet
from coding_app.routing import Facts, Rules, Settings
from coding_app.selectors import routing as routings
from coding_app.services import bulk, events, placing
from coding_app.services.engines import Answer

Answered = Sequence[tuple[Record, Answer]]


class Writer:
    """Writes the answers of one run, by the routing that is in force at the time."""

    def __init__(self, run: Run, codes: Mapping[str, Code]) -> None:
        self._run = run
        self._codes = codes
        self._routing: Routing | None = None
        self._rules: Rules | None = None

    def write(self, answered: Answered, *, gesture: uuid.UUID) -> None:
        """Write a chunk of locked records; call it in the transaction of the chunk."""
        rules = self._rules_now()
        if rules.needs_rows:
            prefetch_related_objects([record for record, _ in answered], "source")
        sets = bulk.insert(self._set(record, answer) for record, answer in answered)
        bulk.insert(
            Suggestion(
                suggestion_set_id=made.pk,  # keys: there are many, and setting an object takes longer
                rank=rank,
                code_id=self._codes[one.code].pk,
                source=one.source,
                priority=one.priority,
                probability=one.probability,
                reason=one.reason,
            )
            for made, (_, answer) in zip(sets, answered, strict=True)
            for rank, one in enumerate(answer.merged.suggestions, start=1)
        )
        now = timezone.now()
        number = self._routing.number if self._routing else None
        journal = []
        for made, (record, answer) in zip(sets, answered, strict=True):
            before = record.status
            suggestions = answer.merged.suggestions
            at = placing.placement(
                rules,
                _facts(record, answer, rules),
                outcome=made.outcome,
                first_source=suggestions[0].source if suggestions else "",
                reopened=record.rule == Rule.REOPENED,
            )
            placing.put(record, at, self._codes, self._routing, now)
            record.version += 1
            record.suggestion_set = made
            record.standardised = " ".join(answer.result.words)
            journal.append(
                events.make(
                    study=self._run.study,
                    verb=Verb.RECORD_CODED,
                    gesture=gesture,
                    record=record,
                    before=before,
                    after=record.status,
                    data={
                        "run": self._run.pk,
                        "outcome": made.outcome,
                        "code": at.code,
                        "route": record.route,
                        "version": record.version,
                        "set": made.pk,
                        "rule": record.rule,
                        "routing": number if record.routing else None,
                    },
                )
            )
        placing.write([record for record, _ in answered], also=("suggestion_set", "standardised"))
        events.write_all(journal)

    def _rules_now(self) -> Rules:
        """Those in force: a manager may save a routing while the run is under way."""
        study = Study.objects.select_related("routing", "model_version").get(pk=self._run.study_id)
        if self._rules is None or study.routing != self._routing:
            self._routing = study.routing
            self._rules = routings.rules(study, Settings.of(study.routing))
        return self._rules

    def _set(self, record: Record, answer: Answer) -> SuggestionSet:
        result, merged = answer.result, answer.merged
        return SuggestionSet(
            record=record,
            run=self._run,
            outcome=Outcome(result.status.value),
            code=self._code(result.code),
            table=result.table or "",
            priority=result.priority,
            decided_by=result.decided_by,
            best=self._code(merged.best),
            probability=merged.probability,
            margin=merged.margin,
            model_code=self._code(merged.model_code),
            learnt=answer.learnt,
            trace=[match.to_dict() for match in result.matches],
        )

    def _code(self, text: str | None) -> Code | None:
        return self._codes[text] if text else None


def _facts(record: Record, answer: Answer, rules: Rules) -> Facts:
    return Facts(
        key=record.pk,
        coded=answer.result.code,
        best=answer.merged.best,
        probability=answer.merged.probability,
        margin=answer.merged.margin,
        model=answer.merged.model_code,
        row=coders.text_row(record) if rules.needs_rows else {},
    )
