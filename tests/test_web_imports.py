"""The web process loads what it needs and no more: no model runs in it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from coding_app.models import Study
from tests import factories
from tests.scored import Answer, score
from tests.shared import REPOSITORY
from tests.workers import environment

TRAINING = ("torch", "transformers", "tokenizers", "sklearn", "cleanlab", "matplotlib", "pandas", "kiwipiepy")
HEAVY = (*TRAINING, "scipy", "pyarrow", "openpyxl", "xlsxwriter", "docx", "lxml")
MEBIBYTES = 200
"""What one web process may hold after every page asked for once: half of it is numpy and scipy."""

PAGES = """
import json, sys
import psutil
import coding_app.wsgi
from django.contrib.auth.models import User
from django.test import Client
client = Client(SERVER_NAME="localhost")
client.force_login(User.objects.get(username="manager"))
answers = {address: client.get(address).status_code for address in json.loads(sys.argv[1])}
loaded = [name for name in json.loads(sys.argv[2]) if name in sys.modules]
held = psutil.Process().memory_info().rss
print(json.dumps([answers, loaded, held / 2**20]))
"""


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


@pytest.fixture
def study(transactional_db: None, tmp_path: Path) -> Study:
    study = factories.make_study(tmp_path)
    header = (*factories.COLUMNS, "reference")
    factories.bring_in(study, factories.csv_bytes([(*row, "716") for row in factories.ROWS], header))
    factories.code(study)
    score(study, {"001": Answer({"716": 0.9, "715": 0.1}), "002": Answer({"465": 0.6, "716": 0.2})})
    return study


def test_pages_of_models_load_no_library_that_models_need(study: Study) -> None:
    pages = [
        *("", "models/", "models/1/", "trainings/", "trainings/new/", "evaluations/", "evaluations/new/"),
        *("routing/", "explorer/", "labels/", "records/", "queue/"),
        *("agreement/", "coders/", "methods/", "methods/methods.docx"),
    ]
    addresses = [f"/studies/{study.slug}/{page}" for page in pages]
    done = subprocess.run(
        [sys.executable, "-c", PAGES, json.dumps(addresses), json.dumps(TRAINING)],
        cwd=REPOSITORY,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    answers, loaded, mebibytes = json.loads(done.stdout.splitlines()[-1])
    assert set(answers.values()) <= {200, 302}, answers
    assert loaded == []
    assert mebibytes < MEBIBYTES
