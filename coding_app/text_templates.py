"""The bridge to the classifier's text templates, which load nothing heavy."""

from collections.abc import Iterable, Mapping

import classifier


def rendered(template: str, rows: Iterable[Mapping[str, str]]) -> list[str]:
    """The texts that a template, known to be one, makes of rows that have its columns."""
    made = classifier.Template(template)
    return [made.render(row) for row in rows]
