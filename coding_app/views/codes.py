"""The classification and the dictionary of a study, to browse and to search."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.core.paginator import Page, Paginator
from django.http import HttpResponse

from coding_app.models import Code, CodeLabel, DictionaryVersion, Membership
from coding_app.selectors import classification as trees
from coding_app.selectors import code_search, dictionaries, records
from coding_app.selectors.classification import Node
from coding_app.views.access import PageRequest, member_view, study_page

A_PAGE = 200
FOUND = 60


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the tree, from top to bottom; ``closes`` has one item for every branch ending after it."""

    code: Code
    title: str
    other_title: str
    records: int
    branch: bool
    open: bool
    closes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class PhraseRow:
    """A phrase of the dictionary with the title of its code."""

    table: str
    text: str
    code: str
    title: str
    note: str


@member_view("GET", "HEAD", open_to_blinded=True)
def classification(request: PageRequest, membership: Membership) -> HttpResponse:
    """The tree with the study's records at each code; ``q`` searches, ``code`` shows one code.

    A blinded coder has the tree without the records, and the search without the dictionary's phrases.
    """
    study = membership.study
    query = request.GET.get("q", "").strip()[:200]
    asked = request.GET.get("code", "")
    code = code_search.code_of(study, asked) if asked else None
    context: dict[str, object] = {
        "query": query,
        "hits": code_search.search(study, query, limit=FOUND, with_dictionary=not membership.blinded),
        "limit": FOUND,
        "asked": asked,
        "code": code,
    }
    if code is not None:
        lineage = records.lineage(code)
        context |= {"lineage": lineage[:-1], "labels": _labels(lineage[-1])}
    if not query:
        context["lines"] = list(_lines(trees.tree(study, opened=asked, counted=not membership.blinded)))
    return study_page(request, membership, "codes/classification.html", context)


def _labels(code: Code) -> list[CodeLabel]:
    return sorted(code.labels.all(), key=lambda label: label.language)


def _lines(nodes: list[Node], above: int = 0) -> Iterator[Line]:
    """The tree as lines, without recursion in the template: over a thousand codes must be there at once."""
    for at, node in enumerate(nodes):
        last = at == len(nodes) - 1
        closes = above if last else 0
        own = node.code.local_title
        others = [label.title for label in node.code.labels.all() if label.title and label.title != own]
        other = node.code.title if node.code.title != own else next(iter(others), "")
        branch = bool(node.children)
        yield Line(node.code, own, other, node.records, branch, node.open, () if branch else (0,) * closes)
        if branch:
            yield from _lines(node.children, closes + 1)


@member_view("GET", "HEAD")
def dictionary(request: PageRequest, membership: Membership) -> HttpResponse:
    """Version, tables and phrases; ``part`` chooses phrases, spelling rules or unknown words."""
    version = membership.study.dictionary_version
    if version is None:
        return study_page(request, membership, "codes/dictionary.html", {"version": None})
    part = request.GET.get("part", "")
    part = part if part in {"spelling", "unknown"} else "phrases"
    table, text = request.GET.get("table", ""), request.GET.get("q", "").strip()[:200]
    rules = dictionaries.spelling_rules(version, text=text if part == "spelling" else "")
    unknown = dictionaries.unknown_phrases(version)
    tables = dictionaries.tables(version)
    context: dict[str, object] = {
        "version": version,
        "part": part,
        "table": table if table in tables else "",
        "query": text,
        "tables": tables,
        "rule_count": len(rules),
        "unknown_count": len(unknown),
    }
    if part == "spelling":
        context["page"] = Paginator(rules, A_PAGE).get_page(request.GET.get("page"))
    elif part == "unknown":
        context["page"] = Paginator(unknown, A_PAGE).get_page(request.GET.get("page"))
    else:
        found = dictionaries.phrases(version, table=table if table in tables else "", text=text)
        page = Paginator(found, A_PAGE).get_page(request.GET.get("page"))
        context |= {"page": page, "rows": _phrases(version, page)}
    return study_page(request, membership, "codes/dictionary.html", context)


def _phrases(version: DictionaryVersion, page: "Page[dictionaries.Phrase]") -> list[PhraseRow]:
    codes = dictionaries.codes(version, {phrase.code for phrase in page.object_list})
    return [
        PhraseRow(
            phrase.table,
            phrase.text,
            phrase.code,
            codes[phrase.code].local_title if phrase.code in codes else "",
            phrase.note,
        )
        for phrase in page.object_list
    ]
