"""``makemessages``, which also collects what ``coding_app.datafiles`` says without knowing Django."""

from django.core.management.commands import makemessages


class Command(makemessages.Command):
    """As Django's; the templates of messages and file errors are texts to translate as well."""

    xgettext_options = [*makemessages.Command.xgettext_options, "--keyword=Message", "--keyword=FileError"]
