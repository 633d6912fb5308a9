"""What a training can start from: only what is on this machine."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from pytest_django import Settings

from classifier.bases import PACKAGED
from coding_app import bases
from coding_app.exceptions import InvalidInput
from coding_app.models import Classification, Study
from tests.shared import REPOSITORY


def folder(home: Path, weights: str = "model.safetensors") -> Path:
    """What looks like the folder of an encoder."""
    home.mkdir(parents=True)
    (home / "config.json").write_text("{}")
    (home / weights).write_bytes(b"")
    return home


@pytest.fixture(autouse=True)
def home(settings: Settings, tmp_path: Path) -> Path:
    settings.MODELS_DIR = tmp_path / "encoders"
    return tmp_path / "encoders"


def study(language: str = "en") -> Study:
    return Study(classification=Classification(language=language))


def names(of: Study) -> list[str]:
    return [choice.name for choice in bases.usable(of)]


def test_folders_with_safe_weights_are_offered(home: Path) -> None:
    assert names(study("ko")) == ["baseline", "minilm", "baseline+minilm"], "nobody has made the folder yet"
    folder(home / "kobert")
    folder(home / "team" / "e5")
    folder(home / "old", weights="pytorch_model.bin")
    assert names(study("ko")) == ["baseline", "minilm", "baseline+minilm", "kobert", "team/e5"]


def test_the_packaged_encoder_is_the_default_for_english_where_it_is_installed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert (bases.default(study("en")), bases.default(study("en-US"))) == ("minilm", "minilm")
    assert bases.default(study("ko")) == "baseline"
    assert names(study("en"))[0] == "minilm"
    monkeypatch.setitem(PACKAGED, "minilm", ("no_such_package", "model", "no-such-package==1"))
    assert bases.default(study("en")) == "baseline"
    assert names(study("en")) == ["baseline"]
    with pytest.raises(InvalidInput, match="comes with a package: pip install"):
        bases.check("minilm")


def test_a_folder_is_kept_by_its_name_below_the_folder_of_encoders(home: Path) -> None:
    made = folder(home / "team" / "e5")
    assert bases.check("team/e5") == bases.check(str(made)) == bases.check(f"{made}/") == "team/e5"
    assert bases.resolve("team/e5") == str(made)
    assert bases.check("  ") == bases.check("baseline") == "baseline"


@pytest.mark.parametrize("kind", ["baseline+", "ensemble+"])
def test_an_encoder_together_with_the_baseline_is_looked_for_like_one_alone(home: Path, kind: str) -> None:
    made = folder(home / "team" / "e5")
    assert bases.check(f"{kind}minilm") == bases.resolve(f"{kind}minilm") == f"{kind}minilm"
    assert bases.check(f"{kind}team/e5") == bases.check(f"{kind}{made}/") == f"{kind}team/e5"
    assert bases.resolve(f"{kind}team/e5") == f"{kind}{made}"


@pytest.mark.parametrize(
    "name",
    [
        "/etc", "../elsewhere", "team/../../elsewhere", "~/e5", "elsewhere\\e5", "tests",
        "baseline+", "ensemble+../elsewhere", "baseline+/etc", "baseline+baseline",
    ],
)  # fmt: skip
def test_folders_elsewhere_are_not_read(home: Path, name: str) -> None:
    folder(home.parent / "elsewhere")
    with pytest.raises(InvalidInput, match=r"not on this machine|folders elsewhere are not read"):
        bases.check(name)


def test_a_name_of_the_hub_is_taken_only_when_it_was_fetched_before(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def cached(source: str, file: str, revision: str | None = None) -> str | None:
        asked.append((source, file, revision))
        return "/cache/config.json" if source == "monologg/distilkobert" else None

    monkeypatch.setattr("huggingface_hub.try_to_load_from_cache", cached)
    assert bases.check("monologg/distilkobert@abc") == "monologg/distilkobert@abc"
    assert asked == [("monologg/distilkobert", "config.json", "abc")]
    with pytest.raises(InvalidInput, match="not on this machine, and nothing is fetched from elsewhere"):
        bases.check("monologg/kobert")
    monkeypatch.setenv("HF_HUB_OFFLINE", "0")
    assert bases.check("monologg/kobert") == "monologg/kobert"


@pytest.mark.parametrize(("given", "offline"), [(None, "1"), ("0", "0")])
def test_nothing_is_fetched_unless_the_operator_says_so(given: str | None, offline: str) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "HF_HUB_OFFLINE"}
    environment |= {"HF_HUB_OFFLINE": given} if given else {}
    program = (
        "import os, coding_app.settings; from huggingface_hub import constants as hub;"
        "print(os.environ['HF_HUB_OFFLINE'], int(hub.HF_HUB_OFFLINE), int(hub.HF_HUB_DISABLE_TELEMETRY))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=REPOSITORY,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == [offline, offline, "1"]
