"""A search over epochs, batch size and learning rate, with tiny encoders."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from classifier import ClassifierError, Examples, Grid, Progress, TrainSettings, train
from classifier.cli import main
from classifier.search import search
from tests.classifier.encoders import WORDS, jobs, quick, tiny_encoder
from tests.classifier.samples import examples, write_csv

GRID = Grid(epochs=(1, 4), learning_rate=(1e-5, 3e-3))


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_encoder(tmp_path_factory.mktemp("bases") / "tiny")


def records(count: int = 120) -> Examples:
    data = jobs(count)
    titles = list(WORDS)
    return Examples.of((text, titles[target]) for text, target in zip(data.texts, data.targets, strict=True))


def test_the_most_accurate_combination_is_trained_on_everything(base: Path) -> None:
    steps: list[Progress] = []
    settings = quick(base, test_size=0.2)
    card = train(records(), template="{t}", settings=settings, grid=GRID, report=steps.append).card
    found = card["search"]
    tried = [(row["learning_rate"], row["epochs"]) for row in found["tried"]]
    assert tried == [(1e-5, 1), (1e-5, 4), (3e-3, 1), (3e-3, 4)]
    assert {row["batch_size"] for row in found["tried"]} == {settings.batch_size}
    values = [row["accuracy"]["value"] for row in found["tried"]]
    assert found["chosen"] == values.index(max(values)) == 3
    assert (card["settings"]["learning_rate"], card["settings"]["epochs"]) == (3e-3, 4)
    assert found["validation_records"] == pytest.approx(0.2 * card["data"]["train"], abs=3)
    shares = [step.done / step.total for step in steps]
    assert shares == sorted(shares)
    assert shares[-1] == 1


def test_the_test_records_are_never_looked_at(base: Path) -> None:
    found = search(records(60), GRID, quick(base))[1]
    assert found["validation_records"] == 12


class Killed(Exception):
    """Stands for the end of a process."""


def test_a_killed_search_goes_on_with_the_combination_it_was_at(base: Path, tmp_path: Path) -> None:
    def kill(progress: Progress) -> None:
        if progress.done / progress.total > 0.5:
            raise Killed

    kept = tmp_path / "kept"
    with pytest.raises(Killed):
        search(records(), GRID, quick(base), report=kill, checkpoints=kept)
    done = json.loads((kept / "search.json").read_text(encoding="utf-8"))["rows"]
    assert len(done) == 2
    steps: list[Progress] = []
    resumed = search(records(), GRID, quick(base), report=steps.append, checkpoints=kept)
    assert min(step.done / step.total for step in steps) > 0.4
    assert resumed == search(records(), GRID, quick(base))
    assert [path.name for path in kept.iterdir()] == ["search.json"]
    with pytest.raises(ClassifierError, match="belongs to a search with other records"):
        search(records(80), GRID, quick(base), checkpoints=kept)


def test_the_baseline_has_nothing_to_search_over() -> None:
    with pytest.raises(ClassifierError, match="'baseline' has no epochs"):
        train(examples(), template="{t}", settings=TrainSettings(), grid=Grid())


def test_words_of_the_command_line_name_a_grid() -> None:
    assert Grid.parse([]) == Grid()
    found = Grid.parse(["epochs=4,8", "learning-rate=2e-5"])
    assert found == Grid(epochs=(4, 8), batch_size=(), learning_rate=(2e-5,))
    assert len(found.settings(TrainSettings())) == 2


@pytest.mark.parametrize(
    "words", [["rate=1"], ["epochs"], ["epochs=a"], ["epochs=1", "epochs=2"], ["batch-size=1.5"]]
)
def test_other_words_are_refused(words: list[str]) -> None:
    with pytest.raises(ClassifierError):
        Grid.parse(words)


@pytest.mark.parametrize("grid", [Grid(epochs=(0,)), Grid(learning_rate=(2.0,)), Grid(batch_size=(-1,))])
def test_numbers_that_make_no_sense_are_refused(grid: Grid) -> None:
    with pytest.raises(ClassifierError, match="at least 1"):
        grid.settings(TrainSettings())


def test_the_command_line_shows_what_was_tried(
    base: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = records()
    write_csv(tmp_path / "d.csv", ["job", "code"], zip(data.texts, data.codes, strict=True))
    line = ["train", str(tmp_path / "d.csv"), "--text", "{job}", "--code", "code", "--base", str(base)]
    line += ["--out", str(tmp_path / "m"), "--batch-size", "16", "--min-class-size", "5"]
    assert main([*line, "--search", "epochs=1,2", "learning-rate=3e-3"]) == 0
    told = capsys.readouterr().out
    assert "search: 2 combinations" in told
    assert told.count("(chosen)") == 1
    assert "learning rate 0.003" in told
