"""``export_records``: the coded data set into a file."""

import shutil
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from coding_app.choices import FileKind
from coding_app.management.output import command_errors, work_here
from coding_app.selectors import catalogue
from coding_app.services import companions, exports, storage


class Command(BaseCommand):
    """Export in this process; the ending of the file's name chooses the format."""

    help = "Export the coded records of a study as CSV, XLSX or Parquet."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        parser.add_argument("study", metavar="S", help="the study's name")
        parser.add_argument("--out", required=True, type=Path, metavar="FILE.{csv,xlsx,parquet}")

    def handle(self, *args: Any, **options: Any) -> None:
        """Export, and say how many rows and which hash."""
        out: Path = options["out"]
        kind = out.suffix.lower().lstrip(".")
        if kind not in FileKind.values:
            raise CommandError(f"{out}: end the name in .csv, .xlsx or .parquet.")
        if not out.parent.is_dir():
            raise CommandError(f"{out.parent}: there is no such folder.")
        with command_errors():
            study = catalogue.study(options["study"])
            export = exports.request(study=study, kind=FileKind(kind), user=None)
        work_here(export.job_id, self.stdout)
        export.refresh_from_db()
        shutil.copyfile(storage.path_of(export.stored_as), out)
        beside = out.with_name(f"{out.name}{companions.SUFFIX}")
        shutil.copyfile(companions.path_of(export), beside)
        self.stdout.write(f"{out}: {export.rows} rows, SHA-256 {export.sha256}")
        self.stdout.write(f"{beside}: what goes with it")
