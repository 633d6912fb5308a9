"""How a study's dictionary and model are weighed: fitted once on labelled records, then kept."""

import hashlib
import heapq
from collections.abc import Callable, Iterable, Iterator

import numpy as np
from django.conf import settings

from classifier import blend
from coding_app import merging
from coding_app.choices import LabelSource
from coding_app.models import Blend, Run
from coding_app.selectors import labels
from coding_app.services.engines import Engines

MOST = 5_000
"""Labelled records that the few weights are fitted on at most."""

_Labelled = tuple[merging.Pool, str, int]


def blends_of(run: Run, engines: Engines, *, check: Callable[[], None]) -> merging.Blends:
    """The weights for a run's dictionary and model; fitted now where that was not done before.

    The baseline in place of a model is weighed as without labelled records: what was fitted is the model's.

    Args:
        check: called between chunks of records; may raise to stop.
    """
    if run.model_version is None or run.fallback or engines.scorer is None:
        return merging.Blends.prior()
    pair = {"model_version": run.model_version, "dictionary_version": run.dictionary_version}
    kept = Blend.objects.filter(**pair).first()
    if kept is None:
        everything, folds, count = _fit(list(_learnable(run, engines, check)))
        kept, _ = Blend.objects.get_or_create(
            **pair,
            defaults={
                "study": run.study,
                "weights": everything.to_dict(),
                "fold_weights": [one.to_dict() for one in folds],
                "records": count,
            },
        )
    return merging.Blends(
        blend.Blend(kept.weights), tuple(blend.Blend(weights) for weights in kept.fold_weights)
    )


def _fit(records: list[_Labelled]) -> tuple[blend.Blend, list[blend.Blend], int]:
    """The weights, those of each fold from the records of the others, and the number of records."""
    if not records:
        return blend.Blend.prior(), [], 0
    folds = [_fitted(one for one in records if one[2] != fold) for fold in range(merging.FOLDS)]
    return _fitted(records), folds, len(records)


def _fitted(records: Iterable[_Labelled]) -> blend.Blend:
    kept = list(records)
    right = np.array([code == label for pool, label, _ in kept for code in pool.codes], dtype=bool)
    return blend.Blend.fit(merging.candidates(pool for pool, _, _ in kept), right)


def _learnable(run: Run, engines: Engines, check: Callable[[], None]) -> Iterator[_Labelled]:
    """Labelled records of which it is known that the model did not learn from them, each with its fold.

    Of many labelled ones a part is taken, the same at every time.
    """
    scorer = engines.scorer
    if scorer is None:
        return
    labelled = labels.labelled(run.study, LabelSource.BOTH)
    keys = labelled.values_list("pk", flat=True).iterator(chunk_size=5_000)
    chosen = sorted(heapq.nsmallest(MOST, keys, key=_order))
    for at in range(0, len(chosen), settings.JOB_CHUNK):
        check()
        records = list(labelled.filter(pk__in=chosen[at : at + settings.JOB_CHUNK]))
        results = engines.results(records)
        texts = [scorer.text_of(record) for record in records]
        scores = scorer.score(texts)
        for record, text, result, score in zip(records, texts, results, scores, strict=True):
            if score.learnt is False and not merging.is_set_aside(result):
                pool = merging.pooled(result, score.codes, engines.codable)
                yield pool, record.label, merging.fold_of(text)


def _order(key: int) -> bytes:
    return hashlib.blake2b(str(key).encode(), digest_size=8).digest()
