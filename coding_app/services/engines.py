"""What codes the records of a run: its dictionary, its model or what stands in for it, and how both weigh."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import dictionary
from coding_app import coders, merging
from coding_app.exceptions import ModelUnavailable
from coding_app.models import ModelVersion, Record, Run

log = logging.getLogger(__name__)

REMEMBERED = 20_000
"""Texts whose scores are kept while a run goes on: some 40 MB."""

_INSTEAD: tuple[tuple[str, Callable[[ModelVersion], coders.LoadedModel]], ...] = (
    ("", coders.model_of),
    ("baseline", coders.baseline_of),
)


class Score(NamedTuple):
    """What a model says of a text: its first codes, and whether it learnt from the text, if that is known."""

    codes: merging.Scored
    learnt: bool | None


class Answer(NamedTuple):
    """What is said of a record: by the dictionary, by both together, and whether the model learnt from it."""

    result: dictionary.Result
    merged: merging.Merged
    learnt: bool | None


class Scorer:
    """A model that scores each text once, as long as it does not have too many others to remember."""

    def __init__(self, model: coders.LoadedModel, *, remembered: int = REMEMBERED) -> None:
        self._model = model
        self._limit = remembered
        self._known: dict[str, Score] = {}

    def text_of(self, record: Record) -> str:
        """The text of a record as this model reads it; its ``source`` is loaded."""
        return self._model.text_of(coders.text_row(record))

    def score(self, texts: Sequence[str]) -> list[Score]:
        """One score a text."""
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        fresh: dict[str, Score] = {}
        if new:
            learnt = self._model.learnt(new)
            told = [None] * len(new) if learnt is None else learnt.tolist()
            codes = self._model.predict_many(new, top=merging.TAKEN)
            fresh = {text: Score(*one) for text, *one in zip(new, codes, told, strict=True)}
        known = self._known
        found = [known[text] if text in known else fresh[text] for text in texts]
        if len(known) + len(fresh) > self._limit:
            known.clear()
        known.update(fresh)
        return found


@dataclass(slots=True)
class Engines:
    """All that codes the records of one run. Without a ``scorer`` the dictionary answers alone."""

    coder: coders.Coder
    scorer: Scorer | None
    codable: frozenset[str]
    blends: merging.Blends = field(default_factory=merging.Blends.prior)

    def results(self, records: Sequence[Record]) -> list[dictionary.Result]:
        """What the dictionary says."""
        asked = (dictionary.Record(str(one.pk), one.occupation, one.industry, one.age) for one in records)
        return list(self.coder.code_many(asked))

    def answers(self, records: Sequence[Record]) -> list[Answer]:
        """One answer a record; its ``source`` is loaded where there is a model."""
        results = self.results(records)
        if self.scorer is None:
            return [Answer(result, merging.words_alone(result), None) for result in results]
        # Nobody codes a record that is set aside: the model is not asked.
        asked = [
            "" if merging.is_set_aside(result) else self.scorer.text_of(record)
            for record, result in zip(records, results, strict=True)
        ]
        scores = self.scorer.score(asked)
        blends = [
            self.blends.place(text, labelled=bool(record.reference_code.strip()))
            for record, text in zip(records, asked, strict=True)
        ]
        merged = merging.merge(
            results, [one.codes for one in scores], self.codable, lambda at: self.blends[blends[at]]
        )
        return [
            Answer(result, one, None if merging.is_set_aside(result) else score.learnt)
            for result, one, score in zip(results, merged, scores, strict=True)
        ]


def ready(run: Run, codable: frozenset[str]) -> Engines:
    """The engines of a run; when its model cannot be loaded, ``run`` is told what codes instead, and why.

    A run that fell back once does not return to its model when it is taken up again: its records would be
    coded by two.
    """
    coder = coders.dictionary_coder(run.dictionary_version, child_age=run.child_age)
    model = None if run.model_version is None else _model(run, run.model_version)
    return Engines(coder, Scorer(model) if model else None, codable)


def _model(run: Run, version: ModelVersion) -> coders.LoadedModel | None:
    reasons = [run.fallback_reason] if run.fallback else []
    fallen = [name for name, _ in _INSTEAD].index(run.fallback) if run.fallback != "none" else len(_INSTEAD)
    for name, load in _INSTEAD[fallen:]:
        try:
            model = load(version)
        except ModelUnavailable as error:
            log.warning("run %s cannot use model %s: %s", run.pk, version.number, error)
            reasons.append(str(error))
        else:
            run.fallback, run.fallback_reason = name, "\n".join(reasons)
            return model
    run.fallback, run.fallback_reason = "none", "\n".join(reasons)
    return None
