"""What is wrong with the plan of a round, in words for whoever sets it up."""

import math
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Final

from django.utils.translation import gettext as _

from coding_app.choices import Role, RoundKind, Selection
from coding_app.models import Membership, Study
from coding_app.round_plans import EVERYBODY, RoundPlan
from coding_app.routing import Fault
from coding_app.selectors import populations, routing_settings

MAX_NAME: Final = 100
MAX_SEED: Final = 2**31 - 1
MAX_SIZE: Final = 2**31 - 1


def faults(study: Study, plan: RoundPlan) -> list[Fault]:
    """Everything that is wrong with a plan for this study; no round can be set up while anything is."""
    found = [*_of_name(study, plan), *_of_coders(study, plan), *_of_kind(plan), *_of_sample(study, plan)]
    unknown = populations.unknown_fields(plan.population)
    if unknown:
        told = _("There is no %(names)s to narrow the records to.") % {"names": ", ".join(unknown)}
        return [*found, Fault("population", told)]
    if not found and not populations.drawable(study, plan).exists():
        found.append(Fault("population", _nothing(plan)))
    return found


def _of_name(study: Study, plan: RoundPlan) -> Iterator[Fault]:
    name = plan.name.strip()
    if not name:
        yield Fault("name", _("Give the round a name."))
    elif len(name) > MAX_NAME:
        told = _("The name has %(n)d characters; %(most)d are the most.")
        yield Fault("name", told % {"n": len(name), "most": MAX_NAME})
    elif "\0" in name:
        yield Fault("name", _("The name has a NUL character in it: take it out."))
    elif study.rounds.filter(name=name).exists():
        yield Fault("name", _("There is a round of this name already: give this one another."))


def _of_coders(study: Study, plan: RoundPlan) -> Iterator[Fault]:
    members = {
        one.user_id: one
        for one in Membership.objects.filter(study=study, deactivated_at=None).select_related("user")
    }
    keys = [user for user, _share in plan.coders]
    if not keys and (plan.kind != RoundKind.REVIEW or plan.blinded):
        yield Fault("coders", _("Choose who codes."))
    if any(times > 1 for times in Counter(keys).values()):
        yield Fault("coders", _("A coder is named twice."))
    if any(key not in members for key in keys):
        yield Fault("coders", _("Somebody who is to code is no active member of this study."))
    elif plan.blinded:
        yield from _not_blind(members, keys)
    if not all(math.isfinite(share) and share > 0 for _user, share in plan.coders):
        yield Fault("coders", _("Every coder's share has to be a number above 0."))
    if plan.kind == RoundKind.EVALUATION and len(keys) == 1:
        yield Fault(
            "coders", _("An evaluation needs two coders or more: each adjudicates another's records.")
        )
    if plan.kind == RoundKind.CALIBRATION and len(keys) == 1:
        yield Fault("coders", _("A calibration needs two coders or more."))
    if plan.kind == RoundKind.DOUBLE and keys:
        yield from _of_double(plan, len(keys))


def _not_blind(members: Mapping[int, Membership], keys: list[int]) -> Iterator[Fault]:
    """Supervisors and managers see everything, so they cannot be blinded."""
    seeing = [members[key].user.get_username() for key in keys if members[key].role != Role.CODER]
    if seeing:
        told = _("Only members with the role coder can be blinded. These see more than that: %(names)s.")
        yield Fault("coders", told % {"names": ", ".join(seeing)})


def _of_double(plan: RoundPlan, coders: int) -> Iterator[Fault]:
    if plan.coders_per_record == EVERYBODY:
        if coders < 2:
            yield Fault("coders", _("Double coding needs two coders or more."))
    elif plan.coders_per_record < 2:
        yield Fault("coders_per_record", _("Double coding needs two different coders a record, or more."))
    elif plan.coders_per_record > coders:
        told = _("%(each)d different coders a record cannot be found among %(n)d.")
        yield Fault("coders_per_record", told % {"each": plan.coders_per_record, "n": coders})


def _of_kind(plan: RoundPlan) -> Iterator[Fault]:
    if plan.kind == RoundKind.EVALUATION and not plan.blinded:
        yield Fault("blinded", _("The coders of an evaluation are always blinded."))
    if plan.kind == RoundKind.GOLD:
        if plan.gold_every is None or plan.gold_every < 2:
            yield Fault("gold_every", _("Say among how many records one gold record comes: 2 or more."))
        elif plan.gold_every > 1000:
            yield Fault("gold_every", _("One gold record among 1,000 is the least."))
    else:
        if plan.gold_every is not None:
            yield Fault("gold_every", _("Only gold records are served among others."))
        if plan.feedback:
            yield Fault(
                "feedback", _("Only of gold records is the right code known: no other round can tell.")
            )


def _of_sample(study: Study, plan: RoundPlan) -> Iterator[Fault]:
    if plan.selection == Selection.ALL:
        if plan.size is not None:
            yield Fault("size", _("All records are taken: leave the number out, or draw a sample."))
    elif plan.size is None:
        yield Fault("size", _("Say how many records are drawn."))
    if plan.size is not None and not 1 <= plan.size <= MAX_SIZE:
        yield Fault("size", _("The number of records has to be 1 or more."))
    if plan.seed is not None and not 0 <= plan.seed <= MAX_SEED:
        told = _("The seed has to be a whole number from 0 to %(most)d.")
        yield Fault("seed", told % {"most": MAX_SEED})
    if plan.selection == Selection.STRATIFIED:
        if plan.stratum_column not in routing_settings.columns(study):
            yield Fault("stratum_column", _("Choose the column that makes the strata."))
    elif plan.stratum_column or plan.equal_strata:
        yield Fault("stratum_column", _("Only a stratified sample has strata."))


def _nothing(plan: RoundPlan) -> str:
    if plan.kind == RoundKind.GOLD:
        return _(
            "No record can be drawn: gold records have a code that is known to be right, are accepted or "
            "decided, and are in no other round."
        )
    if plan.kind == RoundKind.EVALUATION:
        return _("No record can be drawn: an evaluation needs records that the machine gave a code.")
    return _(
        "No record can be drawn: change what the records are narrowed to, or wait for other rounds to end."
    )
