r"""Text that is not wholly text: bytes that cannot be decoded are carried through and shown as `\xNN`.

A byte B that the encoding does not allow is decoded to the lone surrogate U+DC00 + B (Python's
'surrogateescape' does so only for B >= 0x80, which is not enough for UTF-16). No decoder makes such
a character from valid bytes, so finding one means finding a bad byte.
"""

import codecs
import re

KEEP_BYTES = "tiebreak-keep-bytes"
"""Name of the codec error handler that carries bad bytes through."""

_CARRIED = re.compile("[\udc00-\udcff]")
_SHOWN = re.compile("[\udc00-\udcff]|\0|\\\\(?=x[0-9a-f]{2})")
_ESCAPE = re.compile(r"\\x([0-9a-f]{2})")


def _carry(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    bad = error.object[error.start : error.end]
    return "".join(chr(0xDC00 + byte) for byte in bad), error.end


codecs.register_error(KEEP_BYTES, _carry)


def has_bad_bytes(text: str) -> bool:
    """Whether a byte that could not be decoded is in the text."""
    return not text.isascii() and _CARRIED.search(text) is not None


def count_bad_bytes(text: str) -> int:
    """How many bytes of the text could not be decoded."""
    return len(_CARRIED.findall(text))


def show_raw(text: str) -> str:
    r"""Bad bytes and NUL as `\xNN`; a backslash that would look like the start of one as `\x5c`."""
    return _SHOWN.sub(lambda found: f"\\x{ord(found.group()) & 0xFF:02x}", text)


def raw_bytes(raw: str, encoding: str) -> bytes:
    """The bytes of the file behind a `BadRow.raw`, given the encoding in which the file was read.

    The line end and a byte order mark are left out. ValueError for UTF-16 and UTF-32, where a bad byte
    and a NUL character look the same.
    """
    name = codecs.lookup(encoding).name
    if name.startswith(("utf-16", "utf-32")):
        raise ValueError(f"the bytes of a row in {name} cannot be told from its text")
    if name == "utf-8-sig":
        name = "utf-8"
    parts = _ESCAPE.split(raw)
    return b"".join(bytes([int(part, 16)]) if at % 2 else part.encode(name) for at, part in enumerate(parts))
