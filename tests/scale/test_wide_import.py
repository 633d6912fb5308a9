"""A wide and long file goes in whole: 20,000 rows of 200 columns, some of them over several lines."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from coding_app.models import ImportIssue, Record
from coding_app.services import ingest
from tests import factories

ROWS, COLUMNS = 20_000, 200
HEADER = ["id", "occupation", "industry", "age", *(f"column {n}" for n in range(4, COLUMNS))]


def row(number: int) -> list[str]:
    """A record; every seventh one stands on three lines."""
    words = factories.ROWS[number % len(factories.ROWS)][1:]
    cells = [f"{number:06}", *words, *(f"{number}/{n}" for n in range(4, COLUMNS))]
    if number % 7 == 0:
        cells[10], cells[-1] = "first line\nsecond line", 'the "end"\r\n'
    return cells


def chunks() -> Iterator[bytes]:
    stream = io.StringIO(newline="")
    writer = csv.writer(stream)
    writer.writerow(HEADER)
    for number in range(ROWS):
        writer.writerow(row(number))
        if number % 1000 == 999:
            yield stream.getvalue().encode()
            stream.seek(0)
            stream.truncate()
    yield stream.getvalue().encode()


@pytest.mark.django_db
def test_a_wide_file_with_cells_over_several_lines_goes_in_whole(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"
    study = factories.make_study(tmp_path)
    received = ingest.receive(study=study, user=study.created_by, name="wide.csv", chunks=chunks())
    columns = ingest.Columns.by_name(
        received.header, id="id", occupation="occupation", industry="industry", age="age"
    )
    job = factories.do(ingest.start(upload=received, columns=columns, user=None, then_code=False))
    received.refresh_from_db()
    assert (received.rows_read, received.added, received.unchanged) == (ROWS, ROWS, 0)
    assert not ImportIssue.objects.exists()
    lines_over = 2 * len(range(0, ROWS, 7))
    assert job.done == job.total
    assert (job.total or 0) >= 1 + ROWS + lines_over, "progress counts lines"
    found = Record.objects.order_by("pk").values_list("external_id", "line", "values").iterator()
    line = 2
    for number, (external_id, at, values) in enumerate(found):
        assert (external_id, at) == (f"{number:06}", line)
        assert number % 500 or values == row(number)
        line += 3 if number % 7 == 0 else 1
