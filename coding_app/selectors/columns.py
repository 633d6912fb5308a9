"""The original columns of a record, and which of them a coder may see."""

from coding_app.models import Import, Record


def original_columns(record: Record, *, with_reference: bool) -> list[tuple[int, str, str]]:
    """Position, name and value of every column as written; codes known beforehand only ``with_reference``.

    A column counts as known codes when it is mapped so in any file of the study: another file may bring the
    same column without mapping it.
    """
    header = record.source.header
    hidden = set() if with_reference else _reference_names(record.study_id)
    pairs = enumerate(zip(header, record.values, strict=True))
    return [(at, name, value) for at, (name, value) in pairs if name not in hidden]


def _reference_names(study_id: int) -> set[str]:
    mapped = Import.objects.filter(study=study_id, reference_column__isnull=False)
    return {header[at] for header, at in mapped.values_list("header", "reference_column")}
