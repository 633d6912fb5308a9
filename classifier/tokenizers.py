"""Tokenizers that need no code from a model's author, and the cutting of texts into token ids.

KoBERT and DistilKoBERT (Kim et al. 2024 use the latter) come with a SentencePiece model and a list of ids of
their own, tied together by a Python class that would have to be fetched and run. `kobert_tokenizer` builds a
tokenizer of the `tokenizers` library from the two files instead: the same ids, nothing to run.
"""

from __future__ import annotations

import json
import struct
import sys
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from classifier.errors import ClassifierError

if TYPE_CHECKING:
    from tokenizers import Tokenizer

KOBERT_PIECES = "tokenizer_78b3253a26.model"
KOBERT_IDS = ("vocab.txt", "token2idx_vocab.json")
_SPECIAL = ("[UNK]", "[PAD]", "[CLS]", "[SEP]", "[MASK]")

# A token is rarely longer: what lies beyond could not be among the first tokens of a text.
_CHARACTERS_PER_TOKEN = 64


@dataclass(frozen=True)
class TextCutter:
    """Texts to token ids: a tokenizer, the id that pads, and the most tokens a text may have."""

    tokenizer: Tokenizer
    pad_id: int
    max_length: int

    def __post_init__(self) -> None:
        self.tokenizer.no_padding()
        self.tokenizer.enable_truncation(self.max_length)

    def __call__(self, texts: Sequence[str]) -> list[list[int]]:
        """The ids of every text, special tokens included, at most `max_length` of them; never padded."""
        longest = self.max_length * _CHARACTERS_PER_TOKEN
        encodings = self.tokenizer.encode_batch_fast([text[:longest] for text in texts])
        return [encoding.ids for encoding in encodings]

    def save(self, path: Path) -> None:
        """Writes the tokenizer as JSON; the pad id and the length are the engine's to keep."""
        self.tokenizer.save(str(path))

    @classmethod
    def load(cls, path: Path, *, pad_id: int, max_length: int) -> TextCutter:
        """Reads what `save` wrote."""
        from tokenizers import Tokenizer

        try:
            tokenizer = Tokenizer.from_file(str(path))
        except Exception as error:
            raise ClassifierError(
                f"{path}: not a tokenizer file ({error}). Train or copy the model again."
            ) from error
        return cls(tokenizer, pad_id, max_length)


def kobert_tokenizer(pieces: Path, ids: Path) -> Tokenizer:
    """The tokenizer of KoBERT and DistilKoBERT, from its two published files.

    `pieces` is the SentencePiece model (a unigram model, NFKC with a few additions); `ids` the published ids,
    one piece a line (`vocab.txt`) or as JSON (`token2idx_vocab.json`). The published class first joins white
    space, turns two back-ticks or apostrophes into a quotation mark, decomposes (NFKD) and drops combining
    marks; so does this one.
    """
    from tokenizers import (
        AddedToken,
        Regex,
        Tokenizer,
        decoders,
        models,
        normalizers,
        pre_tokenizers,
        processors,
    )

    scores, characters = _read_sentencepiece(pieces)
    published = _read_ids(ids)
    missing = [token for token in _SPECIAL if token not in published]
    if missing:
        raise ClassifierError(f"{ids}: the vocabulary lacks {', '.join(missing)}. Take KoBERT's own file.")
    vocabulary = [("", 0.0)] * len(published)
    for piece, number in published.items():
        if piece not in scores and piece not in _SPECIAL:
            raise ClassifierError(
                f"{ids}: the piece {piece!r} is not in {pieces.name}. Take both from one place."
            )
        vocabulary[number] = (piece, scores.get(piece, 0.0))
    tokenizer = Tokenizer(models.Unigram(vocabulary, unk_id=published["[UNK]"], byte_fallback=False))
    tokenizer.normalizer = normalizers.Sequence(
        [
            normalizers.Replace(Regex(_any_of(str.isspace) + "+"), " "),
            normalizers.Replace("``", '"'),
            normalizers.Replace("''", '"'),
            normalizers.NFKD(),
            normalizers.Replace(Regex(_any_of(lambda c: unicodedata.combining(c) != 0)), ""),
            # SentencePiece's table composes Hangul again; `Precompiled` looks at single characters only.
            normalizers.NFKC(),
            normalizers.Precompiled(characters),
            normalizers.Replace(Regex(" {2,}"), " "),
            normalizers.Strip(),
        ]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")
    tokenizer.decoder = decoders.Metaspace(replacement="▁", prepend_scheme="always")
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS]:0 $A:0 [SEP]:0",
        pair="[CLS]:0 $A:0 [SEP]:0 $B:1 [SEP]:1",
        special_tokens=[(token, published[token]) for token in ("[CLS]", "[SEP]")],
    )
    tokenizer.add_special_tokens([AddedToken(token, normalized=False) for token in _SPECIAL])
    return tokenizer


