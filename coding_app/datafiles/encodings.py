"""Which encoding a text file is in: UTF-8, UTF-16, CP949 (which contains EUC-KR) or Windows-1252.

The whole file is looked at, in chunks: one Korean word may come only in row 900,000.
"""

import codecs
import re
from dataclasses import dataclass
from pathlib import Path

from coding_app.datafiles.messages import Message
from coding_app.datafiles.model import FileError
from coding_app.datafiles.raw_text import KEEP_BYTES, count_bad_bytes

_CHUNK = 1 << 20
_LINE = 1 << 16
_SAMPLE = 1 << 18
"""Bytes of lines with non-ASCII bytes on which the choice is made when a file is not UTF-8."""

_MARKS: tuple[tuple[bytes, str], ...] = (
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
NAMES = {
    "utf-8": "UTF-8",
    "utf-8-sig": Message("UTF-8 with byte order mark"),
    "utf-16": "UTF-16",
    "utf-16-le": Message("UTF-16 (little-endian)"),
    "utf-16-be": Message("UTF-16 (big-endian)"),
    "utf-32": "UTF-32",
    "cp949": Message("CP949 (Korean)"),
    "cp1252": Message("Windows-1252 (Western European)"),
}

_NON_ASCII = re.compile("[^\0-\x7f]")
_KOREAN_RUN = re.compile("[가-힣一-鿿豈-\ufaff]+")
_WESTERN = re.compile("[À-ÖØ-öø-þŠŽŒšžœŸ€‚„…‘’“”•–—™¡¢£§©ª«®°±²³´µ·¹º»¼½¾¿\xa0]")


def _common_syllables() -> frozenset[str]:
    """The 2,350 syllables of KS X 1001. CP949 adds 8,822 that hardly occur in real text, but that
    a Windows-1252 capital followed by a plain letter (as in 'Ärzte') is mistaken for."""
    pairs = (bytes((lead, trail)) for lead in range(0xB0, 0xC9) for trail in range(0xA1, 0xFF))
    return frozenset(pair.decode("euc_kr") for pair in pairs)


_COMMON_SYLLABLES = _common_syllables()


@dataclass(frozen=True)
class Encoding:
    """name: Python codec name. certain: by a byte order mark or because every byte fits UTF-8.
    damaged: bytes were seen that the encoding does not allow."""

    name: str
    certain: bool
    damaged: bool


def known_encoding(name: str) -> str:
    """The name as Python knows it. FileError for an encoding that does not exist."""
    try:
        return codecs.lookup(name).name
    except LookupError as error:
        raise FileError(
            "There is no encoding %(name)r. Choose one of %(known)s.", name=name, known=", ".join(NAMES)
        ) from error


def detect_encoding(path: Path) -> Encoding:
    """The encoding of a text file; reads all of it in bounded memory."""
    with path.open("rb") as file:
        head = file.read(_CHUNK)
    for mark, name in _MARKS:
        if head.startswith(mark):
            return Encoding(name, certain=True, damaged=not _decodes(path, name))
    if wide := wide_without_mark(head):
        return Encoding(wide, certain=False, damaged=not _decodes(path, wide))
    if _decodes(path, "utf-8"):
        return Encoding("utf-8", certain=True, damaged=False)
    name = _best_of_eight_bit(_sample(path))
    return Encoding(name, certain=False, damaged=not _decodes(path, name))


def _decodes(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def wide_without_mark(head: bytes) -> str | None:
    """UTF-16 without its mark: delimiters, digits and line ends leave a NUL at every second byte."""
    pairs = len(head) // 2
    even, odd = head[::2].count(0), head[1::2].count(0)
    if max(even, odd) >= max(8, 0.25 * pairs) and min(even, odd) < 0.02 * pairs:
        return "utf-16-be" if even > odd else "utf-16-le"
    return None


def _sample(path: Path) -> bytes:
    """Lines with non-ASCII bytes, from all over the file until there are enough."""
    lines: list[bytes] = []
    size = 0
    with path.open("rb") as file:
        while size < _SAMPLE and (line := file.readline(_LINE)):
            if not line.isascii():
                lines.append(line if line.endswith(b"\n") else line + b"\n")
                size += len(line)
    return b"".join(lines)


def _best_of_eight_bit(sample: bytes) -> str:
    """The encoding of bytes that are not wholly valid UTF-8.

    UTF-8 with a few damaged bytes still shows more good characters than bad bytes, which chance does
    not bring about in the others. Korean shows as common Hangul syllables in words of their own;
    otherwise it is Windows-1252 if what comes out are the letters and signs of western text.
    """
    utf8 = sample.decode("utf-8", KEEP_BYTES)
    utf8_bad = count_bad_bytes(utf8)
    if len(_NON_ASCII.findall(utf8)) - utf8_bad >= utf8_bad:
        return "utf-8"
    if _korean_share(sample) >= 0.5:
        return "cp949"
    western = sample.decode("cp1252", KEEP_BYTES)
    if len(_WESTERN.findall(western)) > 0.5 * len(_NON_ASCII.findall(western)):
        return "cp1252"
    return "utf-8"


def _korean_share(sample: bytes) -> float:
    """Share of what is not ASCII that reads as Korean words when taken as CP949."""
    text = sample.decode("cp949", KEEP_BYTES)
    korean = 0
    for run in _KOREAN_RUN.finditer(text):
        start, end = run.span()
        before, after = text[start - 1 : start], text[end : end + 1]
        inside_word = before.isascii() and before.isalpha() and after.isascii() and after.isalpha()
        if inside_word and end - start <= 2:
            continue  # western accented letters inside a word, as in 'OCUPAÇÃO'
        # A single Chinese character may be two western letters ('größer'); a word of them is not.
        chinese = end - start > 1
        korean += sum(
            sign in _COMMON_SYLLABLES or (chinese and not "가" <= sign <= "힣") for sign in run.group()
        )
    others = len(_NON_ASCII.findall(text))
    return korean / others if others else 0.0
