"""A study's classification as a tree, with the records of the study at each of its codes."""

from dataclasses import dataclass, field

from django.db.models import Count

from coding_app.models import Code, Record, Study


@dataclass(slots=True)
class Node:
    """A code, those below it, and how many records have it or one below it as final code."""

    code: Code
    records: int = 0
    children: list["Node"] = field(default_factory=list)
    open: bool = False


def tree(study: Study, *, opened: str = "", counted: bool = True) -> list[Node]:
    """The top codes with everything below them, in three queries; the way down to ``opened`` is marked.

    Unless ``counted``, nodes have no records.
    """
    counts = _counts(study) if counted else {}
    codes = Code.objects.filter(classification=study.classification_id).prefetch_related("labels")
    nodes = {code.pk: Node(code, counts.get(code.pk, 0)) for code in codes.order_by("position")}
    tops: list[Node] = []
    for node in nodes.values():
        parent = nodes[node.code.parent_id] if node.code.parent_id else None
        (parent.children if parent else tops).append(node)
    for node in sorted(nodes.values(), key=lambda one: -one.code.level):
        if node.code.parent_id:
            nodes[node.code.parent_id].records += node.records
    marked = next((node for node in nodes.values() if opened and node.code.code == opened), None)
    while marked is not None:
        marked.open = True
        marked = nodes[marked.code.parent_id] if marked.code.parent_id else None
    return tops


def _counts(study: Study) -> dict[int, int]:
    decided = Record.objects.filter(study=study, final_code__isnull=False)
    return dict(decided.values_list("final_code").annotate(n=Count("pk")).order_by())
