"""What the environment may set, and what it must not."""

import os
from pathlib import Path

import pytest

from coding_app import env


def test_a_number_that_is_none_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JOB_CHUNK", "many")
    with pytest.raises(ValueError, match="JOB_CHUNK='many' is not a whole number from 1"):
        env.number("JOB_CHUNK", 1000)
    monkeypatch.setenv("JOB_CHUNK", "0")
    with pytest.raises(ValueError, match="JOB_CHUNK"):
        env.number("JOB_CHUNK", 1000)
    monkeypatch.delenv("JOB_CHUNK")
    assert env.number("JOB_CHUNK", 1000) == 1000


def test_a_flag_says_yes_or_no(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEBUG", "perhaps")
    with pytest.raises(ValueError, match="neither yes nor no"):
        env.flag("DEBUG")


def test_a_folder_that_cannot_be_made_is_said_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SystemExit, match="set DATA_DIR to a folder of yours"):
        env.usable_folder(tmp_path / "file" / "var")


@pytest.mark.parametrize("elsewhere", [True, False])
def test_a_folder_must_be_writable_unless_everything_is_kept_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, elsewhere: bool
) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    for name in ("SECRET_KEY", "DATABASE_URL", "REDIS_URL"):
        monkeypatch.setenv(name, "set" if elsewhere else "")
    if elsewhere:
        assert env.usable_folder(tmp_path) == tmp_path
    else:
        with pytest.raises(SystemExit, match="cannot write"):
            env.usable_folder(tmp_path)


def test_two_processes_that_start_at_once_keep_one_secret(tmp_path: Path) -> None:
    first = env.kept_secret(tmp_path)
    assert env.kept_secret(tmp_path) == first
    assert len(first) >= 50
    assert (tmp_path / "secret_key").stat().st_mode & 0o077 == 0
