"""Answers of a model, written down as a run would: pages and selectors need no training to be tested."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from django.utils import timezone

from coding_app.choices import Engine, JobKind, JobState, ModelOrigin, Outcome, SuggestionSource
from coding_app.models import Code, Job, ModelVersion, Record, Run, Study, Suggestion, SuggestionSet


@dataclass(frozen=True)
class Answer:
    """Codes with their probabilities, best first; ``own`` is the model's own first code."""

    codes: Mapping[str, float]
    own: str = ""
    learnt: bool | None = False
    sources: Mapping[str, SuggestionSource] = field(default_factory=dict)


def make_model(study: Study, number: int = 1, *, current: bool = True) -> ModelVersion:
    """A version in the study's registry, without files."""
    made = ModelVersion.objects.create(
        study=study,
        number=number,
        origin=ModelOrigin.TRAINED,
        engine="baseline",
        base="baseline",
        template="{occupation} {industry}",
        stored_as=f"models/{study.pk}-{number}",
        size=1,
        fingerprint=f"{number:064d}",
        classes=3,
        card={},
    )
    if current:
        study.model_version = made
        study.save(update_fields=["model_version"])
    return made


def score(study: Study, answers: Mapping[str, Answer], **run: object) -> Run:
    """A finished run of the study's model that gave these answers, by the records' own ids.

    What the dictionary said is taken over from the latest answer. Where the records stand is left alone.
    """
    job = Job.objects.create(study=study, kind=JobKind.CODE, state=JobState.DONE, finished_at=timezone.now())
    made = Run.objects.create(
        **{
            "study": study,
            "job": job,
            "engine": Engine.BOTH,
            "dictionary_version": study.dictionary_version,
            "model_version": study.model_version or make_model(study),
            "child_age": study.child_age,
            "coded": len(answers),
            **run,
        }
    )
    codes = {code.code: code for code in Code.objects.filter(classification=study.classification)}
    for external_id, answer in answers.items():
        _answer(Record.objects.get(study=study, external_id=external_id), made, answer, codes)
    return made


def _answer(record: Record, run: Run, answer: Answer, codes: Mapping[str, Code]) -> None:
    ranked = list(answer.codes.items())
    before = record.suggestion_set
    made = SuggestionSet.objects.create(
        record=record,
        run=run,
        outcome=before.outcome if before else Outcome.NO_MATCH,
        code=before.code if before else None,
        table=before.table if before else "",
        priority=before.priority if before else None,
        decided_by=before.decided_by if before else "",
        trace=before.trace if before else [],
        best=codes[ranked[0][0]],
        probability=ranked[0][1],
        margin=ranked[0][1] - (ranked[1][1] if len(ranked) > 1 else 0.0),
        model_code=codes[answer.own or ranked[0][0]],
        learnt=answer.learnt,
    )
    for rank, (code, probability) in enumerate(ranked, start=1):
        Suggestion.objects.create(
            suggestion_set=made,
            rank=rank,
            code=codes[code],
            source=answer.sources.get(code, SuggestionSource.MODEL),
            priority=0,
            probability=probability,
            reason={"phrases": [], "guesses": [], "occupation_only": False, "model": probability},
        )
    Record.objects.filter(pk=record.pk).update(suggestion_set=made)
