"""Files in: keep the upload, find out how to read it, map its columns, and start the import."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path, PurePath

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from coding_app import datafiles
from coding_app.choices import ImportState, JobKind
from coding_app.exceptions import Conflict, InvalidInput
from coding_app.models import Import, Job, Study
from coding_app.services import jobs, storage

MAX_NAME = 255
_SHOWN = {
    "id": gettext_noop("id"),
    "occupation": gettext_noop("occupation"),
    "industry": gettext_noop("industry"),
    "age": gettext_noop("age"),
    "reference": gettext_noop("reference"),
}


@dataclass(frozen=True, slots=True)
class Columns:
    """Which column of the file holds what: positions in the header, from 0; ``None``: the file has none."""

    id: int
    occupation: int
    industry: int | None = None
    age: int | None = None
    reference: int | None = None

    @classmethod
    def by_name(
        cls,
        header: Iterable[str],
        *,
        id: str,
        occupation: str,
        industry: str | None = None,
        age: str | None = None,
        reference: str | None = None,
    ) -> "Columns":
        """Find the positions of named columns.

        Raises:
            InvalidInput: naming the columns there are, when one is missing or stands twice.
        """
        names = list(header)

        def position(name: str) -> int:
            if names.count(name) == 1:
                return names.index(name)
            several = _("The column %(name)r stands more than once; the columns are: %(names)s.")
            missing = _("The column %(name)r is not there; the columns are: %(names)s.")
            problem = several if name in names else missing
            raise InvalidInput(problem % {"name": name, "names": ", ".join(names)})

        return cls(
            id=position(id),
            occupation=position(occupation),
            industry=position(industry) if industry else None,
            age=position(age) if age else None,
            reference=position(reference) if reference else None,
        )


def receive(*, study: Study, user: User | None, name: str, chunks: Iterable[bytes]) -> Import:
    """Keep an uploaded file and find out how it is to be read.

    Raises:
        InvalidInput: when it is empty or no data file; it is not kept then.
    """
    name = PurePath(name.replace("\\", "/")).name[-MAX_NAME:] or "file"
    stored_as, size, sha256 = storage.keep(study=study, chunks=chunks, suffix=PurePath(name).suffix[:10])
    try:
        found = sniff(storage.path_of(stored_as), name=name)
    except BaseException:
        storage.remove(stored_as)
        raise
    return Import.objects.create(
        study=study,
        file_name=name,
        stored_as=stored_as,
        size=size,
        sha256=sha256,
        kind=found.kind,
        encoding=found.encoding,
        delimiter=found.delimiter,
        sheet=found.sheet,
        header=list(found.header),
        created_by=user,
    )


def sniff(
    path: Path,
    *,
    name: str,
    encoding: str | None = None,
    delimiter: str | None = None,
    sheet: str | None = None,
) -> datafiles.FileFormat:
    """How a file is to be read, with a preview; what a person chose goes before what is detected.

    Warnings are in the language of whoever asks.

    Raises:
        InvalidInput: what is wrong with it and what to do.
    """
    try:
        found = datafiles.sniff(path, name=name, encoding=encoding, delimiter=delimiter, sheet=sheet)
    except datafiles.FileError as error:
        told = error.message.said_by(_)
        raise InvalidInput(told if name in told else f"{name}: {told}") from error
    said = (one.said_by(_) if isinstance(one, datafiles.Message) else one for one in found.warnings)
    return replace(found, warnings=tuple(said))


def preview(upload: Import) -> datafiles.FileFormat:
    """How a kept upload is read, with its first rows and warnings.

    Raises:
        InvalidInput: when the file can no longer be read.
    """
    path = storage.path_of(upload.stored_as)
    try:
        # What is detected comes with the warnings of detection; what a person chose instead has none.
        found = sniff(path, name=upload.file_name)
        if (found.encoding, found.delimiter, found.sheet) == (
            upload.encoding,
            upload.delimiter,
            upload.sheet,
        ):
            return found
        return sniff(
            path,
            name=upload.file_name,
            encoding=upload.encoding or None,
            delimiter=upload.delimiter or None,
            sheet=upload.sheet or None,
        )
    except FileNotFoundError as error:
        raise InvalidInput(
            _("%(file)s is no longer on this machine: upload it again.") % {"file": upload.file_name}
        ) from error


@transaction.atomic
def read_as(*, upload: Import, encoding: str, delimiter: str, sheet: str) -> None:
    """Read an upload that was not started as a person says; an empty text leaves it to detection.

    Raises:
        InvalidInput: when it cannot be read so; it stays as it was.
        Conflict: when the import was started.
    """
    found = sniff(
        storage.path_of(upload.stored_as),
        name=upload.file_name,
        encoding=encoding or None,
        delimiter=delimiter or None,
        sheet=sheet or None,
    )
    changed = Import.objects.filter(pk=upload.pk, state=ImportState.UPLOADED).update(
        encoding=found.encoding, delimiter=found.delimiter, sheet=found.sheet, header=list(found.header)
    )
    if not changed:
        raise Conflict(_("The import of %(file)s was started already.") % {"file": upload.file_name})
    upload.refresh_from_db()


@transaction.atomic
def start(*, upload: Import, columns: Columns, user: User | None, then_code: bool = True) -> Job:
    """Map the columns and queue the import; with ``then_code``, the records are coded when they are in.

    Raises:
        InvalidInput: when a position is outside the header, or one column is to be two things.
        Conflict: when the import was started before.
    """
    chosen = {
        "id": columns.id,
        "occupation": columns.occupation,
        "industry": columns.industry,
        "age": columns.age,
        "reference": columns.reference,
    }
    taken: dict[int, str] = {}
    for what, position in chosen.items():
        if position is None:
            continue
        if not 0 <= position < len(upload.header):
            raise InvalidInput(
                _("There is no column number %(number)s for the %(what)s.")
                % {"number": position + 1, "what": _(_SHOWN[what])}
            )
        if position in taken:
            raise InvalidInput(
                _("The column %(name)r cannot be both the %(what)s and the %(other)s.")
                % {
                    "name": upload.header[position],
                    "what": _(_SHOWN[taken[position]]),
                    "other": _(_SHOWN[what]),
                }
            )
        taken[position] = what
    changed = Import.objects.filter(pk=upload.pk, state=ImportState.UPLOADED).update(
        state=ImportState.STARTED, **{f"{what}_column": position for what, position in chosen.items()}
    )
    if not changed:
        raise Conflict(_("The import of %(file)s was started already.") % {"file": upload.file_name})
    job = jobs.create(study=upload.study, kind=JobKind.IMPORT, user=user, follow_up=then_code)
    Import.objects.filter(pk=upload.pk).update(job=job)
    upload.refresh_from_db()
    return job


@transaction.atomic
def discard(*, upload: Import) -> None:
    """Remove an upload that was never started.

    Raises:
        Conflict: when it was.
    """
    removed, _by_model = Import.objects.filter(pk=upload.pk, state=ImportState.UPLOADED).delete()
    if not removed:
        raise Conflict(_("An import that was started is kept: its rows are part of the study's history."))
    transaction.on_commit(lambda: storage.remove(upload.stored_as))
