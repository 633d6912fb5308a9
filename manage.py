#!/usr/bin/env python
"""Django's command line for Tiebreak."""

import os
import sys


def main() -> None:
    """Run a management command; see ``python manage.py help``."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "coding_app.settings")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
