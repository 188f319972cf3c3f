from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tornado_ml.access import ANYONE, NOBODY, Caller, Identity
from tornado_ml.access.allowance import Accounts, Bucket, network
from tornado_ml.errors import RateLimited
from tornado_ml.metrics.declarations import LIMITED
from tornado_ml.metrics.metrics import Metrics
from tornado_ml.settings import HolderLimits, RateLimits

ANN = Identity("ann", frozenset({"predict:*"}))
NONE = HolderLimits()


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def metrics() -> Metrics:
    return Metrics()


@pytest.fixture
def make(clock: Clock, metrics: Metrics) -> Callable[..., Accounts]:
    def accounts(
        per_connection: RateLimits = NONE, per_token: HolderLimits = NONE, per_address: HolderLimits = NONE
    ) -> Accounts:
        return Accounts(per_connection, per_token, per_address, metrics, clock)

    return accounts


def caller(identity: Identity = ANYONE, address: str = "192.0.2.1") -> Caller:
    return Caller(identity, address)


def test_without_limits_nothing_is_counted(make: Callable[..., Accounts]) -> None:
    accounts = make()
    allowance = accounts.allowance(caller(ANN), is_connection=True)
    assert allowance is accounts.allowance(caller())
    assert allowance.spend(10**9, 10**9) is None
    allowance.check("connections")
    assert len(accounts) == 0


def test_what_comes_too_fast_is_told_when_to_come_again(
    make: Callable[..., Accounts], clock: Clock, metrics: Metrics
) -> None:
    allowance = make(RateLimits(requests_per_s=2, burst_s=1.5)).allowance(caller(), is_connection=True)
    assert [allowance.spend(1, 10) for _ in range(3)] == [None] * 3
    refusal = allowance.spend(1, 10)
    assert refusal is not None
    assert str(refusal) == "Too many requests have come on this connection."
    assert refusal.retry_after_s == pytest.approx(0.5, abs=0.001)
    clock.now += 0.49
    assert allowance.spend(1, 10) is not None
    clock.now += 0.01
    assert allowance.spend(1, 10) is None
    assert metrics.values()[LIMITED] == {("connection", "requests_per_s"): 2}


def test_a_message_larger_than_the_bucket_gets_through_and_later_ones_wait_for_it(
    make: Callable[..., Accounts], clock: Clock
) -> None:
    allowance = make(RateLimits(bytes_per_s=100)).allowance(caller(), is_connection=True)
    assert allowance.spend(1, 1000) is None
    refusal = allowance.spend(1, 1)
    assert refusal is not None
    assert str(refusal) == "Too many bytes have come on this connection."
    assert refusal.retry_after_s == pytest.approx(9.01, abs=0.001)
    clock.now += 9.02
    assert allowance.spend(1, 1) is None


def test_what_is_refused_is_not_counted(make: Callable[..., Accounts], clock: Clock) -> None:
    accounts = make(RateLimits(requests_per_s=1), per_address=HolderLimits(requests_per_s=1000))
    first, second = (accounts.allowance(caller(), is_connection=True) for _ in range(2))
    assert first.spend(1, 0) is None
    assert sum(first.spend(1, 0) is None for _ in range(5000)) == 0
    assert second.spend(1, 0) is None, "their address has not been charged with it"


@given(
    rate=st.floats(0.1, 1000),
    burst_s=st.floats(0.01, 10),
    steps=st.lists(st.tuples(st.floats(0, 5), st.floats(0, 100)), max_size=50),
)
def test_a_bucket_never_gives_more_than_its_rate_and_burst_and_one_message(
    rate: float, burst_s: float, steps: list[tuple[float, float]]
) -> None:
    now = 0.0
    bucket = Bucket(rate, burst_s, now)
    spent = 0.0
    for pause, amount in steps:
        now += pause
        if not bucket.wait_s(amount, now):
            spent += amount
            bucket.spend(amount)
    assert spent <= max(1.0, rate * burst_s) + rate * now + 100 + 1e-6


def test_whoever_waits_as_long_as_told_is_let_in(clock: Clock) -> None:
    bucket = Bucket(3, 1, clock())
    for _ in range(100):
        bucket.spend(1)
        clock.now += bucket.wait_s(1, clock())
        assert bucket.wait_s(1, clock()) == 0


