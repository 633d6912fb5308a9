"""An export at work: the coded rows of a study, streamed into a file, and what goes with it."""

from collections.abc import Iterable, Iterator

from coding_app import datafiles
from coding_app.choices import RecordStatus
from coding_app.exceptions import InvalidInput
from coding_app.models import Export, Record
from coding_app.selectors import coded_rows
from coding_app.services import companions, jobs, storage


def run(claim: jobs.Claim) -> None:
    """Write the file from the beginning and note its rows and hash; a second time replaces the first.

    Raises:
        InvalidInput: when the format cannot hold the data set, or the file cannot be written.
    """
    export = Export.objects.select_related("study").get(job_id=claim.job_id)
    total = Record.objects.filter(study=export.study).exclude(status=RecordStatus.REMOVED).count()
    claim.advance(done=0, total=total)
    header = coded_rows.header(export.study)
    before = export.stored_as
    stem = f"{export.pk}-"
    storage.remove_parts(study=export.study, folder="exports", stem=stem)
    stored_as = storage.new_name(study=export.study, folder="exports", suffix=f".{export.kind}", stem=stem)
    rows = _watched(coded_rows.rows(export.study, header), claim, total)
    try:
        with storage.told_to_the_user():
            report = datafiles.write_rows(storage.path_of(stored_as), export.kind, header.names, rows)
            _beside(export, header, stored_as, report)
    except datafiles.FileError as error:
        raise InvalidInput(str(error)) from error
    export.stored_as, export.rows, export.sha256 = stored_as, report.rows, report.sha256
    export.save(update_fields=["stored_as", "rows", "sha256"])
    if before:
        storage.remove(before)
        storage.remove(f"{before}{companions.SUFFIX}")


def _beside(export: Export, header: coded_rows.Header, stored_as: str, report: datafiles.WriteReport) -> None:
    """The companion files; without them the data file is not kept either."""
    try:
        companions.write(export, header, stored_as=stored_as, rows=report.rows, sha256=report.sha256)
    except BaseException:
        storage.remove(stored_as)
        raise


def _watched(rows: Iterable[list[str | None]], claim: jobs.Claim, total: int) -> Iterator[list[str | None]]:
    for done, row in enumerate(rows, start=1):
        if done % 5000 == 0:
            claim.check(writes=False)
            claim.advance(done=min(done, total))
        yield row
    claim.advance(done=total)
