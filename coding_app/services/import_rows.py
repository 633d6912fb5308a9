"""An import at work: chunks of rows become records; each chunk commits on its own.

What it says of a row is stored, and therefore in English; pages translate what is the same for all rows.
"""

import hashlib
import json
import re
from collections.abc import Iterator
from itertools import islice

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_noop

from coding_app import datafiles
from coding_app.choices import ImportState, IssueKind, RecordStatus, Verb
from coding_app.datafiles.counting import count_lines
from coding_app.exceptions import InvalidInput
from coding_app.models import Event, Import, ImportIssue, Record, Study
from coding_app.services import bulk, events, ingest, jobs, storage
from coding_app.text_keys import text_key

MAX_ID = 200
NUMBER = re.compile(r"[+-]?\d{1,9}(\.\d{0,9})?")


def run(claim: jobs.Claim) -> None:
    """Bring in the rows that are not in yet.

    A row whose id and values are in the study already changes nothing; one whose values differ is reported
    and the record left as it is.

    Raises:
        InvalidInput: when the file cannot be read any further.
    """
    upload = Import.objects.select_related("study").get(job_id=claim.job_id)
    path = storage.path_of(upload.stored_as)
    line = 0
    try:
        found = ingest.preview(upload)
        total = count_lines(path, found)
        rows = datafiles.read_rows(path, found, start=upload.rows_read)
        claim.advance(done=0, total=total)
        while chunk := list(islice(rows, settings.JOB_CHUNK)):
            claim.check()
            line = chunk[-1].line
            with transaction.atomic():
                # Two imports may hold the same ids: into one study they write one after the other.
                Study.objects.select_for_update(no_key=True).get(pk=upload.study_id)
                _write(upload, chunk, claim)
                claim.advance(done=line if total is None else min(line, total), lasting=True)
    except datafiles.FileError as error:
        raise InvalidInput(f"{upload.file_name}: {error}") from error
    with transaction.atomic():
        end = line if total is None else total
        claim.advance(done=end, total=end)
        Import.objects.filter(pk=upload.pk).update(state=ImportState.DONE)


def _write(upload: Import, chunk: list[datafiles.Row | datafiles.BadRow], claim: jobs.Claim) -> None:
    issues: list[ImportIssue] = []
    fresh: dict[str, Record] = {}
    unchanged = 0
    rows = [(row, _id(upload, row)) for row in chunk if isinstance(row, datafiles.Row)]
    issues.extend(
        _issue(upload, row.line, IssueKind.UNREADABLE, row.reason, row.raw)
        for row in chunk
        if isinstance(row, datafiles.BadRow)
    )
    known = {
        external_id: (row_hash, source)
        for external_id, row_hash, source in Record.objects.filter(
            study=upload.study, external_id__in={external_id for _, external_id in rows}
        ).values_list("external_id", "row_hash", "source_id")
    }
    for row, external_id in rows:
        problem = _no_id(external_id)
        if problem:
            issues.append(_issue(upload, row.line, IssueKind.NO_ID, problem, _as_text(row)))
            continue
        row_hash = _hash(upload, row)
        if external_id in known:
            before, source = known[external_id]
            if before == row_hash:
                unchanged += 1
            else:
                issues.append(_differs(upload, row, external_id, same_file=source == upload.pk))
            continue
        known[external_id] = (row_hash, upload.pk)
        record, age_problem = _record(upload, row, external_id, row_hash)
        fresh[external_id] = record
        if age_problem:
            issues.append(
                _issue(upload, row.line, IssueKind.BAD_AGE, age_problem, _as_text(row), external_id)
            )
    made = bulk.insert(fresh.values())
    events.write_all(_events(upload, made, claim))
    bulk.insert(issues)
    upload.rows_read += len(chunk)
    upload.added += len(made)
    upload.unchanged += unchanged
    upload.save(update_fields=["rows_read", "added", "unchanged"])


def _events(upload: Import, made: list[Record], claim: jobs.Claim) -> Iterator[Event]:
    for record in made:
        yield events.make(
            study=upload.study,
            verb=Verb.RECORD_IMPORTED,
            gesture=claim.token,
            actor=upload.created_by,
            record=record,
            after=RecordStatus.IMPORTED,
            data={"import": upload.pk, "line": record.line, "code": None, "route": "", "version": 1},
        )


def _id(upload: Import, row: datafiles.Row) -> str:
    return row.values[upload.id_column or 0]


def _no_id(external_id: str) -> str:
    if not external_id.strip():
        return gettext_noop("The id is blank.")
    if len(external_id) > MAX_ID:
        return gettext_noop("The id has %(n)s characters; %(most)s are the most.") % {
            "n": len(external_id),
            "most": MAX_ID,
        }
    return ""


def _as_text(row: datafiles.Row) -> str:
    return json.dumps(row.values, ensure_ascii=False)


def _hash(upload: Import, row: datafiles.Row) -> str:
    content = json.dumps([upload.header, row.values], ensure_ascii=False)
    return hashlib.sha256(content.encode()).hexdigest()


def _issue(
    upload: Import, line: int, kind: IssueKind, reason: str, raw: str, external_id: str = ""
) -> ImportIssue:
    return ImportIssue(
        import_file=upload, line=line, kind=kind, reason=reason, raw=raw, external_id=external_id[:MAX_ID]
    )


def _differs(upload: Import, row: datafiles.Row, external_id: str, *, same_file: bool) -> ImportIssue:
    if same_file:
        reason = gettext_noop(
            "This id stands earlier in the file with other values; the first row was taken."
        )
        return _issue(upload, row.line, IssueKind.REPEATED, reason, _as_text(row), external_id)
    reason = gettext_noop(
        "The study has this id with other values, from an earlier file; the record was left as it is."
    )
    return _issue(upload, row.line, IssueKind.CHANGED, reason, _as_text(row), external_id)


def _record(upload: Import, row: datafiles.Row, external_id: str, row_hash: str) -> tuple[Record, str]:
    def cell(position: int | None) -> str:
        return "" if position is None else row.values[position]

    age, problem = parse_age(cell(upload.age_column))
    record = Record(
        study_id=upload.study_id,
        source_id=upload.pk,
        external_id=external_id,
        line=row.line,
        values=list(row.values),
        row_hash=row_hash,
        occupation=cell(upload.occupation_column),
        industry=cell(upload.industry_column),
        text_key=text_key(cell(upload.occupation_column), cell(upload.industry_column)),
        age=age,
        reference_code=cell(upload.reference_column).strip()[:30],
    )
    return record, problem


def parse_age(text: str) -> tuple[float | None, str]:
    """An age in years, and what is wrong with the text where it is none; a blank is no age and no fault."""
    stripped = text.strip()
    if not stripped:
        return None, ""
    if not NUMBER.fullmatch(stripped):
        return None, gettext_noop("The age %(age)s is not a number.") % {"age": repr(stripped[:50])}
    age = float(stripped)
    if not 0 <= age <= 150:
        told = gettext_noop("The age %(age)s is not between 0 and 150 years.")
        return None, told % {"age": repr(stripped[:50])}
    return age, ""
