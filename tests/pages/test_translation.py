"""The Korean translation: whole, true to its placeholders, compiled, and shown."""

import ast
import gettext
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from django.test import Client

from coding_app.models import Study
from tests import kept_models

FOLDER = Path(__file__).resolve().parents[2] / "coding_app" / "locale" / "ko" / "LC_MESSAGES"
FIELD = re.compile(r'^(msgctxt|msgid|msgid_plural|msgstr(?:\[\d\])?) ((?:"[^\n]*"\n?)+)', re.MULTILINE)
PLACEHOLDER = re.compile(r"%\(\w+\)[sdr]|%%|%s")


def entries() -> list[dict[str, str]]:
    """The messages of the .po file, each with its fields; the header is left out."""
    text = (FOLDER / "django.po").read_text(encoding="utf-8")
    found = []
    for block in text.split("\n\n"):
        fields = {
            name: "".join(ast.literal_eval(line) for line in lines.splitlines())
            for name, lines in FIELD.findall(block + "\n")
        }
        if fields.get("msgid"):
            found.append(fields)
    return found


def test_every_message_is_translated_with_its_placeholders() -> None:
    found = entries()
    assert len(found) > 200
    for fields in found:
        wanted = fields.get("msgid_plural", fields["msgid"])
        translated = fields.get("msgstr[0]", fields.get("msgstr", ""))
        assert translated, wanted
        assert sorted(PLACEHOLDER.findall(translated)) == sorted(PLACEHOLDER.findall(wanted)), wanted


def test_the_compiled_catalogue_says_what_the_text_says() -> None:
    with (FOLDER / "django.mo").open("rb") as stream:
        compiled = gettext.GNUTranslations(stream)
    for fields in entries():
        if "msgid_plural" in fields:
            said = compiled.ngettext(fields["msgid"], fields["msgid_plural"], 2)
            assert said == fields["msgstr[0]"]
        elif "msgctxt" in fields:
            assert compiled.pgettext(fields["msgctxt"], fields["msgid"]) == fields["msgstr"]
        else:
            assert compiled.gettext(fields["msgid"]) == fields["msgstr"]


PAGES = (
    "",
    "upload/",
    "imports/",
    "queue/",
    "records/",
    "exports/",
    "models/",
    "models/upload/",
    "trainings/",
    "trainings/new/",
    "evaluations/",
    "evaluations/new/",
    "classification/",
    "dictionary/",
    "routing/",
    "explorer/",
    "labels/",
    "labels/review/",
    "agreement/",
    "coders/",
    "methods/",
    "rounds/",
    "rounds/new/",
    "adjudication/",
    "flags/",
    "reopen/",
    "members/",
    "settings/",
)

# Words of the navigation, which every page shows.
ENGLISH = (
    "Sign out",
    "Dashboard",
    "Settings",
    "Members",
    "Exports",
    "Models",
    "Routing",
    "Rounds",
    "Adjudication",
    "Agreement",
    "Methods",
    "Flags",
)


@pytest.mark.parametrize("name", PAGES)
def test_pages_speak_korean_to_whoever_asks_for_it(
    coded_study: Study, sign_in: Callable[[str], Client], name: str
) -> None:
    client = sign_in("manager")
    page = client.get(f"/studies/{coded_study.slug}/{name}", headers={"Accept-Language": "ko"})
    text = page.content.decode()
    assert '<html lang="ko">' in text
    for english in ENGLISH:
        assert english not in text
    assert "현황" in text


def test_a_comparison_calls_its_models_by_korean_names(
    empty_study: Study, sign_in: Callable[[str], Client]
) -> None:
    versions = [kept_models.add_version(empty_study) for _ in range(2)]
    made = kept_models.add_evaluation(empty_study, *versions)
    made.report = kept_models.keep_report(empty_study, "comparison", kept_models.comparison_figures())
    made.save()
    address = f"/studies/{empty_study.slug}/evaluations/{made.pk}/"
    text = sign_in("supervisor").get(address, headers={"Accept-Language": "ko"}).content.decode()
    assert "모델 2 대 모델 1" in text
    assert "model 1" not in text.lower()
