"""Loading dictionaries: a new content makes a new version, the same content none."""

from pathlib import Path

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Max

from coding_app import coders
from coding_app.exceptions import InvalidInput
from coding_app.models import Classification, Code, Dictionary, DictionaryFile, DictionaryVersion


@transaction.atomic
def load(
    *, name: str, classification: Classification, folder: Path, user: User | None = None
) -> DictionaryVersion:
    """Load a dictionary folder as the newest version of the dictionary called ``name``.

    Raises:
        Faults: with every fault of every file; nothing is loaded then.
        InvalidInput: when the dictionary of this name is for another classification.
    """
    if not name.strip():
        raise InvalidInput("A dictionary needs a name.")
    texts, fingerprint = coders.read_dictionary(folder)
    present = Dictionary.objects.filter(name=name.strip()).select_related("classification").first()
    if present is not None and present.classification_id != classification.pk:
        raise InvalidInput(
            f"The dictionary {name!r} is for {present.classification}: choose another name for this one."
        )
    same = DictionaryVersion.objects.filter(dictionary=present, fingerprint=fingerprint).first()
    if present is not None and same is not None:
        return same
    codes = frozenset(
        Code.objects.filter(classification=classification, codable=True).values_list("code", flat=True)
    )
    entries = coders.check_dictionary(folder, texts, codes)
    dictionary, _ = Dictionary.objects.get_or_create(
        name=name.strip(), defaults={"classification": classification}
    )
    # The row of the dictionary is the lock: two loads at once would take the same number.
    Dictionary.objects.select_for_update().get(pk=dictionary.pk)
    newest = dictionary.versions.aggregate(newest=Max("number"))["newest"] or 0
    version = DictionaryVersion.objects.create(
        dictionary=dictionary,
        number=newest + 1,
        fingerprint=fingerprint,
        entries=entries,
        created_by=user,
    )
    DictionaryFile.objects.bulk_create(
        [DictionaryFile(version=version, path=path, text=text) for path, text in sorted(texts.items())]
    )
    return version
