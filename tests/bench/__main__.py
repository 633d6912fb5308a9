"""Every measure in turn: `python -m tests.bench`; or those named: `python -m tests.bench import_export`."""

import subprocess
import sys

from tests.shared import REPOSITORY

MEASURES = (
    "dictionary_speed",
    "dictionary_learn",
    "datafiles_speed",
    "import_export",
    "classifier_speed",
    "classifier_accuracy",
    "coding_with_model",
    "serving",
    "code_search",
    "decisions",
    "drain",
    "export_decided",
)


def main(wanted: list[str]) -> int:
    """Run them one after another, each in a process of its own; 0 when every one ended well."""
    unknown = [name for name in wanted if name not in MEASURES]
    if unknown:
        print(f"No measure {', '.join(unknown)}. The measures are: {', '.join(MEASURES)}.", file=sys.stderr)
        return 2
    failed = []
    for name in wanted or MEASURES:
        print(f"\n== {name} ==", flush=True)
        command = [sys.executable, "-m", f"tests.bench.{name}"]
        if subprocess.run(command, cwd=REPOSITORY, check=False).returncode:
            failed.append(name)
    if failed:
        print(f"\nfailed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
