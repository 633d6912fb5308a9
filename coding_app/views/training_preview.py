"""A look at what a training would read, before it is asked for: texts of a few records, sizes of codes."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse
from django.urls import reverse

from coding_app import permissions, text_templates
from coding_app.choices import Describe, LabelSource
from coding_app.coders import text_row
from coding_app.exceptions import InvalidInput
from coding_app.models import Membership, Study
from coding_app.selectors import class_sizes, labels
from coding_app.selectors import models as selected
from coding_app.services import label_files, training
from coding_app.views.access import PageRequest, member_view, study_page
from coding_app.views.coded_sources import OF_STUDY
from coding_app.views.column_guess import guess
from coding_app.views.training_forms import TRAIN, EvaluationForm

SHOWN = 3


@dataclass(frozen=True, slots=True)
class ReadRow:
    """A record and the text that the template makes of it; ``href`` leads to its page, if it has one."""

    name: str
    text: str
    href: str


@dataclass(frozen=True, slots=True)
class _Sample:
    """The first records of a source: names and addresses, columns and cells; and the records of each code."""

    shown: list[tuple[str, str]]
    columns: list[str]
    cells: list[Mapping[str, str]]
    sizes: dict[str, int]


@member_view("POST", roles=permissions.SUPERVISE, what=TRAIN)
def show(request: PageRequest, membership: Membership) -> HttpResponse:
    """The texts of the first records, and which codes the class filter leaves out."""
    context = preview(membership.study, request.POST)
    return study_page(request, membership, "trainings/preview.html", context)


def preview(study: Study, given: Mapping[str, Any]) -> dict[str, Any]:
    """What the template ``trainings/preview.html`` shows for the values of a form as they were typed."""
    source = str(given.get("labels") or "")
    of_study = source in OF_STUDY
    sample = _of_study(study, LabelSource(source)) if of_study else _of_file(given.get("sample"))
    texts, fault = [], ""
    if sample.cells:
        template = str(given.get("template") or "")
        try:
            named = training.template_columns(template)
            if not of_study:
                label_files.require_columns(named, header=sample.columns)
            training.require_columns(named, study=study)
            texts = text_templates.rendered(template, sample.cells)
        except InvalidInput as error:
            fault = str(error)
    rows = [ReadRow(name, text, href) for (name, href), text in zip(sample.shown, texts, strict=False)]
    return {
        "preview": {"texts": rows, "fault": fault, "of_file": not of_study},
        "sizes": _against(sample.sizes, given),
    }


def _of_study(study: Study, source: LabelSource) -> _Sample:
    records = list(labels.labelled(study, source)[:SHOWN])
    return _Sample(
        shown=[(one.external_id, reverse("record", args=[study.slug, one.pk])) for one in records],
        columns=selected.columns(study),
        cells=[text_row(one) for one in records],
        sizes=class_sizes.of_study(study, source),
    )


def _of_file(sent: object) -> _Sample:
    """What :func:`columns` found in a file, and the page sends back; nothing, if it is not that."""
    try:
        found = json.loads(str(sent or "{}"))
        rows = [{str(name): str(cell) for name, cell in row.items()} for row in found.get("rows", [])]
        sizes = {str(code): int(number) for code, number in found.get("sizes", {}).items()}
    except (ValueError, TypeError, AttributeError, RecursionError):
        rows, sizes = [], {}
    return _Sample(
        shown=[(str(at), "") for at, _row in enumerate(rows[:SHOWN], 1)],
        columns=list(rows[0]) if rows else [],
        cells=[*rows[:SHOWN]],
        sizes=sizes,
    )


def _against(counts: dict[str, int], given: Mapping[str, Any]) -> class_sizes.Sizes | None:
    least = str(given.get("min_class_size") or "")
    if not counts or not least.isdecimal() or len(least) > 9:
        return None
    described = given.get("describe") != Describe.NONE
    return class_sizes.against(counts, least=int(least), described=described)


@member_view("POST", roles=permissions.SUPERVISE, what=TRAIN)
def columns(request: PageRequest, membership: Membership) -> HttpResponse:
    """Look at a file that was just chosen: its columns to choose from, its first rows for the preview."""
    sent: UploadedFile[Any] | None = request.FILES.get("records_file")
    study = membership.study
    form = EvaluationForm(versions=selected.versions(study))
    form.read_by_htmx(reverse("training-columns", args=[study.slug]))
    context: dict[str, Any] = {"form": form}
    if sent is not None:
        try:
            column = request.POST.get("code_column", "")
            found = label_files.look(name=sent.name or "file", chunks=sent.chunks(), code_column=column)
            if column not in found.header and "reference" in (guessed := guess(found.header)):
                column = found.header[guessed["reference"]]
                found = label_files.look(name=sent.name or "file", chunks=sent.chunks(), code_column=column)
        except InvalidInput as error:
            context["fault"] = str(error)
        else:
            form.offer_columns(found.header, column)
            offered = selected.columns(study) if selected.has_records(study) else found.header
            context["file_columns"] = [
                name for name in dict.fromkeys(offered) if name in found.header and name not in ("", column)
            ]
            context["sample"] = json.dumps({"rows": found.rows, "sizes": found.sizes}, ensure_ascii=False)
    response = study_page(request, membership, "trainings/columns.html", context)
    response.headers["HX-Trigger-After-Swap"] = "columns-read"
    return response
