"""Conversations that wait for their client."""

from __future__ import annotations

from typing import Any

import pytest

from tornado_ml.conversation.waiting_room import WaitingRoom


class Guest:
    def __init__(self, room: WaitingRoom[Any]) -> None:
        self.room = room
        self.is_closed = False

    def close(self) -> None:
        self.is_closed = True
        self.room.forget(self)


class Timers:
    def __init__(self) -> None:
        self.delays: list[float] = []
        self.callbacks: dict[Any, Any] = {}

    def call_later(self, delay_s: float, callback: Any) -> Any:
        self.delays.append(delay_s)
        timers = self

        class Timer:
            def cancel(self) -> None:
                del timers.callbacks[self]

        timer = Timer()
        self.callbacks[timer] = callback
        return timer

    def elapse(self) -> None:
        for timer, callback in list(self.callbacks.items()):
            callback()
            self.callbacks.pop(timer, None)


@pytest.fixture
def timers() -> Timers:
    return Timers()


def test_those_that_wait_can_be_gone_through_while_they_are_ended(timers: Timers) -> None:
    room: WaitingRoom[Guest] = WaitingRoom(30, 10, timers.call_later)
    guests = [Guest(room) for _ in range(3)]
    for guest in guests:
        room.enrol(guest)
    for guest in guests[:2]:
        assert room.keeps(guest)
    for waiting in room:
        waiting.close()
    assert [guest.is_closed for guest in guests] == [True, True, False]
    assert len(room) == 0


def test_a_token_finds_its_conversation_connected_or_not(timers: Timers) -> None:
    room: WaitingRoom[Guest] = WaitingRoom(30, 10, timers.call_later)
    guest = Guest(room)
    token = room.enrol(guest)
    assert room.find(token) is guest
    assert room.keeps(guest)
    assert len(room) == 1
    assert room.find(token) is guest
    assert room.find("another") is None


def test_tokens_are_long_and_no_two_are_alike(timers: Timers) -> None:
    room: WaitingRoom[Guest] = WaitingRoom(30, 10, timers.call_later)
    tokens = {room.enrol(Guest(room)) for _ in range(100)}
    assert len(tokens) == 100
    assert min(map(len, tokens)) >= 32


def test_whoever_does_not_come_back_in_time_is_ended(timers: Timers) -> None:
    room: WaitingRoom[Guest] = WaitingRoom(30, 10, timers.call_later)
    guest = Guest(room)
    token = room.enrol(guest)
    room.keeps(guest)
    assert timers.delays == [30]
    timers.elapse()
    assert guest.is_closed
    assert room.find(token) is None
    assert len(room) == 0


def test_whoever_comes_back_is_not_ended(timers: Timers) -> None:
    room: WaitingRoom[Guest] = WaitingRoom(30, 10, timers.call_later)
    guest = Guest(room)
    token = room.enrol(guest)
    room.keeps(guest)
    room.is_back(guest)
    timers.elapse()
    assert not guest.is_closed
    assert room.find(token) is guest


def test_who_is_not_enrolled_is_not_kept_nor_is_anyone_without_grace(timers: Timers) -> None:
    room: WaitingRoom[Guest] = WaitingRoom(30, 10, timers.call_later)
    assert not room.keeps(Guest(room))
    strict: WaitingRoom[Guest] = WaitingRoom(0, 10, timers.call_later)
    guest = Guest(strict)
    strict.enrol(guest)
    assert not strict.keeps(guest)
    assert timers.delays == []


def test_of_too_many_the_one_longest_away_goes(timers: Timers) -> None:
    room: WaitingRoom[Guest] = WaitingRoom(30, 2, timers.call_later)
    guests = [Guest(room) for _ in range(3)]
    for guest in guests:
        room.enrol(guest)
        room.keeps(guest)
    assert [guest.is_closed for guest in guests] == [True, False, False]
    assert len(room) == 2


def test_closing_it_ends_those_that_wait_and_no_other(timers: Timers) -> None:
    room: WaitingRoom[Guest] = WaitingRoom(30, 10, timers.call_later)
    waits, talks = Guest(room), Guest(room)
    room.enrol(waits)
    room.enrol(talks)
    room.keeps(waits)
    room.close()
    assert (waits.is_closed, talks.is_closed) == (True, False)
    assert timers.callbacks == {}
