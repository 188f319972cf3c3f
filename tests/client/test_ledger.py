from __future__ import annotations

import pytest

from tornado_ml.client.ledger import Ledger


@pytest.fixture
def ledger() -> Ledger:
    """One with five frames sent, of which the service is known to have two."""
    ledger = Ledger()
    assert [ledger.send(frame) for frame in (b"1", b"2", b"3", b"4", b"5")] == [1, 2, 3, 4, 5]
    ledger.acknowledge(2)
    return ledger


def again(ledger: Ledger) -> list[bytes]:
    return list(iter(ledger.take_again, None))


def test_what_is_acknowledged_is_not_kept_nor_what_was_sent_before_it(ledger: Ledger) -> None:
    assert len(ledger) == 3
    ledger.acknowledge(1)
    assert len(ledger) == 3
    ledger.acknowledge(5)
    assert len(ledger) == 0


def test_what_was_not_received_is_sent_again_in_its_order(ledger: Ledger) -> None:
    assert again(ledger) == []
    assert ledger.rewind(3)
    assert again(ledger) == [b"4", b"5"]
    assert ledger.send(b"6") == 6


def test_it_is_sent_again_as_often_as_it_takes(ledger: Ledger) -> None:
    assert ledger.rewind(2)
    assert ledger.take_again() == b"3"
    assert ledger.rewind(2)
    assert again(ledger) == [b"3", b"4", b"5"]


@pytest.mark.parametrize("received", [0, 1, 6])
def test_a_service_that_has_less_than_it_acknowledged_or_more_than_was_sent_is_not_believed(
    ledger: Ledger, received: int
) -> None:
    assert not ledger.rewind(received)


def test_each_frame_arrives_once_and_none_is_left_out() -> None:
    ledger = Ledger()
    assert ledger.arrived(1)
    assert ledger.arrived(2)
    assert ledger.last_seq == 2
    assert not ledger.arrived(2)


@pytest.mark.parametrize("seq", [2, 0, None, "1"])
def test_a_number_that_does_not_come_next_is_refused(seq: object) -> None:
    assert not Ledger().arrived(seq)
