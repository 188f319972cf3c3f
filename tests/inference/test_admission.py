from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tornado_ml.inference.admission import Admission


def test_one_client_may_fill_a_queue_and_many_may() -> None:
    admission = Admission(4)
    assert [admission.refusal(waiting, waiting + 1) for waiting in range(4)] == [None] * 4
    assert admission.refusal(2, 9) is None, "it was never full"
    assert admission.refusal(4, 5) == "The model's queue is full."


def test_once_it_was_full_and_until_it_is_half_empty_each_client_has_its_share() -> None:
    admission = Admission(10)
    assert admission.refusal(10, 4)
    assert admission.refusal(9, 10) is None
    assert "share" in str(admission.refusal(9, 11))
    assert "share" in str(admission.refusal(6, 11))
    assert admission.refusal(5, 11) is None
    assert admission.refusal(6, 11) is None


@given(st.integers(1, 9), st.lists(st.tuples(st.integers(0, 9), st.integers(1, 20)), max_size=20))
def test_never_more_than_there_may_be_and_a_queue_that_is_half_empty_takes_everybody(
    bound: int, asked: list[tuple[int, int]]
) -> None:
    admission = Admission(bound)
    for waiting, turn in asked:
        refusal = admission.refusal(waiting, turn)
        assert refusal if waiting >= bound else True
        assert refusal is None if waiting <= bound / 2 or (waiting < bound and turn <= bound) else True
