"""Reopening, removing or bringing back many records at work: a chunk with its events in one transaction."""

from django.conf import settings
from django.db import transaction

from coding_app.choices import Verb
from coding_app.models import Reopening
from coding_app.selectors import reopening as selected
from coding_app.selectors.reopening import By, Chosen
from coding_app.services import jobs, reopening, standing


def run(claim: jobs.Claim) -> None:
    """Do what is left to do, by key; records that others changed or drew meanwhile are left as they are."""
    current = Reopening.objects.select_related("study", "job__started_by").get(job_id=claim.job_id)
    total = current.looked_at + _left(current)
    claim.advance(done=current.looked_at, total=total)
    while True:
        claim.check()
        with transaction.atomic():
            if not _chunk(current):
                break
            current.save(update_fields=["after_record", "looked_at", "changed"])
            total = max(total, current.looked_at)
            claim.advance(done=current.looked_at, total=total, lasting=True)
    claim.advance(done=current.looked_at, total=current.looked_at)


def _left(current: Reopening) -> int:
    if current.verb == Verb.RECORD_RESTORED:
        return selected.of_gesture(current).count()
    return reopening.meant(current.study, _chosen(current), Verb(current.verb)).count()


def _chunk(current: Reopening) -> bool:
    """Do the next records; whether there were any."""
    study, user, most = current.study, current.job.started_by, settings.JOB_CHUNK
    if current.verb == Verb.RECORD_RESTORED:
        made = list(selected.of_gesture(current)[:most])
        last = made[-1].record_id if made else None
        looked_at = len(made)
        changed = standing.bring_back(study, made, gesture=current.gesture, user=user)
    else:
        found = reopening.meant(study, _chosen(current), Verb(current.verb))
        records, last = standing.locked(found, after=current.after_record, most=most)
        looked_at = changed = len(records)
        standing.move(study, records, Verb(current.verb), gesture=current.gesture, user=user, why=current.why)
    if last is None:
        return False
    current.after_record = last
    current.looked_at += looked_at
    current.changed += changed
    return True


def _chosen(current: Reopening) -> Chosen:
    return Chosen(By(current.by), current.value)
