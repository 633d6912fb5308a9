"""What is in a dictionary version, for people to read."""

from collections import Counter

from coding_app import dictionary_texts
from coding_app.dictionary_texts import Phrase
from coding_app.models import Code, DictionaryVersion


def tables(version: DictionaryVersion) -> dict[str, int]:
    """The tables in the order they are tried, with their number of phrases."""
    return dict(Counter(phrase.table for phrase in dictionary_texts.phrases(version.pk)))


def phrases(version: DictionaryVersion, *, table: str = "", text: str = "") -> list[Phrase]:
    """The phrases of one table or all; ``text`` is looked for in phrase, code and note, whatever its case."""
    sought = text.strip().casefold()
    return [
        phrase
        for phrase in dictionary_texts.phrases(version.pk)
        if (not table or phrase.table == table)
        and (
            not sought
            or sought in phrase.text.casefold()
            or phrase.code.casefold().startswith(sought)
            or sought in phrase.note.casefold()
        )
    ]


def codes(version: DictionaryVersion, wanted: set[str]) -> dict[str, Code]:
    """Codes of the dictionary's classification by their text, with their titles."""
    found = Code.objects.filter(classification=version.dictionary.classification_id, code__in=wanted)
    return {code.code: code for code in found.prefetch_related("labels")}


def spelling_rules(version: DictionaryVersion, *, text: str = "") -> list[tuple[str, str]]:
    """Variants and what they are read as, in order of the file; those with ``text`` in either."""
    sought = text.strip().casefold()
    return [
        (variant, standard)
        for variant, standard in dictionary_texts.spelling_rules(version.pk)
        if sought in variant.casefold() or sought in standard.casefold()
    ]


def unknown_phrases(version: DictionaryVersion) -> list[str]:
    """Literals that mean 'unknown'."""
    return dictionary_texts.unknown_phrases(version.pk)


__all__ = ["Phrase", "codes", "phrases", "spelling_rules", "tables", "unknown_phrases"]
