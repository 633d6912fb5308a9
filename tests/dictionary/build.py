"""Small dictionaries for the tests."""

from __future__ import annotations

from dictionary import Coder, Dictionary, Record, Result

PAPER_ENTRIES = """phrase,code
FUEL OIL TRUCK DRIVER,716
OIL TRUCK DRIVER,716
TRUCK DRIVER FUEL,716
FUEL OIL,295
FUEL TRUCK,716
TRUCK DRIVER,715
DRIVER,715
FUEL,291
CONSTRUCTION,982
MACHINIST,465
CONSTRUCTION FRAMER,411
FRAMER,411
HEATING CONTRACTOR,470
PLUMBING CONTRACTOR,510
CONTRACTOR,406
HEATING,470
PLUMBING,510
ARCHITECT,013
UNKNOWN,999
SALES AGENT,380
LEGAL,105
MICROFILM TECHNICIAN,290
"""
"""Phrases and codes as the paper's figures show them; the codes outside the figures are made up."""


def dictionary(entries: str = PAPER_ENTRIES, **files: str) -> Dictionary:
    """A dictionary of `entries` and files by name: `spelling`, `unknown`, `special_10_aircraft`, `toml`."""
    texts = {"entries.csv": entries}
    for name, text in files.items():
        if name == "toml":
            texts["dictionary.toml"] = text
        elif name.startswith("special_"):
            texts[f"special/{name.removeprefix('special_')}.csv"] = text
        else:
            texts[f"{name}.csv"] = text
    return Dictionary.from_texts(texts)


def code(dictionary: Dictionary, occupation: str, industry: str = "", age: float | None = None) -> Result:
    return Coder(dictionary).code(Record("1", occupation, industry, age))
