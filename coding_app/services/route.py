"""Routing: saving one, and taking it to the records that were coded before.

A saved routing is in force at once: what is coded from then on goes by it. The records coded before follow in
a job. A study has one open job that says what the machine makes of its records, so while these are being
coded, or routed by an earlier routing, the new one waits for its turn (:class:`models.Rerouting`) and follows
when that job has ended, in whatever way.
"""

from typing import Any

from django.conf import settings as django_settings
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from coding_app.choices import JobKind, Verb
from coding_app.exceptions import Conflict, Faults, InvalidInput
from coding_app.models import Code, Job, Record, Rerouting, Routing, Study
from coding_app.routing import Rules, Settings
from coding_app.selectors import routing as routings
from coding_app.selectors import routing_settings
from coding_app.selectors.populations import held_keys
from coding_app.services import events, jobs, placing


@transaction.atomic
def save(*, study: Study, user: User | None, settings: Settings, seen: int | None = None) -> Routing:
    """Make settings the study's routing, and take it to the records coded before.

    The settings that are in force already change nothing.

    Args:
        seen: the number of the routing that was in force when the settings were made, 0 for none; not asked
            where it is not given.

    Raises:
        Faults: when they cannot be used; nothing is saved then.
        Conflict: when another routing than the one ``seen`` is in force by now.
    """
    if found := routing_settings.faults(study, settings):
        raise Faults(_("The routing was not saved."), [fault.message for fault in found])
    # Locked: two managers at once would take the same number.
    locked = Study.objects.select_for_update(of=("self",)).select_related("routing").get(pk=study.pk)
    before = locked.routing
    if seen is not None and seen != (before.number if before else 0):
        raise Conflict(_("Another routing holds by now: look at it, then decide."))
    if before is not None and Settings.of(before) == settings:
        study.routing = before
        return before
    newest = Routing.objects.filter(study=study).aggregate(newest=Max("number"))["newest"] or 0
    made = Routing.objects.create(study=study, number=newest + 1, created_by=user, **settings.columns())
    Study.objects.filter(pk=study.pk).update(routing=made)
    study.routing = made
    events.write(
        study=study,
        verb=Verb.ROUTING_CHANGED,
        actor=user,
        data={
            "from": before.number if before else None,
            "to": made.number,
            "settings": _changes(Settings.of(before), settings),
        },
    )
    Rerouting.objects.update_or_create(study=study, job=None, defaults={"routing": made, "created_by": user})
    start_waiting(study)
    return made


def _changes(before: Settings, after: Settings) -> dict[str, Any]:
    old, new = before.columns(), after.columns()
    return {name: {"from": old[name], "to": new[name]} for name in new if old[name] != new[name]}


def restore(*, study: Study, user: User | None, routing: Routing) -> Routing:
    """Make an earlier routing of the study the one in force, as a new version.

    Raises:
        InvalidInput: when it is another study's.
        Faults: when it cannot be used any more.
    """
    if routing.study_id != study.pk:
        raise InvalidInput(_("This routing is another study's."))
    return save(study=study, user=user, settings=Settings.of(routing))


@transaction.atomic
def apply(*, study: Study, user: User | None) -> Job:
    """Take the routing in force to all records once more, as after a job that was stopped.

    Raises:
        Conflict: when the records are being coded or routed already.
    """
    asked, _created = Rerouting.objects.update_or_create(
        study=study, job=None, defaults={"routing": study.routing, "created_by": user}
    )
    job = _start(asked)
    if job is None:
        raise Conflict(_("The records of this study are being coded or routed already."))
    return job


def start_waiting(study: Study | None = None) -> int:
    """Start every rerouting that waits, of one study or all, unless its turn is yet to come; how many."""
    waiting = Rerouting.objects.filter(job=None).select_related("study", "created_by")
    if study is not None:
        waiting = waiting.filter(study=study)
    return sum(_start(one) is not None for one in waiting)


def follow_up(job: Job) -> None:
    """Take a routing that was saved during ``job`` to the records, now that it has ended."""
    start_waiting(job.study)


@transaction.atomic
def _start(asked: Rerouting) -> Job | None:
    # Locked, so that of two workers one starts it and the other finds it started.
    still = Rerouting.objects.select_for_update(of=("self",)).filter(pk=asked.pk, job=None)
    if not still.exists():
        return None
    try:
        with transaction.atomic():
            job = jobs.create(study=asked.study, kind=JobKind.ROUTE, user=asked.created_by)
    except IntegrityError:
        return None
    still.update(job=job)
    return job


def run(claim: jobs.Claim) -> None:
    """Route every record that no person decided by the routing in force, a chunk a transaction.

    A routing saved meanwhile ends this one: the job that follows looks at all records again.
    """
    current = Rerouting.objects.select_related("study", "routing").get(job_id=claim.job_id)
    study = current.study
    codes = {code.code: code for code in Code.objects.filter(classification=study.classification_id)}
    rules = routings.rules(study, Settings.of(current.routing))
    left = routings.routed(study).filter(pk__gt=current.after_record)
    total = current.looked_at + left.count()
    claim.advance(done=current.looked_at, total=total)
    while True:
        claim.check()
        with transaction.atomic():
            if not Study.objects.filter(pk=study.pk, routing=current.routing).exists():
                break
            keys = _locked(study, after=current.after_record)
            if not keys:
                break
            # A draw may have taken some while this waited for their locks.
            held = held_keys(keys)
            free = [key for key in keys if key not in held]
            current.changed += _route(current, rules, codes, free, claim)
            current.after_record = keys[-1]
            current.looked_at += len(keys)
            current.save(update_fields=["after_record", "looked_at", "changed"])
            total = max(total, current.looked_at)
            claim.advance(done=current.looked_at, total=total, lasting=True)


def _locked(study: Study, *, after: int) -> list[int]:
    chunk = routings.routed(study).filter(pk__gt=after).order_by("pk")
    locked = chunk.select_for_update(of=("self",)).only("pk")
    return [record.pk for record in locked[: django_settings.JOB_CHUNK]]


def _route(
    current: Rerouting, rules: Rules, codes: dict[str, Code], keys: list[int], claim: jobs.Claim
) -> int:
    """Write what changes among the locked records, each with its event; how many."""
    found = list(routings.standings(current.study, rules, Record.objects.filter(pk__in=keys)))
    sources = routings.first_sources(one.set_id for one in found if one.then_accepted)
    going: dict[int, tuple[routings.Standing, placing.Placement]] = {}
    for one in found:
        route = routings.route_of(rules.settings, sources[one.set_id]) if one.then_accepted else None
        at = placing.Placement(one.then_status, one.then_code, route, one.then_rule)
        if (one.status, one.code, one.route, one.rule) != (at.status, at.code, at.route or "", at.rule):
            going[one.facts.key] = (one, at)
    records = list(Record.objects.filter(pk__in=going).order_by("pk"))
    now = timezone.now()
    journal = []
    for record in records:
        before, at = going[record.pk]
        placing.put(record, at, codes, current.routing, now)
        # A coder who has it open sees the same as before where only the rule is another.
        if (before.status, before.code) != (at.status, at.code):
            record.version += 1
        journal.append(
            events.make(
                study=current.study,
                verb=Verb.RECORD_ROUTED,
                gesture=claim.token,
                record=record,
                before=before.status,
                after=record.status,
                data={
                    "routing": current.routing.number if current.routing else None,
                    "rule": {"from": before.rule, "to": record.rule},
                    "code": {"from": before.code, "to": at.code},
                    "route": record.route,
                    "version": record.version,
                },
            )
        )
    placing.write(records)
    events.write_all(journal)
    return len(records)
