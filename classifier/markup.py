"""Pieces of a self-contained page: tables, figures with the table they are drawn from, the page itself."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path
from typing import Any, Final

Json = dict[str, Any]

_OPEN_ROWS: Final = 12
"""A longer table is folded away, and opened by a click."""
_FIRST_ROWS: Final = 20
_COLUMNS: Final = 6
_NOTHING: Final = "–"


class Safe(str):
    """Markup that is not escaped again."""

    __slots__ = ()


def text(value: object) -> str:
    """A cell's content: markup as it is, None as a dash, numbers with thousands, anything else escaped."""
    if isinstance(value, Safe):
        return value
    if value is None or value == "":
        return _NOTHING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:.2f}"
    return escape(str(value))


def percent(value: float | None) -> Safe:
    """`84.4 %`; a dash for None."""
    return Safe(_NOTHING if value is None else f"{value:.1%}".replace("%", "&nbsp;%"))


def rate(value: Json) -> Safe:
    """A share with its interval: `84.4 % (83.9–84.9)`; a dash without trials."""
    if value["value"] is None:
        return Safe(_NOTHING)
    return Safe(f'{percent(value["value"])} <span class="interval">({_ends(value)})</span>')


def _ends(value: Json) -> str:
    return f"{100 * value['low']:.1f}–{100 * value['high']:.1f}"


def signed(value: Json) -> Safe:
    """A difference of shares in percentage points with its interval: `+1.2 (−0.3 to +2.7)`."""
    if value["difference"] is None:
        return Safe(_NOTHING)
    ends = f"{_points(value['low'])} to {_points(value['high'])}"
    return Safe(f'{_points(value["difference"])} <span class="interval">({ends})</span>')


def _points(value: float) -> str:
    return f"{100 * value:+.1f}".replace("-", "−")


def p_value(value: float | None) -> Safe:
    """`p < 0.001` as people write it."""
    if value is None:
        return Safe(_NOTHING)
    return Safe("&lt;&nbsp;0.001" if value < 0.001 else f"{value:.3f}")


def code(value: str, title: str = "") -> Safe:
    """A code, with its title where it has one."""
    return Safe(f"<b>{escape(value)}</b>" + (f" {escape(title)}" if title else ""))


def table(header: Sequence[str], rows: Iterable[Sequence[object]], *, words: Sequence[int] = (0,)) -> Safe:
    """A table; the columns at `words` are set as text, the others as numbers."""
    kinds = ["word" if place in words else "number" for place in range(len(header))]
    head = "".join(
        f'<th scope="col" class="{kind}">{text(name) if name else ""}</th>'
        for kind, name in zip(kinds, header, strict=True)
    )
    lines = [
        "<tr>"
        + "".join(f'<td class="{kind}">{text(cell)}</td>' for kind, cell in zip(kinds, row, strict=True))
        + "</tr>"
        for row in rows
    ]
    if not lines:
        return Safe('<p class="none">None.</p>')
    body = "".join(lines)
    # With many columns intervals stand below their shares, so that the table fits the page.
    dense = ' class="dense"' if len(header) > _COLUMNS else ""
    return Safe(
        f'<div class="wide"><table{dense}><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'
    )


def opened(header: Sequence[str], rows: Sequence[Sequence[object]], *, words: Sequence[int] = (0,)) -> Safe:
    """A long table: its first rows, and the others folded away below them."""
    first = table(header, rows[:_FIRST_ROWS], words=words)
    rest = rows[_FIRST_ROWS:]
    if not rest:
        return first
    return Safe(
        f"{first}<details><summary>{len(rest):,} more</summary>{table(header, rest, words=words)}</details>"
    )


def folded(summary: str, content: Safe) -> Safe:
    """Content that is folded away when it is a table of many rows."""
    many = content.count("<tr>") > _OPEN_ROWS + 1
    state = "" if many else " open"
    return Safe(f"<details{state}><summary>{escape(summary)}</summary>{content}</details>")


def figure(svg: str, caption: str, drawn_from: Safe) -> Safe:
    """A figure, what it shows, and the table it is drawn from."""
    return Safe(
        f'<figure><div class="wide">{svg}</div><figcaption>{escape(caption)}</figcaption></figure>'
        + folded("The table this figure is drawn from", drawn_from)
    )


def note(*sentences: str) -> Safe:
    """A paragraph of explanation."""
    return Safe(f'<p class="note">{escape(" ".join(sentences))}</p>')


def facts(pairs: Iterable[tuple[str, object]]) -> Safe:
    """A list of names and values."""
    return Safe(
        "<dl>"
        + "".join(f"<div><dt>{escape(name)}</dt><dd>{text(value)}</dd></div>" for name, value in pairs)
        + "</dl>"
    )


def section(name: str, title: str, *parts: Safe) -> Safe:
    """A section of the page, which `#name` leads to."""
    return Safe(f'<section id="{name}"><h2>{escape(title)}</h2>{"".join(parts)}</section>')


def page(title: str, lead: Safe, sections: Sequence[tuple[str, str, Safe]]) -> str:
    """A whole page without anything from outside; `sections` are (name, title, content)."""
    style = Path(__file__).with_name("report.css").read_text(encoding="utf-8")
    links = "".join(f'<li><a href="#{name}">{escape(heading)}</a></li>' for name, heading, _ in sections)
    body = "".join(section(name, heading, content) for name, heading, content in sections)
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>\n{style}</style>\n</head>\n<body>\n"
        f"<main><h1>{escape(title)}</h1>{lead}"
        f'<nav aria-label="Contents"><ul>{links}</ul></nav>{body}</main>\n'
        "</body>\n</html>\n"
    )
