"""`predict` and `recode` of the command line: from a CSV file to one with codes."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping, Sequence
from itertools import tee
from pathlib import Path
from typing import Final

from classifier.classification import Classification
from classifier.cli_common import OK, add_data, add_model, read_model, whole
from classifier.errors import ClassifierError, Fault
from classifier.recoding import DROPPED, NO_CODE, OPEN, PERSON, TABLE, Crosswalk, Recoding, recode
from classifier.tables import open_table, replace_when_complete

LINE: Final = "data_line"
CANDIDATES: Final = "candidates"
NEW: Final = "new_code"
BY: Final = "recoded_by"

Row = tuple[int, list[str]]
"""A row with the line it stands on."""


def add_predict(parser: argparse.ArgumentParser) -> None:
    """The options of `predict`."""
    parser.add_argument("data", type=Path, metavar="DATA.csv")
    add_model(parser)
    parser.add_argument("--out", type=Path, required=True, metavar="OUT.csv")
    parser.add_argument("--top", type=whole, default=5, metavar="N", help="default: 5")


def add_recode(parser: argparse.ArgumentParser) -> None:
    """The options of `recode`."""
    add_data(parser)
    parser.add_argument(
        "--pairs", type=Path, required=True, metavar="PAIRS.csv", help="old and new codes that correspond"
    )
    parser.add_argument("--old", default="old", metavar="COLUMN", help="old codes in PAIRS.csv (old)")
    parser.add_argument("--new", default="new", metavar="COLUMN", help="new codes in PAIRS.csv (new)")
    parser.add_argument("--out", type=Path, required=True, metavar="OUT.csv", help="records with a new code")
    parser.add_argument(
        "--unresolved",
        type=Path,
        required=True,
        metavar="REST.csv",
        help=f"records whose code has no single counterpart, for a person to fill in the column {NEW}",
    )
    parser.add_argument(
        "--resolved",
        type=Path,
        metavar="FILLED.csv",
        help=f"REST.csv after a person has filled it in; where {NEW} is blank, the record is dropped",
    )
    parser.add_argument(
        "--classification",
        type=Path,
        metavar="CODES.csv",
        help="the new classification: titles for the candidates, and further codes a person may give",
    )


def main_predict(args: argparse.Namespace) -> int:
    """Copy the file, with the most probable codes appended."""
    model = read_model(args)
    added = [f"{name}_{rank}" for rank in range(1, args.top + 1) for name in ("code", "prob")]
    with open_table(args.data) as table:
        model.template.check(table.header, where=str(args.data))
        _refuse_taken(args.data, table.header, added)
        rows, again = tee(cells for _, cells in table.rows())
        texts = (model.text_of(dict(zip(table.header, cells, strict=True))) for cells in again)
        count = blank = 0
        with replace_when_complete(args.out) as writer:
            writer.writerow([*table.header, *added])
            for cells, suggestions in zip(rows, model.predict_many(texts, top=args.top), strict=True):
                count += 1
                blank += not suggestions
                writer.writerow([*cells, *_cells(suggestions, args.top)])
    print(f"{args.out}: {count} records")
    if blank:
        print(f"without a text, and so without codes: {blank}")
    return OK


def _refuse_taken(path: Path, header: Sequence[str], added: Sequence[str]) -> None:
    taken = [name for name in added if name in header]
    if taken:
        raise ClassifierError(
            f"{path} already has the column{'s' if len(taken) > 1 else ''} "
            f"{', '.join(map(repr, taken))}, which the results need; rename before coding"
        )


def _cells(suggestions: Sequence[tuple[str, float]], top: int) -> Iterator[str]:
    for rank in range(top):
        if rank < len(suggestions):
            code, probability = suggestions[rank]
            yield code
            yield f"{probability:.6f}"
        else:
            yield ""
            yield ""


def main_recode(args: argparse.Namespace) -> int:
    """Write the records with a new code, and apart those that a person has to look at."""
    crosswalk = Crosswalk.read(args.pairs, old=args.old, new=args.new)
    new = Classification.read(args.classification) if args.classification else None
    with open_table(args.data) as table:
        place = table.require(args.code, wanted_for="codes")
        header = table.header
        _refuse_taken(args.data, header, [LINE, CANDIDATES, NEW, BY])
        rows = list(table.rows())
    titles = {} if new is None else new.titles
    allowed = crosswalk.targets | titles.keys()
    by_person = _filled_in(args.resolved, header, rows, allowed) if args.resolved else {}
    codes = [cells[place] for _, cells in rows]
    found = recode(codes, crosswalk, by_person=by_person, allowed=allowed)
    with replace_when_complete(args.out) as out, replace_when_complete(args.unresolved) as rest:
        out.writerow([*header, NEW, BY])
        rest.writerow([LINE, *header, CANDIDATES, NEW])
        for (line, cells), old, code, how in zip(rows, codes, found.codes, found.how, strict=True):
            if code is not None:
                out.writerow([*cells, code, how])
            elif how == OPEN:
                words = (f"{one} {titles.get(one, '')}".strip() for one in crosswalk.candidates(old.strip()))
                rest.writerow([line, *cells, " | ".join(words), ""])
    _tell(found, args)
    return OK


def _filled_in(
    path: Path, header: Sequence[str], rows: Sequence[Row], allowed: frozenset[str]
) -> dict[int, str]:
    """What a person chose, by the place of the row; every row of the file is checked against the data."""
    by_line = {line: at for at, (line, _) in enumerate(rows)}
    chosen: dict[int, str] = {}
    faults = []
    with open_table(path) as table:
        columns = [table.require(name, wanted_for="records that a person resolved") for name in header]
        number = table.require(LINE, wanted_for="lines of the data")
        new = table.require(NEW, wanted_for="codes a person gave")
        for line, cells in table.rows():
            at = by_line.get(int(cells[number])) if cells[number].isdecimal() else None
            code = cells[new].strip()
            if at is None or [cells[column] for column in columns] != rows[at][1]:
                faults.append(Fault(str(path), line, f"is not line {cells[number]} of the data"))
            elif at in chosen:
                faults.append(Fault(str(path), line, f"line {cells[number]} of the data is here twice"))
            elif code and code not in allowed:
                faults.append(Fault(str(path), line, f"{code!r} is no code of the new classification"))
            else:
                chosen[at] = code
    if faults:
        raise ClassifierError(
            f"{path} does not fit: give the same data as when it was written, and codes of the new "
            "classification",
            faults,
        )
    return chosen


def _tell(found: Recoding, args: argparse.Namespace) -> None:
    count: Mapping[str, int] = found.count()
    by = (count.get(TABLE, 0), count.get(PERSON, 0))
    print(
        f"{args.out}: {sum(by)} of {len(found.codes)} records recoded, {by[0]} by table, {by[1]} by a person"
    )
    print(f"{args.unresolved}: {count.get(OPEN, 0)} records for a person to look at")
    if count.get(DROPPED):
        print(f"dropped: {count[DROPPED]} records that a person could not resolve")
    if count.get(NO_CODE):
        print(f"dropped: {count[NO_CODE]} records without a code")
