"""Which version of a model is current: it is another's turn only when that one is better on the same records.

A candidate is promoted when its first code is right strictly more often than that of the current version, and
than that of the instant baseline trained on the same records; a baseline only has the first to beat, and
where there is no current version, an encoder only the second. Records whose text one of them learnt from do
not count. The rule is the same by hand.
"""

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from coding_app import coders, stored_words
from coding_app.choices import JobState, Verb
from coding_app.exceptions import Conflict, ModelUnavailable
from coding_app.models import Evaluation, ModelVersion, Study, Training
from coding_app.selectors import models as selected
from coding_app.services import events, judging
from coding_app.services.judging import Json

FEWEST = 30
"""Records that a verdict needs at least."""


def figures(
    candidate: coders.LoadedModel,
    *,
    current: ModelVersion | None,
    baseline: coders.LoadedModel | None,
    rows: list[coders.Row],
    codes: list[str],
    columns: frozenset[str],
) -> Json:
    """The verdict on a candidate judged on ``rows``, which have ``columns``; ``why`` is the rule's."""
    told: Json = {"records": 0, "left_out": 0, "candidate": None, "current": None, "baseline": None}
    told |= {"known": True, "reason": ""}
    contenders = [candidate]
    if baseline is not None:
        contenders.append(baseline)
    if current is not None:
        try:
            contenders.append(_comparable(current, columns))
        except ModelUnavailable as error:
            return {**told, "promoted": False, "why": "current_unavailable", "reason": str(error)}
    judged = judging.judge(contenders, rows, codes)
    tallies: list[Json] = [{"k": right, "n": judged.n} for right in judged.right]
    told |= {"records": judged.n, "left_out": judged.left_out, "candidate": tallies[0]}
    if baseline is not None:
        told["baseline"] = tallies[1]
    if current is not None:
        told["current"] = {"number": current.number, **tallies[-1]}
        told["known"] = judged.known[-1]
    return {**told, "promoted": False, "why": rule(told) if judged.known[0] else "candidate_unknown"}


def _comparable(current: ModelVersion, columns: frozenset[str]) -> coders.LoadedModel:
    model = coders.model_of(current)
    missing = [name for name in model.template.columns if name not in columns]
    if missing:
        raise ModelUnavailable(
            _("Model %(number)s reads the column %(name)r, which these records have not.")
            % {"number": current.number, "name": missing[0]}
        )
    return model


def rule(told: Json) -> str:
    """Why a candidate with these figures is promoted (``won``, ``no_current``) or not."""
    current, baseline = told["current"], told["baseline"]
    if current is None:
        beaten = told["records"] and baseline is not None and told["candidate"]["k"] <= baseline["k"]
        return "not_better_than_baseline" if beaten else "no_current"
    if told["records"] < FEWEST:
        return "too_few" if told["records"] else "no_test"
    if told["candidate"]["k"] <= current["k"]:
        return "not_better_than_current"
    if baseline is not None and told["candidate"]["k"] <= baseline["k"]:
        return "not_better_than_baseline"
    return "won"


def allows(told: Json) -> bool:
    """Whether these figures let the candidate be promoted."""
    return told["why"] in {"won", "no_current"}


@transaction.atomic
def settle(
    *, version: ModelVersion, told: Json, judged_against: int | None, asked: bool, user: User | None
) -> Json:
    """Promote a trained version if it won and that was asked for; the verdict to be kept.

    ``judged_against`` is the key of the version that was current when it was judged.
    """
    study = Study.objects.select_for_update().get(pk=version.study_id)
    if study.model_version_id == version.pk:
        return {**told, "why": "is_current"}
    if not allows(told):
        return told
    if not asked:
        return {**told, "why": "not_asked"}
    if not _make_current(version, before=judged_against, why=told["why"], user=user):
        return {**told, "why": "current_changed"}
    return {**told, "promoted": True}


def standing(version: ModelVersion) -> Json:
    """What promoting a version by hand is decided by: figures against the version that is current now.

    They come from the newest finished evaluation of both, or from the version's own training.
    """
    current = selected.current(version.study)
    nothing: Json = {"promoted": False, "records": 0, "left_out": 0, "candidate": None, "current": None}
    nothing |= {"baseline": None, "known": True, "reason": ""}
    if current == version:
        return {**nothing, "why": "is_current"}
    told = _from_evaluation(version, current) or _from_training(version, current)
    if told is not None:
        return told
    return {**nothing, "why": "no_current" if current is None else "not_compared"}


