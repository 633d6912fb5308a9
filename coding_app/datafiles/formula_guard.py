"""Cells of a CSV file that a spreadsheet would run as a formula are made harmless, reversibly.

A cell is risky when, after spaces and quotes, it begins with = + - @ (also fullwidth) or when it
begins with a tab or a line end. A risky cell gets an apostrophe in front, which spreadsheets take as
'this is text'. A plain number such as -5 or +3.2e1 is not risky.

So that nothing is lost, a risky cell that already has apostrophes in front gets one more as well;
`unguard` takes exactly one away again: unguard(guard(text)) == text for every text.

The guard holds for a spreadsheet that splits the file at the delimiter it was written with.
"""

import re

_RISKY = re.compile(r"""[\t\r\n]|[\s"'\ufeff\u200b]*[=+\-@＝＋－＠]""")
_PLAIN_NUMBER = re.compile(r"[+-](?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_HARMLESS_AT_FIRST = "_([<#&/"
"""Besides letters and digits. Nearly every cell is known by its first character: a pattern takes longer."""


def _is_risky(text: str) -> bool:
    return _RISKY.match(text) is not None and _PLAIN_NUMBER.fullmatch(text) is None


def guard(text: str) -> str:
    """The text, with an apostrophe in front when a spreadsheet would run it."""
    first = text[:1]
    if first.isalnum() or first in _HARMLESS_AT_FIRST:
        return text
    return "'" + text if _is_risky(text.lstrip("'")) else text


def unguard(text: str) -> str:
    """The text that `guard` was given."""
    return text[1:] if text.startswith("'") and _is_risky(text.lstrip("'")) else text
