"""The shared strings of a workbook, on disk when there are many."""

import re
import tempfile
from collections.abc import Sequence
from types import TracebackType
from typing import IO, overload
from xml.parsers import expat

from coding_app.datafiles.xlsx_package import feed

IN_MEMORY = 4 << 20
"""Characters of strings kept in memory; the rest is in a temporary file."""
_OFFSET = 8
_NAMESPACES = (
    "http://schemas.openxmlformats.org/spreadsheetml/2006/main",
    "http://purl.oclc.org/ooxml/spreadsheetml/main",
)
_ESCAPE = re.compile("_x([0-9A-Fa-f]{4})_")


def local_names(*names: str) -> dict[str, str]:
    """Names as expat gives them with ' ' as namespace separator -> the local names."""
    return {f"{namespace} {name}": name for namespace in _NAMESPACES for name in names}


def unescape(text: str) -> str:
    """`_x000D_` and the like as the characters they stand for; half a surrogate pair stays as written."""
    if "_x" not in text:
        return text

    def character(found: re.Match[str]) -> str:
        code = int(found.group(1), 16)
        return found.group() if 0xD800 <= code <= 0xDFFF else chr(code)

    return _ESCAPE.sub(character, text)


class SharedStrings(Sequence[str]):
    """Strings by number. Close it, or use it in a `with`, to remove the temporary files."""

    def __init__(self) -> None:
        self._first: list[str] = []
        self._size = 0
        self._texts: IO[bytes] | None = None
        self._ends: IO[bytes] | None = None
        self._count = 0

    def append(self, text: str) -> None:
        """Adds the string with the next number."""
        self._count += 1
        if self._texts is None or self._ends is None:
            self._first.append(text)
            self._size += len(text) + 50  # about what a short str costs besides its characters
            if self._size > IN_MEMORY:
                self._texts = tempfile.TemporaryFile()  # noqa: SIM115  closed by close()
                self._ends = tempfile.TemporaryFile()  # noqa: SIM115
                self._ends.write((0).to_bytes(_OFFSET))
            return
        self._texts.write(text.encode("utf-8", "surrogatepass"))
        self._ends.write(self._texts.tell().to_bytes(_OFFSET))

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, number: int) -> str: ...
    @overload
    def __getitem__(self, number: slice) -> Sequence[str]: ...
    def __getitem__(self, number: int | slice) -> str | Sequence[str]:
        if isinstance(number, slice):
            return [self[index] for index in range(*number.indices(self._count))]
        if not 0 <= number < self._count:
            raise IndexError(f"there is no shared string {number}")
        if number < len(self._first) or self._texts is None or self._ends is None:
            return self._first[number]
        self._ends.seek((number - len(self._first)) * _OFFSET)
        bounds = self._ends.read(2 * _OFFSET)
        start, end = int.from_bytes(bounds[:_OFFSET]), int.from_bytes(bounds[_OFFSET:])
        self._texts.seek(start)
        return self._texts.read(end - start).decode("utf-8", "surrogatepass")

    def close(self) -> None:
        """Removes the temporary files."""
        for file in (self._texts, self._ends):
            if file is not None:
                file.close()

    def __enter__(self) -> "SharedStrings":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def read_shared_strings(source: IO[bytes], strings: SharedStrings) -> None:
    """Adds the strings of a sharedStrings part: their text without formatting and phonetic guides."""
    names = local_names("si", "t", "rPh")
    text: list[str] = []
    state = {"taking": False, "phonetic": False}

    def start(name: str, _: dict[str, str]) -> None:
        match names.get(name):
            case "si":
                text.clear()
            case "t":
                state["taking"] = not state["phonetic"]
            case "rPh":
                state["phonetic"] = True

    def end(name: str) -> None:
        match names.get(name):
            case "si":
                strings.append(unescape("".join(text)))
            case "t":
                state["taking"] = False
            case "rPh":
                state["phonetic"] = False

    def characters(data: str) -> None:
        if state["taking"]:
            text.append(data)

    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = characters
    for _ in feed(parser, source):
        pass
