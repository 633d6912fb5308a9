"""Classifications and dictionaries are loaded whole, or refused with every fault."""

from pathlib import Path

import pytest

from coding_app.choices import Role
from coding_app.exceptions import Faults, InvalidInput
from coding_app.models import Classification, Code, Dictionary, DictionaryVersion, Event
from coding_app.services import classifications, dictionaries, members, studies
from tests import factories

pytestmark = pytest.mark.django_db


def load(folder: Path, text: str, edition: str = "1") -> Classification:
    path = folder / "codes.csv"
    path.write_text(text, encoding="utf-8")
    return classifications.load(name="Test", edition=edition, files=[path])


def test_levels_follow_from_the_parents(tmp_path: Path) -> None:
    made = load(tmp_path, "code,title,parent\n011,Third,01\n01,Second,0\n0,First,\n")
    assert dict(made.codes.values_list("code", "level")) == {"0": 1, "01": 2, "011": 3}
    child = made.codes.get(code="011").parent
    assert child is not None
    assert child.code == "01"


def test_titles_in_other_languages_and_descriptions_are_kept(tmp_path: Path) -> None:
    made = load(tmp_path, "code,title,title_ko,description,description_ko\n1,Cook,조리사,Cooks.,조리한다.\n")
    labels = {label.language: label for label in made.codes.get().labels.all()}
    assert (labels["en"].title, labels["en"].description) == ("Cook", "Cooks.")
    assert (labels["ko"].title, labels["ko"].description) == ("조리사", "조리한다.")


def test_every_fault_is_listed_with_its_line_and_nothing_is_loaded(tmp_path: Path) -> None:
    text = (
        "code,title,parent,level\n1,One,,x\n1,Again,,1\n2,,,1\n3,Three,9,2\n"
        ",None,,1\n4,Four,5,2\n5,Five,4,2\n"
    )
    with pytest.raises(Faults) as caught:
        load(tmp_path, text)
    told = "\n".join(caught.value.faults)
    for part in (
        "codes.csv:2: level 'x' is not a whole number",
        "codes.csv:3: code '1' stands at codes.csv:2 already",
        "codes.csv:4: code '2' has no title",
        "codes.csv:5: parent '9' of '3' is not in the file",
        "codes.csv:6: no code",
        "go round in a circle",
    ):
        assert part in told
    assert not Classification.objects.exists()
    assert not Code.objects.exists()


def test_a_file_without_the_columns_says_which_there_are(tmp_path: Path) -> None:
    with pytest.raises(Faults, match="no column code and title; the columns are kode, name"):
        load(tmp_path, "kode,name\n1,x\n")


def test_the_same_classification_again_changes_nothing_and_another_content_is_refused(tmp_path: Path) -> None:
    first = load(tmp_path, "code,title\n1,One\n")
    assert load(tmp_path, "code,title\n1,One\n") == first
    with pytest.raises(InvalidInput, match="other content"):
        load(tmp_path, "code,title\n1,Two\n")
    load(tmp_path, "code,title\n1,Two\n", edition="2")
    assert Classification.objects.count() == 2


def test_a_dictionary_with_faults_is_refused_whole(tmp_path: Path) -> None:
    classification = factories.make_classification(tmp_path)
    folder = factories.write_dictionary(
        tmp_path / "bad",
        {
            "entries.csv": "phrase,code\nBAKER,777\n...,411\nDRIVER TRUCK,715\nTRUCK DRIVER,716\n",
            "spelling.csv": "variant,standard\nA,B\nB,A\n",
        },
    )
    with pytest.raises(Faults) as caught:
        dictionaries.load(name="Bad", classification=classification, folder=folder)
    told = "\n".join(caught.value.faults)
    assert "entries.csv:2" in told
    assert "777" in told
    assert "entries.csv:3" in told
    assert "entries.csv:5" in told
    assert "spelling.csv:2" in told
    assert not Dictionary.objects.exists()


def test_a_changed_dictionary_is_a_new_version_and_the_same_one_is_none(tmp_path: Path) -> None:
    classification = factories.make_classification(tmp_path)
    first = factories.make_version(tmp_path, classification)
    assert factories.make_version(tmp_path, classification) == first
    files = {**factories.DICTIONARY, "unknown.csv": "phrase\nUNKNOWN\n"}
    second = dictionaries.load(
        name="Words", classification=classification, folder=factories.write_dictionary(tmp_path / "b", files)
    )
    assert (first.number, second.number) == (1, 2)
    assert DictionaryVersion.objects.count() == 2


def test_a_study_refuses_a_dictionary_of_another_classification(tmp_path: Path) -> None:
    study = factories.make_study(tmp_path)
    other = factories.make_version(tmp_path, factories.make_classification(tmp_path, "Other"), "Foreign")
    with pytest.raises(InvalidInput, match="choose one that fits"):
        studies.use_dictionary(study=study, version=other, user=None)


def test_a_study_keeps_a_manager(tmp_path: Path) -> None:
    study = factories.make_study(tmp_path)
    boss = study.memberships.get(role="manager")
    with pytest.raises(InvalidInput, match="needs a manager"):
        members.remove(membership=boss, user=boss.user)
    second = study.memberships.get(role="coder")
    members.change_role(membership=second, role=Role.MANAGER, user=boss.user)
    members.remove(membership=boss, user=boss.user)
    assert list(study.memberships.filter(role="manager")) == [second]


def test_events_can_be_neither_changed_nor_deleted(tmp_path: Path) -> None:
    factories.make_study(tmp_path)
    event = Event.objects.first()
    assert event is not None
    for forbidden in (
        event.save,
        event.delete,
        Event.objects.all().delete,
        lambda: Event.objects.update(verb="other"),
        lambda: Event.objects.bulk_update([event], ["verb"]),
    ):
        with pytest.raises(TypeError, match="append-only"):
            forbidden()
