"""What the tables of a dictionary are called on the pages."""

from django.utils.translation import gettext as _

GENERAL = "general"


def table_label(name: str) -> str:
    """A table in words. The general one has a name of ours, special ones have the dictionary's own."""
    return _("general table") if name == GENERAL else _("table “%(name)s”") % {"name": name}
