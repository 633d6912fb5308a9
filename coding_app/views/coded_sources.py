"""Where coded records come from, for the forms that ask: those of the study, or a file."""

from dataclasses import dataclass
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _

from coding_app.choices import LabelSource
from coding_app.models import Study
from coding_app.selectors import labels
from coding_app.services.labelled_rows import Upload

OF_STUDY = (LabelSource.BOTH, LabelSource.DECISIONS, LabelSource.REFERENCE)


@dataclass(frozen=True, slots=True)
class Source:
    """Coded records to learn from, or to judge by, with how many there are; of a file that is not known."""

    value: str
    label: str
    counts: labels.LabelCounts | None
    is_chosen: bool


def sources(study: Study, chosen: str) -> list[Source]:
    """What a study has to offer, then a file. Unless one is ``chosen``, the source with most records is."""
    counted = {source: labels.counts(study, source) for source in OF_STUDY}
    if chosen not in LabelSource.values:
        best = max(counted, key=lambda source: counted[source].records)
        chosen = best if counted[best].records else LabelSource.FILE
    return [
        *(Source(one, str(one.label), counts, one == chosen) for one, counts in counted.items()),
        Source(LabelSource.FILE, _("A file"), None, chosen == LabelSource.FILE),
    ]


def upload(sent: "UploadedFile[Any] | None") -> Upload | None:
    """A file of a form as services take it."""
    return Upload(sent.name or "file", sent.chunks()) if sent else None
