"""What a model can learn of those who wait for it."""

from __future__ import annotations

import threading

from tornado_ml import cancelled
from tornado_ml.models.cancellation import watch


def test_outside_of_a_prediction_nothing_is_cancelled() -> None:
    assert cancelled() is False


def test_a_prediction_is_cancelled_once_its_executor_says_so() -> None:
    given_up = threading.Event()
    watch(given_up.is_set)
    try:
        assert cancelled() is False
        given_up.set()
        assert cancelled() is True
    finally:
        watch(None)
    assert cancelled() is False


def test_each_thread_asks_for_itself() -> None:
    watch(lambda: True)
    try:
        answers = []
        other = threading.Thread(target=lambda: answers.append(cancelled()))
        other.start()
        other.join()
        assert (answers, cancelled()) == ([False], True)
    finally:
        watch(None)
