"""What a training can start from on this machine: the baseline, or an encoder that lies here.

The data are personal. Nothing is fetched from a hub, and so no hub is told what is done here, unless whoever
runs the program set ``HF_HUB_OFFLINE=0``.
"""

import os
import posixpath
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _

from classifier import ClassifierError
from classifier.bases import PACKAGED, Base, find_base
from classifier.engine import TUNED, parted
from coding_app.exceptions import InvalidInput
from coding_app.models import Study

BASELINE = "baseline"
MINILM = "minilm"
TOGETHER = f"{TUNED}{MINILM}"


@dataclass(frozen=True, slots=True)
class Choice:
    """Something a training can start from: ``name`` as trainings keep it, and what to say of it."""

    name: str
    title: str
    about: str


def usable(study: Study) -> list[Choice]:
    """What is on this machine, the one to take unless there is a reason first."""
    found = [
        Choice(BASELINE, _("Baseline"), _("Words and letters with a linear classifier: seconds.")),
        Choice(MINILM, "MiniLM", _("A small English encoder: minutes on a processor, seconds on a GPU.")),
        Choice(
            TOGETHER, _("Baseline and MiniLM"), _("Both, as their mistakes differ: as long as MiniLM alone.")
        ),
        *(Choice(name, name, _("A folder on this machine.")) for name in _folders()),
    ]
    first = default(study)
    here = [choice for choice in found if choice.name not in (MINILM, TOGETHER) or _is_here(MINILM)]
    return sorted(here, key=lambda choice: choice.name != first)


def default(study: Study) -> str:
    """The small English encoder, where it is installed and the classification is in English."""
    in_english = study.classification.language.split("-")[0] == "en"
    return MINILM if in_english and _is_here(MINILM) else BASELINE


def check(name: str) -> str:
    """The name of a base as it is kept: the baseline, an encoder, or ``baseline+`` or ``ensemble+`` and one.

    A folder is named as it lies below ``MODELS_DIR``, or in full; no other folder is read. Anything else is
    the name of a repository on the hub.

    Raises:
        InvalidInput: when it is not on this machine, and what to do.
    """
    name = name.strip()
    if name in (BASELINE, ""):
        return BASELINE
    resolve(name)
    kind, name = parted(name)
    root = f"{settings.MODELS_DIR}/"
    return kind + (posixpath.normpath(name).removeprefix(root) if name.startswith(root) else name)


def resolve(name: str) -> str:
    """What the classifier library takes as the base.

    Raises:
        InvalidInput: as :func:`check`.
    """
    if name == BASELINE:
        return BASELINE
    kind, name = parted(name)
    folder = _folder(name)
    if folder is None and _is_a_path(name):
        raise InvalidInput(
            _("The base %(base)r is no folder below %(folder)s, and folders elsewhere are not read.")
            % {"base": name, "folder": settings.MODELS_DIR}
        )
    source = str(folder or name)
    try:
        base = find_base(source)
    except ClassifierError as error:
        raise InvalidInput(str(error)) from error
    if not base.is_here() and not _may_fetch(base):
        raise InvalidInput(
            _(
                "The base %(base)r is not on this machine, and nothing is fetched from elsewhere. Whoever "
                "runs this program can put the encoder into a folder below %(folder)s, or allow the hub "
                "with HF_HUB_OFFLINE=0."
            )
            % {"base": name, "folder": settings.MODELS_DIR}
        )
    return kind + source


def _is_a_path(name: str) -> bool:
    """Whether the library would take it for a folder."""
    return name not in PACKAGED and (name.startswith((".", "/", "~")) or "\\" in name or Path(name).is_dir())


def _may_fetch(base: Base) -> bool:
    return base.source.count("/") <= 1 and os.environ.get("HF_HUB_OFFLINE") == "0"


def _folder(name: str) -> Path | None:
    """The folder below MODELS_DIR that the name means, if it means one."""
    root = Path(settings.MODELS_DIR)
    path = Path(os.path.normpath(root / name))
    if path == root or not path.is_relative_to(root) or not path.is_dir():
        return None
    return path


def _folders() -> list[str]:
    root = Path(settings.MODELS_DIR)
    found = {path.parent for path in root.glob("**/config.json") if any(path.parent.glob("*.safetensors"))}
    return sorted(path.relative_to(root).as_posix() for path in found)


def _is_here(name: str) -> bool:
    try:
        return find_base(name).is_here()
    except ClassifierError:
        return False
