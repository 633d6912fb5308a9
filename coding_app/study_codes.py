"""A study's classification as the classifier library takes it."""

import classifier
from coding_app.models import Code, CodeLabel, Study


def classification(study: Study) -> classifier.Classification:
    """The codes that records of the study may have, with title and description in the classification's own
    language."""
    codes = Code.objects.filter(classification=study.classification_id, codable=True).order_by("position")
    described = dict(
        CodeLabel.objects.filter(
            code__classification=study.classification_id, language=study.classification.language
        ).values_list("code__code", "description")
    )
    return classifier.Classification.of(
        (
            (code, title, described.get(code, ""), "", level)
            for code, title, level in codes.values_list("code", "title", "level")
        ),
        source=str(study.classification),
    )


def hierarchy(study: Study) -> classifier.Hierarchy:
    """All codes with their titles, parents and levels."""
    codes = Code.objects.filter(classification=study.classification_id).order_by("position")
    return classifier.Hierarchy.of(
        codes.values_list("code", "title", "parent__code", "level"), name=str(study.classification)
    )
