"""The methods of a study in words and tables, for a paper: only what the study itself shows.

After GRRAS: Kottner J, Audigé L, Brorson S, et al, 2011. Guidelines for Reporting Reliability and Agreement
Studies (GRRAS) were proposed. J Clin Epidemiol 64:96-106.
"""

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from coding_app.document import Document, Section
from coding_app.models import Study
from coding_app.selectors import flow, independent, methods_checklist, methods_coding, methods_results
from coding_app.selectors.agreement import Levels


def methods(study: Study) -> Document:
    """Everything the study shows of how its records were coded, and how well."""
    found = independent.rated(study)
    levels = Levels(study)
    way = flow.flow(study)
    return Document(
        title=_("Methods: %(study)s") % {"study": study.name},
        subtitle=_("As of %(day)s.") % {"day": timezone.localdate().isoformat()},
        sections=[
            Section(_("Records and classification"), [*methods_coding.records(study, way, levels)]),
            Section(_("Automatic coding"), [*methods_coding.machine(study, way)]),
            Section(_("Coding by people"), [*methods_coding.people(study)]),
            Section(_("Rounds of coding"), [*methods_coding.rounds(study)]),
            Section(_("Agreement"), [*methods_results.agreed(study, found, levels)]),
            Section(_("Evaluation against adjudicated codes"), [*methods_results.evaluations(study, levels)]),
            Section(_("Flow of records"), [*methods_results.way_of(way)]),
            Section(pgettext("records with a code", "Coverage"), [*methods_results.coverage(way)]),
            Section(_("Software"), [*methods_results.software(study)]),
            Section(_("GRRAS checklist"), [*methods_checklist.table(study, found)]),
        ],
    )
