"""The classification a level at a time, to walk through it in search of a code."""

from dataclasses import dataclass

from django.db.models import Count

from coding_app.models import Code, Study


@dataclass(frozen=True, slots=True)
class Branch:
    """A code and how many lie right below it."""

    code: Code
    below: int


@dataclass(frozen=True, slots=True)
class Level:
    """The codes right below ``here`` in their order; ``above`` leads there from the top."""

    here: Code | None
    above: list[Code]
    branches: list[Branch]


def level(study: Study, under: str) -> Level:
    """What lies below a code; the top level for an empty text or one that is no code."""
    codes = Code.objects.filter(classification=study.classification_id)
    titled = codes.select_related("parent").prefetch_related("labels", "parent__labels")
    here = titled.filter(code=under.replace("\0", "")).first() if under else None
    above: list[Code] = []
    parent = here.parent_id if here else None
    while parent:
        code = codes.prefetch_related("labels").get(pk=parent)
        above.insert(0, code)
        parent = code.parent_id
    below = titled.filter(parent=here).annotate(n=Count("children")).order_by("position")
    return Level(here, above, [Branch(code, code.n) for code in below])
