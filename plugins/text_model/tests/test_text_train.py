import io
import lzma
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from text_model.text_predict import MODEL_FILE, checksum_file, read_unchanged
from text_model.text_train import (
    TOLD,
    bits,
    chapters,
    compressed_bits,
    discounts,
    figures,
    learn,
    main,
    train,
    unigram_bits,
)
from text_model.writing import Writer

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def novels() -> list[str]:
    return chapters()


@pytest.fixture
def small_text(tmp_path: Path) -> Path:
    file = tmp_path / "small.txt.xz"
    chapter = "It rained.\n“Did it rain?” said she.\n\n"
    file.write_bytes(lzma.compress((chapter * 20).strip().encode()))
    return file


def test_the_shipped_file_is_what_training_learns_from_the_shipped_text(novels: list[str]) -> None:
    learnt = learn("".join(novels))
    with np.load(io.BytesIO(lzma.decompress(read_unchanged(MODEL_FILE))), allow_pickle=False) as shipped:
        assert set(shipped) == set(learnt)
        for name, array in learnt.items():
            np.testing.assert_array_equal(shipped[name], array, err_msg=name, strict=True)


def test_the_readme_says_the_figures_that_training_prints(novels: list[str]) -> None:
    """Those that take xz to find take longer than all other tests; here they are not found again."""
    for line in islice(figures(novels), 2):
        value, name = line.split(" bits per character: ")
        assert f"| {name} | {value} |" in README


def test_a_model_is_tested_on_chapters_that_it_has_not_read() -> None:
    parts = [
        f"{word} " * 30 for word in ("one", "two", "three", "four", "unheard", "six", "seven", "eight", "nine", "ten")
    ]
    assert parts[TOLD] == [parts[4]]
    unheard, *_ = figures(parts)
    del parts[4]
    heard, *_ = figures(["one " * 30] * 10)
    assert float(unheard.split()[0]) > 1 > float(heard.split()[0])


def test_training_twice_writes_the_same_bytes_with_their_checksum(small_text: Path, tmp_path: Path) -> None:
    first, second = tmp_path / "first.npz.xz", tmp_path / "second.npz.xz"
    train(first, small_text)
    train(second, small_text)
    assert read_unchanged(first) == read_unchanged(second)


def test_it_prints_what_it_found_and_writes_where_it_is_told(
    small_text: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = MODEL_FILE.read_bytes(), checksum_file(MODEL_FILE).read_bytes()
    file = tmp_path / "model.npz.xz"
    main(["--output", str(file), "--text", str(small_text)])
    assert "bits per character: this model\n" in capsys.readouterr().out
    assert next(Writer.from_file(file.read_bytes()).write("It", 0, 1)) == ""
    assert (MODEL_FILE.read_bytes(), checksum_file(MODEL_FILE).read_bytes()) == before


def test_what_a_text_takes_to_tell_is_what_it_is_improbable(small_text: Path) -> None:
    writer = Writer(learn("".join(chapters(small_text))))
    assert bits("It rained.\n\n", writer) < bits("Rained it.\n\n", writer)
    assert unigram_bits("ab", "ab") == 2
    assert unigram_bits("b", "aaab") == pytest.approx(np.log2(3))
    assert compressed_bits("It rained.", "It rained.") < compressed_bits("It rained.")


def test_the_discounts_are_those_of_chen_and_goodman() -> None:
    counts = np.repeat([1, 2, 3, 4], [80, 20, 10, 5])
    share = 80 / (80 + 2 * 20)
    assert discounts(counts) == pytest.approx([1 - 2 * share / 4, 2 - 3 * share / 2, 3 - 4 * share / 2])


def test_the_discounts_of_hardly_any_counts_take_off_something_and_never_all() -> None:
    for counts in ([1], [2, 2], [3, 4, 5], [1, 4, 4, 4]):
        assert ((discounts(np.array(counts)) > 0) & (discounts(np.array(counts)) < [1, 2, 3])).all()


def test_chapters_are_paragraphs_each_with_its_end(small_text: Path) -> None:
    assert chapters(small_text) == ["It rained.\n\n“Did it rain?” said she.\n\n"] * 20


def test_the_text_is_the_six_novels(novels: list[str]) -> None:
    assert len(novels) == 270
    assert novels[50].startswith("It is a truth universally acknowledged, that a single man")
