"""What a worker does with a job: claim it, do its kind of work, write how it ended."""

from collections.abc import Callable

from coding_app.choices import JobKind
from coding_app.models import Job
from coding_app.services import (
    draw_round,
    end_round,
    evaluations,
    export_rows,
    import_rows,
    jobs,
    ordering,
    planner,
    reopen_records,
    route,
    suggest,
    train_model,
)

_WORK: dict[str, Callable[[jobs.Claim], None]] = {
    JobKind.IMPORT: import_rows.run,
    JobKind.CODE: suggest.run,
    JobKind.EXPORT: export_rows.run,
    JobKind.ROUTE: route.run,
    JobKind.TRAIN: train_model.run,
    JobKind.EVALUATE: evaluations.run,
    JobKind.DRAW: draw_round.run,
    JobKind.END_ROUND: end_round.run,
    JobKind.REOPEN: reopen_records.run,
}


def run_job(*, job_id: int, worker: str) -> None:
    """Do the job if it is there to be done; running it twice changes nothing the second time."""
    claim = jobs.claim(job_id=job_id, worker=worker)
    if claim is None:
        return
    with jobs.ending(claim, then=_follow_up), jobs.kept_alive(claim):
        _WORK[claim.job.kind](claim)
        planner.refresh(claim.job)
        ordering.after(claim.job)


def _follow_up(job: Job) -> None:
    # New records first: a study has one job at a time that codes or routes.
    suggest.follow_up(job)
    route.follow_up(job)