def _any_of(wanted: object) -> str:
    """A regular expression for one character for which `wanted` holds, as ranges of code points."""
    assert callable(wanted)
    ranges: list[list[int]] = []
    for point in range(sys.maxunicode + 1):
        if wanted(chr(point)):
            if ranges and ranges[-1][1] == point - 1:
                ranges[-1][1] = point
            else:
                ranges.append([point, point])
    return "[" + "".join(f"\\x{{{first:x}}}-\\x{{{last:x}}}" for first, last in ranges) + "]"


def _read_ids(path: Path) -> dict[str, int]:
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".json":
        ids = json.loads(text)
    else:
        ids = {line.strip(): number for number, line in enumerate(text.splitlines()) if line.strip()}
    if not isinstance(ids, dict) or sorted(ids.values()) != list(range(len(ids))):
        raise ClassifierError(f"{path}: not a vocabulary: every id from 0 up has to occur once.")
    return ids


def _read_sentencepiece(path: Path) -> tuple[dict[str, float], bytes]:
    """The pieces with their scores (log probabilities), and the compiled table of characters.

    The file is a protocol buffer (sentencepiece_model.proto): field 1 the pieces (1 text, 2 score, 3 type),
    field 3 the normaliser (2 the table). Reading these few fields needs no library.
    """
    scores: dict[str, float] = {}
    characters = b""
    try:
        for field, value in _fields(path.read_bytes()):
            if field == 1 and isinstance(value, bytes):
                piece = dict(_fields(value))
                text, score = piece[1], piece[2]
                if isinstance(text, bytes) and isinstance(score, bytes) and piece.get(3, 1) == 1:
                    scores[text.decode("utf-8")] = struct.unpack("<f", score)[0]
            elif field == 3 and isinstance(value, bytes):
                table = dict(_fields(value)).get(2, b"")
                characters = table if isinstance(table, bytes) else b""
    except (IndexError, KeyError, ValueError, struct.error) as error:
        raise ClassifierError(f"{path}: not a SentencePiece model. Copy the file again.") from error
    if not scores or not characters:
        raise ClassifierError(
            f"{path}: not KoBERT's SentencePiece model: no pieces or no table of characters."
        )
    return scores, characters


def _fields(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    """The fields of one message of a protocol buffer: number and value, in the order they stand."""
    at = 0
    while at < len(data):
        key, at = _varint(data, at)
        kind = key & 7
        if kind == 0:
            value, at = _varint(data, at)
            yield key >> 3, value
            continue
        if kind == 2:
            size, at = _varint(data, at)
        elif kind in (1, 5):
            size = 8 if kind == 1 else 4
        else:
            raise ValueError(f"wire type {kind}")
        if at + size > len(data):
            raise ValueError("cut off")
        yield key >> 3, data[at : at + size]
        at += size


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 127) << shift
        at += 1
        if byte < 128:
            return value, at
        shift += 7
