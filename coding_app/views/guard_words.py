"""The guard that is offered: managers are coded only where the text says so (K-JCM, discussion)."""

import re

from coding_app.models import Code, Study
from coding_app.routing import Guard

MANAGERS = re.compile(r"\bmanage(?:r|ment)|관리자", re.IGNORECASE)
"""What the titles of the group have in common: ISCO and KSCO call it managers, SOC management."""
WORDS = (
    "관리자", "팀장", "부장", "사장", "대표", "이사", "임원", "지점장", "공장장", "원장", "교장",
    "manager", "director", "chief", "head of", "executive", "president", "owner", "principal",
)  # fmt: skip
"""Words that say somebody manages."""


def usual_guard(study: Study) -> Guard | None:
    """The group of managers at the top of the study's classification, with the usual words."""
    tops = Code.objects.filter(classification=study.classification_id, level=1).prefetch_related("labels")
    for code in tops.order_by("position"):
        titles = [code.title, *(label.title for label in code.labels.all())]
        if any(MANAGERS.search(title) for title in titles):
            return Guard(code.code, WORDS)
    return None
