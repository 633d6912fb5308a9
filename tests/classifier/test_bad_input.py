"""What may be wrong with records, and with the machine: a clear error, and nothing half-written."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from classifier import ClassifierError, Examples, load, train
from classifier.cli import main
from classifier.transformer import TransformerEngine
from tests.classifier.encoders import WORDS, jobs, quick, tiny_encoder
from tests.classifier.samples import pairs, read_csv, small_model, write_csv
from tests.shared import REPOSITORY


@pytest.fixture
def base(tmp_path: Path) -> Path:
    return tiny_encoder(tmp_path / "base" / "tiny")


def options(folder: Path) -> list[str]:
    return ["--text", "{job}", "--code", "code", "--out", str(folder / "model")]


def coded(folder: Path, rows: Sequence[tuple[str, str]]) -> Path:
    return write_csv(folder / "data.csv", ["job", "code"], rows)


def left(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.name not in ("data.csv", "base"))


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ([], "no row with both a text"),
        ([("", code) for _, code in pairs(40)], "40 with no text"),
        ([("nan", code) for _, code in pairs(40)], "40 with no text"),
        ([(text, "NaN") for text, _ in pairs(40)], "40 with no code"),
        ([(text, "5120") for text, _ in pairs(40)], "at least two codes apart"),
        ([("cook", "5120"), *[(text, "8332") for text, _ in pairs(40)]], "at least two codes apart"),
    ],
    ids=["no rows", "no texts", "NaN for texts", "NaN for codes", "one class", "a class with one record"],
)
def test_records_that_nothing_can_be_learnt_from_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], rows: list[tuple[str, str]], reason: str
) -> None:
    assert main(["train", str(coded(tmp_path, rows)), *options(tmp_path)]) == 1
    assert reason in capsys.readouterr().err
    assert left(tmp_path) == []


def test_a_class_with_one_record_is_learnt_where_the_filter_lets_it_and_never_only_tested(
    tmp_path: Path,
) -> None:
    data = coded(tmp_path, [*pairs(80), ("glazier", "7125")])
    assert main(["train", str(data), *options(tmp_path), "--min-class-size", "1"]) == 0
    model = load(tmp_path / "model")
    assert "7125" in model.classes
    assert model.card["class_counts"]["7125"] == 1


def test_long_texts_and_mixed_scripts_are_learnt_and_coded(tmp_path: Path) -> None:
    odd = ["요리 cook повар 料理人 طباخ", "a" * 100_000, "🍳" * 50, "\u202etfel ot thgir", "é" * 20_000]
    data = coded(tmp_path, [*pairs(80), *[(text, "5120") for text in odd]])
    assert main(["train", str(data), *options(tmp_path)]) == 0
    out = tmp_path / "out.csv"
    assert main(["predict", str(data), "--model", str(tmp_path / "model"), "--out", str(out)]) == 0
    coded_rows = read_csv(out)
    assert all(0 < float(row["prob_1"]) <= 1 for row in coded_rows)
    assert coded_rows[81]["job"] == odd[1]


def test_an_encoder_reads_long_texts_and_mixed_scripts(base: Path) -> None:
    odd = ["요리 cook повар 料理人 طباخ", "cook " * 20_000, "🍳", "?"]
    data = [*_jobs(), *[(text, "cook") for text in odd]]
    model = train(Examples.of(data), template="{t}", settings=quick(base, min_class_size=2, test_size=0.0))
    found = model.predict_proba([*odd, ""])
    assert np.isfinite(found).all()
    np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-5)


def test_a_loss_that_is_no_number_ends_the_training_and_leaves_no_model(
    base: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = coded(tmp_path, _jobs())
    line = ["train", str(data), *options(tmp_path), "--base", str(base), "--learning-rate", "0.9"]
    assert main([*line, "--epochs", "40", "--batch-size", "8"]) == 1
    assert "diverged" in capsys.readouterr().err
    assert not (tmp_path / "model").exists()


def test_a_pickle_in_a_model_folder_is_refused_by_every_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    small_model(count=80).save(tmp_path / "model")
    (tmp_path / "model" / "engine" / "pytorch_model.bin").write_bytes(b"\x80\x04.")
    data = write_csv(tmp_path / "data.csv", ["text", "code"], pairs(40))
    model = ["--model", str(tmp_path / "model")]
    out = ["--out", str(tmp_path / "out")]
    for line in (
        ["predict", *model, *out],
        ["evaluate", *model, "--code", "code", *out],
        ["compare", *model, *model, "--code", "code", *out],
        ["threshold", *model, "--code", "code"],
    ):
        assert main([line[0], str(data), *line[1:]]) == 1
        told = capsys.readouterr().err
        assert "refused" in told
        assert "pytorch_model.bin" in told
    assert not (tmp_path / "out").exists()


def _jobs(count: int = 96) -> list[tuple[str, str]]:
    data, titles = jobs(count), list(WORDS)
    return [(text, titles[target]) for text, target in zip(data.texts, data.targets, strict=True)]


def _train(folder: Path, base: Path) -> subprocess.Popen[str]:
    line = [sys.executable, "-m", "classifier", "train", str(coded(folder, _jobs())), *options(folder)]
    line += ["--base", str(base), "--epochs", "12", "--batch-size", "4", "--learning-rate", "1e-3"]
    # More threads than free processors make a tiny training take minutes.
    alone = {**os.environ, "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(
        line, cwd=REPOSITORY, env=alone, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def _wait(found: Callable[[], bool], running: subprocess.Popen[str]) -> None:
    while not found():
        assert running.poll() is None, running.communicate()[0]
        time.sleep(0.01)


def test_a_killed_training_goes_on_after_its_last_epoch(base: Path, tmp_path: Path) -> None:
    killed = _train(tmp_path, base)
    kept = tmp_path / ".model.training"
    _wait(lambda: any(kept.glob("epoch-*")), killed)
    os.kill(killed.pid, signal.SIGKILL)
    killed.communicate()
    assert killed.returncode == -signal.SIGKILL
    assert not (tmp_path / "model").exists()
    epoch = max(int(path.name.split("-")[1]) for path in kept.glob("epoch-*"))
    assert epoch < 12

    again = _train(tmp_path, base)
    told = again.communicate()[0]
    assert again.returncode == 0, told
    assert left(tmp_path) == ["model"]
    first = next(line for line in told.splitlines() if line.startswith("training"))
    assert int(first.split()[1]) >= 100 * epoch // 12
    assert len(load(tmp_path / "model").card["engine"]["losses"]) == 12


_FULL = """
import resource, signal, sys
from classifier.cli import main
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]),) * 2)
sys.exit(main(sys.argv[2:]))
"""


def on_a_full_disk(size: int, line: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """Runs a command where no file grows beyond so many bytes, which is what a full disk does to a writer."""
    return subprocess.run(
        [sys.executable, "-c", _FULL, str(size), *line],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("engine", ["baseline", "encoder"])
def test_a_full_disk_leaves_the_older_model_as_it_was(
    base: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], engine: str
) -> None:
    data = coded(tmp_path, _jobs())
    line = ["train", str(data), *options(tmp_path)]
    line += ["--base", str(base), "--epochs", "1"] if engine == "encoder" else []
    assert main(line) == 0
    before = load(tmp_path / "model").fingerprint
    done = on_a_full_disk(3000, [*line, "--seed", "9"])
    assert done.returncode == 1, done.stderr
    assert "cannot be written" in done.stderr
    assert "Traceback" not in done.stderr
    assert load(tmp_path / "model").fingerprint == before
    assert [name for name in left(tmp_path) if name != ".model.training"] == ["model"]


def test_a_report_on_a_full_disk_leaves_the_older_one(tmp_path: Path) -> None:
    small_model(count=80).save(tmp_path / "model")
    data = write_csv(tmp_path / "new.csv", ["text", "code"], pairs(60, seed=3))
    out = tmp_path / "report"
    line = ["evaluate", str(data), "--model", str(tmp_path / "model"), "--code", "code", "--out", str(out)]
    assert main(line) == 0
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    done = on_a_full_disk(9000, line)
    assert done.returncode == 1
    assert "cannot be written" in done.stderr
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before


def test_a_training_that_is_interrupted_leaves_no_model(base: Path, tmp_path: Path) -> None:
    def stop(progress: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        TransformerEngine.fit(jobs(32), quick(base), report=stop, checkpoints=tmp_path / "kept")
    assert not (tmp_path / "kept").exists()


def test_settings_that_cannot_be_trained_with_are_told_before_anything_is_read(base: Path) -> None:
    with pytest.raises(ClassifierError, match="learning_rate"):
        TransformerEngine.fit(jobs(32), quick(base, learning_rate=-1.0))