def _from_evaluation(version: ModelVersion, current: ModelVersion | None) -> Json | None:
    done = Evaluation.objects.filter(versions=version, job__state=JobState.DONE)
    if current is not None:
        done = done.filter(versions=current)
    latest = done.order_by("-pk").first()
    if latest is None:
        return None
    rows = {row["number"]: row for row in latest.summary["versions"]}
    own = rows[version.number]
    told: Json = {
        "promoted": False,
        "records": own["n"],
        "left_out": latest.summary["left_out"].get("learnt", 0),
        "candidate": {"k": own["k"], "n": own["n"]},
        "current": None,
        "baseline": own["baseline"],
        "known": True,
        "reason": "",
    }
    if current is not None:
        other = rows[current.number]
        told["current"] = {"number": current.number, "k": other["k"], "n": other["n"]}
        told["known"] = other["known"]
    is_known = own["known"] or current is None
    return {**told, "why": rule(told) if is_known else "candidate_unknown"}


def _from_training(version: ModelVersion, current: ModelVersion | None) -> Json | None:
    latest = Training.objects.filter(version=version).exclude(verdict={}).order_by("-pk").first()
    if latest is None or latest.verdict["candidate"] is None:
        return None
    told: Json = latest.verdict
    against = told["current"]
    if current is None:
        told = {**told, "current": None}
    elif against is None or against["number"] != current.number:
        return None
    return {**told, "promoted": False, "why": rule(told)}


def explain(told: Json) -> str:
    """Why a version was promoted or not, in the reader's language, with the figures."""
    values = {"records": told["records"], "fewest": FEWEST, "reason": stored_words.in_words(told["reason"])}
    for name in ("candidate", "current", "baseline"):
        values[name] = told[name]["k"] if told[name] else 0
    values["number"] = told["current"]["number"] if told["current"] else 0
    words = _WHY[told["why"]]
    said = _(words) % values
    if told["current"] and not told["known"]:
        said += " " + _("It is not known which of these records model %(number)s learnt from.") % values
    return said


_WHY = {
    "won": gettext_noop(
        "Of %(records)s records it codes %(candidate)s right; model %(number)s codes %(current)s."
    ),
    "no_current": gettext_noop("The study had no current model."),
    "not_better_than_current": gettext_noop(
        "Of %(records)s records it codes %(candidate)s right; model %(number)s codes %(current)s: it must be "
        "better."
    ),
    "not_better_than_baseline": gettext_noop(
        "Of %(records)s records it codes %(candidate)s right; the instant baseline trained on the "
        "same records codes %(baseline)s: it must be better."
    ),
    "too_few": gettext_noop(
        "Only %(records)s records are left to compare by that no model learnt from; it takes %(fewest)s."
    ),
    "no_test": gettext_noop("No record is left to compare by that no model learnt from."),
    "not_asked": gettext_noop("It may be promoted, but that was not asked for."),
    "not_compared": gettext_noop("It was not compared with the current model: evaluate both together first."),
    "current_unavailable": gettext_noop("It could not be compared with the current model. %(reason)s"),
    "current_changed": gettext_noop("Another model became current meanwhile: compare it with that one."),
    "candidate_unknown": gettext_noop(
        "It is not known which records this model learnt from, so that it cannot be compared fairly."
    ),
    "is_current": gettext_noop("It is the current model."),
}


@transaction.atomic
def promote(*, version: ModelVersion, user: User | None) -> None:
    """Make a version current by hand, if the figures there are allow it.

    Raises:
        Conflict: saying why they do not, or that another version became current meanwhile.
    """
    Study.objects.select_for_update().get(pk=version.study_id)
    before = selected.current(version.study)
    told = standing(version)
    if not allows(told):
        raise Conflict(explain(told))
    if not _make_current(version, before=before.pk if before else None, why=told["why"], user=user):
        raise Conflict(explain({**told, "why": "current_changed"}))


@transaction.atomic
def roll_back(*, study: Study, user: User | None) -> ModelVersion | None:
    """Make the version current again that was so before; ``None`` when the study has no model again.

    Raises:
        Conflict: when there is no current version.
    """
    Study.objects.select_for_update().get(pk=study.pk)
    now = selected.current(study)
    if now is None:
        raise Conflict(_("This study has no current model to go back from."))
    before = selected.previous(study)
    Study.objects.filter(pk=study.pk).update(model_version=before)
    study.model_version = before
    events.write(
        study=study,
        verb=Verb.MODEL_ROLLED_BACK,
        actor=user,
        before=str(now.number),
        after=str(before.number) if before else "",
        data={"number": before.number if before else None, "from": now.number},
    )
    return before


def _make_current(version: ModelVersion, *, before: int | None, why: str, user: User | None) -> bool:
    """Whether it is current now: not when another one became so since ``before`` was."""
    if not Study.objects.filter(pk=version.study_id, model_version=before).update(model_version=version):
        return False
    last = None if before is None else ModelVersion.objects.get(pk=before).number
    events.write(
        study=version.study,
        verb=Verb.MODEL_PROMOTED,
        actor=user,
        before="" if last is None else str(last),
        after=str(version.number),
        data={"number": version.number, "from": last, "why": why},
    )
    return True
