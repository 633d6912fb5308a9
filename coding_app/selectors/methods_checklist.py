"""The GRRAS checklist (Kottner et al, 2011): each item with what the study shows, or who has to add it."""

from collections.abc import Iterator, Sequence

from django.utils.translation import gettext as _

from coding_app.document import Paragraph, Table
from coding_app.models import Round, Study
from coding_app.selectors import agreement, people
from coding_app.selectors.agreement import Between
from coding_app.selectors.independent import Rated


def table(study: Study, found: Sequence[Rated]) -> Iterator[Paragraph | Table]:
    """Fifteen items. What only the authors know is said to be theirs to write."""
    rounds = list(Round.objects.filter(study=study, state__in=("coding", "adjudication", "closed")))
    authors = _("For the authors to write.")
    none = _("The study shows nothing of it: no round of coding was drawn.")
    raters = len(agreement.raters(list(found), Between.CODERS))
    twice = len(agreement.compared(list(found), Between.CODERS))
    sampled = _("See ‘Rounds of coding’: population, size, selection and seed of each round.")
    blinded = sum(one.blinded for one in rounds)
    items = [
        (_("Title and abstract: agreement or reliability was investigated"), authors),
        (_("Introduction: the instrument"), _("See ‘Records and classification’ and ‘Automatic coding’.")),
        (_("The population of subjects"), _("Records: see ‘Records and classification’.")),
        (_("The population of raters"), authors),
        (_("What is known of reliability already"), authors),
        (_("How the sample size was chosen"), authors),
        (_("How subjects and raters were sampled"), sampled if rounds else none),
        (
            _("The process of rating: blinding, what raters knew"),
            _("%(blinded)s of %(all)s rounds were blinded; see ‘Coding by people’.")
            % {"blinded": blinded, "all": len(rounds)}
            if rounds
            else none,
        ),
        (
            _("Whether ratings were independent"),
            _("First codes only, before adjudication or questions; see ‘Agreement’.") if twice else none,
        ),
        (_("Statistical analysis"), _("See ‘Agreement’.") if found else none),
        (
            _("Actual numbers of raters and subjects"),
            _("%(raters)s coders coded %(records)s records more than once; %(people)s people decided in all.")
            % {"raters": raters, "records": twice, "people": len(people.pseudonyms(study))}
            if twice
            else none,
        ),
        (_("Characteristics of raters and subjects"), authors),
        (
            _("Estimates with measures of uncertainty"),
            _("See the tables of ‘Agreement’ and ‘Evaluation against adjudicated codes’.") if found else none,
        ),
        (_("Discussion: practical relevance"), authors),
        (
            _("Detailed results"),
            _("The files that go with an export: decisions, adjudications, agreement by pair of coders."),
        ),
    ]
    yield Table(
        _("Guidelines for Reporting Reliability and Agreement Studies (Kottner et al, 2011)"),
        [_("Item"), _("Where")],
        [[f"{number}. {item}", where] for number, (item, where) in enumerate(items, start=1)],
        numbers_from=2,
    )
