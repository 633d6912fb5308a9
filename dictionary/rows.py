"""Reading the CSV files of a dictionary: rows with the physical line they start on, faults collected."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dictionary.faults import Fault


@dataclass(frozen=True, slots=True)
class Row:
    """One row: the physical line it starts on (from 1) and its cells by column, stripped of outer space."""

    line: int
    cells: dict[str, str]


def read_rows(
    file: str, text: str, *, required: Sequence[str], optional: Sequence[str], faults: list[Fault]
) -> Iterator[Row]:
    """Yield the rows of `text`, adding to `faults` every row or header that cannot be read.

    The first row must name each `required` column once and may name the `optional` ones, in any order and
    case. Empty lines are skipped. A row may leave out optional cells at its end, nothing else.
    """
    raw = _raw_rows(file, text.removeprefix("\ufeff"), faults)
    first = next(raw, None)
    if first is None:
        faults.append(Fault(file, 1, f"has no header; the first line must be {_shape(required, optional)}"))
        return
    columns = [cell.strip().casefold() for cell in first[1]]
    problem = _header_problem(columns, required, optional)
    if problem:
        faults.append(Fault(file, first[0], f"{problem}; the header must be {_shape(required, optional)}"))
        return
    needed = max(columns.index(name) for name in required) + 1
    for line, cells in raw:
        if len(cells) > len(columns):
            reason = f"has {len(cells)} cells, the header has {len(columns)}; quote a cell with a comma in it"
            faults.append(Fault(file, line, reason))
        elif len(cells) < needed:
            missing = ", ".join(name for name in required if columns.index(name) >= len(cells))
            faults.append(Fault(file, line, f"has {len(cells)} of {needed} cells: {missing} missing"))
        else:
            padded = [cell.strip() for cell in cells] + [""] * (len(columns) - len(cells))
            yield Row(line, dict(zip(columns, padded, strict=True)))


def _raw_rows(file: str, text: str, faults: list[Fault]) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            faults.append(Fault(file, line, f"is not readable as CSV ({error}); check the quotes"))
            continue
        if cells:
            yield line, cells


def _shape(required: Sequence[str], optional: Sequence[str]) -> str:
    return ",".join(required) + "".join(f"[,{name}]" for name in optional)


def _header_problem(columns: Sequence[str], required: Sequence[str], optional: Sequence[str]) -> str | None:
    problems = []
    if missing := [name for name in required if name not in columns]:
        problems.append(f"column {', '.join(missing)} missing")
    if repeated := sorted({name for name in columns if columns.count(name) > 1}):
        problems.append(f"column {', '.join(map(repr, repeated))} given twice")
    if unknown := [name for name in columns if name not in (*required, *optional)]:
        problems.append(f"column {', '.join(map(repr, unknown))} not known")
    return "; ".join(problems) or None
