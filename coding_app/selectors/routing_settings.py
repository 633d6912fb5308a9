"""What a study's routing may be set to: columns and codes it can name, and what is wrong with settings."""

import math
from collections import Counter
from collections.abc import Iterator

from django.db.models import Count, Exists, OuterRef
from django.db.models.fields.json import KeyTextTransform
from django.utils.translation import gettext as _

from coding_app.choices import AcceptBy
from coding_app.models import Code, Import, Record, Study
from coding_app.routing import Fault, Settings

LONGEST = 200
"""Characters of a guard word, or of a stratum's value."""
MAX_SEED = 2**31 - 1


def columns(study: Study) -> list[str]:
    """The original columns that a stratum may be made of; codes known beforehand decide nothing."""
    with_records = Exists(Record.objects.filter(source=OuterRef("pk")))
    uploads = list(
        Import.objects.filter(with_records, study=study)
        .order_by("pk")
        .values_list("header", "reference_column")
    )
    hidden = {header[at] for header, at in uploads if at is not None}
    return list(dict.fromkeys(name for header, _at in uploads for name in header if name not in hidden))


def column_values(study: Study, column: str, *, limit: int = 100) -> list[tuple[str, int]]:
    """The values of an original column with their numbers of records, the most frequent first."""
    found: Counter[str] = Counter()
    for upload in Import.objects.filter(study=study).order_by("pk"):
        if column not in upload.header:
            continue
        value = KeyTextTransform(str(upload.header.index(column)), "values")
        counted = Record.objects.filter(source=upload).annotate(value=value).values_list("value").order_by()
        for text, count in counted.annotate(n=Count("pk")):
            found[(text or "").strip()] += count
    return sorted(found.items(), key=lambda one: (-one[1], one[0]))[:limit]


def faults(study: Study, settings: Settings) -> list[Fault]:
    """Everything that is wrong with settings for this study; they cannot be saved, or tried, while any is."""
    return [*_of_numbers(settings), *_of_codes(study, settings), *_of_texts(study, settings)]


def _of_numbers(settings: Settings) -> Iterator[Fault]:
    if settings.accept_by not in AcceptBy.values:
        yield Fault("accept_by", _("Say what is accepted without a person."))
    for name in ("threshold", "min_margin", "audit_share"):
        value = getattr(settings, name)
        if not math.isfinite(value) or not 0 <= value <= 1:
            yield Fault(name, _("Give a share between 0 and 1."))
    if not 0 <= settings.audit_seed <= MAX_SEED:
        yield Fault(
            "audit_seed", _("Give a whole number between 0 and %(limit_value)d.") % {"limit_value": MAX_SEED}
        )


def _of_codes(study: Study, settings: Settings) -> Iterator[Fault]:
    known = set(Code.objects.filter(classification=study.classification_id).values_list("code", flat=True))
    named = [("person_codes", code) for code in settings.person_codes]
    named += [("guarded", guard.group) for guard in settings.guarded]
    for field, code in named:
        if code not in known:
            yield Fault(
                field,
                _("%(code)s is no code of %(classification)s.")
                % {"code": code or "''", "classification": study.classification},
            )


def _of_texts(study: Study, settings: Settings) -> Iterator[Fault]:
    for guard in settings.guarded:
        if not guard.words:
            yield Fault(
                "guarded", _("Give a word that lets records into %(group)s.") % {"group": guard.group}
            )
        yield from _of_words("guarded", guard.words)
    there = set(columns(study)) if settings.person_strata else set()
    for stratum in settings.person_strata:
        if stratum.column not in there:
            yield Fault(
                "person_strata",
                _("The records have no column %(column)s, or it holds codes known beforehand.")
                % {"column": stratum.column or "''"},
            )
        if not stratum.values:
            yield Fault(
                "person_strata",
                _("Say which values of %(column)s go to a person.") % {"column": stratum.column},
            )
        # A blank cell is a value, too.
        yield from _of_words("person_strata", [value for value in stratum.values if value])


def _of_words(field: str, words: tuple[str, ...] | list[str]) -> Iterator[Fault]:
    for word in words:
        if not word.strip():
            yield Fault(field, _("A word is blank: take it out."))
        elif "\0" in word:
            yield Fault(field, _("A word has a NUL character in it: take it out."))
        elif len(word) > LONGEST:
            yield Fault(
                field,
                _("A word has %(show_value)d characters; %(limit_value)d are the most.")
                % {"show_value": len(word), "limit_value": LONGEST},
            )
