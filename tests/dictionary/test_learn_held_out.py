"""What a learned dictionary does with real texts that it has not seen."""

from __future__ import annotations

from dictionary import Coder, Dictionary, Record
from dictionary.learn import learn
from tests.bench.grouped_folds import MARRIAGE, folds, normalised, read_marriage
from tests.shared import require_shared


def test_unseen_texts_of_the_marriage_certificates_are_coded_at_known_rates() -> None:
    """One fold of five; the floors are a little under what all folds give (81 % coded, 81 % right)."""
    known, unseen = next(folds(read_marriage(require_shared(MARRIAGE))))
    assert not {normalised(record) for record in known} & {normalised(record) for record in unseen}
    coder = Coder(Dictionary.from_texts(learn(known)[0]), max_candidates=0)
    results = [(coder.code(Record("", record.occupation)).code, record.code) for record in unseen]
    coded = [(given, reference) for given, reference in results if given is not None]
    assert len(coded) / len(results) > 0.76
    assert sum(given == reference for given, reference in coded) / len(coded) > 0.76
