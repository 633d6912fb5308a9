"""The Korean word splitter: content morphemes meet, whatever particles and spaces stand between them."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from dictionary import Coder, Dictionary, Record, Status

pytest.importorskip("kiwipiepy", reason="kiwipiepy is not installed")

ENTRIES = "phrase,code\n기계 조작원,841\n식당 요리,441\n아파트 경비원,942\nIT 개발자,222\n"


@pytest.fixture(scope="module")
def coder() -> Coder:
    return Coder(Dictionary.from_texts({"entries.csv": ENTRIES, "dictionary.toml": 'words = "korean"\n'}))


@pytest.mark.parametrize(
    ("occupation", "code"),
    [
        ("기계조작원(으로)", "841"),
        ("기계조작원으로 근무", "841"),
        ("식당에서 요리함", "441"),
        ("아파트경비원", "942"),
        ("it개발자", "222"),
    ],
)
def test_particles_endings_and_spacing_do_not_matter(coder: Coder, occupation: str, code: str) -> None:
    assert coder.code(Record("1", occupation)).code == code


def test_particles_and_endings_are_dropped(coder: Coder) -> None:
    assert coder.standardise("식당에서 요리함") == ("식당", "요리")


def test_a_literal_of_particles_alone_is_not_blank(coder: Coder) -> None:
    assert coder.standardise("에서") != ()
    assert coder.code(Record("1", "에서")).status is Status.NO_MATCH


def test_the_splitter_may_be_used_from_several_threads(coder: Coder) -> None:
    texts = [f"기계조작원 {number}호" for number in range(200)]
    expected = [coder.dictionary.standardise(text) for text in texts]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(coder.dictionary.standardise, texts)) == expected


def test_spelling_rules_apply_to_written_words_and_to_morphemes() -> None:
    coder = Coder(
        Dictionary.from_texts(
            {
                "entries.csv": ENTRIES,
                "spelling.csv": "variant,standard\n기계조작공,기계조작원\n식당,음식점\n",
                "dictionary.toml": 'words = "korean"\n',
            }
        )
    )
    assert coder.code(Record("1", "기계조작공")).code == "841"
    assert coder.standardise("식당에서")[0] == "음식점"


def test_the_model_is_not_loaded_for_the_plain_splitter() -> None:
    program = (
        "import sys; from dictionary import *; "
        "d = Dictionary.from_texts({'entries.csv': 'phrase,code\\nCOOK,1\\n'}); "
        "assert Coder(d).code(Record('1', 'cook')).code == '1'; "
        "sys.exit('kiwipiepy' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
