"""Knows how many answers are written at once, and each waiting question's place in the queue.

Leaves running an answer to `running`. One event loop uses it, so nothing here is locked.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncIterator

_SECONDS_BETWEEN = 0.5


class Turnstile:
    """Lets a number of people in at once; the others wait in the order in which they came."""

    def __init__(self, places: int) -> None:
        self._free = places
        self._waiting: deque[Ticket] = deque()

    def ticket(self) -> Ticket:
        """Take a ticket; `Ticket.leave` must follow, whatever happens."""
        ticket = Ticket(self)
        self._waiting.append(ticket)
        self._call()
        return ticket

    def _call(self) -> None:
        while self._free and self._waiting:
            self._free -= 1
            called = self._waiting.popleft()
            called.is_in = True
            called.news.set()
        for ticket in self._waiting:
            ticket.news.set()

    def _leave(self, ticket: Ticket) -> None:
        if ticket.is_in:
            ticket.is_in = False
            self._free += 1
        elif ticket in self._waiting:
            self._waiting.remove(ticket)
        self._call()

    def _place_of(self, ticket: Ticket) -> int:
        return self._waiting.index(ticket) + 1


class Ticket:
    """A place at a turnstile."""

    def __init__(self, turnstile: Turnstile) -> None:
        self._turnstile = turnstile
        self.is_in = False
        self.news = asyncio.Event()

    async def places(self) -> AsyncIterator[int]:
        """Yield the place in the queue, 1 for the next in turn, when it changes and now and then; end when let in."""
        while not self.is_in:
            self.news.clear()
            yield self._turnstile._place_of(self)
            if not self.is_in:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self.news.wait(), _SECONDS_BETWEEN)

    def leave(self) -> None:
        """Give the place up, waiting or let in."""
        self._turnstile._leave(self)
