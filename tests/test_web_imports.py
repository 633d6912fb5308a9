"""The web process loads what it needs and no more."""

import os
import subprocess
import sys

from tests.shared import REPOSITORY

HEAVY = ("torch", "transformers", "kiwipiepy", "pyarrow", "openpyxl", "xlsxwriter", "sklearn")


def test_the_web_process_starts_without_the_heavy_libraries() -> None:
    program = (
        "import sys, coding_app.wsgi; from django.urls import get_resolver; get_resolver().url_patterns;"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=REPOSITORY,
        env={**os.environ},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "[]"
