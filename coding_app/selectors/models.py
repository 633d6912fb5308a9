"""A study's models: the versions in its registry, how they were trained, and how they were judged."""

from django.db.models import QuerySet
from django.http import Http404
from django.utils.translation import gettext as _

from coding_app.choices import ImportState, Verb
from coding_app.models import Evaluation, Event, Import, ModelVersion, Run, Study, Training

MAPPED = ("occupation", "industry")
"""Columns every study has, whatever its files call them."""


def versions(study: Study) -> QuerySet[ModelVersion]:
    """The versions in the study's registry, newest first."""
    found = ModelVersion.objects.filter(study=study).select_related("created_by", "parent")
    return found.order_by("-number")


def version_of(study: Study, number: int) -> ModelVersion:
    """One version by its number.

    Raises:
        Http404: when the study has none.
    """
    found = versions(study).filter(number=number).first()
    if found is None:
        raise Http404(_("There is no such model in this study."))
    return found


def current(study: Study) -> ModelVersion | None:
    """The version that runs code with now."""
    return versions(study).filter(pk__in=Study.objects.filter(pk=study.pk).values("model_version")).first()


def previous(study: Study) -> ModelVersion | None:
    """The version that rolling back goes to; ``None`` when there was no model before the current one."""
    steps = Event.objects.filter(study=study, verb__in=[Verb.MODEL_PROMOTED, Verb.MODEL_ROLLED_BACK])
    line: list[int] = []
    for verb, number in steps.order_by("pk").values_list("verb", "data__number"):
        if verb == Verb.MODEL_PROMOTED:
            line.append(number)
        else:
            while line and line[-1] != number:
                line.pop()
    there = {version.number: version for version in versions(study)}
    return next((there[number] for number in reversed(line[:-1]) if number in there), None)


def is_used(version: ModelVersion) -> bool:
    """Whether it is current, or a run coded with it: then it stays in the registry."""
    is_current = Study.objects.filter(pk=version.study_id, model_version=version).exists()
    return is_current or Run.objects.filter(model_version=version).exists()


def trainings(study: Study) -> QuerySet[Training]:
    """The study's trainings, newest first."""
    found = Training.objects.filter(study=study).select_related("job__started_by", "version")
    return found.order_by("-pk")


def training_of(study: Study, pk: int) -> Training:
    """One training.

    Raises:
        Http404: when the study has none with this key.
    """
    found = trainings(study).filter(pk=pk).first()
    if found is None:
        raise Http404(_("There is no such training in this study."))
    return found


def evaluations(study: Study) -> QuerySet[Evaluation]:
    """The study's evaluations, newest first."""
    found = Evaluation.objects.filter(study=study).select_related("job__started_by")
    return found.prefetch_related("versions").order_by("-pk")


def evaluation_of(study: Study, pk: int) -> Evaluation:
    """One evaluation.

    Raises:
        Http404: when the study has none with this key.
    """
    found = evaluations(study).filter(pk=pk).first()
    if found is None:
        raise Http404(_("There is no such evaluation in this study."))
    return found


def columns(study: Study) -> list[str]:
    """What a template may name: ``occupation`` and ``industry``, then the original columns.

    Columns with codes known beforehand are left out: a model that reads its answer learns nothing.
    """
    files = Import.objects.filter(study=study).exclude(state=ImportState.UPLOADED).order_by("pk")
    names: dict[str, None] = dict.fromkeys(MAPPED)
    known: set[str] = set()
    for header, reference in files.values_list("header", "reference_column"):
        names.update(dict.fromkeys(name for name in header if name.strip()))
        if reference is not None:
            known.add(header[reference])
    return [name for name in names if name in MAPPED or name not in known]


def has_records(study: Study) -> bool:
    """Whether files were brought in, so that :func:`columns` tells all there are."""
    return Import.objects.filter(study=study).exclude(state=ImportState.UPLOADED).exists()
