"""Agreement: coefficients at every level, the codes confused most, and the records behind every number."""

from dataclasses import dataclass

from django.core.paginator import Page, Paginator
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from coding_app import permissions
from coding_app.agreement import Estimate, Problem
from coding_app.models import Membership, Study
from coding_app.selectors import agreement as selected
from coding_app.selectors import class_sizes, independent, people, records
from coding_app.selectors.agreement import Between, Coefficients, Levels, Matrix, OfTwo
from coding_app.selectors.independent import CANNOT_CODE, Rated
from coding_app.views.access import PageRequest, member_view, study_page
from coding_app.views.agreement_form import AgreementForm, Asked
from coding_app.views.interval_chart import chart

SEE = gettext_noop("see the agreement of the coders")
A_PAGE = 100


@dataclass(frozen=True, slots=True)
class LevelRow:
    """A level with its coefficients and where its records are listed."""

    figures: Coefficients
    categories: int
    all: str
    differing: str


@dataclass(frozen=True, slots=True)
class ConfusedRow:
    """Two codes with their titles, how many records got both, and where these are listed."""

    first: str
    first_title: str
    second: str
    second_title: str
    records: int
    href: str


@dataclass(frozen=True, slots=True)
class PairRow:
    """Two coders with their coefficients and where their records are listed."""

    first: str
    second: str
    figures: Coefficients
    all: str
    differing: str


@member_view("GET", "HEAD", roles=permissions.SUPERVISE, what=SEE)
def show(request: PageRequest, membership: Membership) -> HttpResponse:
    """Coefficients by level, each two coders, the codes confused most: of the records asked for."""
    study = membership.study
    levels = Levels(study)
    form = AgreementForm(study, levels, request.GET.dict())
    rounds = list(independent.rounds(study))
    context: dict[str, object] = {"form": form, "rounds": rounds}
    if form.is_valid() and rounds:
        asked = Asked.of(form)
        found = independent.rated(study, asked.subset)
        context |= {"asked": asked, "codes": len(found), **_figures(study, found, asked, levels)}
    return study_page(request, membership, "agreement/show.html", context, status=422 if form.errors else 200)


@member_view("GET", "HEAD", roles=permissions.SUPERVISE, what=SEE)
def listed(request: PageRequest, membership: Membership) -> HttpResponse:
    """The records behind a number: all that were compared, those ``agreeing`` or not, or with two codes."""
    study = membership.study
    levels = Levels(study)
    form = AgreementForm(study, levels, request.GET.dict())
    if not form.is_valid():
        raise Http404(_("There is no such list."))
    asked = Asked.of(form)
    agreeing = {"yes": True, "no": False}.get(request.GET.get("agreeing", ""))
    codes = None
    words = _("Records with codes to compare")
    if "a" in request.GET and "b" in request.GET:
        codes = (request.GET["a"], request.GET["b"])
        words = _("Coded %(first)s and %(second)s") % {
            "first": _in_words(codes[0]),
            "second": _in_words(codes[1]),
        }
    elif agreeing is not None:
        words = _("Records on which the codes agree") if agreeing else _("Records on which the codes differ")
    keys = selected.keys(
        independent.rated(study, asked.subset),
        asked.between,
        levels,
        asked.level,
        coders=asked.coders,
        agreeing=agreeing,
        codes=codes,
    )
    back = f"{reverse('agreement', args=[study.slug])}?{asked.query}"
    return record_list(request, membership, keys, words, back=back, back_words=_("Agreement"))


def record_list(
    request: PageRequest, membership: Membership, keys: list[int], words: str, *, back: str, back_words: str
) -> HttpResponse:
    """The records with these keys, in pages."""
    page: Page[int] = Paginator(keys, A_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "rows": records.with_codes(page.object_list),
        "words": words,
        "back": back,
        "back_words": back_words,
    }
    return study_page(request, membership, "routing/records.html", context)


