"""Studies and their settings."""

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _

from coding_app.choices import Role, Verb
from coding_app.exceptions import InvalidInput
from coding_app.models import Classification, DictionaryVersion, Study
from coding_app.services import events, members

MAX_SLUG = 110


@transaction.atomic
def create(
    *,
    name: str,
    classification: Classification,
    dictionary_version: DictionaryVersion | None,
    user: User | None,
    description: str = "",
    child_age: int = 14,
    is_demo: bool = False,
) -> Study:
    """Create a study; ``user`` becomes its manager.

    Raises:
        InvalidInput: for a blank or taken name, a dictionary of another classification, or an age that
            is none.
    """
    name = name.strip()
    slug = slugify(name, allow_unicode=True)[:MAX_SLUG].strip("-_")  # a letter may become eighteen
    if not slug:
        raise InvalidInput(_("A study needs a name with letters or digits in it."))
    _require_age(child_age)
    _require_same(classification, dictionary_version)
    try:
        with transaction.atomic():
            study = Study.objects.create(
                name=name,
                slug=slug,
                description=description,
                classification=classification,
                dictionary_version=dictionary_version,
                child_age=child_age,
                is_demo=is_demo,
                created_by=user,
            )
    except IntegrityError as error:  # the name or the address made of it is taken
        raise InvalidInput(
            _("There is a study called %(name)r already: choose another name.") % {"name": name}
        ) from error
    events.write(study=study, verb=Verb.STUDY_CREATED, actor=user, data={"name": name})
    if user is not None:
        members.add(study=study, member=user, role=Role.MANAGER, user=user)
    return study


def _require_age(child_age: int) -> None:
    if not 0 <= child_age <= 120:
        raise InvalidInput(
            _("%(age)s is no age in years below which people count as children.") % {"age": child_age}
        )


def _require_same(classification: Classification, version: DictionaryVersion | None) -> None:
    if version is not None and version.dictionary.classification_id != classification.pk:
        raise InvalidInput(
            _(
                "The dictionary %(dictionary)s gives codes of %(other)s, not of %(classification)s: "
                "choose one that fits."
            )
            % {
                "dictionary": version.dictionary,
                "other": version.dictionary.classification,
                "classification": classification,
            }
        )


@transaction.atomic
def use_dictionary(*, study: Study, version: DictionaryVersion, user: User | None) -> None:
    """Code with another dictionary, or another version, from the next run on.

    Raises:
        InvalidInput: when it is for another classification.
    """
    _require_same(study.classification, version)
    before = str(study.dictionary_version or "")
    if study.dictionary_version_id == version.pk:
        return
    Study.objects.filter(pk=study.pk).update(dictionary_version=version)
    study.dictionary_version = version
    events.write(
        study=study,
        verb=Verb.DICTIONARY_CHANGED,
        actor=user,
        data={"from": before, "to": str(version)},
    )


@transaction.atomic
def update_settings(
    *,
    study: Study,
    description: str,
    child_age: int,
    dictionary_version: DictionaryVersion | None,
    user: User | None,
) -> None:
    """Change what a manager may change of a study; nothing is coded again by it.

    A study that has a dictionary keeps one: ``None`` leaves it as it is.

    Raises:
        InvalidInput: for a dictionary of another classification, or an age that is none; nothing is changed.
    """
    _require_age(child_age)
    if dictionary_version is not None:
        use_dictionary(study=study, version=dictionary_version, user=user)
    # Locked, so that the journal's "from" is what this change replaced.
    current = Study.objects.select_for_update().get(pk=study.pk)
    wanted: dict[str, str | int] = {"description": description, "child_age": child_age}
    changes = {
        name: {"from": getattr(current, name), "to": value}
        for name, value in wanted.items()
        if getattr(current, name) != value
    }
    if not changes:
        return
    Study.objects.filter(pk=study.pk).update(**wanted)
    study.description, study.child_age = description, child_age
    events.write(study=study, verb=Verb.SETTINGS_CHANGED, actor=user, data={"settings": changes})
