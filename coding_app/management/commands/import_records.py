"""``import_records``: a file into a study."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from coding_app.exceptions import TiebreakError
from coding_app.management.files import upload as file_of
from coding_app.management.output import command_errors, work_here
from coding_app.selectors import catalogue, lists
from coding_app.services import ingest


class Command(BaseCommand):
    """Import in this process; the same file again changes nothing."""

    help = "Import a CSV, XLSX or Parquet file into a study."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        parser.add_argument("study", metavar="S", help="the study's name")
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument("--id-column", required=True, metavar="C")
        parser.add_argument("--occupation-column", required=True, metavar="C")
        parser.add_argument("--industry-column", metavar="C")
        parser.add_argument("--age-column", metavar="C")
        parser.add_argument("--code-column", metavar="C", help="codes known beforehand, to compare with")

    def handle(self, *args: Any, **options: Any) -> None:
        """Import, and say what became of the rows."""
        file = file_of(options["file"])
        with command_errors():
            study = catalogue.study(options["study"])
            upload = ingest.receive(study=study, user=None, name=file.name, chunks=file.chunks)
            try:
                columns = ingest.Columns.by_name(
                    upload.header,
                    id=options["id_column"],
                    occupation=options["occupation_column"],
                    industry=options["industry_column"],
                    age=options["age_column"],
                    reference=options["code_column"],
                )
                job = ingest.start(upload=upload, columns=columns, user=None, then_code=False)
            except TiebreakError:
                ingest.discard(upload=upload)
                raise
        work_here(job.pk, self.stdout)
        upload.refresh_from_db()
        self.stdout.write(f"{file.name}: {upload.added} added, {upload.unchanged} unchanged")
        for kind, count in lists.issue_counts(upload):
            self.stdout.write(f"  {count} rows: {kind.label}")
