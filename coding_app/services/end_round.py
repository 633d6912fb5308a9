"""A round that has ended gives back what has no result: a chunk with places and events in one transaction.

The round's state moved first: nobody is served its places any more, and what is said of them is refused. What
somebody was just saying comes before or after a chunk: a result stays, a record without one goes back.
"""

from django.conf import settings
from django.db import transaction

from coding_app.choices import RecordStatus, RoundKind
from coding_app.models import Round, RoundRecord
from coding_app.models.rounds import OPEN_RECORD_STATES
from coding_app.services import jobs, placing, settling


def run(claim: jobs.Claim) -> None:
    """Take out of the round what is left unsettled; what another worker took out stays out."""
    job = claim.job
    current = Round.objects.get(ending=job)
    gesture = settling.Gesture(job.started_by, claim.token)
    left = RoundRecord.objects.filter(round=current, state__in=OPEN_RECORD_STATES).order_by("pk")
    done = job.done
    total = done + left.count()
    claim.advance(done=done, total=total)
    locked = left.select_for_update(of=("self",)).select_related(
        "round", "code_before", "decided_by_before", "machine_code"
    )
    while True:
        claim.check()
        with transaction.atomic():
            chunk = list(locked[: settings.JOB_CHUNK])
            if not chunk:
                break
            records = settling.withdraw(chunk, gesture)
            if current.kind != RoundKind.GOLD:
                placing.open_places([one for one in records if one.status == RecordStatus.WAITING])
            done += len(chunk)
            total = max(total, done)
            claim.advance(done=done, total=total, lasting=True)
