"""The evaluation's table on a page and as a file: type of record, n, coded correctly, percent, interval."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

from django import forms
from django.http import FileResponse, Http404, HttpResponse
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from coding_app import datafiles, permissions
from coding_app.models import Membership, Round, Study
from coding_app.selectors import evaluation_cells, independent, people, routing_settings
from coding_app.selectors import evaluation_table as selected
from coding_app.selectors.agreement import Levels
from coding_app.selectors.evaluation_table import MACHINE, PEOPLE, Block, Line, Stage, Table
from coding_app.views.access import PageRequest, member_view, study_page
from coding_app.views.agreement import record_list
from coding_app.views.exports import TYPES

SEE = gettext_noop("see the table of an evaluation")


class TableForm(forms.Form):
    """At which level a code is correct, and which column tells the types of record."""

    level = forms.TypedChoiceField(label=gettext_lazy("Correct at"), coerce=int)
    column = forms.ChoiceField(label=gettext_lazy("Type of record"), required=False)

    def __init__(self, round_: Round, levels: Levels, sent: dict[str, str]) -> None:
        first = {"level": str(levels.deepest), "column": round_.stratum_column}
        super().__init__({**first, **{name: sent[name] for name in first if name in sent}})
        columns = routing_settings.columns(round_.study)
        if round_.stratum_column and round_.stratum_column not in columns:
            columns.insert(0, round_.stratum_column)
        offered: dict[str, list[tuple[object, str]]] = {
            "level": [(level, _("level %(n)s") % {"n": level}) for level in levels.all or (1,)],
            "column": [("", _("as drawn")), *((name, name) for name in columns)],
        }
        for name, choices in offered.items():
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            field.choices = choices


@dataclass(frozen=True, slots=True)
class LineRow:
    """A line with its name and where its records are listed."""

    name: str
    line: Line
    all: str
    right: str
    wrong: str


@dataclass(frozen=True, slots=True)
class BlockRow:
    """The table of one rater."""

    name: str
    lines: list[LineRow]


@member_view("GET", "HEAD", roles=permissions.SUPERVISE, what=SEE)
def show(request: PageRequest, membership: Membership, number: int) -> HttpResponse:
    """Machine and coders against each other, and against what the adjudication came to."""
    study = membership.study
    round_ = _round(study, number)
    levels = Levels(study)
    form = TableForm(round_, levels, request.GET.dict())
    context: dict[str, object] = {"round": round_, "form": form}
    if form.is_valid():
        table = _table(round_, levels, form)
        query = urlencode(form.data)
        listing = f"{reverse('evaluation-table-records', args=[study.slug, number])}?{query}"
        names = people.names(study)
        context |= {
            "table": table,
            "stages": [
                (
                    stage.value,
                    [_block(one, names, listing) for one in table.blocks if one.stage == stage],
                )
                for stage in (Stage.AFTER, Stage.BEFORE)
            ],
            "query": query,
            "kinds": [(kind.value, kind.label) for kind in evaluation_cells.KINDS],
        }
    return study_page(
        request, membership, "agreement/table.html", context, status=422 if form.errors else 200
    )


@member_view("GET", "HEAD", roles=permissions.SUPERVISE, what=SEE)
def listed(request: PageRequest, membership: Membership, number: int) -> HttpResponse:
    """The records of a line (``rater``, ``stage``, ``stratum``), of them ``right`` or ``wrong`` ones."""
    study = membership.study
    round_ = _round(study, number)
    levels = Levels(study)
    form = TableForm(round_, levels, request.GET.dict())
    if not form.is_valid():
        raise Http404(_("There is no such list."))
    line = _line(_table(round_, levels, form), request)
    keys, words = line.records, _("Records of the evaluation")
    if "wrong" in request.GET:
        keys, words = line.wrong, _("Coded otherwise")
    elif "right" in request.GET:
        keys, words = line.right, _("Coded correctly")
    return record_list(
        request,
        membership,
        sorted(set(keys)),
        words,
        back=f"{reverse('evaluation-table', args=[study.slug, number])}?{urlencode(form.data)}",
        back_words=round_.name,
    )


@member_view("GET", "HEAD", roles=permissions.SUPERVISE, what=SEE)
def download(request: PageRequest, membership: Membership, number: int, kind: str) -> FileResponse:
    """The table as CSV or XLSX."""
    study = membership.study
    round_ = _round(study, number)
    levels = Levels(study)
    form = TableForm(round_, levels, request.GET.dict())
    chosen = next((one for one in evaluation_cells.KINDS if one.value == kind), None)
    if not form.is_valid() or chosen is None:
        raise Http404(_("There is no such file."))
    rows = evaluation_cells.rows(study, _table(round_, levels, form))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"table.{kind}"
        datafiles.write_rows(path, chosen.value, evaluation_cells.HEADER, rows)
        stream = path.open("rb")  # still readable when the folder is gone
    return FileResponse(
        stream,
        as_attachment=True,
        filename=f"{study.slug}-evaluation-{number}.{kind}",
        content_type=TYPES[chosen],
    )


def _round(study: Study, number: int) -> Round:
    found = independent.rounds(study).filter(number=number).select_related("study").first()
    if found is None:
        raise Http404(_("There is no such round in this study."))
    return found


def _table(round_: Round, levels: Levels, form: TableForm) -> Table:
    return selected.table(round_, levels, form.cleaned_data["level"], column=form.cleaned_data["column"])


def _block(block: Block, names: dict[int, str], listing: str) -> BlockRow:
    name = {MACHINE: _("Machine"), PEOPLE: _("Coders together")}.get(str(block.rater))
    asked = {"rater": block.rater, "stage": block.stage.value}
    lines = []
    for line in block.lines:
        total = line.stratum is None
        here = f"{listing}&{urlencode({**asked, **({} if total else {'stratum': line.stratum or ''})})}"
        lines.append(
            LineRow(
                _("Total") if line.stratum is None else line.stratum or "–",
                line,
                here,
                f"{here}&right",
                f"{here}&wrong",
            )
        )
    return BlockRow(name or names.get(int(block.rater), "–"), lines)


def _line(table: Table, request: PageRequest) -> Line:
    rater, stage, stratum = (request.GET.get(name) for name in ("rater", "stage", "stratum"))
    for block in table.blocks:
        if (str(block.rater), block.stage.value) == (rater, stage):
            for line in block.lines:
                if line.stratum == stratum:
                    return line
    raise Http404(_("There is no such list."))
