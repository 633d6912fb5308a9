"""KoBERT's tokenizer, built without its author's code, against the published ids."""

from __future__ import annotations

import csv
import json
import random
import unicodedata
from pathlib import Path

import pytest
import sentencepiece
from tokenizers import Tokenizer

from classifier.bases import find_base
from classifier.encoder import load_base
from classifier.errors import ClassifierError
from classifier.tokenizers import KOBERT_PIECES, TextCutter, kobert_tokenizer
from tests.classifier.encoders import tiny_encoder
from tests.shared import require_shared


@pytest.fixture(scope="module")
def files() -> Path:
    return require_shared("data/kobert_tokenizer")


@pytest.fixture(scope="module")
def kobert(files: Path) -> Tokenizer:
    return kobert_tokenizer(files / KOBERT_PIECES, files / "token2idx_vocab.json")


class Published:
    """What the published tokenizer computes, on SentencePiece itself."""

    def __init__(self, files: Path) -> None:
        self.pieces = sentencepiece.SentencePieceProcessor(model_file=str(files / KOBERT_PIECES))
        self.ids = json.loads((files / "token2idx_vocab.json").read_text("utf-8"))

    def __call__(self, text: str) -> list[int]:
        text = " ".join(text.split()).replace("``", '"').replace("''", '"')
        text = "".join(
            character
            for character in unicodedata.normalize("NFKD", text)
            if not unicodedata.combining(character)
        )
        pieces = self.pieces.encode(text, out_type=str)
        # The published class cuts a number off a comma behind it; no piece of this model is such a pair.
        assert not [piece for piece in pieces if piece.endswith(",") and piece[:-1].isdigit()]
        return [2, *(self.ids.get(piece, 0) for piece in pieces), 3]


def test_example_of_the_published_model_has_the_published_ids(kobert: Tokenizer) -> None:
    encoding = kobert.encode("[CLS] 한국어 모델을 공유합니다. [SEP]", add_special_tokens=False)

    assert encoding.ids == [2, 4958, 6855, 2046, 7088, 1050, 7843, 54, 3]
    assert encoding.tokens == ["[CLS]", "▁한국", "어", "▁모델", "을", "▁공유", "합니다", ".", "[SEP]"]
    assert kobert.encode("한국어 모델을 공유합니다.").ids == encoding.ids


def test_pair_of_texts_is_parted_as_published(kobert: Tokenizer) -> None:
    encoding = kobert.encode("한국어 모델을", "공유합니다.")

    assert encoding.ids == [2, 4958, 6855, 2046, 7088, 3, 1050, 7843, 54, 3]
    assert encoding.type_ids == [0] * 6 + [1] * 4


def test_real_texts_have_the_published_ids(files: Path, kobert: Tokenizer) -> None:
    published = Published(files)
    with require_shared("data/kr_kdo_ksco7/kdo_dev.csv").open(encoding="utf-8", newline="") as stream:
        texts = [row[column] for row in csv.DictReader(stream) for column in ("title", "summary")][:3000]

    assert [encoding.ids for encoding in kobert.encode_batch(texts)] == [published(text) for text in texts]


def test_odd_texts_have_the_published_ids(files: Path, kobert: Tokenizer) -> None:
    published = Published(files)
    draw = random.Random(0)
    blocks = [(32, 0x250), (0x300, 0x370), (0x1100, 0x1200), (0x2000, 0x2100), (0x3040, 0x3400)]
    blocks += [(0xAC00, 0xAD00), (0xFF00, 0xFFF0), (0x1F600, 0x1F640)]
    signs = [chr(point) for first, last in blocks for point in range(first, last)] + ["\t", "\n", "\ufeff"]
    texts = ["".join(draw.choices(signs, k=draw.randint(0, 30))) for _ in range(1000)]
    texts += [
        "",
        "  ",
        "10, 20,30 2005,",
        "''가`` ``나''",
        "\u1112\u1161\u11ab글",
        "naïve café",
        "㈜한국 ① ㎡ ½",
        "ab\u0301c",
    ]

    assert [encoding.ids for encoding in kobert.encode_batch(texts)] == [published(text) for text in texts]


def test_vocabulary_as_a_list_of_lines_gives_the_same_ids(
    files: Path, kobert: Tokenizer, tmp_path: Path
) -> None:
    ids = json.loads((files / "token2idx_vocab.json").read_text("utf-8"))
    (tmp_path / "vocab.txt").write_text("\n".join(sorted(ids, key=ids.__getitem__)) + "\n", encoding="utf-8")

    other = kobert_tokenizer(files / KOBERT_PIECES, tmp_path / "vocab.txt")

    assert other.to_str() == kobert.to_str()


def test_saved_tokenizer_gives_the_same_ids(kobert: Tokenizer, tmp_path: Path) -> None:
    TextCutter(kobert, 1, 64).save(tmp_path / "tokenizer.json")
    loaded = TextCutter.load(tmp_path / "tokenizer.json", pad_id=1, max_length=64)

    assert loaded(["한국어 모델을 공유합니다."]) == [[2, 4958, 6855, 2046, 7088, 1050, 7843, 54, 3]]


def test_folder_with_koberts_files_gets_koberts_tokenizer(files: Path, tmp_path: Path) -> None:
    folder = tiny_encoder(tmp_path / "kobert")
    for name in (KOBERT_PIECES, "token2idx_vocab.json"):
        (folder / name).write_bytes((files / name).read_bytes())

    _, cutter = load_base(find_base(str(folder)), pooling="stock", classes=2, max_length=256)

    assert cutter(["한국어 모델을 공유합니다."]) == [[2, 4958, 6855, 2046, 7088, 1050, 7843, 54, 3]]
    assert (cutter.pad_id, cutter.max_length) == (1, 40)


def test_long_text_is_cut_to_its_first_tokens(kobert: Tokenizer) -> None:
    cutter = TextCutter(kobert, 1, 16)
    short, long = cutter(["한국어 모델을", "한국어 모델을 공유합니다. " * 10_000])

    assert len(long) == 16
    assert long[:5] == short[:5]
    assert (long[0], long[-1]) == (2, 3)


def test_file_that_is_no_sentencepiece_model_says_so(files: Path, tmp_path: Path) -> None:
    broken = tmp_path / KOBERT_PIECES
    whole = (files / KOBERT_PIECES).read_bytes()
    for content in (b"", b"not a model", whole[: len(whole) // 2]):
        broken.write_bytes(content)
        with pytest.raises(ClassifierError, match=str(KOBERT_PIECES)):
            kobert_tokenizer(broken, files / "token2idx_vocab.json")


def test_vocabulary_of_another_model_says_so(files: Path, tmp_path: Path) -> None:
    for content, reason in (
        ('{"a": 0, "b": 2}', "every id"),
        ('{"a": 0}', "lacks"),
        ('{"[UNK]": 0, "[PAD]": 1, "[CLS]": 2, "[SEP]": 3, "[MASK]": 4, "qqqq": 5}', "qqqq"),
    ):
        (tmp_path / "ids.json").write_text(content)
        with pytest.raises(ClassifierError, match=reason):
            kobert_tokenizer(files / KOBERT_PIECES, tmp_path / "ids.json")
