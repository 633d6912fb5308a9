"""Finding things by the names people use on the command line; a miss says which names there are."""

from django.contrib.auth.models import User

from coding_app.exceptions import InvalidInput
from coding_app.models import Classification, Dictionary, DictionaryVersion, ModelVersion, Study


def _one_of(what: str, names: list[str]) -> str:
    return f"The {what} are: {', '.join(names)}." if names else f"There are no {what} yet."


def classification(name: str) -> Classification:
    """The classification with this name, or with this name and edition as ``name (edition)``.

    Raises:
        InvalidInput: when there is none, or several editions.
    """
    every = list(Classification.objects.all())
    found = [one for one in every if name in (one.name, str(one))]
    if len(found) == 1:
        return found[0]
    problem = f"There are several editions of {name!r}." if found else f"No classification {name!r}."
    raise InvalidInput(f"{problem} {_one_of('classifications', [str(one) for one in every])}")


def newest_version(name: str) -> DictionaryVersion:
    """The newest version of a dictionary.

    Raises:
        InvalidInput: when there is no such dictionary.
    """
    found = DictionaryVersion.objects.filter(dictionary__name=name).order_by("-number").first()
    if found is None:
        names = list(Dictionary.objects.values_list("name", flat=True))
        raise InvalidInput(f"No dictionary {name!r}. {_one_of('dictionaries', names)}")
    return found


def study(name: str) -> Study:
    """The study with this name or slug.

    Raises:
        InvalidInput: when there is none.
    """
    every = Study.objects.select_related("classification", "dictionary_version__dictionary")
    found = every.filter(name=name).first() or every.filter(slug=name).first()
    if found is None:
        names = list(Study.objects.values_list("name", flat=True))
        raise InvalidInput(f"No study {name!r}. {_one_of('studies', names)}")
    return found


def model(study: Study, number: int) -> ModelVersion:
    """The version of a study's models with this number.

    Raises:
        InvalidInput: when there is none.
    """
    versions = ModelVersion.objects.filter(study=study).select_related("study").order_by("number")
    # Not in the query: a number larger than the database's is no model either.
    found = next((version for version in versions if version.number == number), None)
    if found is None:
        numbers = [str(version.number) for version in versions]
        raise InvalidInput(f"No model {number} in {study.name}. {_one_of('models', numbers)}")
    return found


def user(name: str) -> User:
    """The user with this name.

    Raises:
        InvalidInput: when there is none.
    """
    found = User.objects.filter(username=name, is_active=True).first()
    if found is None:
        raise InvalidInput(f"No user {name!r}. Make one with: python manage.py createsuperuser")
    return found
