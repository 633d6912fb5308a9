"""What the API lists besides what the pages do, and what of a record a role may see."""

from django.contrib.auth.models import User
from django.db.models import OuterRef, Prefetch, QuerySet, Subquery
from django.http import Http404
from django.utils.translation import gettext as _

from coding_app.models import (
    Classification,
    Code,
    Decision,
    Dictionary,
    DictionaryVersion,
    Job,
    Membership,
    Record,
    Study,
    Suggestion,
)
from coding_app.selectors import code_search
from coding_app.selectors.blinding import studies_blinded_in
from coding_app.selectors.records import RecordFilter, records, unsettled
from coding_app.selectors.studies import studies_for

CREATE_STUDIES = "coding_app.add_study"


def classifications_for(user: User) -> QuerySet[Classification]:
    """All classifications for users who may create studies; for others those of their studies."""
    every = Classification.objects.order_by("pk")
    if user.has_perm(CREATE_STUDIES):
        return every
    return every.filter(pk__in=studies_for(user).values("classification"))


def codes_of(classification: Classification) -> QuerySet[Code]:
    """Every code of a classification in the order of its file, with parent and titles."""
    codes = Code.objects.filter(classification=classification)
    return codes.select_related("parent").prefetch_related("labels").order_by("position")


def search_classification(classification: Classification, query: str) -> list[code_search.Hit]:
    """Codes by code or title, best first, as :func:`code_search.search` without a dictionary's phrases."""
    return code_search.search(Study(classification=classification), query)


def dictionaries_for(user: User) -> QuerySet[Dictionary]:
    """Dictionaries that give codes of the classifications the user may see.

    A user who is blinded in a study sees none of that study's classification.
    """
    hidden = Study.objects.filter(pk__in=studies_blinded_in(user)).values("classification")
    visible = classifications_for(user).exclude(pk__in=hidden).values("pk")
    return (
        Dictionary.objects.filter(classification__in=visible).select_related("classification").order_by("pk")
    )


def versions_for(user: User) -> QuerySet[DictionaryVersion]:
    """Versions of the dictionaries the user may see, newest first."""
    versions = DictionaryVersion.objects.filter(dictionary__in=dictionaries_for(user).values("pk"))
    return versions.select_related("dictionary", "created_by").order_by("-pk")


def studies_with_role(user: User) -> QuerySet[Study]:
    """The user's studies in order of creation, each with the user's ``role``."""
    mine = Membership.objects.filter(user=user, study=OuterRef("pk"), deactivated_at=None)
    return studies_for(user).annotate(role=Subquery(mine.values("role")[:1])).order_by("pk")


def jobs(study: Study) -> QuerySet[Job]:
    """The study's jobs, newest first."""
    return Job.objects.filter(study=study).select_related("started_by").order_by("-pk")


def listed_records(study: Study, wanted: RecordFilter) -> QuerySet[Record]:
    """Records for a list: with final code, outcome and who decided, in a fixed number of queries."""
    related = ("final_code", "suggestion_set", "decided_by", "routing")
    return records(study, wanted).select_related(*related).prefetch_related("final_code__labels")


def whole_record(study: Study, pk: int, reader: User) -> Record:
    """One record with its latest suggestions and trace, and what people decided as the reader may know it.

    Raises:
        Http404: when the study has none with this key.
    """
    suggestions = Suggestion.objects.select_related("code__parent").prefetch_related(
        "code__labels", "code__parent__labels"
    )
    decisions = (
        Decision.objects.exclude(unsettled(reader))
        .select_related("coder", "code")
        .prefetch_related("code__labels")
    )
    found = (
        listed_records(study, RecordFilter())
        .select_related(
            "source",
            "suggestion_set__code",
            "suggestion_set__best",
            "suggestion_set__model_code",
            "suggestion_set__run__dictionary_version__dictionary",
            "suggestion_set__run__model_version",
        )
        .prefetch_related(
            "suggestion_set__code__labels",
            "suggestion_set__best__labels",
            "suggestion_set__model_code__labels",
            Prefetch("suggestion_set__suggestions", suggestions.order_by("rank")),
            Prefetch("decisions", decisions.order_by("pk")),
        )
        .filter(pk=pk)
        .first()
    )
    if found is None:
        raise Http404(_("There is no such record in this study."))
    return found


def record_of(study: Study, pk: int) -> Record | None:
    """One record of the study, to be decided; ``None`` when there is none with this key."""
    return Record.objects.select_related("study").filter(study=study, pk=pk).first()


def code_of(study: Study, code: str) -> Code | None:
    """A code of the study's classification as it is written; ``None`` when there is none."""
    return Code.objects.filter(classification=study.classification_id, code=code).first()


def suggestion_of(record: Record, pk: int) -> Suggestion | None:
    """A candidate that was once put forward for the record; ``None`` when there is none with this key."""
    return Suggestion.objects.filter(suggestion_set__record=record, pk=pk).first()


def decisions(study: Study, reader: User, *, coder: str | None = None) -> QuerySet[Decision]:
    """Decisions in the study, undone ones too, newest first; of one coder by user name, or of all.

    Without others' decisions that a round has not settled yet.
    """
    found = Decision.objects.filter(record__study=study).exclude(unsettled(reader))
    found = found.select_related("record", "coder", "code")
    if coder is not None:
        found = found.filter(coder__username=coder)
    return found.prefetch_related("code__labels").order_by("-pk")
