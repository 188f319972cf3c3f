from hypothesis import given, settings
from hypothesis import strategies as st

from text_model.pieces import PIECE, Pieces, typeset

PIECES = Pieces([" the", "The", ".", "\n\n", " ", "c", "a", "t"], whole_count=4)


@given(st.text())
@settings(deadline=None)
def test_each_character_of_a_text_is_in_one_piece(text: str) -> None:
    assert "".join(PIECE.findall(text)) == text


def test_words_come_with_the_space_before_them_and_marks_apart() -> None:
    assert PIECE.findall("“It is Emma’s!”\n\nNo—no") == [
        "“",
        "It",
        " is",
        " Emma",
        "’s",
        "!",
        "”",
        "\n\n",
        "No",
        "—",
        "no",
    ]


def test_a_word_that_is_no_piece_is_spelled_and_an_unknown_character_left_out() -> None:
    assert [PIECES.texts[number] for number in PIECES.split("The the cat.☃")] == [
        "The",
        " the",
        " ",
        "c",
        "a",
        "t",
        ".",
    ]


def test_what_is_typed_is_set_as_in_the_book() -> None:
    assert typeset("\"It's  not 'love' -- is it?\"\r\n \n\"No...") == "“It’s not ‘love’—is it?”\n\n“No..."


@given(st.text(alphabet="ab \"'“”‘’—-(\n"))
@settings(deadline=None)
def test_what_is_set_stays_as_it_is(text: str) -> None:
    assert typeset(typeset(text)) == typeset(text)
