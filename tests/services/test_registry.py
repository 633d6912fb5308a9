"""The registry: whole versions of models, in and out as archives, and what is refused at its door."""

from __future__ import annotations

import io
import json
import os
import shutil
import stat
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from coding_app import coders, model_folders
from coding_app.choices import Engine, JobKind, ModelOrigin
from coding_app.exceptions import Conflict, InvalidInput, ModelUnavailable
from coding_app.models import Classification, Event, ModelVersion, Run, Study
from coding_app.services import jobs, model_archives, promotion, registry, storage, studies
from tests import factories, models

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model folder as the classifier writes it."""
    return models.saved(tmp_path_factory.mktemp("saved") / "first")


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return models.saved(tmp_path_factory.mktemp("saved") / "second", seed=1)


@pytest.fixture(autouse=True)
def _folders(settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def study(tmp_path: Path) -> Study:
    return factories.make_study(tmp_path)


def kept(study: Study) -> list[Path]:
    """The folders of the registry, half-written ones among them."""
    home = model_folders.models_of(study.pk)
    return sorted(home.iterdir()) if home.is_dir() else []


def send(study: Study, content: bytes) -> ModelVersion:
    return model_archives.upload(study=study, user=study.created_by, name="model.zip", chunks=[content])


def zipped(folder: Path, top: str = "") -> bytes:
    """A ZIP file of a folder, made as people make them."""
    return packed({f"{top}{path.relative_to(folder)}": path.read_bytes() for path in files(folder)})


def packed(content: dict[str, bytes], *, squeeze: int = zipfile.ZIP_DEFLATED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", squeeze) as out:
        for name, data in content.items():
            out.writestr(name, data)
    return stream.getvalue()


def files(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file())


def test_a_folder_becomes_a_version_with_its_card(study: Study, folder: Path) -> None:
    version = registry.add(study=study, user=study.created_by, folder=folder, note=" from elsewhere ")
    assert (version.number, version.origin, version.engine, version.classes) == (1, "trained", "baseline", 4)
    assert version.base == "baseline"
    assert version.note == "from elsewhere"
    assert version.size == sum(path.stat().st_size for path in files(folder))
    assert version.card["class_counts"]["715"] == 50
    assert coders.model_of(version).classes == ("411", "465", "510", "715")
    event = Event.objects.get(verb="model_added")
    assert (event.actor, event.data["number"]) == (study.created_by, 1)


def test_the_same_content_is_there_once(study: Study, folder: Path) -> None:
    first = registry.add(study=study, user=None, folder=folder)
    assert registry.add(study=study, user=None, folder=folder) == first
    assert send(study, zipped(folder)) == first
    assert len(kept(study)) == 1
    assert Event.objects.filter(verb="model_added").count() == 1


def test_an_archive_is_taken_in_again_elsewhere_with_its_baseline(
    study: Study, folder: Path, other: Path, tmp_path: Path
) -> None:
    version = registry.add(study=study, user=None, folder=folder, baseline=other)
    content = b"".join(model_archives.archive(version))
    assert model_archives.archive_name(version) == "mills-model-1.zip"
    second = factories.make_study(tmp_path, "Other mills")
    there = send(second, content)
    assert (there.origin, there.fingerprint) == (ModelOrigin.UPLOADED, version.fingerprint)
    assert coders.baseline_of(there).fingerprint == coders.baseline_of(version).fingerprint
    told = coders.model_of(there).learnt([models.rows(200)[0][1], "never heard"])
    assert told is not None
    assert told.tolist() == [True, False]


@pytest.mark.parametrize("top", ["", "my model/", "a/b/"])
def test_an_archive_may_have_folders_around_the_model(study: Study, folder: Path, top: str) -> None:
    with_chaff = zipfile.ZipFile(stream := io.BytesIO(zipped(folder, top)), "a")
    with_chaff.writestr("__MACOSX/._model.json", b"\0")
    with_chaff.writestr(f"{top}.DS_Store", b"\0")
    with_chaff.close()
    assert send(study, stream.getvalue()).number == 1


def a_link(folder: Path) -> bytes:
    stream = io.BytesIO(zipped(folder))
    entry = zipfile.ZipInfo("engine/more.json")
    entry.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(stream, "a") as out:
        out.writestr(entry, "/etc/passwd")
    return stream.getvalue()


def with_file(name: str, data: bytes = b"x") -> Callable[[Path], bytes]:
    def made(folder: Path) -> bytes:
        stream = io.BytesIO(zipped(folder))
        with zipfile.ZipFile(stream, "a") as out:
            out.writestr(name, data)
        return stream.getvalue()

    return made


def without(name: str) -> Callable[[Path], bytes]:
    return lambda folder: packed(
        {
            str(path.relative_to(folder)): path.read_bytes()
            for path in files(folder)
            if str(path.relative_to(folder)) != name
        }
    )


def a_bomb(folder: Path) -> bytes:
    return packed({"model.json": b"{}", "engine/a.safetensors": b"\0" * (40 * 1024**2)})


def one_that_lies(folder: Path) -> bytes:
    """It says that a file is short, in the directory at its end; what is there goes on."""
    content = bytearray(packed({"model.json": b" " * 5000}, squeeze=zipfile.ZIP_STORED))
    directory = content.rindex(b"PK\x01\x02")
    content[directory + 24 : directory + 28] = (10).to_bytes(4, "little")
    return bytes(content)


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (lambda _: b"not a zip", "no ZIP file"),
        (lambda folder: zipped(folder)[:-40], "no ZIP file"),
        (lambda _: packed({}), "it has 0 files model.json"),
        (lambda _: packed({"readme.md": b"hello"}), "it has 0 files model.json"),
        (with_file("engine/weights.bin"), r"engine/weights.bin: may run code"),
        (with_file("engine/weights.pkl"), "may run code"),
        (with_file("engine/model.py"), "may run code"),
        (with_file("engine/vocabulary.json", b"\x80\x04\x95}."), "pickle, whatever its name says"),
        (with_file("engine/hidden.json", b"PK\x03\x04rest"), "archive, whatever its name says"),
        (with_file("../outside.json"), r"\.\./outside\.json: a path that leads out"),
        (with_file("/etc/outside.json"), "a path that leads out"),
        (with_file("..\\outside.json"), "a path that leads out"),
        (with_file("engine/extra.json", b"{}"), "missing or were changed"),
        (a_link, "engine/more.json: is a link"),
        (without("engine/linear.safetensors"), "missing or were changed"),
        (without("engine/baseline.json"), "missing or were changed"),
        (without("card.json"), "card.json cannot be read"),
        (without("model.json"), "it has 0 files model.json"),
        (a_bomb, "would grow from"),
        (one_that_lies, "no ZIP file|larger than it says"),
        (lambda folder: packed({f"{n}.json": b"" for n in range(300)}), "has 300 files"),
        (with_file("second/model.json"), "it has 2 files model.json"),
        (lambda folder: packed({"model.json": b'{"format": 1}', "card.json": b"{}"}), "no list of classes"),
    ],
)
def test_an_archive_that_is_no_sound_model_is_refused_with_the_reason(
    study: Study, folder: Path, made: Callable[[Path], bytes], words: str, tmp_path: Path
) -> None:
    content = made(folder)
    before = {path for path in tmp_path.rglob("*") if "media" not in path.parts}
    with pytest.raises(InvalidInput, match=words):
        send(study, content)
    assert not ModelVersion.objects.exists()
    assert kept(study) == []
    assert not list(storage.path_of("uploads").glob("*/*"))
    assert {path for path in tmp_path.rglob("*") if "media" not in path.parts} == before


def test_a_model_of_another_classification_is_refused(tmp_path: Path, folder: Path) -> None:
    codes = "code,title\n411,Carpenter\n510,Plumber\n"
    factories.make_classification(tmp_path, codes=codes)
    study = studies.create(
        name="Small",
        classification=Classification.objects.get(),
        dictionary_version=None,
        user=factories.make_user("manager"),
    )
    with pytest.raises(InvalidInput, match=r"2 codes that records of this study.*may not have") as refused:
        send(study, zipped(folder))
    assert "465\n715" in str(refused.value)
    assert kept(study) == []


def test_a_model_that_reads_columns_the_records_lack_is_refused(study: Study, tmp_path: Path) -> None:
    folder = models.saved(tmp_path / "odd", template="{duties}")
    factories.bring_in(study)
    with pytest.raises(InvalidInput, match="'duties', which is no column of this study"):
        registry.add(study=study, user=None, folder=folder)
    assert kept(study) == []


def test_a_model_damaged_afterwards_cannot_be_loaded_and_says_why(study: Study, folder: Path) -> None:
    version = registry.add(study=study, user=None, folder=folder)
    home = model_folders.model(version.stored_as)
    with pytest.raises(ModelUnavailable, match="Model 1 has no baseline beside it"):
        coders.baseline_of(version)
    weights = home / "engine" / "linear.safetensors"
    whole = weights.read_bytes()
    weights.write_bytes(whole[:-8] + b"\0" * 8)
    with pytest.raises(ModelUnavailable, match="missing or were changed") as told:
        coders.model_of(version)
    assert str(home) not in str(told.value)
    weights.write_bytes(whole)
    assert coders.model_of(version).classes
    shutil.rmtree(home)
    assert coders.model_of(version).classes, "it is in memory"


def test_a_folder_that_was_put_in_its_place_is_not_loaded(study: Study, folder: Path, other: Path) -> None:
    version = registry.add(study=study, user=None, folder=folder)
    home = model_folders.model(version.stored_as)
    shutil.rmtree(home)
    shutil.copytree(other, home)
    with pytest.raises(ModelUnavailable, match="another one than was registered"):
        coders.model_of(version)


def test_a_worker_keeps_two_models_in_memory(study: Study, folder: Path, other: Path, tmp_path: Path) -> None:
    third = models.saved(tmp_path / "third", seed=2)
    first, second, last = (registry.add(study=study, user=None, folder=one) for one in (folder, other, third))
    kept_one = coders.model_of(first)
    assert coders.model_of(first) is kept_one
    assert coders.model_of(second) is not kept_one
    assert coders.model_of(first) is kept_one
    coders.model_of(last)
    coders.model_of(second)
    assert coders.model_of(first) is not kept_one


def test_a_version_in_use_stays_and_any_other_can_be_removed(
    study: Study,
    folder: Path,
    other: Path,
    tmp_path: Path,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    assert study.created_by is not None
    first = registry.add(study=study, user=None, folder=folder)
    second = registry.add(study=study, user=None, folder=other)
    promotion.promote(version=first, user=study.created_by)
    with pytest.raises(Conflict, match="current, or coded"):
        registry.remove(version=first, user=study.created_by)
    promotion.roll_back(study=study, user=study.created_by)
    Run.objects.create(
        study=study,
        job=jobs.create(study=study, kind=JobKind.CODE, user=None),
        engine=Engine.MODEL,
        model_version=first,
        child_age=14,
    )
    with pytest.raises(Conflict, match="current, or coded"):
        registry.remove(version=first, user=study.created_by)
    with django_capture_on_commit_callbacks(execute=True):
        registry.remove(version=second, user=study.created_by)
    assert [path.name for path in kept(study)] == [Path(first.stored_as).name]
    assert Event.objects.get(verb="model_removed").data["number"] == 2
    third = registry.add(study=study, user=None, folder=models.saved(tmp_path / "third", seed=2))
    assert third.number == 3, "the number of a removed version stays its own"
    with pytest.raises(ModelUnavailable, match="files of model 2 are gone"):
        model_archives.archive(second)


def test_a_note_can_be_written_and_is_in_the_journal(study: Study, folder: Path) -> None:
    assert study.created_by is not None
    version = registry.add(study=study, user=None, folder=folder)
    registry.set_note(version=version, user=study.created_by, note="Wave 2 only.")
    registry.set_note(version=version, user=study.created_by, note="Wave 2 only. ")
    version.refresh_from_db()
    assert version.note == "Wave 2 only."
    event = Event.objects.get(verb="settings_changed")
    assert event.data == {"settings": {"model 1": {"from": "", "to": "Wave 2 only."}}}
    with pytest.raises(InvalidInput, match="characters at most"):
        registry.set_note(version=version, user=study.created_by, note="x" * 3000)


def test_what_nobody_is_at_work_on_any_more_is_removed(study: Study, folder: Path, other: Path) -> None:
    registry.add(study=study, user=None, folder=folder)
    home = model_folders.models_of(study.pk)
    old, fresh = home / ".old.part", home / ".fresh.part"
    for one in (old, fresh):
        one.mkdir()
    long_ago = time.time() - 2 * registry.ABANDONED
    os.utime(old, (long_ago, long_ago))
    os.utime(kept(study)[-1], (long_ago, long_ago))
    send(study, zipped(other))
    assert not old.exists()
    assert fresh.exists()
    assert ModelVersion.objects.count() == 2
    for version in ModelVersion.objects.all():
        assert model_folders.model(version.stored_as).is_dir()


def test_the_card_of_an_upload_may_say_anything(study: Study, folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder, tmp_path / "odd")
    (tmp_path / "odd" / "card.json").write_text(json.dumps({"settings": ["odd"], "class_counts": "many"}))
    assert send(study, zipped(tmp_path / "odd")).base == ""
