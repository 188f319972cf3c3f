"""How much somebody may take: of how many requests and bytes a second, and of what is open, by connection, token and
address. No clock of its own, and no HTTP.
"""

from __future__ import annotations

import ipaddress
from collections import Counter
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal
from weakref import WeakValueDictionary

from tornado_ml.access.caller import Caller
from tornado_ml.access.identity import ANYONE, NOBODY
from tornado_ml.errors import RateLimited
from tornado_ml.metrics.declarations import LIMITED
from tornado_ml.metrics.metrics import Metrics
from tornado_ml.settings import HolderLimits, RateLimits

Holder = Literal["connection", "token", "address"]
Held = Literal["connections", "open_requests", "sessions", "subscriptions"]
Limit = Literal[Held, "requests_per_s", "bytes_per_s"]

RETRY_AFTER_S = 1.0
"""When somebody who has too much open should try again: something has to end first."""

_WORDS: dict[Limit, str] = {
    "connections": "Too many connections are open",
    "open_requests": "Too many requests are open",
    "sessions": "Too many sessions are open",
    "subscriptions": "Too many subscriptions are open",
    "requests_per_s": "Too many requests have come",
    "bytes_per_s": "Too many bytes have come",
}


class Bucket:
    """A token bucket.

    What is larger than the bucket is spent when that is full, and leaves a debt: the largest message gets through, and
    the rate holds all the same.

    Args:
        rate: how much flows in a second; 0 is no limit.
        burst_s: how many seconds' flow it holds at most.
        now: the time, in seconds.
    """

    __slots__ = ("_at", "_capacity", "_level", "_rate")

    def __init__(self, rate: float, burst_s: float, now: float) -> None:
        self._rate = rate
        self._capacity = max(1.0, rate * burst_s)
        self._level = self._capacity
        self._at = now

    def wait_s(self, amount: float, now: float) -> float:
        """How long until so much may be spent; 0 if it may be now."""
        if not self._rate:
            return 0.0
        self._level = min(self._capacity, self._level + (now - self._at) * self._rate)
        self._at = now
        lack = min(amount, self._capacity) - self._level
        # A microsecond more, so that it is there by then, whatever is lost in adding floating-point numbers.
        return lack / self._rate + 1e-6 if lack > 0 else 0.0

    def spend(self, amount: float) -> None:
        """Take it out, whether it is there or not."""
        self._level -= amount

    def is_full(self, now: float) -> bool:
        """Whether it is as it was when it was new."""
        return not self.wait_s(self._capacity, now)


class Account:
    """What one connection, token or address has taken."""

    __slots__ = ("__weakref__", "_bytes", "_limits", "_requests", "held", "holder")

    def __init__(self, holder: Holder, limits: RateLimits, now: float) -> None:
        self.holder: Holder = holder
        self._limits = limits
        self._requests = Bucket(limits.requests_per_s, limits.burst_s, now)
        self._bytes = Bucket(limits.bytes_per_s, limits.burst_s, now)
        self.held: Counter[Held] = Counter()

    def waits(self, requests: int, size: int, now: float) -> Iterator[tuple[Limit, float]]:
        """How long each rate bids to wait."""
        yield "requests_per_s", self._requests.wait_s(requests, now)
        yield "bytes_per_s", self._bytes.wait_s(size, now)

    def spend(self, requests: int, size: int) -> None:
        self._requests.spend(requests)
        self._bytes.spend(size)

    def has_room(self, kind: Held) -> bool:
        """Whether one more may be held."""
        limits = self._limits
        most = getattr(limits, kind) if isinstance(limits, HolderLimits) else 0
        return not most or self.held[kind] < most

    def hold(self, kind: Held, count: int) -> None:
        """Count so many more."""
        self.held[kind] += count

    def is_unused(self, now: float) -> bool:
        """Whether a new one would be the same."""
        return not any(self.held.values()) and self._requests.is_full(now) and self._bytes.is_full(now)


