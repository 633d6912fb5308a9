"""Agreement of a study's coders, their figures, and the tables of evaluations: for supervisors."""

from typing import Any

from django.http import Http404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from coding_app import permissions
from coding_app.api.serializers.agreement import (
    AgreementParameters,
    AgreementSerializer,
    CoderParameters,
    CoderSerializer,
    TableParameters,
    TableSerializer,
)
from coding_app.api.views.base import Need, StudyViews
from coding_app.exceptions import InvalidInput
from coding_app.models import Round
from coding_app.selectors import agreement, coder_stats, evaluation_table, independent
from coding_app.selectors.agreement import Between, Levels
from coding_app.selectors.coder_stats import By
from coding_app.selectors.independent import Subset

SEE = Need(permissions.SUPERVISE, gettext_noop("see the agreement of the coders"))


class AgreementViews(StudyViews[Round]):
    """Figures of what coders said independently of each other."""

    queryset = Round.objects.none()
    needs = {"retrieve": SEE, "coders": SEE, "table": SEE}

    @extend_schema(parameters=[AgreementParameters], responses=AgreementSerializer)
    def retrieve(self, request: Request, **where: Any) -> Response:
        """Coefficients at every level, each two coders, and the codes confused most."""
        asked = AgreementParameters.read(request)
        levels = Levels(self.study)
        level = self._level(levels, asked)
        between = Between(asked["between"])
        number = asked.get("round")
        found = independent.rated(
            self.study,
            Subset(
                round=None if number is None else self._round(number).pk,
                column=asked.get("column", ""),
                value=asked.get("value", "").strip(),
                sure=asked["sure"],
                threshold=asked["threshold"],
                since=asked.get("since"),
                until=asked.get("until"),
            ),
        )
        coders = frozenset(asked[name] for name in ("coder", "other_coder") if name in asked)
        pairs = agreement.pairs(found, between, levels, level, coders=coders)
        return self.shown(
            {
                "levels": [
                    agreement.coefficients(found, between, levels, one, coders=coders) for one in levels.all
                ],
                "pairs": agreement.by_pair(found, levels, level) if between == Between.CODERS else [],
                "confused": agreement.confused(pairs)[: agreement.MOST_PAIRS],
            },
            AgreementSerializer,
        )

    @extend_schema(
        operation_id="studies_coders",
        parameters=[CoderParameters],
        responses=CoderSerializer(many=True),
    )
    def coders(self, request: Request, **where: Any) -> Response:
        """Each coder's pace, agreement with final and gold codes, drift, and acceptance of suggestions."""
        by = By(CoderParameters.read(request)["by"])
        rows = coder_stats.coders(self.study, independent.rated(self.study), by=by)
        shown = [
            {
                "user": row.user,
                "name": row.name,
                "pseudonym": row.pseudonym,
                "decisions": len(row.work.decisions),
                "cannot_code": len(row.work.cannot_code),
                "work": row.work,
                "final": row.final,
                "gold": row.gold,
                "drift": row.drift,
                "parts": row.parts,
            }
            for row in rows
        ]
        return Response([CoderSerializer(row).data for row in shown])

    @extend_schema(
        operation_id="studies_rounds_table", parameters=[TableParameters], responses=TableSerializer
    )
    def table(self, request: Request, number: int, **where: Any) -> Response:
        """Machine and coders by type of record, before and after adjudication."""
        asked = TableParameters.read(request)
        levels = Levels(self.study)
        made = evaluation_table.table(
            self._round(number), levels, self._level(levels, asked), column=asked["column"]
        )
        return self.shown(
            {
                "drawn": made.drawn,
                "coded": made.coded,
                "open": made.open,
                "cannot_code": made.cannot_code,
                "by": made.by,
                "blocks": [
                    {
                        "rater": str(block.rater),
                        "stage": block.stage.value,
                        "lines": [
                            {
                                "stratum": line.stratum,
                                "n": len(line.records),
                                "correct": line.count,
                                "share": line.correct,
                            }
                            for line in block.lines
                        ],
                    }
                    for block in made.blocks
                ],
            },
            TableSerializer,
        )

    def _level(self, levels: Levels, asked: dict[str, Any]) -> int:
        level: int = asked.get("level", levels.deepest)
        if levels.all and level not in levels.all:
            raise InvalidInput(
                _("The classification has no level %(level)s; it has %(levels)s.")
                % {"level": level, "levels": ", ".join(map(str, levels.all))}
            )
        return level

    def _round(self, number: int) -> Round:
        found = independent.rounds(self.study).filter(number=number).select_related("study").first()
        if found is None:
            raise Http404(_("There is no such round in this study."))
        return found