@pytest.mark.parametrize("kind", ["connections", "open_requests", "sessions", "subscriptions"])
def test_so_much_may_be_open_at_once_and_no_more(make: Callable[..., Accounts], kind: str) -> None:
    accounts = make(per_address=HolderLimits(**{kind: 2}))
    here, there = accounts.allowance(caller()), accounts.allowance(caller(address="192.0.2.2"))
    with here.holding(kind), here.holding(kind):  # type: ignore[arg-type]
        with pytest.raises(RateLimited, match=f"Too many {kind.replace('_', ' ').removeprefix('open ')} are open from"):
            here.check(kind)  # type: ignore[arg-type]
        there.check(kind)  # type: ignore[arg-type]
    here.check(kind)  # type: ignore[arg-type]
    assert not any(here.held().values())


def test_a_token_counts_wherever_it_comes_from_and_nobody_without_one_does(make: Callable[..., Accounts]) -> None:
    accounts = make(per_token=HolderLimits(open_requests=1))
    here, there = (accounts.allowance(caller(ANN, address)) for address in ("192.0.2.1", "192.0.2.2"))
    with here.holding("open_requests"):
        with pytest.raises(RateLimited, match="with this token"):
            there.check("open_requests")
        accounts.allowance(caller()).check("open_requests")


def test_strangers_take_nothing_from_each_other(make: Callable[..., Accounts]) -> None:
    accounts = make(per_token=HolderLimits(requests_per_s=1, connections=1))
    here, there = (accounts.allowance(caller(NOBODY, address)) for address in ("192.0.2.1", "192.0.2.2"))
    assert here.spend(1, 0) is here.spend(1, 0) is there.spend(1, 0) is None
    here.hold("connections")
    there.check("connections")


def test_somebody_who_is_called_like_anyone_has_a_token(make: Callable[..., Accounts]) -> None:
    named = Identity(ANYONE.name, ANYONE.scopes)
    allowance = make(per_token=HolderLimits(requests_per_s=1)).allowance(caller(named))
    assert [allowance.spend(1, 0) is None for _ in range(2)] == [True, False]


def test_guesses_are_apart_from_requests_and_owed_however_many_came_at_once(
    make: Callable[..., Accounts], clock: Clock
) -> None:
    accounts = make(per_address=HolderLimits(requests_per_s=2))
    requests, guesses = accounts.allowance(caller()), accounts.guesses("192.0.2.1")
    for _ in range(6):
        assert guesses.spend(0, 0) is None, "they came at once"
    guesses.owe(6, 0)
    refusal = guesses.spend(0, 0)
    assert refusal is not None
    assert refusal.retry_after_s == pytest.approx(2, abs=0.001)
    assert requests.spend(1, 0) is accounts.guesses("192.0.2.2").spend(0, 0) is None
    clock.now += 2.001
    assert guesses.spend(0, 0) is None
    assert len(make(per_token=HolderLimits(requests_per_s=2)).guesses("192.0.2.1").accounts) == 0


@pytest.mark.parametrize(
    ("address", "whose"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:0:1:a::1", "2001:db8:0:1::/64"),
        ("2001:db8:0:1:b::2", "2001:db8:0:1::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("0.0.0.0", "0.0.0.0"),
        ("", ""),
    ],
)
def test_an_ipv6_host_has_one_account_for_all_its_addresses(address: str, whose: str) -> None:
    assert network(address) == whose


def test_accounts_with_nothing_on_them_are_forgotten(make: Callable[..., Accounts], clock: Clock) -> None:
    accounts = make(per_address=HolderLimits(requests_per_s=1, connections=5))
    kept = accounts.allowance(caller(address="198.51.100.1"))
    kept.hold("connections")
    for number in range(20_000):
        accounts.allowance(caller(address=f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}")).spend(1, 1)
        clock.now += 0.01
    assert len(accounts) <= 2 * Accounts.TIDY_AT
    assert accounts.allowance(caller(address="198.51.100.1")).held() == {"connections": 1}


def test_who_is_forgotten_while_idle_and_comes_back_has_the_same_account_as_before(
    make: Callable[..., Accounts], clock: Clock
) -> None:
    accounts = make(per_address=HolderLimits(requests_per_s=1, open_requests=1))
    idle = accounts.allowance(caller(address="198.51.100.1"))
    for number in range(2 * Accounts.TIDY_AT):
        accounts.allowance(caller(address=f"10.0.{number >> 8}.{number & 255}"))
    idle.hold("open_requests")
    with pytest.raises(RateLimited):
        accounts.allowance(caller(address="198.51.100.1")).check("open_requests")
