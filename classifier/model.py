"""A trained model: codes, engine, calibration and text template; in memory, and as a folder.

The folder has `model.json` (what is needed to predict), `card.json` (where the model comes from), `engine/`
(weights as safetensors, JSON, tokenizer files) and `learnt.safetensors` (hashes of the texts learnt from).
Loading unpickles nothing and runs no code of the model's.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Final, Self

import numpy as np

from classifier.calibrate import Calibration
from classifier.engine import ENGINES, Engine, Floats, Json, engine_class
from classifier.errors import ClassifierError
from classifier.examples import as_text
from classifier.learnt import FILE as LEARNT
from classifier.learnt import Bools, Learnt
from classifier.safefiles import check_folder, digest, digests, folder_when_complete, read_json, write_json
from classifier.text import Template, clean, is_blank

FORMAT: Final = 1
_CHUNK: Final = 4_096
"""Distinct texts scored at a time: what bounds memory, at (chunk, classes) float32."""
_REMEMBERED: Final = 200_000
"""Distinct texts whose suggestions a stream remembers."""

Suggestions = list[tuple[str, float]]
"""(code, probability), the most probable first."""


class Model:
    """Codes texts. `classes` are the codes, sorted; column j of every array below is `classes[j]`."""

    def __init__(
        self,
        classes: Sequence[str],
        engine: Engine,
        calibration: Calibration,
        template: Template,
        card: Json,
        learnt: Learnt | None = None,
    ) -> None:
        self.classes = tuple(classes)
        self.engine = engine
        self.calibration = calibration
        self.template = template
        self.card = card
        self._learnt = learnt
        self.fingerprint = ""
        """SHA-256 (hex) over what predictions depend on, as saved; empty before the first save."""

    def scores(self, texts: Sequence[str | None]) -> Floats:
        """(n, k) unnormalised log-probabilities before calibration; a blank text has zeros.

        Each distinct text (after cleaning) is computed once.
        """
        cleaned = [clean(as_text(text)) for text in texts]
        places = {text: place for place, text in enumerate(dict.fromkeys(cleaned)) if not is_blank(text)}
        result = np.zeros((len(cleaned), len(self.classes)), dtype=np.float32)
        distinct = list(places)
        computed = [self.engine.scores(distinct[at : at + _CHUNK]) for at in range(0, len(distinct), _CHUNK)]
        if computed:
            rank = {text: place for place, text in enumerate(distinct)}
            told = [place for place, text in enumerate(cleaned) if text in rank]
            result[told] = np.concatenate(computed)[[rank[cleaned[place]] for place in told]]
        return result

    def predict_proba(self, texts: Sequence[str | None]) -> Floats:
        """(n, k) calibrated probabilities, float32, rows summing to 1; a blank text has 1/k throughout."""
        return self.calibration.probabilities(self.scores(texts))

    def predict(self, texts: Sequence[str | None], top: int = 5) -> list[Suggestions]:
        """For each text its `top` most probable codes, or all if there are fewer; none for a blank text."""
        return list(self.predict_many(texts, top=top))

    def predict_many(self, texts: Iterable[str | None], top: int = 5) -> Iterator[Suggestions]:
        """The same for a stream of any length, in bounded memory; a text seen before is not scored again."""
        if top < 1:
            raise ClassifierError(f"{top} suggestions cannot be made; ask for one at least")
        known: dict[str, Suggestions] = {}
        stream = (clean(as_text(text)) for text in texts)
        while chunk := list(islice(stream, 2 * _CHUNK)):
            new = [text for text in dict.fromkeys(chunk) if text not in known]
            if len(known) + len(new) > _REMEMBERED:
                known = {text: known[text] for text in dict.fromkeys(chunk) if text in known}
            known.update(zip(new, self._suggest(new, top), strict=True))
            for text in chunk:
                yield list(known[text])

    def _suggest(self, texts: Sequence[str], top: int) -> Iterator[Suggestions]:
        for at in range(0, len(texts), _CHUNK):
            part = texts[at : at + _CHUNK]
            probabilities = self.predict_proba(part)
            for text, row, order in zip(part, probabilities, rank_codes(probabilities, top), strict=True):
                yield [] if is_blank(text) else [(self.classes[code], float(row[code])) for code in order]

    def learnt(self, texts: Sequence[str]) -> Bools | None:
        """(n,) whether the model learnt from, or was calibrated on, a record with this (normalised) text.

        None when that is not known: a model of an older version, or one whose `learnt.safetensors` was
        removed. Further phrases do not count: no record was seen with them.
        """
        return None if self._learnt is None else self._learnt.has(texts)

    def text_of(self, row: Mapping[str, str]) -> str:
        """The text of a record, by the template."""
        return self.template.render(row)

    def save(self, folder: str | Path) -> None:
        """Write the model, whole or not at all; an older model at the same place is replaced.

        Raises ClassifierError when something else is there, or when the disk refuses.
        """
        with folder_when_complete(Path(folder)) as part:
            home = part / "engine"
            home.mkdir()
            self.engine.save(home)
            content: Json = {
                "format": FORMAT,
                "engine": self.engine.kind,
                "classes": list(self.classes),
                "template": self.template.template,
                "calibration": self.calibration.to_dict(),
                "files": digests(home),
            }
            fingerprint = _fingerprint(content)
            if self._learnt is not None:
                self._learnt.save(part / LEARNT)
                content["learnt"] = digest(part / LEARNT)
            write_json(part / "model.json", content)
            write_json(part / "card.json", self.card)
            check_folder(part)
            self.fingerprint = fingerprint

    @classmethod
    def load(cls, folder: str | Path) -> Self:
        """The model that `save` wrote.

        Raises ClassifierError, with the reason, for everything that can be wrong with a folder: absent, not a
        model, of a later format, incomplete, changed, with a pickle, for an engine whose packages are absent.
        """
        folder = Path(folder)
        with _told(folder):
            found = _read(folder)
            engine = engine_class(found.engine).load(folder / "engine")
            width = engine.scores([]).shape[1]
            if width != len(found.classes):
                raise ClassifierError(
                    f"its engine tells {width} classes apart, model.json has {len(found.classes)}"
                )
            model = cls(found.classes, engine, found.calibration, found.template, found.card, found.learnt)
            model.fingerprint = found.fingerprint
        return model


@dataclass(frozen=True, slots=True)
class Contents:
    """What a model folder has beside the weights; `engine` is the kind of engine."""

    engine: str
    classes: tuple[str, ...]
    calibration: Calibration
    template: Template
    card: Json
    learnt: Learnt | None
    fingerprint: str


def inspect(folder: str | Path) -> Contents:
    """All of a model but its weights, which are checked and not loaded: needs no torch, and little time.

    Raises ClassifierError as `Model.load` does, but for weights that do not fit the engine.
    """
    folder = Path(folder)
    with _told(folder):
        return _read(folder)


def _read(folder: Path) -> Contents:
    check_folder(folder)
    content = read_json(folder / "model.json")
    learnt = _read_learnt(folder / LEARNT, content.pop("learnt", None))
    if content.get("format") != FORMAT:
        raise ClassifierError(f"its format is {content.get('format')!r}; this version reads {FORMAT}")
    classes = _classes(content.get("classes"))
    _check_files(folder / "engine", content.get("files"))
    return Contents(
        engine=_engine(content.get("engine")),
        classes=classes,
        calibration=Calibration.from_dict(content.get("calibration")),
        template=Template(str(content.get("template"))),
        card=read_json(folder / "card.json"),
        learnt=learnt,
        fingerprint=_fingerprint(content),
    )


@contextmanager
def _told(folder: Path) -> Iterator[None]:
    """Whatever goes wrong inside is a ClassifierError about the folder."""
    try:
        yield
    except ClassifierError as error:
        raise ClassifierError(
            f"the model {folder} cannot be loaded: {error.message}", error.faults
        ) from error
    except Exception as error:
        reason = f"{type(error).__name__}: {error}"
        raise ClassifierError(
            f"the model {folder} cannot be loaded; its files are broken ({reason})"
        ) from error


def rank_codes(probabilities: Floats, top: int) -> np.ndarray[Any, np.dtype[np.int64]]:
    """(n, k) to (n, min(top, k)): the places of the greatest, in order; equals in the order of the codes."""
    top = min(top, probabilities.shape[1])
    if top < probabilities.shape[1]:
        # Equal probabilities at the edge: a partition may take any of them, so values come first, then
        # places.
        edge = -np.partition(-probabilities, top - 1, axis=1)[:, top - 1 : top]
        probabilities = np.where(probabilities >= edge, probabilities, -np.inf)
    order: np.ndarray[Any, np.dtype[np.int64]] = np.argsort(-probabilities, axis=1, kind="stable")[:, :top]
    return order


def _classes(data: Any) -> tuple[str, ...]:
    if (
        not isinstance(data, list)
        or not all(isinstance(code, str) for code in data)
        or len(set(data)) != len(data)
    ):
        raise ClassifierError("model.json has no list of classes, each a text, each once")
    return tuple(data)


def _engine(kind: Any) -> str:
    if kind not in ENGINES:
        raise ClassifierError(f"there is no engine {kind!r}; known are {', '.join(ENGINES)}")
    return str(kind)


def _check_files(home: Path, files: Any) -> None:
    if not isinstance(files, dict) or digests(home) != files:
        raise ClassifierError("files of its engine are missing or were changed; copy the whole folder again")


def _read_learnt(path: Path, wanted: Any) -> Learnt | None:
    """None where there is none, for an owner may remove it; raises ClassifierError when it was changed."""
    if wanted is None or not path.is_file():
        return None
    if digest(path) != wanted:
        raise ClassifierError(f"{path.name} was changed; copy the whole folder again, or remove this file")
    return Learnt.load(path)


def _fingerprint(content: Json) -> str:
    parts = [f"{key}={content[key]!r}" for key in sorted(content)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