@dataclass(frozen=True, slots=True)
class Allowance:
    """What somebody may take, all accounts that it counts on together. Without any it costs next to nothing."""

    accounts: tuple[Account, ...]
    clock: Callable[[], float]
    metrics: Metrics

    def spend(self, requests: int, size: int) -> RateLimited | None:
        """Count requests that have come, of `size` bytes, or say why it came too fast; it is not counted then."""
        if not self.accounts:
            return None
        now = self.clock()
        wait_s, holder, limit = max(
            (wait_s, account.holder, limit)
            for account in self.accounts
            for limit, wait_s in account.waits(requests, size, now)
        )
        if wait_s:
            return self._refusal(holder, limit, wait_s)
        self.owe(requests, size)
        return None

    def owe(self, requests: int, size: int) -> None:
        """Count what cannot be refused any more, however much it is."""
        for account in self.accounts:
            account.spend(requests, size)

    def check(self, kind: Held) -> None:
        """Raises RateLimited if no more of these may be open."""
        for account in self.accounts:
            if not account.has_room(kind):
                raise self._refusal(account.holder, kind, RETRY_AFTER_S)

    def hold(self, kind: Held, count: int = 1) -> None:
        """So many more of these are open; less where it is negative."""
        for account in self.accounts:
            account.hold(kind, count)

    def held(self) -> Counter[Held]:
        """How much is open, by the account that has most of it."""
        most: Counter[Held] = Counter()
        for account in self.accounts:
            most |= account.held
        return most

    @contextmanager
    def holding(self, kind: Held) -> Iterator[None]:
        """One more is open as long as this goes on. Raises RateLimited if there are too many."""
        self.check(kind)
        self.hold(kind)
        try:
            yield
        finally:
            self.hold(kind, -1)

    def _refusal(self, holder: Holder, limit: Limit, wait_s: float) -> RateLimited:
        self.metrics.count(LIMITED, holder, limit)
        source = {"connection": "on this connection", "token": "with this token", "address": "from this address"}
        return RateLimited(f"{_WORDS[limit]} {source[holder]}.", retry_after_s=wait_s)


class Accounts:
    """The accounts of one service.

    Args:
        per_connection, per_token, per_address: what each may take.
        metrics: count what is refused.
        clock: monotonic, in seconds.
    """

    TIDY_AT = 1000
    """How many accounts there are before those that have nothing on them are looked for."""

    def __init__(
        self,
        per_connection: RateLimits,
        per_token: HolderLimits,
        per_address: HolderLimits,
        metrics: Metrics,
        clock: Callable[[], float],
    ) -> None:
        self._per_connection = per_connection
        self._per_token = per_token
        self._per_address = per_address
        self._clock = clock
        # Who is idle is forgotten, but never counted twice: what still refers to an account finds it again.
        self._accounts: WeakValueDictionary[tuple[Holder, Hashable], Account] = WeakValueDictionary()
        self._kept: set[Account] = set()
        self._tidy_at = self.TIDY_AT
        self._metrics = metrics
        self._nobody = Allowance((), clock, metrics)

    def __len__(self) -> int:
        return len(self._accounts)

    def allowance(self, caller: Caller, *, is_connection: bool = False) -> Allowance:
        """What somebody may take, on a connection of their own or by single requests."""
        accounts: list[Account] = []
        if is_connection and _limits_something(self._per_connection):
            accounts.append(Account("connection", self._per_connection, self._clock()))
        # Strangers have no token in common: one of them would take from all others.
        has_token = caller.identity is not ANYONE and caller.identity is not NOBODY
        if has_token and _limits_something(self._per_token):
            accounts.append(self._account("token", caller.identity, self._per_token))
        if _limits_something(self._per_address):
            accounts.append(self._account("address", network(caller.address), self._per_address))
        return Allowance(tuple(accounts), self._clock, self._metrics) if accounts else self._nobody

    def guesses(self, address: str) -> Allowance:
        """How many unknown tokens may come from an address: as many as requests, and counted apart from these."""
        limits = self._per_address
        if not limits.requests_per_s:
            return self._nobody
        rate = RateLimits(requests_per_s=limits.requests_per_s, burst_s=limits.burst_s)
        account = self._account("address", ("guesses", network(address)), rate)
        return Allowance((account,), self._clock, self._metrics)

    def _account(self, holder: Holder, key: Hashable, limits: RateLimits) -> Account:
        account = self._accounts.get((holder, key))
        if account is None:
            if len(self._kept) >= self._tidy_at:
                self._tidy()
            account = self._accounts[holder, key] = Account(holder, limits, self._clock())
        self._kept.add(account)
        return account

    def _tidy(self) -> None:
        now = self._clock()
        self._kept = {one for one in self._kept if not one.is_unused(now)}
        # At twice as many, so that looking through them stays cheap however many are in use.
        self._tidy_at = max(self.TIDY_AT, 2 * len(self._kept))


def network(address: str) -> str:
    """Whose address it is: an IPv4 host, or the network of an IPv6 host, which has 2⁶⁴ to choose from (RFC 6177)."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((parsed, 64), strict=False))


def _limits_something(limits: RateLimits) -> bool:
    rates = (limits.requests_per_s, limits.bytes_per_s)
    held = (
        (limits.connections, limits.open_requests, limits.sessions, limits.subscriptions)
        if isinstance(limits, HolderLimits)
        else ()
    )
    return any(rates) or any(held)
