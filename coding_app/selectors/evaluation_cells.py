"""The table of an evaluation as the cells of a file."""

from collections.abc import Iterator

from coding_app.choices import FileKind
from coding_app.models import Study
from coding_app.selectors import people
from coding_app.selectors.evaluation_table import MACHINE, PEOPLE, Table

HEADER = ("stage", "rater", "type_of_record", "n", "coded_correctly", "percent", "low_95", "high_95")
KINDS = (FileKind.CSV, FileKind.XLSX)


def rows(study: Study, table: Table) -> Iterator[list[str | None]]:
    """The table as cells under ``HEADER``, people by their pseudonyms, shares in percent."""
    hidden = people.pseudonyms(study)
    for block in table.blocks:
        rater = block.rater if block.rater in (MACHINE, PEOPLE) else hidden[int(block.rater)]
        for line in block.lines:
            found = line.correct
            yield [
                block.stage.value,
                str(rater),
                "all" if line.stratum is None else line.stratum,
                str(len(line.records)),
                str(line.count),
                *(
                    None if part is None else f"{100 * part:.2f}"
                    for part in (found.value, found.low, found.high)
                ),
            ]