def _figures(study: Study, found: list[Rated], asked: Asked, levels: Levels) -> dict[str, object]:
    """What the template shows where there is something to compare."""
    listing = f"{reverse('agreement-records', args=[study.slug])}?{asked.query}"
    rows = [
        selected.coefficients(found, asked.between, levels, level, coders=asked.coders)
        for level in levels.all
    ]
    if not rows or not rows[-1].percent.n:
        return {}
    made = list(selected.pairs(found, asked.between, levels, asked.level, coders=asked.coders))
    confused = selected.confused(made)
    crossed = selected.matrix(made, levels)
    named = {code for one in confused[: selected.MOST_PAIRS] for code in (one.first, one.second)}
    titles = class_sizes.titles(study, named.union(crossed.categories if crossed else ()))
    names = people.names(study)
    shown = [one for one in rows if one.level == asked.level]
    return {
        "compared": shown[0],
        "levels": [
            LevelRow(
                one,
                levels.categories(one.level),
                _address(listing, level=one.level),
                _address(listing, level=one.level, agreeing="no"),
            )
            for one in rows
        ],
        "chart": chart([bar for one in rows for bar in _bars(one)]),
        "problems": sorted({str(problem) for one in rows for problem in _problems(one)}),
        "confused": [
            ConfusedRow(
                one.first,
                titles.get(one.first, ""),
                one.second,
                titles.get(one.second, ""),
                one.records,
                _address(listing, a=one.first, b=one.second),
            )
            for one in confused[: selected.MOST_PAIRS]
        ],
        "confused_more": max(0, len(confused) - selected.MOST_PAIRS),
        "matrix": _crossed(crossed, titles, listing),
        "pairs": _pair_rows(selected.by_pair(found, levels, asked.level), names, listing)
        if asked.between == Between.CODERS and len(selected.raters(found, Between.CODERS)) > 2
        else [],
    }


def _address(listing: str, **more: str | int) -> str:
    """The list with further parameters; of one sent twice the last holds."""
    return f"{listing}&{urlencode(more)}"


def _bars(one: Coefficients) -> list[tuple[str, Estimate]]:
    level = _("level %(n)s") % {"n": one.level}
    named = [
        (_("percent"), one.percent),
        (_("Cohen's kappa"), one.cohen),
        (_("Fleiss' kappa"), one.fleiss),
        (_("Gwet's AC1"), one.gwet),
    ]
    return [(f"{level}: {name}", figure) for name, figure in named if figure is not None]


def _problems(one: Coefficients) -> list[str]:
    said = {
        Problem.ONE_CATEGORY: _(
            "A dash for a kappa: all codes are the same at that level, so that chance alone always agrees."
        ),
        Problem.NO_SPREAD: _(
            "Where all records agree, the interval is Wilson's of the percentage, put into the coefficient: "
            "the usual one would have no width."
        ),
        Problem.ONE_SUBJECT: _("One record is too few for an interval."),
    }
    figures = (one.cohen, one.gwet, one.fleiss)
    return [said[made.problem] for made in figures if made is not None and made.problem in said]


def _in_words(code: str) -> str:
    return _("cannot be coded") if code == CANNOT_CODE else code


@dataclass(frozen=True, slots=True)
class Cell:
    """A number of the cross table, whether it lies on the diagonal, and where its records are listed."""

    number: int
    same: bool
    href: str


def _crossed(
    found: Matrix | None, titles: dict[str, str], listing: str
) -> tuple[list[tuple[str, str]], list[tuple[str, str, list[Cell]]]] | None:
    """Columns (code, title) and rows (code, title, cells) of the cross table."""
    if found is None or len(found.categories) < 2:
        return None
    heads = [(code, titles.get(code, "")) for code in found.categories]
    rows = [
        (
            code,
            title,
            [
                Cell(number, code == other, _address(listing, a=code, b=other))
                for number, (other, _title) in zip(numbers, heads, strict=True)
            ],
        )
        for numbers, (code, title) in zip(found.counts, heads, strict=True)
    ]
    return heads, rows


def _pair_rows(found: list[OfTwo], names: dict[int, str], listing: str) -> list[PairRow]:
    return [
        PairRow(
            names.get(one.first, "–"),
            names.get(one.second, "–"),
            one.figures,
            _address(listing, first=one.first, second=one.second),
            _address(listing, first=one.first, second=one.second, agreeing="no"),
        )
        for one in found
    ]
